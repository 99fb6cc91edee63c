"""What saving an analysis costs: bytes, seconds to write and to load, and a whole ``open``.

    python benchmarks/saved.py [--folder DIR] [--entries N] [--million]

Three images: one like real ones with its findings and packages, one whose layers
were read in place, and the same as a stream, which hashes every file.
"""

from __future__ import annotations

import argparse
import gc
import io
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.findings import image as lived_in
from benchmarks.inputs import plain_image, warm
from benchmarks.run import layerlens, measure
from layerlens.analysis.model import Analysis
from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image
from layerlens.saved.load import load
from layerlens.saved.save import save
from layerlens.sources.image import ReadOptions

RUNS = 5


def analysis(path: Path, *, rules: bool = False, passing: bool = False) -> Analysis:
    """The analysis of an image, read in place or as a stream."""
    stdin = path.open("rb") if passing else None
    options = ReadOptions(stdin=stdin)
    if rules:
        options = looking_inside(options)
    opened = open_image("-" if passing else str(path), options)
    try:
        return analyse_image(opened, options, rules=Rules() if rules else None)
    finally:
        opened.close()


def row(title: str, found: Analysis, out: Path) -> None:
    """Save, load and open one analysis, and print what that took."""
    writing, reading = [], []
    for _ in range(RUNS):
        started = time.perf_counter()
        stream = io.BytesIO()
        save(found, stream)
        writing.append(time.perf_counter() - started)
        out.write_bytes(stream.getvalue())
        started = time.perf_counter()
        load(str(out))
        reading.append(time.perf_counter() - started)
        gc.collect()
    size, entries = out.stat().st_size, sum(map(len, found.filesystem.tables))
    opened = [measure(layerlens("open", out, "--json", out.with_suffix(".json"))) for _ in range(3)]
    best = min(opened, key=lambda run: run.wall)
    print(
        f"{title:<24} {entries:>9,} entries  {size:>11,} bytes ({size / entries:4.1f} an entry)  "
        f"save {statistics.median(writing):5.2f} s  load {statistics.median(reading):5.2f} s  "
        f"open --json {best.wall:5.2f} s, {best.peak / 1e6:,.0f} MB",
        flush=True,
    )


def main() -> None:
    """Parse the arguments, and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "layerlens-bench"
    )
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--million", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    gc.disable()  # as the command line does
    out = arguments.folder / "saved.lls"
    count = arguments.entries
    path = lived_in(arguments.folder, count)
    warm(path)
    row("lived-in, with findings", analysis(path, rules=True), out)
    plain, _ = plain_image(arguments.folder, count, count * 1000, 10)
    row("plain", analysis(plain), out)
    row("plain, hashed", analysis(plain, passing=True), out)
    if arguments.million:
        large, _ = plain_image(arguments.folder, 1_000_000, 1_000_000_000, 20)
        row("plain, a million", analysis(large), out)


if __name__ == "__main__":
    main()
