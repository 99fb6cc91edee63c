"""``layerlens compare OLD NEW`` on the command line."""

from __future__ import annotations

import base64
import gzip
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerlens.cli import main as cli
from layerlens.cli.browse_two import TwoImagesReader
from layerlens.cli.options import SUBCOMMANDS
from tests.archives import multi
from tests.builders import Image, directory, file, layer, symlink
from tests.unit.cli.running import layerlens

PASSWD = b"root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/sbin/nologin\n"
HOSTILE = b"a\x1b[31mred\n ::error::x\n##[error]y\tz\n"

OLD = Image(
    [
        layer(file("etc/passwd", PASSWD), file("bin/tool", b"\x7fELF\0" + b"\1" * 500)),
        layer(
            directory("app"),
            file("app/main.py", b"print(1)\n"),
            file("app/hostile", b"one\n"),
            file("app/open", b"no end"),
            file("app/times", b"same", mtime=1),
            symlink("app/link", "one"),
            file("app/was-a-file", b"x"),
            file("static/logo", b"<svg/>" * 40),
            file("static/style", b"a{}" * 50),
        ),
    ],
    ["ADD rootfs.tar /", "COPY . /app"],
)
NEW = Image(
    [
        layer(file("etc/passwd", PASSWD + b"app:x:1000:1000\n"),
              file("bin/tool", b"\x7fELF\0" + b"\2" * 600)),
        layer(
            directory("app"),
            file("app/main.py", b"print(2)\n"),
            file("app/hostile", HOSTILE),
            file("app/open", b"no end\n"),
            file("app/times", b"same", mtime=2, mode=0o755),
            symlink("app/link", "two\x1b"),
            symlink("app/was-a-file", "y"),
            file("app/new", b"fresh\n"),
            file("public/logo", b"<svg/>" * 40),
            file("public/style", b"a{}" * 50),
            file("var/cache/apt/pkgcache.bin", b"c" * 3_000_000),
        ),
    ],
    ["ADD rootfs.tar /", "COPY . /app"],
)  # fmt: skip


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("two")
    return str(OLD.save_legacy(folder / "old.tar")), str(NEW.save_25(folder / "new.tar"))


