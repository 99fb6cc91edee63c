"""``layerlens config``: what is in force, from where; the example of a file; the documentation."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from layerlens.cli.main import main
from layerlens.cli.options import SUBCOMMANDS, parser
from layerlens.cli.settings import CONFIG, TABLES, all_settings
from layerlens.cli.settings_example import example
from tests.unit.cli.running import ROOT
from tests.unit.cli.settling import alone

PUBLISHED = ROOT / "layerlens" / "cli" / "config.schema.json"


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    alone(tmp_path, monkeypatch)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["config", *words]) == 0
    found = capsys.readouterr()
    assert not found.err
    return found.out


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The JSON, which is as its published schema says."""
    found: dict[str, Any] = json.loads(shown(capsys, "--json", *words))
    jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text("utf-8"))).validate(found)
    return found


def test_the_schema(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is one, its copy in the documentation too, and holds for what is seldom there."""
    jsonschema.Draft202012Validator.check_schema(json.loads(PUBLISHED.read_text("utf-8")))
    copy = ROOT / "docs" / "json-schema" / "config-1.schema.json"
    assert copy.read_bytes() == PUBLISHED.read_bytes()
    (inside / ".layerlens.toml").write_text(
        '[ci]\nmax-size = ["warn:1MB", "2MB"]\n'
        '[[ignore]]\npaths = ["/a"]\nreason = "old"\nexpires = 2020-01-01\n'
    )
    found = document(capsys)
    assert found["ignores"][0]["expired"]
    (inside / ".dive-ci").write_text("rules:\n  highestWastedBytes: 20MB\n")
    assert document(capsys, "--ci")["dive"]


def rows(text: str) -> list[list[str]]:
    """Cells of the lines, which at least two spaces part."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]


def test_where_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys)
    assert text.startswith("settings file  none\n\n[ci]\n  lowest-efficiency            90%  ")
    found = rows(text)
    assert ["max-size", "none", "default"] in found
    assert ["max-findings critical", "0", "default"] in found
    assert ["semantics", "docker", "default"] in found
    assert ["enabled", "true", "default"] in found
    assert {row[-1] for row in found if len(row) == 3} == {"default"}
    headings = [line for line in text.splitlines() if line.startswith("[")]
    assert headings == [f"[{table}]" for table in TABLES if table != "ignore"]


def test_every_origin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".layerlens.toml").write_text("""
[ci]
max-size = ["warn:250MB", "300MB"]
max-layers = 30
strict = true
[ci.max-path]
"app/**" = "1MB"
"b" = "2MB"
[[ignore]]
rule = "docs"
paths = ["opt/\\u001b[1m", "x"]
reason = "theirs"
expires = 2020-01-01
[[ignore]]
paths = ["y"]
reason = "ours"
expires = 2999-01-01
[rules]
disable = ["docs", "man-pages"]
[rules.severity]
npm-cache = "high"
[[rules.path]]
id = "ours"
paths = ["a"]
[reading]
toc = false
[tui]
keys = "dive"
[tui.bindings]
"tree.fold" = ["F", "ctrl+g"]
""")
    monkeypatch.setenv("LAYERLENS_MAX_PATH", "b=off")
    monkeypatch.setenv("LAYERLENS_PLATFORM", "linux/arm64")
    monkeypatch.setenv("LAYERLENS_PLAIN", "1")
    monkeypatch.setenv("LAYERLENS_VERSION", "9")
    flags = ["--max-size", "400MB", "--no-cache", "--theme", "nord", "--no-root"]
    text = shown(capsys, *flags)
    assert text.startswith("settings file  .layerlens.toml\n")
    assert text.endswith("\nLAYERLENS_VERSION is no setting, and has no effect\n")
    found = rows(text)
    for row in (
        ["max-size", "400MB", "--max-size"],
        ["max-layers", "30", ".layerlens.toml [ci]"],
        ["max-path app/**", "1MB", ".layerlens.toml [ci.max-path]"],
        ["max-path b", "off", "LAYERLENS_MAX_PATH"],
        ["no-root", "fail", "--no-root"],
        ["strict", "true", ".layerlens.toml [ci]"],
        ["disable", "docs, man-pages", ".layerlens.toml [rules]"],
        ["severity", "npm-cache = high", ".layerlens.toml [rules]"],
        ["path", "ours", ".layerlens.toml [rules]"],
        ["platform", "linux/arm64", "LAYERLENS_PLATFORM"],
        ["toc", "false", ".layerlens.toml [reading]"],
        ["enabled", "false", "--no-cache"],
        ["theme", "nord", "--theme"],
        ["keys", "dive", ".layerlens.toml [tui]"],
        ["plain", "true", "LAYERLENS_PLAIN"],
        ["bindings", "tree.fold = F,ctrl+g", ".layerlens.toml [tui]"],
        [r"docs at opt/\x1b[1m, x: theirs (expired on 2020-01-01)"],
        ["anything at y: ours (until 2999-01-01)"],
    ):
        assert row in found, row
    assert "\x1b" not in text

    told = document(capsys, *flags)
    assert (told["schema_version"], told["file"], told["dive"]) == (1, ".layerlens.toml", None)
    assert told["unknown_variables"] == ["LAYERLENS_VERSION"]
    by_key = {(each["key"], each["subject"]): each for each in told["settings"]}
    assert by_key["max-path", "b"] == {
        "table": "ci", "key": "max-path", "subject": "b", "value": ["off"], "origin": "variable",
        "place": "LAYERLENS_MAX_PATH", "flag": "--max-path", "variable": "LAYERLENS_MAX_PATH",
    }  # fmt: skip
    assert by_key["toc", None]["value"] is False
    assert by_key["max-layers", None]["origin"] == "file"
    assert by_key["bindings", None]["value"] == {"tree.fold": "F,ctrl+g"}
    assert by_key["semantics", None]["place"] is None
    assert [each["expired"] for each in told["ignores"]] == [True, False]
    assert told["ignores"][0]["expires"] == "2020-01-01"


