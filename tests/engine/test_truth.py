"""What the tool says of real images, against what the engine says of them."""

from __future__ import annotations

import json
import tarfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sample_images import build
from tests.engine.archives import Archives
from tests.engine.engine import Engine
from tests.engine.listing import (
    ENGINES_OWN,
    ROOT,
    Row,
    analysed,
    comparable,
    content_bytes,
    differences,
    exported,
    listed,
    tool_environment,
)

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_EXPECTED: dict[str, Any] = tomllib.loads(
    (ROOT / "sample_images" / "expected.toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Built:
    """One sample image on the engine, and the archive that ``docker save`` makes of it."""

    name: str
    tag: str
    base: str
    archive: Path
    export: list[Row]
    engine_size: int
    layer_bytes: list[int]
    symlink_bytes: int
    environment: dict[str, str]

    def reference(self, way: str) -> str:
        return f"docker://{self.tag}" if way == "engine" else str(self.archive)


@pytest.fixture(scope="module", params=[sample.name for sample in build.SAMPLES])
def built(
    request: pytest.FixtureRequest,
    engine: Engine,
    sample: Callable[[str], str],
    archives: Archives,
) -> Iterator[Built]:
    name: str = request.param
    tag = sample(name)
    archive = archives(name)
    layer_bytes, symlink_bytes = _weigh(archive)
    yield Built(
        name,
        tag,
        next(each.base for each in build.SAMPLES if each.name == name),
        archive,
        exported(engine, tag),
        int(engine.docker("image", "inspect", "--format={{.Size}}", tag).stdout),
        layer_bytes,
        symlink_bytes,
        tool_environment(engine),
    )
    archives.drop(name)  # nobody needs it any more


def _weigh(archive: Path) -> tuple[list[int], int]:
    """By the standard library: content bytes of each layer, and lengths of all link targets."""
    contents: list[int] = []
    links = 0
    with tarfile.open(archive) as outer:
        manifest = outer.extractfile("manifest.json")
        assert manifest is not None
        for path in layer_paths(manifest.read()):
            stream = outer.extractfile(path)
            assert stream is not None
            content = 0
            with tarfile.open(fileobj=stream) as layer:
                for entry in layer:
                    content += entry.size if entry.isreg() else 0
                    links += len(entry.linkname.encode()) if entry.issym() else 0
            contents.append(content)
    return contents, links


def layer_paths(manifest: bytes) -> list[str]:
    (image,) = json.loads(manifest)
    return list(image["Layers"])


@dataclass(frozen=True)
class Look:
    """What the tool says of one image, by one way to it."""

    tree: list[Row]
    analysis: dict[str, Any]


WAYS = ("engine", "archive")


@pytest.fixture(scope="module")
def looks(built: Built, told: Callable[[str], str]) -> dict[str, Look]:
    analyses = {
        "engine": json.loads(told(built.name)),
        "archive": analysed(str(built.archive), environment=built.environment),
    }
    return {
        way: Look(listed(built.reference(way), environment=built.environment), analysis)
        for way, analysis in analyses.items()
    }


@pytest.fixture(params=WAYS)
def look(request: pytest.FixtureRequest, looks: dict[str, Look]) -> Look:
    return looks[request.param]


def test_the_final_tree_is_the_exported_one(built: Built, look: Look) -> None:
    found = comparable(look.tree, look.tree)
    expected = comparable(built.export, look.tree)
    assert len(found) > 0
    assert differences(expected, found) == ""


def test_live_bytes_are_the_exported_content(built: Built, look: Look) -> None:
    # The engine empties or replaces a few files; theirs are left out on both sides.
    replaced = content_bytes(row for row in look.tree if row.path in ENGINES_OWN)
    expected = content_bytes(row for row in built.export if row.path not in ENGINES_OWN)
    assert look.analysis["scores"]["live_bytes"] - replaced == expected


def test_the_ledger_adds_up(look: Look) -> None:
    scores, ledger = look.analysis["scores"], look.analysis["ledger"]
    sums = {
        kind: sum(row["bytes"] for row in ledger if row["kind"] == kind)
        for kind in ("kept", "dead", "removable")
    }
    assert sum(row["bytes"] for row in ledger) == scores["total_bytes"]
    assert sums["dead"] == scores["dead_bytes"]
    assert sums["removable"] == scores["removable_bytes"]
    assert sums["kept"] + sums["removable"] == scores["live_bytes"]
    assert len({(row["kind"], row["class"]) for row in ledger}) == len(ledger)
    for side in ("dead_bytes", "kills_bytes"):
        assert sum(layer[side] for layer in look.analysis["layers"]) == scores["dead_bytes"]


def test_total_bytes_are_those_of_the_layer_tars(built: Built, look: Look) -> None:
    assert [layer["size"] for layer in look.analysis["layers"]] == built.layer_bytes
    assert look.analysis["scores"]["total_bytes"] == sum(built.layer_bytes)


def test_the_engines_size_is_explained(built: Built, look: Look) -> None:
    # The engine adds up what lstat says of everything but directories in its layer folders.
    assert look.analysis["scores"]["total_bytes"] + built.symlink_bytes == built.engine_size


def test_both_ways_give_the_same_analysis(looks: dict[str, Look]) -> None:
    """But for the base: only the engine's other images tell for sure where it ends."""
    one, other = (looks[way].analysis for way in WAYS)
    assert one["waste"] == other["waste"]
    assert _without(one["scores"], "user_wasted_percent", "dive") == _without(
        other["scores"], "user_wasted_percent", "dive"
    )
    assert [_without(row, "base_bytes") for row in one["ledger"]] == [
        _without(row, "base_bytes") for row in other["ledger"]
    ]
    for field in ("diff_id", "size", "instruction", "added", "modified", "removed"):
        assert [layer[field] for layer in one["layers"]] == [
            layer[field] for layer in other["layers"]
        ]


def _without(record: dict[str, Any], *keys: str) -> dict[str, Any]:
    assert set(keys) <= record.keys()
    return {key: value for key, value in record.items() if key not in keys}


def test_the_base_is_found(built: Built, engine: Engine, looks: dict[str, Look]) -> None:
    analysis = looks["engine"].analysis
    base = [layer["diff_id"] for layer in analysis["layers"] if layer["base"]]
    if built.base == "scratch":
        assert base == []
        return
    layers = engine.docker("image", "inspect", "--format={{json .RootFS.Layers}}", built.base)
    assert analysis["base"]["boundary"] == "exact"
    assert base == json.loads(layers.stdout)


def test_the_waste_is_the_expected_one(built: Built, looks: dict[str, Look]) -> None:
    analysis = looks["archive"].analysis
    expected = _EXPECTED["samples"][built.name]
    dead = {
        row["class"]: row["bytes"]
        for row in analysis["ledger"]
        if row["kind"] == "dead" and row["bytes"]
    }
    assert expected, "every sample says something"
    if "dead" in expected:
        assert dead == expected["dead"]
    for cause, least in expected.get("dead_at_least", {}).items():
        assert dead.get(cause, 0) >= least, cause
    # By the engine's way, because that knows for sure which layers are the base's.
    own = [layer for layer in looks["engine"].analysis["layers"] if not layer["base"]]
    assert sum(layer["kills_bytes"] for layer in own) < expected.get("kills_below", float("inf"))


def test_better_images_have_better_scores(told: Callable[[str], str]) -> None:
    order = _EXPECTED["order"]["efficiency_falls"]
    found = [json.loads(told(name))["scores"]["efficiency"] for name in order]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


def test_the_large_one_is_large(engine: Engine, sample: Callable[[str], str]) -> None:
    tag = sample("e20-monorepo")
    size = int(engine.docker("image", "inspect", "--format={{.Size}}", tag).stdout)
    assert size > 1_000_000_000
