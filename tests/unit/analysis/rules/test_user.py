"""A user's settings of rules: what is read, and all that is wrong at once."""

from __future__ import annotations

import tomllib

import pytest

from layerlens.analysis.rules.model import Confidence, LedgerClass, PathRule, Severity
from layerlens.analysis.rules.user import Parsed, parse_rules

KNOWN = ("docs", "npm-cache", "apt-lists")


def parsed(text: str) -> Parsed:
    return parse_rules(tomllib.loads(text).get("rules"), KNOWN)


def test_everything() -> None:
    found = parsed("""
        [rules]
        disable = ["docs"]
        enable = ["npm-cache", "ours"]
        [rules.severity]
        apt-lists = "high"
        [rules.thresholds]
        low = "10kB"
        medium = 20000
        high = "1.5MiB"
        low-share = 0
        high-share = 0.5
        [[rules.path]]
        id = "ours"
        paths = ["/srv/{a,b}/**"]
        except = ["srv/a/keep"]
        class = "tests-and-examples"
        severity = "low"
        minimum = "1kB"
    """)
    assert found.problems == []
    settings = found.settings
    assert settings.enabled == {"docs": False, "npm-cache": True, "ours": True}
    assert settings.severities == {"apt-lists": Severity.HIGH}
    assert (settings.thresholds.low, settings.thresholds.medium) == (10_000, 20_000)
    assert (settings.thresholds.high, settings.thresholds.high_share) == (1_572_864, 0.5)
    (rule,) = settings.extra
    assert isinstance(rule, PathRule)
    assert (rule.id, rule.title, rule.paths) == ("ours", "ours", ("srv/{a,b}/**",))
    assert (rule.except_paths, rule.minimum, rule.owned) == (("srv/a/keep",), 1000, "flag")
    assert rule.ledger_class is LedgerClass.TESTS_AND_EXAMPLES
    assert (rule.severity, rule.confidence) == (Severity.LOW, Confidence.LIKELY)


def test_nothing() -> None:
    assert parse_rules({}, KNOWN) == Parsed()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules = 1", "rules: must be a table"),
        ("[rules]\ndisabel = []", "rules: unknown key 'disabel'; did you mean 'disable'?"),
        ("[rules]\ndisable = ['dosc']", "rules.disable: no rule 'dosc'; did you mean 'docs'?"),
        ("[rules]\nenable = 'docs'", "rules.enable: must be a list of strings"),
        ("[rules]\nenable = ['docs']\ndisable = ['docs']",
         "rules: 'docs' is both enabled and disabled"),
        ("[rules.severity]\ndocs = 'grave'",
         "rules.severity.docs: 'grave' is none of info, low, medium, high, critical"),
        ("[rules.severity]\nx = 'low'", "rules.severity: no rule 'x'"),
        ("[rules]\nseverity = 1", "rules.severity: must be a table"),
        ("[rules]\nthresholds = 1", "rules.thresholds: must be a table"),
        ("[rules.thresholds]\nlow = '1 pound'",
         "rules.thresholds.low: '1 pound' is no size, such as 1000000 or '1MB'"),
        ("[rules.thresholds]\nlow = '5iB'",
         "rules.thresholds.low: '5iB' is no size, such as 1000000 or '1MB'"),
        ("[rules.thresholds]\nlow = true",
         "rules.thresholds.low: True is no size, such as 1000000 or '1MB'"),
        ("[rules.thresholds]\nlow = '1GB'", "rules.thresholds: low, medium and high must ascend"),
        ("[rules.thresholds]\nhigh-share = 20",
         "rules.thresholds.high-share: 20 is no share from 0 to 1"),
        ("[rules]\npath = 1", "rules.path: write [[rules.path]], once for each rule"),
        ("[[rules.path]]\npaths = ['a']", "rules.path[0].id: must be a text"),
        ("[[rules.path]]\nid = 'A b'\npaths = ['a']",
         "rules.path[0].id: 'A b' is not lower case words with dashes"),
        ("[[rules.path]]\nid = 'a'", "rules.path[0].paths: names no path"),
        ("[[rules.path]]\nid = 'a'\npaths = ['a**']",
         "rules.path[0].paths: 'a**': ** stands for whole segments"),
        ("[[rules.path]]\nid = 'a'\npaths = ['a']\nclass = 'locale'",
         "rules.path[0].class: no class 'locale'; did you mean 'locales'?"),
        ("[[rules.path]]\nid = 'a'\npaths = ['a']\nclas = 'other'",
         "rules.path[0]: unknown key 'clas'; did you mean 'class'?"),
        ("[[rules.path]]\nid = 'docs'\npaths = ['a']",
         "rules.path[0]: there is a rule 'docs' already"),
    ],
)  # fmt: skip
def test_one_problem(text: str, problem: str) -> None:
    assert parsed(text).problems == [problem]


def test_all_problems_at_once() -> None:
    found = parsed("""
        [rules]
        x = 1
        disable = ["nothing"]
        [[rules.path]]
        id = "a"
        paths = ["b{"]
        severity = "bad"
    """)
    assert len(found.problems) == 4