def test_limits_that_only_warn_or_grow(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--max-size", "warn:1MB", "--max-size", "+5%", "--no-root", "warn"]
    found = rows(shown(capsys, *words, "--baseline", "b"))
    assert ["max-size", "warn:1MB, +5%", "--max-size"] in found
    assert ["no-root", "warn", "--no-root"] in found
    assert ["max-new-findings", "none", "default"] in found
    assert ["baseline", "b", "--baseline"] in found
    found = rows(shown(capsys, "--baseline", "b"))
    assert ["max-new-findings medium", "0", "default"] in found


def test_rules_of_dive(capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys)["dive"] is None
    Path(".dive-ci").write_text("rules:\n  lowestEfficiency: 0.95\n")
    text = shown(capsys, "--highestWastedBytes", "20MB")
    found = rows(text)
    assert "\ndive's rules, which with --ci count too\n" in text
    assert ["lowestEfficiency", "0.95", ".dive-ci, line 2"] in found
    assert ["highestWastedBytes", "20MB", "--highestWastedBytes"] in found
    assert ["highestUserWastedPercent", "0.1", "dive's default"] in found
    assert ["lowest-efficiency", "none", "default"] in found, "dive's stand for ours"
    assert document(capsys)["dive"]["lowestEfficiency"] == {
        "limit": "0.95", "origin": ".dive-ci, line 2",
    }  # fmt: skip
    assert document(capsys, "--no-dive-ci")["dive"] is None


def test_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[1m[ci]\x1b[0m" in shown(capsys, "--color", "always")
    monkeypatch.setenv("LAYERLENS_COLOR", "always")
    assert "\x1b[2mdefault\x1b[0m" in shown(capsys)
    assert "\x1b" not in shown(capsys, "--color", "never")


def test_what_is_wrong_is_told_with_names_that_must_be_loaded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path(".layerlens.toml").write_text(
        "[rules]\ndisable = ['dcos']\n[tui.bindings]\n'tree.fld' = 'x'\n"
    )
    assert main(["config"]) == 2
    assert capsys.readouterr().err == (
        "layerlens: .layerlens.toml: rules.disable: no rule 'dcos'; did you mean 'docs'?; "
        "tui.bindings: no action 'tree.fld'; did you mean 'tree.fold'?\n"
    )


def test_help_names_the_command() -> None:
    assert SUBCOMMANDS["config"] == "config"
    assert "layerlens config" in (parser().epilog or "")


# ------------------------------------------------------------------------------- the example


def test_init(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--init"]) == 0
    assert capsys.readouterr().err == "layerlens: wrote .layerlens.toml\n"
    file = Path(".layerlens.toml")
    assert file.read_text(encoding="utf-8") == example()
    usual = [each["value"] for each in document(capsys, "--no-config")["settings"]]
    assert [each["value"] for each in document(capsys)["settings"]] == usual
    file.write_text("not = [TOML")
    assert main(["config", "--init"]) == 2
    assert capsys.readouterr().err == (
        "layerlens: .layerlens.toml: is there already; move it away first\n"
    )
    assert file.read_text() == "not = [TOML"


def test_the_example_has_every_setting_and_each_can_be_had(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = example()
    assert all(len(line) <= 100 for line in text.splitlines())
    assert set(tomllib.loads(text)) == set(TABLES) - {"ignore"}
    bare = re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE)
    found = tomllib.loads(bare)
    has = {
        (table, key)
        for table, keys in found.items()
        for key in (keys[0] if isinstance(keys, list) else keys)
    }
    assert has == {(each.table, each.key) for each in all_settings() if each.table}
    Path("all.toml").write_text(bare, encoding="utf-8")
    told = document(capsys, "--config", "all.toml")
    assert {each["origin"] for each in told["settings"]} == {"file"}
    assert len(told["ignores"]) == 1


# ------------------------------------------------------------------------- the documentation


def test_the_page_has_every_setting() -> None:
    """To mend it: ``python -m tests.unit.cli.test_config`` prints the tables."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for heading, table in documented().items():
        assert f"### {heading}\n\n{table}\n" in page, heading


def documented() -> dict[str, str]:
    """The tables of the page, by their headings."""
    found: dict[str, list[str]] = {}
    for each in all_settings():
        heading = "The file itself" if each is CONFIG else f"`[{each.table}]`"
        heading = "`[[ignore]]`" if each.table == "ignore" else heading
        lines = found.setdefault(
            heading, ["| key | flag | variable | default | what |", "|---|---|---|---|---|"]
        )
        flags = " ".join(f"`{flag}`" for flag in each.flag.split(", ") if flag)
        names = [f"`{name}`" if name else "" for name in (each.key, each.variable)]
        mark = " †" if each.guarded else ""
        lines.append(f"| {names[0]}{mark} | {flags} | {names[1]} | {each.default} | {each.help} |")
    return {heading: "\n".join(lines) for heading, lines in found.items()}


if __name__ == "__main__":
    for title, body in documented().items():
        print(f"### {title}\n\n{body}\n")  # noqa: T201 - to be pasted into the page
