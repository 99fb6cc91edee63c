"""Small archives whose names stand for far more than they hold."""

from __future__ import annotations

import resource
import subprocess
import sys
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.errors import LimitError
from layerlens.filesystem.changes import Change
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import Semantics
from layerlens.layers import limits
from layerlens.layers.table import Kind, LayerTable
from tests.builders import file as tar_file
from tests.builders import layer
from tests.effort import at_most
from tests.members import Member, directory, file, hardlink, symlink, table, whiteout
from tests.stacking import codes, stacked, visible

SPEC = Semantics.SPEC
GIB = 1 << 30


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound of a few kilobytes on what is not listed, and on what is looked up."""
    monkeypatch.setattr(limits, "MAX_IMPLIED_PATHS", 40_000)
    monkeypatch.setattr(limits, "MAX_CLIMBED", 1_000_000)


def deep(depth: int, first: str = "d") -> str:
    return "/".join([first] + ["d"] * (depth - 1))


def files(names: list[str]) -> LayerTable:
    """Empty files, made without a tar."""
    made = LayerTable(names=[name.encode() for name in names])
    made.kinds = bytearray([Kind.FILE] * len(names))
    made.sizes = array("q", [0] * len(names))
    made.offsets = array("q", made.sizes)
    made.raw = bytearray(48 * len(names))
    return made


def redirect(path: str, target: str) -> Member:
    return directory(path, pax=[("SCHILY.xattr.trusted.overlay.redirect", target)])


def test_a_name_of_many_directories_does_not_fill_the_memory(tmp_path: Path) -> None:
    archive = tmp_path / "rootfs.tar"
    archive.write_bytes(layer(tar_file("ab/" * 130_000 + "end", b"x")))
    assert archive.stat().st_size < 500_000

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 * GIB, 2 * GIB))

    done = subprocess.run(
        [sys.executable, "-m", "layerlens", str(archive), "--text", "--no-cache"],
        capture_output=True, text=True, check=False, preexec_fn=little, timeout=120,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert str(limits.MAX_IMPLIED_PATHS) in done.stderr
    assert "layer 1/1" in done.stderr
    assert "Traceback" not in done.stderr


MANY = [file(deep(50, f"{k:03}"), b"x") for k in range(20)]
TWICE = [file("twice"), file("twice")]

BOMBS: dict[str, Callable[[], Filesystem]] = {
    "one name": lambda: stacked(table(file(deep(300)))),
    "one name, listed twice": lambda: stacked(table(file(deep(300)), *TWICE)),
    "one name below a file": lambda: stacked(table(file("d"), file(deep(300)))),
    "one name of a whiteout": lambda: stacked(table(whiteout(deep(300)))),
    "many names": lambda: stacked(table(*MANY)),
    "many names, one twice": lambda: stacked(table(*MANY, *TWICE)),
    "many layers": lambda: stacked(*[table(each) for each in MANY]),
    "many layers, odd ones": lambda: stacked(*[table(each, *TWICE) for each in MANY]),
    "names below a link of their own": lambda: stacked(
        table(symlink("l", "n" * 1000), *[file(f"l/{k}") for k in range(50)])
    ),
    "names below a lower link": lambda: stacked(
        table(symlink("l", "n" * 1000)), table(*[file(f"l/{k}") for k in range(50)]), semantics=SPEC
    ),
    "redirects to one directory": lambda: stacked(
        table(directory("d"), *[file(f"d/{k}") for k in range(30)]),
        table(*[redirect(f"r{k}", "/d") for k in range(30)]),
    ),
    "redirects that double": lambda: stacked(
        table(directory("d"), *[file(f"d/{k}") for k in range(4)]),
        *[table(redirect(f"d/{k}a", "/d"), redirect(f"d/{k}b", "/d")) for k in range(100)],
    ),
}


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("name", BOMBS)
def test_what_is_not_listed_is_bounded_in_all(name: str) -> None:
    with pytest.raises(LimitError, match=r"40000 bytes of paths .*no layer lists") as caught:
        BOMBS[name]()
    assert caught.value.where.layer is not None


CLIMBS: dict[str, Callable[[], LayerTable]] = {
    "entries below a link": lambda: table(
        symlink("l", "there"), *[file("l/" + "d/" * 400 + str(k)) for k in range(20)]
    ),
    "hard links to what is not there": lambda: table(
        *[hardlink(f"h{k}", "d/" * 400 + str(k)) for k in range(20)]
    ),
    "a link to the longest way": lambda: table(
        symlink("l", "d/" * 2_000), *[file(f"l/{k}") for k in range(5)]
    ),
}


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("name", CLIMBS)
def test_following_links_is_bounded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_IMPLIED_PATHS", GIB)
    with pytest.raises(LimitError, match="1000000 bytes of paths") as caught:
        stacked(CLIMBS[name]())
    assert caught.value.where.layer == "layer 1/1"


def test_a_link_longer_than_any_kernel_keeps_leads_nowhere() -> None:
    fs = stacked(table(symlink("l", "n" * (limits.PATH_MAX + 1)), file("l/x", b"x")))
    assert visible(fs) == {b"l": "symlink"}
    assert fs.changes[1] == Change.IGNORED
    assert "entry-below-own-symlink" in codes(fs)


def test_long_names_of_few_parts_are_no_bomb() -> None:
    name = "n" * (limits.MAX_EXTENDED_HEADER - 100)
    fs = stacked(*[table(file(f"{name}/{k}")) for k in range(3)])
    assert len(fs.live) == 4


@pytest.mark.parametrize("extra", [[], ["twice", "twice"]], ids=["", "a name twice"])
def test_a_depth_of_ten_thousand_is_no_bomb(extra: list[str]) -> None:
    bottom = deep(10_000)
    fs = stacked(files([f"{bottom}/{k}" for k in range(100)] + extra), table(whiteout(bottom)))
    assert len(fs.live) == 9_999 + bool(extra)


def test_entries_of_one_deep_directory_cost_no_more_than_their_bytes() -> None:
    """A tenth of a second, measured; climbing from each entry takes twenty."""
    bottom = deep(4_000)
    entries = files([f"{bottom}/{k}" for k in range(3_000)] + ["twice", "twice"])
    with at_most(2):
        assert len(stacked(entries).live) == 7_001
