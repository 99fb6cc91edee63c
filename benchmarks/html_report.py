"""What an HTML report costs: bytes, seconds to write, and milliseconds in Chromium.

    python benchmarks/html_report.py [--folder DIR] [--entries N] [--million] [--crowded] [--runs N]

Three images: one like real ones with its findings and packages, the same with
compressed layers (so that every file has its bytes on the wire, too), and with
``--million`` one of a million files, whose small tail is folded.  ``--crowded`` opens
each view of an image, and of a comparison, in which every list is long
(:mod:`benchmarks.html_crowded`).  Writing is measured in processor time, the least of
several runs counts; how the page is measured stands in :mod:`benchmarks.html_page`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.findings import image as lived_in
from benchmarks.html_crowded import crowded, differing
from benchmarks.html_page import changed_files, files_and_start, first_shows
from benchmarks.inputs import once, plain_image, warm, write_image
from benchmarks.saved import analysis
from layerlens.outputs.html.image import image_data, write_comparison_html, write_html
from layerlens.outputs.html.page import write_data, write_page
from layerlens.outputs.report import Report

WANTED = {"write": 1.0, "bytes": 2_000_000}
"""Seconds and bytes."""

_PARTS = ("distribution", "node", "python", "application", "changes")

_VIEWS = (
    "#/overview", "#/files", "#/layers", "#/layers?layer=1", "#/findings", "#/packages",
    "#/packages?at=77", "#/security",
)  # fmt: skip
_CHANGES = ("#/changes", "#/changes?part=files", "#/changes?part=files&list=all", "#/files")
_SHOWN = 300.0
"""Milliseconds until a view with long lists is there."""


def compressed(folder: Path, plain: Path) -> Path:
    """The same image, its layers stored as gzip."""
    stem, source = plain.name.removesuffix(".image.tar").rsplit("-", 1)
    tars = [folder / f"{stem}-{part}-{source}.tar" for part in _PARTS]
    return once(
        folder / f"{stem}-{source}-gzip.image.tar",
        lambda path: write_image(path, tars, store=lambda data: gzip.compress(data, 6, mtime=0)),
    )


def timed(runs: int, act: Callable[[], Any]) -> float:
    """The least processor time of some runs, in seconds."""
    taken = []
    for _ in range(runs):
        started = time.process_time()
        act()
        taken.append(time.process_time() - started)
    gc.collect()
    return min(taken)


def packed(value: object) -> int:
    """How many bytes of the file a part of the data takes, about."""
    stream = io.BytesIO()
    write_data(stream, {"": value}, plain=False)
    return stream.tell()


def writing(title: str, report: Report, path: Path, runs: int, *, bound: bool) -> None:
    """Write a report, and print what took how long and how much."""
    stream = io.BytesIO()
    data: dict[str, Any] = {}
    steps = {
        "data": lambda: data.update(image=image_data(report)),
        "encode, pack": lambda: write_data(io.BytesIO(), data, plain=False),
        "all": lambda: write_html(report, stream),
    }
    taken = {}
    for name, act in steps.items():
        taken[name] = timed(runs, act)
    stream = io.BytesIO()
    write_html(report, stream)
    path.write_bytes(stream.getvalue())
    size = path.stat().st_size
    tree = data["image"]["tree"]
    print(
        f"{title}\n  write {taken['all']:.2f} s (data {taken['data']:.2f}, encode and pack "
        f"{taken['encode, pack']:.2f}){verdict(taken['all'], 'write', bound)}\n"
        f"  {size:,} bytes, {len(tree['depth']):,} paths named, {len(tree['layer']):,} records"
        f"{verdict(size, 'bytes', bound)}"
    )
    empty = io.BytesIO()
    write_page(empty, {"image": {}}, title="", summary=(), plain=True)
    parts = {"code": empty.tell(), **{f"tree.{name}": packed(each) for name, each in tree.items()}}
    parts |= {name: packed(each) for name, each in data["image"].items() if name != "tree"}
    largest = sorted(parts.items(), key=lambda part: -part[1])[:9]
    print("  of that " + ", ".join(f"{name} {size / 1000:,.0f} kB" for name, size in largest))


def verdict(value: float, what: str, bound: bool) -> str:
    """Whether that is what was wanted."""
    if not bound:
        return ""
    return f"; wanted: {WANTED[what]:,.0f}" + ("" if value <= WANTED[what] else ": missed")


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
    parser.add_argument("--crowded", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    gc.disable()  # as the command line does
    out, runs = arguments.folder / "report.html", arguments.runs
    plain = lived_in(arguments.folder, arguments.entries)
    images = {"lived-in": plain, "lived-in, gzip": compressed(arguments.folder, plain)}
    if arguments.million:
        images["a million"], _ = plain_image(arguments.folder, 1_000_000, 1_000_000_000, 20)
    for title, path in images.items():
        warm(path)
        bound = title != "a million"
        report = Report(analysis(path, rules=bound))
        writing(title, report, out, runs, bound=bound)
        view, step = (1000.0, 100.0) if bound else (3000.0, 200.0)
        asyncio.run(files_and_start(out, runs, view, step))
    if arguments.crowded:
        print("crowded, each view for the first time")
        with out.open("wb") as stream:
            write_html(crowded(), stream)
        asyncio.run(first_shows(out, runs, _VIEWS, _SHOWN))
        print("comparison, all paths differ")
        with out.open("wb") as stream:
            write_comparison_html(differing(), stream)
        asyncio.run(first_shows(out, runs, _CHANGES, _SHOWN))
        asyncio.run(changed_files(out, runs, 1000.0, 100.0))


if __name__ == "__main__":
    main()
