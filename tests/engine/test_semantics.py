"""Every construct that a layer may hold, as an engine shows it and as the tool does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.archives import Image
from tests.engine.engine import Engine
from tests.engine.listing import (
    analysed,
    comparable,
    content_bytes,
    differences,
    exported,
    links_as_files,
    listed,
)
from tests.engine.semantics_cases import Case, cases

pytestmark = pytest.mark.engine

_CASES = cases()


def _archive(case: Case, folder: Path) -> tuple[str, Path]:
    """The case as ``docker save`` of Docker 24 would have written it, and its tag."""
    tag = f"semantics:{case.name}"
    return tag, Image(case.layers, tag=tag).save_legacy(folder / f"{case.name}.tar")


def test_names_are_unique() -> None:
    names = [case.name for case in _CASES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9.-]+", name) for name in names), "they are tags"


@pytest.mark.parametrize(
    "case", [case for case in _CASES if case.refused is not True], ids=lambda case: case.name
)
def test_the_tool_shows_what_the_engine_shows(case: Case, engine: Engine, tmp_path: Path) -> None:
    tag, archive = _archive(case, tmp_path)
    loaded = engine.docker("load", "--quiet", "--input", archive, check=False)
    if case.refused is None and loaded.returncode != 0:
        pytest.skip(f"this engine refuses it: {loaded.stderr.strip()}")
    assert loaded.returncode == 0, f"the engine refuses {case.row}: {loaded.stderr}"
    listing = listed(str(archive))
    export = exported(engine, tag)
    expected, found = comparable(export, listing), comparable(listing, listing)
    live = content_bytes(found)
    if case.seen_twice:
        expected, found = links_as_files(expected), links_as_files(found)
        assert content_bytes(expected) > live
    else:
        assert content_bytes(expected) == live
    assert differences(expected, found) == "", case.row
    analysis = analysed(str(archive))
    assert analysis["scores"]["live_bytes"] == live
    assert sum(row["bytes"] for row in analysis["ledger"]) == analysis["scores"]["total_bytes"]


@pytest.mark.parametrize(
    "case", [case for case in _CASES if case.refused], ids=lambda case: case.name
)
def test_the_engine_refuses(case: Case, engine: Engine, tmp_path: Path) -> None:
    """What it does not load cannot be compared: the tool may follow the specification there."""
    tag, archive = _archive(case, tmp_path)
    loaded = engine.docker("load", "--quiet", "--input", archive, check=False)
    assert loaded.returncode != 0, f"the engine loads {case.row}; compare it instead"
    assert not engine.has(tag)
