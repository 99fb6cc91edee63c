"""Laws of a fleet's sums, over images of random layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.fleet.model import Fleet, SharingTable
from tests import fleets
from tests.builders import Member, file, whiteout
from tests.fleets import KB

_LIBRARY: tuple[tuple[Member, ...], ...] = (
    (file("a", b"1" * 70 * KB), file("var/lib/apt/lists/x", b"l" * 9 * KB)),
    (file("a", b"2" * 70 * KB), file("b", b"b" * 3)),
    (whiteout("a"),),
    (file("c", b"1" * 70 * KB),),
    (file("d/e", b"e" * 66 * KB), whiteout("b")),
    (),
)
"""Layers of which images are made: they overwrite, delete and repeat each other's files."""

images = st.lists(
    st.lists(st.sampled_from(range(len(_LIBRARY))), max_size=5).map(tuple), max_size=5
)


def made(recipes: Sequence[tuple[int, ...]]) -> Fleet:
    return fleets.fleet(
        [
            fleets.image(
                f"image {'-'.join(map(str, recipe))}",
                [_LIBRARY[k] for k in recipe],
                [f"RUN step {k}" for k in recipe],
                base=min(1, len(recipe)),
            )
            for recipe in recipes
        ]
    )


@settings(deadline=None, max_examples=60)
@given(images)
def test_sums_agree(recipes: list[tuple[int, ...]]) -> None:
    fleet = made(recipes)
    for image in fleet.images:
        assert image.shared_bytes + image.unique_bytes + image.repeated_bytes == image.size
        assert image.repeated_bytes >= 0
    shared = sum(layer.size for layer in fleet.layers if len(layer.images) > 1)
    assert sum(image.unique_bytes for image in fleet.images) + shared == fleet.disk_bytes
    assert fleet.disk_bytes == sum(layer.size for layer in fleet.layers)
    assert fleet.sum_bytes == sum(image.size for image in fleet.images)
    assert fleet.disk_bytes <= fleet.sum_bytes
    assert sum(row.bytes for row in fleet.ledger) == fleet.disk_bytes
    assert sum(row.shared_bytes for row in fleet.ledger) == shared
    assert sum(each.bytes for each in fleet.spread) == fleet.disk_bytes
    assert sum(each.layers for each in fleet.spread) == len(fleet.layers)
    assert fleet.wasted_bytes + fleet.wasted_somewhere <= fleet.disk_bytes
    table = SharingTable(fleet)
    for one, image in enumerate(fleet.images):
        for other, with_image in enumerate(fleet.images):
            both = set(image.layers) & set(with_image.layers)
            assert table.bytes(one, other) == sum(fleet.layers[k].size for k in both)
    for found in fleet.findings:
        assert found.bytes <= found.bytes_apart
        assert len(found.images) > 1


@settings(deadline=None, max_examples=40)
@given(st.permutations(range(4)), st.lists(images.map(tuple), min_size=1, max_size=1))
def test_the_order_of_images_changes_no_sum(
    order: list[int], recipes: list[tuple[tuple[int, ...], ...]]
) -> None:
    named = [*recipes[0], (0, 2), (0, 1, 2), (3, 0), (0,)][:4]
    one, other = made(named), made([named[k] for k in order])
    for figure in ("sum_bytes", "disk_bytes", "saved_bytes", "wasted_bytes", "wasted_somewhere",
                   "spread", "ledger"):  # fmt: skip
        assert getattr(one, figure) == getattr(other, figure), figure
    assert _rows(one) == _rows(other)
    assert _duplicates(one) == _duplicates(other)
    assert Counter((each.rule, each.place, each.bytes, each.bytes_apart, len(each.images))
                   for each in one.findings) == Counter(
        (each.rule, each.place, each.bytes, each.bytes_apart, len(each.images))
        for each in other.findings
    )  # fmt: skip


def _rows(fleet: Fleet) -> Counter[tuple[object, ...]]:
    return Counter(
        (each.reference, each.shared_bytes, each.unique_bytes, each.dead) for each in fleet.images
    )


def _duplicates(fleet: Fleet) -> Counter[tuple[object, ...]]:
    return Counter(
        (each.size, len(each.copies), len(each.images), each.copies[0].path)
        for each in fleet.duplicates
    )
