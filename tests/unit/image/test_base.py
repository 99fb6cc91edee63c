"""Where the base ends, from the best evidence to the weakest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from layerlens.errors import UsageError
from layerlens.image.base import find_base
from layerlens.image.digest import Digest
from layerlens.image.history import map_history
from layerlens.image.model import BaseBoundary, HistoryEntry, ImageConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BUILDKIT = "buildkit.dockerfile.v0"


def ids(text: str) -> tuple[Digest, ...]:
    """A diff_id for each letter."""
    return tuple(Digest.of(letter.encode()) for letter in text)


def row(
    created_by: str | None,
    comment: str | None = None,
    at: str | None = None,
    *,
    empty: bool = False,
) -> HistoryEntry:
    created = None if at is None else f"2026-01-{at}:00Z"
    return HistoryEntry(created, created_by, None, comment, empty)


def base_of(
    layers: str,
    history: Sequence[HistoryEntry] = (),
    labels: Mapping[str, str] | None = None,
    **evidence: Any,
) -> BaseBoundary:
    config = ImageConfig(None, ids(layers), tuple(history), settings={"Labels": dict(labels or {})})
    return find_base(config, map_history(history, len(layers))[0], **evidence)


def test_a_given_base_is_exact() -> None:
    found = base_of("abc", given=ids("ab"), given_name="debian:12")
    assert (found.boundary, found.layers, found.name) == ("exact", 2, "debian:12")
    assert "debian:12" in found.rests_on


def test_a_given_base_under_metadata_only_is_the_whole_image() -> None:
    assert base_of("ab", given=ids("ab")).layers == 2


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("xy", "departs after 0 layers, so none is shared"),
        ("abx", "departs after 2 of its 3 layers"),
        ("abcd", "it has 4 layers, the image only 3"),
        ("", "has no layers"),
    ],
)
def test_a_wrong_given_base_is_an_error(given: str, reason: str) -> None:
    with pytest.raises(UsageError, match=f"debian:12 .*{reason}"):
        base_of("abc", given=ids(given), given_name="debian:12")


def test_the_longest_local_image_wins() -> None:
    images = [("small", ids("a")), ("itself", ids("abc")), ("mid", ids("ab")), ("far", ids("ax"))]
    found = base_of("abc", candidates=[*images, ("none", ())])
    assert found == BaseBoundary("exact", 2, "the layers of the local image mid", "mid")


def test_an_image_is_not_its_own_base() -> None:
    assert base_of("ab", candidates=[("itself", ids("ab")), ("empty", ())]).boundary == "none"


def test_of_equal_local_images_the_declared_name_wins() -> None:
    found = base_of(
        "ab",
        candidates=[("other", ids("a")), ("debian:12", ids("a"))],
        annotations={"org.opencontainers.image.base.name": "docker.io/library/debian:12"},
    )
    assert found.name == "debian:12"


@pytest.mark.parametrize(
    ("evidence", "name", "source"),
    [
        ({"annotations": {"org.opencontainers.image.base.name": "deb:1"}}, "deb:1", "annotation"),
        ({"labels": {"org.opencontainers.image.base.name": "deb:2"}}, "deb:2", "label"),
        (
            {"annotations": {"org.opencontainers.image.base.digest": "sha256:a"}},
            "sha256:a",
            "annot",
        ),
        ({"provenance": "deb:3"}, "deb:3", "provenance"),
    ],
)
def test_a_name_alone_gives_no_boundary(evidence: Any, name: str, source: str) -> None:
    found = base_of("ab", **evidence)
    assert (found.boundary, found.layers, found.name) == ("none", 0, name)
    assert source in found.rests_on


def test_an_annotation_goes_before_a_label_and_provenance() -> None:
    key = "org.opencontainers.image.base.name"
    found = base_of("ab", annotations={key: "one"}, labels={key: "two"}, provenance="three")
    assert found.name == "one"


def test_scratch_is_no_base() -> None:
    found = base_of("ab", labels={"org.opencontainers.image.base.name": "scratch"})
    assert (found.boundary, found.name) == ("none", None)


def test_buildah_declares_its_base() -> None:
    rows = [
        row("/bin/sh -c base"),
        row("/bin/sh -c more"),
        row("/bin/sh -c one", "FROM docker.io/library/debian:12"),
        row("/bin/sh -c two", "FROM 0123456789ab"),
    ]
    assert base_of("abcd", rows) == BaseBoundary(
        "declared",
        2,
        "the history comment FROM docker.io/library/debian:12",
        "docker.io/library/debian:12",
    )


def test_of_two_declared_bases_the_nearest_counts() -> None:
    rows = [row("a"), row("b", "FROM debian"), row("c", "FROM localhost/mine"), row("d")]
    assert base_of("abcd", rows).layers == 2
    assert base_of("abcd", rows).name == "localhost/mine"


def test_layers_without_history_lie_below_a_declared_base() -> None:
    assert base_of("abc", [row("/bin/sh -c x", "FROM imported")]).layers == 2


def test_a_squashed_base_is_no_boundary() -> None:
    found = base_of("a", [row("/bin/sh -c x", "FROM debian")])
    assert (found.boundary, found.layers, found.name) == ("none", 0, "debian")
    assert "squashed" in found.rests_on


def test_buildkit_rows_after_others_are_a_guess() -> None:
    rows = [
        row("# debian.sh", "debuerreotype 0.15"),
        row('CMD ["bash"]', empty=True),
        row("ENV a=b", BUILDKIT, empty=True),
        row("RUN x # buildkit", BUILDKIT),
    ]
    found = base_of("ab", rows, annotations={"org.opencontainers.image.base.name": "debian"})
    assert (found.boundary, found.layers, found.name) == ("guessed", 1, "debian")
    assert "BuildKit" in found.rests_on


def test_a_pause_after_a_command_is_a_guess() -> None:
    rows = [
        row("/bin/sh -c a", at="01T00:00"),
        row("/bin/sh -c #(nop) CMD x", at="01T00:01", empty=True),
        row("/bin/sh -c b", at="02T00:00"),
        row("/bin/sh -c #(nop) ENTRYPOINT x", at="02T00:01", empty=True),
        row("/bin/sh -c #(nop) EXPOSE 1", at="02T00:02", empty=True),
        row("/bin/sh -c #(nop) ENV a=b", at="02T02:00", empty=True),
        row("/bin/sh -c c", at="02T02:00"),
        row("/bin/sh -c #(nop) CMD y", at="02T02:00", empty=True),
        row("/bin/sh -c d", at="02T02:30"),
    ]
    found = base_of("abcd", rows)
    assert (found.boundary, found.layers) == ("guessed", 2)
    assert "pause" in found.rests_on


def test_placeholder_times_are_no_pause() -> None:
    rows = [
        HistoryEntry("1970-01-01T00:00:00Z", "/bin/sh -c a"),
        HistoryEntry("0001-01-01T00:00:00Z", "CMD x", empty_layer=True),
        HistoryEntry("2026-01-01T00:00:00", "/bin/sh -c b"),
    ]
    assert "CMD in the history" in base_of("ab", rows).rests_on


def test_a_command_before_more_layers_is_a_guess() -> None:
    rows = [
        row("/bin/sh -c a"),
        row("/bin/sh -c #(nop) CMD x", empty=True),
        row("/bin/sh -c b"),
        row("/bin/sh -c c"),
        row("/bin/sh -c #(nop) CMD y", empty=True),
    ]
    found = base_of("abc", rows)
    assert (found.boundary, found.layers) == ("guessed", 1)


def test_an_import_below_other_rows_is_a_guess() -> None:
    rows = [row(None, "Imported from -", "01T00:00"), row("/bin/sh -c x", None, "01T00:01")]
    found = base_of("ab", rows)
    assert (found.boundary, found.layers) == ("guessed", 1)
    assert base_of("a", rows[:1]).boundary == "none"


def test_an_added_rootfs_is_a_base_only_when_it_is_older() -> None:
    add = f"/bin/sh -c #(nop) ADD file:{'a' * 64} in / "
    rows = [row(add, at="01T00:00"), row("/bin/sh -c x", at="01T00:10")]
    assert base_of("ab", rows).boundary == "none"
    rows[1] = row("/bin/sh -c x", at="01T02:00")
    assert (base_of("ab", rows).boundary, base_of("ab", rows).layers) == ("guessed", 1)


def test_one_build_has_no_base() -> None:
    rows = [row("RUN a", BUILDKIT), row("RUN b", BUILDKIT), row("CMD x", BUILDKIT, empty=True)]
    found = base_of("ab", rows)
    assert (found.boundary, found.layers, found.name) == ("none", 0, None)
    assert base_of("", []).boundary == "none"
    assert base_of("ab", [HistoryEntry("not a time", "CMD x", empty_layer=True)]).layers == 0
