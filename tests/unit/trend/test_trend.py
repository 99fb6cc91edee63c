"""One image over time: points, gaps, and what moved it from one to the next."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Inventory, Package
from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison, SameContent
from layerlens.trend.gather import TrendGatherer, by_tables, waste_by_layer
from layerlens.trend.model import ClassMove, LayerMove, PackageMove, Trend, TrendStep
from tests.fleets import KB
from tests.unit.outputs import samples
from tests.unit.trend.versions import COPY, INSTALL, versions


def followed(analyses: list[Analysis]) -> Trend:
    gatherer = TrendGatherer()
    for analysis in analyses:
        gatherer.add(analysis)
    return gatherer.trend()


def test_points_have_the_figures() -> None:
    points = followed(versions()).points
    assert [point.reference for point in points] == ["app:1", "app:2", "app:3", "app:4"]
    assert [point.size for point in points] == [93 * KB, 133 * KB, 133 * KB, 92 * KB]
    assert [(point.dead, point.removable) for point in points] == [
        (0, 0), (0, 40 * KB), (40 * KB, 0), (0, 0),
    ]  # fmt: skip
    assert [point.layers for point in points] == [2, 3, 4, 2]
    assert [point.place for point in points] == [0, 1, 2, 3]
    assert points[1].waste == 40 * KB
    assert points[1].findings is not None
    assert sum(points[1].findings) == 2
    assert points[0].created == "2024-05-01T12:00:00Z"


def test_a_step_names_the_layer_and_the_waste_in_it() -> None:
    trend = followed(versions())
    step = trend.steps[0]
    assert (step.before, step.after, step.size) == (0, 1, 40 * KB)
    assert step.layers == (LayerMove(40 * KB, "added", INSTALL, (("package-caches", 40 * KB),)),)
    assert step.blamed == step.layers[0]
    assert step.classes == (ClassMove(40 * KB, "removable", "package-caches"),)
    assert [each.rule for each in step.new_findings] == ["package-lists"]
    assert step.fixed_findings == ()
    assert trend.largest == 0


def test_bytes_that_only_died_move_no_size() -> None:
    step = followed(versions()).steps[1]
    assert (step.size, step.dead, step.removable, step.live) == (0, 40 * KB, -40 * KB, -40 * KB)
    assert step.blamed is None
    assert {(each.kind, each.name, each.bytes) for each in step.classes} == {
        ("dead", "deleted", 40 * KB), ("removable", "package-caches", -40 * KB),
    }  # fmt: skip
    assert [each.rule for each in step.fixed_findings] == ["package-lists"]


def test_what_shrinks_is_named_too() -> None:
    step = followed(versions()).steps[2]
    assert step.size == -41 * KB
    assert [(each.change, each.instruction) for each in step.layers] == [
        ("removed", INSTALL), ("changed", COPY),
    ]  # fmt: skip
    assert step.blamed is not None
    assert step.blamed.bytes == -40 * KB
    assert step.blamed.waste == (("deleted", -40 * KB),)


def test_packages_that_moved() -> None:
    old, new = samples.packaged(), samples.packaged()
    apt, _, pad, _ = old.inventory.packages
    newer = Package(
        samples.listed(apt.listed.ecosystem, "apt", "2.7", arch="amd64"),
        apt.database, apt.layer, apt.versions, apt.bytes + 5,
    )  # fmt: skip
    new = replace(new, inventory=Inventory((newer,)))
    old = replace(old, inventory=Inventory((apt, pad)))
    step = followed([old, new]).steps[0]
    assert step.packages == (
        PackageMove(-3_000_000, "npm", "@a/left-pad", "1.0", ""),
        PackageMove(5, "deb", "apt", "2.6", "2.7"),
    )


def test_the_largest_growth() -> None:
    step = TrendStep(0, 1, -5, None, 0, 0, 0, 0, 0, True, (), (), (), (), ())

    def largest(*sizes: int) -> int | None:
        return Trend((), (), tuple(replace(step, size=size) for size in sizes)).largest

    assert largest(5, 9, 9, -20) == 1
    assert largest(-1, 0) is None
    assert largest() is None


def test_gaps_are_stepped_over() -> None:
    first, second = versions()[:2]
    gatherer = TrendGatherer()
    gatherer.failed("lost", "no such image")
    gatherer.add(first, reference="one")
    gatherer.failed("gone", "nor this")
    gatherer.add(second)
    trend = gatherer.trend()
    assert [(gap.place, gap.reference) for gap in trend.gaps] == [(0, "lost"), (2, "gone")]
    assert [point.place for point in trend.points] == [1, 3]
    assert [(step.before, step.after) for step in trend.steps] == [(0, 1)]


def test_without_rules_figures_remain() -> None:
    trend = followed([samples.shop(), samples.clean()])
    assert trend.points[0].findings is None
    assert trend.steps[0].new_findings == ()
    assert trend.steps[0].transfer is None
    assert trend.points[0].transfer is not None


def test_at_most_two_analyses_are_there() -> None:
    most = 0
    marks: list[weakref.ref[Paths]] = []

    def watched(old: Analysis, new: Analysis, same: SameContent) -> Comparison:
        nonlocal most
        gc.collect()
        most = max(most, sum(mark() is not None for mark in marks))
        return compare(old, new, same)

    gatherer = TrendGatherer(watched)
    for make in range(4):
        analysis = versions()[make]
        analysis.filesystem.paths = Paths(analysis.filesystem.paths)
        marks.append(weakref.ref(analysis.filesystem.paths))
        gatherer.add(analysis)
    assert most == 2


class Paths(list[bytes]):
    """What an analysis holds, in a form that a test can watch."""


def test_contents_are_compared_by_what_tables_tell() -> None:
    old, new = versions()[0], versions()[3]
    same = by_tables(old, new)
    live, later = old.filesystem.live, new.filesystem.live
    assert same(live[b"bin/sh"], later[b"bin/sh"]) is True
    for table in new.filesystem.tables:
        table.hashes = bytearray()
    assert same(live[b"bin/sh"], later[b"bin/sh"]) is None


def test_waste_adds_up_over_layers() -> None:
    for analysis in (samples.shop(), samples.judged(), *versions()):
        found = sum(sum(each.values()) for each in waste_by_layer(analysis))
        assert found == analysis.scores.dead_bytes + analysis.scores.removable_bytes
