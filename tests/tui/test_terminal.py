"""The UI in a real terminal: tmux, the command line, real keys."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from layerlens.analysis.model import Analysis
from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image
from layerlens.tui.viewmodel.text import percent, size
from tests.terminal import ROOT, Terminal, missing, tool
from tests.tui import shop

_WEBSHOP = ROOT / "sample_images" / "webshop-docker.tar"
_COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9]+)*m")
"""A sequence that sets a colour, in front or behind."""
_INTO = "\u203a"
"""What stands between the levels of waste."""
_BOXES = re.compile(r"[\u2500-\u259f]")

MakeTerminal = Callable[..., Terminal]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[MakeTerminal]:
    """Make a terminal: ``terminal(cells, lines, NAME=value)``."""
    problem = missing()
    if problem is not None:
        if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
            pytest.fail(problem)
        pytest.skip(problem)
    with ExitStack() as stack:

        def make(cells: int = 120, lines: int = 30, **environment: str) -> Terminal:
            made = Terminal(tmp_path, cells, lines, environment)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's image as a file."""
    return shop.write(tmp_path_factory.mktemp("shop") / "shop.tar")


@pytest.fixture(scope="module")
def judged(archive: Path) -> Analysis:
    """What the UI shows of it, by the library."""
    options = looking_inside()
    opened = open_image(str(archive), options)
    try:
        return analyse_image(opened, options, rules=Rules())
    finally:
        opened.close()


def _open(made: Terminal, *words: str | Path) -> Terminal:
    made.start(tool(*words))
    made.shows("1 Layers", "5 Image", "Changes of layer 0", "Quit")  # the footer: keys are heard
    return made


def _quit(made: Terminal, code: int = 0) -> str:
    made.keys("q")
    return made.shows(f"exit code {code}")


def _find(made: Terminal, text: str, before: str = "", unit: str = "file") -> None:
    """Show only what has a text, and go there: the cursor is on the first row.

    ``before`` is what stands in the filter line, ``unit`` what is counted.
    """
    made.keys("/")
    if before:
        made.shows("Ctrl+T glob", before)
        _clear(made, "text, or a glob")
    made.shows("Ctrl+T glob", "text, or a glob")
    made.type(text)
    made.matches(rf"\d {unit}s?, \+?[\d.]+ k?M?B ─╯")
    made.keys("Enter")
    made.shows("? Help  q Quit")


def _clear(made: Terminal, then: str) -> None:
    """Empty the line that is typed into, until something stands there."""
    made.keys("C-u")
    made.shows(then)


# ------------------------------------------------------------------------- the views


def test_layers(terminal: MakeTerminal, archive: Path) -> None:
    made = _open(terminal(), archive)
    made.shows("shop:2.4", "efficiency 92.0%", "b   2.5 MB", "node")
    made.keys("G")
    made.matches(r"ayer 5 · 2 files, 890 B · gone .*81 B")
    made.shows("server.js", "(metadata", "NOTES.md")
    made.keys("r", "k", "k")
    made.shows("ayers 3 to 5", "range from layer 5")
    made.keys("Escape")
    made.shows("Changes of layer 3")
    made.keys("a")
    made.shows("All up to layer 3 · 21 files, 3.0 MB")
    made.keys("a")
    made.shows("Changes of layer 3")
    made.keys("k", "k")
    made.shows("Changes of layer 1")
    made.keys("w")
    made.shows("/var/lib/apt/lists · by size")
    made.keys("s")
    made.shows("by size ↑")
    made.keys("n")
    made.shows("by name")
    made.keys("p")
    made.shows("-rw-r--r--")
    made.keys("p", "c")
    made.lacks("-rw-r--r--", "_Packages")
    made.keys("?")
    made.shows("Keys", "Open or close the directory")
    made.keys("Escape")
    made.lacks("Open or close the directory")
    _quit(made)


