"""Names that lead to no plain file, disks that are full, and readers that leave."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from layerlens import opening
from layerlens.cli.main import main
from layerlens.opening import open_to_read, open_to_write
from layerlens.outputs.catalogue import OUTPUTS, Output
from tests.builders import Image, file, layer
from tests.unit.cli.running import environment, line

IMAGE = Image([layer(*(file(f"file-{k}", b"x" * 99) for k in range(3000)))])
"""The names of its files alone are more than a pipe holds."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return IMAGE.save_25(tmp_path_factory.mktemp("in") / "image.tar")


@pytest.fixture
def fifo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pipe that nobody has open, and that nobody is waited for."""
    monkeypatch.setattr(opening, "PATIENCE", 0.0)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


READING = {
    "open": (["open", "{odd}"], 3),
    "report": (["report", "{odd}", "--json", "-"], 3),
    "image": (["{odd}", "--text"], 3),
    "dockerfile": (["{image}", "--dockerfile", "{odd}", "--text"], 2),
    "context": (["{image}", "--context", "{odd}", "--text"], 2),
    "baseline": (["{image}", "--ci", "--baseline", "{odd}"], 2),
    "config": (["{image}", "--config", "{odd}", "--text"], 2),
    "ci-config": (["{image}", "--ci", "--ci-config", "{odd}"], 2),
    "compose": (["fleet", "--compose", "{odd}"], 2),
    "fleet list": (["fleet", "--file", "{odd}"], 2),
    "trend list": (["trend", "--file", "{odd}"], 2),
    "vulnerabilities": (["packages", "{image}", "--vulnerabilities", "{odd}"], 2),
}
"""Each way to name a file that is read, and the exit code where it cannot be."""


def told(capfd: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    """The one line of an error."""
    assert main([*map(str, arguments)]) == code
    shown = capfd.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1, shown.err
    assert shown.err.startswith("layerlens: ")
    return shown.err


@pytest.mark.parametrize("way", READING)
@pytest.mark.parametrize("odd", ["pipe", "/dev/zero", "terminal", "folder"])
def test_what_cannot_be_read_ends_in_one_line(
    way: str, odd: str, archive: Path, fifo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if (way, odd) == ("context", "folder"):
        return  # what is meant
    words, code = READING[way]
    leader = follower = None
    place = odd
    if odd == "pipe":
        place = str(fifo)
    elif odd == "folder":
        place = str(fifo.parent)
    elif odd == "terminal":
        leader, follower = os.openpty()
        place = os.ttyname(follower)
    try:
        shown = told(capfd, code, *(word.format(odd=place, image=archive) for word in words))
    finally:
        for fd in (leader, follower):
            if fd is not None:
                os.close(fd)
    assert place in shown
    if odd == "pipe" and way != "context":
        assert "is a pipe that nobody writes to" in shown
    if odd == "terminal" and way != "context":
        assert "is a terminal" in shown


@pytest.mark.parametrize("output", [each for each in OUTPUTS if each.option], ids=lambda o: o.name)
def test_a_pipe_that_nobody_reads_from(
    output: Output, archive: Path, fifo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flag = f"--{output.flag}"
    shown = told(capfd, 2, archive, flag, fifo)
    assert f"{fifo}: cannot write: is a pipe that nobody reads from" in shown


def test_files_of_a_step_that_are_pipes(
    archive: Path, fifo: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(fifo))
    assert main([str(archive), "--ci", "--max-size", "1GB", "--quiet"]) == 2
    assert "nobody reads from" in capfd.readouterr().err


@pytest.mark.parametrize("data", [b"", b"a", b"b" * 200_000])
def test_a_pipe_is_read_whole(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(data))
    writer.start()
    with open_to_read(str(path)) as stream:
        assert stream.read() == data
    writer.join()


def test_a_writer_that_is_slow(tmp_path: Path) -> None:
    """It has the pipe open, and nothing to say until somebody reads."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got: list[bytes] = []

    def read() -> None:
        with open_to_read(str(path), buffered=False) as stream:
            while piece := stream.read(1):
                got.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    with path.open("wb", buffering=0) as writer:
        for each in (b"x", b"yz"):
            writer.write(each)
    reader.join()
    assert b"".join(got) == b"xyz"


def test_a_reader_that_comes_late(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    threading.Timer(0.1, reader.start).start()
    with open_to_write(str(path)) as stream:
        stream.write(b"all of it")
    reader.join()
    assert got == [b"all of it"]


@pytest.mark.parametrize("flag", ["--json", "--html", "--save"])
def test_a_disk_that_takes_no_more(flag: str, archive: Path, tmp_path: Path) -> None:
    """The limit on a file's size is a disk that is full after a few bytes."""
    out = tmp_path / "out"
    out.write_text("old")
    result = subprocess.run(
        [sys.executable, "-m", "layerlens", archive, flag, out, "--no-cache"],
        env=environment(), capture_output=True, text=True, timeout=120, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16)),
    )  # fmt: skip
    assert "cannot write: File too large" in line(result, 2)
    assert out.read_text() == "old"
    assert [*tmp_path.iterdir()] == [out]


def left_early(*arguments: object, stderr_too: bool = False) -> int:
    """The exit code where whoever reads stdout takes one byte and leaves."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "layerlens", *map(str, arguments)],
        stdout=writer, stderr=writer if stderr_too else subprocess.PIPE, env=environment(),
    )  # fmt: skip
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    _, told = process.communicate(timeout=120)
    assert b"Broken" not in (told or b"")
    return process.returncode


def test_a_reader_that_leaves_keeps_nobody_else_from_theirs(archive: Path, tmp_path: Path) -> None:
    """Whichever of the two is written first."""
    out = tmp_path / "out.junit"
    assert left_early(archive, "--html", "-", "--json", out) == 0
    assert json.loads(out.read_text())
    out.unlink()
    assert left_early(archive, "--json", "-", "--html", out) == 0
    assert out.read_text().endswith("</html>\n")


@pytest.mark.parametrize("words", [["--text"], ["--html", "-", "--quiet"], []])
def test_a_gate_fails_whoever_reads(words: list[str], archive: Path) -> None:
    gate = ["--ci", "--max-size", "1kB"]
    assert left_early(archive, *words, *gate, stderr_too=words == []) == 1
