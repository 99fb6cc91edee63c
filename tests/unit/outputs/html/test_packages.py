"""The page's packages, held against the inventory."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Ecosystem, Inventory, Package, PackageChange
from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.packages.why import reasons
from layerlens.outputs.html.packages import package_data
from layerlens.outputs.html.tree import columns
from layerlens.outputs.packages import document, unowned
from tests.builders import file, hardlink
from tests.unit.outputs import samples, wicked


def told(analysis: Analysis) -> dict[str, Any]:
    """What the page is told."""
    return package_data(analysis, columns(analysis))


def shared() -> Analysis:
    """Two packages that own two names of one file, and one of them another package's file."""
    analysis = samples.build(
        [[file("a/x", b"1" * 100), hardlink("b/x", "a/x"), file("c", b"2" * 30), file("d", b"3")]]
    )
    live = analysis.filesystem.live
    one = samples.listed(Ecosystem.DEB, "one", "1")
    two = samples.listed(Ecosystem.NPM, "two", "2")
    packages = (
        Package(one, b"db", 0, [live[b"b/x"], live[b"c"]], 130),
        Package(two, b"other", 0, [live[b"a/x"], live[b"c"]], 130),
    )
    owners = {live[b"b/x"]: 0, live[b"c"]: 0, live[b"a/x"]: 1}
    return replace(analysis, inventory=Inventory(packages, owners))


@cache
def crowd(count: int = 5_000) -> Analysis:
    """As many packages as a large image has, each in need of some others."""
    words = ("lib", "py", "node", "util", "core", "net", "http", "json", "test", "data")

    def name(k: int) -> str:
        return f"{words[k % 10]}{words[k // 10 % 10]}-{k * 7919 % 10_007:x}"

    every = [
        samples.listed(
            Ecosystem.DEB if k % 3 else Ecosystem.NPM, name(k), f"{k % 9}.{k * 31 % 97}.{k % 13}",
            arch="amd64" if k % 3 else "", manual=k % 40 == 0, declared=k * 1009 % 100_000,
            requires=tuple(name(each) for each in range(k % 11, k, max(1, k // 6))),
            details={"priority": "optional", "section": words[k % 7], "source": name(k // 2)},
        )
        for k in range(count)
    ]  # fmt: skip
    every.sort(key=lambda each: (each.ecosystem, each.name, each.version))
    packages = tuple(
        Package(each, b"var/lib/dpkg/status", k % 12, range(0), k * 104_729 % 900_000)
        for k, each in enumerate(every)
    )
    changes = (PackageChange(0, b"var/lib/dpkg/status", tuple(every)),)
    return replace(
        samples.shop(),
        inventory=Inventory(packages, {}, changes),
        distribution=Distribution("debian", "12", "Debian GNU/Linux 12"),
    )


IMAGES: dict[str, Callable[[], Analysis]] = {
    "packaged": samples.packaged,
    "shared": shared,
    "shop": samples.shop,
    "judged": samples.judged,
    "hostile": samples.hostile,
    "wicked": wicked.wicked,
    "empty": samples.empty,
}


@pytest.mark.parametrize("name", [*IMAGES, "crowd"])
def test_rows_are_the_inventory(name: str) -> None:
    analysis = crowd() if name == "crowd" else IMAGES[name]()
    packages = analysis.inventory.packages
    found = told(analysis)
    table = document(analysis, list(enumerate(packages)))["packages"]
    assert len(found["rows"]) == len(table)
    for row, expected in zip(found["rows"], table, strict=True):
        for key in ("ecosystem", "name", "version", "bytes", "files", "layer"):
            assert row[key] == expected[key]
        assert row["declared"] == expected["declared_bytes"]
        assert (row["arch"] or None, row["licence"] or None) == (
            expected["arch"],
            expected["licence"],
        )
        assert found["databases"][row["database"]] == expected["database"]


@pytest.mark.parametrize("name", [*IMAGES, "crowd"])
def test_going_up_from_a_package_is_its_chain(name: str) -> None:
    analysis = crowd() if name == "crowd" else IMAGES[name]()
    rows = told(analysis)["rows"]
    for at, why in enumerate(reasons(analysis.inventory.packages)):
        assert rows[at]["reason"] == why.reason
        line = [at]
        while (above := rows[line[0]]["above"]) is not None:
            assert line[0] in rows[above]["requires"] + rows[above]["recommends"]
            line.insert(0, above)
        assert line == list(why.chain or (at,))


@pytest.mark.parametrize("name", IMAGES)
def test_what_is_owned_and_what_is_not_adds_up_to_the_live_bytes(name: str) -> None:
    analysis = IMAGES[name]()
    found = told(analysis)
    owned = sum(each["bytes"] for each in found["ecosystems"])
    assert owned + found["unowned"]["bytes"] == analysis.scores.live_bytes
    loose = unowned(analysis)
    assert found["unowned"]["bytes"] == loose["bytes"]
    assert found["unowned"]["files"] == loose["files"]
    assert found["unowned"]["directories"] == loose["directories"]
    assert 0 <= found["unowned"]["base_bytes"] <= loose["bytes"]
    assert sum(each["packages"] for each in found["ecosystems"]) == len(found["rows"])


def test_a_file_of_several_packages_counts_for_the_first() -> None:
    found = told(shared())
    assert found["ecosystems"] == [
        {"ecosystem": "deb", "packages": 1, "bytes": 130, "files": 2},
        {"ecosystem": "npm", "packages": 1, "bytes": 0, "files": 0},
    ]
    assert found["unowned"]["bytes"] == 1


def test_bytes_on_the_wire_are_told_where_layers_are_compressed() -> None:
    assert [row["transfer"] for row in told(shared())["rows"]] == [None, None]
    rows = told(samples.packaged())["rows"]
    assert rows[0]["transfer"] > rows[2]["transfer"] > 0
    assert rows[1]["transfer"] == 0


def test_changes_name_rows_and_what_is_gone_by_its_name() -> None:
    (change,) = told(samples.packaged())["changes"]
    assert change["added"] == [0]
    assert change["removed"] == [2]
    assert change["upgraded"] == [[1, 0]]
    old = samples.listed(Ecosystem.DEB, "old\ud800", "0.1")
    analysis = replace(
        samples.packaged(),
        inventory=Inventory(changes=(PackageChange(3, b"db\xff", (), (old,)),)),
    )
    (change,) = told(analysis)["changes"]
    assert change["database"] == "db\\xff"
    assert change["removed"] == [("deb", "old\\ud800", "0.1")]


def test_nobody_looked_where_rules_did_not_run() -> None:
    assert told(samples.shop())["looked"] is False
    assert told(samples.judged())["looked"] is True
    assert told(samples.packaged())["looked"] is True


def test_problems_are_told() -> None:
    analysis = replace(
        samples.judged(), inventory=Inventory(problems=((b"var/lib/\xff", "torn \ud800"),))
    )
    (problem,) = told(analysis)["problems"]
    assert problem["path"] == "var/lib/\\xff"
    assert problem["path_base64"]
    assert problem["why"] == "torn \\ud800"


def test_five_thousand_packages_take_less_than_300_kb() -> None:
    raw = json.dumps(told(crowd()), separators=(",", ":")).encode()
    assert len(base64.b64encode(gzip.compress(raw, 6))) < 300_000
