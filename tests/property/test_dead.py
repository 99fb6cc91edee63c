"""Every dead byte stands in exactly one structure finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.catalogue import debian, structure
from layerlens.analysis.rules.dead.fates import fates
from layerlens.pipeline import Rules, analyse_image, open_image
from layerlens.sources.image import ReadOptions
from tests.builders import Image, layer
from tests.engine.semantics_cases import Case, cases
from tests.judging import Looked
from tests.members import Member, file
from tests.property.test_stacking import ANY_LAYERS, PATHS
from tests.shared_fixtures import shared_fixture

SIZED = st.builds(
    file, PATHS, st.sampled_from([b"x" * 20_000, b"y" * 20_000, b"z" * 1_100_000]),
    mtime=st.integers(0, 1), mode=st.sampled_from([0o644, 0o755]), uid=st.integers(0, 1),
)  # fmt: skip
LARGER = st.lists(st.lists(SIZED, max_size=4), min_size=1, max_size=4)
WORDS = st.sampled_from(["RUN x", "COPY a /b", ""])

SETS = (structure.RULE_SET, debian.RULE_SET)
SAMPLES = Path(__file__).parents[2] / "sample_images"


def _has_one_reason(analysis: Analysis) -> None:
    """The findings' bytes are the dead bytes, and no two findings share one."""
    told = {rule.id for rule in (*structure.RULES, debian.PURGED, debian.UPGRADED)}
    findings = [finding for finding in analysis.findings if finding.rule.id in told]
    assert "rule-failed" not in {note.code for note in analysis.diagnostics}
    assert sum(finding.bytes for finding in findings) == analysis.scores.dead_bytes
    assert analysis.what_if(findings).dead_bytes == 0


@settings(max_examples=200, deadline=None)
@given(ANY_LAYERS, LARGER, st.lists(WORDS, min_size=4, max_size=4), st.integers(0, 2))
def test_every_dead_byte_has_one_reason(
    layers: list[list[Member]], larger: list[list[Member]], words: list[str], base: int
) -> None:
    made = [
        layer(*(layers[k] if k < len(layers) else []), *(larger[k] if k < len(larger) else []))
        for k in range(max(len(layers), len(larger)))
    ]
    looked = Looked(Image(made, words[: len(made)]), min(base, len(made)))
    dead = list(looked.context.fs.deaths.inode)
    sorted_out = [inode for group in fates(looked.context) for inode in group.inodes]
    assert sorted(sorted_out) == sorted(dead)
    _has_one_reason(looked.analysis(SETS))


@pytest.mark.parametrize(
    "case", [each for each in cases() if not each.refused], ids=lambda case: case.name
)
def test_every_dead_byte_of_the_engines_cases_has_one_reason(case: Case) -> None:
    _has_one_reason(
        Looked(Image(list(case.layers), ["RUN x"] * len(case.layers)), 0).analysis(SETS)
    )


@pytest.mark.parametrize(
    "path", sorted(path for path in SAMPLES.iterdir() if ".tar" in path.name), ids=lambda p: p.name
)
def test_every_dead_byte_of_the_ready_archives_has_one_reason(path: Path) -> None:
    options = ReadOptions(select="webshop:1.0") if "both" in path.name else ReadOptions()
    image = open_image(str(path), options)
    analysis = analyse_image(image, options, rules=Rules(SETS))
    image.close()
    _has_one_reason(analysis)


@pytest.mark.parametrize("name", ["archives/save25-one.tar", "archives/pod-oci-archive.tar",
                                  "dive/test-docker-image.tar", "dive/test-kaniko-image.tar"])  # fmt: skip
def test_every_dead_byte_of_shared_archives_has_one_reason(name: str) -> None:
    image = open_image(str(shared_fixture(name)))
    analysis = analyse_image(image, rules=Rules(SETS))
    image.close()
    _has_one_reason(analysis)
