"""Columns, bars and shortened names for text on a terminal.

Colours load rich, which takes longer than a small image takes to be read; text without
them needs no more of it than the widths of characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len

from layerlens.image.history import LINE_BREAK
from layerlens.outputs.display import escape, escape_path


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is drawn: columns, Unicode or ASCII, colours or none."""

    width: int
    unicode: bool
    colour: bool

    @property
    def ellipsis(self) -> str:
        return "…" if self.unicode else "..."

    @property
    def dot(self) -> str:
        """Between two remarks on one line."""
        return " · " if self.unicode else " - "

    @property
    def full(self) -> str:
        return "█" if self.unicode else "#"

    @property
    def empty(self) -> str:
        return "░" if self.unicode else "."

    def shown(self, text: str) -> str:
        """Strangers' text, escaped."""
        if not self.unicode:  # an instruction's line break has a sign of its own
            text = text.replace(LINE_BREAK, r"\n")
        return escape(text, ascii_only=not self.unicode)

    def shown_path(self, path: bytes) -> str:
        """A path of the image from its root, escaped."""
        return "/" + escape_path(path, ascii_only=not self.unicode)

    def fit(self, text: str, width: int, *, middle: bool = False) -> str:
        """Escaped text in at most ``width`` columns; ``middle`` keeps its end too."""
        if len(text) <= width * 2 and cell_len(text) <= width:
            return text
        room = width - len(self.ellipsis)
        if room < 1:
            return self.ellipsis[: max(width, 0)]
        if not middle:
            return _head(text, room).rstrip() + self.ellipsis
        tail = _tail(text, room - room // 2)
        return _head(text, room // 2) + self.ellipsis + tail

    def wrap(self, text: str, width: int, most: int = 3) -> list[str]:
        """Escaped text in at most ``most`` lines, broken at blanks."""
        lines: list[str] = []
        line, *words = text.split(" ")
        for at, word in enumerate(words):
            if cell_len(line) + 1 + cell_len(word) <= width:
                line += f" {word}"
                continue
            if len(lines) == most - 1:
                line = " ".join((line, *words[at:]))
                break
            lines.append(self.fit(line, width))
            line = word
        return [*lines, self.fit(line, width)]


def fix_lines(fix: str, look: Look, width: int, most: int) -> list[str]:
    """A fix in about ``most`` lines; where lines are left out, the last one says how many.

    One line more is shown rather than said to be missing.
    """
    lines = [look.shown(line) for line in fix.strip("\n").split("\n")] if fix else []
    shown: list[str] = []
    for at, line in enumerate(lines):
        left = len(lines) - at
        if len(shown) >= most and left > 1:
            return [*shown, f"{look.ellipsis} {left} more lines: --json has them all"]
        shown += look.wrap(line, width)
    return shown


NARROWEST = 40
"""Columns below which no page is laid out any narrower."""


def look_for(stream: TextIO, width: int, *, colour: bool, unicode: bool | None = None) -> Look:
    """How a page is drawn on a stream; ASCII where its encoding is not one of Unicode's."""
    if unicode is None:
        # A stream that encodes nothing (StringIO) takes every character.
        encoding = getattr(stream, "encoding", None)
        unicode = encoding is None or encoding.lower().startswith("utf")
    return Look(width=max(width, NARROWEST), unicode=unicode, colour=colour)


def _head(text: str, width: int) -> str:
    """The longest beginning that takes at most ``width`` columns."""
    cut = min(len(text), width)
    while cut and cell_len(text[:cut]) > width:
        cut -= 1
    return text[:cut]


def _tail(text: str, width: int) -> str:
    """The longest end that takes at most ``width`` columns."""
    cut = min(len(text), width)
    while cut and cell_len(text[-cut:]) > width:
        cut -= 1
    return text[-cut:] if cut else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """Some text in one style."""

    text: str
    style: str = ""


Line = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``middle`` says where the last one's cells are shortened."""

    title: str
    right: bool = False
    middle: bool = False


def columns(
    look: Look, heads: Sequence[Column], rows: Sequence[Sequence[Cell]], *, least: int = 12
) -> list[Line]:
    """Lay out rows under their titles; the last column takes what is left.

    Columns go from the right, the last but one first, where there is no room
    for at least ``least`` columns of the last.
    """
    keep = list(range(len(heads)))
    widths = [
        max([cell_len(head.title), *(cell_len(row[k].text) for row in rows)])
        for k, head in enumerate(heads)
    ]
    needed = min(least, widths[-1])
    while len(keep) > 2 and sum(widths[k] + 2 for k in keep[:-1]) + needed > look.width:
        del keep[-2]
    titles = [Cell(head.title, "dim") for head in heads]
    lines: list[Line] = []
    for row in [titles, *rows]:
        line: list[Cell] = []
        used = 0
        for k in keep[:-1]:
            cell, gap = row[k], " " * (widths[k] - cell_len(row[k].text))
            line += [Cell(gap), cell, Cell("  ")] if heads[k].right else [cell, Cell(gap + "  ")]
            used += widths[k] + 2
        last, cell = heads[keep[-1]], row[keep[-1]]
        text = look.fit(cell.text, look.width - used, middle=last.middle and row is not titles)
        if last.right:
            text = " " * (widths[keep[-1]] - cell_len(text)) + text
        line.append(Cell(text, cell.style))
        lines.append(line)
    return lines


def shares(parts: Sequence[int], cells: int) -> list[int]:
    """Divide ``cells`` by the sizes of the parts: it adds up, and no part vanishes."""
    total = sum(parts)
    if total <= 0:
        return [0] * len(parts)
    given = [part * cells // total for part in parts]
    rest = [(part * cells % total, k) for k, part in enumerate(parts)]
    rest.sort(key=lambda pair: (-pair[0], pair[1]))
    for _, k in rest[: cells - sum(given)]:
        given[k] += 1
    for k, part in enumerate(parts):
        if part and not given[k]:
            largest = max(range(len(parts)), key=given.__getitem__)
            given[largest] -= 1
            given[k] = 1
    return given


def gauge(look: Look, part: int, whole: int, cells: int, style: str) -> Line:
    """A bar filled as far as ``part`` goes into ``whole``: full only where that is all."""
    filled = part * cells // whole if whole > 0 else 0
    return [Cell(look.full * filled, style), Cell(look.empty * (cells - filled), "dim")]


def print_lines(lines: Iterable[Line], stream: TextIO, look: Look) -> None:
    """Print lines that are laid out already."""
    if not look.colour:
        for line in lines:
            plain = "".join(cell.text for cell in _tamed(line)).rstrip()
            stream.write(f"{plain}\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(
        file=stream,
        width=look.width,
        force_terminal=True,
        color_system="standard",
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},  # rich would look up NO_COLOR, COLUMNS and TERM: the caller has decided
    )
    for line in lines:
        text = Text()
        for cell in _tamed(line):
            text.append(cell.text, cell.style)
        text.rstrip()
        console.print(text, soft_wrap=True)


def _tamed(line: Line) -> Line:
    """A line that GitHub's runner does not take for a command of its own.

    It obeys what begins with two colons, blanks before them or not (actions/runner,
    ``ActionCommand.TryParseV2``); what it obeys anywhere is escaped with the text.
    """
    at = next((k for k, cell in enumerate(line) if cell.text.strip()), None)
    if at is None or not line[at].text.lstrip().startswith("::"):
        return line
    tamed = Cell(line[at].text.replace("::", r"\x3a:", 1), line[at].style)
    return [*line[:at], tamed, *line[at + 1 :]]
