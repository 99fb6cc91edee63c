"""The pull-request comment: what it says, and that nothing in an image breaks it or makes it too long."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from layerlens.analysis.model import Analysis, Partial, Waste
from layerlens.analysis.rules.identity import Matched
from layerlens.comparison.model import Comparison, Delta, PathChange, PathDelta, PullDelta
from layerlens.filesystem.changes import Cause
from layerlens.gate.model import Offender, Outcome, Verdict
from layerlens.image.model import Instruction
from layerlens.outputs.markdown import MOST_BYTES, SUMMARY, markdown, marker, write_markdown
from layerlens.outputs.markdown_fit import Section, fit
from layerlens.outputs.report import Report
from tests.unit.outputs import handmade, samples

PARSER = MarkdownIt("gfm-like")
OURS = {"<br>", "</details>"}
HTML = re.compile(r"<!-- layerlens:[0-9a-f]{16} -->|<details><summary>[\w ]+</summary>")


@cache
def judged() -> Analysis:
    return samples.judged()


def written(report: Report) -> str:
    stream = io.BytesIO()
    write_markdown(report, stream)
    return stream.getvalue().decode()


def tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def check_inert(text: str) -> None:
    """No link, no image, no HTML but ours, no line that a runner or GitLab would obey."""
    for token in tokens(text):
        assert token.type not in ("link_open", "image", "s_open", "em_open"), token
        if token.type in ("html_inline", "html_block"):
            for line in token.content.split("\n"):
                assert not line or line in OURS or HTML.fullmatch(line), token.content
        if token.type in ("text", "text_special"):
            assert not re.search(r"[@#$]|https?:|www\.", token.content), token.content
        if token.type in ("fence", "code_block"):
            assert token.info == "dockerfile"
    for line in text.split("\n"):
        assert line.isprintable()
        assert not re.match(r"\s*::|/", line)
        assert "##[" not in line


def with_findings(analysis: Analysis, count: int, text: str) -> Analysis:
    """The analysis with its first finding as often as that, all its texts replaced."""
    assert analysis.judged is not None
    one = analysis.findings[0]
    found = replace(
        one, title=text, instruction=text, paths=(text.encode("utf-8", "replace"),), fix=text,
        evidence=(text, text),
    )  # fmt: skip
    return replace(analysis, judged=replace(analysis.judged, findings=(found,) * count))


def compared(old: Analysis, new: Analysis, *paths: PathDelta) -> Comparison:
    """A comparison whose figures are made up."""
    return Comparison(
        old=old, new=new, size=Delta(2_000_000, 63_500_000), transfer=Delta(None, 21_000_000),
        live=Delta(9_100_000, 9_100_000), dead=Delta(0, 12_000_000), layers=(),
        pull=PullDelta(20_000_000, 1_000_000, 21_000_000, True, (1, 2, 3), (0,), 1, "it changed"),
        paths=paths, packages=(), classes=(), refetched=(),
        findings=Matched((), tuple(range(len(new.findings))), ()),
    )  # fmt: skip


def test_the_verdict_comes_first() -> None:
    lines = written(Report(judged(), handmade.failing())).split("\n")
    assert lines[1] == "## ❌ LayerLens: `judged:1` fails 3 of 6 gates, with 1 warning"
    outcomes = [line.split(" | ")[0] for line in lines if line.startswith(("| ❌", "| ⚠", "| ✅"))]
    assert outcomes == ["| ❌ fail", "| ❌ fail", "| ⚠️ warn", "| ✅ pass", "| ✅ pass",
                        "| ❌ misconfigured"]  # fmt: skip
    size = next(line for line in lines if "image size" in line)
    assert "63.5 MB (was 57.1 MB)" in size
    assert "`+5%` (≤ 60.0 MB)" in size


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (None, "LayerLens: `x`"),
        (Verdict(), "✅ LayerLens: `x` passes: no gate"),
        (handmade.passing(), "✅ LayerLens: `x` passes all 2 gates"),
        (
            Verdict((handmade.ruling("max-size", "1MB", Outcome.WARN, 2e6),)),
            "⚠️ LayerLens: `x` passes 1 gate, with 1 warning",
        ),
        (
            replace(handmade.failing(), rulings=(), dive=None, strict=True),
            "❌ LayerLens: `x` fails, for 1 ignore that nothing needs",
        ),
    ],
)
def test_headlines(verdict: Verdict | None, words: str) -> None:
    analysis = samples.clean()
    analysis = replace(analysis, image=replace(analysis.image, reference="x"))
    assert written(Report(analysis, verdict)).split("\n")[1] == f"## {words}"


def test_findings_tell_blame_saving_and_fix() -> None:
    analysis = judged()
    assert analysis.judged is not None
    first = replace(analysis.findings[0], line=7)
    analysis = replace(analysis, judged=replace(analysis.judged, findings=(first,)))
    text = written(Report(analysis, dockerfile="docker/Dockerfile"))
    assert "saves **42.0 MB** (14.0 MB of transfer) · `package-lists`" in text
    assert "`docker/Dockerfile` line 7, layer 1: `RUN apt-get update`" in text
    fence = next(token for token in tokens(text) if token.type == "fence")
    assert fence.content == first.fix + "\n"


def test_ignored_findings_are_left_out() -> None:
    analysis = judged()
    everything = frozenset(range(len(analysis.findings)))
    text = written(Report(analysis, replace(handmade.passing(), ignored=everything)))
    assert "Nothing to mend." in text
    assert "apt-get update &&" not in text


def test_the_change_against_another_image() -> None:
    old, new = samples.clean(), judged()
    delta = PathDelta(b"app/run", PathChange.ADDED, None, 3, 0, 3_000_000)
    text = written(Report(new, comparison=compared(old, new, delta)))
    assert "### Compared with `clean:1`" in text
    assert "| size | 2.0 MB | 63.5 MB | +61.5 MB (+3075.0%) |" in text
    assert "| transfer | not known | 21.0 MB |  |" in text
    assert "| live | 9.1 MB | 9.1 MB | ±0 B |" in text
    assert "downloads 20.0 MB in 3 layers for this one; 1 layer stay" in text
    assert "| +3.0 MB | added | `/app/run` |" in text
    assert f"{len(new.findings)} findings new, 0 fixed" in text


def test_an_image_that_was_only_read_in_part_says_so() -> None:
    assert "Only 1 of 1 layers were read" in written(Report(replace(samples.clean(),
                                                                    partial=Partial(1))))  # fmt: skip


@pytest.mark.parametrize("make", [samples.hostile, samples.shop, samples.many, samples.empty])
def test_no_image_breaks_it(make: Callable[[], Analysis]) -> None:
    analysis = make()
    for verdict in (None, handmade.hostile(), handmade.failing()):
        check_inert(written(Report(analysis, verdict, dockerfile="a`b\n::error::")))


@pytest.mark.parametrize("text", [handmade.EVIL, "```\n::error::x", "</details>\n\n# h", "~~~\n@x"])
def test_no_finding_breaks_it(text: str) -> None:
    analysis = with_findings(judged(), 9, text)
    old = replace(analysis, image=replace(analysis.image, reference=text))
    delta = PathDelta(text.encode(), PathChange.MOVED, 1, 1, 0, 1)
    report = Report(analysis, handmade.hostile(), compared(old, analysis, delta))
    check_inert(written(report))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.text(
        alphabet=st.sampled_from("ab`|\\@#:\n\u202e\u4f60\U000e0001\udcff <>"), min_size=1
    ),
    times=st.sampled_from([1, 400]),
    count=st.sampled_from([1, 100]),
)
def test_it_is_always_short_enough(text: str, times: int, count: int) -> None:
    analysis = with_findings(judged(), count, text * times)
    path = (text * times).encode("utf-8", "surrogateescape")
    layer = replace(analysis.layers[1].history, instruction=Instruction(text * times))
    analysis = replace(
        analysis,
        image=replace(analysis.image, reference=text * times, tags=(text * times,)),
        layers=tuple(replace(analysis.layers[1], index=k, history=layer) for k in range(count)),
        waste=[Waste(path, Cause.DELETED, 5, 0, 0)] * count,
    )
    offender = Offender(text * times, 5, 0, None, text * times)
    verdict = handmade.hostile()
    rulings = tuple(replace(each, message=text * times, offenders=(offender,) * count)
                    for each in verdict.rulings * count)  # fmt: skip
    verdict = replace(verdict, rulings=rulings, notes=(text * times,) * count)
    report = Report(analysis, verdict, compared(analysis, analysis), text * times)
    written_text = written(report)
    assert len(written_text.encode()) <= MOST_BYTES < 65_536
    assert "LayerLens" in written_text.split("\n")[1]
    assert "… and " in written_text or count == 1
    longer = markdown(report, SUMMARY, 900_000)
    assert longer is not None
    assert len(longer.encode()) <= 900_000


def test_where_not_even_the_frame_fits() -> None:
    assert markdown(Report(judged()), SUMMARY, 100) is None


def test_what_weighs_least_goes_first() -> None:
    def more(left: int) -> str:
        return f"and {left} more"

    light = Section(["a" * 10] * 5, before="light", more=more, weight=1, optional=True)
    heavy = Section(["b" * 10] * 5, before="heavy", more=more, weight=2)
    whole = fit([light, heavy], 1000)
    assert whole is not None
    assert (whole.count("a" * 10), whole.count("b" * 10)) == (5, 5)
    for most in range(len(whole), 0, -1):
        text = fit([light, heavy], most)
        if text is None:
            break
        assert len(text) <= most
        kept = text.count("a" * 10), text.count("b" * 10)
        assert kept[1] == 5 or kept[0] == 0
        for name, count in zip(("light", "heavy"), kept, strict=True):
            if name in text and count < 5:
                assert f"and {5 - count} more" in text
    else:
        raise AssertionError("nothing is small enough")
    assert "light" in whole


def test_builds_of_an_image_have_one_mark() -> None:
    def mark(reference: str, *tags: str) -> str:
        analysis = samples.clean()
        image = replace(analysis.image, reference=reference, tags=tags)
        return marker(replace(analysis, image=image))

    assert mark("host:5000/app:1") == mark("host:5000/app:2") == mark("host:5000/app")
    assert mark("host:5000/app@sha256:" + "0" * 64) == mark("host:5000/app")
    assert mark("docker://sha256:0123", "app:1") == mark("x.tar", "app:2") == mark("app")
    assert mark("app:1") != mark("other:1")
