"""Laws of the layer walk: what tarfile reads we read, over every tape, and nothing else escapes."""

from __future__ import annotations

import gzip
import hashlib
import io
import posixpath
import tarfile
from collections.abc import Callable

import pytest
from backports import zstd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerlens.errors import LayerLensError
from layerlens.layers.reader import read_stream
from layerlens.layers.table import Kind, LayerTable
from tests.unit.layers.reading import columns, in_place, pieces, streamed

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
TYPES = (
    tarfile.REGTYPE, tarfile.REGTYPE, tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE,
    tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE,
)  # fmt: skip

_WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]),
    min_size=1, max_size=12,
)  # fmt: skip
_PLAIN = st.text("abcdef.-_ ", min_size=1, max_size=40)
_NAMES = st.lists(st.one_of(_WORDS, _PLAIN), min_size=1, max_size=8).map("/".join)


@st.composite
def _members(draw: st.DrawFn, form: str) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Members that a format can hold."""
    bits = 21 if form == "ustar" else 40
    found = []
    for _ in range(draw(st.integers(0, 6))):
        info = tarfile.TarInfo(draw(_NAMES))
        info.type = draw(st.sampled_from(TYPES))
        info.mode = draw(st.integers(0, 0o7777))
        info.uid, info.gid = (draw(st.integers(0, (1 << bits) - 1)) for _ in range(2))
        info.mtime = draw(st.integers(0, (1 << 33) - 1))
        data = draw(st.binary(max_size=2000)) if info.type == tarfile.REGTYPE else b""
        info.size = len(data)
        if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            info.linkname = draw(_NAMES)
        if info.type in (tarfile.CHRTYPE, tarfile.BLKTYPE):
            info.devmajor, info.devminor = (draw(st.integers(0, 4095)) for _ in range(2))
        found.append((info, data))
    return found


def packed(members: list[tuple[tarfile.TarInfo, bytes]], form: str) -> bytes:
    """The members in a tar; those that the format cannot hold are left out."""
    stream = io.BytesIO()
    with tarfile.open(
        fileobj=stream, mode="w", format=FORMATS[form], encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for info, data in members:
            try:
                archive.addfile(info, io.BytesIO(data))
            except ValueError:  # a name too long for ustar
                continue
    return stream.getvalue()


def path(name: str) -> bytes:
    """The name as a path, by another way than ours."""
    found = posixpath.normpath("/" + name).lstrip("/")
    return found.encode("utf-8", "surrogateescape")


def agrees(table: LayerTable, tar: bytes) -> None:
    """Our table against tarfile's reading."""
    with tarfile.open(
        fileobj=io.BytesIO(tar), encoding="utf-8", errors="surrogateescape"
    ) as archive:
        infos = archive.getmembers()
    assert len(table) == len(infos)
    for i, info in enumerate(infos):
        assert table.names[i] == path(info.name)
        assert bytes([table.kinds[i]]) == info.type
        assert table.sizes[i] == (info.size if info.isreg() else 0)
        assert (table.mode(i), table.uid(i), table.gid(i)) == (info.mode, info.uid, info.gid)
        assert table.mtime(i) == info.mtime
        if info.isreg():
            assert table.offsets[i] == info.offset_data
        link = table.links.get(i)
        if info.issym():
            assert link == info.linkname.encode("utf-8", "surrogateescape")
        elif info.islnk():
            assert link == path(info.linkname)
        else:
            assert link is None
        if info.ischr() or info.isblk():
            assert table.devices[i] == (info.devmajor, info.devminor)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_what_tarfile_writes_and_reads(form: str, data: st.DataObject) -> None:
    tar = packed(data.draw(_members(form)), form)
    table = in_place(tar)
    agrees(table, tar)
    step = data.draw(st.sampled_from((1, 7, 512, 1000, 32768)))
    passed = streamed(tar, step)
    assert columns(passed.table) == columns(table)
    assert passed.diff_id is not None
    assert passed.digest is not None
    assert passed.diff_id.hex == passed.digest.hex == hashlib.sha256(tar).hexdigest()


