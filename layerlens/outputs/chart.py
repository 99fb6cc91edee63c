"""Columns over time, drawn with block characters or in ASCII."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerlens.outputs.layout import Cell, Line, Look
from layerlens.units import human_size

HEIGHT = 10
"""Rows of the tallest column."""

_WIDEST = 8
_EIGHTHS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: ``size`` in bytes, ``part`` of it drawn apart, at its foot.

    ``mark`` stands below it.  Where nothing is known ``size`` is ``None``.
    """

    size: int | None
    part: int = 0
    mark: str = ""


def chart(look: Look, bars: Sequence[Bar], height: int = HEIGHT) -> list[Line]:
    """Draw the last bars that fit, with an axis in bytes from zero.

    Gives no lines where nothing is known, or where not even two columns fit.
    """
    top = ceiling(max((bar.size or 0 for bar in bars), default=0))
    if not top:
        return []
    labels = [human_size(top * row // height) for row in range(height + 1)]
    margin = max(map(len, labels)) + 2
    room = look.width - margin
    if room < 2:
        return []
    each = max(1, min(_WIDEST, room // len(bars)))
    shown = bars[-(room // each) :]
    gap = 1 if each > 1 else 0
    columns = [_column(look, bar, top, height) for bar in shown]
    lines: list[Line] = []
    for row in range(height, 0, -1):
        label = labels[row] if row % 2 == height % 2 or row == height else ""
        tick = "┤" if look.unicode else "|"
        line = [Cell(f"{label:>{margin - 2}} {tick}", "dim")]
        for cells in columns:
            text, style = cells[row - 1]
            drawn = text if text == "?" else text * (each - gap)
            line += [Cell(drawn, style), Cell(" " * (each - len(drawn)))]
        lines.append(line)
    foot = "└" if look.unicode else "+"
    rule = ("─" if look.unicode else "-") * (each * len(shown))
    lines.append([Cell(f"{'0 B':>{margin - 2}} {foot}{rule}", "dim")])
    lines.append(_marks(shown, margin, each, room))
    if len(shown) < len(bars):
        told = f"the last {len(shown)} of {len(bars)} points"
        lines.append([Cell(" " * margin + look.fit(told, room), "dim")])
    return lines


def _marks(bars: Sequence[Bar], margin: int, each: int, room: int) -> Line:
    """What stands below the columns, of those with room: a mark never touches the next."""
    line = [Cell(" " * margin)]
    free = 0
    for k, bar in enumerate(bars):
        if k * each < free or not bar.mark or k * each + len(bar.mark) > room:
            continue
        gap = k * each - sum(len(cell.text) for cell in line) + margin
        line.append(Cell(" " * gap + bar.mark, "dim"))
        free = k * each + len(bar.mark) + 1
    return line


def _column(look: Look, bar: Bar, top: int, height: int) -> list[tuple[str, str]]:
    """The cells of a column, from the foot up: the part, the rest, nothing."""
    if bar.size is None:
        return [("?", "red")] + [(" ", "")] * (height - 1)
    eighths = -(-bar.size * height * 8 // top)
    part = min(-(-bar.part * height * 2 // top) // 2, eighths // 8)
    if bar.part and not part and eighths >= 16:
        part = 1  # some waste never shows as none
    cells: list[tuple[str, str]] = []
    for row in range(height):
        left = eighths - row * 8
        if row < part or (bar.part >= bar.size and left >= 4):
            cells.append(("▒" if look.unicode else ":", "yellow"))
        elif left <= 0:
            cells.append((" ", ""))
        elif look.unicode:
            cells.append((_EIGHTHS[min(left, 8)], "green"))
        else:
            cells.append(("#" if left >= 4 or row == 0 else " ", "green"))
    return cells


def ceiling(size: int) -> int:
    """A round number of bytes at or above ``size``, in steps that people read easily."""
    if size <= 0:
        return 0
    power = int(10 ** (len(str(size)) - 1))
    for tenths in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100):
        if power * tenths >= size * 10:
            return -(-power * tenths // 10)
    raise AssertionError("a number has a power of ten above it")
