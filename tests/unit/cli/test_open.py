"""``--save``, ``layerlens open``, and saved analyses in place of images, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerlens.cli import main as cli
from layerlens.cli.options import SUBCOMMANDS
from layerlens.progress import silent
from layerlens.saved.sniff import MAGIC
from layerlens.tui.reading import Reader
from layerlens.tui.settings import Settings
from tests.builders import Image, file, gzipped, layer
from tests.unit.cli.running import layerlens, line
from tests.unit.cli.test_build import BUILT, program
from tests.unit.cli.test_build import IMAGE as BUILT_IMAGE
from tests.unit.cli.test_packages import IMAGE
from tests.unit.sources.fake_engine import Engine, serving


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return IMAGE.save_legacy(tmp_path / "image.tar")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A saved analysis of the image."""
    folder = tmp_path_factory.mktemp("good")
    image = IMAGE.save_legacy(folder / "image.tar")
    result = layerlens(image, "--save", folder / "x")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    return (folder / "x").read_bytes()


@pytest.fixture
def kept(good: bytes, tmp_path: Path) -> Path:
    """A saved analysis of an image that is no longer there."""
    path = tmp_path / "kept.lls"
    path.write_bytes(good)
    return path


class Run:
    """Runs the command line in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def fails(self, code: int, *arguments: object) -> str:
        """The one line of an error."""
        self._capsys.readouterr()
        assert cli.main([*map(str, arguments)]) == code
        found = self._capsys.readouterr()
        (shown,) = found.err.splitlines()
        assert (found.out, shown[:11]) == ("", "layerlens: ")
        return shown


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


def test_every_output_is_that_of_the_image(archive: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.lls"
    commands: list[list[object]] = [
        ["--json", "-"],
        ["--text", "--color", "always"],
        ["--sbom", "-"],
    ]
    listings: list[list[object]] = [
        ["files", "--format", "ndjson", "--layer", "1"], ["packages", "--changes"],
    ]  # fmt: skip
    assert layerlens(archive, "--save", kept).returncode == 0
    fresh = [layerlens(archive, *each).stdout for each in commands]
    fresh += [layerlens(name, archive, *rest).stdout for name, *rest in listings]
    archive.unlink()
    assert [layerlens("open", kept, *each).stdout for each in commands] == fresh[: len(commands)]
    assert [layerlens(kept, *each).stdout for each in commands] == fresh[: len(commands)]
    found = [layerlens(name, kept, *rest).stdout for name, *rest in listings]
    assert found == fresh[len(commands) :]
    assert all(fresh)


def test_several_outputs_in_one_run(archive: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out"
    with out.open("wb") as stdout:
        result = layerlens(
            archive,
            "--save",
            "-",
            "--json",
            tmp_path / "x.json",
            capture_output=False,
            stdout=stdout,
        )
    assert result.returncode == 0
    assert out.read_bytes().startswith(MAGIC)
    with out.open("rb") as stdin:
        piped = layerlens("open", "-", "--json", "-", stdin=stdin)
    assert piped.returncode == 0, piped.stderr
    assert piped.stdout == (tmp_path / "x.json").read_text()
    run.fails(2, archive, "--save", "-", "--text")
    run.fails(2, archive, "--save", "-", "--json", "-")


def test_findings_that_are_remembered_come_with_their_packages(tmp_path: Path) -> None:
    """The cache knows findings, and no packages: these are read again."""
    path = tmp_path / "image.tar"
    IMAGE.oci_archive(path, "gzip")
    cache = ("--cache-dir", tmp_path / "cache")
    for _ in range(2):
        assert layerlens(path, "--json", "/dev/null", *cache).returncode == 0
    assert layerlens(path, "--save", tmp_path / "x", *cache).returncode == 0
    assert "curl" in layerlens("packages", tmp_path / "x").stdout


def test_when_it_was_saved_is_told_to_those_who_ask(kept: Path) -> None:
    assert layerlens("open", kept).stderr == ""
    told = layerlens("open", kept, "--verbose").stderr
    assert "layerlens: saved at 20" in told
    assert " UTC" in told


def test_without_findings(archive: Path, tmp_path: Path, run: Run) -> None:
    kept = tmp_path / "bare"
    assert layerlens(archive, "--save", kept, "--no-findings").returncode == 0
    fresh = layerlens(archive, "--no-findings", "--json", "-").stdout
    assert layerlens("open", kept, "--json", "-").stdout == fresh
    for arguments in (["packages", kept], ["open", kept, "--sbom", tmp_path / "x.json"]):
        assert "--no-findings" in run.fails(2, *arguments)
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize(
    "option",
    [["--base", "x"], ["--no-findings"], ["--platform", "linux/arm64"], ["--semantics", "spec"],
     ["--verify"], ["--no-verify"], ["--image", "@1"], ["--via", "store"], ["--save", "other"],
     ["--dockerfile", "D"], ["--max-layer-size", "1GB"]],
    ids=lambda option: option[0],
)  # fmt: skip
def test_options_that_need_the_image(
    option: list[str], kept: Path, tmp_path: Path, run: Run
) -> None:
    shown = run.fails(2, kept, *option, "--json", tmp_path / "x.json")
    assert f"{option[0]} needs the image" in shown
    assert not (tmp_path / "x.json").exists()


class TestBadFiles:
    def test_no_such_file(self, tmp_path: Path) -> None:
        shown = line(layerlens("open", tmp_path / "none"), 3)
        assert shown.endswith("none: cannot read: No such file or directory")

    def test_an_image_and_a_report(self, archive: Path, tmp_path: Path, run: Run) -> None:
        report = tmp_path / "x.json"
        report.write_text("{}")
        for path in (archive, report):
            shown = run.fails(3, "open", path)
            assert "is not a saved analysis; layerlens IMAGE --save FILE writes one" in shown

    def test_damaged(self, kept: Path, good: bytes, run: Run) -> None:
        for data, told in (
            (good[:-9], "incomplete"), (good[:-1] + b"\0\0", "damaged"),
            (good[:8] + b"\xff\xff" + good[10:], "newer"),
        ):  # fmt: skip
            kept.write_bytes(data)
            for arguments in (
                ["open", kept],
                [kept, "--text"],
                ["files", kept],
                ["packages", kept],
            ):
                assert told in run.fails(3, *arguments)

    def test_words(self, kept: Path, run: Run) -> None:
        run.fails(2, "open")
        run.fails(2, "open", kept, kept)
        run.fails(2, "open", kept, "--save", "x")
        run.fails(2, "open", kept, "--json", "/nonexistent/x")
        assert "open" in SUBCOMMANDS
        assert "--sbom" in layerlens("open", "--help").stdout


class TestWriting:
    def test_targets_are_checked_before_the_image_is_read(self, tmp_path: Path, run: Run) -> None:
        for target in (tmp_path, tmp_path / "none" / "x", ""):
            run.fails(2, "nothing.tar", "--save", target)
        assert list(tmp_path.iterdir()) == []

    def test_the_old_file_survives_a_bad_image(
        self, archive: Path, kept: Path, good: bytes, run: Run
    ) -> None:
        archive.write_bytes(archive.read_bytes()[:3000])
        run.fails(3, archive, "--save", kept)
        assert kept.read_bytes() == good

    def test_a_built_image(self, tmp_path: Path) -> None:
        programs = tmp_path / "bin"
        program(programs, "docker", BUILT)
        export = BUILT_IMAGE.save_legacy(tmp_path / "x.tar").read_bytes()
        with serving(Engine(BUILT_IMAGE, export)) as engine:
            env = {"DOCKER_HOST": engine.host, "PATH": f"{programs}:/usr/bin:/bin"}
            result = layerlens("build", "--save", tmp_path / "x", "--", ".", env=env)
        assert result.returncode == 0, result.stderr
        found = json.loads(layerlens("open", tmp_path / "x", "--json", "-").stdout)
        assert found["image"]["tags"] == ["demo:1"]


class TestTerminal:
    """On a terminal a saved analysis opens the UI; an output of it does not."""

    def opened(self, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, list[str]]:
        titles: list[str] = []

        def run_app(reader: Reader, title: str, settings: Settings) -> list[str]:
            assert settings.keys == "default"
            titles.append(f"{title}: {reader.read(silent).analysis.image.tags[0]}")
            return []

        monkeypatch.setattr("layerlens.tui.app.run_app", run_app)
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        return cli.main(arguments), titles

    @pytest.mark.parametrize("command", [["open"], []])
    def test_the_ui(self, command: list[str], kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        code, titles = self.opened(monkeypatch, *command, str(kept))
        assert (code, titles) == (0, [f"{kept}: example:1"])

    def test_no_bytes_on_a_terminal(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, titles = self.opened(monkeypatch, str(archive), "--save", "-")
        assert (code, titles) == (2, [])
        assert "no text" in capsys.readouterr().err

    def test_saving_is_an_output(
        self, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code, titles = self.opened(monkeypatch, str(archive), "--save", str(tmp_path / "x"))
        assert (code, titles) == (0, [])
        assert (tmp_path / "x").read_bytes().startswith(MAGIC)


def test_a_stream_is_saved_with_its_hashes(tmp_path: Path) -> None:
    image = Image([layer(file("a", b"x" * 900)), layer(file("a", b"x" * 900, mode=0o600))])
    data = gzipped(image.save_legacy(tmp_path / "x.tar").read_bytes())
    result = layerlens("-", "--save", tmp_path / "x", input=data, text=False)
    assert result.returncode == 0, result.stderr
    found = json.loads(layerlens(tmp_path / "x", "--json", "-").stdout)
    assert [row["cause"] for row in found["waste"]] == ["metadata"]
