"""Times of the terminal UI's view model, without a screen.

    python benchmarks/tui_rows.py [NODES ...]

For each number of nodes (200,000 and 1,000,000 unless told otherwise) an image of
five layers is made in memory; one file in 50 has two names.  As in the app, the collector
of garbage does not look at what was there before the UI (``gc.freeze``).  Each line is the best of seven runs: wall time, and
processor time, which says more where other programs run beside it.  Every step ends
with the rows of one screen looked up, as they are before they are painted.  The
targets of the UI: first rows within 300 ms, every other step within 150 ms at 200,000
nodes, a key within 30 ms at the 95th percentile, less than 100 bytes a node, and no
more of them after all layers were visited.
"""

from __future__ import annotations

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from layerlens.analysis.model import Analysis
from layerlens.filesystem.stack import stack
from layerlens.image.model import Instruction
from layerlens.layers.table import Kind, LayerTable
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.history import path_history
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.views import ChangeKind
from layerlens.tui.viewmodel.whose import Whose

RUNS = 7
SCREEN = 60
HEADER = b"0000644\0" + b"0000000\0" * 2 + b"00000000000\0" * 2


def names(count: int, noise: random.Random) -> list[bytes]:
    """Paths as node_modules and Python packages have them: 10 names in a directory, 4 to 9 deep."""
    found: list[bytes] = []
    directories = [b"usr", b"opt", b"var", b"home"]
    found += directories
    while len(found) < count:
        up = noise.choice(directories[-2000:])
        for _ in range(noise.randint(2, 18)):
            name = b"%s/%s%d" % (up, noise.choice((b"index", b"lib", b"Package")), len(found))
            if noise.random() < 0.15 and up.count(b"/") < 8:
                directories.append(name)
            else:
                name += noise.choice((b".js", b".py", b".so", b".d.ts"))
            found.append(name)
    return found[:count]


def table(entries: list[bytes], noise: random.Random) -> LayerTable:
    """A layer of these paths: those with a dot are files."""
    made = LayerTable()
    last: bytes | None = None
    for name in entries:
        is_file = b"." in name.rpartition(b"/")[2]
        is_link = is_file and last is not None and noise.random() < 1 / 50
        if is_link:
            made.links[len(made.names)] = last or b""
        made.names.append(bytes(bytearray(name)))  # a walk makes each name anew, in order
        made.kinds.append(Kind.HARDLINK if is_link else Kind.FILE if is_file else Kind.DIR)
        size = int(noise.paretovariate(0.6) * 100) % 50_000_000
        made.sizes.append(size if is_file and not is_link else 0)
        last = name if is_file and not is_link else last
        made.offsets.append(0)
        made.raw += HEADER
    return made


