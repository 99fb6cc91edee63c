"""``layerlens extract``: what it writes, says, and ends with."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from layerlens.cli.main import main
from tests.archives import Image
from tests.members import directory, fifo, file, layer, symlink, whiteout
from tests.unit.cli.running import layerlens, line

IMAGE = Image(
    [
        layer(
            directory("etc"), file("etc/name", b"one\n"), file("etc/\x1b[31mred", b"r"),
            symlink("etc/out", "/etc/passwd"), fifo("etc/pipe"), file(b"etc/\xff", b"latin"),
        ),
        layer(file("etc/name", b"two\n"), whiteout("etc/pipe"), file("bin", b"\0\xff" * 9)),
        layer(whiteout("etc/name")),
    ],
    tag="demo:1",
)  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return IMAGE.save_25(tmp_path / "image.tar")


def test_a_folder(archive: Path, tmp_path: Path) -> None:
    result = layerlens("extract", archive, "/etc", "--layer", 0, "-o", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert (tmp_path / "out/etc/name").read_bytes() == b"one\n"
    assert sorted(result.stderr.splitlines()) == [
        f"layerlens: 3 files, 10 B, in {tmp_path}/out/etc",
        "layerlens: etc/out: left out: a symbolic link that leads out of what is extracted",
        "layerlens: etc/pipe: left out: a named pipe",
    ]
    assert "\x1b" not in result.stderr
    quiet = layerlens("extract", archive, "etc", "-o", tmp_path / "quiet", "-q")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_the_current_folder_by_default(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    result = layerlens("extract", archive, "bin", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert (folder / "bin").read_bytes() == b"\0\xff" * 9
    again = layerlens("extract", archive, "bin", cwd=folder)
    assert "./bin: is there already; " in line(again, 2)
    assert layerlens("extract", archive, "bin", "--overwrite", cwd=folder).returncode == 0


def test_a_file_to_stdout(archive: Path) -> None:
    result: subprocess.CompletedProcess[Any] = layerlens(
        "extract", archive, "/bin", "-o", "-", text=False
    )
    assert result.returncode == 0
    assert [result.stdout, result.stderr] == [b"\0\xff" * 9, b""]
    deleted = layerlens("extract", archive, "etc/name", "--layer", 2, "--removed", "-o", "-")
    assert deleted.stdout == "two\n"
    before = layerlens("extract", archive, "etc/name", "--layer", 0, "-o", "-")
    assert before.stdout == "one\n"
    raw = layerlens("extract", archive, b"etc/\xff".decode("utf-8", "surrogateescape"), "-o", "-")
    assert raw.stdout == "latin"


def test_what_has_to_be_read_again_is_said(tmp_path: Path) -> None:
    path = IMAGE.oci_archive(tmp_path / "x.tar", "gzip")
    result = layerlens("extract", path, "bin", "-o", tmp_path / "out")
    first = result.stderr.splitlines()[0]
    assert first.startswith("layerlens: layer 1 is decompressed again (")


def test_stdin_has_passed(archive: Path, tmp_path: Path) -> None:
    with archive.open("rb") as stream:
        result = layerlens("extract", "-", "bin", "-o", tmp_path / "out", stdin=stream)
    assert result.returncode == 3
    assert "the contents have passed and were not kept; save" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["etc/names"], 'entry "etc/names": the image has no such path; '),
        (["etc/name"], "layer 2 removed it: give --layer 2 --removed"),
        (["bni"], "did you mean bin?"),
        (["etc", "--layer", "3"], "there is no layer 3; the layers are 0 to 2"),
        (["etc", "--removed"], "removed by which layer?"),
        (["etc", "-o", "-"], 'entry "etc": is not a regular file'),
        (["etc", "--max-size", "1B"], "the limit is 1"),
        (["etc/pipe", "--layer", "0", "-o", "."], "nothing was extracted"),
        (["etc", "-o", "/proc/nothing"], "/proc/nothing: cannot write: "),
        ([""], "the value is empty"),
        ([], "the following arguments are required: PATH"),
    ],
)
def test_wrong_usage(
    arguments: list[str],
    says: str,
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    assert main(["extract", str(archive), *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err.splitlines()[-1]
    assert "Traceback" not in told.err


def test_help_names_it() -> None:
    assert "layerlens extract IMAGE PATH" in " ".join(layerlens("--help").stdout.split())
    assert "--removed" in layerlens("extract", "--help").stdout


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    large = Image([layer(file("large", bytes(3_000_000)))]).save_25(tmp_path / "large.tar")
    result = layerlens(
        "extract", large, "large", "-o", "-", capture_output=False,
        stdout=(pipe := subprocess.Popen(["true"], stdin=subprocess.PIPE)).stdin, text=True,
    )  # fmt: skip
    pipe.communicate()
    assert result.returncode == 0
