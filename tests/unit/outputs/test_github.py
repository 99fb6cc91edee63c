"""Annotations, a step's summary and its values, as GitHub's runner reads them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.model import Severity
from layerlens.gate.model import Verdict
from layerlens.outputs.github import (
    ANNOTATIONS,
    SUMMARY_BYTES,
    annotate,
    delimited,
    step_summary,
    step_values,
)
from layerlens.outputs.report import Report
from tests.unit.outputs import handmade, samples

_LINE = re.compile(r"::(?P<command>error|warning) (?P<properties>.*?)::(?P<data>.*)")


@cache
def judged() -> Analysis:
    return samples.judged()


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A command as ActionCommand.TryParseV2 reads it."""
    assert "\n" not in line
    assert "\r" not in line
    match = _LINE.fullmatch(line)
    assert match is not None, line
    pairs = (pair.split("=", 1) for pair in match["properties"].split(","))
    properties = {name: unescaped(value) for name, value in pairs}
    return match["command"], properties, unescaped(match["data"], of_property=False)


def unescaped(text: str, *, of_property: bool = True) -> str:
    codes = {"%0D": "\r", "%0A": "\n", **({"%3A": ":", "%2C": ","} if of_property else {})}
    for code, token in codes.items():
        text = text.replace(code, token)
    return text.replace("%25", "%")


def test_gates_come_first_and_then_findings_by_saving() -> None:
    lines = [read(line) for line in annotate(Report(judged(), handmade.failing()))]
    assert [(command, properties["title"]) for command, properties, _ in lines] == [
        ("error", "LayerLens: gate/lowest-efficiency"),
        ("error", "LayerLens: gate/max-path app/**"),
        ("error", "LayerLens: dive/HighestUserWastedPercent"),
        ("warning", "LayerLens: gate/max-size"),
        ("warning", "LayerLens: gate/ignores opt/**"),
        ("warning", "LayerLens: package-lists"),
        ("warning", "LayerLens: package-lists"),
        ("warning", "LayerLens: root-user"),
        ("warning", "LayerLens: deleted-later"),
    ]
    assert lines[0][2] == "81.12% is less than 90%"
    assert lines[5][2].startswith("package lists: 42.0 MB, 14.0 MB of a pull\nlayer 1: RUN apt-get")


def test_lines_of_the_dockerfile_are_named_where_they_are_known() -> None:
    report = Report(judged(), handmade.failing(), dockerfile="a,b:c%/Dockerfile")
    found = {properties["title"]: properties for _, properties, _ in map(read, annotate(report))}
    size = found["LayerLens: gate/max-size"]
    assert (size["file"], size["line"]) == ("a,b:c%/Dockerfile", "7")
    assert "file" not in found["LayerLens: root-user"]


def test_ten_are_told_at_most_and_ignored_or_small_ones_not_at_all() -> None:
    analysis = judged()
    assert analysis.judged is not None
    found = tuple(replace(analysis.findings[0], bytes=k) for k in range(50))
    many = replace(analysis, judged=replace(analysis.judged, findings=found))
    lines = annotate(Report(many))
    assert len(lines) == ANNOTATIONS
    assert "49 B" in lines[0]
    hidden = Verdict(ignored=frozenset(range(50)))
    assert annotate(Report(many, hidden)) == []
    low = tuple(replace(each, severity=Severity.LOW) for each in found)
    assert annotate(Report(replace(many, judged=replace(analysis.judged, findings=low)))) == []


def test_no_text_of_an_image_is_a_command_or_a_property() -> None:
    text = "x,file=/etc/passwd::y%0A::error::z\n::error::q\r##[error]w \x1b[31m"
    analysis = judged()
    assert analysis.judged is not None
    one = replace(
        analysis.findings[0], title=text, instruction=text, fix=text, paths=(text.encode(),),
        evidence=(text,), line=3,
    )  # fmt: skip
    analysis = replace(analysis, judged=replace(analysis.judged, findings=(one,)))
    for line in annotate(Report(analysis, handmade.hostile(), dockerfile=text)):
        command, properties, data = read(line)
        assert command in ("error", "warning")
        assert set(properties) <= {"file", "line", "title"}
        assert properties["title"].startswith("LayerLens: ")
        assert "\x1b" not in line
        assert "##[" not in line
        assert not any(part.lstrip().startswith("::error") for part in data.split("\n"))


def test_the_summary_is_longer_than_a_comment_and_fits_into_what_is_left() -> None:
    report = Report(judged(), handmade.failing())
    text = step_summary(report, 0)
    assert text is not None
    assert "fails 3 of 6 gates" in text
    for held in (0, SUMMARY_BYTES - 3000):
        text = step_summary(report, held)
        assert text is not None
        assert len(text.encode()) + held < SUMMARY_BYTES
    assert step_summary(report, SUMMARY_BYTES - 100) is None
    assert step_summary(report, SUMMARY_BYTES + 5) is None


def test_values_for_later_steps() -> None:
    values = dict(step_values(Report(judged(), handmade.failing())))
    assert values == {
        "passed": "false", "outcome": "fail", "failed_gates": "2", "warned_gates": "1",
        "image": "judged:1", "digest": str(judged().image.id), "size": "63500000",
        "transfer_size": values["transfer_size"], "wasted_bytes": "12000000",
        "removable_bytes": "42400000", "efficiency": "0.811024", "lean_score": "0.143307",
        "user_wasted_percent": "20.5128", "layers": "4", "findings": "6",
    }  # fmt: skip
    assert int(values["transfer_size"]) > 0
    plain = dict(step_values(Report(samples.clean())))
    assert "passed" not in plain
    assert (plain["transfer_size"], plain["lean_score"], plain["findings"]) == ("", "", "")


def test_a_value_cannot_end_itself() -> None:
    analysis = judged()
    image = replace(analysis.image, reference="x\nEND\npassed<<END\ntrue\nEND")
    text = delimited(step_values(Report(replace(analysis, image=image), handmade.failing())), "END")
    lines = text.split("\n")[:-1]
    found = {}
    for at in range(0, len(lines), 3):
        name, delimiter = lines[at].split("<<")
        assert (delimiter, lines[at + 2]) == ("END", "END")
        found[name] = lines[at + 1]
    assert found["passed"] == "false"
    assert found["image"] == "x\\nEND\\npassed<<END\\ntrue\\nEND"
