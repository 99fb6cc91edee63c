"""Why an image grew, what is fetched for nothing, and findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlens.comparison.causes import causes
from layerlens.comparison.compare import compare
from layerlens.comparison.model import Pointless, Refetched
from tests.builders import Member, file, whiteout
from tests.unit.comparison.twoimages import (
    attacked,
    blind,
    compared,
    new_shop,
    old_shop,
    shops,
    the_same,
)
from tests.unit.outputs.samples import build


@pytest.mark.parametrize("make", [shops, attacked, the_same])
def test_causes_add_up(make: object) -> None:
    found = make()  # type: ignore[operator]
    assert sum(cause.bytes for cause in causes(found)) == found.size.change


def test_causes_name_what_grew_and_who_did_it() -> None:
    told = [(each.kind, each.name, each.bytes, each.layer) for each in causes(shops())]
    apt = "RUN apt-get update && apt-get install -y curl=8.1"
    assert told[:3] == [
        ("removable", "package-caches", 250_000, 1),
        ("dead", "deleted", 30_000, 1),
        ("package", "deb curl", 15_000, 1),
    ]
    assert all(each.instruction == apt for each in causes(shops())[:3])
    by_name = {each.name: each for each in causes(shops())}
    assert by_name["npm @a/left-pad"].is_new
    assert not by_name["deb curl"].is_new


def test_a_cause_knows_its_line_where_findings_do() -> None:
    new = new_shop()
    assert new.judged is not None
    (finding,) = new.findings
    new = replace(new, judged=replace(new.judged, findings=(replace(finding, layer=1, line=12),)))
    first = causes(compare(old_shop(), new, blind))[0]
    assert (first.name, first.line) == ("package-caches", 12)


def test_what_shrank_is_blamed_on_the_old_layer() -> None:
    shared = [file("base", b"b" * 10)]
    steps = ["ADD x /", "RUN make", "RUN rm"]
    found = compared(
        [shared, [file("a", b"a" * 900)], [whiteout("a")]], [shared], (steps, steps[:1])
    )
    (cause,) = causes(found)
    assert (cause.kind, cause.name, cause.bytes, cause.layer) == ("dead", "deleted", -900, 1)
    assert cause.is_gone


def test_images_without_rules_have_causes_too() -> None:
    found = compared([[file("a", b"a")]], [[file("a", b"aaa")]], (["RUN x"], ["RUN x"]))
    (cause,) = causes(found)
    assert (cause.kind, cause.name, cause.bytes) == ("files", "RUN x", 2)


# --------------------------------------------------------------------------- fetched again


def again(found: object) -> dict[Pointless, Refetched]:
    return {each.reason: each for each in found.refetched}  # type: ignore[attr-defined]


def test_each_reason() -> None:
    found = again(shops())
    assert {reason: each.files for reason, each in found.items()} == {
        Pointless.SAME: 2,
        Pointless.BYTECODE: 1,
        Pointless.MOVED: 2,
        Pointless.LOG: 1,
    }
    assert found[Pointless.SAME].paths == (b"usr/lib/python3/flask/app.py", b"requirements.txt")
    assert found[Pointless.SAME].layers == (2, 3)
    assert found[Pointless.SAME].bytes == 40_009
    assert found[Pointless.BYTECODE].paths[0].endswith(b".pyc")
    assert found[Pointless.LOG].paths == (b"var/log/dpkg.log",)
    for each in found.values():
        assert each.transfer is not None
        assert 0 < each.transfer < each.bytes


STEP = (["RUN pip install flask"], ["RUN pip install flask"])


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        ("pkg/__pycache__/m.cpython-311.pyc", "pkg/m.py", True),
        ("pkg/__pycache__/m.cpython-311.opt-1.pyc", "pkg/m.py", True),
        ("pkg/m.pyc", "pkg/m.py", True),
        ("pkg/__pycache__/m.cpython-311.pyc", "pkg/other.py", False),
        ("m.pyc", "m.py", True),
    ],
)
def test_bytecode_counts_where_its_source_is_the_same(
    before: str,
    after: str,
    is_told: bool,
) -> None:
    def image(pyc: bytes) -> list[list[Member]]:
        return [[file(after, b"source"), file(before, pyc)]]

    found = again(compared(image(b"one"), image(b"two"), STEP))
    assert (Pointless.BYTECODE in found) is is_told


def test_bytecode_of_a_changed_source_is_no_waste() -> None:
    found = compared(
        [[file("m.py", b"a = 1"), file("m.pyc", b"1")]],
        [[file("m.py", b"a = 2"), file("m.pyc", b"2")]],
        STEP,
    )
    assert not found.refetched


@pytest.mark.parametrize(
    ("path", "is_told"),
    [
        ("var/log/apt/history.log", True),
        ("root/.npm/_logs/2024-debug.log", True),
        ("root/.cache/pip/http/x", True),
        ("home/ada/.cache/x", True),
        ("tmp/x", True),
        ("var/lib/dpkg/status-old", True),
        ("var/lib/dpkg/status", False),
        ("app/logs.py", False),
        ("app/run.log", True),
    ],
)
def test_logs_and_caches_that_a_step_writes(path: str, is_told: bool) -> None:
    found = again(compared([[file(path, b"one")]], [[file(path, b"two!")]], STEP))
    assert (Pointless.LOG in found) is is_told


def test_a_log_whose_name_tells_the_time_is_known_by_its_directory() -> None:
    old = [[file("root/.npm/_logs/2024-01-01.log", b"one")]]
    new = [[file("root/.npm/_logs/2024-02-02.log", b"two!"), file("var/log/other", b"x")]]
    found = again(compared(old, new, STEP))
    assert found[Pointless.LOG].paths == (b"root/.npm/_logs/2024-02-02.log",)


def test_a_log_of_a_new_step_is_not_fetched_again() -> None:
    shared = [file("base", b"b")]
    found = compared(
        [shared], [shared, [file("var/log/x", b"x")]], (["ADD x /"], ["ADD x /", "RUN make"])
    )
    assert not found.refetched


def test_what_is_there_already_is_not_fetched_again() -> None:
    shared = [file("base", b"b" * 100)]
    found = compared([shared, [file("a", b"1")]], [shared, [file("a", b"2")]])
    assert not found.refetched


def test_dead_files_of_the_same_step_count_too() -> None:
    old = [[file("lists", b"l" * 500, mtime=1), file("x", b"1")], [whiteout("lists")]]
    new = [[file("lists", b"l" * 500, mtime=2), file("x", b"2")], [whiteout("lists")]]
    steps = ["RUN apt-get update", "RUN rm lists"]
    found = again(compared(old, new, (steps, steps)))
    assert found[Pointless.SAME].paths == (b"lists",)


def test_a_repeated_layer_counts_once() -> None:
    twice = [file("a", b"a" * 10, mtime=2)]
    found = again(compared([[file("a", b"a" * 10, mtime=1)]], [twice, twice]))
    assert found[Pointless.SAME].files == 1


# --------------------------------------------------------------------------------- findings


def test_findings_are_matched() -> None:
    found = shops()
    assert [found.old.findings[k].rule.id for k in found.findings.fixed] == ["root-user"]
    assert [found.new.findings[k].rule.id for k in found.findings.new] == ["package-lists"]


def test_no_findings_where_rules_ran_on_one_only() -> None:
    found = compare(build([]), new_shop(), blind)
    assert found.findings.new == ()


def test_the_ledger_adds_up() -> None:
    found = shops()
    assert sum(row.bytes.change or 0 for row in found.classes) == found.size.change
    assert [(row.kind, row.name) for row in found.classes][:2] == [
        ("removable", "package-caches"),
        ("dead", "deleted"),
    ]
    assert all(row.transfer.change is not None for row in found.classes)
