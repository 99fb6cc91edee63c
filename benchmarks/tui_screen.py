"""Times of the terminal UI as a user feels them: from a key to the painted screen.

    python benchmarks/tui_screen.py [NODES]

The app runs headless at 140x40 on an image of 200,000 nodes (five layers, made in
memory, no rules).  Each line is over many presses of a group of keys: median, 95th
percentile and largest, processor milliseconds of this process first (nobody else's load
is in them), then wall.  A press ends when all messages that it caused were handled and
the screen was painted, which includes a few milliseconds of the test driver.  Target of the
UI: a key within 30 ms at the 95th percentile, a step such as another layer within 150 ms.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from layerlens.analysis.model import Analysis
from layerlens.pipeline import analyse_image, open_image
from layerlens.tui.app import LayerLensApp
from layerlens.tui.reading import Whole
from layerlens.tui.screens.main import MainScreen
from tests.archives import Image
from tests.builders import directory, file, layer

PRESSES = 200
KEY, STEP = 30.0, 150.0


def image(nodes: int, folder: Path) -> Analysis:
    """One layer of many small files, four of changes; written, read, and gone again."""
    noise = random.Random(7)
    paths = [
        f"usr/lib/package{k // 400}/part{k // 20}/module{k}.js" for k in range(nodes * 9 // 10)
    ]
    folders = sorted({path.rpartition("/")[0] for path in paths})
    layers = [layer(*map(directory, folders), *(file(path, b"x" * 20) for path in paths))]
    for share in (50, 50, 50, 3):
        some = sorted(noise.sample(paths, len(paths) // share))
        layers.append(layer(*(file(path, b"y" * 30) for path in some)))
    path = Image(layers).save_25(folder / "image.tar")
    opened = open_image(str(path))
    try:
        return analyse_image(opened)
    finally:
        opened.close()


async def press(pilot: Pilot[Any], keys: Sequence[str]) -> list[tuple[float, float]]:
    """Milliseconds of each press: processor, wall."""
    taken = []
    for key in keys:
        start, wall = time.process_time(), time.perf_counter()
        await pilot.press(key)
        taken.append(((time.process_time() - start) * 1000, (time.perf_counter() - wall) * 1000))
    return taken


def line(what: str, taken: Sequence[tuple[float, float]], target: float) -> None:
    """One row of the report."""
    spent, waited = (sorted(each) for each in zip(*taken, strict=True))

    def at(times: Sequence[float], share: float) -> float:
        return times[min(len(times) - 1, int(len(times) * share))]

    verdict = "ok" if at(spent, 0.95) < target else "MISSED"
    print(
        f"  {what:34} processor {at(spent, 0.5):6.1f} {at(spent, 0.95):6.1f} {spent[-1]:6.1f}"
        f"   wall {at(waited, 0.5):6.1f} {at(waited, 0.95):6.1f} {waited[-1]:6.1f}"
        f"   target {target:3.0f}  {verdict}"
    )


async def measure(analysis: Analysis) -> None:
    """Print the times of keys and of steps."""
    noise = random.Random(3)
    app = LayerLensApp(Whole(lambda _progress: analysis), "image.tar")
    async with app.run_test(size=(140, 40)) as pilot:
        while not isinstance(app.screen, MainScreen):
            await pilot.pause(0.05)
        await pilot.press("G")
        await pilot.pause(0.5)
        gc.collect()
        gc.freeze()  # as the command line does after loading
        await pilot.press("a", "tab", "e")
        await pilot.pause(0.5)
        moves = ["j", "k", "pagedown", "pageup", "G", "g", "down", "up"]
        line("key: move, all open", await press(pilot, noise.choices(moves, k=PRESSES)), KEY)
        opens = ["l", "h", "enter", "j", "pagedown"]
        line("key: open, close, up", await press(pilot, noise.choices(opens, k=PRESSES)), KEY)
        line("key: next waste", await press(pilot, ["w"] * (PRESSES // 4)), KEY)
        line("key: mark, permissions, bars", await press(pilot, ["m", "p", "B"] * 20), KEY)
        line("step: sort", await press(pilot, ["n", "s", "C", "S", "M"] * 8), STEP)
        line("step: expand and collapse all", await press(pilot, ["c", "e"] * 15), STEP)
        line("step: toggle the aggregate", await press(pilot, ["a"] * 20), STEP)
        line("step: hide kinds", await press(pilot, ["plus", "tilde"] * 10), STEP)
        await pilot.press("shift+tab")
        taken = []
        for key in ["k", "k", "j", "j"] * 5:
            start, wall = time.process_time(), time.perf_counter()
            await pilot.press(key)
            await pilot.pause(0.045)  # the layer's tree is made once the cursor has settled
            taken.append(
                (
                    (time.process_time() - start) * 1000,
                    (time.perf_counter() - wall) * 1000 - 45,
                )
            )
        line("step: another layer's aggregate", taken, STEP)


def main() -> None:
    """Make the image, measure."""
    import tempfile

    nodes = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        analysis = image(nodes, Path(folder))
    print(f"{len(analysis.filesystem.paths):,} versions; median, 95th percentile, largest, in ms")
    asyncio.run(measure(analysis))


if __name__ == "__main__":
    main()
