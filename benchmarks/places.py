"""Measure the ways to an image: the engine's own files, the second look, a registry.

    python benchmarks/places.py [store] [second] [changed] [registry]

Needs root and Debian's docker.io, docker-registry and skopeo: everything runs on a
private engine and a private registry.  Inputs are kept in ``--folder``; each run has a
cache of its own.  Quiet machines only: two measurements side by side spoil both.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import random
import statistics
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.inputs import (
    NOISE,
    gzip_image,
    once,
    plain_image,
    plain_members,
    warm,
    write_image,
    write_layer,
)
from benchmarks.run import layerlens, measure
from tests.engine.engine import Engine, cache_directory, debian_rootfs
from tests.engine.registry import Registry, running

TITLE = 52


@contextmanager
def registry_with(archive: Path, name: str) -> Iterator[Registry]:
    """A private registry that an archive was pushed to, as it is stored."""
    with tempfile.TemporaryDirectory(prefix="llb-") as folder, running(Path(folder)) as registry:
        registry.push(f"docker-archive:{archive}", name)
        yield registry


@contextmanager
def engine_with(archive: Path) -> Iterator[Engine]:
    """A private engine that has loaded an archive."""
    engine = Engine(Path(tempfile.mkdtemp(prefix="llb-")))
    engine.start()
    try:
        engine.docker("load", "--quiet", "--input", archive)
        os.environ["DOCKER_HOST"] = engine.host
        yield engine
    finally:
        os.environ.pop("DOCKER_HOST", None)
        engine.remove()


def row(title: str, seconds: float, wanted: str, more: str = "") -> None:
    """Print one figure."""
    print(f"{title:<{TITLE}} {seconds:7.3f} s  {more:<24} wanted: {wanted}", flush=True)


def median(command: list[str], runs: int = 5) -> float:
    """Seconds of wall time, the median of some runs."""
    return statistics.median(measure(command).wall for _ in range(runs))


def big(folder: Path) -> Path:
    """100,000 files, 1.9 GB, ten layers, uncompressed."""
    archive, _ = plain_image(folder, 100_000, 1_900_000_000, 10)
    return archive


def store(folder: Path, out: Path) -> None:
    """First look by the engine's files, against its export."""
    with engine_with(big(folder)):
        look = layerlens("docker://bench:1", "--json", out, "--no-cache")
        row("first look, engine's own files, 1.9 GB", median([*look, "--via", "store"]), "1.5 s")
        seconds = measure([*look, "--via", "export"]).wall
        row("first look, export of the same", seconds, "-")


def second(folder: Path, out: Path) -> None:
    """Second looks at 100,000 files from each place."""
    archive = big(folder)
    warm(archive)
    zipped = once(
        folder / "big.tar.gz",
        lambda path: _zip(archive, path),
    )
    places: list[tuple[str, list[str | Path]]] = [
        ("plain archive", [archive]),
        ("compressed archive", [zipped]),
    ]
    with engine_with(archive), registry_with(archive, "bench:1") as registry:
        places += [
            ("engine, own files", ["docker://bench:1"]),
            ("engine, cache alone", ["docker://bench:1", "--via", "export"]),
            ("registry", [f"registry://{registry.address}/bench:1"]),
        ]
        for title, words in places:
            with tempfile.TemporaryDirectory(prefix="llb-cache-") as cache:
                look = layerlens(*words, "--json", out, "--cache-dir", cache)
                first = measure(look).wall
                if "cache" in title:  # filled by an export, then asked without
                    look = layerlens(words[0], "--json", out, "--cache-dir", cache)
                row(f"second look, {title}", median(look), "0.5 s", f"first {first:.2f} s")


def _zip(source: Path, target: Path) -> None:
    target.write_bytes(gzip.compress(source.read_bytes(), 1, mtime=0))


def changed(folder: Path, out: Path) -> None:
    """A registry's image of which nine of ten layers are known: one is fetched."""
    archive, tars = plain_image(folder, 100_000, 1_900_000_000, 10)
    new = once(
        folder / "plain-new-layer.tar",
        lambda path: write_layer(path, plain_members(10_000, 190_000_000, layer=77), NOISE),
    )
    zipped = [
        once(
            folder / f"{name}.image.tar",
            lambda path, layers=layers: write_image(  # type: ignore[misc]
                path, layers, store=lambda data: gzip.compress(data, 1, mtime=0)
            ),
        )
        for name, layers in (("old-ten", tars), ("new-ten", [*tars[:9], new]))
    ]
    del archive
    old, new_image = zipped
    with (
        tempfile.TemporaryDirectory(prefix="llb-cache-") as cache,
        registry_with(old, "bench:old") as server,
    ):
        server.push(f"docker-archive:{new_image}", "bench:new")

        def look(tag: str, *more: str) -> float:
            name = f"registry://{server.address}/bench:{tag}"
            return measure(layerlens(name, "--json", out, *more)).wall

        whole = look("new", "--no-cache")
        look("old", "--cache-dir", cache)
        row("nine of ten layers known", look("new", "--cache-dir", cache), "one layer",
            f"all ten {whole:.2f} s")  # fmt: skip


def registry(folder: Path, out: Path) -> None:
    """Images of a registry against skopeo's copies of them to a directory."""
    for title, archive in (
        ("registry, 220 MB stored, like programs", once(folder / "programs.tar", _programs)),
        ("registry, 140 MB stored, 450 MB unpacked",
         gzip_image(folder, [150_000_000, 150_000_000, 100_000_000, 50_000_000])[0]),
    ):  # fmt: skip
        with registry_with(archive, "bench:gzip") as server:
            name = f"{server.address}/bench:gzip"
            pairs = [_pair(name, out) for _ in range(5)]
        ours, theirs = (statistics.median(values) for values in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        row(title, ours, "x1.2", f"skopeo {theirs:.2f} s, x{ratio:.2f}")


def _pair(name: str, out: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="llb-skopeo-") as target:
        copy = ["skopeo", "copy", "--quiet", "--src-tls-verify=false", f"docker://{name}",
                f"dir:{target}"]  # fmt: skip
        ours = measure(layerlens(f"registry://{name}", "--json", out, "--no-cache")).wall
        return ours, measure(copy).wall


def _programs(path: Path) -> None:
    """A Debian root filesystem, and two layers of parts of it between noise."""
    rootfs = debian_rootfs(cache_directory())
    data = rootfs.read_bytes()
    layers = [rootfs]
    for n in range(2):
        noise = random.Random(n)
        layers.append(path.with_name(f"programs-{n}.tar"))
        with tarfile.open(layers[-1], "w") as tar:
            for k in range(80):
                info = tarfile.TarInfo(f"opt/{n}/{k}")
                start = k * 7_000_000 % 150_000_000
                body = noise.randbytes(300_000) + data[start : start + 1_700_000]
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
    write_image(path, layers, store=None)


BENCHES: dict[str, Callable[[Path, Path], None]] = {
    "store": store,
    "second": second,
    "changed": changed,
    "registry": registry,
}


def main() -> None:
    """Parse, and run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("which", nargs="*", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "layerlens-benchmarks"
    )
    arguments = parser.parse_args()
    wrong = [name for name in arguments.which if name not in BENCHES]
    if wrong:
        parser.error(f"no such benchmark: {', '.join(wrong)}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.which or BENCHES:
        BENCHES[name](arguments.folder, arguments.folder / "out.json")


if __name__ == "__main__":
    main()
