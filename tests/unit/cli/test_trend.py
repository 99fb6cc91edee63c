"""``layerlens trend``: points in order, outputs, gaps, exit codes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.cli.main import main
from tests.builders import Image, Member, file, layer

BASE = layer(file("bin/sh", b"s" * 90_000))
ADD, COPY, INSTALL = "ADD rootfs.tar /", "COPY app /app", "RUN install more"


def version(tag: str, *more: Member) -> Image:
    layers = [BASE, layer(file("app/x", b"x" * 3_000))]
    instructions = [ADD, COPY]
    if more:
        layers.append(layer(*more))
        instructions.append(INSTALL)
    return Image(layers, instructions, tag=tag)


@pytest.fixture(autouse=True)
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    version("app:1").save_25(tmp_path / "1.tar")
    version("app:2", file("opt/big", b"b" * 50_000)).containerd_save(tmp_path / "2.tar")
    version("app:3", file("opt/big", b"b" * 20_000)).save_legacy(tmp_path / "3.tar")
    return tmp_path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["trend", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_table_and_chart(run: Run) -> None:
    code, out, err = run("1.tar", "2.tar", "3.tar")
    assert (code, err) == (0, "")
    assert "+50.0 kB" in out
    assert "-30.0 kB" in out
    assert "1 to 2  +50.0 kB" in out
    assert "the largest growth" in out
    assert "added: RUN install more" in out
    assert "150.0 kB ┤" in out
    assert "2▲" in out
    assert "\x1b" not in out


def test_the_order_is_that_of_the_words(run: Run) -> None:
    code, out, _ = run("3.tar", "1.tar", "--json", "-")
    assert code == 0
    found = json.loads(out)
    assert [each["reference"] for each in found["points"]] == ["3.tar", "1.tar"]
    assert found["steps"][0]["size"] == -20_000
    assert found["largest_growth"] is None


def test_a_list(run: Run, archives: Path) -> None:
    (archives / "releases").write_text("# oldest first\n1.tar\n2.tar\n")
    code, out, _ = run("--file", "releases", "--csv", "-", "--no-findings")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["size"] for row in rows] == ["93000", "143000"]
    assert [row["size_change"] for row in rows] == ["", "50000"]
    # What would begin a formula has an apostrophe before it.
    assert rows[1]["cause"] == "'+50.0 kB by RUN install more (new)"
    assert rows[0]["findings_high"] == ""


def test_saved_analyses_are_points(run: Run, archives: Path) -> None:
    assert main(["1.tar", "--save", "1.lls"]) == 0
    (archives / "1.tar").unlink()
    code, out, err = run("1.lls", "2.tar", "--json", "-")
    assert (code, err) == (0, "")
    assert [each["size"] for each in json.loads(out)["points"]] == [93_000, 143_000]


def test_one_that_was_saved_without_findings_cannot_be_told(run: Run) -> None:
    assert main(["1.tar", "--no-findings", "--save", "1.lls"]) == 0
    code, out, err = run("1.lls", "2.tar")
    assert code == 2
    assert "--no-findings" in err
    assert "unread" in out
    assert run("1.lls", "2.tar", "--no-findings")[0] == 0


def test_gaps_are_told_and_left(run: Run) -> None:
    code, out, err = run("1.tar", "gone.tar", "2.tar", "--markdown", "-")
    assert code == 3
    assert err.startswith("layerlens: gone.tar: ")
    assert "could not be read" in out
    assert "- **1 to 2**: +50.0 kB (the largest growth)" in out
    _, out, _ = run("1.tar", "gone.tar", "2.tar")
    assert "? could not be read" in out


def test_one_point_has_no_steps(run: Run) -> None:
    code, out, _ = run("1.tar")
    assert code == 0
    assert out.splitlines()[1].endswith("1.tar")
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "which images"),
        (("--json", "-", "--text", "1.tar"), "more than one output wants stdout"),
        (("--compose", "x", "1.tar"), "unrecognized arguments"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...], what: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert what in err


def test_hostile_text_is_shown_as_text(run: Run, archives: Path) -> None:
    nasty = "RUN \x1b[31m `|` <b>@you</b>\n::set-output"
    Image([BASE, layer(file("\x1b]0;x", b"x" * 9_000))], [ADD, nasty]).save_25(archives / "n.tar")
    for form in ((), ("--markdown", "-"), ("--csv", "-"), ("--json", "-")):
        code, out, _ = run("1.tar", "n.tar", *form)
        assert code == 0
        assert all(char.isprintable() or char in "\r\n" for char in out)
        assert not any(line.lstrip().startswith("::") for line in out.splitlines())
