"""Copies across paths."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.rules.catalogue import duplicates
from layerlens.analysis.rules.model import Confidence, Severity
from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image
from layerlens.sources.image import ReadOptions
from tests.builders import Image, Member, file, hardlink, layer, whiteout
from tests.judging import Looked
from tests.owning import owned_by

_NOISE = random.Random(5).randbytes(400_000)  # noqa: S311 - repeatable
A, B = _NOISE[:100_000], _NOISE[100_000:200_000]
SAME_BEGINNING = A[:-1] + bytes([A[-1] ^ 1])


def looked(*layers: list[Member], base: int = 0) -> Looked:
    return Looked(Image([layer(*members) for members in layers]), base)


@pytest.mark.parametrize("form", ["none", "gzip"])
def test_copies_are_found_in_both_ways(tmp_path: Path, form: str) -> None:
    layers = [
        layer(file("usr/lib/a", A), file("old", B), file("like", SAME_BEGINNING)),
        layer(file("app/a", A), file("app/b", B), file("x/b", B), whiteout("old"),
              file("small1", A[:60_000]), file("small2", A[:60_000])),
    ]  # fmt: skip
    path = Image(layers).oci_archive(tmp_path / "image.tar", form)
    options = looking_inside(ReadOptions())
    image = open_image(str(path), options)
    try:
        analysis = analyse_image(image, options, rules=Rules([duplicates.RULE_SET]))
    finally:
        image.close()
    found = {each.layer: each for each in analysis.findings}
    assert {layer: (each.bytes, each.claimed, each.paths) for layer, each in found.items()} == {
        0: (100_000, 100_000, (b"usr/lib/a",)),
        1: (100_000, 100_000, (b"x/b",)),
    }
    assert found[1].evidence == ("/x/b = /app/b",)


def test_the_copy_of_the_base_stays_then_that_of_a_package_then_the_first() -> None:
    image = looked([file("z", A)], [file("a", A), file("b", A)], base=1)
    (draft,) = image.drafts(duplicates.check_duplicates)
    assert [image.context.path(version) for version in draft.versions] == [b"a", b"b"]
    own = looked([file("a", A), file("z", A)])
    owned_by(own, Ecosystem.DEB, b"z")
    (draft,) = own.drafts(duplicates.check_duplicates)
    assert [own.context.path(version) for version in draft.versions] == [b"a"]


def test_a_copy_in_a_cache_is_the_one_to_go() -> None:
    image = looked([file("root/.cache/x/a", A), file("usr/bin/a", A)])
    (draft,) = image.drafts(duplicates.check_duplicates)
    assert [image.context.path(version) for version in draft.versions] == [b"root/.cache/x/a"]


def test_copies_of_packages_are_info_and_claim_nothing() -> None:
    image = looked([file("usr/bin/git", A), file("usr/lib/git-core/git", A)])
    owned_by(image, Ecosystem.DEB, b"usr/bin/git", b"usr/lib/git-core/git")
    (draft,) = image.drafts(duplicates.check_duplicates)
    assert (draft.most, draft.confidence) == (Severity.INFO, Confidence.HINT)


def test_copies_of_packages_in_the_base_are_not_told() -> None:
    image = Looked(Image([layer(file("usr/bin/git", A), file("usr/lib/git-core/git", A))]), 1)
    owned_by(image, Ecosystem.DEB, b"usr/bin/git", b"usr/lib/git-core/git")
    assert image.drafts(duplicates.check_duplicates) == []


def test_hard_links_are_no_copies_and_go_together() -> None:
    linked = looked([file("a", A), hardlink("b", "a")])
    assert linked.drafts(duplicates.check_duplicates) == []
    image = looked([file("a", A)], [file("x", A), hardlink("y", "x")])
    (found,) = image.findings([duplicates.RULE_SET])["duplicate-files"]
    assert (found.bytes, found.title) == (100_000, "1 file is a copy of another")


def test_databases_of_package_managers_keep_their_copies() -> None:
    image = looked([file("var/lib/dpkg/status", A), file("var/lib/dpkg/status-old", A)])
    assert image.drafts(duplicates.check_duplicates) == []


def test_many_unlike_files_of_one_size_are_compared_in_a_bounded_way() -> None:
    unlike = [file(f"f{k}", A[:-2] + bytes([k % 256, k // 256])) for k in range(300)]
    image = looked([*unlike, file("last", A[:-2] + b"\0\0")])
    compared = 0
    same = image.context.same_content

    def counting(one: tuple[int, int], other: tuple[int, int]) -> bool:
        nonlocal compared
        compared += 1
        return same(one, other)

    image.context.same_content = counting
    assert len(image.drafts(duplicates.check_duplicates)) == 1
    assert compared <= 300 * 8
