"""Sums over ranges of nodes against plain ones."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from layerlens.tui.viewmodel.columns import NOT, Sums, are_positive, both, either

AMOUNTS = st.lists(st.integers(0, 1 << 40), min_size=1, max_size=700)


@given(AMOUNTS, st.data())
def test_sums_of_ranges(amounts: list[int], data: st.DataObject) -> None:
    count = len(amounts)
    flags = data.draw(st.none() | st.binary(min_size=count, max_size=count))
    if flags is not None:
        flags = bytes(value & 1 for value in flags)
    counted = [a if flags is None or flags[k] else 0 for k, a in enumerate(amounts)]
    sums = Sums(array("q", amounts), flags)
    assert sums.at(range(count)) == counted
    assert list(sums.positive) == [amount > 0 for amount in counted]
    for _ in range(10):
        start = data.draw(st.integers(0, count))
        stop = data.draw(st.integers(start, count))
        assert sums.between(start, stop) == sum(counted[start:stop])


@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_selections(pairs: list[tuple[bool, bool]]) -> None:
    one, other = (bytes(each) for each in zip(*pairs, strict=True)) if pairs else (b"", b"")
    assert list(both(one, other)) == [a and b for a, b in pairs]
    assert list(either(one, other)) == [a or b for a, b in pairs]
    assert list(one.translate(NOT)) == [not a for a, _ in pairs]


@given(st.lists(st.integers(-(1 << 31), (1 << 31) - 1)), st.sampled_from("iq"))
def test_signs(numbers: list[int], code: str) -> None:
    assert list(are_positive(array(code, numbers))) == [number >= 0 for number in numbers]
