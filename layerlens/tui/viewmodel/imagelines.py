"""The facts of an image as one list of lines: headings that fold, a filter, the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from layerlens.analysis.model import Analysis
from layerlens.tui.viewmodel.imagefacts import Fact, Section, sections
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rowfilter import RowFilter
from layerlens.tui.viewmodel.table import Piece
from layerlens.tui.viewmodel.text import clip, pad, safe_text, width

_LABEL_CELLS = 28
_LONGEST_LINE = 1000
_LONGEST_WHOLE = 20_000
"""Characters of a value that the details show; ``copy`` gives all."""
_MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class Heading:
    """The line above the facts of a section."""

    section: Section
    shown: int


Line = Heading | Fact


class ImageLines:
    """What the image view shows."""

    def __init__(self, analysis: Analysis) -> None:
        self.filter = RowFilter()
        self.closed: set[str] = set()
        self.adopt(analysis)

    def adopt(self, analysis: Analysis) -> None:
        """Show a newer state of the image under the same filter."""
        self._sections = sections(analysis)
        # The same room for all labels of a section, so that values stand below each other.
        self._label_cells = {
            id(fact): cells
            for section in self._sections
            for cells in [_room(section.facts)]
            for fact in section.facts
        }
        self._make()

    def _make(self) -> None:
        searched = bool(self.text)
        self.lines: list[Line] = []
        self.matched = 0
        for section in self._sections:
            found = self.filter.keep(section.facts, attrgetter("text"))
            if searched and not found:
                continue
            self.matched += len(found)
            self.lines.append(Heading(section, len(found)))
            if searched or section.title not in self.closed:
                self.lines += found

    # ------------------------------------------------------------------ choices

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.filter.text

    def search(self, text: str, match: Match | None = None) -> None:
        """Show only lines that match a text, read as before or as ``match`` says; folded ones too."""
        self.filter = RowFilter(text, match or self.filter.match, self.filter)
        self._make()

    def toggle(self, line: int) -> int:
        """Fold or unfold the section of a line; gives the line of its heading."""
        at = self.heading_of(line)
        heading = self.lines[at]
        assert isinstance(heading, Heading)
        self.closed ^= {heading.section.title}
        self._make()
        return at

    def fold_all(self, *, closed: bool) -> None:
        """Show only headings, or all."""
        self.closed = {section.title for section in self._sections} if closed else set()
        self._make()

    # ------------------------------------------------------------------ places

    def heading_of(self, line: int) -> int:
        """The heading above a line, or the line itself."""
        while line > 0 and not isinstance(self.lines[line], Heading):
            line -= 1
        return line

    def next_heading(self, line: int, step: int) -> int:
        """The next heading after a line, or (``step`` -1) the one before; where there is none: the line."""
        at = line + step
        while 0 <= at < len(self.lines):
            if isinstance(self.lines[at], Heading):
                return at
            at += step
        return line

    def find(self, line: Line) -> int:
        """Where a line of an earlier state stands now, by section or label; else the first."""
        for at, each in enumerate(self.lines):
            if isinstance(each, Heading) and isinstance(line, Heading):
                if each.section.title == line.section.title:
                    return at
            elif isinstance(each, Fact) and isinstance(line, Fact) and each == line:
                return at
        return 0

    # ------------------------------------------------------------------ texts

    def pieces(self, line: int, cells: int) -> list[Piece]:
        """What a line of so many cells consists of."""
        shown = self.lines[line]
        if isinstance(shown, Heading):
            section = shown.section
            is_open = self.text or section.title not in self.closed
            sign = ("▾ " if is_open else "▸ ") if section.facts else "  "
            counted = "none" if not section.facts else str(shown.shown)
            about = f" · {section.about}" if section.about else ""
            return [(f"{sign}{section.title} ", "directory"), (f" {counted}{about}", "dim")]
        room = min(self._label_cells[id(shown)], max(8, cells // 2))
        return [
            ("  ", ""),
            (pad(safe_text(shown.label, _LONGEST_LINE), room), "dim"),
            ("  ", ""),
            (clip(safe_text(shown.value, _LONGEST_LINE), max(1, cells - room - 4)), ""),
        ]

    def told(self, line: int) -> tuple[str, str, list[tuple[str, str]]]:
        """The details of a line: title, headline, pairs; safe to print."""
        shown = self.lines[line]
        if isinstance(shown, Heading):
            about = [("about", shown.section.about)] if shown.section.about else []
            return shown.section.title, "", [*about, ("lines", str(len(shown.section.facts)))]
        heading = self.lines[self.heading_of(line)]
        assert isinstance(heading, Heading)
        title = (
            f"{heading.section.title} · {clip(safe_text(' '.join(shown.label.split()), 200), 40)}"
        )
        pairs = [(label, whole_text(text)) for label, text in shown.more]
        return title, whole_text(shown.whole or shown.value), pairs

    def copy(self, line: int) -> str:
        """The whole value of a line, safe to print."""
        shown = self.lines[line]
        if isinstance(shown, Heading):
            return shown.section.title
        return safe_text(shown.value, len(shown.value))


def _room(facts: Sequence[Fact]) -> int:
    widest = max((width(safe_text(fact.label, _LABEL_CELLS)) for fact in facts), default=0)
    return min(_LABEL_CELLS, widest)


def whole_text(text: str) -> str:
    """A text with its line breaks, each line safe to print; cut where it is very long."""
    lines = text[:_LONGEST_WHOLE].split("\n")
    cut = len(text) > _LONGEST_WHOLE or len(lines) > _MOST_LINES
    shown = "\n".join(safe_text(line, _LONGEST_WHOLE) for line in lines[:_MOST_LINES])
    return f"{shown}\n… {len(text):,} characters in all" if cut else shown
