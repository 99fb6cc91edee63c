"""What each gate measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from layerlens.gate.catalogue import BY_ID, GATES
from layerlens.gate.matching import Places
from layerlens.gate.measures import MEASURED, Figure, Measures
from layerlens.gate.offenders import offenders
from tests.builders import directory, file, hardlink, symlink, whiteout
from tests.unit.outputs import samples
from tests.unit.outputs.samples import build


def figure(analysis: Analysis, gate: str, subject: str = "") -> float | None:
    return Measures(analysis).figure(BY_ID[gate], subject).value


def test_every_gate_of_the_catalogue_is_measured_and_has_offenders() -> None:
    assert set(MEASURED) == {gate.id for gate in GATES}
    analysis = samples.judged()
    measures = Measures(analysis)
    subjects = {"GLOB": "**", "NAME": "*", "CLASS": "deleted", "SEVERITY": "info", "": ""}
    for gate in GATES:
        found = offenders(measures, gate.id, subjects[gate.subject], analysis.findings)
        assert len(found) <= 5
        assert found or gate.id in ("max-package", "max-setuid-files"), gate.id


def test_figures_are_those_of_the_analysis() -> None:
    shop = samples.shop()
    scores = shop.scores
    assert figure(shop, "lowest-efficiency") == scores.efficiency
    assert figure(shop, "highest-wasted-bytes") == scores.dead_bytes
    assert figure(shop, "highest-user-wasted-percent") == pytest.approx(
        scores.user_wasted_percent / 100
    )
    assert figure(shop, "max-size") == scores.total_bytes
    assert figure(shop, "max-layers") == 6
    assert figure(shop, "max-largest-layer") == max(layer.size for layer in shop.layers)
    assert figure(shop, "max-files") == shop.image.file_count
    judged = samples.judged()
    assert figure(judged, "lowest-lean-score") == judged.scores.lean_score


@pytest.mark.parametrize("row", samples.judged().ledger[1:], ids=lambda row: row.name)
def test_classes_of_waste_are_those_of_the_ledger(row: Any) -> None:
    assert figure(samples.judged(), "max-waste", row.name) == row.bytes


def test_causes_are_known_with_dashes_and_underscores() -> None:
    shop = replace(samples.shop(), judged=samples.judged().judged)
    for name in ("type_changed", "type-changed"):
        assert figure(shop, "max-waste", name) == 500


def test_a_rule_counts_each_of_its_bytes_once() -> None:
    judged = samples.judged()
    lists = [finding for finding in judged.findings if finding.rule.id == "package-lists"]
    assert sum(finding.bytes for finding in lists) == 82_000_000
    assert figure(judged, "max-waste", "package-lists") == 42_000_000
    assert figure(judged, "max-waste", "debug-information") == 400_000
    assert figure(judged, "max-waste", "no-such-rule") == 0


def test_where_no_rules_ran_their_figures_are_not_known() -> None:
    measures = Measures(samples.shop())
    for gate in ("lowest-lean-score", "max-package", "max-waste", "max-findings"):
        assert measures.figure(BY_ID[gate], "low") == Figure(None, "no rules ran")


def test_transfer_size_is_what_a_pull_moves_or_not_known() -> None:
    compressed = samples.shop()
    row = next(row for row in compressed.sizes if row.meter == "transfer")
    assert figure(compressed, "max-transfer-size") == row.bytes
    plain = Measures(samples.clean()).figure(BY_ID["max-transfer-size"])
    assert plain.value is None
    assert "uncompressed" in plain.why


PLACES = [
    [
        directory("opt"),
        file("opt/a.js", b"a" * 100),
        hardlink("opt/b.js", "opt/a.js"),
        symlink("opt/c.js", "a.js"),
        directory("opt/lib.js"),
        file("opt/lib.js/inner", b"i" * 30),
        file("opt/gone.js", b"g" * 7_000),
        file("home/ada/.cache/x", b"x" * 11),
        file("root/.cache/y", b"y" * 13),
    ],
    [whiteout("opt/gone.js"), file("srv/d.js", b"d" * 5)],
]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("opt/*.js", 130),  # hard links once, a directory with all below it
        ("/opt/a.js", 100),
        ("opt/b.js", 100),
        ("opt", 130),
        ("opt/", 130),
        ("**", 159),
        ("**/*.js", 135),
        ("~/.cache", 24),
        ("{srv,opt/lib.js}/**", 35),
        ("nothing/**", 0),
    ],
)
def test_bytes_at_paths_are_live_ones_each_inode_once(glob: str, expected: int) -> None:
    analysis = build(PLACES)
    assert figure(analysis, "max-path", glob) == expected


def test_several_globs_are_looked_for_at_once() -> None:
    measures = Measures(build(PLACES), globs=("opt/**", "srv/**"))
    assert measures.figure(BY_ID["max-path"], "srv/**").value == 5
    assert measures.figure(BY_ID["max-path"], "opt/**").value == 130
    assert measures.figure(BY_ID["max-path"], "srv/d.js").value == 5  # not told before


@pytest.fixture(scope="module")
def with_many_paths() -> Analysis:
    names = [
        f"{top}/dir{k % 7}/{'a' * (k % 3)}{k}/name{k % 11}{'.map' * (k % 5 == 0)}"
        for k in range(600)
        for top in ("usr/share", "srv/a1", "home/me/.cache")
    ]
    names += ["x.map", "srv/a1/name1", "srv/xy"]
    return build([[file(name, b"1") for name in names]])


@pytest.mark.parametrize(
    "globs",
    [
        ("usr/share/**",), ("**/name7",), ("usr/**", "**/*.map"), ("**",), ("*/x?",),
        ("srv/a*/name1*",), ("~/.cache/**",), ("**/dir3/**",), ("nothing",), ("*.map",),
        ("srv", "srv/a1", "**/{name1,name2}"),
    ],
)  # fmt: skip
def test_a_quick_look_at_many_paths_finds_what_a_slow_one_does(
    globs: tuple[str, ...], with_many_paths: Analysis
) -> None:
    fs = with_many_paths.filesystem
    places = Places(fs, [(3, globs)])
    paths = [entry.path for entry in fs.final_entries() if entry.kind == "file"]
    assert len(paths) == 1_803
    slow = [
        k for k, path in enumerate(paths) if Places(fs, [(3, globs)]).of_paths([path])
    ]  # too few to be looked at twice
    assert sorted(places.of_paths(paths)) == slow


def _package(name: str, versions: list[int], size: int) -> Package:
    return Package(Listed(ecosystem=Ecosystem.DEB, name=name, version="1"), b"d", 0, versions, size)


@pytest.fixture(scope="module")
def with_packages() -> Analysis:
    analysis = samples.judged()
    live = analysis.filesystem.live
    sh, run = live[b"bin/sh"], live[b"app/run"]
    return replace(
        analysis,
        inventory=Inventory(
            (
                _package("libc6", [sh], 5_000_000),
                _package("libc6-dev", [sh, run], 8_000_000),
                _package("[odd]*", [run], 3_000_000),
            )
        ),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("libc6", 5_000_000), ("libc6*", 8_000_000), ("LIBC6", 0), ("none", 0), ("[odd]*", 3_000_000),
     ("*", 8_000_000), ("lib?6", 5_000_000)],
)  # fmt: skip
def test_packages_are_found_by_name_or_pattern(
    with_packages: Analysis, name: str, expected: int
) -> None:
    assert figure(with_packages, "max-package", name) == expected


def test_special_files_are_live_regular_files_each_inode_once() -> None:
    analysis = build(
        [
            [
                file("su", b"s" * 10, mode=0o4755),
                hardlink("su2", "su", mode=0o4755),
                file("wall", b"w", mode=0o2755),
                file("both", b"b", mode=0o6755),
                file("plain", b"p", mode=0o755),
                file("gone", b"g", mode=0o4755),
                file("tamed", b"t", mode=0o4755),
                directory("spool", 0o2775),
                symlink("link", "su"),
            ],
            [whiteout("gone"), file("tamed", b"t", mode=0o755)],
        ]
    )
    assert figure(analysis, "max-setuid-files") == 3
    found = offenders(Measures(analysis), "max-setuid-files")
    assert [each.what for each in found] == [
        "/both (setuid, mode 6755)", "/su (setuid, mode 4755)", "/wall (setgid, mode 2755)",
    ]  # fmt: skip


def test_the_last_link_gives_an_inode_its_mode() -> None:
    analysis = build([[file("su", b"s", mode=0o755), hardlink("su2", "su", mode=0o4755)]])
    assert figure(analysis, "max-setuid-files") == 1


@pytest.mark.parametrize(
    ("settings", "root"),
    [
        ({}, 1), ({"User": ""}, 1), ({"User": "root"}, 1), ({"User": "0"}, 1),
        ({"User": "0:0"}, 1), ({"User": " root:app "}, 1), ({"User": "00"}, 1), ({"User": 7}, 1),
        ({"User": "app"}, 0), ({"User": "1000:0"}, 0), ({"User": "rooty"}, 0),
        ({"User": "10"}, 0), ({"User": "\u0660"}, 0),
    ],
)  # fmt: skip
def test_root_by_its_own_words(settings: Mapping[str, object], root: int) -> None:
    analysis = build([[file("a", b"a")]], settings=settings)
    assert figure(analysis, "no-root") == root


def test_root_by_another_name_is_known_from_the_finding() -> None:
    judged = samples.judged()  # whose rules find root-user
    config = replace(judged.image.config, settings={"User": "toor"})
    assert figure(replace(judged, image=replace(judged.image, config=config)), "no-root") == 1


def test_an_image_without_layers_has_figures() -> None:
    empty = samples.empty()
    found = {gate.id: figure(empty, gate.id) for gate in GATES if not gate.subject}
    assert found["lowest-efficiency"] == 1.0
    assert found["highest-user-wasted-percent"] == found["max-size"] == 0
    assert found["max-largest-layer"] == found["max-files"] == found["max-setuid-files"] == 0
    for gate in GATES:
        if not gate.subject and gate.id != "no-root":
            assert offenders(Measures(empty), gate.id) == (), gate.id
