"""dive's view: published figures, known faults, and equality with a plain restatement."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerlens.analysis.dive import dive_figures
from layerlens.analysis.dive_changes import DiveDiff, DiveLayer, dive_changes
from layerlens.analysis.model import DiveFigures, InefficientFile
from layerlens.layers.table import LayerTable
from tests import dive_oracle
from tests.builders import Member, directory, file, symlink, table, whiteout
from tests.dive_cases import CASES, Case
from tests.shared_fixtures import layer_tars, members_of, shared_fixture

FIXTURES = (
    "test-docker-image.tar",
    "test-kaniko-image.tar",
    "test-oci-estargz-image.tar",
    "test-oci-gzip-image.tar",
    "test-oci-uncompressed-image.tar",
    "test-oci-zstd-image.tar",
)


def same(got: float, wanted: float) -> bool:
    """Equality under which NaN is itself."""
    return got == wanted or (math.isnan(got) and math.isnan(wanted))


def same_figures(got: DiveFigures, wanted: DiveFigures) -> bool:
    return (
        got.efficiency == wanted.efficiency
        and got.wasted_bytes == wanted.wasted_bytes
        and same(got.user_wasted_percent, wanted.user_wasted_percent)
        and got.inefficient_files == wanted.inefficient_files
    )


def changes(tables: Sequence[LayerTable]) -> list[DiveLayer]:
    def hash_of(layer: int, index: int) -> bytes:
        digest = tables[layer].hash(index)
        assert digest is not None
        return digest

    return dive_changes(tables, hash_of)


def stack(*layers: Sequence[Member]) -> list[LayerTable]:
    return [table(*members) for members in layers]


def fixture_tables(name: str) -> list[LayerTable]:
    tars = layer_tars(shared_fixture(f"dive/{name}"))
    return [table(*members_of(tar)) for tar in tars]


def expected(name: str) -> Any:
    return json.loads(shared_fixture("dive/expected-layer-changes.json").read_text())[name]


class TestPublished:
    """Figures that dive's own tests and releases state."""

    def test_docker_image(self) -> None:
        figures = dive_figures(fixture_tables("test-docker-image.tar"))
        assert figures.efficiency == 0.9844212134184309
        assert figures.wasted_bytes == 32025
        assert figures.user_wasted_percent == 0.4834911001404049
        assert figures.inefficient_files == (
            InefficientFile("/root/example/somefile1.txt", 2, 12810),
            InefficientFile("/root/saved.txt", 2, 12810),
            InefficientFile("/root/example/somefile3.txt", 2, 6405),
        )

    def test_kaniko_image(self) -> None:
        tables = fixture_tables("test-kaniko-image.tar")
        figures = dive_figures(tables)
        assert sum(each.content_bytes for each in tables) == 1326410
        assert figures.efficiency == 0.9793688490216431
        assert figures.wasted_bytes == 46245
        assert figures.user_wasted_percent == 0.4884502043790995

    @pytest.mark.parametrize("name", FIXTURES)
    def test_figures(self, name: str) -> None:
        wanted = expected(name)
        tables = fixture_tables(name)
        figures = dive_figures(tables)
        assert len(tables) == wanted["layers"]
        assert figures.efficiency == wanted["efficiency"]
        assert figures.wasted_bytes == wanted["wastedBytes"]
        ratio = wanted["userWastedPercent"]
        assert same(figures.user_wasted_percent, math.nan if ratio is None else ratio)
        files = {(each["path"], each["count"], each["size"]) for each in wanted["inefficient"]}
        assert {(each.path, each.count, each.bytes) for each in figures.inefficient_files} == files

    @pytest.mark.parametrize("name", FIXTURES)
    def test_changes(self, name: str) -> None:
        tables = fixture_tables(name)
        layers = changes(tables)
        for layer, its_table, wanted in zip(
            layers, tables, expected(name)["perLayer"], strict=True
        ):
            assert layer.nodes == wanted["nodes"]
            assert layer.stacked_nodes == wanted["stackedNodes"]
            assert its_table.content_bytes == wanted["size"]
            for got, lists in (
                (layer.diff, wanted["diff"]),
                (layer.aggregated, wanted["aggregatedDiff"]),
            ):
                assert got == DiveDiff(
                    tuple(lists["Added"]), tuple(lists["Modified"]), tuple(lists["Removed"])
                )
            assert list(layer.path_errors) == wanted["pathErrors"]

    def test_a_directory_that_is_removed_is_no_waste(self) -> None:
        figures = dive_figures(
            stack(
                [
                    directory("etc/nginx"),
                    file("etc/nginx/nginx.conf", b"c" * 2000),
                    file("etc/nginx/public", b"p" * 3000),
                ],
                [file("etc/nginx/nginx.conf", b"d" * 5000), file("etc/athing", b"a" * 10000)],
                [whiteout("etc/nginx")],
            )
        )
        # The directory lost its attributes to the second layer, so even its size counts as 0.
        assert figures.efficiency == (2000 + 3000 + 10000) / 20000 == 0.75
        assert figures.inefficient_files == (InefficientFile("/etc/nginx/nginx.conf", 2, 7000),)


