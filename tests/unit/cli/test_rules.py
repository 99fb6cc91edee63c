"""``layerlens rules``: the list, one rule, other tools' names, settings, pages."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from layerlens.analysis.rules.model import PathRule, Severity, Topic
from layerlens.analysis.rules.registry import all_rules, own_rule_sets, rule_sets
from layerlens.analysis.rules.settings import RuleSettings
from layerlens.cli.main import main
from layerlens.cli.rule_settings import rule_settings
from layerlens.cli.settings_file import MAX_SETTINGS, read_settings_file
from layerlens.errors import UsageError
from layerlens.outputs.rule_pages import MARK, pages, write_pages
from layerlens.outputs.rules import write_rules
from tests.unit.cli.running import ROOT, layerlens, line

RULES = list(all_rules(own_rule_sets()).values())


def read_settings(config: str | None) -> RuleSettings:
    return rule_settings(read_settings_file(config))


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of one's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["rules", *words]) == 0
    return capsys.readouterr().out


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys).splitlines()
    assert len(lines) == len(RULES) + 1
    (row,) = [line.split()[:5] for line in lines if line.startswith("apt-lists ")]
    assert row == [
        "apt-lists", "content", "certain", "package-caches", "DL3009,DKL-DI-0005",
    ]  # fmt: skip


def test_topics(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--topic", "content").splitlines()
    assert len(lines) == 1 + sum(rule.topic is Topic.CONTENT for rule in RULES)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, "docs", "--json"))
    (rule,) = found["rules"]
    assert (rule["id"], rule["claims"], rule["confidence"]) == ("docs", "documentation", "likely")
    assert rule["except"] == ["usr/{local/,}share/doc/**/copyright"]
    assert (rule["severity"], rule["at_most"], rule["trade_off"]) == (None, "critical", None)


@pytest.mark.parametrize("word", ["DL3009", "dl3009", "apt-lists", "DKL-DI-0005", "APT-LISTS"])
def test_one_rule(capsys: pytest.CaptureFixture[str], word: str) -> None:
    text = printed(capsys, word)
    assert text.startswith("apt-lists: apt package lists\n")
    for part in ("Flags:\n  /var/lib/apt/lists/**", "But not:", "Keeps:", "Fix:\n  RUN", "Source:"):
        assert part in text


def test_several_of_one_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert "zypper-cache: " in printed(capsys, "AVD-DS-0020")
    text = printed(capsys, "DL3040")
    assert "dnf-cache: " in text
    assert "\nlibdnf5-cache: " in text


def test_unknown_rules() -> None:
    message = line(layerlens("rules", "apt-list"), 2)
    assert message.startswith("layerlens: no rule 'apt-list'; did you mean apt-lists")
    assert "lists them all" in line(layerlens("rules", "zzzz"), 2)
    assert "gettext" not in line(layerlens("rules", "--topic", "nothing"), 2)


def test_escapes() -> None:
    hostile = PathRule(
        id="x\x1b[2J", title="t\x1b", topic=Topic.CONTENT, why="w\x07", fix="f\x1b\ng", paths=("p\x1b",),
        also=("a\x1b",), keep="k\x1b", source="s\x1b",
    )  # fmt: skip
    for in_full in (False, True):
        out = io.StringIO()
        write_rules([hostile], out, in_full=in_full)
        assert all(text.isprintable() for text in out.getvalue().splitlines())


def test_settings_of_the_directory(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside / ".layerlens.toml").write_text(
        "[rules]\ndisable = ['docs']\n[[rules.path]]\nid = 'ours'\npaths = ['a/**']\n"
    )
    assert "Off:        unless enabled" in printed(capsys, "docs")
    assert printed(capsys, "ours").startswith("ours: ours\n")
    settings = read_settings(None)
    assert settings.enabled == {"docs": False}
    assert [rule.id for rule in settings.extra] == ["ours"]
    assert rule_sets(settings).sets[-1].rules == settings.extra


def test_settings_of_a_project(inside: Path) -> None:
    project = inside / "pyproject.toml"
    project.write_text("[tool.layerlens.rules.severity]\ndocs = 'high'\n")
    assert read_settings(None).severities == {"docs": Severity.HIGH}
    project.write_text("{{ a template, not TOML }}")
    assert read_settings(None).severities == {}
    project.write_text("[tool]\nlayerlens = 1\n")
    with pytest.raises(UsageError, match="must be a table"):
        read_settings(None)
    (inside / ".layerlens.toml").write_text("")
    assert read_settings(None).severities == {}


def test_settings_that_are_named(inside: Path) -> None:
    other = inside / "other.toml"
    other.write_text("[rules.severity]\ndocs = 'high'\n")
    assert read_settings(str(other)).severities == {"docs": Severity.HIGH}
    other.write_text("[rules]\nx = 1\ny = 2\n")
    message = line(layerlens("rules", "--config", other), 2)
    assert message.endswith("other.toml: rules: unknown key 'x'; rules: unknown key 'y'")
    other.write_text("[rules\n")
    assert "not TOML" in line(layerlens("rules", "--config", other), 2)
    other.write_bytes(b"\xff")
    assert "not TOML" in line(layerlens("rules", "--config", other), 2)
    other.write_bytes(b"#" * (MAX_SETTINGS + 1))
    assert "settings of more than" in line(layerlens("rules", "--config", other), 2)
    assert "settings cannot be read" in line(layerlens("rules", "--config", inside / "none"), 2)


def test_pages_are_those_of_the_rules() -> None:
    folder = ROOT / "docs" / "rules"
    there = {name: (folder / name).read_text(encoding="utf-8") for name in os.listdir(folder)}
    assert there == pages(RULES), "run: layerlens rules --pages docs/rules"


def test_pages_of_rules_that_are_gone(inside: Path) -> None:
    folder = inside / "pages"
    write_pages(RULES, str(folder))
    (folder / "old-rule.md").write_text(f"{MARK}\nold\n")
    (folder / "notes.md").write_text("mine\n")
    result = layerlens("rules", "--pages", folder)
    assert (result.returncode, result.stdout) == (0, "")
    assert sorted(os.listdir(folder)) == sorted([*pages(RULES), "notes.md"])
    (inside / "file").write_text("")
    assert "cannot write" in line(layerlens("rules", "--pages", inside / "file"), 2)
