"""How bytes came and went, in words, and whose instruction should change."""

from __future__ import annotations

from collections.abc import Sequence

from layerlens.analysis.model import LayerFacts, Waste
from layerlens.filesystem.changes import Cause

_LOST = {
    Cause.DELETED: "deleted in layer {}",
    Cause.REPLACED: "replaced by new content in layer {}",
    Cause.METADATA: "rewritten unchanged (chmod, chown or touch) in layer {}",
    Cause.OPAQUE: "hidden with its whole directory in layer {}",
    Cause.TYPE_CHANGED: "replaced by something other than a file in layer {}",
}


def wording(row: Waste) -> str:
    """How the bytes came and went, in words."""
    if row.cause is Cause.DUPLICATE_ENTRY:
        return f"written more than once in layer {row.added_in}"
    if row.cause is Cause.MARKER:
        return f"content of a whiteout entry in layer {row.added_in}"
    return f"added in layer {row.added_in}, {_LOST[row.cause].format(row.lost_in)}"


def blame(row: Waste, layers: Sequence[LayerFacts]) -> int:
    """The layer whose instruction should change.

    What was deleted should not have been left by the layer that brought it,
    unless that is the base's, which you cannot change.  What was written again
    is the doing of the layer that wrote it.
    """
    if row.cause in (Cause.DELETED, Cause.OPAQUE) and not layers[row.added_in].is_base:
        return row.added_in
    return row.lost_in
