"""What a manifest says of the table of contents inside a layer blob.

Two formats exist.  eStargz (containerd's stargz-snapshotter, docs/estargz.md)
is a gzip blob whose footer points at its table.  zstd:chunked
(containers/storage, pkg/chunked) is a zstd blob with the table in a skippable
frame; annotations say where.  Both are vouched for by a digest in the layer
descriptor's annotations: a blob's own word for its table is worth nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from layerlens.errors import ImageError
from layerlens.image.digest import Digest
from layerlens.layers.reader import Origin

Fetch = Callable[[int, int], bytes]
"""``fetch(offset, length)`` gives exactly that range of the stored blob."""

ESTARGZ_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
"""Digest of the table's JSON."""

ESTARGZ_SIZE = "io.containers.estargz.uncompressed-size"
"""Bytes of the whole uncompressed tar, where the writer told."""

CHUNKED_PREFIXES = ("io.github.containers.zstd-chunked.", "io.containers.zstd-chunked.")
"""What the names of the annotations begin with; older writers (skopeo 1.9) have the second."""

WORTH_ASKING = 256 << 10
"""Blob bytes below which a full read, which tells more, costs no more than the table."""

MAX_TAR = 1 << 50
"""Bytes of the largest tar that a manifest is believed to tell the size of."""

_NUMBER = r"(0|[1-9][0-9]{0,18})"
_POSITION = re.compile(":".join([_NUMBER] * 4))
_TARSPLIT = re.compile(":".join([_NUMBER] * 3))
_CRFS = 1  # the one type of table that zstd:chunked has


class TocRefusedError(ImageError):
    """The table cannot stand for the layer, and the layer is to be read in full.

    Nothing is wrong with the image: the table is of a kind that is not
    covered, does not tell what a full read would, or is not the one that the
    manifest vouches for.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what, hint="the layer has to be read in full")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the blob: ``size`` stored bytes from ``offset``, which unpack to ``unpacked``."""

    offset: int
    size: int
    unpacked: int

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class TocHint:
    """A table of contents that a manifest vouches for.

    ``digest`` is that of the JSON (eStargz) or of the stored table
    (zstd:chunked).  ``table`` and ``tar_split`` are where zstd:chunked has
    them; ``tar_size`` is what the manifest says of the uncompressed tar.
    """

    origin: Origin
    digest: Digest
    table: Span | None = None
    tar_split: Span | None = None
    tar_size: int | None = None


def find_toc(
    annotations: Mapping[str, str],
    blob_size: int,
    media_type: str | None,
    *,
    least: int = WORTH_ASKING,
) -> TocHint | None:
    """The table that a layer descriptor's annotations vouch for, if it is worth asking for.

    ``blob_size`` is in stored bytes; blobs below ``least`` are not worth it.
    ``None`` also where an annotation is malformed.
    """
    if blob_size < least:
        return None
    kind = media_type or ""
    # The same writer may set eStargz's digest on zstd:chunked, so that goes first.
    if "gzip" not in kind and (found := _chunked(annotations, blob_size)) is not None:
        return found
    if "zstd" not in kind and not kind.endswith("+encrypted"):
        return _estargz(annotations)
    return None


def _estargz(annotations: Mapping[str, str]) -> TocHint | None:
    digest = _sha256(annotations.get(ESTARGZ_DIGEST))
    if digest is None:
        return None
    size = annotations.get(ESTARGZ_SIZE, "")
    tar_size = int(size) if re.fullmatch(_NUMBER, size) else None
    if tar_size is not None and tar_size > MAX_TAR:
        tar_size = None
    return TocHint(Origin.ESTARGZ, digest, tar_size=tar_size)


def _chunked(annotations: Mapping[str, str], blob_size: int) -> TocHint | None:
    for prefix in CHUNKED_PREFIXES:
        digest = _sha256(annotations.get(prefix + "manifest-checksum"))
        match = _POSITION.fullmatch(annotations.get(prefix + "manifest-position", ""))
        if digest is None or match is None:
            continue
        offset, size, unpacked, kind = map(int, match.groups())
        table = Span(offset, size, unpacked)
        if kind != _CRFS or not size or table.end > blob_size:
            return None
        split = None
        match = _TARSPLIT.fullmatch(annotations.get(prefix + "tarsplit-position", ""))
        if match is not None:
            split = Span(*map(int, match.groups()))
            if not split.size or split.end > blob_size:
                split = None
        return TocHint(Origin.ZSTD_CHUNKED, digest, table=table, tar_split=split)
    return None


def _sha256(text: str | None) -> Digest | None:
    try:
        digest = Digest.parse(text)
    except ValueError:
        return None
    return digest if digest.algorithm == "sha256" else None
