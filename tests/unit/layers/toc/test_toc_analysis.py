"""Whole analyses of images whose layers are read by their tables of contents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.members import directory, file, hardlink, opaque, symlink, whiteout
from tests.toc_store import analysed
from tests.toc_writers import Blob, chunked, estargz

NOISE = bytes((k * k * 31 + k // 7) % 251 for k in range(20_000))
LAYERS = (
    (
        directory("app"),
        file("app/same", NOISE, mtime=5),
        file("app/same-size", b"before"),
        file("app/gone", b"x" * 3000),
        file("app/twice", b"first"),
        file("app/twice", b"second!"),
        hardlink("app/also", "app/same"),
        directory("var/cache"),
        file("var/cache/a", b"c" * 700),
        symlink("app/link", "same"),
    ),
    (
        directory("app"),
        file("app/same", NOISE, mode=0o600),
        file("app/same-size", b"after!"),
        whiteout("app/gone"),
        opaque("var/cache"),
        file("app/new", NOISE[:5000]),
        whiteout("app/nothing", b"content in a marker"),
    ),
    (file("app/new", NOISE[:5000], uid=7), file("app/link", b"a file now")),
)


def _star(*members: Any) -> Blob:
    return estargz(file(".no.prefetch.landmark", b"\x0f"), *members, ended=False)


def _split(*members: Any) -> Blob:
    return chunked(*members, split=True, chunk=3000)


@pytest.mark.parametrize("write", [estargz, _star, _split])
def test_every_figure_is_that_of_a_full_read(write: Callable[..., Blob]) -> None:
    blobs = [write(*members) for members in LAYERS]
    full, _ = analysed(blobs, ())
    listed, store = analysed(blobs, range(3))
    assert listed == full
    assert full["scores"]["dead_bytes"] > 0
    # All hashes are of one kind, so that no content had to be fetched.
    assert all(len(asked) <= 2 for asked in store.asked.values())


def test_all_figures_but_the_tar_s_size_where_it_is_reckoned() -> None:
    blobs = [chunked(*members) for members in LAYERS]
    full, _ = analysed(blobs, ())
    listed, _ = analysed(blobs, range(3))
    assert [note["code"] for note in listed["diagnostics"]].count("tar-size-reckoned") == 3
    for document in (listed, full):
        document["diagnostics"] = [
            note for note in document["diagnostics"] if note["code"] != "tar-size-reckoned"
        ]
    assert listed == full  # the tar's size too: these headers are as reckoned


@pytest.mark.parametrize("listed", [(0,), (1,), (2,), (0, 2)])
def test_one_layer_by_its_table_and_others_in_full(listed: tuple[int, ...]) -> None:
    """What cannot be compared by hashes of one kind is fetched, and checked."""
    blobs = [_split(*members) for members in LAYERS]
    full, _ = analysed(blobs, ())
    mixed, store = analysed(blobs, listed)
    assert mixed == full
    # One request for the table, and one for each content to compare.
    assert all(len(store.asked[str(k)]) > 1 for k in listed)
