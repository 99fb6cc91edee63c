"""An image of awkward files, and all of its contents fetched in one go."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.layers.table import Kind
from layerlens.pipeline import analyse_image, open_image, retrieve
from layerlens.retrieval import Retrieval
from layerlens.sources.image import ReadOptions
from tests.archives import Image
from tests.hostile import expanded
from tests.members import Member, directory, file, hardlink, layer, sparse, symlink, whiteout

NOISE = random.Random(5).randbytes(700_000)  # noqa: S311 - content that does not compress
HOLES = ((70_000, b"middle"), (300_000, b"end" * 900))

LOWER = (
    directory("d"),
    file("d/big", NOISE),
    file("d/small", b"small"),
    file("d/empty"),
    file("d/" + "long" * 60, b"a name in an extended header"),
    hardlink("d/other-name", "d/big"),
    symlink("d/link", "big"),
    sparse("d/holes", HOLES, 400_000),
    sparse("d/holes-1.0", HOLES, 400_000, "1.0"),
    file("gone", b"deleted above"),
)
UPPER = (whiteout("gone"), file("d/small", b"SMALL"), file("new", NOISE[::-1]))
TOP = (directory("d", 0o700), file("d/same-size", b"12345"))
SAME = (directory("d", 0o700), file("d/sAme-size", b"54321"))
"""Layers that only their contents tell apart: their tars have one size."""

LAYERS: tuple[tuple[Member, ...], ...] = (LOWER, UPPER, TOP, SAME)
IMAGE = Image([layer(*members) for members in LAYERS], tag="demo:1")


def expected(found: Analysis) -> dict[int, bytes]:
    """By version: the content of each regular file of the image, by its builders."""
    fs = found.filesystem
    contents: dict[int, bytes] = {}
    for index, members in enumerate(LAYERS):
        for i, member in enumerate(members):
            version = fs.first[index] + i
            if fs.kinds[version] == Kind.FILE and ".wh." not in str(member.name):
                size = member.sparse[0] if member.sparse else 0
                contents[version] = (
                    expanded(member.sparse[1], size) if member.sparse else member.data
                )
            if member.kind is Kind.HARDLINK:
                contents[version] = NOISE
    return contents


def fetched(retrieval: Retrieval, versions: Any, **more: Any) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for version, pieces in retrieval.fetch(versions, **more):
        assert version not in found
        found[version] = b"".join(pieces)
    return found


@contextmanager
def looking(
    reference: Path | str,
    opener: Callable[[str, ReadOptions], Any] = open_image,
    **options: Any,
) -> Iterator[tuple[Analysis, Retrieval]]:
    """The analysis of an image, and the way to its contents."""
    read = ReadOptions(**options)
    image = opener(str(reference), read)
    found = analyse_image(image, read)
    with closing(retrieve(image, found, read)) as retrieval:
        yield found, retrieval


def version_of(found: Analysis, path: str, layer_index: int | None = None) -> int:
    """The version of a path, in the final filesystem or as one layer has it."""
    fs = found.filesystem
    if layer_index is None:
        return fs.live[path.encode()]
    last = fs.first[layer_index + 1]
    return fs.paths.index(path.encode(), fs.first[layer_index], last)
