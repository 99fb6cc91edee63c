"""Times of the view of a comparison, without a screen.

    python benchmarks/tui_compare.py [PATHS]

Two images of which so many paths differ (default 100,000): added, removed, moved, other
content, other times, in directories as ``node_modules`` and Python packages have them.
Each line is the best of seven runs: wall time, and processor time.  Every step ends with
the rows of one screen drawn as text.  The targets: 150 ms to the first rows of the files,
150 ms for a filter, an order or a directory, 30 ms for a key that only moves.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from tui_rows import best, line, names, table  # type: ignore[import-not-found]

from layerlens.analysis.model import Analysis
from layerlens.comparison.model import Comparison, PathChange, PathDelta
from layerlens.filesystem.stack import stack
from layerlens.tui.viewmodel.comparefiles import Files
from layerlens.tui.viewmodel.comparelevels import Compared
from layerlens.tui.viewmodel.comparepaths import Differing, Way
from layerlens.tui.viewmodel.marks import Marks
from layerlens.tui.viewmodel.matching import Match

SCREEN, CELLS = 60, 120


def images(count: int) -> Comparison:
    """Paths of two images that all differ, a sixth of them moved."""
    noise = random.Random(7)
    paths = [path for path in names(count, noise) if path]
    ordered = sorted(paths, key=lambda path: path.split(b"/"))
    analysis = cast(
        "Analysis",
        SimpleNamespace(filesystem=stack([table(ordered, noise)], lambda _a, _b: False)),
    )
    live = analysis.filesystem.live
    deltas = []
    kinds = list(PathChange)
    for path in paths:
        version, change = live[path], noise.choice(kinds)
        size = analysis.filesystem.size(version)
        if change is PathChange.ADDED:
            deltas.append(PathDelta(path, change, None, version, 0, size))
        elif change is PathChange.REMOVED:
            deltas.append(PathDelta(path, change, version, None, size, 0))
        elif change is PathChange.MOVED:
            deltas.append(PathDelta(path, change, version, version, size, size, b"old/" + path))
        else:
            deltas.append(PathDelta(path, change, version, version, size, noise.randrange(10**6)))
    deltas.sort(key=lambda delta: (-abs(delta.bytes), delta.path))
    return cast("Comparison", SimpleNamespace(paths=deltas, old=analysis, new=analysis))


def screen(level: Files, at: int = 0) -> list[object]:
    """What must be known to draw one screen."""
    shown = range(at, min(len(level.table), at + SCREEN))
    return [*(level.table.pieces(k, CELLS) for k in shown), level.words()]


def main() -> None:
    """Print all times."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    comparison = images(count)
    gc.collect()
    gc.freeze()
    print(f"{count:,} paths differ")
    line("once, while loading: spots in order", best(lambda: Differing(comparison)))
    differing = Differing(comparison)
    both = Compared(comparison, differing, Marks())

    def timed(
        what: str, do: Callable[[], Files], undo: Callable[[], object] = lambda: None
    ) -> None:
        line(what, best(lambda: screen(do()), undo), 150.0)

    root = Files(both, "Files")
    largest = max((row for row in root.table.rows if not isinstance(row, int)),
                  key=lambda row: row.count)  # fmt: skip

    def below() -> Files:
        return cast("Files", root.below(largest))

    def flat() -> Files:
        return cast("Files", root.all_paths())

    timed("the files: first rows", lambda: Files(both, "Files"))
    timed(f"into the largest directory ({largest.count:,})", below)
    timed("all paths, the largest change first", flat)
    every = flat()

    def ordered(order: str) -> Files:
        every.table.sort_by(order)
        return every

    timed("all paths, by name", lambda: ordered("name"))
    timed("all paths, by kind", lambda: ordered("kind"))
    for text, match in (
        ("package1", Match.GLOB), ("*.js", Match.GLOB), ("lib*/package1*", Match.GLOB),
        (r"lib\d+/.*\.js$", Match.REGEX), ("pkg1js", Match.FUZZY),
    ):  # fmt: skip

        def searched(text: str = text, match: Match = match) -> Files:
            root.search(text, match)
            return root

        timed(f"filter {text!r} ({match})", searched, lambda: root.search(""))
    root.search("", Match.GLOB)

    def hidden() -> Files:
        both.hidden ^= {Way.CHANGED}
        root.remake()
        return root

    timed("hide or show what changed", hidden)
    noise = random.Random(3)

    def moved() -> list[object]:
        return screen(every, noise.randrange(count - SCREEN))

    line("a key that moves among all paths", best(moved), 30.0)


if __name__ == "__main__":
    main()
