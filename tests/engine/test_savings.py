"""What is predicted to come back comes back, once the fix is applied and the image rebuilt."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.pipeline import Rules, analyse_image, open_image
from tests.engine import savings_cases
from tests.engine.engine import BASE_IMAGE, Engine, cache_directory
from tests.engine.listing import analysed, tool_environment
from tests.engine.savings_cases import CASES, COMBINATIONS, FROM, PACKAGE_CASES, Case

pytestmark = [pytest.mark.engine, pytest.mark.slow]

Document = dict[str, Any]
Build = Callable[[str, str, bool, str], str]


@pytest.fixture(scope="module")
def build(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build a Dockerfile (its first ``FROM`` is the base image), and give the tag."""
    engine.import_base(cache_directory())
    context = tmp_path_factory.mktemp("context")
    savings_cases.fill(context)

    def built(name: str, steps: str, buildkit: bool, ignore: str = "") -> str:
        folder = tmp_path_factory.mktemp("build")
        shutil.copytree(context, folder, dirs_exist_ok=True)
        dockerfile = folder.parent / f"{folder.name}.Dockerfile"
        dockerfile.write_text(FROM + steps)
        (folder / ".dockerignore").write_text(f".dockerignore\n{ignore}")
        tag = f"layerlens-savings/{re.sub(r'[^a-z0-9]+', '-', name)}"
        engine.docker(
            "build", "--network=host", "--quiet", f"--file={dockerfile}", f"--tag={tag}", folder,
            extra_environment={"DOCKER_BUILDKIT": str(int(buildkit))},
        )  # fmt: skip
        return tag

    return built


def predicted(document: Document, rule: str) -> int:
    """Bytes of all findings of a rule about what the user's own steps made."""
    return sum(row["bytes"] for row in document["findings"] if row["rule"] == rule)


def both(engine: Engine, build: Build, case: Case) -> tuple[Document, Document]:
    """The faulty image and the mended one, analysed."""
    bad = build(f"{case.name}-bad", case.bad, case.buildkit, "")
    good = build(f"{case.name}-good", case.good, case.buildkit, case.ignore)
    return _looked(engine, bad), _looked(engine, good)


def _looked(engine: Engine, tag: str) -> Document:
    """The base is named: the image of another case may be the beginning of this one's."""
    return analysed(
        f"docker://{tag}", "--base", f"docker://{BASE_IMAGE}", environment=tool_environment(engine)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exactly_what_was_predicted(engine: Engine, build: Build, case: Case) -> None:
    bad, good = both(engine, build, case)
    measured = bad["scores"]["total_bytes"] - good["scores"]["total_bytes"]
    assert measured > 0
    if case.bytes is not None:
        assert measured == case.bytes
    for rule in case.rules:
        assert (rule, predicted(bad, rule)) == (rule, measured)
        assert (rule, predicted(good, rule)) == (rule, 0)


@pytest.mark.parametrize("case", PACKAGE_CASES, ids=lambda case: case.name)
def test_what_package_managers_leave(engine: Engine, build: Build, case: Case) -> None:
    bad, good = both(engine, build, case)
    measured = bad["scores"]["total_bytes"] - good["scores"]["total_bytes"]
    for rule in case.rules:
        assert abs(measured - predicted(bad, rule)) <= case.most, rule
        assert predicted(good, rule) == 0


@pytest.mark.parametrize("case", COMBINATIONS, ids=lambda case: case.name)
def test_several_findings_together(
    engine: Engine, build: Build, case: Case, tmp_path: Path
) -> None:
    bad, good = (
        _analysed(engine, build(f"together-{word}", steps, case.buildkit, ignore), tmp_path)
        for word, steps, ignore in (("bad", case.bad, ""), ("good", case.good, case.ignore))
    )
    chosen = [finding for finding in bad.findings if finding.rule.id in case.rules]
    assert {finding.rule.id for finding in chosen} == set(case.rules)
    what = bad.what_if(chosen)
    scores = good.scores
    assert (what.total_bytes, what.live_bytes, what.dead_bytes) == (
        scores.total_bytes, scores.live_bytes, scores.dead_bytes
    )  # fmt: skip
    assert what.saved_bytes == bad.scores.total_bytes - scores.total_bytes
    assert what.removable_bytes == scores.removable_bytes
    assert what.lean_score == pytest.approx(scores.lean_score)


def test_the_advice_as_a_whole(engine: Engine, build: Build, tmp_path: Path) -> None:
    """What is said to come back when all plain advice about the user's own steps is taken."""
    case = COMBINATIONS[0]
    bad, good = (
        _analysed(engine, build(f"together-{word}", steps, case.buildkit, ignore), tmp_path)
        for word, steps, ignore in (("bad", case.bad, ""), ("good", case.good, case.ignore))
    )
    advised = [finding for finding in bad.advised if not finding.is_base]
    assert bad.what_if(advised).total_bytes == good.scores.total_bytes
    alone = sum(finding.bytes for finding in advised)
    assert alone > bad.what_if(advised).saved_bytes  # some speak of the same bytes


def _analysed(engine: Engine, tag: str, folder: Path) -> Analysis:
    archive = folder / f"{tag.rpartition('/')[2]}.tar"
    engine.docker("save", f"--output={archive}", tag)
    image = open_image(str(archive))
    try:
        return analyse_image(image, rules=Rules())
    finally:
        image.close()
        archive.unlink()
