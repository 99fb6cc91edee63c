"""Where output goes: whole files or none, stdout for data, stderr for words, little at start."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from layerlens.cli.main import main
from layerlens.cli.output import check_writable, destination
from layerlens.cli.words import size
from layerlens.errors import FormatError, UsageError
from tests.builders import Image, directory, file, layer, symlink
from tests.unit.cli.running import environment, layerlens, line

LAYERS = [
    layer(directory("etc"), file("etc/conf", b"1" * 5000), file("\x1b[31mred", b"x")),
    layer(file("etc/conf", b"2" * 5000), symlink("../up", "t")),
]
IMAGE = Image(LAYERS, ["RUN one", "RUN \x1b[31mtwo \u202e"])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return IMAGE.save_25(folder / "good.tar")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image of more files than a pipe holds lines."""
    image = Image([layer(*(file(f"file-{k}", b"x") for k in range(5_000)))])
    return str(image.save_25(tmp_path_factory.mktemp("many") / "many.tar"))


class TestDestination:
    def test_a_new_file(self, tmp_path: Path) -> None:
        path = tmp_path / "x"
        with destination(str(path)) as stream:
            stream.write(b"new")
            assert not path.exists()
        assert path.read_bytes() == b"new"
        mask = os.umask(0)
        os.umask(mask)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
        assert list(tmp_path.iterdir()) == [path]

    def test_an_old_file_keeps_its_mode(self, tmp_path: Path) -> None:
        path = tmp_path / "x"
        path.write_bytes(b"old")
        path.chmod(0o640)
        with destination(str(path)) as stream:
            stream.write(b"new")
        assert path.read_bytes() == b"new"
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    @pytest.mark.parametrize("error", [FormatError("x"), KeyboardInterrupt(), ValueError()])
    def test_a_failure_leaves_the_old_file_and_nothing_else(
        self, error: BaseException, tmp_path: Path
    ) -> None:
        path = tmp_path / "x"
        path.write_bytes(b"old")

        def half() -> None:
            with destination(str(path)) as stream:
                stream.write(b"half")
                raise error

        with pytest.raises(type(error)):
            half()
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_full_disk(self, tmp_path: Path) -> None:
        path = tmp_path / "x"
        with pytest.raises(UsageError, match="No space left") as caught, destination(str(path)):
            raise OSError(28, "No space left on device")
        assert caught.value.where.file == str(path)
        assert list(tmp_path.iterdir()) == []

    def test_a_link_is_followed_not_replaced(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        target.write_bytes(b"old")
        link.symlink_to(target)
        with destination(str(link)) as stream:
            stream.write(b"new")
        assert link.is_symlink()
        assert target.read_bytes() == b"new"

    def test_a_device(self) -> None:
        with destination("/dev/null") as stream:
            stream.write(b"gone")
        check_writable("/dev/null")
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)

    def test_checked_before_the_image_is_read(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "none" / "x", ""):
            with pytest.raises(UsageError):
                check_writable(str(path))
        check_writable("-")
        check_writable(str(tmp_path / "x"))
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_an_unwritable_directory(self, tmp_path: Path) -> None:
        (tmp_path / "x").touch()
        tmp_path.chmod(0o500)
        try:
            for name in ("x", "y"):
                with pytest.raises(UsageError, match="permission denied"):
                    check_writable(str(tmp_path / name))
        finally:
            tmp_path.chmod(0o700)


