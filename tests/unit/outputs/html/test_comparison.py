"""The columns of a comparison, read back and held against it; and what else the page is told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest

from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison, Path, PathChange, PathDelta
from layerlens.filesystem.result import path_order
from layerlens.layers.table import Kind
from layerlens.outputs.compare_json import write_comparison_json
from layerlens.outputs.html.comparison import CHANGES, LEFT, comparison_data, delta_columns
from layerlens.outputs.html.image import write_comparison_html, write_html
from layerlens.outputs.html.paths import KINDS
from layerlens.outputs.report import Report
from tests.builders import directory, file, hardlink, symlink
from tests.columns import read
from tests.unit.comparison.twoimages import attacked, blind, compared, shops, the_same
from tests.unit.outputs import samples, wicked
from tests.unit.saved.test_secrets import PLANTED


def uneven() -> Comparison:
    """Types that change, links, names that are no text, a file in place of a directory."""
    return compared(
        [
            [
                directory("a"), file("a/x", b"1" * 10), hardlink("b", "a/x"), file("t", b"4" * 40),
                file(b"n\xff/m", b"5" * 50), symlink("s", "a/x"), file("d/deep/er/z", b"3" * 30),
                file("gone/k", b"moving" * 9),
            ]
        ],
        [
            [
                directory("a"), file("a/x", b"2" * 15), file("b", b"0" * 8), directory("t"),
                file("t/u", b"6" * 60), file(b"n\xfe/m", b"5" * 50), symlink("s", "b"),
                file("d", b"7"), file("a/x.d/k", b"moving" * 9),
            ]
        ],
    )  # fmt: skip


def unknown() -> Comparison:
    """Contents that could not be compared."""
    old = samples.build([[file("a", b"1" * 10, mtime=1), file("b", b"1", mtime=1)]])
    new = samples.build([[file("a", b"2" * 10, mtime=1), file("b", b"1", mtime=2)]])
    return compare(old, new, blind)


PAIRS: dict[str, Callable[[], Comparison]] = {
    "shops": shops,
    "same": the_same,
    "attacked": attacked,
    "uneven": uneven,
    "unknown": unknown,
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_columns_are_the_paths_that_differ(name: str) -> None:
    comparison = PAIRS[name]()
    found = delta_columns(comparison)
    records = read(found)
    assert len(records) == len(found.change) == len(found.kind) == len(found.old) == len(found.new)
    paths = [record.path for record in records]
    assert paths == sorted(set(paths), key=path_order), "each once, in order"
    came_from = dict(found.moved)
    told: list[tuple[Path, str, int, int, Path | None, bool]] = []
    for at, path in enumerate(paths):
        change, old, new = CHANGES[found.change[at]], found.old[at], found.new[at]
        if change == LEFT:
            assert at in came_from.values()
            assert new == 0
            continue
        origin = None
        if change == PathChange.MOVED:
            assert old == 0, "its bytes left from where it was"
            origin, old = paths[came_from[at]], found.old[came_from[at]]
        told.append((path, change, old, new, origin, at not in found.unsure))
    assert sorted(told) == sorted(map(row, comparison.paths))
    # Those whose contents could not be compared, but that were taken to be equal, are not told.
    assert len(found.unsure) <= comparison.unsure
    assert sum(found.new) - sum(found.old) == comparison.live.change


def row(delta: PathDelta) -> tuple[Path, str, int, int, Path | None, bool]:
    """What is told of a path that differs."""
    change = delta.change.value
    return delta.path, change, delta.old_bytes, delta.new_bytes, delta.moved_from, delta.sure


def test_kinds_are_the_new_images_or_those_of_what_is_gone() -> None:
    comparison = uneven()
    found = delta_columns(comparison)
    kinds = {
        record.path: KINDS[found.kind[at]] for at, record in enumerate(read(found))
    }  # fmt: skip
    for delta in comparison.paths:
        fs, version = comparison.new.filesystem, delta.new
        if version is None:
            fs, version = comparison.old.filesystem, delta.old
        assert version is not None
        assert kinds[delta.path] == Kind(fs.kinds[fs.inode(version)]).word
    assert kinds[b"t"] == "dir"
    assert kinds[b"s"] == "symlink"


@pytest.mark.parametrize("name", PAIRS)
def test_the_document_is_that_of_json(name: str) -> None:
    comparison = PAIRS[name]()
    stream = io.BytesIO()
    write_comparison_json(comparison, stream)
    document = json.loads(stream.getvalue())
    del document["paths"]
    data = comparison_data(comparison)
    assert json.loads(json.dumps(data["document"])) == document
    assert len(data["causes"]) == len(document["causes"])
    assert {each["reason"] for each in document["refetched"]} <= data["reasons"].keys()


def test_findings_and_packages_are_found_in_the_new_image() -> None:
    comparison = shops()
    data = comparison_data(comparison)
    new = comparison.new
    titles = [new.findings[at].title for at in data["new_findings"]]
    assert titles == [each["title"] for each in data["document"]["findings"]["new"]] != []
    names = [
        None if at is None else new.inventory.packages[at].name for at in data["packages"]
    ]  # fmt: skip
    assert names == [each["name"] for each in data["document"]["packages"]] != []
    both = comparison_data(compare(new, new, blind))
    assert both["kept_findings"] == [(k, each.bytes) for k, each in enumerate(new.findings)]


def test_a_package_that_is_gone_is_in_no_list() -> None:
    comparison = shops()
    back = compare(comparison.new, comparison.old, blind)
    data = comparison_data(back)
    for at, each in zip(data["packages"], data["document"]["packages"], strict=True):
        assert (at is None) == (each["change"] == "removed")


@pytest.mark.parametrize("name", PAIRS)
def test_equal_comparisons_give_equal_bytes(name: str) -> None:
    written = []
    for _ in range(2):
        comparison = PAIRS[name]()
        stream = io.BytesIO()
        write_comparison_html(Report(comparison.new, comparison=comparison), stream)
        written.append(stream.getvalue())
    assert written[0] == written[1]


def test_a_report_of_an_image_has_its_comparison() -> None:
    comparison = shops()
    pages = []
    for write in (write_html, write_comparison_html):
        stream = io.BytesIO()
        write(Report(comparison.new, comparison=comparison), stream, plain=True)
        head, _, data = stream.getvalue().partition(b'id="data">')
        pages.append((head, data))
    assert pages[0][1] == pages[1][1], "the same data"
    assert b'"comparison":{"document"' in pages[0][1]
    assert b"<title>shop:1.0 \xe2\x86\x92 shop:1.1 - LayerLens</title>" in pages[1][0]
    alone = io.BytesIO()
    write_html(Report(comparison.new), alone, plain=True)
    assert b'"comparison"' not in alone.getvalue().partition(b'id="data">')[2].partition(b"<")[0]


@pytest.mark.parametrize("swapped", [False, True])
def test_no_secret_is_in_the_data(swapped: bool) -> None:
    old, new = samples.packaged(), wicked.secret()
    if swapped:
        old, new = new, old
    text = json.dumps(comparison_data(compare(old, new, blind)))
    for value in PLANTED:
        assert value not in text
