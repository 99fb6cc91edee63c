"""Outputs on the command line: any number in one run, of an image or saved, whatever the gate says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerlens.cli.main import main
from layerlens.outputs.catalogue import OUTPUTS, Output
from tests.builders import Image, file, layer, whiteout

DOCKERFILE = """\
FROM scratch
COPY app /app
RUN apt-get update
RUN rm -rf /var/lib/apt/lists
"""
IMAGE = Image(
    [
        layer(file("app/main", b"m" * 40_000)),
        layer(file("var/lib/apt/lists/big", b"l" * 900_000)),
        layer(whiteout("var/lib/apt/lists")),
    ],
    ["COPY app /app # buildkit", "RUN /bin/sh -c apt-get update # buildkit",
     "RUN /bin/sh -c rm -rf /var/lib/apt/lists # buildkit"],
)  # fmt: skip
FLAGGED = [output for output in OUTPUTS if output.flag]
FRESH = [output for output in FLAGGED if output.name != "saved"]
"""Those that a saved analysis can be written as."""

Run = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image, its Dockerfile, and its analysis in every form, written in one run."""
    made = tmp_path_factory.mktemp("outputs")
    IMAGE.save_25(made / "image.tar")
    (made / "Dockerfile").write_text(DOCKERFILE)
    flags = [text for each in FLAGGED for text in (f"--{each.flag}", str(made / each.name))]
    where = str(made / "Dockerfile")
    assert main([str(made / "image.tar"), "--dockerfile", where, "--quiet", *flags]) == 0
    return made


def refused(capsys: Run, *arguments: object) -> str:
    """The line of an error of usage."""
    capsys.readouterr()
    assert main([*map(str, arguments)]) == 2
    shown = capsys.readouterr()
    (line,) = shown.err.splitlines()
    assert shown.out == ""
    return line


def test_all_outputs_in_one_run(folder: Path) -> None:
    assert all((folder / each.name).stat().st_size for each in FLAGGED)
    sarif = json.loads((folder / "sarif").read_bytes())
    lines = {
        result["locations"][0]["physicalLocation"]["region"]["startLine"]
        for result in sarif["runs"][0]["results"]
    }
    assert 3 in lines


