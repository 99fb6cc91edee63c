"""Laws of the layer cache: what was kept comes back the same, whatever it is."""

from __future__ import annotations

import gzip
import tempfile
from array import array

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerlens.cache.layers import LayerCache
from layerlens.cache.record import decode, encode
from layerlens.image.digest import Digest
from layerlens.layers.compression import Compression
from layerlens.layers.diagnostics import Notes
from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HASH_SIZE, HashKind, Kind, LayerTable, Override, Sparse
from layerlens.layers.transfer import TransferMap
from tests.property.test_layers import FORMATS, _members, packed
from tests.unit.cache.records import parts
from tests.unit.layers.reading import streamed

_LENGTH = st.integers(0, (1 << 63) - 1)
_TEXT = st.binary(max_size=20)
_NAME = _TEXT.map(lambda name: name.replace(b"\0", b"/"))
_NUMBER = st.integers(-(10**19) + 1, 10**19 - 1)
_DIGESTS = st.one_of(st.none(), _TEXT.map(Digest.of))
_OVERRIDES = st.builds(
    Override,
    st.none() | _NUMBER,
    st.none() | _NUMBER,
    st.none() | _NUMBER | st.floats(-(10.0**19), 10.0**19),
)
_OCTAL = st.text("01234567", min_size=7, max_size=7).map(lambda digits: digits.encode() + b"\0")
_ODD = st.sampled_from([b"  644 \0 ", b"\xff" * 8, b"\x80" + bytes(7), bytes(8), b"755\0rest"])


@st.composite
def _sparse(draw: st.DrawFn, size: int) -> Sparse:
    cuts = sorted(draw(st.sets(st.integers(0, size), max_size=8)))
    segments = tuple((a, b - a) for a, b in zip(cuts[::2], cuts[1::2], strict=False))
    return Sparse(segments, draw(_LENGTH), draw(_LENGTH))


@st.composite
def _tables(draw: st.DrawFn) -> LayerTable:
    """Any table whose parts fit together; walks give only some of them."""
    count = draw(st.integers(0, 6))

    def some(values: st.SearchStrategy[object]) -> dict[int, object]:
        return draw(st.dictionaries(st.integers(0, count - 1), values)) if count else {}

    def column(values: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(values, min_size=count, max_size=count))

    table = LayerTable(hash_kind=draw(st.sampled_from(HashKind)), tar_size=draw(_LENGTH))
    table.names = column(_NAME)  # type: ignore[assignment]
    table.kinds = bytearray(column(st.sampled_from(Kind)))  # type: ignore[arg-type]
    table.sizes = array("q", column(_LENGTH))  # type: ignore[arg-type]
    table.offsets = array("q", column(_LENGTH))  # type: ignore[arg-type]
    for _ in range(count):
        fields = draw(st.lists(_OCTAL | _ODD, min_size=6, max_size=6))
        table.raw += b"".join(fields[:3]) + (fields[3][:7] + b"\0    ") * 2
    if draw(st.booleans()):
        table.hashes = bytearray(draw(st.binary(min_size=16 * count, max_size=16 * count)))
        assert len(table.hashes) == HASH_SIZE * count
    table.links = {i: draw(_TEXT) for i, kind in enumerate(table.kinds) if kind in b"12"}
    table.devices = some(st.tuples(st.integers(0, 4095), st.integers(0, 1 << 40)))  # type: ignore[assignment]
    table.overrides = some(_OVERRIDES)  # type: ignore[assignment]
    table.xattrs = some(st.lists(st.tuples(_TEXT, _TEXT)).map(tuple))  # type: ignore[assignment]
    table.sparse = {i: draw(_sparse(table.sizes[i])) for i in some(st.just(None))}
    if draw(st.booleans()):
        table.suspects = sorted(some(st.none()))
    if draw(st.booleans()):
        table.parents()
    if draw(st.booleans()):
        table.transfer = TransferMap()
        out = into = 0
        for _ in range(draw(st.integers(0, 5))):
            out += draw(st.integers(0, 1 << 40))
            into += draw(st.integers(0, 1 << 40))
            table.transfer.note(out, into)
    table.notes = Notes()
    for _ in range(draw(st.integers(0, 3))):
        table.notes.add(draw(st.text()), draw(st.text()), None, draw(st.none() | _TEXT))
    return table


@st.composite
def _reads(draw: st.DrawFn) -> LayerRead:
    return LayerRead(
        draw(_tables()), draw(st.sampled_from(Compression)), draw(_LENGTH),
        draw(_DIGESTS), draw(_DIGESTS), draw(st.sampled_from(Origin)),
    )  # fmt: skip


# A whole table is much to draw, and the machine may be busy.
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(read=_reads(), level=st.sampled_from([0, 1, 3]))
def test_any_layer_comes_back_the_same(read: LayerRead, level: int) -> None:
    found = decode(encode(read, level=level))
    assert found is not None
    assert parts(found) == parts(read)


@given(data=st.data(), form=st.sampled_from(sorted(FORMATS)), compressed=st.booleans())
@settings(max_examples=50, deadline=None)
def test_what_was_kept_is_answered(data: st.DataObject, form: str, compressed: bool) -> None:
    tar = packed(data.draw(_members(form)), form)
    read = streamed(gzip.compress(tar, 1, mtime=0) if compressed else tar)
    assert read.digest is not None
    assert read.diff_id is not None
    with tempfile.TemporaryDirectory() as folder:
        cache = LayerCache(folder)
        cache.keep(read)
        found = cache.by_blob(read.digest, hashes=HashKind.XXH3)
        plain = cache.by_diff_id(read.diff_id, hashes=HashKind.XXH3)
    assert found is not None
    assert parts(found) == parts(read)
    assert plain is not None
    assert parts(plain) == parts(streamed(tar))
