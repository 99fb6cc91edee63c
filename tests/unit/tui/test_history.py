"""What the layers did to one path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.filesystem.stack import Semantics
from layerlens.tui.viewmodel.history import PathEvent, path_history
from tests.browsing import IMAGES, PATHS, analysis_of, stacked
from tests.builders import Member, directory, file, hardlink, opaque, symlink, whiteout


def history(path: str, *layers: list[Member]) -> list[PathEvent]:
    return path_history(analysis_of(stacked(*layers)), path.encode())


def told(events: list[PathEvent]) -> list[tuple[int, str]]:
    return [(event.layer, event.summary) for event in events]


def test_a_file_from_its_first_to_its_last_day() -> None:
    events = history(
        "opt/app/bin",
        [directory("opt"), file("opt/app/bin", "12")],
        [file("opt/app/bin", "12", mode=0o755, uid=7)],
        [file("other")],
        [file("opt/app/bin", "12345", mode=0o755, uid=7)],
        [whiteout("opt/app")],
        [file("opt/app/bin", "1")],
    )
    assert told(events) == [
        (0, "added 2 B, mode 0644"),
        (1, "mode 0644 → 0755, owner 0:0 → 7:0"),
        (3, "2 B → 5 B"),
        (4, "deleted with /opt/app"),
        (5, "added 1 B, mode 0644"),
    ]
    assert [event.instruction for event in events] == [f"RUN {k}" for k in (0, 1, 3, 4, 5)]
    assert [event.change for event in events] == [
        "added", "modified", "modified", "removed", "added",
    ]  # fmt: skip
    assert events[1].previous == events[0].version
    assert events[3].before == events[2].after
    assert events[3].after is None
    assert events[4].before is None


def test_links_types_and_what_was_only_written_again() -> None:
    assert told(
        history(
            "a",
            [symlink("a", "x\n")],
            [symlink("a", "y")],
            [file("a", "1")],
            [file("a", "2")],
            [file("a", "2", mtime=5)],
            [file("a", "2", mtime=5)],
            [directory("a")],
            [directory("a")],
            [whiteout("a")],
        )
    ) == [
        (0, "added symbolic link to x\\n"),
        (1, "leads to y"),
        (2, "symbolic link became file"),
        (3, "new content of the same size"),
        (4, "time only"),
        (5, "written again unchanged"),
        (6, "file became directory"),
        (8, "deleted"),
    ]


def test_what_goes_with_a_directory() -> None:
    layers = [[file("a/b/c/d", "1"), file("a/e", "1")]]
    gone = {
        "whiteout of the topmost": ([whiteout("a")], "deleted with /a"),
        "whiteout of one inside": ([whiteout("a/b/c")], "deleted with /a/b/c"),
        "a file in its place": ([file("a/b", "1")], "deleted with /a/b"),
        "an opaque directory": ([directory("a"), opaque("a")], "deleted with /a/b"),
    }
    for how, (layer, summary) in gone.items():
        assert told(history("a/b/c/d", *layers, layer))[1:] == [(1, summary)], how


def test_a_path_that_is_nowhere_and_one_that_is_written_twice() -> None:
    layers = [[file("a", "1"), file("a", "22"), hardlink("b", "a")]]
    assert history("nowhere", *layers) == []
    assert told(history("a", *layers)) == [(0, "added 2 B, mode 0644")]
    assert told(history("b", *layers)) == [(0, "added 2 B, mode 0644")]


@settings(max_examples=150, deadline=None)
@given(IMAGES, st.sampled_from(Semantics), PATHS)
def test_it_is_what_the_filesystem_tells(
    layers: list[list[Member]], semantics: Semantics, path: str
) -> None:
    fs = stacked(*layers, semantics=semantics)
    raw = path.encode()
    events = path_history(analysis_of(fs), raw)
    found = [
        (event.layer, event.change, event.modified_kind, event.version, event.previous)
        for event in events
    ]
    assert found == [
        (event.layer, event.change, event.modified_kind, event.entry, event.previous)
        for event in fs.history(raw)
    ]
    for event in events:
        assert event.summary
        assert (event.before is None) == (event.change == "added")
        assert (event.after is None) == (event.change == "removed")


class Watched(list[bytes]):
    """Paths that are searched in C; counts what is looked up one by one."""

    looked_up = 0

    def __getitem__(self, index: Any) -> Any:
        self.looked_up += 1
        return super().__getitem__(index)

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("a loop over all paths")


def test_only_the_versions_of_the_path_are_looked_at() -> None:
    many = [file(f"usr/lib/{k}") for k in range(500)]
    fs = stacked([file("d/x", "1"), *many], [file("d/x", "12")], [whiteout("d")])
    fs.paths = paths = Watched(fs.paths)
    assert len(path_history(analysis_of(fs), b"d/x")) == 3
    assert paths.looked_up < 20
