"""What is said of the sample images' dead bytes, against what their builds did."""

from __future__ import annotations

import tarfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.catalogue import debian, layers, structure
from layerlens.analysis.rules.findings import Finding
from layerlens.pipeline import Rules, analyse_image, open_image
from tests.engine.archives import Archives
from tests.engine.test_truth import layer_paths

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_RULES = Rules((structure.RULE_SET, layers.RULE_SET, debian.RULE_SET))
Look = Callable[[str], tuple[Path, Analysis]]


@pytest.fixture(scope="module")
def look(archives: Archives) -> Look:
    """Judge a sample; each once."""
    known: dict[str, tuple[Path, Analysis]] = {}

    def judged(name: str) -> tuple[Path, Analysis]:
        if name not in known:
            archive = archives(name)
            image = open_image(str(archive))
            known[name] = archive, analyse_image(image, rules=_RULES)
            image.close()
        return known[name]

    return judged


def by_rule(analysis: Analysis) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in analysis.findings:
        found[finding.rule.id].append(finding)
    return found


@pytest.mark.parametrize("name", ["e03-node-two-copies", "e05-clean-later", "e06-apt-split",
                                  "e07-purge-later", "e10-copies"])  # fmt: skip
def test_all_dead_bytes_have_a_reason(look: Look, name: str) -> None:
    _, analysis = look(name)
    assert analysis.what_if(analysis.findings).dead_bytes == 0
    assert "rule-failed" not in {note.code for note in analysis.diagnostics}


def test_each_way_to_ship_bytes_again(look: Look) -> None:
    _, analysis = look("e10-copies")
    sums = {
        rule: sum(finding.bytes for finding in findings)
        for rule, findings in by_rule(analysis).items()
        if rule in {each.id for each in structure.RULES}
    }
    assert sums == {
        "mode-changed-later": 5_000_000,
        "owner-changed-later": 5_000_000,
        "rewritten-unchanged": 1_000_000,
        "moved-later": 5_000_000,
        "linked-later": 5_000_000,
        "appended-later": 5_000_000,
    }
    assert sum(sums.values()) == analysis.scores.dead_bytes == 26_000_000


def test_two_copies_of_one_directory(look: Look) -> None:
    archive, analysis = look("e03-node-two-copies")
    (finding,) = by_rule(analysis)["copied-twice"]
    # What the narrower COPY brought, by the standard library.
    tars = _layers(archive)
    (narrow,) = (
        k for k, entries in enumerate(tars) if any(
            name.startswith("app/node_modules/") for name in entries
        )
        and k != finding.layer
    )  # fmt: skip
    files = {name: size for name, size in tars[narrow].items() if size}
    assert finding.bytes == sum(files.values()) > 3_000_000
    assert finding.title == f"{len(files):,} files copied twice"


@pytest.mark.parametrize(
    ("name", "least"),
    [("e05-clean-later", 15_000_000), ("e06-apt-split", 60_000_000), ("e10-copies", 0)],
)
def test_what_merged_runs_would_save(look: Look, name: str, least: int) -> None:
    """The files of a run of RUN layers that are not there after it, by the standard library."""
    archive, analysis = look(name)
    found = {f.layer: f.bytes for f in by_rule(analysis)["mergeable-runs"] if f.bytes}
    tars = _layers(archive)
    keywords = [each.instruction.keyword for each in analysis.layers]
    expected: dict[int, int] = {}
    start = 0
    for k in range(len(tars) + 1):
        if k < len(tars) and keywords[k] == "RUN":
            continue
        saved = _lost_inside(tars[start:k])
        if saved:
            expected[k - 1] = saved
        start = k + 1
    assert found == expected
    assert sum(found.values()) >= least


def _lost_inside(run: list[dict[str, int]]) -> int:
    """Bytes of files that a run of layers makes and then hides or writes again."""
    lost = 0
    seen: dict[str, int] = {}
    for entries in run:
        for name in entries:
            head, _, base = name.rpartition("/")
            if not base.startswith(".wh."):
                continue
            gone = head if base == ".wh..wh..opq" else f"{head}/{base[4:]}".lstrip("/")
            for path in [p for p in seen if p == gone or p.startswith(gone + "/")]:
                lost += seen.pop(path)
        for name, size in entries.items():
            if not name.rpartition("/")[2].startswith(".wh."):
                lost += seen.pop(name, 0)
                seen[name] = size
    return lost


def _layers(archive: Path) -> list[dict[str, int]]:
    """Names of all entries but directories, and sizes of regular files, of each layer."""
    found = []
    with tarfile.open(archive) as outer:
        manifest = outer.extractfile("manifest.json")
        assert manifest is not None
        for path in layer_paths(manifest.read()):
            stream = outer.extractfile(path)
            assert stream is not None
            with tarfile.open(fileobj=stream) as layer:
                found.append({e.name: e.size if e.isreg() else 0 for e in layer if not e.isdir()})
    return found
