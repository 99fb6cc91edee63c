"""What all findings of a 100,000-file image cost on top of the walk.

    python benchmarks/findings.py [--folder DIR] [--entries N] [--profile]

The image looks like real ones: a distribution with its package database, a
large ``node_modules`` with its lock file, Python's site-packages with records,
an application's sources, programs, caches and logs, in five layers.  Each way
(with rules, packages only, entries only) runs in turn in processes of its own;
``--profile`` prints where a run with rules spends its time instead.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import statistics
import struct
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.inputs import once, warm, write_image
from benchmarks.run import layerlens, measure

Files = Iterator[tuple[str, bytes]]

_LINE = b"const value = require('./other').map((item) => item.name + 1); // %d\n"


def text(chance: random.Random, most: int = 60_000) -> bytes:
    """Source code of a size as sources have."""
    size = min(int(chance.lognormvariate(8.0, 1.5)), most)
    return (_LINE % chance.getrandbits(20)) * (size // len(_LINE) + 1)


def elf(chance: random.Random, size: int) -> bytes:
    """A program with a debug section, as linkers lay it out."""
    names = b"\0.text\0.debug_info\0.symtab\0.shstrtab\0"
    body = chance.randbytes(min(size, 4096)) * (size // 4096 + 1)
    start = 64
    end = start + len(body)
    sections = [(0, 0, 0, 0), (1, 1, start, len(body) // 2)]
    sections += [(7, 1, start + len(body) // 2, len(body) // 4), (19, 2, end - 400, 400)]
    sections.append((27, 3, end, len(names)))
    table = b"".join(
        struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, at, length, 0, 0, 1, 0)
        for name, kind, at, length in sections
    )
    head = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 3, 62, 1, 0, 0, end + len(names), 0, 64, 56, 0, 64,
        len(sections), 4,
    )  # fmt: skip
    return head + body + names + table


def distribution(chance: random.Random, count: int) -> Files:
    """Packages of a Debian, with documentation and locales."""
    yield "etc/os-release", b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n'
    yield "etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n"
    packages = max(count // 60, 1)
    status, auto = [], []
    for k in range(packages):
        name = f"lib{k:04d}"
        files = [f"usr/lib/x86_64-linux-gnu/{name}.so.1", f"usr/bin/tool{k}"]
        files += [f"usr/share/doc/{name}/{each}" for each in ("copyright", "changelog.gz")]
        files += [f"usr/share/locale/l{j}/LC_MESSAGES/{name}.mo" for j in range(20)]
        files += [f"usr/share/{name}/data/{j}.dat" for j in range(30)]
        for path in files:
            if ".so" in path or "/bin/" in path:
                yield path, elf(chance, 20_000)
            else:
                yield path, chance.randbytes(64) * 60
        yield f"var/lib/dpkg/info/{name}.list", "".join(f"/{p}\n" for p in files).encode()
        depends = ", ".join(f"lib{chance.randrange(packages):04d} (>= 1)" for _ in range(4))
        status.append(
            f"Package: {name}\nStatus: install ok installed\nPriority: optional\nSection: libs\n"
            f"Installed-Size: 300\nArchitecture: amd64\nVersion: 1.{k}\nDepends: {depends}\n"
            f"Recommends: lib{chance.randrange(packages):04d}\nDescription: a package\n of many\n\n"
        )
        if k % 3:
            auto.append(f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n\n")
    yield "var/lib/dpkg/status", "".join(status).encode()
    yield "var/lib/apt/extended_states", "".join(auto).encode()
    yield "var/lib/apt/lists/deb_main_Packages", b"Package: x\n" * 300_000


def node(chance: random.Random, count: int) -> Files:
    """A ``node_modules`` whose lock file says what is for development."""
    packages = max(count // 40, 1)
    locked = {}
    for k in range(packages):
        place = f"app/node_modules/pkg-{k}"
        meta = {"name": f"pkg-{k}", "version": f"1.0.{k}", "license": "MIT"}
        yield f"{place}/package.json", json.dumps(meta).encode()
        locked[f"node_modules/pkg-{k}"] = {
            "version": f"1.0.{k}",
            **({"dev": True} if k % 2 else {}),
        }
        for j in range(30):
            yield f"{place}/lib/part{j}.js", text(chance)
        for j in range(5):
            yield f"{place}/test/case{j}.test.js", text(chance)
        yield f"{place}/README.md", text(chance)
        yield f"{place}/lib/index.d.ts", text(chance)
        yield f"{place}/dist/bundle.js.map", text(chance)
    lock = {"name": "app", "lockfileVersion": 3, "packages": locked}
    yield "app/node_modules/.package-lock.json", json.dumps(lock).encode()
    yield "app/package.json", json.dumps({"name": "app", "dependencies": {"pkg-0": "1"}}).encode()


def python(chance: random.Random, count: int) -> Files:
    """Distributions of Python with their records and bytecode."""
    site = "usr/local/lib/python3.11/site-packages"
    for k in range(max(count // 90, 1)):
        rows = []
        for j in range(43):
            for path in (f"dist{k}/mod{j}.py", f"dist{k}/__pycache__/mod{j}.cpython-311.pyc"):
                yield f"{site}/{path}", text(chance)
                rows.append(f"{path},sha256=x,1\n")
        info = f"{site}/dist{k}-1.{k}.dist-info"
        needs = "".join(f"Requires-Dist: dist{chance.randrange(k + 1)}\n" for _ in range(2))
        yield (
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: dist{k}\nVersion: 1.{k}\n{needs}\n".encode(),
        )
        yield f"{info}/RECORD", "".join(rows).encode()
        yield f"{info}/INSTALLER", b"pip\n"


def application(chance: random.Random, count: int) -> Files:
    """Sources of one's own, with a repository, caches and logs beside them."""
    for k in range(count // 2):
        yield f"srv/app/src/mod{k % 97}/file{k}.py", text(chance)
    for k in range(count // 4):
        yield f"srv/app/.git/objects/{k % 256:02x}/{k:038x}", chance.randbytes(900)
    for k in range(count // 8):
        yield f"root/.cache/pip/http-v2/{k % 16:x}/{k:x}", chance.randbytes(3000)
    for k in range(count // 8):
        yield f"var/log/app/{k}.log", text(chance)


def changes(chance: random.Random, count: int) -> Files:
    """Some files of the layers below once more: chmod, edits."""
    for k in range(count):
        yield f"srv/app/src/mod{k % 97}/file{k}.py", text(chance)


def write(path: Path, files: Files) -> None:
    """A layer tar of some files."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o644, 1_700_000_000
            tar.addfile(info, io.BytesIO(data))


def image(folder: Path, entries: int) -> Path:
    """The image, made once."""
    parts = (
        ("distribution", distribution, 30), ("node", node, 40), ("python", python, 20),
        ("application", application, 9), ("changes", changes, 1),
    )  # fmt: skip
    source = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    tars = [
        once(
            folder / f"lived-in-{entries}-{name}-{source}.tar",
            lambda path, make=make, share=share, k=k: write(  # type: ignore[misc]
                path, make(random.Random(k), entries * share // 100)
            ),
        )
        for k, (name, make, share) in enumerate(parts)
    ]
    return once(
        folder / f"lived-in-{entries}-{source}.image.tar",
        lambda path: write_image(path, tars, store=None),
    )


def profile(path: Path) -> None:
    """Where a run with rules spends its time."""
    import cProfile
    import pstats

    from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image

    options = looking_inside()
    opened = open_image(str(path), options)
    with cProfile.Profile() as found:
        analysis = analyse_image(opened, options, rules=Rules())
    pstats.Stats(found).sort_stats("tottime").print_stats(45)
    opened.close()
    print(f"{len(analysis.findings)} findings, {len(analysis.inventory.packages)} packages")


def main() -> None:
    """Parse the arguments, and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "layerlens-bench"
    )
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    path = image(arguments.folder, arguments.entries)
    warm(path)
    if arguments.profile:
        profile(path)
        return
    out = arguments.folder / "findings.json"
    ways = {
        "with rules": layerlens(path, "--json", out, "--no-cache"),
        "without": layerlens(path, "--json", out, "--no-cache", "--no-findings"),
    }
    runs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.runs):
        for name, command in ways.items():
            runs[name].append(measure(command).wall)
    medians = {name: statistics.median(each) for name, each in runs.items()}
    for name, wall in medians.items():
        print(f"{name:<12} {wall:6.2f} s")
    print(f"findings cost {medians['with rules'] - medians['without']:.2f} s; wanted: 1.5 s")


if __name__ == "__main__":
    main()
