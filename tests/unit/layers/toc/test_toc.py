"""Layers by their tables of contents: the same as the layers read in full."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from layerlens.errors import DigestError, FormatError
from layerlens.layers.compression import Compression
from layerlens.layers.reader import Origin
from layerlens.layers.table import HashKind, LayerTable
from layerlens.layers.toc.content import toc_content
from layerlens.layers.toc.hint import WORTH_ASKING, find_toc
from layerlens.layers.toc.read import read_toc
from tests.members import (
    Member,
    block,
    char,
    directory,
    fifo,
    file,
    hardlink,
    opaque,
    symlink,
    table,
    whiteout,
)
from tests.toc_writers import GZIP, ZSTD, Blob, chunked, digest_of, estargz
from tests.unit.layers.toc.listing import (
    Ranges,
    agree,
    by_toc,
    content,
    hint_of,
    in_full,
    lie_alike,
)

NOISE = bytes((k * k * 31 + k // 7) % 251 for k in range(20_000))
MEMBERS = (
    directory("./", 0o755, mtime=1_700_000_000),
    directory("etc", 0o1777, uid=3, gid=4),
    file("etc/passwd", b"root:x:0:0", mode=0o4755, uid=1000, gid=1001, mtime=1_600_000_000),
    file("etc/empty"),
    symlink("etc/mtab", "../proc/self/mounts"),
    hardlink("etc/passwd-", "./etc/passwd"),
    char("dev/null", 1, 3, 0o666),
    block("dev/sda", 8, 0),
    fifo("run/pipe"),
    whiteout("etc/gone"),
    opaque("var"),
    file("usr/lib/noise", NOISE),
    file("../up", b"above"),
    file(b"caf\xc3\xa9", b"utf-8", pax=[("path", "caf\u00e9")]),
    file(
        "cap",
        b"bin",
        pax=[("SCHILY.xattr.security.capability", b"\1\0\xff"), ("SCHILY.xattr.user.a", b"b")],
    ),
    file("far", b"f", pax=[("uid", "3000000"), ("gid", "70000000000")]),
    file("old", b"o", pax=[("mtime", "-5")]),
    file("x" * 150, b"long"),
    symlink("long", "t" * 180),
    file("etc/passwd", b"written twice"),
    directory("last"),
)

WRITERS: dict[str, Callable[..., Blob]] = {
    "estargz": estargz,
    "chunked": chunked,
    "chunked-split": lambda *members, **rest: chunked(*members, split=True, **rest),
    "chunked-shared-frames": lambda *members, **rest: chunked(*members, ends=False, **rest),
}


@pytest.fixture(params=WRITERS)
def write(request: pytest.FixtureRequest) -> Callable[..., Blob]:
    return WRITERS[request.param]


# ------------------------------------------------------------------- the same as in full


@pytest.mark.parametrize("chunk", [1000, 4096, 1 << 22])
def test_all_kinds_of_entries(write: Callable[..., Blob], chunk: int) -> None:
    blob = write(*MEMBERS, chunk=chunk)
    listed = by_toc(blob)
    full = in_full(blob)
    agree(listed.table, full.table)
    lie_alike(listed.table, full.table)
    assert listed.compressed_size == full.compressed_size == len(blob.data)
    assert listed.compression is full.compression
    assert listed.origin.is_toc
    assert (listed.digest, listed.diff_id) == (None, None)


@pytest.mark.parametrize("chunk", [1000, 1 << 22])
def test_hashes_are_those_of_the_contents(write: Callable[..., Blob], chunk: int) -> None:
    listed = by_toc(write(*MEMBERS, chunk=chunk)).table
    assert listed.hash_kind is HashKind.SHA256
    for i, member in enumerate(MEMBERS):
        expected = digest_of([member.data]) if listed.sizes[i] else bytes(16)
        assert listed.hash(i) == expected


@pytest.mark.parametrize("chunk", [1000, 1 << 22])
def test_contents_come_by_range(write: Callable[..., Blob], chunk: int) -> None:
    blob = write(*MEMBERS, chunk=chunk)
    listed = by_toc(blob).table
    for i, member in enumerate(MEMBERS):
        assert content(blob, listed, i) == (member.data if listed.sizes[i] else b"")


def test_one_content_is_one_request_of_its_stored_bytes() -> None:
    blob = chunked(*MEMBERS)
    listed = by_toc(blob).table
    i = listed.names.index(b"usr/lib/noise")
    ranges = Ranges(blob.data)
    pieces = toc_content(listed, i, ranges.fetch)
    assert pieces is not None
    assert b"".join(pieces) == NOISE
    assert listed.transfer is not None
    assert len(ranges.asked) == 1
    assert ranges.bytes == listed.transfer.span(listed.offsets[i], listed.stored(i))


def test_transfer_bytes_add_up_to_the_blob(write: Callable[..., Blob]) -> None:
    blob = write(*MEMBERS, chunk=5000)
    for found in (by_toc(blob).table, in_full(blob).table):
        assert found.transfer is not None
        assert found.transfer.span(0, found.tar_size) == len(blob.data)


def test_transfer_bytes_of_zstd_chunked_are_those_of_a_full_read() -> None:
    blob = chunked(*MEMBERS, chunk=5000)
    assert _wire(by_toc(blob).table) == _wire(in_full(blob).table)


def test_transfer_bytes_of_estargz_are_those_of_a_full_read() -> None:
    blob = estargz(*MEMBERS, chunk=5000)
    assert _wire(by_toc(blob).table) == _wire(in_full(blob).table)


def _wire(found: LayerTable) -> list[int]:
    assert found.transfer is not None
    return [found.transfer.span(at, found.stored(i)) for i, at in enumerate(found.offsets)]


def test_fractions_of_a_second() -> None:
    members = (
        file("a", b"1", pax=[("mtime", "1700000000.123456789")]),
        file("b", b"2", pax=[("mtime", "-1.5")]),
        file("c", b"3", pax=[("mtime", "0.5")]),
    )
    exact = chunked(*members)
    agree(by_toc(exact).table, in_full(exact).table)
    rounded = estargz(*members)
    agree(by_toc(rounded).table, in_full(rounded).table, fractions=False)


# ------------------------------------------------------------------- the table as a file


def test_the_table_is_a_file_of_the_layer_where_the_tar_goes_on_with_it() -> None:
    blob = estargz(file(".no.prefetch.landmark", b"\x0f"), *MEMBERS, ended=False)
    listed, full = by_toc(blob).table, in_full(blob).table
    assert full.names[-1] == b"stargz.index.json"
    agree(listed, full)
    lie_alike(listed, full)
    last = len(listed) - 1
    assert listed.hash(last) == digest_of([content(blob, listed, last)])
    assert _wire(listed) == _wire(full)


def test_the_table_is_no_file_of_the_layer_behind_the_end_of_its_tar() -> None:
    blob = estargz(*MEMBERS)
    assert b"stargz.index.json" not in by_toc(blob).table.names
    assert b"stargz.index.json" not in in_full(blob).table.names


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("members", [(), (directory("a"), symlink("a/b", "c"))])
def test_estargz_without_contents(members: tuple[Member, ...], *, ended: bool) -> None:
    blob = estargz(*members, ended=ended, told=False)
    listed, full = by_toc(blob).table, in_full(blob).table
    agree(listed, full)
    lie_alike(listed, full)
    assert not listed.notes.all()  # the headers were all seen


@pytest.mark.parametrize("split", [True, False])
@pytest.mark.parametrize("members", [(), (directory("a"), whiteout("b"))])
def test_chunked_without_contents(members: tuple[Member, ...], *, split: bool) -> None:
    blob = chunked(*members, split=split)
    listed, full = by_toc(blob).table, in_full(blob).table
    agree(listed, full)
    lie_alike(listed, full)
    assert not listed.notes.all()


def test_the_footer_of_stargz() -> None:
    blob = estargz(*MEMBERS, old_footer=True)
    agree(by_toc(blob).table, in_full(blob).table)


# ------------------------------------------------------------------- the tar's size


def test_a_tar_size_that_is_not_told_is_said_to_be_reckoned() -> None:
    for blob in (estargz(*MEMBERS, told=False), chunked(*MEMBERS)):
        codes = [note.code for note in by_toc(blob).table.notes.all()]
        assert "tar-size-reckoned" in codes
    for blob in (estargz(*MEMBERS), chunked(*MEMBERS, split=True)):
        codes = [note.code for note in by_toc(blob).table.notes.all()]
        assert "tar-size-reckoned" not in codes


def test_headers_that_no_table_tells_of() -> None:
    """A comment record takes 1024 bytes of the tar; the manifest knows, the table does not."""
    members = (file("a", b"1", pax=[("comment", "hidden")]), file("b", b"2"), directory("c"))
    told, untold, split = estargz(*members), chunked(*members), chunked(*members, split=True)
    full = in_full(told).table
    listed = by_toc(told).table
    agree(listed, full)
    assert listed.tar_size == full.tar_size
    assert listed.offsets != full.offsets
    assert [note.code for note in listed.notes.all()] == ["tar-size-reckoned"]
    assert content(told, listed, 1) == b"2"
    assert by_toc(untold).table.tar_size == in_full(untold).table.tar_size - 1024
    lie_alike(by_toc(split).table, in_full(split).table)


# ------------------------------------------------------------------- requests


def test_few_requests_and_few_bytes() -> None:
    members = [file(f"d/{k:05}", NOISE[k : k + 9000]) for k in range(0, 4000, 10)]
    for blob, most in (
        (estargz(*members), 3),
        (chunked(*members), 2),
        (chunked(*members, split=True), 1),
    ):
        ranges = Ranges(blob.data)
        read_toc(hint_of(blob), len(blob.data), ranges.fetch)
        assert len(ranges.asked) <= most
        assert len(set(ranges.asked)) == len(ranges.asked)


# ------------------------------------------------------------------- what is promised


def test_what_a_manifest_has_to_promise() -> None:
    star, split = estargz(*MEMBERS), chunked(*MEMBERS, split=True)
    size = WORTH_ASKING
    found = find_toc(star.annotations, size, GZIP)
    assert found is not None
    assert (found.origin, found.tar_size) == (Origin.ESTARGZ, len(star.tar))
    found = find_toc(split.annotations, size, ZSTD)
    assert found is not None
    assert found.origin is Origin.ZSTD_CHUNKED
    assert found.tar_split is not None
    assert find_toc({}, size, GZIP) is None
    assert find_toc(star.annotations, size - 1, GZIP) is None
    assert find_toc(star.annotations, size, ZSTD) is None
    assert find_toc(star.annotations, size, GZIP + "+encrypted") is None
    assert find_toc(split.annotations, size, GZIP) is None
    both = find_toc(split.annotations | star.annotations, size, ZSTD)
    assert both is not None
    assert both.origin is Origin.ZSTD_CHUNKED


def test_annotations_of_older_writers() -> None:
    blob = chunked(*MEMBERS, prefix="io.containers.zstd-chunked.")
    agree(by_toc(blob).table, in_full(blob).table)


@pytest.mark.parametrize(
    "position",
    ["", "1:2:3", "1:2:3:4:5", "1:2:3:2", "0x1:2:3:1", "-1:2:3:1", "1:0:3:1", "999999999:2:3:1",
     "99999999999999999999:1:1:1", "1:2:3:1\n"],
)  # fmt: skip
def test_malformed_positions_promise_nothing(position: str) -> None:
    prefix = "io.github.containers.zstd-chunked."
    digest = "sha256:" + "0" * 64
    annotations = {prefix + "manifest-checksum": digest, prefix + "manifest-position": position}
    assert find_toc(annotations, WORTH_ASKING, ZSTD) is None


@pytest.mark.parametrize("digest", ["", "sha256:12", "md5:" + "0" * 32, "sha512:" + "0" * 128])
def test_malformed_digests_promise_nothing(digest: str) -> None:
    annotations = {"containerd.io/snapshot/stargz/toc.digest": digest}
    assert find_toc(annotations, WORTH_ASKING, GZIP) is None


# ------------------------------------------------------------------- contents that differ


def test_another_content_than_is_listed(write: Callable[..., Blob]) -> None:
    right, wrong = (write(file("a", text * 50)) for text in (b"right", b"wrong"))
    listed = by_toc(right).table
    pieces = toc_content(listed, 0, Ranges(wrong.data).fetch)
    assert pieces is not None
    with pytest.raises(DigestError, match="not the one"):
        list(pieces)


def test_a_content_that_ends_early(write: Callable[..., Blob]) -> None:
    listed = by_toc(write(file("a", NOISE))).table
    for found in (b"", write(file("a", NOISE)).data[:300]):
        pieces = toc_content(listed, 0, Ranges(found + bytes(100_000)).fetch)
        assert pieces is not None
        with pytest.raises((FormatError, DigestError)):
            list(pieces)


def test_contents_of_other_tables_are_not_to_be_had() -> None:
    assert toc_content(table(*MEMBERS), 2, Ranges(b"").fetch) is None


def test_compressions() -> None:
    assert by_toc(estargz(*MEMBERS)).compression is Compression.GZIP
    assert by_toc(chunked(*MEMBERS)).compression is Compression.ZSTD