@pytest.mark.parametrize("output", FRESH, ids=lambda output: output.name)
def test_a_saved_analysis_gives_the_same_bytes(
    output: Output, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = [str(folder / "saved"), "--dockerfile", str(folder / "Dockerfile")]
    assert main(["report", *arguments, f"--{output.flag}", str(out), "--quiet"]) == 0
    assert out.read_bytes() == (folder / output.name).read_bytes()


@pytest.mark.parametrize("output", FRESH, ids=lambda output: output.name)
def test_stdout_has_the_data_and_nothing_else(
    output: Output, folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = [str(folder / "saved"), "--dockerfile", str(folder / "Dockerfile")]
    assert main(["report", *arguments, f"--{output.flag}", "-"]) == 0
    shown = capfdbinary.readouterr()
    assert shown.out == (folder / output.name).read_bytes()
    assert shown.err == b""


@pytest.mark.parametrize("limit", ["1kB", "1GB"])
def test_a_gate_never_keeps_outputs_back(
    limit: str, folder: Path, tmp_path: Path, capsys: Run
) -> None:
    flags = [text for each in FRESH for text in (f"--{each.flag}", str(tmp_path / each.name))]
    arguments = [str(folder / "image.tar"), "--ci", "--max-size", limit, "--quiet", *flags]
    fails = limit == "1kB"
    assert main(arguments) == (1 if fails else 0)
    assert "max-size" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {each.name for each in FRESH}
    outcome = json.loads((tmp_path / "json").read_bytes())["verdict"]["outcome"]
    assert outcome == ("fail" if fails else "pass")
    assert ("<failure" in (tmp_path / "junit").read_text()) == fails
    assert ('"gate/max-size"' in (tmp_path / "sarif").read_text()) == fails
    assert ("failed" in (tmp_path / "badge").read_text()) == fails
    passed = f'layerlens_gate_passed{{gate="max-size"}} {int(not fails)}\n'
    assert passed in (tmp_path / "openmetrics").read_text()


def test_the_verdict_gives_way_to_data(folder: Path, capfd: Run) -> None:
    arguments = [str(folder / "image.tar"), "--ci", "--max-size", "1kB", "--junit", "-", "--quiet"]
    assert main(arguments) == 1
    shown = capfd.readouterr()
    assert shown.out.startswith("<?xml")
    assert "max-size" in shown.err


def test_two_cannot_have_stdout(folder: Path, capsys: Run) -> None:
    image = folder / "image.tar"
    assert "stdout" in refused(capsys, image, "--sarif", "-", "--junit", "-")
    assert "stdout" in refused(capsys, image, "--csv", "-", "--text")


@pytest.mark.parametrize("output", FLAGGED, ids=lambda output: output.name)
def test_what_cannot_be_written_is_found_before_the_image_is_read(
    output: Output, tmp_path: Path, capsys: Run
) -> None:
    missing = tmp_path / "no-image.tar"  # reading it would be exit 3
    assert "no such directory" in refused(capsys, missing, f"--{output.flag}", tmp_path / "a" / "b")
    assert "is a directory" in refused(capsys, missing, f"--{output.flag}", tmp_path)
    if output.needs_rules:
        told = refused(capsys, missing, f"--{output.flag}", tmp_path / "x", "--no-findings")
        assert f"--{output.flag} needs what --no-findings leaves out" in told
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "output",
    [each for each in FRESH if not each.needs_rules],
    ids=lambda output: output.name,
)
def test_outputs_without_findings(output: Output, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "x"
    arguments = [str(folder / "image.tar"), "--no-findings", "--quiet"]
    assert main([*arguments, f"--{output.flag}", str(out)]) == 0
    assert out.stat().st_size


def test_no_output_replaces_another_or_what_is_read(
    folder: Path, tmp_path: Path, capsys: Run
) -> None:
    image, out = tmp_path / "i.tar", tmp_path / "out"
    IMAGE.save_25(image)
    (tmp_path / "link").symlink_to("out")
    before = image.read_bytes()
    named = f"docker-archive:{image}:app:1"
    for other in (out, tmp_path / "link", f"{tmp_path}/./out"):
        told = refused(capsys, image, "--json", out, "--csv", other)
        assert "--json and --csv cannot both be written to it" in told
    gated = ["--ci", "--accept-new"]
    told = refused(capsys, image, *gated, "--write-baseline", out, "--json", out)
    assert "cannot both be written" in told
    told = refused(capsys, "compare", image, image, "--json", out, "--markdown", out)
    assert "cannot both be written" in told
    for command in ("fleet", "trend"):
        told = refused(capsys, command, image, "--json", out, "--csv", out)
        assert "cannot both be written" in told
    replacing = "is read here, and --json would replace it"
    assert replacing in refused(capsys, image, "--json", image)
    assert replacing in refused(capsys, named, "--json", image)
    assert replacing in refused(capsys, "compare", folder / "image.tar", image, "--json", image)
    assert replacing in refused(capsys, "fleet", image, "--json", image)
    assert replacing in refused(capsys, "trend", image, "--json", image)
    dockerfile = folder / "Dockerfile"
    told = refused(capsys, image, "--dockerfile", dockerfile, "--json", dockerfile)
    assert replacing in told
    saved = folder / "saved"
    assert replacing in refused(capsys, "report", saved, "--json", saved)
    assert image.read_bytes() == before
    assert not out.exists()
    assert main([str(image), "--json", "/dev/null", "--csv", "/dev/null", "--quiet"]) == 0
    assert "no file has such a name" in refused(capsys, image, "--json", "a\0b")
    assert "is a directory" in refused(capsys, image, "--json", f"{out}/")


# ------------------------------------------------------------------------------------ HTML


def test_html_plain_leaves_the_data_readable(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "plain.html"
    for command in (
        [str(folder / "image.tar")],
        ["report", str(folder / "saved")],
        ["open", str(folder / "saved")],
    ):
        where = ["--dockerfile", str(folder / "Dockerfile")]
        assert main([*command, *where, "--html", str(out), "--html-plain", "--quiet"]) == 0
        text = out.read_text("utf-8")
        assert '"instruction":"RUN apt-get update"' in text
        assert "data-packed" not in text.partition('id="data"')[2].partition(">")[0]
        assert text == (tmp_path / "plain.html").read_text("utf-8")
    assert "RUN apt-get update" not in (folder / "html").read_text("utf-8")


def test_html_plain_is_of_a_report(folder: Path, capsys: Run) -> None:
    image = folder / "image.tar"
    for command in (
        [image], ["report", folder / "saved"], ["trend", image], ["compare", image, image],
    ):  # fmt: skip
        assert "--html-plain needs --html" in refused(capsys, *command, "--html-plain")
