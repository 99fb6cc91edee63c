"""Markdown that fits into a place of a fixed size: what matters least is left out first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: lines around a list of items, of which the last may be left out.

    ``items`` are of one or more lines; ``hidden`` counts those that were left out before;
    ``more`` is the line for so many that are not there, after the items or, where
    ``more_last``, after ``after`` (a table has no line of its own).  ``weight``: sections
    of a low weight lose items first, and go as a whole where ``optional``.
    """

    items: Sequence[str]
    before: str = ""
    after: str = ""
    hidden: int = 0
    more: Callable[[int], str] | None = None
    more_last: bool = False
    weight: int = 0
    optional: bool = False

    def text(self, count: int) -> str:
        """The section with its first items."""
        left = len(self.items) - count + self.hidden
        more = self.more(left) if self.more is not None and left else ""
        end = (self.after, more) if self.more_last else (more, self.after)
        return "\n".join(part for part in (self.before, *self.items[:count], *end) if part)


def fit(sections: Sequence[Section], most: int) -> str | None:
    """The page in at most ``most`` bytes of UTF-8; ``None`` where not even its frame fits."""
    counts = [len(section.items) for section in sections]
    sizes = [_size(section.text(count)) for section, count in zip(sections, counts, strict=True)]
    gone: set[int] = set()
    order = sorted(range(len(sections)), key=lambda at: sections[at].weight)
    for leave_out in (False, True):
        for at in order:
            excess = sum(sizes) - most
            if excess <= 0:
                break
            section = sections[at]
            if leave_out:
                if section.optional:
                    gone.add(at)
                    sizes[at] = 0
                continue
            counts[at] = _count(section, counts[at], sizes[at] - excess)
            sizes[at] = _size(section.text(counts[at]))
    if sum(sizes) > most:
        return None
    texts = [section.text(counts[at]) for at, section in enumerate(sections) if at not in gone]
    return "".join(f"{text}\n\n" for text in texts if text).rstrip("\n") + "\n"


def _count(section: Section, count: int, most: int) -> int:
    """The most items with which a section takes at most ``most`` bytes, else none."""
    low, high = 0, count
    while low < high:
        middle = (low + high + 1) // 2
        if _size(section.text(middle)) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _size(text: str) -> int:
    """Bytes with the empty line that follows."""
    return len(text.encode("utf-8", "backslashreplace")) + 2 if text else 0
