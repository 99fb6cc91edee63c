"""What the page is told of findings beside the document."""

from __future__ import annotations

from layerlens.outputs.html.image import image_data
from layerlens.outputs.html.judgement import judgement_data
from layerlens.outputs.report import Report
from tests.unit.outputs import samples, wicked
from tests.unit.saved.test_secrets import PLANTED


def test_no_value_of_a_secret_is_in_the_data() -> None:
    whole = repr(image_data(Report(wicked.secret())))
    assert not [value for value in PLANTED if value in whole]


def test_where_rules_did_not_run_there_is_nothing() -> None:
    assert judgement_data(samples.shop()) is None


def test_rules_are_told_once_those_that_found_something_and_those_that_did_not() -> None:
    analysis = wicked.secret()
    data = judgement_data(analysis)
    assert data is not None
    assert analysis.judged is not None
    found = {finding.rule.id: finding.rule for finding in analysis.findings}
    assert {name: each["why"] for name, each in data["rules"].items()} == {
        name: rule.why for name, rule in found.items()
    }
    quiet = [name for name, _, _ in data["quiet"]]
    assert quiet == [each.id for each in analysis.judged.quiet]
    assert "secret-kubeconfig" in quiet
    assert not found.keys() & set(quiet)


def test_places_of_secrets() -> None:
    analysis = wicked.secret()
    data = judgement_data(analysis)
    assert data is not None
    held = {
        (finding.rule.id, path): place
        for k, finding in enumerate(analysis.findings)
        if str(k) in data["held"]
        for path, place in zip(finding.paths, data["held"][str(k)], strict=True)
    }
    assert held["secret-netrc", b"root/.netrc"] == {
        "lost": 1, "command": "layerlens extract test /root/.netrc --layer 0",
    }  # fmt: skip
    assert held["secret-npmrc", b"root/.npmrc"]["lost"] is None
    assert {rule for rule, _ in held} >= {"secret-private-key", "secret-env-file"}


def test_texts_that_are_no_unicode_can_be_written() -> None:
    data = judgement_data(wicked.wicked())
    assert data is not None
    repr(data).encode()