def test_filters(terminal: MakeTerminal, archive: Path, judged: Analysis) -> None:
    made = _open(terminal(), archive)
    made.keys("G", "a")
    made.shows("All up to layer 5 · 28 files")
    made.keys("/")
    made.type("*.js")
    made.shows("Filter (glob)", "4 files, 898.7 kB")
    fs = judged.filesystem
    scripts = [version for path, version in fs.live.items() if path.endswith(b".js")]
    assert (len(scripts), size(sum(map(fs.size, scripts)))) == (4, "898.7 kB")
    made.keys("Enter")
    made.shows("? Help  q Quit", "eslint/")
    made.lacks("libc.so.6")
    made.keys("/", "C-t")
    made.shows("Filter (regex)")
    _clear(made, "regular expression, such as")
    made.type("etc/.*_version$")
    made.shows("1 file, 5 B")
    made.keys("Escape")
    made.shows("28 files", "libc.so.6")
    _quit(made)


def test_waste(terminal: MakeTerminal, archive: Path) -> None:
    made = _open(terminal(), archive)
    made.keys("2")
    shown = made.shows("dev-dependencies", "build-tools", "deleted", "metadata", "live", "total")
    rows = [line for line in shown.splitlines() if re.match(r"│[-x+=] ", line)]
    assert [line[1] for line in rows] == [*"--x-xx+="], "worst first, then what is kept"
    made.keys("Down", "Down", "Enter")
    made.shows(f"Waste {_INTO} deleted", "RUN rm -rf")
    made.keys("Enter")
    made.shows(
        f"Waste {_INTO} deleted {_INTO} layer 2",
        "/var/lib/apt/lists/deb0_Packages",
        "1 → 2",
    )
    made.keys("t")
    made.shows("ayer 2 · 0 files, 0 B · gone ", "/deb0_Packages · by")
    made.keys("2")
    made.shows(f"Waste {_INTO} deleted {_INTO} layer 2")
    made.keys("T")
    made.shows("ayer 1 · ", "/deb0_Packages · by")
    made.keys("2")
    made.shows(f"Waste {_INTO} deleted {_INTO} layer 2")
    made.keys("h")
    made.lacks(f"{_INTO} layer 2")
    made.keys("Escape")
    made.lacks(f"{_INTO} deleted")
    _quit(made)


def test_findings(terminal: MakeTerminal, archive: Path, judged: Analysis) -> None:
    made = _open(terminal(80, 24), archive)
    made.keys("3")
    made.shows(f"{len(judged.findings)} findings", "runs as root: no USER")
    made.keys("A")
    shown = made.shows(f"What if {len(judged.advised)} of {len(judged.findings)} were mended")
    what, now = judged.what_if(judged.advised), judged.scores
    for words in (
        f"{size(what.saved_bytes)} less",
        f"size {size(now.total_bytes)} → {size(what.total_bytes)}",
        f"dead {size(now.dead_bytes)} → {size(what.dead_bytes)}",
        f"removable {size(now.removable_bytes)} → {size(what.removable_bytes)}",
        f"efficiency {percent(now.efficiency)} → {percent(what.efficiency)}",
        f"lean {percent(now.lean_score)} → {percent(what.lean_score)}",
    ):
        assert words in shown
    made.keys("N")
    made.lacks("What if")
    made.keys("Down", "Down", "Down", "Space")
    (tools,) = (each for each in judged.findings if each.rule.id == "node-dev-dependencies")
    saved = judged.what_if([tools]).saved_bytes
    made.shows(f"What if 1 of {len(judged.findings)} were mended: {size(saved)} less")
    made.keys("k", "Enter")
    made.shows("/app/node_modules/eslint")
    made.keys("Enter")
    made.shows("Changes of layer 4", "index.js", "/app/node_modules/eslint")
    _quit(made)
    made.shows("node-dev-dependencies: 1 development package of npm (eslint) (layer 4)")


