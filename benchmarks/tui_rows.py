"""Times of the terminal UI's view model, without a screen.

    python benchmarks/tui_rows.py [NODES ...]

For each number of nodes (200,000 and 1,000,000 unless told otherwise) an image of
five layers is made in memory; each line is the best of five runs (wall time).  The
targets of the UI: first rows within 300 ms, every other step within 150 ms at 200,000
nodes, a key within 30 ms, less than 100 bytes a node.
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
from layerlens.layers.table import Kind, LayerTable
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.views import ChangeKind

RUNS = 5
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
    for name in entries:
        is_file = b"." in name.rpartition(b"/")[2]
        made.names.append(bytes(bytearray(name)))  # a walk makes each name anew, in order
        made.kinds.append(Kind.FILE if is_file else Kind.DIR)
        made.sizes.append(int(noise.paretovariate(0.6) * 100) % 50_000_000 if is_file else 0)
        made.offsets.append(0)
        made.raw += HEADER
    return made


def image(count: int) -> Analysis:
    """One large layer, three of 2 % changes, one that rewrites a third."""
    noise = random.Random(7)
    paths = names(count, noise)
    ordered = sorted(paths, key=lambda path: path.split(b"/"))
    tables = [table(ordered, noise)]
    for share in (50, 50, 50, 3):
        some = noise.sample([path for path in paths if b"." in path], count // share)
        tables.append(table(sorted(some, key=lambda path: path.split(b"/")), noise))
    filesystem = stack(tables, lambda _one, _other: False)
    return cast("Analysis", SimpleNamespace(filesystem=filesystem, layers=[None] * 5))


def best(step: Callable[[], object], undo: Callable[[], object] = lambda: None) -> float:
    """Milliseconds of a step that can be taken back."""
    times = []
    undo()
    for _ in range(RUNS):
        gc.collect()
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
        undo()
    return min(times) * 1000


def line(what: str, took: float, target: float | None = None) -> None:
    """One row of the report."""
    verdict = (
        "" if target is None else f"   target {target:4.0f}  {'ok' if took < target else 'MISSED'}"
    )
    print(f"  {what:44}{took:9.1f} ms{verdict}")


def measure(count: int) -> None:
    """Print all times for one number of nodes."""
    analysis = image(count)
    judged = count <= 200_000
    step, key, first = (150.0, 30.0, 300.0) if judged else (None, None, None)
    print(f"{count:,} nodes, {len(analysis.filesystem.paths):,} versions, 5 layers")
    line("first rows: paths numbered, first view", best(lambda: Browser(analysis)), first)

    browser = Browser(analysis)
    line(
        "next layer (2 %)", best(lambda: browser.show(layer=1), lambda: browser.show(layer=0)), step
    )
    line(
        "back to the large layer",
        best(lambda: browser.show(layer=0), lambda: browser.show(layer=4)),
        step,
    )
    browser.show(layer=4)
    line(
        "aggregate of all layers",
        best(lambda: browser.show(aggregate=True), lambda: browser.show(aggregate=False)),
        step,
    )
    line(
        "back to the changes",
        best(lambda: browser.show(aggregate=False), lambda: browser.show(aggregate=True)),
        step,
    )
    browser.show(aggregate=True)
    line("expand all, by size", best(browser.open_all, browser.close_all), step)
    browser.open_all()
    line(
        f"  ({len(browser.rows):,} rows) collapse all",
        best(browser.close_all, browser.open_all),
        step,
    )
    browser.open_all()
    line(
        "sort by name, all open",
        best(lambda: browser.sort_by(SortBy.NAME), lambda: browser.sort_by(SortBy.SIZE)),
        step,
    )
    line("reverse the order, all open", best(lambda: browser.sort_by(SortBy.SIZE)), step)
    line(
        "all layers' aggregate, all open",
        best(lambda: browser.show(layer=3), lambda: browser.show(layer=4)),
        step,
    )
    for text in ("package1", "s", "*.js", "lib*/package1*"):
        line(
            f"filter {text!r}",
            best(partial(browser.search, text), partial(browser.search, "")),
            step,
        )
    line(
        "hide one kind of change",
        best(
            lambda: browser.toggle_kind(ChangeKind.MODIFIED),
            lambda: browser.toggle_kind(ChangeKind.MODIFIED),
        ),
        step,
    )
    rows = browser.rows
    line("close one directory, all open", best(lambda: rows.close(0), lambda: rows.open(0)), key)
    rows.close(0)
    line("open one directory, all open", best(lambda: rows.open(0), lambda: rows.close(0)), key)
    line(
        "what 60 lines need to be drawn",
        best(lambda: [(rows.row(k), browser.entry(rows.items[k])) for k in range(60)]),
        key,
    )
    line("find the parent of the last row", best(lambda: rows.parent_index(len(rows) - 1)), key)
    measure_memory(analysis, count)


def measure_memory(analysis: Analysis, count: int) -> None:
    """Print what the view model adds to the analysis."""
    gc.collect()
    tracemalloc.start()
    browser = Browser(analysis)
    browser.show(layer=4, aggregate=True)
    browser.open_all()
    plain, peak = tracemalloc.get_traced_memory()
    browser.search("e")
    gc.collect()
    filtered, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(
        f"  memory on top of the analysis: {plain / count:.0f} bytes a node with all open, "
        f"{filtered / count:.0f} filtered too, {peak / count:.0f} at the peak"
    )


if __name__ == "__main__":
    for each in [int(argument) for argument in sys.argv[1:]] or [200_000, 1_000_000]:
        measure(each)
