"""What a step of GitHub Actions hears, through the command line."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path

import pytest

from layerlens.cli.github import step_of
from layerlens.cli.main import main
from layerlens.cli.runner_log import exact, guard_log, write_commands
from layerlens.errors import UsageError
from layerlens.outputs.github import SUMMARY_BYTES
from tests.builders import Image, file, layer, whiteout
from tests.unit.cli.running import layerlens
from tests.unit.outputs.test_runner_log import obeyed

LONG = b"x/" * 60
IMAGE = Image(
    [
        layer(file("cache", b"1" * 9_000_000), *(file(name, b"x" * 99) for name in (
            b"::error::a", LONG + b" ::stop-commands::t", b"a ##[add-mask]x", b"\xe2\x80\x8d::debug::y",
        ))),
        layer(whiteout("cache"), file(b"::error::a", b"y" * 99)),
    ],
    ["RUN " + "a" * 80 + " ::error::one ##[error]two", "RUN rm /cache"],
    tag="::error::tag:1",
)  # fmt: skip
"""Nine megabytes that are deleted again, and names that a runner would obey."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return IMAGE.save_25(tmp_path_factory.mktemp("in") / "wasteful.tar")


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A step's variables; gives the folder with its files."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (tmp_path / "summary").write_text("before\n")
    return tmp_path


def given(**changes: object) -> argparse.Namespace:
    usual = {"ci": False, "annotations": "auto", "github_summary": None}
    return argparse.Namespace(**{**usual, **changes})


def test_a_gate_tells_the_step(
    archive: Path, step: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    dockerfile = step / "docker" / "Dockerfile"
    dockerfile.parent.mkdir()
    dockerfile.write_text("FROM scratch\nRUN make-cache\nRUN rm /cache\n")
    assert main([str(archive), "--ci", "--dockerfile", str(dockerfile), "--no-cache"]) == 1
    errors = capfdbinary.readouterr().err.decode().splitlines()
    commands = [line for line in errors if line.startswith("::")]
    assert commands
    assert len(commands) <= 10
    assert commands[0].startswith("::error file=docker/Dockerfile,line=3,title=LayerLens%3A gate/")
    assert any("title=LayerLens%3A root-user" in line for line in commands)
    summary = (step / "summary").read_text()
    assert summary.startswith("before\n<!-- layerlens:")
    assert "❌ LayerLens" in summary
    output = (step / "output").read_text().split("\n")
    assert output[0].startswith("passed<<layerlens_")
    assert output[1] == "false"
    assert output[0].partition("<<")[2] == output[2]
    assert output[output.index(output[0].replace("passed", "wasted_bytes")) + 1] == "9000099"


def test_without_a_gate_nothing_is_told(
    archive: Path, step: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([str(archive), "--text", "--no-cache"]) == 0
    assert (step / "summary").read_text() == "before\n"
    assert not (step / "output").exists()
    assert b"::warning" not in capfdbinary.readouterr().err


def test_flags_say_otherwise(
    archive: Path, step: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    off = ["--annotations", "none", "--no-github-summary"]
    assert main([str(archive), "--ci", "--exit-zero", "--no-cache", *off]) == 0
    assert (step / "summary").read_text() == "before\n"
    assert not any(line.startswith(b"::") for line in capfdbinary.readouterr().err.splitlines())
    on = ["--annotations", "github", "--github-summary"]
    assert main([str(archive), "--no-cache", *on]) == 0
    assert "LayerLens" in (step / "summary").read_text()
    assert any(line.startswith(b"::warning ") for line in capfdbinary.readouterr().err.splitlines())


def test_what_was_asked_for_and_what_is_usual() -> None:
    runner = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s", "GITHUB_OUTPUT": "o"}
    step = step_of(given(ci=True), runner)
    assert (step.annotations, step.summary, step.output) == (True, "s", "o")
    step = step_of(given(), runner)
    assert (step.annotations, step.summary, step.output) == (False, None, None)
    step = step_of(given(ci=True), {})
    assert (step.annotations, step.summary, step.output) == (False, None, None)
    step = step_of(given(annotations="github"), {})
    assert step.annotations
    with pytest.raises(UsageError, match="GITHUB_STEP_SUMMARY, which is not set"):
        step_of(given(github_summary=True), {})


def test_a_full_summary_is_left_alone(
    archive: Path, step: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    full = step / "summary"
    full.write_bytes(b"x" * (SUMMARY_BYTES - 10))
    assert main([str(archive), "--ci", "--no-cache", "--exit-zero"]) == 0
    assert full.stat().st_size == SUMMARY_BYTES - 10
    assert "the step's summary is full" in capfd.readouterr().err


def test_a_summary_that_cannot_be_written(
    archive: Path, step: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step / "missing" / "summary"))
    assert main([str(archive), "--ci", "--no-cache", "--annotations", "none"]) == 2
    assert "missing/summary: cannot write" in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--ci", "--annotations", "none"],
        ["--text"],
        ["--json", "-"],
        ["--csv", "-"],
        ["--markdown", "-"],
    ],
)
def test_no_image_commands_a_runner(arguments: list[str], archive: Path) -> None:
    result = layerlens(archive, *arguments, "--no-cache", env={"GITHUB_ACTIONS": "true"})
    assert result.returncode in (0, 1), result.stderr
    assert not obeyed(result.stdout)
    assert not obeyed(result.stderr)
    assert "debug" in result.stdout or "rm /cache" in result.stdout
    if "--json" in arguments:
        paths = [row["path"] for row in json.loads(result.stdout)["waste"]]
        assert "::error::a" in paths


class TestGuard:
    """Streams as a process has them."""

    def streams(self, monkeypatch: pytest.MonkeyPatch) -> tuple[io.BytesIO, io.BytesIO]:
        found = io.BytesIO(), io.BytesIO()
        for name, behind in zip(("stdout", "stderr"), found, strict=True):
            stream = io.TextIOWrapper(behind, "utf-8", line_buffering=name == "stderr")
            monkeypatch.setattr(sys, name, stream)
        return found

    @pytest.mark.parametrize("name", ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"])
    def test_text_and_bytes_pass_harmlessly(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        streams = self.streams(monkeypatch)
        guard_log({name: "true"})
        sys.stdout.write("a\n:")
        sys.stdout.flush()
        sys.stdout.buffer.write(b":error::x\n")
        sys.stdout.flush()
        assert streams[0].getvalue() == b"a\n:\\u003aerror::x\n"

    def test_elsewhere_nothing_changes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        streams = self.streams(monkeypatch)
        before = sys.stdout
        guard_log({})
        assert sys.stdout is before
        write_commands(["::error::ours"])
        assert streams[1].getvalue() == b"::error::ours\n"

    def test_what_is_no_text_and_what_is_ours_pass_as_they_are(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        streams = self.streams(monkeypatch)
        guard_log({"GITHUB_ACTIONS": "true"})
        sys.stdout.write("first\n")
        exact(sys.stdout).write(b"\x00##[x")
        assert streams[0].getvalue() == b"first\n\x00##[x"
        sys.stderr.write("::error::theirs\n")
        write_commands(["::error::ours"])
        assert streams[1].getvalue() == b":\\u003aerror::theirs\n::error::ours\n"

    def test_files_stay_as_they_are(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with (tmp_path / "out").open("w") as stream:
            monkeypatch.setattr(sys, "stdout", stream)
            guard_log({"GITHUB_ACTIONS": "true"})
            assert sys.stdout is stream
