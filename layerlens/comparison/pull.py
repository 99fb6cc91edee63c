"""What a client that has the old image downloads for the new one, and what made it so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from layerlens.analysis.model import Analysis, LayerFacts
from layerlens.analysis.rules.words import counted
from layerlens.comparison.model import LayerPair, PathChange, PathDelta, PullDelta

_CHECKSUM = re.compile(r"\b(file|dir|multi):[0-9a-f]{12,}\b")
"""What the classic builder's history has in the place of a ``COPY``'s sources."""


def pull_delta(old: Analysis, new: Analysis, same: Mapping[int, int]) -> PullDelta:
    """Sort the new image's layers into what is there and what must be fetched.

    Stored blobs are known by their digests; where one of the two images has none
    (it lies uncompressed), by diff_ids.  ``same`` maps new layers to the old ones
    that they are.  What broke the sharing is told by :func:`why_broken`.
    """
    stored = [_stored(layer, as_pulled=new.image.as_pulled) for layer in new.layers]
    exact = None not in stored
    sizes = [
        size if exact and size is not None else layer.size
        for size, layer in zip(stored, new.layers, strict=True)
    ]
    blobs = {_blob(old, layer) for layer in old.layers}
    unpacked = {layer.diff_id for layer in old.layers}
    by_blob = None not in blobs
    fetched = []
    for layer in new.layers:
        blob = _blob(new, layer)
        if blob is not None and by_blob:
            there = blob in blobs
        else:
            there = layer.diff_id is not None and layer.diff_id in unpacked
        if not there:
            fetched.append(layer.index)
    gone = set(fetched)
    reused = [layer.index for layer in new.layers if layer.index not in gone]
    broke_at = next((n for n in range(len(new.layers)) if same.get(n) != n), None)
    chained = gone if broke_at is None else gone | set(range(broke_at, len(new.layers)))
    return PullDelta(
        bytes=_distinct(new, fetched, sizes),
        reused_bytes=_distinct(new, reused, sizes),
        chained_bytes=_distinct(new, sorted(chained), sizes),
        exact=exact,
        fetched=tuple(fetched),
        reused=tuple(reused),
        broke_at=broke_at,
        why="",
    )


def _stored(layer: LayerFacts, *, as_pulled: bool) -> int | None:
    """Bytes of the blob that a registry sends, as far as one is known."""
    if layer.compressed_size is not None:
        return layer.compressed_size
    return layer.tar_size if as_pulled else None


def _blob(image: Analysis, layer: LayerFacts) -> object | None:
    """The digest by which a registry knows a layer, ``None`` where it is not stored as there."""
    return layer.digest if _stored(layer, as_pulled=image.image.as_pulled) is not None else None


def _distinct(image: Analysis, indexes: Iterable[int], sizes: Sequence[int]) -> int:
    once: dict[object, int] = {}
    for k in indexes:
        layer = image.layers[k]
        once.setdefault(_blob(image, layer) or layer.diff_id or k, sizes[k])
    return sum(once.values())


def why_broken(
    old: Analysis,
    new: Analysis,
    layers: Sequence[LayerPair],
    pull: PullDelta,
    unchanged: Mapping[int, int],
    paths: Iterable[PathDelta] = (),
) -> str:
    """What happened to the layer from which on the images differ, in words.

    ``paths`` are all that differ, the largest change first: the first of the layer is named.
    ``unchanged`` has, for layers that must be fetched, how many of their bytes are
    content that the old image has at the same path.
    """
    if pull.broke_at is None:
        count = len(pull.fetched)
        if count:
            which = "it is" if count == 1 else "they are"
            return (
                f"{counted(count, 'layer')} of the same content must be fetched: "
                f"{which} compressed in another way"
            )
        if len(new.layers) < len(old.layers):
            return "all layers are the old image's, which has more"
        return "all layers are the same"
    layer = new.layers[pull.broke_at]
    pair = next(pair for pair in layers if pair.new == layer.index)
    told = f"layer {layer.index}, {layer.instruction.text}, is the first that differs: "
    happened = _happened(old, new, layer, pair, unchanged)
    return told + (happened or f"its content changed{_where(new, layer, paths)}")


def _where(new: Analysis, layer: LayerFacts, paths: Iterable[PathDelta]) -> str:
    """The file of a layer that changed most, and how many others did."""
    fs, other = new.filesystem, (PathChange.CONTENT, PathChange.ADDED, PathChange.TYPE)
    changed = [
        delta.path
        for delta in paths
        if delta.change in other
        and delta.new is not None
        and fs.layer_of(fs.inode(delta.new)) == layer.index
    ]
    if not changed:
        return ""
    more = f" and {counted(len(changed) - 1, 'more file')}" if len(changed) > 1 else ""
    return f": /{changed[0].decode('utf-8', 'surrogateescape')}{more}"


def _happened(
    old: Analysis,
    new: Analysis,
    layer: LayerFacts,
    pair: LayerPair,
    unchanged: Mapping[int, int],
) -> str:
    """``""`` where it is the content, and not the step or its place."""
    at = layer.index
    before = old.layers[at] if at < len(old.layers) else None
    if layer.is_base and (before is None or before.is_base):
        names = old.base.name, new.base.name
        if names[0] and names[1] and names[0] != names[1]:
            return f"the base image was {names[0]} and is {names[1]}"
        return "the base image is another, or another build of it"
    if pair.old is None:
        if before is None:
            return "it was added on top"
        return "the old image has no such step"
    if pair.same:
        return f"it was layer {pair.old}: others below it came, went or changed places"
    was = old.layers[pair.old]
    # The same COPY of other files: its text differs by their checksum alone.
    texts = [_CHECKSUM.sub(r"\1", each.instruction.text) for each in (was, layer)]
    if texts[0] != texts[1]:
        return f"its instruction was {was.instruction.text}"
    place = "" if pair.old == at else f"it was layer {pair.old}, and "
    if was.size == layer.size == unchanged.get(at, 0):
        names_of = new.filesystem.tables[at].names, old.filesystem.tables[was.index].names
        if sorted(names_of[0]) == sorted(names_of[1]):
            return f"{place}only times, owners or modes of what it holds changed"
    return f"{place}its content changed" if place else ""
