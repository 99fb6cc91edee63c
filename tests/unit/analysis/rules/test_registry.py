"""Rules that installed packages bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerlens.analysis.rules.registry import all_rules, own_rule_sets, rule_sets

GOOD = """
from layerlens.analysis.rules.model import PathRule, Topic
from layerlens.analysis.rules.paths import path_rule_set

def made(name):
    return path_rule_set([PathRule(
        id=name, title="t", topic=Topic.CONTENT, why="w", fix="f", paths=("x/**",),
    )])

RULE_SET, TAKEN, NONE = made("their-cache"), made("apt-lists"), 7
TWICE = made("their-cache")
"""


def distribution(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, code: str, *points: str
) -> None:
    """A package that could have been installed."""
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"p{k} = {point}" for k, point in enumerate(points)]
    (info / "entry_points.txt").write_text("\n".join(["[layerlens.rules]", *lines, ""]))
    monkeypatch.syspath_prepend(str(folder))


def test_a_packages_rules_come_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, monkeypatch, "their-rules", "their_good", GOOD, "their_good:RULE_SET")
    found = rule_sets()
    assert found.problems == ()
    assert list(all_rules(found.sets))[-1] == "their-cache"
    assert found.sets[:-1] == own_rule_sets()


def test_what_cannot_be_had_costs_its_own_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution(
        tmp_path, monkeypatch, "their-rules", "their_bad", GOOD + "\n",
        "their_bad:TAKEN", "their_bad:NONE", "their_bad:MISSING", "their_bad:RULE_SET",
        "their_bad:TWICE", "no_such_module:X",
    )  # fmt: skip
    found = rule_sets()
    assert list(all_rules(found.sets))[-1] == "their-cache"
    assert len(found.sets) == len(own_rule_sets()) + 1
    taken, none, missing, twice, module = found.problems
    assert taken == (
        "the rules of their-rules (their_bad:TAKEN) are left out: "
        "LayerLens has a rule 'apt-lists' too"
    )
    assert none.endswith("cannot be had: it names a int, not a RuleSet")
    assert "AttributeError" in missing
    assert "their-rules (their_bad:RULE_SET) has a rule 'their-cache' too" in twice
    assert "ModuleNotFoundError" in module


def test_a_module_that_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, monkeypatch, "broken", "their_broken", "1 / 0", "their_broken:RULE_SET")
    found = rule_sets()
    assert found.sets == own_rule_sets()
    (problem,) = found.problems
    assert "broken (their_broken:RULE_SET) cannot be had: ZeroDivisionError" in problem