def test_packages_and_image(terminal: MakeTerminal, archive: Path, judged: Analysis) -> None:
    made = _open(terminal(80, 24), archive)
    made.keys("4")
    made.shows("9 packages, 3.9 MB", "nodejs", "0 base  asked for", "brought by", "why", "purl")
    made.keys("e", "e")
    made.shows("3 of 9", "only npm", "eslint", "development")
    made.keys("Escape")
    made.shows("nodejs", "eslint")
    made.keys("g", "Enter")
    made.shows("/usr/bin/node")
    made.keys("Enter")
    made.shows("Changes of layer 0", "/usr/bin/node · by size")
    made.keys("5")
    made.shows("▾ Image", str(judged.image.id)[:40], "linux/amd64")
    made.keys("G", "k", "Enter")
    made.matches(r"ayer 5 · .* gone .*81 B")
    _quit(made)


# ------------------------------------------------------------------------- two images


def test_two_images(terminal: MakeTerminal, archive: Path) -> None:
    before = shop.write_older(archive.parent / "before.tar")
    made = terminal()
    made.start(tool("compare", before, archive))
    made.shows("6 Compare +959.7 kB", "shop:2.4", "figures", "to fetch", "goes to: Why +959.7 kB")
    made.keys("Down")
    made.shows("goes to: Files")
    made.keys("Enter")
    made.shows("Compare", "app/", "root/", "paths, +958.8 kB")
    _find(made, "settings", unit="path")
    made.keys("Enter")
    made.shows("/app/src/settings.json", "currency", "old image, layer 5", "new image, layer 5")
    made.keys("q")
    made.shows("with settings")
    made.keys("m", "1")
    made.shows("Changes of layer 0")
    made.keys("q")
    assert "/app/src/settings.json" in made.shows("exit code 0")


# ------------------------------------------------------------------------- contents


def test_contents_differences_history(terminal: MakeTerminal, archive: Path) -> None:
    made = _open(terminal(), archive)
    made.keys("G")
    made.shows("ayer 5 · ", "NOTES.md")
    _find(made, "server")
    made.keys("Down", "v")
    made.shows("/app/src/server.js", 'import express from "express";', "const carts = new Map();")
    made.keys("Escape")
    made.shows("Filter (glob)", "server.js")
    _find(made, "NOTES", "server")
    made.keys("Down", "v")
    made.shows("/app/NOTES.md", "deleted", "- a cart that outlives a restart")
    made.keys("Escape")
    made.shows("Filter (glob)")
    _find(made, "settings", "NOTES")
    made.keys("Down", "D")
    shown = made.shows("/app/src/settings.json", '"log": "debug"', '"currency": "EUR"')
    changed = [line for line in shown.splitlines() if re.search(r"\d [-+] ", line)]
    assert len(changed) == 5, "two lines changed, one is new"
    made.keys("Escape")
    made.shows("Filter (glob)")
    made.keys("H")
    made.shows("/app/src/settings.json", "3 + added", "5 ~ ")
    made.keys("Up", "Enter")
    made.shows("Changes of layer 3", "/app/src/settings.json")
    _quit(made)


def test_what_is_written_and_printed(terminal: MakeTerminal, archive: Path, tmp_path: Path) -> None:
    made = _open(terminal(), archive)
    made.keys("G", "a", "Tab")
    made.shows("All up to layer 5")
    _find(made, "app/src/")
    made.shows("app/src/ ", "/app/src · by size")
    made.keys("m", "x")
    made.shows("Extract /app/src", "3 files, 929 B")
    _clear(made, "name a folder")
    made.type("out")
    made.shows(" out ")
    made.keys("Enter")
    made.shows("3 files, 929 B in out/src")
    out = tmp_path / "out" / "src"
    assert {each.name for each in out.iterdir()} == {"server.js", "settings.json", "run", "start"}
    assert (out / "server.js").read_text() == shop.SERVER
    assert (out / "settings.json").read_text() == shop.LATER_SETTINGS
    assert (out / "run").read_text() == shop.RUN
    assert (out / "run").stat().st_mode & 0o777 == 0o755
    assert os.readlink(out / "start") == "run"

    made.keys("W")
    made.shows("analysis as JSON")
    made.keys("1")
    made.shows("shop-2.4.json")
    made.keys("Enter")
    made.shows("written to shop-2.4.json")
    asked = subprocess.run(
        shlex.split(tool(archive, "--json", "-")), check=True, capture_output=True, cwd=ROOT
    ).stdout
    written = (tmp_path / "shop-2.4.json").read_bytes()
    assert written == asked
    assert json.loads(written)["image"]["tags"] == ["shop:2.4"]

    made.keys("Down", "m", "3")
    made.shows("16 findings")
    made.keys("m")
    shown = _quit(made)
    printed = [line for line in shown.splitlines() if line.strip()]
    assert printed[-4:] == [
        "/app/src", "/app/src/server.js", "root-user: runs as root: no USER", "exit code 0",
    ]  # fmt: skip


