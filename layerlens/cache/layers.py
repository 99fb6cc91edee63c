"""The layer cache: records on disk, under keys that no image can choose."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from layerlens.cache.archive import decode_archive, encode_archive
from layerlens.cache.blob import decode_blob, encode_blob
from layerlens.cache.contents import decode_contents, encode_contents
from layerlens.cache.envelope import VERSION_NAME, seal, unseal
from layerlens.cache.files import Files
from layerlens.cache.packing import BROKEN, pack_sized, unpack_sized
from layerlens.cache.record import as_plain, decode, encode, hash_rank, rank
from layerlens.image.digest import Digest
from layerlens.layers.compression import Compression
from layerlens.layers.contents import Contents
from layerlens.layers.known import KnownLayers, PassedArchive
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import HashKind

DEFAULT_LIMIT = 2 << 30
"""Bytes of all records: about 60 million entries at some 33 bytes each."""

MAX_DOCUMENT = 4 << 20
"""Bytes of one document that is kept: manifests and configurations are far smaller."""

MAX_JUDGEMENT = 256 << 20
"""Bytes of what rules said of an image, before compression."""

LAYERS, BLOBS, TOCS, PLACES, DOCUMENTS, ARCHIVES, CONTENTS, JUDGEMENTS = KINDS = (
    "layers", "blobs", "tocs", "places", "documents", "archives", "contents", "judgements",
)  # fmt: skip
"""Kinds of records, which are the names of their directories."""

_WHOLE, _ELSEWHERE = b"=", b">"
"""How the record of a place begins: the layer itself, or the digest of its compressed blob."""


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache holds.

    ``records`` counts this version's by kind; ``size`` and ``limit`` are
    bytes of all records and their bound; ``oldest`` and ``newest`` are times
    of use in seconds since the epoch (to the hour), ``None`` without records;
    ``other_records`` and ``other_size`` are those of other versions.
    """

    directory: str
    records: Mapping[str, int]
    size: int
    limit: int
    oldest: float | None
    newest: float | None
    other_records: int
    other_size: int


