"""Whether contents of two images are known to be the same, from whatever they were read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison, PathChange
from layerlens.contents_of_two import Side, _equal, same_content
from layerlens.layers.table import HashKind
from layerlens.pipeline import analyse_image, open_image
from layerlens.progress import Step
from layerlens.saved.load import load_from
from layerlens.saved.save import save
from tests.builders import Image, file, layer

SAME = b"same content " * 500


def image(content: bytes, mtime: int) -> Image:
    """An image with a file that never changes but in time, one that does, and one that moved."""
    folder = b"old" if content == b"1" * 900 else b"new"
    return Image(
        [
            layer(
                file("same", SAME, mtime=mtime),
                file("changed", content, mtime=7),
                file(folder + b"/moved", b"moved " * 90),
            )
        ]
    )


OLD, NEW = image(b"1" * 900, 1), image(b"2" * 900, 2)

MEDIA: dict[str, Callable[[Image, Path], Path]] = {
    "plain": lambda image, path: image.save_legacy(path),
    "plain, as Docker 25 saves": lambda image, path: image.save_25(path),
    "OCI, gzip": lambda image, path: image.containerd_save(path, "gzip"),
    "OCI, zstd": lambda image, path: image.containerd_save(path, "zstd"),
    "OCI, plain": lambda image, path: image.containerd_save(path, "none"),
}
SAVED = {"saved, plain": "plain", "saved, gzip": "OCI, gzip"}


@contextmanager
def opened(kind: str, image: Image, path: Path) -> Iterator[Side]:
    place = MEDIA[SAVED.get(kind, kind)](image, path)
    found = open_image(str(place))
    try:
        analysis = analyse_image(found)
        if kind in SAVED:
            stream = io.BytesIO()
            save(analysis, stream)
            stream.seek(0)
            yield Side(load_from(stream, "saved"))
        else:
            yield Side(analysis, found)
    finally:
        found.close()


def compared(old: Side, new: Side) -> Comparison:
    return compare(old.analysis, new.analysis, same_content(old, new))


@pytest.mark.parametrize("old_kind", [*MEDIA, *SAVED])
@pytest.mark.parametrize("new_kind", [*MEDIA, *SAVED])
def test_all_media_compare(old_kind: str, new_kind: str, tmp_path: Path) -> None:
    with (
        opened(old_kind, OLD, tmp_path / "old") as old,
        opened(new_kind, NEW, tmp_path / "new") as new,
    ):
        found = compared(old, new)
    changes = {path.path: path.change for path in found.paths}
    # A saved analysis of a plain archive has neither contents nor hashes.
    if "saved, plain" in (old_kind, new_kind):
        assert found.unsure == 2
        assert changes[b"same"] is PathChange.CONTENT, "another time is all that is known"
        assert b"changed" not in changes, "the same size and time"
        assert changes[b"new/moved"] is PathChange.ADDED
        return
    assert found.unsure == 0
    assert changes[b"same"] is PathChange.METADATA
    assert changes[b"changed"] is PathChange.CONTENT
    assert changes[b"new/moved"] is PathChange.MOVED


def test_hashes_of_other_kinds_are_computed_from_plain_archives(tmp_path: Path) -> None:
    with (
        opened("plain", OLD, tmp_path / "old") as old,
        opened("OCI, gzip", NEW, tmp_path / "new") as new,
    ):
        table = new.analysis.filesystem.tables[0]
        known = bytes(table.hashes)
        table.hash_kind = HashKind.SHA256  # as a table of contents has them
        assert not any(path.change is PathChange.MOVED for path in compared(old, new).paths)
        table.hash_kind = HashKind.CRC64  # which nobody can compute
        assert compared(old, new).unsure == 2
        table.hash_kind = HashKind.XXH3
        assert bytes(table.hashes) == known
        assert compared(old, new).unsure == 0


def test_each_content_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        opened("plain", OLD, tmp_path / "old") as old,
        opened("OCI, gzip", NEW, tmp_path / "new") as new,
    ):
        assert old.image is not None
        reads: list[tuple[int, int]] = []
        real = type(old.image).reread

        def reread(self: object, at: int, i: int) -> object:
            reads.append((at, i))
            return real(self, at, i)  # type: ignore[arg-type]

        monkeypatch.setattr(type(old.image), "reread", reread)
        compared(old, new)
        assert sorted(reads) == [(0, 0), (0, 1), (0, 2)]


def test_what_a_network_has_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        opened("plain", OLD, tmp_path / "old") as old,
        opened("plain", NEW, tmp_path / "new") as new,
    ):
        assert old.image is not None
        monkeypatch.setattr(type(old.image.store), "fetches", lambda _self, _name: 1000)
        monkeypatch.setattr(type(old.image), "reread", lambda *_: pytest.fail("was read"))
        assert compared(old, new).unsure == 2


def test_a_file_that_is_gone_meanwhile_is_not_known(tmp_path: Path) -> None:
    with (
        opened("plain", OLD, tmp_path / "old") as old,
        opened("plain", NEW, tmp_path / "new") as new,
    ):
        with open(tmp_path / "new", "r+b") as stream:
            stream.truncate(100)
        assert compared(old, new).unsure == 2


def test_progress_is_told(tmp_path: Path) -> None:
    with (
        opened("plain", OLD, tmp_path / "old") as old,
        opened("plain", NEW, tmp_path / "new") as new,
    ):
        steps: list[Step] = []
        compare(old.analysis, new.analysis, same_content(old, new, steps.append))
        assert [step.stage for step in steps[:1]] == ["comparing contents"]
        assert steps[-1].done >= len(SAME)


def test_one_place_of_one_layer_is_the_same_without_a_look() -> None:
    from tests.unit.outputs.samples import build

    analysis = build([[file("a", b"1" * 5)]])
    tables = analysis.filesystem.tables
    other = build([[file("a", b"1" * 5)]])
    tables[0].hashes.clear()
    assert same_content(Side(analysis), Side(other))(0, 0) is True
    layers = tuple(replace(each, diff_id=None) for each in other.layers)
    assert same_content(Side(analysis), Side(replace(other, layers=layers)))(0, 0) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([b"ab", b"c"], [b"a", b"bc"], True),
        ([b"abc"], [b"abd"], False),
        ([b"abc"], [b"ab"], False),
        ([], [b"a"], False),
        ([], [], True),
        ([b"a" * 100, b"b"], [b"a" * 100, b"b"], True),
    ],
)
def test_pieces_may_be_cut_anywhere(one: list[bytes], other: list[bytes], expected: bool) -> None:
    assert _equal(iter(one), iter(other)) is expected