# ------------------------------------------------------------------------- ways to run it


def test_the_keys_of_dive(terminal: MakeTerminal) -> None:
    made = _open(terminal(), _WEBSHOP, "--keys", "dive")
    made.keys("Down")
    made.shows("Changes of layer 1")
    made.keys("C-a")
    made.shows("All up to layer 1")
    made.keys("C-l")
    made.shows("Changes of layer 1")
    made.keys("Tab", "C-b")
    made.shows("-rwxr-xr-x")
    made.keys("C-b", "C-Space")
    made.lacks("-rwxr-xr-x", "_amd64.deb")
    made.keys("C-f")
    made.type("curl")
    made.matches(r"│ curl +│")  # in the filter line
    made.keys("Enter")
    made.shows("curl_7.88.1-10+deb12u8_amd64.deb")
    made.keys("C-c")
    made.shows("exit code 0")


def test_without_colours(terminal: MakeTerminal) -> None:
    made = _open(terminal(NO_COLOR="1"), _WEBSHOP)
    made.keys("Tab", "Down", "Down")
    made.shows("/usr/bin/bash", "by size")
    shown = made.settled()
    assert _COLOUR.search(shown) is None
    assert re.search(r"\x1b\[(?:0;)?7m[^\n]*bash", shown), "the cursor is in reverse"
    for key, text in (("2", "deleted"), ("3", "findings"), ("4", "packages"), ("5", "reference")):
        made.keys(key)
        made.shows(text)
        assert _COLOUR.search(made.settled(0.1)) is None
    _quit(made)


def _in_row(made: Terminal, text: str, _shown: str) -> bool:
    """Whether a text stands in the row of the terminal's cursor."""
    return text in _row(made)


def test_plain_lines(terminal: MakeTerminal) -> None:
    made = terminal()
    made.start(tool(_WEBSHOP, "--plain"))
    made.shows("1 Layers", "RUN apt-get update")
    for key, text in (("Down", "apt-get"), ("Down", "WORKDIR"), ("Tab", "app")):
        made.keys(key)
        shown = made.wait(partial(_in_row, made, text))
        assert _BOXES.search(shown) is None
    made.keys("?")
    shown = made.shows("Keys", "Open or close")
    assert _BOXES.search(shown) is None
    made.keys("Escape")
    made.lacks("Open or close")
    _quit(made)


def _row(made: Terminal) -> str:
    """The row that the terminal's own cursor is in."""
    at = made.cursor()
    return "" if at is None else made.screen().splitlines()[at[1]]


def test_a_saved_analysis(terminal: MakeTerminal, archive: Path, tmp_path: Path) -> None:
    saved = tmp_path / "shop.lls"
    subprocess.run(shlex.split(tool(archive, "--save", saved)), check=True, cwd=ROOT)
    made = _open(terminal(), "open", saved)
    made.shows("shop:2.4", "3 Findings 16", "4 Packages 9")
    _quit(made)


def test_an_image_on_stdin_and_keys_from_the_terminal(
    terminal: MakeTerminal, archive: Path
) -> None:
    made = terminal()
    made.start(f"cat '{archive}' | {tool('-')}")
    made.shows("shop:2.4", "efficiency", "Changes of layer 0", "node")
    made.keys("Down")
    made.shows("Changes of layer 1", "apt-get", "curl")
    _quit(made)


