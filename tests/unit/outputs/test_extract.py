"""Extraction: what is written, and all that must not be."""

from __future__ import annotations

import io
import os
import resource
import shutil
import stat
import subprocess
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from layerlens.errors import Interrupted, UsageError
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.selection import Selection, select
from layerlens.layers.table import Kind, LayerTable
from layerlens.outputs import extract as module
from layerlens.outputs import target
from layerlens.outputs.extract import Extracted, extract, write_content
from layerlens.progress import Progress, silent
from layerlens.retrieval import Cost
from tests.members import (
    Member,
    block,
    char,
    directory,
    fifo,
    file,
    hardlink,
    symlink,
    table,
    whiteout,
)
from tests.stacking import stacked


class Given:
    """Contents of members, as a retrieval; ``before`` is called for each before it is given."""

    def __init__(self, fs: Filesystem, *layers: tuple[Member, ...]) -> None:
        self.fs = fs
        self.data = {
            fs.first[index] + i: member.data
            for index, members in enumerate(layers)
            for i, member in enumerate(members)
        }
        self.before: Callable[[int], None] = lambda _: None
        self.broken: set[int] = set()

    def cost(self, version: int) -> Cost:
        return Cost.NONE

    def announcement(self, versions: Collection[int]) -> str | None:
        return None

    def fetch(
        self, versions: Collection[int], progress: Progress = silent
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        for version in sorted(versions, reverse=True):  # any order will do
            assert self.fs.kinds[version] == Kind.FILE
            self.before(version)
            yield version, self._pieces(version)

    def _pieces(self, version: int) -> Iterator[bytes]:
        for k in range(0, len(self.data[version]), 3):
            yield self.data[version][k : k + 3]
        if version in self.broken:
            raise Interrupted

    def close(self) -> None:
        pass


def made(*layers: tuple[Member, ...]) -> Given:
    return Given(stacked(*(table(*members) for members in layers)), *layers)


def out(
    given: Given, folder: Path, path: str = "", layer: int | None = None, **more: Any
) -> Extracted:
    removed = more.pop("removed", False)
    chosen = select(given.fs, path.encode(), layer, removed=removed)
    return extract(chosen, given, str(folder), **more)


def tree(folder: Path) -> dict[str, str]:
    """What is below a folder, by path: a link's target, a file's content, or nothing."""
    found = {}
    for place in sorted(folder.rglob("*")):
        name = str(place.relative_to(folder))
        if place.is_symlink():
            found[name] = f"-> {place.readlink()}"
        elif place.is_file():
            found[name] = place.read_bytes().decode("latin-1")
        else:
            found[name] = "/" if place.is_dir() else "?"
    return found


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


LAYERS = (
    (
        directory("app"),
        file("app/run", b"#!run", mode=0o4755, mtime=1_000_000_000, uid=1234),
        file("app/old", b"old"),
        directory("app/d", 0o1777),
        file("app/d/x", b"x1"),
        hardlink("app/d/run2", "app/run", mode=0o4755, mtime=1_000_000_000),
        symlink("app/d/up", "../run"),
    ),
    (file("app/old", b"new!"), whiteout("app/d/x"), file("top", b"t")),
    (whiteout("app/d"), whiteout("app/old")),
)


class TestWhat:
    def test_the_whole_image(self, tmp_path: Path) -> None:
        done = out(made(*LAYERS), tmp_path)
        assert tree(tmp_path / "rootfs") == {"app": "/", "app/run": "#!run", "top": "t"}
        assert (done.files, done.folders, done.links, done.content_bytes) == (2, 2, 0, 6)
        assert done.skipped == []
        assert done.place == str(tmp_path / "rootfs")

    def test_as_a_layer_left_it(self, tmp_path: Path) -> None:
        given = made(*LAYERS)
        out(given, tmp_path / "0", "/app/", 0)
        below = {"app/run": "#!run", "app/old": "old", "app/d/x": "x1", "app/d/up": "-> ../run",
                 "app": "/", "app/d": "/", "app/d/run2": "#!run"}  # fmt: skip
        assert tree(tmp_path / "0") == below
        out(given, tmp_path / "1", "./app", 1)
        below.pop("app/d/x")
        assert tree(tmp_path / "1") == below | {"app/old": "new!"}
        out(given, tmp_path / "2", "app", 2)
        assert tree(tmp_path / "2") == {"app": "/", "app/run": "#!run"}

    def test_what_a_layer_removed(self, tmp_path: Path) -> None:
        given = made(*LAYERS)
        out(given, tmp_path / "1", "app", 1, removed=True)
        assert tree(tmp_path / "1") == {"app": "/", "app/d": "/", "app/d/x": "x1"}
        out(given, tmp_path / "2", "", 2, removed=True)
        assert tree(tmp_path / "2/rootfs") == {
            "app": "/", "app/d": "/", "app/old": "new!", "app/d/run2": "#!run",
            "app/d/up": "-> ../run",
        }  # fmt: skip
        done = out(given, tmp_path / "3", "app/old", 2, removed=True)
        assert tree(tmp_path / "3") == {"old": "new!"}
        assert done.place == str(tmp_path / "3" / "old")

    @pytest.mark.usefixtures("umask")
    def test_modes_owners_and_times(self, tmp_path: Path) -> None:
        out(made(*LAYERS), tmp_path, "app", 0)
        info = (tmp_path / "app/run").stat()
        assert stat.S_IMODE(info.st_mode) == 0o755
        assert (info.st_uid, info.st_mtime) == (os.geteuid(), 1_000_000_000)
        assert stat.S_IMODE((tmp_path / "app/d").stat().st_mode) == 0o755, "no sticky bit, umask"

    def test_a_folder_that_its_owner_may_not_enter(self, tmp_path: Path) -> None:
        out(made((directory("d", 0), file("d/x", b"1", mode=0))), tmp_path, "d")
        assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "d/x").stat().st_mode) == 0

    def test_names_of_one_file_stay_one(self, tmp_path: Path) -> None:
        done = out(made(*LAYERS), tmp_path, "app", 0)
        assert (tmp_path / "app/run").samefile(tmp_path / "app/d/run2")
        assert done.content_bytes == len(b"#!run" + b"old" + b"x1")
        out(made(*LAYERS), tmp_path, "app/d/run2", 0)
        assert (tmp_path / "run2").read_bytes() == b"#!run", "its first name is not selected"

    def test_copies_where_there_are_no_hard_links(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
        done = out(made(*LAYERS), tmp_path, "app", 0)
        assert (tmp_path / "app/d/run2").read_bytes() == b"#!run"
        assert not (tmp_path / "app/run").samefile(tmp_path / "app/d/run2")
        assert done.skipped == []
        assert not list(tmp_path.rglob(".layerlens*"))

    def test_one_file_to_a_stream(self) -> None:
        given = made(*LAYERS)
        stream = io.BytesIO()
        write_content(select(given.fs, b"app/d/run2", 1), given, stream)
        assert stream.getvalue() == b"#!run"
        with pytest.raises(UsageError, match="not a regular file"):
            write_content(select(given.fs, b"app"), given, stream)

    @pytest.mark.parametrize(
        ("path", "layer", "hint"),
        [
            ("app/rum", None, "did you mean app/run?"),
            ("srv/run", None, "did you mean app/run?"),
            ("app/old", None, "layer 2 removed it: give --layer 2 --removed"),
            ("zzz", None, "layerlens files lists"),
            ("l/run", 3, "a symbolic link leads to app/run"),
            ("top", 9, "the layers are 0 to 3"),
            ("top", -1, "the layers are 0 to 3"),
        ],
    )
    def test_hints(self, path: str, layer: int | None, hint: str) -> None:
        given = made(*LAYERS, (symlink("l", "app"),))
        with pytest.raises(UsageError) as caught:
            select(given.fs, path.encode(), layer)
        assert hint in (caught.value.hint or "")

    def test_nothing_removed(self) -> None:
        given = made(*LAYERS)
        with pytest.raises(UsageError, match="layer 0 removed nothing"):
            select(given.fs, b"app", 0, removed=True)
        with pytest.raises(UsageError, match="by which layer"):
            select(given.fs, b"app", removed=True)


class TestNeverOutside:
    @pytest.mark.parametrize(
        ("target", "stays"),
        [
            ("x", True), ("./x", True), ("../e/x", True), ("e/x", True), ("../missing", True),
            ("/etc/passwd", False), ("../../x", False), ("..", True), ("../..", False),
            ("x/../../../etc", False), ("e/..", False), ("", False), ("//etc", False),
            ("./.././../x", False), ("../e/../../..", False),
        ],
    )  # fmt: skip
    def test_links(self, target: str, stays: bool, tmp_path: Path) -> None:
        given = made((directory("top"), directory("top/d"), symlink("top/d/l", target)))
        done = out(given, tmp_path, "top")
        assert (tmp_path / "top/d/l").is_symlink() is stays
        assert [skipped.path for skipped in done.skipped] == ([] if stays else [b"top/d/l"])

    def test_links_that_lead_out_together(self, tmp_path: Path) -> None:
        """Each is harmless by its letters; ``in/back`` is the top, and from there it climbs."""
        given = made((directory("in"), symlink("in/back", ".."), symlink("out", "in/back/..")))
        done = out(given, tmp_path)
        assert [skipped.path for skipped in done.skipped] == [b"out"]
        for place in (tmp_path / "rootfs").rglob("*"):
            assert place.resolve().is_relative_to(tmp_path / "rootfs")

    def test_a_link_alone(self, tmp_path: Path) -> None:
        done = out(made((symlink("l", "x"), file("x", b"1"))), tmp_path, "l")
        assert tree(tmp_path) == {}
        assert done.skipped_count == 1

    def test_devices_and_pipes(self, tmp_path: Path) -> None:
        given = made((char("d/null", 1, 3), block("d/disk", 8, 0), fifo("d/pipe"), file("d/f")))
        done = out(given, tmp_path)
        assert tree(tmp_path / "rootfs") == {"d": "/", "d/f": ""}
        assert {skipped.why for skipped in done.skipped} == {
            "a character device", "a block device", "a named pipe",
        }  # fmt: skip

    def test_names_that_a_walk_would_never_give(self, tmp_path: Path) -> None:
        """Should a path be wrong inside, nothing is written elsewhere for it."""
        folder = tmp_path / "a/b"
        folder.mkdir(parents=True)
        given = made((file("x", b"evil"),))
        for name in (b"../x", b"d/../../x", b"./x", b"d//x", b"..", b"d/n\0l"):
            chosen = Selection(given.fs, b"", {name: 0})
            done = extract(chosen, given, str(folder), overwrite=True)
            assert done.files == 0, name
            assert done.skipped_count
        assert not [place for place in tmp_path.rglob("*") if place.is_file()]

    def test_names_that_are_too_long(self, tmp_path: Path) -> None:
        long = "n" * 256
        given = made((file(long, b"1"), file("ok")))
        done = out(given, tmp_path)
        assert tree(tmp_path / "rootfs") == {"ok": ""}
        assert "longer than" in done.skipped[0].why
        deep = made((file(f"{long}/d/x", b"1"), file("ok")))
        done = out(deep, tmp_path / "2")
        assert done.skipped_count == 3
        assert tree(tmp_path / "2/rootfs") == {"ok": ""}

    def test_ten_thousand_deep(self, tmp_path: Path) -> None:
        depth = 10_000
        path = "/".join("d" * depth)
        given = made((file(path + "/x", b"deep"), file("d/y", b"high")))
        files = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, files[1]))
        try:
            done = out(given, tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, files)
        assert (done.files, done.folders) == (2, depth + 1)
        at = os.open(tmp_path / "rootfs", os.O_RDONLY)
        for _ in range(depth):
            below = os.open("d", os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = below
        found = os.open("x", os.O_RDONLY, dir_fd=at)
        assert os.read(found, 9) == b"deep"
        os.close(found)
        os.close(at)
        # What Python and pytest have for this is recursive.
        subprocess.run(["rm", "-rf", tmp_path / "rootfs"], check=True)

    def test_a_link_planted_meanwhile(self, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        given = made((directory("d/e"), file("d/e/x", b"1"), directory("y"), file("y/z", b"2")))

        def plant(_: int) -> None:
            place = tmp_path / "in/rootfs/d"
            if not place.is_symlink():
                place.rename(tmp_path / "aside")
                place.symlink_to(outside)

        given.before = plant
        with _no_open_folders():
            done = out(given, tmp_path / "in")
        assert list(outside.iterdir()) == []
        assert [skipped.path for skipped in done.skipped] == [b"d/e/x"]
        assert "replaced" in done.skipped[0].why
        assert (tmp_path / "in/rootfs/y/z").read_bytes() == b"2"

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_a_link_in_the_place_of_a_file(self, overwrite: bool, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"mine")
        given = made((file("x", b"evil"), hardlink("x2", "x"), file("z", b"z")))

        def plant(_: int) -> None:
            for name in ("x", "x2"):
                place = tmp_path / "in/rootfs" / name
                if not place.exists():
                    place.symlink_to(victim)

        given.before = plant
        done = out(given, tmp_path / "in", overwrite=overwrite)
        assert victim.read_bytes() == b"mine"
        assert done.skipped_count == (0 if overwrite else 2)
        assert not list(tmp_path.rglob(".layerlens*"))


@contextmanager
def _no_open_folders() -> Iterator[None]:
    """Each folder is opened anew from the top, however recently it was used."""
    patch = pytest.MonkeyPatch()
    patch.setattr(target, "OPEN_FOLDERS", 1)
    try:
        yield
    finally:
        patch.undo()


class TestTarget:
    def test_nothing_that_exists_is_touched(self, tmp_path: Path) -> None:
        given = made(*LAYERS)
        (tmp_path / "app").mkdir()
        (tmp_path / "app/run").write_bytes(b"mine")
        for path in ("app", "app/run"):
            folder = tmp_path if path == "app" else tmp_path / "app"
            with pytest.raises(UsageError, match="is there already"):
                out(given, folder, path)
        assert tree(tmp_path) == {"app": "/", "app/run": "mine"}
        (tmp_path / "top").symlink_to("nowhere")
        with pytest.raises(UsageError, match="is there already"):
            out(given, tmp_path, "top")

    def test_overwrite(self, tmp_path: Path) -> None:
        given = made(*LAYERS)
        outside = tmp_path / "outside"
        outside.mkdir()
        folder = tmp_path / "in"
        (folder / "app/d/up").mkdir(parents=True)
        (folder / "app/run").write_bytes(b"mine")
        (folder / "app/kept").write_bytes(b"kept")
        (folder / "app/old").mkdir()
        done = out(given, folder, "app", 0, overwrite=True)
        assert (folder / "app/run").read_bytes() == b"#!run"
        assert (folder / "app/kept").read_bytes() == b"kept"
        assert {skipped.path for skipped in done.skipped} == {b"app/old", b"app/d/up"}
        (folder / "app/run").unlink()
        (folder / "app/run").symlink_to(outside / "x")
        out(given, folder, "app", overwrite=True)
        assert (folder / "app/run").read_bytes() == b"#!run"
        assert list(outside.iterdir()) == []

    def test_overwrite_does_not_follow_a_link_to_a_folder(self, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (tmp_path / "in").mkdir()
        (tmp_path / "in/app").symlink_to(outside)
        done = out(made(*LAYERS), tmp_path / "in", "app", overwrite=True)
        assert list(outside.iterdir()) == []
        assert done.files == 0

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        for into in (tmp_path / "no/such", tmp_path / "file"):
            (tmp_path / "file").write_bytes(b"")
            with pytest.raises(UsageError, match="cannot write"):
                out(made(*LAYERS), into, "app")

    def test_space(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        given = made(*LAYERS)
        with pytest.raises(UsageError, match="the limit is 5"):
            out(given, tmp_path, limit=5)
        out(given, tmp_path, limit=6)
        full = shutil.disk_usage(tmp_path)._replace(free=5)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
        with pytest.raises(UsageError, match="5 bytes are free"):
            out(given, tmp_path / "2")
        assert tree(tmp_path / "2") == {}

    def test_a_disk_that_fills_up(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: Any) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(UsageError, match="No space left"):
            out(made(*LAYERS), tmp_path)
        assert not [place for place in tmp_path.rglob("*") if place.is_file()]

    def test_no_part_of_a_file_stays(self, tmp_path: Path) -> None:
        given = made(*LAYERS)
        version = given.fs.live[b"app/run"]
        given.broken.add(version)
        with pytest.raises(Interrupted):
            out(given, tmp_path)
        assert tree(tmp_path / "rootfs") == {"app": "/", "top": "t"}

    def test_contents_that_are_longer_than_announced(self, tmp_path: Path) -> None:
        given = made(*LAYERS)
        given.data[given.fs.live[b"app/run"]] += b"more"
        with pytest.raises(UsageError, match="longer than"):
            out(given, tmp_path, "app")
        assert tree(tmp_path) == {"app": "/"}

    def test_odd_times(self, tmp_path: Path) -> None:
        members = (file("a", b"1", pax=[("mtime", "99999999999999999")]), file("b", mtime=1 << 32))
        given = made(members)
        assert out(given, tmp_path).files == 2

    def test_many_skipped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_TOLD", 2)
        done = out(made(tuple(fifo(f"p{k}") for k in range(5))), tmp_path)
        assert (len(done.skipped), done.skipped_count) == (2, 5)


def test_an_empty_image(tmp_path: Path) -> None:
    given = Given(stacked(LayerTable()))
    assert out(given, tmp_path).files == 0
    assert tree(tmp_path) == {"rootfs": "/"}