class Run:
    """Runs the command in this process, without a cache."""

    def __init__(self, capsys: pytest.CaptureFixture[str], archives: tuple[str, str]) -> None:
        self._capsys = capsys
        self.archives = archives

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Compare the two archives; gives stdout."""
        out, err = self.raw(*self.archives, *arguments, code=code)
        assert err == "" or code
        return out

    def raw(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        assert cli.main(["compare", *arguments, "--no-cache"]) == code, self._capsys.readouterr()
        found = self._capsys.readouterr()
        return found.out, found.err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], archives: tuple[str, str]) -> Run:
    return Run(capsys, archives)


def test_it_is_a_command_that_is_told() -> None:
    assert SUBCOMMANDS["compare"] == "compare"
    result = layerlens("--help")
    assert "layerlens compare OLD NEW" in " ".join(result.stdout.split())


def test_the_text_is_the_default(run: Run) -> None:
    out = run()
    assert out == run("--text")
    assert "COPY . /app" in out
    assert "layer 0, ADD rootfs.tar /, is the first that differs" in out
    assert "/static → /public (2 files)" in out
    assert "package-caches" in out
    assert "\x1b" not in out


def test_findings_can_be_left_out(run: Run) -> None:
    out = run("--no-findings")
    assert "Findings" not in out
    assert "package-caches" not in out


def test_the_table_alone(run: Run) -> None:
    lines = run("--table").splitlines()
    labels = [line[:18].strip() for line in lines]
    assert labels[:3] == ["", "Base image", "Image size"]
    assert {"Layers", "User", "Packages", "Saving left"} <= set(labels)


def test_rows_are_as_many_as_asked_for(run: Run) -> None:
    assert len(run("--most", "1").splitlines()) < len(run().splitlines())
    _, err = run.raw(*run.archives, "--most", "none", code=2)
    assert "is no number of rows" in err


def test_outputs_go_where_they_are_sent(run: Run, tmp_path: Path) -> None:
    page, comment = tmp_path / "c.json", tmp_path / "c.md"
    assert run("--json", str(page), "--markdown", str(comment)) == ""
    document = json.loads(page.read_bytes())
    assert document["size"]["change"] == sum(each["bytes"] for each in document["causes"])
    assert document["live"]["change"] == sum(each["bytes"] for each in document["paths"])
    assert document["unsure"] == 0
    assert comment.read_text("utf-8").startswith("**Image size: +3.0 MB")
    assert json.loads(run("--json", "-")) == document
    assert run("--json", str(page), "--text") == run()


def test_the_html_report_is_of_both(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "c.html"
    assert run("--html", str(place)) == ""
    page = place.read_text("utf-8")
    assert f"<title>{run.archives[0]} → {run.archives[1]} - LayerLens</title>" in page
    data = _data(page)
    document = json.loads(run("--json", "-"))
    paths = document.pop("paths")
    assert data["comparison"]["document"] == document
    assert len(data["comparison"]["paths"]["change"]) == len(paths) + 2, "two files moved"
    assert data["image"]["document"]["image"]["reference"] == run.archives[1]
    assert data["image"]["document"]["findings"]
    assert run("--html", "-") == page
    plain = run("--html", "-", "--html-plain").partition(' id="data">')[2].partition("<")[0]
    assert json.loads(plain) == data


def test_the_html_report_has_the_verdict(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "c.html"
    run("--html", str(place), "--ci", code=1)
    verdict = _data(place.read_text("utf-8"))["image"]["document"]["verdict"]
    assert verdict["passed"] is False
    out, err = run.raw(*run.archives, "--html", "-", "--ci", code=1)
    assert out.startswith("<!doctype html>")
    assert "image size" in err


def _data(page: str) -> Any:
    packed = page.partition(' data-packed="gzip">')[2].partition("<")[0]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--html-plain"], "--html-plain needs --html"),
        (["--html", "-", "--json", "-"], "more than one output wants stdout"),
        (["--html", "/nonexistent/x"], "/nonexistent"),
        (["--html", "x", "--json", "x"], "--json"),
        (["--diff", "a", "--html", "x"], "--diff is an output by itself"),
        (["--text", "--json", "-"], "more than one output wants stdout"),
        (["--markdown", "-", "--json", "-"], "more than one output wants stdout"),
        (["--text", "--table"], "--table is the text of the table only"),
        (["--diff", "a", "--ci"], "--diff is an output by itself"),
        (["--ci", "--baseline", "x"], "OLD is the baseline"),
        (["--ci", "--strict-baseline"], "--strict-baseline needs a baseline file"),
        (["--json", "/nonexistent/x"], "/nonexistent"),
        (["--diff", "nope"], "neither image has it"),
        (["--old-platform", "nonsense/"], "nonsense"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, arguments: list[str], told: str) -> None:
    out, err = run.raw(*run.archives, *arguments, code=2)
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1


def test_an_image_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"x" * 2000)
    for pair in (
        (str(tmp_path / "broken"), run.archives[1]),
        (run.archives[0], str(tmp_path / "broken")),
    ):
        _, err = run.raw(*pair, code=3)
        assert "broken" in err


def test_both_cannot_come_on_stdin(run: Run) -> None:
    assert "both images cannot come on stdin" in run.raw("-", "-", code=2)[1]


def test_one_may_come_on_stdin(archives: tuple[str, str]) -> None:
    with open(archives[1], "rb") as stream:
        result = layerlens("compare", archives[0], "-", "--table", stdin=stream)
    assert result.returncode == 0, result.stderr
    assert "Image size" in result.stdout


def test_gates_judge_the_new_image_by_the_old_one(run: Run) -> None:
    out = run("--ci", code=1)
    assert "image size" in out
    assert run.archives[0] in out
    out = run("--ci", "--exit-zero")
    assert "image size" in out
    same = run.raw(run.archives[0], run.archives[0], "--ci", "--max-size", "+0B")[0]
    assert "FAIL" not in same


def test_dives_rules_settings_and_github_count_here_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dive-ci").write_text("rules:\n  lowestEfficiency: 0.1\n")
    (tmp_path / ".layerlens.toml").write_text("[ci]\nbaseline = 'of another run.json'\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    out, err = run.raw(*run.archives, "--ci", "--max-size", "+1B", code=1)
    assert "lowestEfficiency" in out
    assert "::error title=LayerLens%3A gate/max-size" in err
    assert run.archives[0] in (tmp_path / "summary").read_text()


def test_a_failing_gate_still_writes(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "c.json"
    run("--ci", "--json", str(place), code=1)
    assert json.loads(place.read_bytes())["schema_version"] == "1.0"


def test_saved_analyses_compare(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = str(NEW.containerd_save(tmp_path / "packed.tar"))
    saved = []
    for name, archive in (("old", run.archives[0]), ("new", packed)):
        saved.append(str(tmp_path / name))
        assert cli.main([archive, "--save", saved[-1], "--no-cache"]) == 0
    capsys.readouterr()
    document = json.loads(run.raw(*saved, "--json", "-")[0])
    assert document["size"] == json.loads(run("--json", "-"))["size"]
    assert document["unsure"] > 0, "a plain archive's analysis knows no contents"
    mixed = json.loads(
        run.raw(run.archives[0], saved[1], "--json", "-", "--platform", "linux/amd64")[0]
    )
    assert mixed["unsure"] == 0, "a streamed one has hashes, and the archive has contents"
    _, err = run.raw(*saved, "--platform", "linux/amd64", code=2)
    assert "needs the image" in err


def test_platforms_of_one_image_compare(tmp_path: Path, run: Run) -> None:
    images = [
        Image([layer(file("a", platform.encode() * 9))], platform=platform)
        for platform in ("linux/amd64", "linux/arm64")
    ]
    place = str(images[0].oci_archive(tmp_path / "both.tar", platforms=images[1:]))
    given = ("--old-platform", "linux/amd64", "--new-platform", "linux/arm64")
    document = json.loads(run.raw(place, place, *given, "--json", "-")[0])
    assert [document[name]["platform"] for name in ("old", "new")] == ["linux/amd64", "linux/arm64"]
    assert [path["change"] for path in document["paths"]] == ["content"]
    _, err = run.raw(place, place, "--platform", "linux/s390x", code=3)
    assert "s390x" in err


def test_images_of_one_archive_compare(tmp_path: Path, run: Run) -> None:
    place = str(multi(tmp_path / "multi.tar", [replace(OLD, tag="a:1"), replace(NEW, tag="a:2")]))
    given = ("--old-image", "a:1", "--image", "a:2", "--json", "-")
    document = json.loads(run.raw(place, place, *given)[0])
    assert document["size"] == json.loads(run("--json", "-"))["size"]


# ------------------------------------------------------------------------------- one file


def diffed(run: Run, path: str) -> list[str]:
    return run("--diff", path).splitlines()


def test_a_text_is_shown_as_a_unified_diff(run: Run) -> None:
    assert diffed(run, "/etc/passwd") == [
        "# size: 63 bytes -> 79 bytes",
        "--- old/etc/passwd",
        "+++ new/etc/passwd",
        "@@ -1,2 +1,3 @@",
        " root:x:0:0:root:/root:/bin/sh",
        " bin:x:1:1:bin:/bin:/sbin/nologin",
        "+app:x:1000:1000",
    ]


def test_a_file_of_one_image_only(run: Run) -> None:
    assert diffed(run, "app/new") == [
        "--- /dev/null",
        "+++ new/app/new",
        "@@ -0,0 +1,1 @@",
        "+fresh",
    ]


def test_a_line_end_that_is_missing(run: Run) -> None:
    lines = diffed(run, "app/open")
    assert lines[-3:] == ["-no end", "\\ no line end at the end of the file", "+no end"]


def test_binaries_are_told_by_size_and_hash(run: Run) -> None:
    lines = diffed(run, "bin/tool")
    assert lines[-2].startswith("-binary: 505 bytes, sha256 ")
    assert lines[-1].startswith("+binary: 605 bytes, sha256 ")
    assert lines[-1][-64:] != lines[-2][-64:]


def test_metadata_and_links(run: Run) -> None:
    lines = diffed(run, "app/times")
    assert lines[0].startswith("# mode: ")
    assert lines[1].startswith("# modified: ")
    assert lines[-1] == "# the content is the same"
    assert diffed(run, "app/link")[-2:] == ["-symlink to one", "+symlink to two\\x1b"]
    assert diffed(run, "app/was-a-file")[-2:] == ["-file of 1 bytes", "+symlink to y"]


def test_a_file_that_moved(run: Run) -> None:
    for path in ("static/logo", "public/logo"):
        assert diffed(run, path)[0] == "# moved: static/logo -> public/logo"


def test_a_directory_lists_what_differs(run: Run) -> None:
    lines = diffed(run, "/app/")
    assert {line.split()[0] for line in lines} == {"A", "C", "M", "T"}
    assert any(line.endswith("app/main.py") for line in lines)
    assert len(diffed(run, "/")) > len(lines)
    assert any("static/logo -> public/logo" in line for line in diffed(run, "public"))


def test_contents_are_shown_and_not_obeyed(run: Run) -> None:
    text = "\n".join(diffed(run, "app/hostile"))
    assert "+a\\x1b[31mred" in text
    assert "##[" not in text
    assert "::error" not in text
    assert "\tz" in text, "tabs stay"
    assert "\x1b" not in text


def test_colours_are_ours_alone(run: Run) -> None:
    out = run("--diff", "app/hostile", "--color", "always")
    assert out.count("\x1b") == 2 * out.count("\x1b[0m")
    assert "\x1b[31mred" not in out


def test_contents_that_must_be_read_again_are_told(run: Run, tmp_path: Path) -> None:
    packed = str(NEW.containerd_save(tmp_path / "packed.tar"))
    out, err = run.raw(run.archives[0], packed, "--diff", "etc/passwd")
    assert err == "layerlens: layer 0 is decompressed again (3.6 kB)\n"
    assert out.splitlines() == diffed(run, "etc/passwd")


def test_on_a_terminal_both_open_in_the_ui(
    archives: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []

    def run_ui(reader: object, title: str, _settings: object) -> int:
        assert isinstance(reader, TwoImagesReader)
        shown.append(title)
        return 0

    monkeypatch.setattr("layerlens.cli.looking.run_ui", run_ui)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert cli.main(["compare", *archives, "--no-cache", "--theme", "nord"]) == 0
    assert shown == [f"{archives[0]} → {archives[1]}"]
    assert capsys.readouterr().out == ""
    assert cli.main(["compare", *archives, "--no-cache", "--theme", "none"]) == 2, "told before"
    for asked in (["--text"], ["--table"], ["--json", "-"], ["--diff", "app/new"], ["--ci"]):
        cli.main(["compare", *archives, "--no-cache", *asked])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert cli.main(["compare", *archives, "--no-cache"]) == 0
    assert "Pull" in capsys.readouterr().out, "without keys it is printed"
    assert len(shown) == 1
