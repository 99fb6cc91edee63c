"""Why one image has four sizes: the meters that people meet, side by side.

Each meter counts other bytes, and a layer that stands in the image twice in
another way.  All of them are exact where the layers themselves were read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from layerlens.analysis.model import LayerFacts, SizeRow
from layerlens.layers.reader import Origin

_WHYS = {
    "transfer": "stored blobs, each once: what a pull moves",
    "tar": "layers with headers and padding, each once: docker save",
    "docker": "contents of all layers and of symbolic links: docker images",
    "unpacked": "what a container sees; du differs, it counts blocks",
}
METERS = tuple(_WHYS)
"""The meters, in the order of the rows: names that stay."""


def size_rows(
    layers: Sequence[LayerFacts],
    live_bytes: int,
    *,
    link_bytes: int = 0,
    absent: Collection[int] = (),
    unread: Collection[int] | None = None,
    as_pulled: bool = False,
) -> tuple[SizeRow, ...]:
    """One row per meter of :data:`METERS`.

    ``link_bytes`` are the lengths of all symbolic links' targets: the Docker
    Engine adds up what lstat(2) says of everything but directories.

    ``absent`` are the indexes of layers whose contents are not there (foreign
    layers): no meter can tell its sum then, nor before the ``unread`` ones were
    read; ``None`` says that all were, an empty list that nobody knows which are
    missing.  ``as_pulled`` says that the blobs are those which a registry sends,
    even where they are not compressed.
    """
    why = None
    if unread:
        verb = "has" if len(unread) == 1 else "have"
        why = f"{_which(sorted(unread))} {verb} not been read"
    elif unread is not None:
        why = "it is not known whether these are all layers"
    elif absent:
        why = f"the contents of {_which(sorted(absent))} are not here"
    if why is not None:
        return tuple(SizeRow(meter, None, 0, approximate=False, why=why) for meter in METERS)
    return (
        _transfer(layers, as_pulled=as_pulled),
        _tar(layers),
        _row("docker", sum(layer.size for layer in layers) + link_bytes),
        _row("unpacked", live_bytes),
    )


def _row(meter: str, size: int, repeated: int = 0, *, approximate: bool = False) -> SizeRow:
    return SizeRow(meter, size, repeated, approximate=approximate, why=_WHYS[meter])


def _transfer(layers: Sequence[LayerFacts], *, as_pulled: bool) -> SizeRow:
    """Blobs have their digests as names, so a registry keeps and sends each once."""
    once: dict[object, int] = {}
    total = 0
    unknown = []
    for layer in layers:
        size = layer.compressed_size
        if size is None and as_pulled:
            size = layer.tar_size
        if size is None:
            unknown.append(layer.index)
            continue
        total += size
        once[layer.digest or layer.diff_id or layer.index] = size
    if unknown:
        verb = "lies" if len(unknown) == 1 else "lie"
        which = "all layers" if len(unknown) == len(layers) > 1 else _which(unknown)
        why = f"{which} {verb} uncompressed here: read it from a registry"
        return SizeRow("transfer", None, 0, approximate=False, why=why)
    moved = sum(once.values())
    return _row("transfer", moved, total - moved)


def _tar(layers: Sequence[LayerFacts]) -> SizeRow:
    """An archive holds a repeated layer once, however often the image lists it."""
    once: dict[object, int] = {
        layer.diff_id or layer.digest or layer.index: layer.tar_size for layer in layers
    }
    shipped = sum(once.values())
    listed = [layer for layer in layers if Origin(layer.origin).is_toc]
    unknown = [layer.index for layer in listed if not layer.tar_size and layer.size]
    if unknown:
        why = f"only the table of contents of {_which(unknown)} was read, which does not tell"
        return SizeRow("tar", None, 0, approximate=False, why=why)
    repeated = sum(layer.tar_size for layer in layers) - shipped
    return _row("tar", shipped, repeated, approximate=bool(listed))


def _which(indexes: Sequence[int]) -> str:
    """``layer 3``, ``layers 3, 5`` or, of many, ``layers 3, 5, 6 and 12 more``."""
    shown = ", ".join(map(str, indexes[:3]))
    more = f" and {len(indexes) - 3} more" if len(indexes) > 3 else ""
    return f"layer{'s' if len(indexes) > 1 else ''} {shown}{more}"
