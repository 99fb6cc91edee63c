"""What rules say of the sample images, against what a kernel, an engine and arithmetic say."""

from __future__ import annotations

import json
import re
import tarfile
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from sample_images import build
from tests.engine.engine import BASE_IMAGE, Engine

pytestmark = [pytest.mark.engine, pytest.mark.slow]

Document = dict[str, Any]
Looked = Callable[[str], Document]

_ABOVE_INFO = {"low", "medium", "high", "critical"}
_SERIOUS = {"medium", "high", "critical"}


@pytest.fixture(scope="module")
def looked(told: Callable[[str], str]) -> Looked:
    """The JSON of a sample (or of the base image), each read once."""

    @cache
    def look(name: str) -> Document:
        document: Document = json.loads(told(name))
        return document

    return look


def rules(document: Document, severities: set[str] | None = None) -> dict[str, int]:
    """Rule -> bytes of its findings together."""
    found: dict[str, int] = defaultdict(int)
    for row in document["findings"]:
        if severities is None or row["severity"] in severities:
            found[row["rule"]] += row["bytes"]
    return dict(found)


@pytest.mark.parametrize("name", [each.name for each in build.SAMPLES])
def test_advice_is_filled_in(name: str, looked: Looked) -> None:
    for row in looked(name)["findings"]:
        assert re.search(r"\{[a-z_]+\}", row["fix"]) is None, row["rule"]
        assert row["fix"].strip(), row["rule"]
        assert row["title"].strip(), row["rule"]


@pytest.mark.parametrize("name", [each.name for each in build.SAMPLES])
def test_every_byte_has_one_class(name: str, looked: Looked) -> None:
    document = looked(name)
    scores, ledger = document["scores"], document["ledger"]
    assert sum(row["bytes"] for row in ledger) == scores["total_bytes"]
    assert len({(row["kind"], row["class"]) for row in ledger}) == len(ledger)
    removable = sum(row["bytes"] for row in ledger if row["kind"] == "removable")
    claimed = sum(row["claimed_bytes"] for row in document["findings"])
    assert removable == claimed == scores["removable_bytes"]
    dead = sum(row["bytes"] for row in ledger if row["kind"] == "dead")
    assert dead == scores["dead_bytes"]
    lean = (scores["total_bytes"] - dead - removable) / scores["total_bytes"]
    assert scores["lean_score"] == pytest.approx(lean)
    assert [note for note in document["diagnostics"] if note["code"] == "rule-failed"] == []
    savings = document["savings"]
    assert savings["total_bytes"] == scores["total_bytes"] - savings["bytes"]
    assert savings["bytes"] <= dead + removable


def test_the_guides_images_are_ranked_as_they_deserve(looked: Looked) -> None:
    bad, better, good = (
        looked(name) for name in ("e01-node-bad", "e03-node-two-copies", "e04-node-good")
    )
    lean = [document["scores"]["lean_score"] for document in (bad, better, good)]
    assert lean == sorted(lean)
    assert lean[0] < lean[1] < lean[2]
    dives = [document["scores"]["dive"]["efficiency"] for document in (bad, better)]
    assert dives[0] > dives[1]  # the wrong way round


def test_the_guides_first_image(looked: Looked) -> None:
    found = rules(looked("e01-node-bad"))
    wanted = {
        "node-dev-dependencies", "npm-cache", "npm-logs", "git-directory", "secret-env-file",
        "root-user", "npm-start", "manifest-copied-twice", "desktop-files", "app-tests",
    }  # fmt: skip
    assert wanted <= set(found)
    assert found["git-directory"] == 300_021
    assert found["node-dev-dependencies"] > 4_000_000


def test_a_good_image_has_nothing_serious(looked: Looked) -> None:
    assert rules(looked("e04-node-good"), _SERIOUS) == {}
    assert rules(looked("e12-go-lean"), _SERIOUS) == {}


def test_a_plain_root_filesystem_has_nothing_to_answer_for(looked: Looked) -> None:
    told = {
        row["rule"]: row["title"]
        for row in looked(BASE_IMAGE)["findings"]
        if row["severity"] in _ABOVE_INFO
    }
    # Any image without USER runs as root: that is what its page says.
    assert set(told) <= {"root-user"}


def test_a_cache_that_shares_its_bytes(engine: Engine, looked: Looked) -> None:
    """What uv's cache holds alone: of an inode with a name elsewhere nothing comes back."""
    finding = rules(looked("e09-uv-hard-links"))["uv-cache"]
    tag = looked("e09-uv-hard-links")["image"]["reference"].removeprefix("docker://")
    names: dict[str, list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    created = engine.docker("create", tag, "true").stdout.strip()
    process = engine.stream("export", created)
    assert process.stdout is not None
    with process, tarfile.open(fileobj=process.stdout, mode="r|") as tar:
        for entry in tar:
            if entry.isreg():
                sizes[entry.name] = entry.size
                names[entry.name].append(entry.name)
            elif entry.islnk():
                names[entry.linkname].append(entry.name)
    engine.docker("rm", created)
    cache_place = "root/.cache/uv/"
    alone = sum(
        size
        for name, size in sizes.items()
        if all(each.startswith(cache_place) for each in names[name])
    )
    touched = sum(
        size
        for name, size in sizes.items()
        if any(each.startswith(cache_place) for each in names[name])
    )
    assert finding == alone
    assert alone < touched
