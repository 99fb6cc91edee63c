"""What is kept of a compressed blob beside the table of its tar."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import msgspec

from layerlens.cache.packing import BROKEN, pack, unpack
from layerlens.image.digest import Digest
from layerlens.layers.compression import Compression
from layerlens.layers.limits import MAX_FILE, MAX_LAYER
from layerlens.layers.reader import LayerRead
from layerlens.layers.transfer import TransferMap


@dataclass(frozen=True, slots=True)
class Blob:
    """A compressed blob: its tar's digest, its stored size in bytes, and where bytes went."""

    digest: Digest
    diff_id: Digest
    compression: Compression
    compressed_size: int
    transfer: TransferMap


class _Form(msgspec.Struct, array_like=True, frozen=True):
    """The record.  ``steps`` holds two columns of ``count`` offsets each, as zstd."""

    digest: str
    diff_id: str
    compression: str
    compressed_size: int
    stored_size: int
    count: int
    steps: bytes


_DECODER = msgspec.msgpack.Decoder(_Form)


def encode_blob(read: LayerRead) -> bytes:
    """The record of a compressed layer whose digests were computed."""
    transfer = read.table.transfer or TransferMap()
    out, into = transfer.columns()
    return msgspec.msgpack.encode(
        _Form(
            digest=str(read.digest),
            diff_id=str(read.diff_id),
            compression=read.compression.value,
            compressed_size=read.compressed_size,
            stored_size=transfer.compressed_size,
            count=len(out),
            steps=pack(out.tobytes() + into.tobytes()),
        )
    )


def decode_blob(payload: bytes | memoryview) -> Blob | None:
    """The blob of a record, ``None`` where the bytes are no record."""
    try:
        form = _DECODER.decode(payload)
        if not (
            0 < form.count <= MAX_LAYER // 512
            and 0 <= form.compressed_size <= MAX_FILE
            and 0 <= form.stored_size <= MAX_FILE
        ):
            return None
        width = 8 * form.count
        steps = unpack(form.steps, 2 * width)
        out, into = array("q", steps[:width]), array("q", steps[width:])
        return Blob(
            Digest.parse(form.digest),
            Digest.parse(form.diff_id),
            Compression(form.compression),
            form.compressed_size,
            TransferMap.restored(out, into, form.stored_size),
        )
    except BROKEN:
        return None