class TestCases:
    """What dive answers where it differs from the truth, and where it does not."""

    @pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
    def test_figures(self, case: Case) -> None:
        figures = dive_figures(stack(*case.layers))
        assert figures.wasted_bytes == case.wasted
        assert figures.efficiency == pytest.approx(case.efficiency, rel=1e-15)
        assert same(figures.user_wasted_percent, case.user_ratio)

    @pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
    def test_changes(self, case: Case) -> None:
        last = changes(stack(*case.layers))[-1].diff
        assert (last.added, last.modified, last.removed) == case.changed

    def test_counts_of_a_file_that_comes_again(self) -> None:
        figures = dive_figures(
            stack([file("f", b"1" * 10)], [whiteout("f")], [file("f", b"2" * 10)])
        )
        assert figures.inefficient_files == (InefficientFile("/f", 3, 20),)

    def test_empty_files_are_listed(self) -> None:
        figures = dive_figures(stack([file("e")], [file("e")], [file("e")]))
        assert figures.inefficient_files == (InefficientFile("/e", 3, 0),)

    def test_a_dangling_whiteout_is_a_path_error_from_then_on(self) -> None:
        layers = changes(stack([file("a")], [whiteout("d/x")], [file("b")]))
        assert [layer.path_errors for layer in layers] == [(), ("/d/x",), ("/d/x",)]

    def test_a_dangling_whiteout_that_is_measured_later_leaks_nothing(self) -> None:
        figures = dive_figures(stack([file("a", b"a" * 9)], [whiteout("x")], [file("x", b"x" * 9)]))
        assert figures.efficiency == 1.0

    def test_no_layers(self) -> None:
        figures = dive_figures([])
        assert figures.efficiency == 1.0
        assert figures.wasted_bytes == 0
        assert math.isnan(figures.user_wasted_percent)
        assert figures.inefficient_files == ()
        assert changes([]) == []

    def test_a_name_that_is_not_utf8(self) -> None:
        figures = dive_figures(stack([file(b"\xff")], [file(b"\xff")]))
        assert figures.inefficient_files[0].path.encode("utf-8", "surrogateescape") == b"/\xff"

    def test_attributes_count_as_a_change(self) -> None:
        base = [file("a", b"1"), file("b", b"1"), file("c", b"1"), file("d", b"1")]
        upper = [
            file("a", b"1", uid=1),
            file("b", b"1", gid=1),
            file("c", b"1", mtime=1),
            file("d", b"2"),
        ]
        assert changes(stack(base, upper))[1].diff.modified == ("/a", "/b", "/d")


