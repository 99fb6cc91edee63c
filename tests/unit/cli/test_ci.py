"""``layerlens IMAGE --ci``: what is printed where, which outputs are written, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerlens.cli.main import main
from tests.builders import Image, file, layer, whiteout
from tests.unit.cli.running import ROOT, layerlens, line

SHOP = ROOT / "sample_images" / "webshop-docker.tar"
STATUS = b"Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of one's own, and no settings of the machine's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One megabyte is dead, two are a package's."""
    image = Image(
        [
            layer(
                file("etc/os-release", b"ID=debian\n"),
                file("var/lib/dpkg/status", STATUS % b"tool"),
                file("var/lib/dpkg/info/tool.list", b"/opt/tool\n"),
                file("opt/tool", b"t" * 2_000_000),
                file("opt/gone", b"g" * 1_000_000),
            ),
            layer(whiteout("opt/gone")),
        ],
        ["ADD rootfs.tar / # buildkit", "RUN /bin/sh -c rm /opt/gone # buildkit"],
    )
    return image.save_legacy(tmp_path / "image.tar")


def test_a_failing_gate_ends_with_one_and_says_what_to_mend(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(archive), "--ci", "--highest-wasted-bytes", "100kB", "--max-size", "warn:1MB"]
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "FAIL wasted bytes 1.0 MB ≤ 100kB --highest-wasted-bytes" in " ".join(out.split())
    assert "1 file deleted in a later layer · layer 0\n" in out
    assert "/opt/gone\n" in out
    assert out.endswith("\nFAIL  1 of 2 gates failed, 1 warned\n")
    assert main([*words, "--exit-zero"]) == 0
    assert capsys.readouterr().out == out


def test_warnings_and_passes_end_with_zero(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(archive), "--ci", "--max-size", "warn:1MB", "--max-layers", "2"]) == 0
    assert capsys.readouterr().out.endswith("\nWARN  1 of 2 gates passed, 1 warned\n")


def test_the_usual_gates_count_where_nothing_is_said(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(archive), "--ci"]) == 1
    out = capsys.readouterr().out
    assert [row.split()[-1] for row in out.splitlines()[2:5]] == ["default"] * 3


def test_every_output_is_written_although_a_gate_fails(
    archive: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = inside / "report.json"
    assert main([str(archive), "--ci", "--max-layers", "0", "--json", str(report)]) == 1
    assert json.loads(report.read_bytes())["image"]["size"] == 3_000_095
    assert "FAIL  layers" in capsys.readouterr().out


def test_the_verdict_gives_way_to_data_on_stdout(archive: Path) -> None:
    result = layerlens(archive, "--ci", "--max-layers", "0", "--json", "-", cwd=archive.parent)
    assert result.returncode == 1
    assert json.loads(result.stdout)["scores"]["dead_bytes"] == 1_000_000
    assert "FAIL  2 layers, and none may be (--max-layers)" in result.stderr


def test_packages_are_known_although_findings_were_remembered(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(archive), "--ci", "--max-findings", "critical=0"]) == 0
    assert main([str(archive), "--ci", "--max-package", "tool=1MB"]) == 1
    assert "FAIL  package tool 2.0 MB is 1.0 MB over 1MB" in capsys.readouterr().out


def test_without_rules_what_needs_them_is_not_judged(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(archive), "--ci", "--no-findings", "--max-findings", "high=0"]
    assert main(words) == 1
    assert "FAIL  there was no gate that could be judged" in capsys.readouterr().out
    words += ["--max-size", "1GB"]
    assert main(words) == 0
    assert "SKIP  findings, high or worse not judged: no rules ran" in capsys.readouterr().out
    assert main([*words, "--strict"]) == 1


