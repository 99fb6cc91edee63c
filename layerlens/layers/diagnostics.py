"""Things that were read in one way although others read them in another."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

MOST_ALIKE = 100
"""Diagnostics of one code kept per layer: a hostile layer can earn millions."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One oddity.

    ``code`` is stable and kebab-case; ``layer`` an index; ``path`` raw bytes.
    """

    code: str
    message: str
    layer: int | None = None
    path: bytes | None = None


class Notes:
    """Collects diagnostics, bounded per code and layer; what is left out is counted."""

    def __init__(self) -> None:
        self._kept: list[Diagnostic] = []
        self._count: Counter[tuple[str, int | None]] = Counter()

    @classmethod
    def restored(cls, kept: list[Diagnostic], counts: dict[tuple[str, int | None], int]) -> Notes:
        """Notes as they were: what was :attr:`kept`, and how many there were of each kind."""
        notes = cls()
        notes._kept = kept
        notes._count = Counter(counts)
        return notes

    @property
    def kept(self) -> list[Diagnostic]:
        """The diagnostics that were kept, without the lines about those that were not."""
        return self._kept

    @property
    def counts(self) -> dict[tuple[str, int | None], int]:
        """How many there were by code and layer, those left out included."""
        return self._count

    def add(
        self, code: str, message: str, layer: int | None = None, path: bytes | None = None
    ) -> None:
        """Keep one diagnostic, or count it."""
        key = (code, layer)
        self._count[key] += 1
        if self._count[key] <= MOST_ALIKE:
            self._kept.append(Diagnostic(code, message, layer, path))

    def extend(self, found: list[Diagnostic], layer: int) -> None:
        """Keep diagnostics of a reader that did not know its layer's index."""
        for note in found:
            self.add(note.code, note.message, layer, note.path)

    def all(self) -> list[Diagnostic]:
        """What was kept, then a line for each code and layer that was cut."""
        return self._kept + [
            Diagnostic(code, f"and {count - MOST_ALIKE} more like it", layer)
            for (code, layer), count in self._count.items()
            if count > MOST_ALIKE
        ]
