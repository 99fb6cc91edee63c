"""Records on disk: whole or not there, in bounds, and never a reason to fail."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerlens.cache import files as module
from layerlens.cache.envelope import VERSION_NAME
from layerlens.cache.files import Files
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[3]


def name(k: int) -> str:
    return f"{k:064x}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def made(folder: Path, limit: int = 1 << 20) -> Files:
    return Files(str(folder), limit)


def age(folder: Path, kind: str, k: int, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(folder / VERSION_NAME / kind / name(k), (then, then))


def temporary(folder: Path) -> list[Path]:
    return list((folder / VERSION_NAME / "tmp").iterdir())


class TestOneRecord:
    def test_written_and_read(self, folder: Path) -> None:
        files = made(folder)
        assert files.read("layers", name(1)) is None
        assert files.write("layers", name(1), b"one")
        assert files.read("layers", name(1)) == b"one"
        assert made(folder).read("layers", name(1)) == b"one"
        assert files.read("blobs", name(1)) is None
        assert files.problems == []
        assert temporary(folder) == []

    def test_empty(self, folder: Path) -> None:
        files = made(folder)
        assert files.write("layers", name(1), b"")
        assert files.read("layers", name(1)) == b""

    def test_new_only(self, folder: Path) -> None:
        files = made(folder)
        assert files.write("layers", name(1), b"one", new=True)
        assert not files.write("layers", name(1), b"two", new=True)
        assert files.read("layers", name(1)) == b"one"
        assert files.write("layers", name(1), b"two")
        assert files.read("layers", name(1)) == b"two"
        assert temporary(folder) == []

    def test_a_file_system_without_hard_links(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def link(*_: str) -> None:
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", link)
        files = made(folder)
        assert files.write("layers", name(1), b"one", new=True)
        assert files.read("layers", name(1)) == b"one"
        assert temporary(folder) == []

    def test_only_the_user_may_look(self, folder: Path) -> None:
        before = os.umask(0)
        try:
            made(folder).write("layers", name(1), b"one")
        finally:
            os.umask(before)
        for path in (folder, folder / VERSION_NAME, folder / VERSION_NAME / "layers"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / VERSION_NAME / "layers" / name(1)).stat().st_mode) == 0o600

    def test_backup_programs_are_told(self, folder: Path) -> None:
        made(folder).write("layers", name(1), b"one")
        assert (
            (folder / "CACHEDIR.TAG")
            .read_bytes()
            .startswith(b"Signature: 8a477f597d28d172789f06886806bc55")
        )

    def test_use_is_noted_once_an_hour(self, folder: Path) -> None:
        files = made(folder)
        files.write("layers", name(1), b"one")
        path = folder / VERSION_NAME / "layers" / name(1)
        age(folder, "layers", 1, 3000)
        before = path.stat().st_mtime
        files.read("layers", name(1))
        assert path.stat().st_mtime == before
        age(folder, "layers", 1, 4000)
        before = path.stat().st_mtime
        files.read("layers", name(1))
        assert path.stat().st_mtime >= before + 3600

    def test_a_pipe_in_its_place(self, folder: Path) -> None:
        files = made(folder)
        files.write("layers", name(1), b"one")
        os.mkfifo(folder / VERSION_NAME / "layers" / name(2))
        assert files.read("layers", name(2)) is None


class TestProblems:
    def told(self, files: Files, words: str) -> None:
        for k in range(3):
            assert not files.write("layers", name(k), b"x" * 100)
        assert files.read("layers", name(1)) is None
        (problem,) = files.problems
        assert words in problem
        assert files.directory in problem

    def test_a_file_where_the_directory_should_be(self, folder: Path) -> None:
        folder.write_bytes(b"")
        self.told(made(folder), "File exists")

    def test_below_a_file(self, folder: Path) -> None:
        folder.write_bytes(b"")
        self.told(made(folder / "deeper"), "Not a directory")

    def test_a_link_where_the_records_should_be(self, folder: Path) -> None:
        (folder / "elsewhere").mkdir(parents=True)
        (folder / VERSION_NAME).symlink_to("elsewhere")
        self.told(made(folder), "is no directory")
        assert list((folder / "elsewhere").iterdir()) == []

    def test_a_full_disk(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def write(*_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", write)
        self.told(made(folder), "No space left")
        monkeypatch.undo()
        assert list((folder / VERSION_NAME).glob("*/*")) == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
    def test_a_disk_that_fills_up(self, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        options = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)]
        if subprocess.run(options, check=False, capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")
        try:
            files = made(disk / "cache")
            done = [files.write("layers", name(k), bytes(60_000)) for k in range(6)]
            assert done[0]
            assert not done[-1]
            assert len(files.problems) == 1
            assert "No space left" in files.problems[0]
            assert files.read("layers", name(0)) == bytes(60_000)
            assert files.read("layers", name(5)) is None
            assert temporary(disk / "cache") == []
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def test_a_directory_that_cannot_be_written(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made(folder).write("layers", name(7), b"old")
        opened = os.open

        def refuse(path: str, flags: int, mode: int = 0o777) -> int:
            if flags & os.O_CREAT:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            return opened(path, flags, mode)

        monkeypatch.setattr(os, "open", refuse)
        files = made(folder)
        self.told(files, "Read-only file system")
        assert files.read("layers", name(7)) == b"old"

    @pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
    def test_others_may_write(self, folder: Path, mode: int) -> None:
        made(folder).write("layers", name(1), b"one")
        (folder / VERSION_NAME).chmod(mode)
        self.told(made(folder), "can be written by other users")

    def test_anothers_directory(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made(folder).write("layers", name(1), b"one")
        mine = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
        self.told(made(folder), "belongs to another user")

    def test_a_record_beyond_the_bound_is_not_kept(self, folder: Path) -> None:
        files = made(folder, 100)
        assert not files.write("layers", name(1), bytes(101))
        assert files.write("layers", name(1), bytes(90))


class TestBound:
    def test_the_longest_unused_go_first(self, folder: Path) -> None:
        files = made(folder, 1000)
        for k in range(9):
            files.write("layers", name(k), bytes(100))
            age(folder, "layers", k, 50_000 - k)
        assert files.read("layers", name(0))  # used again
        files.write("blobs", name(100), bytes(300))
        left = {int(Path(each.path).name, 16) for each in files.stored()}
        # 1200 bytes; down to 900: three records, of which the first is not one.
        assert left == {0, 4, 5, 6, 7, 8, 100}

    def test_others_versions_count_and_go(self, folder: Path) -> None:
        files = made(folder, 1000)
        other = folder / "v0-big" / "tables"
        other.mkdir(parents=True)
        (other / name(1)).write_bytes(bytes(800))
        os.utime(other / name(1), (1, 1))
        files.write("layers", name(2), bytes(300))
        assert [int(Path(each.path).name, 16) for each in files.stored()] == [2]

    def test_one_walk_per_process(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files = made(folder)
        walks = []
        stored = files.stored

        def counted() -> Iterator[module.StoredFile]:
            walks.append(1)
            return stored()

        monkeypatch.setattr(files, "stored", counted)
        for k in range(50):
            files.write("layers", name(k), bytes(1000))
        assert len(walks) == 1

    def test_what_earlier_processes_wrote_counts(self, folder: Path) -> None:
        for k in range(5):
            made(folder, 1000).write("layers", name(k), bytes(400))
        assert sum(each.size for each in made(folder).stored()) <= 1000

    def test_leftovers_are_swept_when_old(self, folder: Path) -> None:
        made(folder).write("layers", name(1), b"one")
        for word, seconds in (("old", 4000), ("fresh", 10)):
            path = folder / VERSION_NAME / "tmp" / word
            path.write_bytes(b"half")
            os.utime(path, (time.time() - seconds,) * 2)
        made(folder).write("layers", name(2), b"two")
        assert [path.name for path in temporary(folder)] == ["fresh"]


class TestClear:
    def test_everything_of_ours_and_nothing_else(self, folder: Path) -> None:
        files = made(folder)
        files.write("layers", name(1), bytes(10))
        files.write("blobs", name(2), bytes(20))
        (folder / "v0-big" / "x").mkdir(parents=True)
        (folder / "v0-big" / "x" / name(3)).write_bytes(bytes(5))
        (folder / VERSION_NAME / "tmp" / "left").write_bytes(b"")
        others = ["precious", "v2-draft/layers/" + name(4), f"{VERSION_NAME}/layers/notes.txt",
                  f"{VERSION_NAME}/README", "docs/layers/" + name(5)]  # fmt: skip
        for other in others:
            path = folder / other
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"mine")
        assert files.clear() == (3, 35)
        assert list(files.stored()) == []
        left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert left == {*others, "CACHEDIR.TAG"}
        assert files.write("layers", name(1), b"again")
        assert files.read("layers", name(1)) == b"again"

    def test_nothing_there(self, folder: Path) -> None:
        assert made(folder).clear() == (0, 0)
        assert not folder.exists()

    def test_a_writer_goes_on(self, folder: Path) -> None:
        writer = made(folder)
        writer.write("layers", name(1), b"one")
        made(folder).clear()
        assert writer.read("layers", name(1)) is None
        assert writer.write("layers", name(1), b"one")
        assert writer.problems == []

    def test_readers_and_writers_meanwhile(self, folder: Path) -> None:
        files = made(folder, 20_000)
        wrong: list[object] = []

        def use(k: int) -> None:
            other = made(folder, 20_000)
            for _ in range(40):
                data = bytes([k]) * 3000
                other.write("layers", name(k), data)
                found = other.read("layers", name(k))
                if found not in (None, data):
                    wrong.append(found)
            wrong.extend(other.problems)

        threads = [threading.Thread(target=use, args=(k,)) for k in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            files.clear()
        for thread in threads:
            thread.join()
        assert wrong == []


WRITER = """
import sys
from layerlens.cache.files import Files
files = Files(sys.argv[1], 1 << 22)
print("ready", flush=True)
k = 0
while True:
    k += 1
    files.write("layers", f"{k % 20:064x}", bytes([k % 20]) * (200_000 + k % 20))
    if files.problems or len(sys.argv) > 2 and k == 300:
        sys.exit(files.problems or 0)
"""


def start(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), *more],
        stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


class TestProcesses:
    def all_whole(self, folder: Path) -> int:
        count = 0
        files = made(folder)
        for k in range(20):
            data = files.read("layers", name(k))
            if data is not None:
                count += 1
                assert data == bytes([k]) * (200_000 + k)
        return count

    def test_two_fill_one_cache(self, folder: Path) -> None:
        writers = [start(folder, "some") for _ in range(2)]
        for writer in writers:
            writer.communicate(timeout=60)
            assert writer.returncode == 0
        assert self.all_whole(folder) >= 15
        assert temporary(folder) == []
        assert sum(each.size for each in made(folder).stored()) <= 1 << 22

    def test_killed_in_the_middle(self, folder: Path) -> None:
        for k in range(4):
            writer = start(folder)
            assert writer.stdout is not None
            try:
                writer.stdout.readline()
                until(lambda: any(True for _ in made(folder).stored()))
                time.sleep(0.15 + 0.037 * k)
            finally:
                writer.kill()
                writer.wait()
                writer.stdout.close()
        assert self.all_whole(folder)
        for path in temporary(folder):
            os.utime(path, (1, 1))
        made(folder).write("layers", name(1), bytes([1]) * 200_001)
        assert temporary(folder) == []
