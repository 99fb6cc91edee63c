"""Records of layer tars: read as the tar itself is, or refused with a reason."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from layerlens.errors import UnfitStoreError
from layerlens.image.digest import Digest
from layerlens.layers import tarsplit
from layerlens.layers.compression import Compression
from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HASH_SIZE, HashKind
from layerlens.layers.tarsplit import read_tar_split
from tests import members as m
from tests.hostile import BLOCK, gnu_long, header, pax_header
from tests.tarsplit import Line, crc64, lines, lines_of, packed, record_of
from tests.unit.layers.reading import columns, pieces, streamed

_DIGEST = Digest("sha256", "1" * 64)

LAYERS: dict[str, tuple[m.Member, ...]] = {
    "nothing": (),
    "files": (m.directory("etc"), m.file("etc/a", b"one"), m.file("etc/b", b"x" * 5000)),
    "whole blocks": (m.file("a", b"x" * 512), m.file("b", b"y" * 1024), m.file("c")),
    "empty files": (m.file("a"), m.file("b"), m.directory("c")),
    "links": (m.file("a", b"1"), m.hardlink("b", "./a"), m.symlink("c", "../up"), m.fifo("d")),
    "devices": (m.char("dev/tty", 5, 0), m.block("dev/sda", 8, 1), m.whiteout("gone")),
    "long names": (
        m.file("d/" * 90 + "first", b"12"),
        m.file("short", b"34"),
        m.symlink("x", "t/" * 200),
    ),
    "PAX": (
        m.file("a", b"1", pax=[("SCHILY.xattr.user.x", "y"), ("mtime", "1.5"), ("uid", "70000")]),
        m.file("b", b"22", mode=0o4755),
    ),
    "oddities": (m.file("../up", b"1"), m.file("./a//b/./c", b"2"), m.file("/abs", b"3")),
    "GNU names": (
        m.Member(b"", blocks=gnu_long(b"L", "n" * 300) + header("n" * 100, b"0", 3), data=b"abc"),
        m.file("after", b"def"),
    ),
    "global header": (
        m.Member(b"", blocks=pax_header([(b"comment", b"x")], b"g") + header("a", b"0", 2), data=b"hi"),
    ),
}  # fmt: skip


def read(record: bytes, step: int = 1 << 16, **options: Any) -> LayerRead:
    return read_tar_split(pieces(record, step), _DIGEST, **options)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("end", [True, False], ids=["with end blocks", "without"])
def test_a_record_reads_like_its_tar(name: str, end: bool) -> None:
    tar = m.layer(*LAYERS[name], end=end)
    found = read(record_of(*LAYERS[name], end=end))
    expected = streamed(tar).table if tar else read(record_of()).table
    if tar:
        assert columns(found.table) == columns(expected)
    assert found.table.tar_size == found.compressed_size == len(tar)
    assert found.origin is Origin.TAR_SPLIT
    assert found.compression is Compression.NONE
    assert found.digest == found.diff_id == _DIGEST


def test_hashes_are_the_recorded_checksums() -> None:
    found = read(record_of(m.directory("d"), m.file("d/a", b"one"), m.file("d/b"), m.whiteout("c")))
    nothing = bytes(HASH_SIZE)
    assert found.table.hash_kind is HashKind.CRC64
    assert [found.table.hash(i) for i in range(4)] == [
        nothing,
        crc64(b"one") + bytes(8),
        nothing,
        nothing,
    ]


def test_the_checksum_is_the_one_that_go_computes() -> None:
    assert crc64(b"123456789").hex() == "b90956c775a41001"
    assert crc64(b"").hex() == "0" * 16


def test_what_follows_the_end_blocks_belongs_to_the_tar() -> None:
    members = LAYERS["files"]
    tar = m.layer(*members) + bytes(8000)
    entries = [(line["name"], 0, line.get("size", 0)) for line in lines_of(*members) if line["type"] == 1]  # fmt: skip
    starts = streamed(tar).table.offsets
    found = read(packed(lines(tar, [(n, at, size) for (n, _, size), at in zip(entries, starts, strict=True)])))  # fmt: skip
    assert found.table.tar_size == len(tar)
    assert columns(found.table) == columns(streamed(tar).table)


@pytest.mark.parametrize("batch", [1, 700, 5000])
@pytest.mark.parametrize("step", [1, 100])
def test_batches_may_end_anywhere(batch: int, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarsplit, "_BATCH", batch)
    monkeypatch.setattr("layerlens.layers.compression.PIECE_OUT", 64)
    members = [member for some in LAYERS.values() for member in some]
    members = list({member.path: member for member in members}.values())
    assert columns(read(record_of(*members), step).table) == columns(
        streamed(m.layer(*members)).table
    )


def test_a_header_in_several_segments() -> None:
    made = lines_of(m.file("a", b"one"), m.file("b", b"two"))
    text = base64.b64decode(made[2]["payload"])
    parts = [text[:100], b"", text[100:600], text[600:]]
    cut = [{**made[2], "payload": base64.b64encode(part).decode()} for part in parts]
    made[2:3] = cut
    found = read(packed(_numbered(made)))
    assert columns(found.table) == columns(
        streamed(m.layer(m.file("a", b"one"), m.file("b", b"two"))).table
    )


def test_progress_is_told_and_may_stop() -> None:
    class StopError(Exception):
        pass

    def stop(_done: int) -> None:
        raise StopError

    many = [m.file(f"f{i}") for i in range(9000)]
    told: list[int] = []
    read(record_of(*many), count=told.append)
    assert told == [8192 * 512]
    with pytest.raises(StopError):
        read(record_of(*many), count=stop)


def _numbered(found: list[Line]) -> list[Line]:
    return [{**line, "position": k} for k, line in enumerate(found)]


def _with(k: int, **changes: object) -> Callable[[list[Line]], list[Line]]:
    return lambda found: [{**line, **(changes if i == k else {})} for i, line in enumerate(found)]


def _payload(data: bytes) -> str:
    return base64.b64encode(data).decode()


HOSTILE: dict[str, tuple[Callable[[list[Line]], list[Line]], str]] = {
    "no base64": (_with(0, payload="%%%%"), "base64"),
    "no text": (_with(0, payload=7), "payload"),
    "unknown type": (_with(1, type=3), "unknown type 3"),
    "negative size": (_with(1, size=-3), "content of -3 bytes"),
    "endless size": (_with(1, size=1 << 70), "content of"),
    "size as text": (_with(1, size="3"), "size"),
    "another size": (_with(1, size=4), "content at|4 bytes|no headers"),
    "no size": (_with(1, size=0), "0 bytes of content at 512, 3 are due"),
    "no checksum": (_with(1, payload=None), "checksum of 0 bytes"),
    "short checksum": (_with(1, payload=_payload(b"1234")), "checksum of 4 bytes"),
    "positions out of order": (_with(2, position=7), "line 7 where 2 is due"),
    "a position twice": (lambda found: [found[0], *found], "line 0 where 1 is due"),
    "no position": (lambda _: [{"type": 2, "payload": ""}], "position"),
    "no header": (lambda found: _numbered(found[1:]), "no headers at 0"),
    "no end": (lambda found: found[:1], "0 bytes of content at 512"),
    "no padding": (lambda found: found[:-2], "ends early"),
    "content without a header": (
        lambda found: [*found[:-1], {**found[1], "position": len(found) - 1}],
        "no header announces",
    ),
    "a damaged header": (
        _with(0, payload=_payload(b"\1" + header("a", b"0", 3)[1:])),
        "checksum",
    ),
    "half a header": (
        lambda found: [_with(0, payload=_payload(header("a", b"0", 3)[:100]))(found)[0]],
        "a header of 100 bytes",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_record_should_not_look_like(name: str) -> None:
    change, reason = HOSTILE[name]
    with pytest.raises(UnfitStoreError, match=reason):
        read(packed(change(lines_of(m.file("a", b"one"), m.file("b", b"two")))))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "not compressed with gzip"),
        (b'{"type":2,"payload":"","position":0}\n', "not compressed with gzip"),
        (gzip.compress(b"[]\n"), "array"),
        (gzip.compress(b'{"type":2'), "truncated"),
        (gzip.compress(b'"' + b"x" * 3000 + b'"'), "Expected"),
        (record_of(m.file("a", b"1"))[:-9], "truncated"),
        (record_of(m.file("a", b"1")) + b"tail", "corrupt|truncated"),
    ],
    ids=["empty", "plain", "array", "cut line", "text", "cut gzip", "tail"],
)
def test_what_is_no_record(record: bytes, reason: str) -> None:
    with pytest.raises(UnfitStoreError, match=reason):
        read(record)


def test_a_line_without_an_end_meets_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarsplit, "MAX_LINE", 1 << 21)
    bomb = gzip.compress(b'{"type":2,"payload":"' + b"A" * (1 << 23))
    with pytest.raises(UnfitStoreError, match=f"more than {1 << 21} bytes"):
        read(bomb)


def test_a_bomb_of_lines_meets_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarsplit, "MAX_LINES", 1000)
    made = [json.dumps({"type": 2, "payload": "", "position": k}) for k in range(1500)]
    with pytest.raises(UnfitStoreError, match="more than 1000 lines"):
        read(gzip.compress("\n".join(made).encode()))


def test_the_whole_record_is_bounded() -> None:
    with pytest.raises(UnfitStoreError, match="more than 100 bytes"):
        read(record_of(*LAYERS["files"]), limit=100)


@pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
def test_sparse_entries_are_left_to_the_export(form: str) -> None:
    member = m.sparse("s", [(512, b"x" * 512), (4096, b"y" * 512)], 9000, form)
    with pytest.raises(UnfitStoreError, match=r"sparse|no headers"):
        read(record_of(member))


def test_sparse_entries_without_holes_are_left_to_the_export() -> None:
    with pytest.raises(UnfitStoreError, match="has sparse entries"):
        read(record_of(m.sparse("s", [(0, b"x" * 512)], 512)))


def test_a_reason_from_below_is_kept() -> None:
    def broken() -> Iterator[bytes]:
        yield record_of(m.file("a", b"1"))[:600]
        raise UnfitStoreError("the disk is gone")

    with pytest.raises(UnfitStoreError, match="the disk is gone"):
        read_tar_split(broken(), _DIGEST)


def test_content_of_a_directory_is_left_to_the_export() -> None:
    listing = m.Member(b"d", blocks=header("d", b"D", BLOCK), data=b"Yname\0\0".ljust(BLOCK, b"\0"))
    with pytest.raises(UnfitStoreError, match="no header announces"):
        read(record_of(listing, m.file("a", b"1")))
