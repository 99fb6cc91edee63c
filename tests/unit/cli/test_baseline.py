"""``--baseline``, ``--write-baseline`` and their companions, on the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerlens.cli import baseline as module
from layerlens.cli import comparing
from layerlens.cli import main as cli
from layerlens.cli.options import parser
from layerlens.gate.baseline_file import load_baseline
from layerlens.gate.baseline_notes import STALE_DAYS
from tests.builders import Image, file, layer, whiteout
from tests.unit.cli.running import ROOT, environment

KB = 1000
RULED = [
    "--lowest-efficiency", "0%", "--highest-user-wasted-percent", "100%", "--no-root", "off",
]  # fmt: skip
"""Limits that the images keep, so that only changes are judged."""


def image(size: int = 100 * KB, *, dead: int = 10 * KB, lists: bool = False, **more: Any) -> Image:
    """A small image; ``lists`` gives it apt's package lists, which a rule knows."""
    members = [file("app/data", b"d" * size)]
    if lists:
        members.append(file("var/lib/apt/lists/deb.debian.org_Packages", b"l" * 3_000_000))
    return Image(
        [layer(file("tmp/kit", b"k" * dead)), layer(*members, whiteout("tmp/kit"))],
        ["RUN fetch", "RUN install"],
        **more,
    )


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the test's own, and nothing that a CI system or a user has set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    for name in module.REVISION_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    image().save_legacy(tmp_path / "app.tar")


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Judge an archive; gives the exit code, stdout and stderr."""

    def judged(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(list(map(str, arguments)))
        found = capsys.readouterr()
        return code, found.out, found.err

    return judged


@pytest.fixture
def fails(run: Run) -> Callable[..., str]:
    """The one line of a run that ends with exit code 2."""

    def told(*arguments: object) -> str:
        code, out, err = run("app.tar", "--ci", *arguments)
        (shown,) = err.splitlines()
        assert (code, out) == (2, "")
        return shown

    return told


def written(run: Run, path: str = "b.json", archive: str = "app.tar") -> dict[str, Any]:
    """Write a baseline, whatever the verdict; gives its document."""
    run(archive, "--ci", "--write-baseline", path, "--accept-new")
    found: dict[str, Any] = json.loads(Path(path).read_bytes())
    return found


def page_data(path: str = "r.html") -> dict[str, Any]:
    """What a report tells its page, written with ``--html-plain``."""
    text = Path(path).read_text().partition(' id="data">')[2].partition("</script>")[0]
    found: dict[str, Any] = json.loads(text)
    return found


# ------------------------------------------------------------------------------------ origins


def test_every_origin_gives_the_same_verdict(run: Run) -> None:
    written(run)
    run("app.tar", "--save", "app.lls")
    image(110 * KB).save_legacy(Path("next.tar"))
    verdicts = set()
    for origin in ("b.json", "app.lls", "app.tar", "docker-archive:app.tar"):
        code, out, err = run("next.tar", "--ci", *RULED, "--baseline", origin, "--max-size", "+5%")
        assert (code, err) == (1, "")
        assert origin in out
        verdicts.add(next(row for row in out.splitlines() if "image size" in row))
        assert run("next.tar", "--ci", *RULED, "--baseline", origin, "--max-size", "+9.1%")[0] == 0
    assert len(verdicts) == 1


def test_a_saved_analysis_is_judged_against_all_origins(run: Run) -> None:
    run("app.tar", "--save", "app.lls")
    image(200 * KB).save_legacy(Path("old.tar"))
    for origin in ("old.tar", "app.lls"):
        assert run("report", "app.lls", "--ci", *RULED, "--baseline", origin)[0] == 0


@pytest.mark.parametrize("origin", ["app.tar", "app.lls"])
def test_a_report_shows_what_changed_from_an_image(run: Run, origin: str) -> None:
    run("app.tar", "--save", "app.lls")
    image(110 * KB, dead=12 * KB).save_legacy(Path("next.tar"))
    code, out, _ = run(
        "next.tar", "--ci", *RULED, "--baseline", origin, "--max-size", "+5%", "--html", "r.html",
        "--html-plain", "--markdown", "r.md",
    )  # fmt: skip
    assert code == 1, out
    data = page_data()
    told = json.loads(run("compare", origin, "next.tar", "--json", "-")[1])
    paths = told.pop("paths")
    assert data["comparison"]["document"] == told
    assert len(data["comparison"]["paths"]["change"]) == len(paths) == 1
    assert data["image"]["document"]["verdict"]["passed"] is False
    assert "### Compared with `app.tar`" in Path("r.md").read_text()


def test_contents_of_both_are_compared_where_they_can_be_read(run: Run) -> None:
    for name, letter in (("app.tar", b"a"), ("next.tar", b"b")):
        Image([layer(file("f", letter * 100, mtime=1))]).save_legacy(Path(name))
    run("next.tar", "--ci", "--baseline", "app.tar", "--html", "r.html", "--html-plain")
    found = page_data()["comparison"]
    assert found["document"]["unsure"] == 0
    assert found["paths"]["names"] == ["", "f"]


def test_a_report_alone_where_there_is_no_image_to_compare_with(run: Run) -> None:
    written(run)
    run("app.tar", "--no-findings", "--save", "bare.lls")
    for baseline in ((), ("--baseline", "b.json"), ("--baseline", "bare.lls")):
        run("app.tar", "--ci", *RULED, *baseline, "--html", "r.html", "--html-plain")
        assert "comparison" not in page_data()


def test_an_image_is_only_compared_with_for_what_shows_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "compare_sides", None)
    assert run("app.tar", "--ci", *RULED, "--baseline", "app.tar", "--json", "r.json")[0] == 0


def test_a_pipe_can_be_a_baseline(run: Run) -> None:
    written(run)
    read, write = os.pipe()
    try:
        os.write(write, Path("b.json").read_bytes())
        os.close(write)
        assert run("app.tar", "--ci", *RULED, "--baseline", f"/dev/fd/{read}")[0] == 0
    finally:
        os.close(read)


def test_packages_of_the_baseline_are_measured(run: Run) -> None:
    code, out, _ = run(
        "app.tar", "--ci", *RULED, "--baseline", "app.tar", "--max-package", "git=+0B"
    )
    assert code == 0, out


def test_a_base_that_is_not_the_baselines_is_guessed_there(run: Run) -> None:
    base = Image([image().layers[0]], ["RUN fetch"])
    base.save_legacy(Path("base.tar"))
    other = Image([layer(file("x", b"x")), image().layers[1]], ["RUN a", "RUN b"])
    other.save_legacy(Path("old.tar"))
    code, _, err = run(
        "app.tar", "--ci", *RULED, "--base", "base.tar", "--baseline", "old.tar",
        "--max-layers", "+0",
    )  # fmt: skip
    assert code == 0
    assert err == "layerlens: --base is not the baseline's base: it was guessed there\n"


def test_without_rules_there_are_no_findings_on_either_side(run: Run) -> None:
    code, _, _ = run(
        "app.tar", "--ci", "--no-findings", *RULED, "--baseline", "app.tar", "--max-size", "+0B"
    )
    assert code == 0


# -------------------------------------------------------------------------------------- errors


def test_baselines_that_are_not_there_are_told(fails: Callable[..., str]) -> None:
    make = "layerlens IMAGE --ci --write-baseline F makes one"
    for name in ("none.json", "./none", "/none", "none.lls"):
        told = fails("--baseline", name)
        assert told == f"layerlens: {name}: there is no such baseline; {make}"
    assert "cannot be on stdin" in fails("--baseline", "-")
    assert "the value is empty" in fails("--baseline", " ")


def test_files_that_are_no_baselines_are_told(run: Run, fails: Callable[..., str]) -> None:
    good = json.dumps(written(run))
    run("app.tar", "--json", "analysis.json")
    run("app.tar", "--save", "app.lls")
    contents = {
        "empty.json": ("", "the baseline is empty"),
        "text.json": ("size: 3", "the baseline is not valid JSON"),
        "cut": (good[:300], "the baseline is not valid JSON"),
        "new": (good.replace('"1.0"', '"9.0"'), "is a baseline of version 9.0"),
        "odd": (good.replace('"max-layers": 2', '"max-layers": "2"'), "is a damaged baseline"),
    }
    for name, (content, message) in contents.items():
        Path(name).write_text(content)
        told = fails("--baseline", name)
        assert told.startswith(f"layerlens: {name}: {message}")
        assert "--write-baseline" in told
    assert "is an analysis as JSON, not a baseline" in fails("--baseline", "analysis.json")
    Path("cut.lls").write_bytes(Path("app.lls").read_bytes()[:200])
    assert "cut.lls: the baseline cannot be used: " in fails("--baseline", "cut.lls")


def test_an_image_that_cannot_be_read_is_wrong_usage(fails: Callable[..., str]) -> None:
    Path("junk").write_bytes(b"junk" * 500)
    assert fails("--baseline", "junk").startswith("layerlens: junk: the baseline cannot be used: ")
    told = fails("--baseline", "docker://pruned:1")
    assert told.startswith("layerlens: docker://pruned:1: the baseline cannot be used: ")
    assert "nonexistent" in told


def test_a_file_of_another_platform_is_refused(run: Run, fails: Callable[..., str]) -> None:
    image(platform="linux/arm64").save_legacy(Path("arm.tar"))
    written(run, "arm.json", "arm.tar")
    told = fails("--baseline", "arm.json")
    assert told == (
        "layerlens: arm.json: is a baseline of linux/arm64, and the image is of linux/amd64; "
        "keep a baseline for each platform"
    )


def test_an_image_of_another_platform_is_told(run: Run) -> None:
    image(platform="linux/arm64").save_legacy(Path("arm.tar"))
    code, out, _ = run("app.tar", "--ci", *RULED, "--baseline", "arm.tar")
    assert code == 0
    assert "the baseline is of another platform" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ratchet"], "--ratchet needs --write-baseline"),
        (["--accept-new"], "--accept-new needs --write-baseline"),
        (["--write-baseline", "b.json", "--ratchet", "--accept-new"], "--ratchet never accepts"),
        (["--write-baseline", "-"], "a baseline is written to a file"),
        (["--write-baseline", "none/b.json"], "no such directory"),
        (["--strict-baseline"], "--strict-baseline needs a baseline file"),
        (["--strict-baseline", "--baseline", "app.tar"], "--strict-baseline needs a baseline file"),
    ],
)
def test_flags_that_make_no_sense_are_told(
    fails: Callable[..., str], arguments: list[str], message: str
) -> None:
    assert message in fails(*arguments)


@pytest.mark.parametrize("flag", ["--baseline", "--write-baseline", "--tolerance"])
def test_flags_need_a_gate(run: Run, flag: str) -> None:
    code, out, err = run("app.tar", flag, "1%")
    assert (code, out) == (2, "")
    assert err == f"layerlens: {flag} needs --ci; only gates compare with a baseline\n"


def test_settings_name_a_baseline_for_runs_with_gates(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(run)
    image(500 * KB).save_legacy(Path("next.tar"))
    limits = "max-size = '+5%'\nhighest-user-wasted-percent = '100%'\ntolerance = '1%'\n"
    Path(".layerlens.toml").write_text(
        f"[ci]\nbaseline = 'b.json'\nstrict-baseline = true\n{limits}"
    )
    assert run("app.tar", "--ci")[0] == 0
    assert run("next.tar", "--ci")[0] == 1
    # Neither is an image stale, nor does a run without gates need one.
    assert run("app.tar", "--ci", "--baseline", "app.tar")[0] == 0
    assert run("app.tar", "--text")[0] == 0
    Path("b.json").unlink()
    assert run("app.tar", "--ci")[0] == 2
    assert run("app.tar", "--text")[0] == 0
    monkeypatch.setenv("LAYERLENS_BASELINE", "next.tar")
    assert run("next.tar", "--ci")[0] == 0


# ------------------------------------------------------------------------------------- writing


def test_a_passing_run_writes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SHA", "not a revision")
    monkeypatch.setenv("CI_COMMIT_SHA", "0123abc")
    code, out, err = run("app.tar", "--ci", *RULED, "--write-baseline", "b.json")
    assert (code, err) == (0, "layerlens: b.json: baseline written\n")
    assert out
    found = json.loads(Path("b.json").read_bytes())
    assert found["source_revision"] == "0123abc"
    assert found["image"]["platform"] == "linux/amd64"
    assert found["figures"]["max-waste"]["deleted"] == 10 * KB
    assert found["figures"]["max-layers"] == 2


def test_a_failing_run_does_not_write(run: Run) -> None:
    written(run)
    before = Path("b.json").read_bytes()
    image(500 * KB).save_legacy(Path("next.tar"))
    both = ["--baseline", "b.json", "--write-baseline", "b.json"]
    for more in ([], ["--exit-zero"]):
        code, _, err = run("next.tar", "--ci", *RULED, *both, *more)
        assert code == (0 if more else 1)
        assert err.startswith("layerlens: b.json: not written, for the gate failed; --accept-new")
        assert Path("b.json").read_bytes() == before
    assert run("next.tar", "--ci", *RULED, *both, "--accept-new")[0] == 1
    assert json.loads(Path("b.json").read_bytes())["figures"]["max-size"] == 510 * KB
    assert run("next.tar", "--ci", *RULED, *both)[0] == 0


def test_what_is_equal_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    written(run)
    before = Path("b.json").read_bytes()
    monkeypatch.setenv("GITHUB_SHA", "f" * 40)
    # Another build of the same: nothing that a gate could ask of it has changed.
    image(tag="other:2").save_legacy(Path("next.tar"))
    write = ["--ci", *RULED, "--write-baseline", "b.json"]
    _, _, err = run("next.tar", *write)
    assert err == "layerlens: b.json: says the same already, and was left as it is\n"
    assert Path("b.json").read_bytes() == before
    # Once it is so old that it is told, it is dated anew.
    later = time.time() + (STALE_DAYS + 2) * 86_400
    monkeypatch.setattr("time.time", lambda: later)
    assert "baseline written" in run("next.tar", *write)[2]
    assert load_baseline("b.json").made == int(later)
    assert load_baseline("b.json").revision == "f" * 40


def test_only_baselines_are_replaced(run: Run, fails: Callable[..., str]) -> None:
    Path("package.json").write_text('{"name": "x"}')
    assert fails("--write-baseline", "package.json") == (
        "layerlens: package.json: is no baseline of layerlens; "
        "--write-baseline replaces baselines only: remove the file first"
    )
    image(platform="linux/arm64").save_legacy(Path("arm.tar"))
    written(run, "arm.json", "arm.tar")
    before = Path("arm.json").read_bytes()
    code, _, err = run("app.tar", "--ci", *RULED, "--write-baseline", "arm.json")
    assert code == 2
    assert "is a baseline of linux/arm64" in err
    assert Path("arm.json").read_bytes() == before


def test_a_lost_baseline_is_only_made_anew_where_that_is_said(
    run: Run, fails: Callable[..., str]
) -> None:
    both = ["--baseline", "b.json", "--write-baseline", "./b.json"]
    assert "there is no such baseline" in fails(*both)
    assert not Path("b.json").exists()
    code, _, err = run("app.tar", "--ci", *RULED, *both, "--accept-new")
    assert (code, err) == (0, "layerlens: ./b.json: baseline written\n")
    assert run("app.tar", "--ci", *RULED, *both)[0] == 0


# ------------------------------------------------------------------------------------- ratchet


def test_a_ratchet_only_tightens(run: Run) -> None:
    image(lists=True).save_legacy(Path("app.tar"))
    first = written(run)
    assert any(key["rule"] == "apt-lists" for key in first["findings"])
    ratchet = ["--ci", *RULED, "--baseline", "b.json", "--write-baseline", "b.json", "--ratchet"]
    image(120 * KB, dead=2 * KB).save_legacy(Path("next.tar"))
    assert run("next.tar", *ratchet)[0] == 0
    second = json.loads(Path("b.json").read_bytes())
    assert second["figures"]["max-waste"]["deleted"] == 2 * KB
    assert second["figures"]["max-size"] == 122 * KB
    assert not any(key["rule"] == "apt-lists" for key in second["findings"])
    # Worse within the limits: it passes, and the file keeps the better figures.
    image(124 * KB, dead=3 * KB).save_legacy(Path("next.tar"))
    code, _, err = run("next.tar", *ratchet)
    assert (code, err) == (0, "layerlens: b.json: says the same already, and was left as it is\n")
    assert json.loads(Path("b.json").read_bytes()) == second


def test_a_ratchet_starts_where_there_is_no_file(run: Run) -> None:
    assert run("app.tar", "--ci", *RULED, "--write-baseline", "b.json", "--ratchet")[0] == 0
    assert load_baseline("b.json").figures


# -------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("size", "limits", "code"),
    [
        (105_000, ["--max-size", "+5%"], 0),
        (105_600, ["--max-size", "+5%"], 1),
        (105_600, ["--max-size", "+5%", "--tolerance", "100B"], 0),
        (105_601, ["--max-size", "+5%", "--tolerance", "100B"], 1),
        (106_600, ["--max-size", "+5%", "--tolerance", "1%"], 0),
        (106_601, ["--max-size", "+5%", "--tolerance", "1%"], 1),
        (110_000, ["--max-size", "+10kB"], 0),
        (110_001, ["--max-size", "+10kB"], 1),
        (110_001, ["--max-size", "warn:+10kB"], 0),
        (50_000, ["--max-size", "+0B"], 0),
        (1_000, ["--lowest-efficiency", "-1%"], 1),
        (95_000, ["--lowest-efficiency", "-1%"], 0),
        (120_000, ["--max-waste", "deleted=+0B"], 0),
        (120_000, ["--max-path", "app/**=+20kB"], 0),
        (120_001, ["--max-path", "app/**=+20kB"], 1),
        (500_000, ["--max-size", "+5%", "--max-size", "2MB"], 1),
        (500_000, ["--max-transfer-size", "+5%"], 0),
    ],
)
def test_changes_are_judged_to_the_byte(run: Run, size: int, limits: list[str], code: int) -> None:
    # The old image has 110,000 bytes, 10,000 of them dead; the new one that much more or less.
    image(size).save_legacy(Path("next.tar"))
    arguments = [*RULED[2:], *limits] if "--lowest-efficiency" in limits else [*RULED, *limits]
    assert run("next.tar", "--ci", *arguments, "--baseline", "app.tar")[0] == code


def test_new_findings_fail_and_old_ones_do_not(run: Run) -> None:
    written(run)
    image(lists=True).save_legacy(Path("lists.tar"))
    limits = ["--max-new-findings", "low=0", "--max-size", "100%"]
    assert run("lists.tar", "--ci", *RULED, "--baseline", "b.json", *limits)[0] == 1
    assert run("app.tar", "--ci", *RULED, "--baseline", "b.json", *limits)[0] == 0
    assert run("lists.tar", "--ci", *RULED, "--baseline", "lists.tar", *limits)[0] == 0
    strict = ["--baseline", "l.json", "--strict-baseline"]
    written(run, "l.json", "lists.tar")
    assert run("lists.tar", "--ci", *RULED, *strict)[0] == 0
    code, out, _ = run("app.tar", "--ci", *RULED, *strict)
    assert code == 1
    assert "apt-lists" in out


def test_a_figure_that_the_baseline_lacks_is_no_pass(run: Run) -> None:
    written(run)
    code, out, _ = run(
        "app.tar", "--ci", *RULED, "--baseline", "b.json", "--max-path", "app/**=+1kB"
    )
    assert code == 1
    assert "--write-baseline" in out


# --------------------------------------------------------------------------------------- docs

DOCS = (ROOT / "docs" / "baselines.md").read_text("utf-8")


def test_the_page_names_flags_that_are_there() -> None:
    known = {word for action in parser()._actions for word in action.option_strings}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", DOCS))
    assert named <= known
    ours = {"--baseline", "--tolerance", "--strict-baseline", "--write-baseline", "--accept-new"}
    assert named >= ours | {"--ratchet"}
    assert f"{STALE_DAYS} days" in DOCS
    assert all(f"`{name}`" in DOCS for name in module.REVISION_VARIABLES)


def test_the_branch_points_baseline_is_read_as_the_page_says(run: Run) -> None:
    (line_,) = (each for each in DOCS.splitlines() if "<(git show" in each)
    command = line_.replace("layerlens app:pr", f"{sys.executable} -m layerlens app.tar")
    written(run, "layerlens-baseline.json")
    given = " ".join(RULED)
    script = f"""
        set -e
        git init -q -b main . && git add layerlens-baseline.json
        git -c user.name=a -c user.email=b commit -q -m one
        git update-ref refs/remotes/origin/main HEAD
        rm layerlens-baseline.json
        {command} {given}
    """
    result = subprocess.run(
        ["bash", "-c", script], env=environment(), capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "the very same image" in " ".join(result.stdout.split())
