"""What rules and findings say to people: whole, filled in, and true for the image at hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerlens.analysis.rules.model import Draft, Rule, RuleSet, Topic
from layerlens.analysis.rules.registry import own_rule_sets
from layerlens.pipeline import Rules, analyse_image, open_image
from tests.builders import Image, file, layer
from tests.judging import Looked

RULES = [rule for each in own_rule_sets() for rule in each.rules]
SAMPLES = Path(__file__).parents[4] / "sample_images"
ARCHIVES = sorted(path.name for path in SAMPLES.glob("webshop-*.tar"))

UNFILLED = re.compile(r"\{[a-z_]+\}")
LEFTOVER = re.compile(r"\b(?:TODO|FIXME|XXX|TBD|None|True|False)\b| {2}|\s[.,;](?:\s|$)")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rules_texts_are_whole(rule: Rule) -> None:
    for text in (rule.title, rule.why, rule.fix, rule.source):
        assert text.strip()
    for text in (rule.title, rule.why, rule.keep, rule.source, rule.trade_off):
        assert LEFTOVER.search(text) is None
        assert UNFILLED.search(text) is None
    assert not rule.title.endswith(".")
    assert rule.why.endswith((".", ")."))
    assert not rule.keep or rule.keep[-1] in ".:)"


@pytest.mark.parametrize("name", ARCHIVES)
def test_findings_of_sample_images_are_filled_in(name: str) -> None:
    findings = analyse_image(open_image(str(SAMPLES / name)), rules=Rules()).findings
    assert findings
    for found in findings:
        assert UNFILLED.search(found.fix) is None, found.rule.id
        assert found.fix.strip()
        assert found.title.strip() == found.title != ""
        assert re.search(r"\b1 \w+s\b(?<!ss)", found.title) is None, found.title


@pytest.mark.parametrize("path", [b"a\xff", b"a\nb"])
def test_a_path_that_no_command_should_hold_has_a_place(path: bytes) -> None:
    rule = Rule(id="r", title="t", topic=Topic.CONTENT, why="w", fix="RUN rm {paths}")
    rules = RuleSet((rule,), (lambda context: [Draft("r", context.files.versions)],))
    (found,) = Looked(Image([layer(file(path, b"1"))])).findings([rules])["r"]
    assert found.fix == "RUN rm <paths>"


def test_bytes_of_the_base_have_the_base_to_blame() -> None:
    lists = layer(file("var/lib/apt/lists/deb_InRelease", b"xy" * 90_000))
    image = Image([lists, layer(file("a", b"1"))], ["ADD x /", "RUN x"])
    for base, brought in ((2, True), (1, True), (0, False)):
        (found,) = Looked(image, base).findings()["apt-lists"]
        assert found.fix.startswith("The base image brought these bytes") is brought
        assert "rm -rf /var/lib/apt/lists" in found.fix
