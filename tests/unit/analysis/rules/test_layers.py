"""How an image is cut into layers."""

from __future__ import annotations

import pytest

from layerlens.analysis.rules.catalogue import layers
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, Severity
from tests.archives import CREATED
from tests.builders import Image, Member, directory, file, layer, whiteout
from tests.judging import Looked

BIG = b"0123456789" * 200_000


def judged(*rows: tuple[str, list[Member] | None], base: int = 0) -> dict[str, list[Finding]]:
    """Findings of an image; a row without members has no layer."""
    history = [
        {"created": CREATED, "created_by": text, **({"empty_layer": True} if made is None else {})}
        for text, made in rows
    ]
    image = Image([layer(*made) for _, made in rows if made is not None], history=history)
    return Looked(image, base).findings([layers.RULE_SET])


def test_what_runs_make_and_lose_together() -> None:
    found = judged(
        ("RUN a", [file("a", BIG), file("b", b"x" * 500)]),
        ("ENV X=1", None),
        ("RUN b; c || d", [whiteout("a"), file("b", b"y" * 7)]),
        ("COPY x /x", [file("x", BIG)]),
        ("RUN e", [whiteout("x"), file("b", b"z")]),
    )
    (finding,) = found["mergeable-runs"]
    assert (finding.bytes, finding.layer) == (2_000_500, 1)
    assert finding.fix == "ENV X=1\nRUN a \\\n && { b; c || d; }"
    assert finding.confidence is Confidence.CERTAIN
    assert finding.paths == (b"a", b"b")
    (gain,) = found["squash-gain"]
    assert gain.bytes == 2 * len(BIG) + 507
    assert gain.paths == (b"a", b"x", b"b")


def test_a_user_between_is_said() -> None:
    found = judged(("RUN a", [file("a", BIG)]), ("USER me", None), ("RUN b", [file("a", b"y" * 7)]))
    (finding,) = found["mergeable-runs"]
    assert finding.confidence is Confidence.LIKELY
    assert finding.evidence[0] == "the user changes in between (USER me)"
    assert "USER" not in finding.fix


@pytest.mark.parametrize(("count", "told"), [(2, False), (3, True)])
def test_runs_that_lose_nothing(count: int, told: bool) -> None:
    found = judged(*((f"RUN {k}", [file(f"f{k}", b"x")]) for k in range(count)))
    assert ("mergeable-runs" in found) is told
    if told:
        (finding,) = found["mergeable-runs"]
        assert (finding.severity, finding.bytes) == (Severity.INFO, 0)


def test_the_bases_runs_are_not_yours() -> None:
    rows = [("RUN a", [file("a", BIG)]), ("RUN b", [whiteout("a")]), ("RUN c", [file("c", b"1")])]
    assert "mergeable-runs" not in judged(*rows, base=2)


@pytest.mark.parametrize(
    ("count", "severity"), [(40, None), (41, Severity.INFO), (101, Severity.MEDIUM)]
)
def test_many_layers(count: int, severity: Severity | None) -> None:
    found = judged(*((f"COPY {k} /", [file(f"f{k}", b"x")]) for k in range(count)))
    assert (found["many-layers"][0].severity if severity is not None else None) == severity
    assert ("many-layers" in found) is (severity is not None)


def test_a_run_that_changes_nothing() -> None:
    found = judged(
        ("RUN a", [directory("d"), file("d/a", b"1")]),
        ("RUN check", [directory("d")]),
        ("RUN mkdir /e", [directory("e")]),
        ("RUN rm /d/a", [directory("d"), whiteout("d/a")]),
    )
    assert [each.layer for each in found["steps-without-effect"]] == [1]


def test_a_huge_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "HUGE", 1_000_000)
    found = judged(("", [file("a", BIG)]), ("COPY a /", [file("b", BIG)]), base=1)
    assert [each.layer for each in found["huge-layer"]] == [1]


def test_tar_overhead() -> None:
    found = judged(("COPY . /", [file(f"f{k}", b"1") for k in range(1_500)]))
    (finding,) = found["tar-overhead"]
    assert finding.title == "tar headers and padding of 1,500 entries"
    assert finding.bytes == 0
    assert "tar-overhead" not in judged(("COPY . /", [file("f", BIG)]))


@pytest.mark.parametrize("text", ["VOLUME /data /x", "VOLUME [/data]", 'VOLUME ["/data/", "/b"]'])
def test_writing_below_a_volume(text: str) -> None:
    found = judged(
        ("RUN before", [file("data/a", b"1")]),
        (text, None),
        ("COPY x /data/", [file("data/x", b"1")]),
        ("RUN touch /data/gone", [directory("q")]),
        ("RUN touch /database", [file("database", b"1")]),
    )
    copy, run = sorted(found["written-after-volume"], key=lambda each: each.layer or 0)
    assert (copy.layer, copy.paths, copy.confidence) == (1, (b"data/x",), Confidence.LIKELY)
    assert (run.layer, run.confidence) == (2, Confidence.HINT)
    assert copy.fix == "RUN <write to /data>\nVOLUME /data"
