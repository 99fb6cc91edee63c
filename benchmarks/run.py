"""Measure LayerLens against yardsticks, in one run, as ratios.

    python benchmarks/run.py [plain] [million] [gzip] [start] [engine]

Each pair runs in turn, A B A B …; the ratio is that of the medians.  Inputs
are kept in ``--folder``.  Quiet machines only: two measurements side by side
spoil both.  ``engine`` needs a running Docker Engine and ``--image``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.inputs import free_of_bytecode_ban, gzip_image, plain_image, warm

HERE = Path(__file__).parent
ROOT = HERE.parent
GB = 10**9


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of wall time, seconds of processor, peak bytes."""

    wall: float
    cpu: float
    peak: int


def measure(command: list[str]) -> Run:
    """Run a command to its end; what it prints is thrown away."""
    started = time.perf_counter()
    with open(os.devnull, "wb") as null:
        process = subprocess.Popen(
            command, stdout=null, stderr=subprocess.PIPE, env=free_of_bytecode_ban(), cwd=ROOT
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}: {told.decode()}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def compare(title: str, ours: list[str], yardstick: list[str], limit: str, runs: int = 5) -> None:
    """Run two commands in turn and print a row."""
    measure(ours), measure(yardstick)
    pairs = [(measure(ours), measure(yardstick)) for _ in range(runs)]
    wall = statistics.median(a.wall for a, _ in pairs)
    other = statistics.median(b.wall for _, b in pairs)
    each = statistics.median(a.wall / b.wall for a, b in pairs)
    peak = max(a.peak for a, _ in pairs)
    print(
        f"{title:<44} {wall:7.3f} s  {other:7.3f} s  x{wall / other:5.2f} "
        f"(pair by pair x{each:.2f})  {peak / 1e6:6.0f} MB  wanted: {limit}",
        flush=True,
    )


def layerlens(*arguments: str | Path) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-m", "layerlens", *map(str, arguments)]


def script(name: str, *arguments: str | Path) -> list[str]:
    """A yardstick of this folder."""
    return [sys.executable, str(HERE / name), *map(str, arguments)]


def plain(folder: Path, out: Path, _: argparse.Namespace) -> None:
    """An uncompressed 2 GB archive of 100,000 entries against a bare header walk."""
    for layers in (1, 10):
        image, tars = plain_image(folder, 100_000, 2 * GB, layers)
        warm(image)
        for tar in tars:
            warm(tar)
        compare(
            f"2 GB, 100,000 entries, {layers} layer(s)",
            layerlens(image, "--json", out, "--no-findings", "--no-cache"),
            script("bare_walk.py", *tars),
            "x3, under 1 s",
        )


def million(folder: Path, out: Path, _: argparse.Namespace) -> None:
    """1,000,000 entries in 20 layers: linear, below 600 MB."""
    rows = []
    for entries in (250_000, 500_000, 1_000_000):
        image, _tars = plain_image(folder, entries, entries * 1000, 20)
        warm(image)
        runs = [
            measure(layerlens(image, "--json", out, "--no-findings", "--no-cache"))
            for _ in range(3)
        ]
        rows.append((entries, min(runs, key=lambda run: run.wall)))
    for entries, run in rows:
        print(
            f"{entries:>9,} entries, 20 layers{'':<16} {run.wall:7.3f} s  "
            f"{run.wall / entries * 1e6:5.2f} µs an entry  {run.peak / 1e6:6.0f} MB  "
            f"wanted: linear, < 600 MB",
            flush=True,
        )


def zipped(folder: Path, out: Path, _: argparse.Namespace) -> None:
    """Gzip layers, digests and hashes included, against one isal thread in turn."""
    million_bytes = 1_000_000
    for sizes in ([600, 600], [400, 300, 200, 150, 100, 50], [900, 150]):
        image, blobs = gzip_image(folder, [size * million_bytes for size in sizes])
        warm(image)
        for blob in blobs:
            warm(blob)
        compare(
            f"gzip layers of {'+'.join(map(str, sizes))} MB",
            layerlens(image, "--json", out, "--no-findings", "--no-cache"),
            script("isal_in_turn.py", *blobs),
            "x1.3",
        )


def start(folder: Path, out: Path, _: argparse.Namespace) -> None:
    """``--version`` below 100 ms."""
    del folder, out
    runs = [measure(layerlens("--version")) for _ in range(11)]
    wall = statistics.median(run.wall for run in runs)
    print(f"{'layerlens --version':<44} {wall * 1000:7.1f} ms{'':<36} wanted: 100 ms", flush=True)


def engine(folder: Path, out: Path, arguments: argparse.Namespace) -> None:
    """An engine's image against ``docker save`` to nowhere."""
    del folder
    for image in arguments.image:
        compare(
            f"engine: {image}",
            layerlens(
                f"docker://{image}", "--via", "export", "--json", out, "--no-findings", "--no-cache"
            ),
            [arguments.docker, "save", image],
            "x1.05",
            runs=5,
        )


BENCHES: dict[str, Callable[[Path, Path, argparse.Namespace], None]] = {
    "start": start,
    "plain": plain,
    "million": million,
    "gzip": zipped,
    "engine": engine,
}


def main() -> None:
    """Parse, and run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "which", nargs="*", help=f"of {', '.join(BENCHES)}; default: all but engine"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "layerlens-benchmarks"
    )
    parser.add_argument("--image", action="append", default=[], help="for engine: an image's name")
    parser.add_argument("--docker", default="docker", help="for engine: the docker program")
    arguments = parser.parse_args()
    wrong = [name for name in arguments.which if name not in BENCHES]
    if wrong:
        parser.error(f"no such benchmark: {', '.join(wrong)}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print(f"{'':<44} {'ours':>9}  {'yardstick':>9}  ratio")
    for name in arguments.which or [name for name in BENCHES if name != "engine"]:
        BENCHES[name](arguments.folder, arguments.folder / "out.json", arguments)


if __name__ == "__main__":
    main()