def whiteouts(paths: list[bytes], noise: random.Random) -> list[bytes]:
    """Markers that take away some directories, with what they hold."""
    directories = [path for path in paths if b"." not in path.rpartition(b"/")[2]]
    some = noise.sample(directories, max(1, len(directories) // 100))
    return [b"%s/.wh.%s" % (up, name) for up, _, name in (p.rpartition(b"/") for p in some) if up]


def image(count: int) -> Analysis:
    """One large layer, three of 2 % changes of which one deletes, one that rewrites a third."""
    noise = random.Random(7)
    paths = names(count, noise)
    ordered = sorted(paths, key=lambda path: path.split(b"/"))
    tables = [table(ordered, noise)]
    for share in (50, 50, 50, 3):
        some = noise.sample([path for path in paths if b"." in path], count // share)
        if len(tables) == 2:
            some += whiteouts(paths, noise)
        tables.append(table(sorted(some, key=lambda path: path.split(b"/")), noise))
    filesystem = stack(tables, lambda _one, _other: False)
    return cast(
        "Analysis",
        SimpleNamespace(
            filesystem=filesystem,
            layers=[SimpleNamespace(instruction=Instruction("RUN"))] * 5,
            base=SimpleNamespace(layers=2),
        ),
    )


def screen(browser: Browser, at: int = 0) -> list[object]:
    """What must be known to draw one screen."""
    rows = browser.rows
    shown = range(at, min(len(rows), at + SCREEN))
    return [(rows.row(k), browser.entry(rows[k])) for k in shown] + [browser.total, browser.scale]


Taken = tuple[float, float]
"""Milliseconds of wall time and of processor time."""


def best(step: Callable[[], object], undo: Callable[[], object] = lambda: None) -> Taken:
    """The best times of a step that can be taken back."""
    walls, processors = [], []
    undo()
    for _ in range(RUNS):
        gc.collect()
        wall, processor = time.perf_counter(), time.process_time()
        step()
        processors.append(time.process_time() - processor)
        walls.append(time.perf_counter() - wall)
        undo()
    return min(walls) * 1000, min(processors) * 1000


def line(what: str, took: Taken, target: float | None = None) -> None:
    """One row of the report; the target is held against the wall time."""
    wall, processor = took
    verdict = ""
    if target is not None:
        verdict = f"   target {target:4.0f}  {'ok' if wall < target else 'MISSED'}"
    print(f"  {what:44}{wall:9.1f} ms {processor:9.1f} ms{verdict}")


def measure(count: int) -> None:
    """Print all times for one number of nodes."""
    analysis = image(count)
    gc.collect()
    gc.freeze()
    judged = count <= 200_000
    step, key, first = (150.0, 30.0, 300.0) if judged else (None, None, None)
    print(f"{count:,} nodes, {len(analysis.filesystem.paths):,} versions, 5 layers")
    print(f"  {'':44}{'wall':>9}    {'processor':>9}")
    line("first rows: paths numbered, first view", best(lambda: screen(Browser(analysis))), first)

    browser = Browser(analysis)

    def timed(
        what: str, do: Callable[[], object], undo: Callable[[], object] = lambda: None
    ) -> None:
        def to_screen() -> None:
            do()
            screen(browser)

        line(what, best(to_screen, undo), step)

    def hide(*, hidden: bool) -> None:
        if hidden is (ChangeKind.MODIFIED in browser.kinds):
            browser.toggle_kind(ChangeKind.MODIFIED)

    show = browser.show
    timed("next layer (2 %)", lambda: show(layer=1), lambda: show(layer=0))
    timed("back to the large layer", lambda: show(layer=0), lambda: show(layer=4))
    timed("a range: the last three layers", lambda: show(layer=4, since=2), lambda: show(layer=0))
    timed("a range: all layers", lambda: show(layer=4, since=0), lambda: show(layer=4))
    show(layer=4)
    timed("aggregate of all", lambda: show(aggregate=True), lambda: show(aggregate=False))
    timed("back to the changes", lambda: show(aggregate=False), lambda: show(aggregate=True))
    show(aggregate=True)
    timed("expand all, by size", browser.open_all, browser.close_all)
    timed("collapse all", browser.close_all, browser.open_all)
    browser.close_all()
    timed("one level more", browser.open_level, browser.close_all)
    browser.open_all()
    print(f"  all open from here on: {len(browser.rows):,} rows")
    timed("sort by name", lambda: browser.sort_by(SortBy.NAME), browser.open_all)
    for sort in (SortBy.COUNT, SortBy.WASTE, SortBy.CHANGE, SortBy.SIZE):
        timed(f"sort by {sort}", partial(browser.sort_by, sort))
    timed("another layer's aggregate", lambda: show(layer=3), lambda: show(layer=4))
    show(layer=4, since=1)
    timed("toggle the aggregate of a range", lambda: show(aggregate=True),
          lambda: show(aggregate=False))  # fmt: skip
    show(layer=4, aggregate=True)
    for text in ("package1", "s", "lib/", "*.js", "lib*/package1*"):
        timed(f"filter {text!r}", partial(browser.search, text), partial(browser.search, ""))
    for pattern in ("package1", r"lib\d+/.*\.(js|py)$", "^/usr"):
        timed(
            f"filter {pattern!r} (regex)",
            partial(browser.search, pattern, Match.REGEX),
            partial(browser.search, ""),
        )
    for text in ("pkg1js", "indexpy"):
        timed(
            f"filter {text!r} (fuzzy)",
            partial(browser.search, text, Match.FUZZY),
            partial(browser.search, ""),
        )
    browser.search("", Match.GLOB)
    timed(
        "hide one kind of change",
        lambda: hide(hidden=True),
        lambda: hide(hidden=False),
    )
    timed(
        "only yours",
        lambda: browser.set_whose(Whose.YOURS),
        lambda: browser.set_whose(Whose.ALL),
    )
    path = browser.tree.paths[count // 2]
    timed("one path's history", lambda: path_history(analysis, path))
    measure_keys(browser, key)
    measure_memory(analysis, count)


def measure_keys(browser: Browser, target: float | None) -> None:
    """Print how long single keys take at the 95th percentile, with a screen after each."""
    noise = random.Random(11)

    def toggle(at: int) -> int:
        rows = browser.rows
        if not rows.open(at):
            rows.close(at)
        return at

    def waste(at: int) -> int:
        rows = browser.rows
        node = browser.next_waste(rows[at])
        return (browser.rows.index_of(node) if node is not None else None) or 0

    keys: dict[str, Callable[[int], int]] = {
        "move anywhere": lambda at: at,
        "open or close": toggle,
        "to the directory above": lambda at: browser.rows.parent_index(at) or 0,
        "to the next greatest waste": waste,
    }
    for opening, start in (("all open", browser.open_all), ("all closed", browser.close_all)):
        start()
        for what, press in keys.items():
            walls, processors = [], []
            for _ in range(200):
                at = noise.randrange(len(browser.rows))
                wall, processor = time.perf_counter(), time.process_time()
                screen(browser, max(0, press(at) - SCREEN // 2))
                processors.append(time.process_time() - processor)
                walls.append(time.perf_counter() - wall)
            p95 = (sorted(walls)[189] * 1000, sorted(processors)[189] * 1000)
            line(f"key, {opening}: {what}", p95, target)


def measure_memory(analysis: Analysis, count: int) -> None:
    """Print what the view model adds to the analysis, and what visiting all layers leaves."""
    gc.collect()
    tracemalloc.start()
    browser = Browser(analysis)
    browser.show(layer=4, aggregate=True)
    browser.open_all()
    screen(browser)
    plain, peak = tracemalloc.get_traced_memory()
    browser.search("e")
    screen(browser)
    gc.collect()
    filtered, _ = tracemalloc.get_traced_memory()
    rounds = []
    for _ in range(2):
        for aggregate in (False, True):
            for layer in range(5):
                browser.show(layer=layer, aggregate=aggregate)
                screen(browser)
        gc.collect()
        rounds.append(tracemalloc.get_traced_memory()[0])
    browser.search("")
    list(browser.rows)
    looked_at, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(
        f"  memory on top of the analysis: {plain / count:.0f} bytes a node with all open, "
        f"{filtered / count:.0f} filtered too, {looked_at / count:.0f} once every row was looked "
        f"at, {peak / count:.0f} at the peak"
    )
    grown = rounds[1] - rounds[0]
    print(f"  all layers visited a second time: {grown:+,} bytes")


if __name__ == "__main__":
    for each in [int(argument) for argument in sys.argv[1:]] or [200_000, 1_000_000]:
        measure(each)
