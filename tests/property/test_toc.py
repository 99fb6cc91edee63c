"""Laws of tables of contents: whatever is written, the list equals the walk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.errors import LayerLensError
from layerlens.layers.toc.read import read_toc
from tests.members import Member
from tests.toc_writers import Blob, chunked, estargz
from tests.unit.layers.toc.listing import (
    Ranges,
    agree,
    by_toc,
    content,
    hint_of,
    in_full,
    lie_alike,
)

_WORDS = st.text(
    st.characters(
        codec="utf-8", exclude_characters="/\0\n\ufffd", exclude_categories=["Cs"]
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip
_PARTS = st.one_of(_WORDS, st.sampled_from(["..", ".", "", ".wh.x", ".wh..wh..opq", "a", "b" * 90]))
_NAMES = st.lists(_PARTS, min_size=1, max_size=5).map("/".join).filter(bool)
_NUMBERS = st.one_of(st.integers(0, 0o7777777), st.integers(0, (1 << 40) - 1))
_TIMES = st.one_of(
    st.integers(0, (1 << 32) - 1).map(str),
    st.integers(-(1 << 30), -1).map(str),
    st.tuples(st.integers(0, 1 << 32), st.integers(1, 999_999_999)).map("{0[0]}.{0[1]:09}".format),
)  # fmt: skip


@st.composite
def _member(draw: st.DrawFn, *, fractions: bool) -> Member:
    name = draw(_NAMES).encode()
    flag = draw(st.sampled_from([b"0", b"0", b"0", b"1", b"2", b"3", b"4", b"5", b"6"]))
    pax: list[tuple[bytes, bytes]] = []
    if not name.isascii():
        pax.append((b"path", name))
    link = draw(_NAMES).encode() if flag in b"12" else b""
    if not link.isascii():
        pax.append((b"linkpath", link))
    uid, gid = draw(_NUMBERS), draw(_NUMBERS)
    pax += [
        (key, b"%d" % value) for key, value in ((b"uid", uid), (b"gid", gid)) if value > 0o7777777
    ]
    time = draw(_TIMES if fractions else st.integers(0, (1 << 32) - 1).map(str))
    if not time.isdigit():
        pax.append((b"mtime", time.encode()))
    keys = draw(st.lists(st.sampled_from(["user.a", "security.capability"]), unique=True))
    pax += [(b"SCHILY.xattr." + key.encode(), draw(st.binary(max_size=30))) for key in keys]
    return Member(
        name=name[:100] if name.isascii() else name,
        typeflag=flag,
        data=draw(st.binary(max_size=3000)) if flag == b"0" else b"",
        mode=draw(st.integers(0, 0o7777)),
        uid=min(uid, 0o7777777),
        gid=min(gid, 0o7777777),
        mtime=int(time) if time.isdigit() else 0,
        linkname=link[:100] if link.isascii() else link,
        device=(draw(st.integers(0, 4095)), draw(st.integers(0, 4095)))
        if flag in b"34"
        else (0, 0),
        pax=tuple(pax),
    )


def _members(*, fractions: bool = True) -> st.SearchStrategy[list[Member]]:
    return st.lists(_member(fractions=fractions), max_size=8)


def _same(blob: Blob, *, exact: bool) -> None:
    listed, full = by_toc(blob).table, in_full(blob).table
    agree(listed, full)
    assert listed.transfer is not None
    assert listed.transfer.span(0, listed.tar_size) == len(blob.data)
    if exact:
        lie_alike(listed, full)
    for i in range(len(listed)):
        at = full.offsets[i]
        assert content(blob, listed, i) == blob.tar[at : at + full.sizes[i]]


@settings(max_examples=150, deadline=None)
@given(
    members=_members(fractions=False),
    chunk=st.sampled_from([100, 1000, 1 << 20]),
    ended=st.booleans(),
    told=st.booleans(),
)
def test_estargz(members: list[Member], chunk: int, *, ended: bool, told: bool) -> None:
    _same(estargz(*members, chunk=chunk, ended=ended, told=told), exact=False)


@settings(max_examples=150, deadline=None)
@given(
    members=_members(),
    chunk=st.sampled_from([100, 1000, 1 << 20]),
    split=st.booleans(),
    ends=st.booleans(),
)
def test_chunked(members: list[Member], chunk: int, *, split: bool, ends: bool) -> None:
    _same(chunked(*members, chunk=chunk, split=split, ends=ends), exact=split)


@pytest.mark.parametrize("writer", [estargz, chunked])
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_nothing_but_our_errors_comes_of_damage(
    writer: Callable[..., Blob], data: st.DataObject
) -> None:
    members = data.draw(_members(fractions=False))
    blob = writer(*members)
    spoilt = bytearray(blob.data)
    for _ in range(data.draw(st.integers(1, 5))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_toc(hint_of(blob), len(spoilt), Ranges(bytes(spoilt)).fetch)
    except LayerLensError:
        return
    # What is not the table is not vouched for, and says nothing of any entry.
    assert found.table.names == by_toc(blob).table.names