def test_ignores_of_the_settings_are_in_effect(
    archive: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = '[[ignore]]\npaths = ["opt/gone"]\nreason = "known"\n'
    inside.joinpath(".layerlens.toml").write_text(settings)
    assert main([str(archive), "--ci", "--highest-wasted-bytes", "0B"]) == 0
    out = capsys.readouterr().out
    assert "      opt/gone: hides 1 finding and 1.0 MB; known (.layerlens.toml)\n" in out
    inside.joinpath(".layerlens.toml").write_text(f"{settings}expires = 2020-01-01\n")
    assert main([str(archive), "--ci", "--highest-wasted-bytes", "0B"]) == 1
    assert "WARN  opt/gone: expired on 2020-01-01, so it has no effect" in capsys.readouterr().out
    assert main([str(archive), "--ci", "--max-size", "1GB", "--strict"]) == 1


def test_wrong_limits_are_told_before_the_image_is_read() -> None:
    result = layerlens("nowhere.tar", "--ci", "--max-size", "300")
    assert "has no unit" in line(result, 2)


def test_colour_is_there_where_it_is_asked_for(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(archive), "--ci", "--max-layers", "0"]
    main([*words, "--color", "always"])
    assert "\x1b[1;31mFAIL\x1b[0m" in capsys.readouterr().out
    main(words)
    assert "\x1b" not in capsys.readouterr().out


def test_a_verdict_needs_no_heavy_modules() -> None:
    """Neither rich's console nor what only the network or the terminal UI needs."""
    code = (
        "import sys; from layerlens.cli.main import main;"
        f"code = main([{str(SHOP)!r}, '--ci', '--no-cache']);"
        "heavy = {'rich.console', 'textual', 'docker', 'requests', 'jsonschema', 'difflib'};"
        "print(sorted(heavy & set(sys.modules)), code)"
    )
    import subprocess
    import sys

    from tests.unit.cli.running import environment

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True
    )
    assert result.stdout.splitlines()[-1] == "[] 1"


@pytest.mark.parametrize("command", [[], ["compare"], ["fleet"]])
def test_a_limit_without_a_gate_is_no_pass(
    archive: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    images = [str(archive)] * (2 if command else 1)
    assert main([*command, *images, "--max-size", "1kB"]) == 2
    assert capsys.readouterr() == (
        "",
        "layerlens: --max-size needs --ci; without it nothing is judged\n",
    )


def test_settings_wait_for_a_gate(archive: Path, inside: Path) -> None:
    (inside / ".layerlens.toml").write_text('[ci]\nmax-size = "1kB"\nno-root = true\n')
    assert main([str(archive), "--text"]) == 0


def test_a_limit_that_cannot_be_judged_says_which(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(archive), "--ci", "--max-size", "+5%"]) == 1
    out = capsys.readouterr().out
    assert (
        "FAIL  image size cannot be judged: there is no baseline; give one with --baseline (--max-size)"
        in out
    )


def test_dive_rules_that_fail_have_blame_and_fix(
    archive: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (inside / ".dive-ci").write_text("rules:\n  highestWastedBytes: 100kB\n")
    assert main([str(archive), "--ci", "--json", "a.json", "--junit", "a.xml"]) == 1
    out = capsys.readouterr().out
    told = out[out.index("FAIL  highestWastedBytes: ") :]
    assert "1.0 MB 1 file deleted in a later layer · layer 0\n" in told
    assert "deleted-later: ADD rootfs.tar /" in told
    (offender,) = json.loads(Path("a.json").read_text())["verdict"]["dive"]["offenders"]
    assert (offender["rule"], offender["layer"], offender["bytes"]) == (
        "deleted-later",
        0,
        1_000_000,
    )
    assert "1 file deleted in a later layer, layer 0" in Path("a.xml").read_text()


def test_too_many_layers_are_told_how_to_be_fewer(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [f"RUN /bin/sh -c make {each} # buildkit" for each in "abcd"]
    layers = [layer(file(each, b"x")) for each in "abcd"]
    image = Image(layers, runs).save_legacy(inside / "many.tar")
    assert main([str(image), "--ci", "--max-layers", "2"]) == 1
    assert "RUN make a \\\n" in capsys.readouterr().out


def test_options_that_nearly_are(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(archive), "--ci", "--max-siz", "3MB"]) == 2
    assert "did you mean --max-size?; see layerlens --help" in capsys.readouterr().err
    assert main([str(archive), "--quux"]) == 2
    assert "did you mean" not in capsys.readouterr().err


def test_what_one_finding_told_another_does_not_tell_again(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = Image(
        [layer(file("a", b"a" * 900_000)), layer(file("b", b"b")), layer(whiteout("a"))],
        [f"RUN /bin/sh -c {command} # buildkit" for command in ("make a", "make b", "rm /a")],
    ).save_legacy(inside / "runs.tar")
    assert main([str(image), "--ci", "--highest-wasted-bytes", "1kB"]) == 1
    out = capsys.readouterr().out
    assert [line.split()[:2] for line in out.splitlines() if line[:1] == " " and "kB" in line] == [
        ["900.0", "kB"]
    ]
    assert "RUN make a \\\n                 && make b \\\n" in out