class TestJson:
    def test_file_and_stdout_agree(self, good: Path, tmp_path: Path) -> None:
        out = tmp_path / "out.json"
        quiet = layerlens(good, "--json", out)
        assert (quiet.returncode, quiet.stdout) == (0, "")
        piped = layerlens(good, "--json", "-")
        assert piped.returncode == 0
        assert piped.stdout == out.read_text()
        found = json.loads(piped.stdout)
        assert found["image"]["size"] == 10_001
        assert sum(row["bytes"] for row in found["ledger"]) == 10_001
        assert "\x1b" not in piped.stdout

    def test_json_to_a_file_with_text(self, good: Path, tmp_path: Path) -> None:
        result = layerlens(good, "--text", "--json", tmp_path / "x.json")
        assert result.returncode == 0
        assert "example:1" in result.stdout
        assert json.loads((tmp_path / "x.json").read_text())

    @pytest.mark.parametrize("target", ["folder", "none/x.json", ""])
    def test_bad_targets(self, target: str, good: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        (out / "folder").mkdir(parents=True)
        line(layerlens(good, "--json", target, cwd=out), 2)
        assert [path.name for path in out.rglob("*")] == ["folder"]

    def test_the_old_file_survives_a_bad_image(self, good: Path, tmp_path: Path) -> None:
        out = tmp_path / "x.json"
        out.write_text("old")
        good.write_bytes(good.read_bytes()[:3000])
        line(layerlens(good, "--json", out), 3)
        assert out.read_text() == "old"

    def test_failing_in_the_middle_of_writing(
        self, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        def half(_analysis: object, stream: object, **_options: object) -> None:
            stream.write(b"half")  # type: ignore[attr-defined]
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("layerlens.outputs.json_report.write_json", half)
        out = tmp_path / "out"
        out.mkdir()
        assert main([str(good), "--json", str(out / "x.json")]) == 2
        shown = capsys.readouterr().err.splitlines()
        assert shown[-1].endswith("x.json: cannot write: No space left on device")
        assert list(out.iterdir()) == []


class TestStreams:
    def test_stdout_is_data_and_stderr_is_words(self, good: Path) -> None:
        result = layerlens(good)
        assert result.returncode == 0
        assert result.stderr.startswith("layerlens: ")  # a diagnostic on ../up
        assert len(result.stderr.splitlines()) == 1
        assert "layerlens:" not in result.stdout
        assert layerlens(good, "--quiet").stderr == ""
        verbose = layerlens(good, "--verbose").stderr
        assert "[path-above-root]" in verbose
        assert verbose.replace("\n", "").isprintable()

    def test_files_too(self, good: Path) -> None:
        result = layerlens("files", good, "--format", "ndjson", "--quiet")
        assert (result.returncode, result.stderr) == (0, "")
        rows = [json.loads(each) for each in result.stdout.splitlines()]
        assert {row["path"] for row in rows} >= {"etc", "etc/conf", "up"}

    def test_no_progress_without_a_terminal(self, good: Path) -> None:
        assert "reading" not in layerlens(good).stderr

    @pytest.mark.parametrize("arguments", [["--text"], ["--json", "-"], ["files"]])
    def test_head_takes_one_line(self, arguments: list[str], many: str) -> None:
        words = ["files", many] if arguments == ["files"] else [many, *arguments]
        command = [sys.executable, "-m", "layerlens", *words]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(timeout=60) == 0

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
    @pytest.mark.parametrize("arguments", [["--text"], ["--json", "-"], ["files"], ["--version"]])
    def test_a_full_disk_behind_stdout(self, arguments: list[str], good: Path) -> None:
        words = ["files", str(good)] if arguments == ["files"] else [str(good), *arguments]
        words = arguments if arguments == ["--version"] else words
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = layerlens(*words, "-q" if words != ["--version"] else "--version",
                               stdout=full, stderr=subprocess.PIPE, capture_output=False)  # fmt: skip
        assert "No space left" in line(result, 2)

    def test_closed_streams(self, good: Path, tmp_path: Path) -> None:
        tool = f"'{sys.executable}' -m layerlens"
        for command in (f"{tool} '{good}' >&-", f"{tool} /nonexistent.tar 2>&-",
                        f"{tool} '{good}' --json '{tmp_path}/x.json' >&- 2>&-"):  # fmt: skip
            result = subprocess.run(
                ["sh", "-c", command], env=environment(), capture_output=True, text=True,
                timeout=60, check=False,
            )  # fmt: skip
            assert result.returncode == (3 if "nonexistent" in command else 0)
            assert "Traceback" not in result.stderr
        assert json.loads((tmp_path / "x.json").read_text())

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
    def test_any_encoding(self, encoding: str, good: Path) -> None:
        for words in ((good,), ("files", good), (good, "--json", "-")):
            result = layerlens(
                *words, env={"PYTHONIOENCODING": encoding}, encoding=encoding, errors="strict"
            )
            assert result.returncode == 0, result.stderr
            assert "\x1b" not in result.stdout


class TestColour:
    def test_none_into_a_pipe(self, good: Path) -> None:
        assert "\x1b" not in layerlens(good).stdout
        assert "\x1b" not in layerlens(good, "--color", "never").stdout

    def test_always(self, good: Path) -> None:
        shown = layerlens(good, "--color", "always").stdout
        assert "\x1b[" in shown
        assert "\x1b[31mred" not in shown
        assert "\x1b[31mtwo" not in shown

    def test_no_color_rules_auto_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from layerlens.cli.looking import has_colour

        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        assert has_colour("auto", terminal=True)
        assert not has_colour("auto", terminal=False)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not has_colour("auto", terminal=True)
        assert has_colour("always", terminal=False)
        monkeypatch.setenv("NO_COLOR", "")
        monkeypatch.setenv("TERM", "dumb")
        assert not has_colour("auto", terminal=True)
        assert not has_colour("never", terminal=True)


_LOADED = """
import sys
sys.argv = ["layerlens", *{arguments!r}]
from layerlens.cli.main import main
code = main(sys.argv[1:])
assert code == 0, code
print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
"""


def modules(*arguments: str) -> set[str]:
    """What is loaded after a run."""
    # Without the measuring of coverage, which loads modules of its own.
    clean = {k: v for k, v in environment().items() if not k.startswith("COVERAGE_")}
    result = subprocess.run(
        [sys.executable, "-c", _LOADED.format(arguments=list(arguments))], env=clean,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return set(result.stderr.splitlines())


class TestStart:
    @pytest.mark.parametrize("way", ["json", "files", "ci"])
    def test_heavy_things_stay_out(self, way: str, good: Path, tmp_path: Path) -> None:
        words = {
            "json": [str(good), "--json", str(tmp_path / "x"), "-q"],
            "files": ["files", str(good), "--format", "ndjson", "-q"],
            "ci": [str(good), "--ci", "--max-size", "1GB", "-q"],
        }
        loaded = modules(*words[way])
        heavy = {
            "textual", "docker", "requests", "urllib3", "asyncio", "tarfile", "humanize", "yaml",
        }  # fmt: skip
        if way == "ci":
            heavy = heavy - {"humanize"} | {"rich.console", "difflib"}
        assert not loaded & heavy
        if way == "json":
            assert "rich" not in loaded

    def test_version_loads_next_to_nothing(self) -> None:
        loaded = {name for name in modules("--version") if name.startswith("layerlens")}
        assert loaded == {"layerlens", "layerlens.cli", "layerlens.cli.main", "layerlens.errors"}
        heavy = {"argparse", "json", "hashlib", "xxhash", "isal", "logging", "re", "subprocess"}
        assert not modules("--version") & (heavy - {"re"})

    @pytest.mark.parametrize("word", ["--version", "-V"])
    def test_version(self, word: str) -> None:
        result = layerlens(word)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith("layerlens ")


class TestGrammar:
    def test_a_subcommand_wins_over_an_image_of_its_name(self, tmp_path: Path) -> None:
        IMAGE.save_25(tmp_path / "files")
        assert "etc/conf" in layerlens("files", "files", cwd=tmp_path).stdout
        line(layerlens("files", cwd=tmp_path), 2)
        assert "example:1" in layerlens("./files", cwd=tmp_path).stdout

    @pytest.mark.parametrize(
        ("text", "value"),
        [("1B", 1), ("20MB", 20_000_000), ("1.5GiB", 3 << 29), ("2kb", 2000), (" 3 TiB ", 3 << 40)],
    )
    def test_sizes(self, text: str, value: int) -> None:
        assert size(text) == value

    def test_the_layer_limit(self, good: Path) -> None:
        path = IMAGE.oci_archive(good, "gzip")
        shown = line(layerlens(path, "--max-layer-size", "1kB"), 3)
        assert "more than 1000 bytes" in shown
        assert layerlens(path, "--max-layer-size", "1MB").returncode == 0

    def test_verify_and_no_verify(self, good: Path) -> None:
        data = good.read_bytes()
        good.write_bytes(data.replace(b"2" * 5000, b"3" * 5000))
        assert layerlens(good).returncode == 0
        assert "diff_id" in line(layerlens(good, "--verify"), 3)
        result = layerlens(good, "--no-verify", "--verbose")
        assert result.returncode == 0
