"""Stack hand-made tables, and a slow second opinion of what stacking means."""

from __future__ import annotations

from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import Semantics, stack
from layerlens.layers.table import LayerTable


def stacked(*tables: LayerTable, semantics: Semantics = Semantics.DOCKER) -> Filesystem:
    """Stack tables whose contents were hashed when they were made."""

    def same(one: tuple[int, int], other: tuple[int, int]) -> bool:
        (a, i), (b, j) = one, other
        return tables[a].hash(i) == tables[b].hash(j)

    return stack(list(tables), same, semantics)


def codes(fs: Filesystem) -> set[str]:
    """The diagnostics' codes."""
    return {note.code for note in fs.notes.all()}


def visible(fs: Filesystem) -> dict[bytes, str]:
    """Path -> kind for the final filesystem."""
    return {entry.path: entry.kind for entry in fs.final_entries()}


def dead(fs: Filesystem) -> dict[str, int]:
    """Dead bytes by cause."""
    found: dict[str, int] = {}
    deaths = fs.deaths
    for inode, cause in zip(deaths.inode, deaths.cause, strict=True):
        size = fs.size(inode)
        if size:
            from layerlens.filesystem.changes import Cause

            word = Cause(cause).word
            found[word] = found.get(word, 0) + size
    return found
