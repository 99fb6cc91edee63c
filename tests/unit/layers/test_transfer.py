"""Compressed bytes of a part of a layer."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from layerlens.layers.transfer import TransferMap


def test_linear_between_two_points() -> None:
    found = TransferMap()
    found.note(100, 50)
    found.note(300, 60)
    assert [found.position(k) for k in (0, 1, 50, 100, 200, 299, 300)] == [0, 0, 25, 50, 55, 59, 60]
    assert found.span(0, 300) == 60
    assert found.span(50, 0) == 0


def test_beyond_the_end() -> None:
    found = TransferMap()
    found.note(10, 5)
    assert found.position(10_000) == 5
    assert found.span(10, 50) == 0


def test_input_without_output_belongs_to_what_comes_next() -> None:
    found = TransferMap()
    found.note(0, 20)  # a skippable frame, or a block that is not yet complete
    found.note(100, 40)
    found.note(100, 60)
    found.note(200, 100)
    found.note(200, 108)  # a trailer
    assert found.compressed_size == 108
    assert (found.span(0, 100), found.span(100, 100)) == (40, 68)
    assert found.position(200) == 108


def test_nothing() -> None:
    assert TransferMap().span(0, 10) == 0
    assert TransferMap().compressed_size == 0


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 3000)), max_size=30),
    st.lists(st.integers(0, 200_000), max_size=30),
)
def test_parts_add_up_exactly_and_never_fall(steps: list[tuple[int, int]], cuts: list[int]) -> None:
    found = TransferMap()
    out = into = 0
    for more_out, more_in in steps:
        out, into = out + more_out, into + more_in
        found.note(out, into)
    edges = sorted({0, out, *(cut for cut in cuts if cut <= out)})
    parts = [found.span(a, b - a) for a, b in pairwise(edges)]
    assert all(part >= 0 for part in parts)
    assert sum(parts) == (found.compressed_size if out else 0)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 30)), max_size=20),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 60)), max_size=30),
)
def test_many_spans_are_the_sum_of_each(
    steps: list[tuple[int, int]], parts: list[tuple[int, int]]
) -> None:
    found = TransferMap()
    given_out = taken = 0
    for out, into in steps:
        given_out += out
        taken += into
        found.note(given_out, taken)
    for order in (parts, sorted(parts)):
        starts, lengths = [start for start, _ in order], [length for _, length in order]
        expected = sum(found.span(start, length) for start, length in order)
        assert found.spans(starts, lengths) == expected


def test_bounds_lie_on_what_was_noted() -> None:
    transfer = TransferMap()
    for pair in ((100, 10), (200, 30), (300, 60)):
        transfer.note(*pair)
    transfer.note(300, 90)
    assert transfer.bounds(100, 100) == (10, 30, 100)
    assert transfer.bounds(150, 10) == (10, 30, 100)
    assert transfer.bounds(150, 51) == (10, 60, 100)
    assert transfer.bounds(0, 1) == (0, 10, 0)
    assert transfer.bounds(250, 500) == (30, 90, 200)
