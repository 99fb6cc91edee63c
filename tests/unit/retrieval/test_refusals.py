"""Never wrong bytes: what changed is an error, and an interrupt leaves nothing behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.errors import DigestError, FormatError, ImageError, Interrupted, SourceError
from layerlens.image.digest import Digest
from layerlens.layers.table import HashKind
from layerlens.pipeline import analyse_image, reopen, retrieve
from layerlens.progress import Step
from layerlens.retrieval import Cost
from layerlens.retrieval import archive as archive_module
from layerlens.retrieval.archive import PassedLayer, pick_from_archive
from layerlens.retrieval.picking import pick, wanted
from layerlens.sources.enginestore.podman_store import open_podman_store
from layerlens.sources.image import ReadOptions
from tests import members as m
from tests.archives import Image
from tests.stacking import stacked
from tests.unit.layers.reading import streamed
from tests.unit.retrieval.fetching import IMAGE, NOISE, expected, fetched, looking, version_of
from tests.unit.sources.enginestore.folders import PodmanRoot
from tests.unit.sources.looking import pack, zipped

Make = Callable[[Path], Path]
SHAPES: list[Make] = [
    lambda p: IMAGE.save_25(p / "x.tar"),
    lambda p: IMAGE.oci_archive(p / "x.tar", "gzip"),
    lambda p: IMAGE.oci_dir(p / "x", "none"),
    lambda p: IMAGE.oci_dir(p / "x", "zstd"),
    lambda p: zipped(IMAGE.save_25(p / "x.tar")),
]


def refused(retrieval: Any, *versions: int) -> ImageError:
    with pytest.raises(ImageError) as caught:
        fetched(retrieval, versions)
    assert "\n" not in caught.value.what
    assert caught.value.where.file is not None
    assert caught.value.hint is not None
    return caught.value


def files_below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from (each for each in path.rglob("*") if each.is_file())


def damage(path: Path) -> None:
    """Change one byte of what is large, in the file that is there and not in one in its place."""
    for file in files_below(path):
        data = bytearray(file.read_bytes())
        if len(data) > 400_000:
            at = data.find(NOISE[5000:5100])
            data[at if at >= 0 else len(data) // 2] ^= 1
            with file.open("r+b") as stream:
                stream.write(data)
            os.utime(file, (2_000_000_000, 2_000_000_000))


@pytest.mark.parametrize("make", SHAPES)
def test_written_to_since(make: Make, tmp_path: Path) -> None:
    path = make(tmp_path)
    with looking(path) as (found, retrieval):
        damage(path)
        refused(retrieval, version_of(found, "d/big"))


@pytest.mark.parametrize("make", [SHAPES[1], SHAPES[3], SHAPES[4]])
def test_damaged_since_and_opened_anew(make: Make, tmp_path: Path) -> None:
    """Of what had passed the hashes are known; the headers of the rest are walked again."""
    path = make(tmp_path)
    with looking(path) as (found, _):
        pass
    damage(path)
    retrieval = reopen(str(path), ReadOptions(), found)
    refused(retrieval, version_of(found, "d/big"))
    retrieval.close()


def test_another_layer_in_place(tmp_path: Path) -> None:
    """A plain archive that is opened anew is walked again: all entries lie where they did."""
    path = tmp_path / "x.tar"
    path.write_bytes(m.layer(m.file("a", b"1" * 600), m.file("b", b"2" * 600)))
    with looking(path) as (found, _):
        pass
    path.write_bytes(m.layer(m.file("b", b"2" * 600), m.file("a", b"1" * 600)))
    retrieval = reopen(str(path), ReadOptions(), found)
    assert "another image" in refused(retrieval, version_of(found, "a")).what


def test_replaced_by_another_file_is_fine_while_it_is_open(tmp_path: Path) -> None:
    path = IMAGE.save_25(tmp_path / "x.tar")
    with looking(path) as (found, retrieval):
        (tmp_path / "new").write_bytes(b"other")
        (tmp_path / "new").replace(path)
        version = version_of(found, "d/big")
        assert fetched(retrieval, [version]) == {version: NOISE}


@pytest.mark.parametrize("make", SHAPES[:2])
def test_another_image_at_its_place(make: Make, tmp_path: Path) -> None:
    path = make(tmp_path)
    with looking(path) as (found, _):
        pass
    other = Image([*IMAGE.layers[:1], m.layer(m.file("x"))], tag="demo:1")
    other.save_25(path)
    retrieval = reopen(str(path), ReadOptions(), found)
    assert "another image" in refused(retrieval, version_of(found, "d/big")).what
    path.unlink()
    again = reopen(str(path), ReadOptions(), found)
    with pytest.raises(SourceError):
        fetched(again, [version_of(found, "d/big")])


@pytest.mark.parametrize("make", SHAPES)
def test_interrupted_at_any_time(make: Make, tmp_path: Path) -> None:
    path = make(tmp_path)
    with looking(path) as (found, retrieval):

        def stop(_: Step) -> None:
            raise Interrupted

        with pytest.raises(Interrupted):
            fetched(retrieval, [version_of(found, "d/big")], progress=stop)
        steps: list[Step] = []
        contents = expected(found)
        assert fetched(retrieval, list(contents), progress=steps.append) == contents
        assert steps
        assert all(step.total is not None and step.done <= step.total for step in steps)
    alive = [thread.name for thread in threading.enumerate()]
    assert "read-ahead" not in alive


def test_left_in_the_middle(tmp_path: Path) -> None:
    for make in SHAPES:
        folder = tmp_path / str(SHAPES.index(make))
        folder.mkdir()
        with looking(make(folder)) as (found, retrieval):
            contents = expected(found)
            heads = {v: next(pieces, b"")[:1] for v, pieces in retrieval.fetch(list(contents))}
            assert heads == {version: data[:1] for version, data in contents.items()}


class TestOwnFiles:
    LAYERS = (
        (m.directory("d"), m.file("d/a", b"one"), m.hardlink("d/b", "d/a"), m.file("gone", b"g")),
        (m.file("d/a", b"two"), m.whiteout("gone")),
    )

    @pytest.fixture
    def made(self, tmp_path: Path) -> PodmanRoot:
        root = PodmanRoot(tmp_path / "storage")
        root.add(self.LAYERS, "localhost/app:1")
        return root

    def look(self, made: PodmanRoot) -> tuple[Analysis, Any]:
        image = open_podman_store([str(made.root)], "app:1").image("podman://app:1", "podman")
        found = analyse_image(image)
        return found, retrieve(image, found)

    def test_at_hand(self, made: PodmanRoot) -> None:
        found, retrieval = self.look(made)
        wanted_ = {
            version_of(found, "d/a"): b"two",
            version_of(found, "d/b"): b"one",
            version_of(found, "d/a", 0): b"one",
            version_of(found, "gone", 0): b"g",
        }
        assert {retrieval.cost(version) for version in wanted_} == {Cost.NONE}
        assert retrieval.announcement(wanted_) is None
        assert fetched(retrieval, wanted_) == wanted_
        retrieval.close()

    def test_replaced_by_hand(self, made: PodmanRoot) -> None:
        found, retrieval = self.look(made)
        for place in made.root.rglob("gone"):
            place.unlink()
            place.symlink_to("/etc/passwd")
        error = refused(retrieval, version_of(found, "gone", 0))
        assert "under its name" in error.what
        assert "--via export" in (error.hint or "")
        retrieval.close()


def test_a_foreign_layer_has_no_contents() -> None:
    """What test_shapes.py says of it, seen from here: no versions, so nothing to ask for."""
    fs = stacked(m.table(m.file("a", b"x")), m.table())
    assert fs.first == [0, 1, 1]


def test_not_a_file(tmp_path: Path) -> None:
    with looking(IMAGE.save_25(tmp_path / "x.tar")) as (found, retrieval):
        for path in ("d", "d/link"):
            with pytest.raises(ValueError, match="has no content"):
                retrieval.cost(version_of(found, path))


def test_a_copy_leads_to_what_it_copies(tmp_path: Path) -> None:
    redirect = [("SCHILY.xattr.trusted.overlay.redirect", "d")]
    image = Image([
        m.layer(m.directory("d"), m.file("d/f", b"copied"), m.symlink("d/l", "f")),
        m.layer(m.directory("moved", pax=redirect)),
    ])  # fmt: skip
    with looking(image.save_25(tmp_path / "x.tar")) as (found, retrieval):
        version = version_of(found, "moved/f")
        assert version in found.filesystem.synthetic
        assert fetched(retrieval, [version]) == {version: b"copied"}


# ------------------------------------------------------------------------------ the small parts


def test_hashes_are_compared() -> None:
    tar = m.layer(m.file("a", b"one"), m.file("b", b"two"))
    table = streamed(tar).table
    other = tar.replace(b"two", b"owt")
    found = pick([other], [wanted(0, table, 0), wanted(1, table, 1)])
    assert b"".join(next(found)[1]) == b"one"
    _, pieces = next(found)
    assert next(pieces) == b"owt"
    with pytest.raises(DigestError, match="not the one that was analysed"):
        next(pieces)
    table.hash_kind = HashKind.CRC64  # nothing to compare with
    assert wanted(1, table, 1).hash is None


@pytest.mark.parametrize("cut", [600, 1024, 1200])
def test_cut(cut: int) -> None:
    tar = m.layer(m.file("a", b"1" * 512), m.file("b", b"2" * 512))
    table = streamed(tar).table
    found = pick([tar[:cut]], [wanted(0, table, 0), wanted(1, table, 1)])
    with pytest.raises((FormatError, SourceError)):
        [list(pieces) for _, pieces in found]


def test_layers_of_one_size_are_told_apart_by_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    tars = [m.layer(m.file("same", bytes([k]) * 5)) for k in range(3)]
    outer = m.layer(*(m.file(f"{k}/layer.tar", tars[k]) for k in (2, 0, 1)))
    known = [
        PassedLayer(str(k), frozenset([Digest.of(tar)]), len(tar)) for k, tar in enumerate(tars)
    ]
    wants = {str(k): [wanted(k, streamed(tars[k]).table, 0)] for k in (0, 1)}

    def picked() -> dict[int, bytes]:
        found = pick_from_archive(iter([outer]), known, wants, 1 << 20)
        return {want.version: b"".join(pieces) for want, pieces in found}

    assert picked() == {0: bytes(5), 1: b"\1" * 5}
    monkeypatch.setattr(archive_module, "_MAX_HELD", 100)
    with pytest.raises(SourceError, match="does not tell which is which"):
        picked()


def test_a_layer_that_does_not_come(tmp_path: Path) -> None:
    tar = m.layer(m.file("a", b"one"))
    layer = PassedLayer("a", frozenset(), 99_999)
    outer = pack(tmp_path / "x", {"1/layer.tar": tar}).read_bytes()
    wants = {"a": [wanted(0, streamed(tar).table, 0)]}
    with pytest.raises(SourceError, match="did not come"):
        list(pick_from_archive(iter([outer]), [layer], wants, 1 << 20))
