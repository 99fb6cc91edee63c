"""Layers of two images paired, and what a client fetches."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from layerlens.analysis.model import Analysis
from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison
from layerlens.image.digest import Digest
from layerlens.image.model import BaseBoundary
from tests.builders import Member, file
from tests.effort import at_most
from tests.unit.comparison.twoimages import blind, compared, the_same
from tests.unit.outputs.samples import build

A, B, C, D, E = ([file(name, name.encode() * 1000)] for name in "abcde")
BASE = BaseBoundary("exact", 1, "the test", "debian:12")


def pairs(found: Comparison) -> list[tuple[int | None, int | None, bool]]:
    return [(pair.old, pair.new, pair.same) for pair in found.layers]


def test_equal_layers_are_paired_wherever_they_stand() -> None:
    found = compared(
        [A, B, C], [A, D, B], (["RUN a", "RUN b", "RUN c"], ["RUN a", "RUN d", "RUN b"])
    )
    assert pairs(found) == [(0, 0, True), (None, 1, False), (1, 2, True), (2, None, False)]
    assert found.pull.fetched == (1,)
    assert found.pull.reused == (0, 2)
    assert found.pull.broke_at == 1
    assert (
        found.pull.why
        == "layer 1, RUN d, is the first that differs: the old image has no such step"
    )


def test_a_layer_that_recurs_is_paired_as_often_as_both_have_it() -> None:
    found = compared([A, B, A], [B, A, A, A])
    assert pairs(found) == [(1, 0, True), (0, 1, True), (2, 2, True), (None, 3, False)]
    assert found.pull.bytes == 0, "the fourth is there under its diff_id"
    assert found.pull.reused_bytes == 2000


def test_one_place_goes_before_others() -> None:
    found = compared([A, B, A], [C, B, A])
    assert (2, 2, True) in pairs(found)
    assert (0, None, False) in pairs(found)


@pytest.mark.parametrize(
    ("before", "after", "is_pair"),
    [
        ("COPY . /app", "COPY . /app", True),
        ("RUN apt-get install -y curl=7.88.1", "RUN apt-get install -y curl=8.0", True),
        (
            "RUN apt-get update && apt-get install git",
            "RUN apt-get update && apt-get install vim",
            True,
        ),
        ("RUN make", "COPY make /", False),
        ("RUN make -j4 all", "RUN pip install flask", False),
        ("RUN a", "RUN b", False),
    ],
)
def test_steps_are_paired_by_what_they_say(before: str, after: str, is_pair: bool) -> None:
    found = compared([A], [B], ([before], [after]))
    assert pairs(found) == ([(0, 0, False)] if is_pair else [(None, 0, False), (0, None, False)])


def test_the_most_alike_steps_go_together() -> None:
    old = ["RUN pip install flask gunicorn redis", "RUN pip install flask"]
    new = ["RUN pip install flask gunicorn psycopg"]
    found = compared([A, B], [C], (old, new))
    assert pairs(found) == [(0, 0, False), (1, None, False)]


def test_images_without_history_are_paired_by_content_alone() -> None:
    found = compared([A, B], [A, C])
    assert pairs(found) == [(0, 0, True), (None, 1, False), (1, None, False)]


def test_many_layers_stay_quick() -> None:
    old = [[file(f"o{k}", b"x" * k)] for k in range(300)]
    new = [[file(f"n{k}", b"y" * k)] for k in range(300)]
    words = [f"RUN {'abcdefgh'[k % 8] * 3} {'ijkl'[k % 4] * 3} {k}" for k in range(300)]
    found = compared(old, new, (words, words[::-1]))
    assert len([pair for pair in found.layers if pair.old is not None]) == 300
    assert not any(pair.old is None for pair in found.layers)


# ------------------------------------------------------------------------------------- words

STEPS = ["ADD rootfs.tar /", "RUN make", "COPY . /app"]


def test_many_steps_of_the_same_words_stay_quick() -> None:
    """Matching in order takes seconds where words recur, so order does not count among so many."""
    words = [f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    choose = random.Random(1)  # noqa: S311 - the same each time

    def steps() -> list[str]:
        return [f"RUN {' '.join(choose.choices(words, k=300))}" for _ in range(100)]

    old = [[file(f"a{k}", b"a")] for k in range(100)]
    new = [[file(f"b{k}", b"b")] for k in range(100)]
    with at_most(8):
        found = compared(old, new, (steps(), steps()))
    assert len(found.layers) == 100


def why(
    old: list[list[Member]],
    new: list[list[Member]],
    steps: tuple[list[str], list[str]] = (STEPS, STEPS),
    bases: tuple[BaseBoundary, BaseBoundary] = (BaseBoundary(), BaseBoundary()),
) -> str:
    images = [
        build(layers, texts, base=base)
        for layers, texts, base in zip((old, new), steps, bases, strict=True)
    ]
    return compare(images[0], images[1], blind).pull.why


def test_why_the_content_changed() -> None:
    told = why([A, B, C], [A, B, D])
    assert told == "layer 2, COPY . /app, is the first that differs: its content changed: /d"


def test_why_names_what_changed_behind_a_checksum() -> None:
    texts = tuple(
        [*STEPS[:2], f"/bin/sh -c #(nop) COPY dir:{each * 32} in /app "] for each in ("1a", "2b")
    )
    told = why(
        [A, B, [file("app/a", b"1"), file("app/b", b"1")]],
        [A, B, [file("app/a", b"2" * 9), file("app/b", b"2" * 8)]],
        (texts[0], texts[1]),
    )
    assert told.endswith(
        "COPY dir:2b2b2b2b2b2b /app, is the first that differs: "
        "its content changed: /app/a and 1 more file"
    )


def test_why_only_times_changed() -> None:
    images = (
        build([A, [file("m", b"m" * 50, mtime=1)]], STEPS[:2]),
        build([A, [file("m", b"m" * 50, mtime=2)]], STEPS[:2]),
    )
    found = compare(*images, lambda _o, _n: True)
    assert found.pull.why.endswith("only times, owners or modes of what it holds changed")
    found = compare(*images, lambda _o, _n: False)
    assert found.pull.why.endswith("its content changed: /m")


def test_why_the_instruction_changed() -> None:
    told = why([A, B], [A, C], (["ADD x /", "RUN make all -j4"], ["ADD x /", "RUN make all -j8"]))
    assert (
        told
        == "layer 1, RUN make all -j8, is the first that differs: its instruction was RUN make all -j4"
    )


def test_why_the_base_differs() -> None:
    other = BaseBoundary("exact", 1, "the test", "debian:13")
    assert why([A, B], [D, B], bases=(BASE, BASE)).endswith(
        "the base image is another, or another build of it"
    )
    assert why([A, B], [D, B], bases=(BASE, other)).endswith(
        "the base image was debian:12 and is debian:13"
    )


def test_why_layers_came_and_went() -> None:
    assert why([A, B], [A, B, C]).endswith("it was added on top")
    assert why([A, B, C], [A, C], (STEPS, [STEPS[0], STEPS[2]])).endswith(
        "it was layer 2: others below it came, went or changed places"
    )
    assert why([A, B, C], [A, B]) == "all layers are the old image's, which has more"
    assert the_same().pull.why == "all layers are the same"


# -------------------------------------------------------------------------------------- pull


def stored(analysis: Analysis, sizes: list[int | None], salt: str = "") -> Analysis:
    """The analysis with blobs of those sizes; ``salt`` makes them other blobs."""
    layers = tuple(
        replace(
            layer,
            compressed_size=size,
            digest=None if size is None else Digest.of(f"{layer.diff_id}{salt}".encode()),
        )
        for layer, size in zip(analysis.layers, sizes, strict=True)
    )
    return replace(analysis, layers=layers)


def test_pull_counts_stored_bytes() -> None:
    old, new = stored(build([A, B]), [10, 20]), stored(build([A, C, B]), [10, 30, 20])
    pull = compare(old, new, blind).pull
    assert (pull.bytes, pull.reused_bytes, pull.exact) == (30, 30, True)
    assert pull.chained_bytes == 50, "an engine's own store reuses what lies on the same layers"


def test_pull_counts_a_blob_once() -> None:
    old, new = stored(build([A]), [10]), stored(build([A, C, C]), [10, 30, 30])
    pull = compare(old, new, blind).pull
    assert pull.fetched == (1, 2)
    assert (pull.bytes, pull.reused_bytes) == (30, 10)


def test_pull_of_plain_layers_counts_content() -> None:
    old, new = build([A, B]), stored(build([A, C]), [10, None])
    pull = compare(old, new, blind).pull
    assert (pull.bytes, pull.reused_bytes, pull.exact) == (1000, 1000, False)


def test_another_compression_is_fetched_although_it_is_the_same_layer() -> None:
    old, new = stored(build([A, B]), [10, 20]), stored(build([A, B]), [9, 18], salt="zstd")
    found = compare(old, new, blind)
    assert found.is_same
    assert found.pull.bytes == 27
    assert not found.refetched, "no build could help that"
    assert found.pull.broke_at is None
    assert found.pull.why == (
        "2 layers of the same content must be fetched: they are compressed in another way"
    )


def test_diff_ids_decide_where_one_image_lies_uncompressed() -> None:
    found = compare(build([A, B]), stored(build([A, B]), [9, 18]), blind)
    assert found.pull.fetched == ()
    assert found.pull.reused_bytes == 27


def test_blobs_as_a_registry_sends_them_may_be_plain() -> None:
    old, new = build([A]), build([A, B])
    new = replace(new, image=replace(new.image, as_pulled=True))
    found = compare(old, new, blind)
    assert found.pull.exact
    assert found.pull.bytes == new.layers[1].tar_size


def test_images_without_layers() -> None:
    found = compared([], [A])
    assert found.pull.broke_at == 0
    assert found.pull.why.endswith("it was added on top")
    found = compared([A], [])
    assert found.pull.bytes == 0
    assert found.live.change == -1000
