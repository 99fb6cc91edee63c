"""Names are normalised part by part, however quickly that is found not to be needed."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from layerlens.layers.names import normalise
from layerlens.layers.reader import read_stream
from tests.builders import gnu_long, header
from tests.members import plain_path

PARTS = st.sampled_from([b"", b".", b"..", b"...", b".x", b"x.", b"..x", b"a", b"n" * 130])
NAMES = st.lists(PARTS, min_size=1, max_size=8).map(b"/".join)


@given(NAMES)
@example(b"/" + b"n" * 300)
@example(b"n" * 300 + b"/..")
@example(b"../" + b"n" * 300)
def test_like_plain_path(name: bytes) -> None:
    assert normalise(name) == plain_path(name)


@given(st.lists(NAMES.filter(bool), max_size=12))
def test_a_walk_gives_the_same(names: list[bytes]) -> None:
    tar = b"".join(gnu_long(b"L", name) + header("x") for name in names) + bytes(1024)
    assert read_stream([tar]).table.names == [plain_path(name) for name in names]
