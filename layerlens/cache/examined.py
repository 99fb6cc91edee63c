"""A memory of layers that also knows what was found in their contents."""

from __future__ import annotations

from dataclasses import replace

from layerlens.cache.layers import LayerCache
from layerlens.image.digest import Digest
from layerlens.layers.contents import Contents
from layerlens.layers.known import KnownLayers, PassedArchive
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import HashKind


class ExaminedLayers(KnownLayers):
    """A layer cache that only answers with layers whose contents were examined.

    ``version`` is the examiner's: what another one found does not count.  So
    whoever asks reads a layer whose contents nobody looked into once more.
    """

    def __init__(self, cache: LayerCache, version: str) -> None:
        self._cache = cache
        self._version = version

    @property
    def problems(self) -> list[str]:
        return self._cache.problems

    def by_diff_id(self, diff_id: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        return self._with_contents(self._cache.by_diff_id(diff_id, hashes=hashes), str(diff_id))

    def by_blob(self, digest: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        found = self._cache.by_blob(digest, hashes=hashes)
        return self._with_contents(found, str(found.diff_id) if found else "")

    def by_toc(self, digest: Digest) -> LayerRead | None:
        return self._with_contents(self._cache.by_toc(digest), _toc_key(digest))

    def by_place(self, place: str) -> LayerRead | None:
        found = self._cache.by_place(place)
        if found is not None and found.diff_id is not None:
            return self._with_contents(found, str(found.diff_id))
        return self._with_contents(found, _place_key(place))

    def keep(self, read: LayerRead, *, toc: Digest | None = None, place: str | None = None) -> None:
        self._cache.keep(read, toc=toc, place=place)
        contents = read.contents
        if contents is None or contents.missing is not None:
            return
        key = None
        if read.origin.is_toc:
            key = None if toc is None else _toc_key(toc)
        elif read.digest is not None and read.diff_id is not None:
            key = str(read.diff_id)
        elif place is not None:
            key = _place_key(place)
        if key is not None:
            self._cache.keep_contents(f"{self._version}\0{key}", contents)

    def document(self, digest: Digest) -> bytes | None:
        return self._cache.document(digest)

    def keep_document(self, data: bytes) -> None:
        self._cache.keep_document(data)

    def judgement(self, key: str) -> bytes | None:
        return self._cache.judgement(key)

    def keep_judgement(self, key: str, record: bytes) -> None:
        self._cache.keep_judgement(key, record)

    def archive(self, place: str) -> PassedArchive | None:
        return self._cache.archive(place)

    def keep_archive(self, place: str, archive: PassedArchive) -> None:
        self._cache.keep_archive(place, archive)

    def _with_contents(self, read: LayerRead | None, key: str) -> LayerRead | None:
        if read is None:
            return None
        contents: Contents | None = None
        if len(read.table):
            contents = self._cache.contents(f"{self._version}\0{key}")
            if contents is None:
                return None
            if any(i >= len(read.table) for i in contents.kept):
                return None
        return replace(read, contents=contents or Contents())


def _toc_key(digest: Digest) -> str:
    return f"toc {digest}"


def _place_key(place: str) -> str:
    return f"place {place}"
