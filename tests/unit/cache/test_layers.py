"""Under which keys layers are found again, and under which never."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from layerlens.cache import envelope
from layerlens.cache.envelope import VERSION_NAME, seal, unseal
from layerlens.cache.files import Files
from layerlens.cache.layers import KINDS, MAX_DOCUMENT, LayerCache
from layerlens.image.digest import Digest
from layerlens.layers.compression import Compression
from layerlens.layers.known import OtherMember, PassedArchive
from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HashKind
from tests.builders import gzipped, zstandard
from tests.members import file, layer
from tests.unit.cache.records import EVERYTHING, parts
from tests.unit.layers.reading import in_place, streamed

OTHER = Digest.of(b"somebody else's")


@pytest.fixture
def cache(tmp_path: Path) -> LayerCache:
    return LayerCache(str(tmp_path / "cache"))


def plain() -> LayerRead:
    """The layer as a plain archive gives it: no digests, no hashes."""
    return LayerRead(in_place(EVERYTHING), Compression.NONE, len(EVERYTHING))


def diff_id(read: LayerRead) -> Digest:
    assert read.diff_id is not None
    return read.diff_id


def same(found: LayerRead | None, expected: LayerRead) -> bool:
    return found is not None and parts(found) == parts(expected)


class TestKeys:
    def test_a_plain_stream(self, cache: LayerCache) -> None:
        read = streamed(EVERYTHING)
        cache.keep(read)
        assert same(cache.by_diff_id(diff_id(read)), read)
        assert same(cache.by_blob(diff_id(read)), read)
        assert cache.by_diff_id(OTHER) is None
        assert cache.by_toc(diff_id(read)) is None
        assert cache.problems == []

    @pytest.mark.parametrize("form", [gzipped, zstandard])
    def test_a_compressed_blob(self, cache: LayerCache, form: Callable[[bytes], bytes]) -> None:
        read = streamed(form(EVERYTHING))
        cache.keep(read)
        assert read.digest is not None
        assert same(cache.by_blob(read.digest), read)
        assert same(cache.by_diff_id(diff_id(read)), streamed(EVERYTHING))
        assert same(cache.by_blob(diff_id(read)), streamed(EVERYTHING))
        assert cache.by_diff_id(read.digest) is None

    def test_two_blobs_of_one_tar(self, cache: LayerCache) -> None:
        reads = [streamed(form(EVERYTHING)) for form in (gzipped, zstandard, bytes)]
        for read in reads:
            cache.keep(read)
        for read in reads:
            assert read.digest is not None
            assert same(cache.by_blob(read.digest), read)
        assert cache.info().records["layers"] == 1

    def test_a_place(self, cache: LayerCache) -> None:
        cache.keep(plain(), place="here")
        assert same(cache.by_place("here"), plain())
        assert cache.by_place("there") is None
        assert cache.info().records == {kind: int(kind == "places") for kind in KINDS}

    def test_a_place_of_a_compressed_blob(self, cache: LayerCache) -> None:
        read = streamed(gzipped(EVERYTHING))
        cache.keep(read, place="here")
        assert same(cache.by_place("here"), read)

    def test_a_place_whose_digests_were_computed(self, cache: LayerCache) -> None:
        # --verify reads a plain archive through; without it nobody claims to know its digest.
        cache.keep(streamed(EVERYTHING), place="here")
        assert cache.by_place("here") is None

    def test_nowhere(self, cache: LayerCache) -> None:
        cache.keep(plain())
        cache.keep(plain(), toc=OTHER)
        assert sum(cache.info().records.values()) == 0

    @pytest.mark.parametrize("origin", [Origin.ESTARGZ, Origin.ZSTD_CHUNKED])
    def test_a_table_of_contents(self, cache: LayerCache, origin: Origin) -> None:
        read = replace(plain(), origin=origin, compression=Compression.GZIP)
        cache.keep(read, toc=OTHER)
        assert same(cache.by_toc(OTHER), read)
        assert cache.by_blob(OTHER) is None
        assert cache.by_diff_id(OTHER) is None
        # Whatever digests it claims.
        cache.keep(replace(read, digest=OTHER, diff_id=OTHER), toc=OTHER, place="here")
        assert cache.by_blob(OTHER) is None
        assert cache.by_place("here") is None

    def test_an_engines_record_is_known_by_its_place_only(self, cache: LayerCache) -> None:
        read = replace(plain(), origin=Origin.TAR_SPLIT, diff_id=OTHER)
        cache.keep(read, place="here")
        assert same(cache.by_place("here"), read)
        assert cache.by_diff_id(OTHER) is None

    def test_other_algorithms(self, cache: LayerCache) -> None:
        cache.keep(streamed(EVERYTHING))
        unknown = Digest("sha512", "0" * 128)
        assert cache.by_blob(unknown) is None
        assert cache.by_diff_id(unknown) is None
        assert cache.document(unknown) is None


class TestHashes:
    def test_only_those_that_were_asked_for(self, cache: LayerCache) -> None:
        read = replace(plain(), digest=OTHER, diff_id=OTHER)
        cache.keep(read)
        assert same(cache.by_diff_id(OTHER), read)
        assert cache.by_diff_id(OTHER, hashes=HashKind.XXH3) is None
        full = streamed(EVERYTHING)
        cache.keep(full)
        assert cache.by_diff_id(diff_id(full), hashes=HashKind.XXH3) is not None
        assert cache.by_diff_id(diff_id(full), hashes=HashKind.SHA256) is None

    def test_a_better_record_replaces_a_lesser_one_only(self, cache: LayerCache) -> None:
        full = streamed(EVERYTHING)
        crc = streamed(EVERYTHING)
        crc.table.hash_kind = HashKind.CRC64
        none = replace(full, table=in_place(EVERYTHING))
        for read, expected in (
            (none, none), (crc, crc), (none, crc), (full, full), (crc, full), (none, full),
        ):  # fmt: skip
            cache.keep(read)
            assert same(cache.by_diff_id(diff_id(full)), expected)

    def test_a_layer_without_entries_has_all_hashes(self, cache: LayerCache) -> None:
        read = streamed(bytes(1024))
        cache.keep(read)
        assert same(cache.by_diff_id(diff_id(read), hashes=HashKind.XXH3), read)

    def test_a_better_one_that_comes_in_between(
        self, cache: LayerCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        full = streamed(EVERYTHING)
        write = Files.write

        def late(self: Files, kind: str, name: str, data: bytes, *, new: bool = False) -> bool:
            monkeypatch.undo()
            LayerCache(cache.directory).keep(full)  # another process
            return write(self, kind, name, data, new=new)

        monkeypatch.setattr(Files, "write", late)
        cache.keep(replace(full, table=in_place(EVERYTHING)))
        assert same(cache.by_diff_id(diff_id(full)), full)


class TestDamage:
    def only_file(self, cache: LayerCache, kind: str) -> Path:
        (path,) = (Path(cache.directory) / VERSION_NAME / kind).iterdir()
        return path

    @pytest.mark.parametrize("cut", [0, 3, 8, 24, 30, -1])
    def test_a_torn_record_is_none_and_is_written_anew(self, cache: LayerCache, cut: int) -> None:
        read = streamed(EVERYTHING)
        cache.keep(read)
        path = self.only_file(cache, "layers")
        path.write_bytes(path.read_bytes()[:cut])
        assert cache.by_diff_id(diff_id(read)) is None
        cache.keep(read)
        assert same(cache.by_diff_id(diff_id(read)), read)

    def test_a_record_under_anothers_name(self, cache: LayerCache) -> None:
        read = streamed(EVERYTHING)
        cache.keep(read)
        path = self.only_file(cache, "layers")
        shutil.copy(path, path.with_name(OTHER.hex))
        assert cache.by_diff_id(OTHER) is None
        assert cache.by_diff_id(diff_id(read)) is not None

    def test_a_true_seal_around_anothers_layer(self, cache: LayerCache) -> None:
        read = streamed(EVERYTHING)
        cache.keep(read)
        data = self.only_file(cache, "layers").read_bytes()
        payload = unseal("layers", str(read.diff_id), data)
        assert payload is not None
        false = seal("layers", str(OTHER), bytes(payload))
        (Path(cache.directory) / VERSION_NAME / "layers" / OTHER.hex).write_bytes(false)
        assert cache.by_diff_id(OTHER) is None

    @pytest.mark.parametrize("word", [b"", b"=", b">", b">sha256:12", b">\xff", b"?abc"])
    def test_a_place_that_says_nothing(self, cache: LayerCache, word: bytes) -> None:
        cache.keep(plain(), place="here")
        self.only_file(cache, "places").write_bytes(seal("places", "here", word))
        assert cache.by_place("here") is None

    def test_a_blob_without_its_layer(self, cache: LayerCache) -> None:
        read = streamed(gzipped(EVERYTHING))
        cache.keep(read, place="here")
        self.only_file(cache, "layers").unlink()
        assert read.digest is not None
        assert cache.by_blob(read.digest) is None
        assert cache.by_place("here") is None

    def test_a_table_that_no_record_can_hold(self, cache: LayerCache) -> None:
        read = streamed(EVERYTHING)
        read.table.names[1] = b"a\0b"
        cache.keep(read)
        cache.keep(replace(read, digest=None, diff_id=None), place="here")
        cache.keep_archive("here", PassedArchive(read.table, b"", {}))
        assert sum(cache.info().records.values()) == 0

    def test_another_version(self, cache: LayerCache, monkeypatch: pytest.MonkeyPatch) -> None:
        read = streamed(EVERYTHING)
        cache.keep(read)
        data = self.only_file(cache, "layers").read_bytes()
        monkeypatch.setattr(envelope, "_MAGIC", b"LLcache\x7e")
        assert unseal("layers", str(read.diff_id), data) is None
        other = f"v{envelope.VERSION + 1}-little"
        monkeypatch.setattr("layerlens.cache.files.VERSION_NAME", other)
        monkeypatch.setattr("layerlens.cache.layers.VERSION_NAME", other)
        newer = LayerCache(cache.directory)
        assert newer.by_diff_id(diff_id(read)) is None
        info = newer.info()
        assert info.records["layers"] == 0
        assert (info.other_records, info.other_size) == (1, len(data))
        newer.keep(read)
        assert same(newer.by_diff_id(diff_id(read)), read)
        assert newer.clear()[0] == 2


class TestPoison:
    def test_a_claimed_diff_id_changes_nothing(self, cache: LayerCache) -> None:
        honest = streamed(EVERYTHING)
        evil = streamed(gzipped(layer(file("evil"))))
        # What an archive promises of a layer comes in as ``blob`` only.
        for promised in (honest.digest, honest.diff_id):
            cache.keep(evil, toc=promised, place="evil's place")
            cache.keep(replace(evil, digest=None, diff_id=None), toc=promised, place="another")
        assert cache.by_diff_id(diff_id(honest)) is None
        assert cache.by_blob(diff_id(honest)) is None
        cache.keep(honest)
        cache.keep(evil, toc=honest.digest)
        assert same(cache.by_diff_id(diff_id(honest)), honest)
        assert same(cache.by_blob(diff_id(honest)), honest)


class TestDocuments:
    def test_kept_and_checked(self, cache: LayerCache) -> None:
        cache.keep_document(b"{}")
        assert cache.document(Digest.of(b"{}")) == b"{}"
        path = Path(cache.directory) / VERSION_NAME / "documents" / Digest.of(b"{}").hex
        path.write_bytes(b"[]")
        assert cache.document(Digest.of(b"{}")) is None
        cache.keep_document(b"{}")
        assert cache.document(Digest.of(b"{}")) == b"{}"

    def test_small_ones_only(self, cache: LayerCache) -> None:
        for size in (MAX_DOCUMENT, MAX_DOCUMENT + 1):
            cache.keep_document(bytes(size))
        assert cache.document(Digest.of(bytes(MAX_DOCUMENT))) is not None
        assert cache.document(Digest.of(bytes(MAX_DOCUMENT + 1))) is None


def test_archives(cache: LayerCache) -> None:
    table = streamed(layer(file("a"), file("b"))).table
    cache.keep_archive("here", PassedArchive(table, b"", {0: OtherMember(b"12345678")}))
    found = cache.archive("here")
    assert found is not None
    assert found.table.names == [b"a", b"b"]
    assert cache.archive("there") is None


def test_info(cache: LayerCache) -> None:
    empty = cache.info()
    assert (empty.size, empty.oldest, empty.newest) == (0, None, None)
    assert not os.path.exists(cache.directory)
    cache.keep(streamed(gzipped(EVERYTHING)), place="here")
    cache.keep_document(b"{}")
    path = Path(cache.directory) / VERSION_NAME / "documents" / Digest.of(b"{}").hex
    os.utime(path, (1000, 1000))
    info = cache.info()
    expected = dict.fromkeys(KINDS, 0) | {"layers": 1, "blobs": 1, "places": 1, "documents": 1}
    assert info.records == expected
    assert info.size == sum(
        p.stat().st_size for p in Path(cache.directory, VERSION_NAME).rglob("?" * 64)
    )
    assert info.oldest == 1000
    assert info.newest is not None
    assert abs(time.time() - info.newest) < 60
    assert info.limit == 2 << 30
    assert (info.other_records, info.other_size) == (0, 0)
    assert cache.clear() == (4, info.size)