PARTS = st.sampled_from(
    [
        b"a",
        b"b",
        b"-a",
        b".a",
        b".wh.a",
        b".wh.b",
        b".wh.-a",
        b".wh..a",
        b".wh.",
        b".wh..wh.a",
        b".wh..wh..opq",
        b".wh..wh..plnk",
    ]
)
NAMES = st.one_of([st.tuples(*[PARTS] * length).map(b"/".join) for length in range(1, 5)])
MEMBERS = st.one_of(
    st.builds(file, NAMES, st.integers(0, 9).map(lambda size: b"x" * size)),
    st.builds(directory, NAMES),
    st.builds(symlink, NAMES, st.just("t")),
)
LAYERS = st.lists(st.lists(MEMBERS, max_size=7), min_size=1, max_size=5)


class TestEquality:
    """The linear formulation gives what stacking again for every whiteout gives."""

    @settings(max_examples=600, deadline=None)
    @given(LAYERS)
    @example([[directory("a"), file("a/b", b"xx")], [whiteout("a"), whiteout("a/b")]])
    @example([[file("-a", b"xx")], [whiteout("-a"), file("-a", b"x")], [whiteout("-a")]])
    @example([[directory("a"), file("a/b", b"x")], [file("b/.wh.a/a", b"x")], [whiteout("b")]])
    @example([[directory("a"), file("a/.wh.", b"x"), file("a/b", b"x")], [whiteout("a")]])
    @example([[file("a", b"x"), file("a/b", b"x")], [whiteout("a"), directory("a")]])
    @example(
        [
            [directory("a"), directory("a/b"), file("a/b/a", b"x")],
            [whiteout("a/b")],
            [whiteout("a")],
        ]
    )
    @example(
        [
            [directory("a"), directory("a/b"), file("a/b/a", b"xxx"), file("a/a", b"x")],
            [whiteout("a"), whiteout("a/b")],
        ]
    )
    def test_with_the_plain_restatement(self, layers: list[list[Member]]) -> None:
        tables = stack(*layers)
        assert same_figures(dive_figures(tables), dive_oracle.score(tables))

    def test_with_names_of_many_parts(self) -> None:
        deep = "/".join(["d"] * 200)
        tables = stack(
            [file(f"{deep}/f", b"x" * 5), directory("d")],
            [file("k", b"k"), whiteout("d/d/d")],
            [whiteout("d")],
        )
        assert same_figures(dive_figures(tables), dive_oracle.score(tables))

    @pytest.mark.parametrize("last", ["x", ".wh.x"])
    @pytest.mark.parametrize("head", ["a/.wh.b/" + "n" * 5000, "n" * 5000 + "/.wh.b"])
    def test_whiteouts_as_parents_of_what_no_engine_can_hold(self, head: str, last: str) -> None:
        name = head + "/" + last
        tables = stack(
            [directory("a"), directory("a/b"), file("a/b/c", b"x" * 5)],
            [file("-k", b"k"), file(name)],
            [whiteout("a"), file("-k", b"k" * 2)],
        )
        assert same_figures(dive_figures(tables), dive_oracle.score(tables))

    def test_with_a_path_that_no_engine_can_hold(self) -> None:
        name = "a/" + "n" * 5000
        tables = stack(
            [directory("a"), file(name, b"x" * 5)],
            [whiteout("-a"), file("-a"), file(name, b"x" * 3)],
            [whiteout("a"), file("-a")],
        )
        assert same_figures(dive_figures(tables), dive_oracle.score(tables))


def test_work_is_linear_in_the_names() -> None:
    """Long names, nested whiteouts and repeated removals end within a test's patience."""
    chain = [b"/".join([b"n"] * depth) for depth in range(1, 900)]
    nested = [whiteout(path) for path in chain]
    long = LayerTable(names=[b"x/" * 200_000 + b"y"], kinds=bytearray([48]))
    long.sizes.append(7)
    layers = [table(directory("n"), *(file(f"{path.decode()}/f", b"1") for path in chain))]
    layers += [table(*nested), long, table(*nested)]
    # The first "n" holds all 899 files; then it is made up again by what its whiteouts lie in.
    assert dive_figures(layers).wasted_bytes == len(chain)