def test_a_small_terminal_that_grows(terminal: MakeTerminal, archive: Path) -> None:
    made = _open(terminal(60, 20), archive)
    for key, text in (
        ("2", "dev-dependencies"), ("3", "runs as root"), ("4", "nodejs"), ("5", "reference"),
        ("1", "Changes of layer 0"),
    ):  # fmt: skip
        made.keys(key)
        shown = made.shows(text)
        assert max(map(len, shown.splitlines())) <= 60
    made.resize(140, 40)
    made.matches(r"(?m)^╭─ Layers ─+╮╭─ Changes of layer 0 .*╮$")
    made.shows("diff_id")
    made.resize(60, 20)
    made.matches(r"(?m)^╭─ Layers ─{40,}╮$")
    _quit(made)


def test_suspended_and_back(terminal: MakeTerminal, archive: Path) -> None:
    made = terminal()
    made.start_shell()
    made.shows("ready>")
    made.type(tool(archive) + "\n")
    made.shows("1 Layers", "Changes of layer 0")
    made.keys("Down", "C-z")
    made.shows("ready>")
    made.lacks("1 Layers")
    made.type("echo 'here' again; jobs\n")
    made.shows("here again", "topped")
    made.type("fg\n")
    made.shows("1 Layers", "Changes of layer 1")
    made.keys("Down")
    made.shows("ayer 2 · ", "deb3_Packages")
    made.keys("q")
    made.lacks("1 Layers")
    made.type("echo code $?\n")
    made.shows("code 0")


def test_an_error_ends_with_exit_code_3(terminal: MakeTerminal, tmp_path: Path) -> None:
    broken = tmp_path / "image.tar"
    broken.write_bytes(b"this is no archive at all " * 100)
    made = terminal()
    made.start(tool(broken))
    made.shows("Quit")
    _quit(made, 3)


# ------------------------------------------------------------------------- a source that stalls


class Stalling:
    """A pipe that an archive comes through, and that stops in the middle until it is let go."""

    def __init__(self, pipe: Path, data: bytes, first: int) -> None:
        os.mkfifo(pipe)
        self._pipe = pipe
        self._data = data
        self._first = first
        self._go_on = threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        try:
            with self._pipe.open("wb", buffering=0) as stream:
                _write(stream.fileno(), self._data[: self._first])
                self._go_on.wait(120)
                _write(stream.fileno(), self._data[self._first :])
        except BrokenPipeError:
            pass  # who reads has left

    def go_on(self) -> None:
        self._go_on.set()


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


@pytest.fixture
def stalled(
    terminal: MakeTerminal, archive: Path, tmp_path: Path
) -> Iterator[tuple[Terminal, Stalling]]:
    """The shop as it is read from a pipe, of which half has come."""
    source = Stalling(tmp_path / "pipe", archive.read_bytes(), 3_500_000)
    made = terminal()
    made.start(f"{tool('-')} <'{tmp_path / 'pipe'}'")
    yield made, source
    source.go_on()


def test_partial_results_are_replaced_by_the_whole(stalled: tuple[Terminal, Stalling]) -> None:
    made, source = stalled
    made.shows("Esc stops", "5 layers so far, in unknown order")
    made.keys("Down", "Down")
    made.shows("Changes of layer 2", "eslint")
    made.keys("3")
    made.shows("Findings come when reading is done")
    source.go_on()
    made.shows("16 findings", "runs as root: no USER", "shop:2.4", "6 layers")
    made.lacks("Esc stops")
    _quit(made)


@pytest.mark.parametrize("key", ["Escape", "C-c"])
def test_stopped_in_the_middle(stalled: tuple[Terminal, Stalling], key: str) -> None:
    made, _ = stalled
    made.shows("Esc stops", "Changes of layer 0")
    made.keys(key)
    made.shows("stopped: only what was read is here")
    made.keys("Down")
    made.shows("Changes of layer 1")
    _quit(made)
