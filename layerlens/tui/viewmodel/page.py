"""A page about one thing: labelled texts, then a list of paths that the cursor can pick.

Everything is laid out for a width; texts are wrapped, paths are drawn when they
are looked at, so that a package of a hundred thousand files costs no more than
one of ten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from layerlens.filesystem.changes import Change
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.table import Piece
from layerlens.tui.viewmodel.text import (
    SIZE_CELLS,
    clip,
    clip_start,
    pad,
    safe_text,
    size,
    width,
)

LABEL_CELLS = 12
"""Cells of the labels, with the gap behind them."""

_NARROW = 40
"""Cells below which labels stand on lines of their own."""

_MOST_LINES = 200
"""Lines of one text that are shown; more of a stranger's text tells nobody anything."""

_LONGEST_PATH = 2000


@dataclass(frozen=True, slots=True)
class Fact:
    """A text with a label; ``text`` is safe, and each of its lines is wrapped on its own."""

    label: str
    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A path that a line stands for, as a :class:`Subject` says it; ``note`` stands before it."""

    path: bytes
    version: int | None = None
    layer: int | None = None
    removed: bool = False
    note: str = ""


def place_of(fs: Filesystem, path: bytes, version: int, *, dead: bool = False) -> Place:
    """A version of a path; one that its layer only repeats is shown in the end."""
    shown = size(fs.size(version)) if fs.kind(version) is Kind.FILE else ""
    return Place(
        path,
        version,
        fs.layer_of(version) if fs.changes[version] <= Change.TYPE else None,
        note=f"{shown:>{SIZE_CELLS}}{' dead' if dead else ''}",
    )


class Page:
    """``heading`` stands above the places, of which ``place`` gives each when it is drawn."""

    def __init__(
        self,
        facts: Sequence[Fact],
        *,
        heading: str = "",
        count: int = 0,
        place: Callable[[int], Place] | None = None,
        rest: str = "",
    ) -> None:
        self._facts = facts
        self._heading = heading
        self._count = count if place is not None else 0
        self._place = place
        self._rest = rest
        self._cells = -1
        self._head: list[list[Piece]] = []
        self.lay(80)

    def lay(self, cells: int) -> bool:
        """Wrap for a width; gives whether anything moved by that."""
        if cells == self._cells or cells < 1:
            return False
        before = len(self._head)
        self._cells = cells
        self._head = [line for fact in self._facts for line in _laid(fact, cells)]
        if self._heading:
            self._head.append([(self._heading, "dim")])
        return len(self._head) != before

    def __len__(self) -> int:
        return len(self._head) + self._count + bool(self._rest)

    @property
    def first_place(self) -> int | None:
        """The line of the first path, ``None`` where there is none."""
        return len(self._head) if self._count else None

    def place(self, line: int) -> Place | None:
        """The path that a line stands for."""
        at = line - len(self._head)
        return self._place(at) if self._place is not None and 0 <= at < self._count else None

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        """What a line consists of."""
        place = self.place(line)
        if place is not None:
            note = f"{place.note} " if place.note else ""
            shown = safe_text(place.path[-_LONGEST_PATH:], _LONGEST_PATH)
            return [
                ("  ", ""),
                (note, "dim"),
                (f"/{clip_start(shown, max(8, cells - width(note) - 3))}", ""),
            ]
        if line < len(self._head):
            return self._head[line]
        return [(f"  {clip(self._rest, cells - 2)}", "dim")]


def _laid(fact: Fact, cells: int) -> list[list[Piece]]:
    beside = bool(fact.label) and cells >= _NARROW
    indent = LABEL_CELLS if beside else 2 if fact.label else 0
    texts = fact.text.split("\n")
    lines = [part for text in texts[:_MOST_LINES] for part in wrap(text, cells - indent)]
    left = len(texts) - _MOST_LINES
    if left > 0:
        lines.append(f"… and {left:,} lines more")
    out: list[list[Piece]] = []
    if fact.label and not beside:
        out.append([(fact.label, "dim")])
    for k, text in enumerate(lines):
        label = fact.label if beside and not k else ""
        out.append([(pad(label, indent), "dim"), (text, fact.style)])
    return out


def wrap(text: str, cells: int) -> list[str]:
    """A safe text in lines of at most so many cells, broken at blanks where there are any.

    Lines that follow are indented as the first one is.
    """
    cells = max(8, cells)
    if width(text) <= cells:
        return [text]
    indent = text[: len(text) - len(text.lstrip(" "))][: cells // 2]
    out: list[str] = []
    rest = text.strip(" ")
    while rest:
        room = cells - len(indent)
        part = _first(rest, room)
        if len(part) < len(rest) and rest[len(part)] != " ":
            blank = part.rfind(" ")
            if blank > 0:
                part = part[:blank]
        out.append(indent + part.rstrip(" "))
        rest = rest[len(part) :].lstrip(" ")
    return out


def _first(text: str, cells: int) -> str:
    """The longest beginning of a safe text that fits, one character at least."""
    if width(text) <= cells:
        return text
    # A character takes two cells at most, and few take none.
    end = min(len(text), cells)
    while end > 1 and width(text[:end]) > cells:
        end -= 1
    while end < len(text) and width(text[: end + 1]) <= cells:
        end += 1
    return text[:end]


def safe_lines(text: str, most: int = 4096) -> str:
    """A text of several lines, each safe to print; backslashes stay, since commands need them."""
    return "\n".join(safe_command(line, most) for line in text.split("\n"))


def safe_command(text: str, most: int = 4096) -> str:
    """A safe text in which backslashes stand for themselves, so that it can be copied."""
    cut = text[:most]
    shown = "\\".join(safe_text(part, most) for part in cut.split("\\"))
    return shown + "…" if len(text) > most else shown