class LayerCache(KnownLayers):
    """A memory of layers in a directory; what it answers and keeps: :class:`KnownLayers`.

    The directory is made by the first record.  ``limit`` bounds all records
    together, in bytes.  May be shared by threads, and the directory by processes.
    """

    def __init__(self, directory: str, *, limit: int = DEFAULT_LIMIT) -> None:
        self._files = Files(directory, limit)

    @property
    def directory(self) -> str:
        """Where the records are."""
        return self._files.directory

    @property
    def problems(self) -> list[str]:
        """Why records are not kept or not used, a line for each reason."""
        return list(self._files.problems)

    # ------------------------------------------------------------- layers

    def by_diff_id(self, diff_id: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        payload = self._payload(LAYERS, diff_id)
        found = None if payload is None else decode(payload)
        if found is None or found.diff_id != diff_id:
            return None
        table = found.table
        if hashes is not None and len(table) and not (table.hashes and table.hash_kind is hashes):
            return None
        return found

    def by_blob(self, digest: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        payload = self._payload(BLOBS, digest)
        blob = None if payload is None else decode_blob(payload)
        if blob is None or blob.digest != digest:
            return self.by_diff_id(digest, hashes=hashes)
        found = self.by_diff_id(blob.diff_id, hashes=hashes)
        if found is None:
            return None
        found.table.transfer = blob.transfer
        return replace(
            found,
            compression=blob.compression,
            compressed_size=blob.compressed_size,
            digest=digest,
        )

    def by_toc(self, digest: Digest) -> LayerRead | None:
        payload = self._payload(TOCS, digest)
        return None if payload is None else decode(payload)

    def by_place(self, place: str) -> LayerRead | None:
        payload = self._payload(PLACES, place)
        if payload is None:
            return None
        if payload[:1] == _WHOLE:
            return decode(payload[1:])
        try:
            digest = Digest.parse(bytes(payload[1:]).decode("ascii"))
        except ValueError:
            return None
        return self.by_blob(digest)

    def keep(self, read: LayerRead, *, toc: Digest | None = None, place: str | None = None) -> None:
        # A table that no record can hold costs the record only.
        with suppress(ValueError, OverflowError):
            if read.origin.is_toc:
                if toc is not None:
                    self._write(TOCS, toc, encode(read))
            elif read.digest is not None and read.diff_id is not None:
                self._keep_layer(read, read.diff_id)
                if read.compression is not Compression.NONE:
                    self._write(BLOBS, read.digest, encode_blob(read))
                    if place is not None:
                        self._write(PLACES, place, _ELSEWHERE + str(read.digest).encode())
            elif place is not None:
                self._write(PLACES, place, _WHOLE + encode(read))

    def _keep_layer(self, read: LayerRead, diff_id: Digest) -> None:
        mine = rank(read.table.hash_kind if read.table.hashes else None)
        data = None
        for _ in range(2):
            known = self._payload(LAYERS, diff_id)
            if known is not None and hash_rank(known) >= mine:
                return
            data = data or encode(as_plain(read))
            # Another process may have written a better one since we looked.
            new = self._files.read(LAYERS, diff_id.hex) is None
            if self._write(LAYERS, diff_id, data, new=new):
                return

    # ------------------------------------------------------------- contents

    def contents(self, key: str) -> Contents | None:
        """What an examiner found in a layer: ``key`` names the examiner's version and the layer."""
        payload = self._payload(CONTENTS, key)
        return None if payload is None else decode_contents(payload)

    def keep_contents(self, key: str, contents: Contents) -> None:
        """Remember what an examiner found."""
        with suppress(ValueError, OverflowError, TypeError):
            self._write(CONTENTS, key, encode_contents(contents))

    def judgement(self, key: str) -> bytes | None:
        payload = self._payload(JUDGEMENTS, key)
        if payload is None:
            return None
        try:
            return unpack_sized(payload, MAX_JUDGEMENT)
        except BROKEN:
            return None

    def keep_judgement(self, key: str, record: bytes) -> None:
        if len(record) <= MAX_JUDGEMENT:
            self._write(JUDGEMENTS, key, pack_sized(record))

    # ------------------------------------------------------------- documents, archives

    def document(self, digest: Digest) -> bytes | None:
        data = self._files.read(DOCUMENTS, digest.hex)
        return data if data is not None and Digest.of(data) == digest else None

    def keep_document(self, data: bytes) -> None:
        if len(data) > MAX_DOCUMENT:
            return
        digest = Digest.of(data)
        if self.document(digest) is None:
            self._files.write(DOCUMENTS, digest.hex, data)

    def archive(self, place: str) -> PassedArchive | None:
        payload = self._payload(ARCHIVES, place)
        return None if payload is None else decode_archive(payload)

    def keep_archive(self, place: str, archive: PassedArchive) -> None:
        with suppress(ValueError, OverflowError):
            self._write(ARCHIVES, place, encode_archive(archive))

    # ------------------------------------------------------------- the whole

    def info(self) -> CacheInfo:
        """What is there."""
        found = list(self._files.stored())
        mine = [each for each in found if each.version == VERSION_NAME]
        counted = Counter(each.kind for each in mine)
        used = [each.used for each in mine]
        others = [each.size for each in found if each.version != VERSION_NAME]
        return CacheInfo(
            directory=self.directory,
            records={kind: counted[kind] for kind in KINDS},
            size=sum(each.size for each in found),
            limit=self._files.limit,
            oldest=min(used, default=None),
            newest=max(used, default=None),
            other_records=len(others),
            other_size=sum(others),
        )

    def clear(self) -> tuple[int, int]:
        """Delete all records, other versions' too; gives how many there were, and their bytes."""
        return self._files.clear()

    # ------------------------------------------------------------- keys

    def _payload(self, kind: str, key: Digest | str) -> memoryview | None:
        data = self._files.read(kind, _file_name(key))
        return None if data is None else unseal(kind, str(key), data)

    def _write(self, kind: str, key: Digest | str, payload: bytes, *, new: bool = False) -> bool:
        return self._files.write(kind, _file_name(key), seal(kind, str(key), payload), new=new)


def _file_name(key: Digest | str) -> str:
    """64 hexadecimal digits: those of a sha256 themselves, of other keys their sha256."""
    if isinstance(key, Digest) and key.algorithm == "sha256":
        return key.hex
    return hashlib.sha256(str(key).encode("utf-8", "surrogateescape")).hexdigest()