@pytest.mark.parametrize(
    "compress", [lambda d: gzip.compress(d, mtime=0), zstd.compress], ids=["gzip", "zstd"]
)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_compressed_is_the_same(compress: Callable[[bytes], bytes], data: st.DataObject) -> None:
    tar = packed(data.draw(_members("pax")), "pax")
    cut = data.draw(st.integers(0, len(tar)))
    blob = compress(tar[:cut]) + compress(tar[cut:])
    found = read_stream(pieces(blob, data.draw(st.sampled_from((100, 1000, 1 << 20)))))
    plain = streamed(tar)
    assert columns(found.table) == columns(plain.table)
    assert bytes(found.table.hashes) == bytes(plain.table.hashes)
    assert found.diff_id == plain.diff_id
    assert found.digest is not None
    assert found.digest.hex == hashlib.sha256(blob).hexdigest()
    assert found.table.transfer is not None
    assert found.table.transfer.span(0, len(tar)) == len(blob)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), content=st.binary(min_size=1, max_size=3000))
def test_equal_contents_have_equal_hashes(data: st.DataObject, content: bytes) -> None:
    def one(name: str, step: int) -> bytes:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        return bytes(streamed(packed([(info, content)], "ustar"), step).table.hashes)

    steps = st.sampled_from((1, 7, 512, 32768))
    assert one("a", data.draw(steps)) == one("some/other/name", data.draw(steps))


def _base(form: str) -> bytes:
    """One valid tar with something of everything."""
    members: list[tuple[tarfile.TarInfo, bytes]] = []
    for k, kind in enumerate(TYPES):
        info = tarfile.TarInfo(f"name{k}/" + "n" * (60 * k))
        info.type, info.mtime, info.uid = kind, 1_700_000_000 + k, k << 20
        data = b"content" * 20 * k if kind == tarfile.REGTYPE else b""
        info.size, info.linkname = len(data), "t" * 40 * k
        members.append((info, data))
    return packed(members, form)


def _passing(tar: bytes) -> LayerTable:
    return streamed(tar, 700).table


READERS: tuple[Callable[[bytes], LayerTable], ...] = (in_place, _passing)
_BASES = {form: _base(form) for form in FORMATS}


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=400, deadline=None)
@given(at=st.integers(0, 20_000), value=st.integers(0, 255))
@example(at=124, value=0x80)
@example(at=124, value=0xFF)
@example(at=156, value=ord("x"))
def test_any_mutation_parses_or_is_refused(form: str, at: int, value: int) -> None:
    tar = bytearray(_BASES[form])
    tar[at % len(tar)] = value
    outcomes: list[object] = []
    for read in READERS:
        try:
            table = read(bytes(tar))
        except LayerLensError as error:
            outcomes.append(type(error))
        else:
            for i in range(len(table)):
                table.mode(i), table.uid(i), table.gid(i), table.mtime(i), table.stored(i)
            outcomes.append(columns(table))
    assert outcomes[0] == outcomes[1]


@settings(max_examples=300, deadline=None)
@given(
    block=st.integers(0, 30), at=st.integers(0, 511), junk=st.binary(min_size=1, max_size=12),
    form=st.sampled_from(list(FORMATS)),
)  # fmt: skip
def test_mutations_with_a_good_checksum(block: int, at: int, junk: bytes, form: str) -> None:
    """The same deeper inside: a checksum that is made good again lets the damage through."""
    tar = bytearray(_BASES[form])
    start = block * 512 % len(tar)
    head = tar[start : start + 512]
    head[at : at + len(junk)] = junk
    head = head[:512]
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    tar[start : start + 512] = head
    for read in READERS:
        try:
            table = read(bytes(tar))
        except LayerLensError:
            continue
        for i in range(len(table)):
            assert Kind(table.kinds[i])
            assert table.mode(i) <= 0o7777
            table.uid(i), table.gid(i), table.mtime(i)
            assert b"\0" not in table.names[i]
