"""Archives to measure with, made by code and kept between runs."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import multiprocessing
import os
import random
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

NOISE = random.Random(7).randbytes(1 << 20) * 4
WORDS = [b"%x" % random.Random(k).getrandbits(40) for k in range(4096)]


def plain_members(count: int, total: int, *, layer: int = 0) -> Iterator[tuple[str, bytes, int]]:
    """``count`` entries with ``total`` content bytes: mostly small files, a few large.

    Gives (name, type flag, size).  One entry in twenty is a directory, as in
    real root filesystems.
    """
    chance = random.Random(layer)
    sizes = [min(int(chance.lognormvariate(8.2, 1.9)), 1 << 21) for _ in range(count)]
    scale = total / sum(sizes)
    folder = ""
    for k, size in enumerate(sizes):
        if k % 20 == 0:
            folder = f"usr/lib/python3/dist-packages/layer{layer}/pkg{k // 20 % 97}/sub{k // 20}"
            yield folder + "/", tarfile.DIRTYPE, 0
        else:
            yield f"{folder}/module_{k}.py", tarfile.REGTYPE, int(size * scale)


def write_layer(path: Path, members: Iterator[tuple[str, bytes, int]], content: bytes) -> None:
    """One layer tar, in the form that Go's archive/tar writes."""
    with (
        path.open("wb") as out,
        tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for k, (name, kind, size) in enumerate(members):
            info = tarfile.TarInfo(name)
            info.type, info.size, info.mode, info.mtime = kind, size, 0o755, 1_700_000_000
            start = k * 13 % 65_536
            tar.addfile(info, io.BytesIO(content[start : start + size]) if size else None)


def write_image(path: Path, layers: list[Path], *, store: Callable[[bytes], bytes] | None) -> None:
    """A docker archive of some layer tars, compressed by ``store`` if given."""
    diff_ids = []
    names = []
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:

        def add(name: str, data: bytes) -> None:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))

        for k, layer in enumerate(layers):
            with layer.open("rb") as file:
                diff_ids.append("sha256:" + hashlib.file_digest(file, "sha256").hexdigest())
            names.append(f"{k:03d}/layer.tar")
            if store is None:
                tar.add(layer, names[-1])
            else:
                add(names[-1], store(layer.read_bytes()))
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": diff_ids},
                "history": [{"created_by": f"RUN step {k}"} for k in range(len(layers))],
            }
        ).encode()
        name = hashlib.sha256(config).hexdigest() + ".json"
        add(name, config)
        manifest = [{"Config": name, "RepoTags": ["bench:1"], "Layers": names}]
        add("manifest.json", json.dumps(manifest).encode())


def once(path: Path, make: Callable[[Path], None]) -> Path:
    """Make a file unless it is there already."""
    if not path.exists():
        print(f"making {path} …", flush=True)
        beside = path.with_suffix(".part")
        # In a process of its own: what it holds would count as the peak memory
        # of every process that is started afterwards.
        maker = multiprocessing.get_context("fork").Process(target=make, args=(beside,))
        maker.start()
        maker.join()
        if maker.exitcode:
            raise SystemExit(f"could not make {path}")
        beside.rename(path)
    return path


def plain_image(folder: Path, entries: int, total: int, layers: int) -> tuple[Path, list[Path]]:
    """An uncompressed image, and its layer tars (for a bare walk over the same headers)."""
    tars = [
        once(
            folder / f"plain-{entries}-{total}-{layers}-{k}.tar",
            lambda path, k=k: write_layer(  # type: ignore[misc]
                path, plain_members(entries // layers, total // layers, layer=k), NOISE
            ),
        )
        for k in range(layers)
    ]
    image = once(
        folder / f"plain-{entries}-{total}-{layers}.image.tar",
        lambda path: write_image(path, tars, store=None),
    )
    return image, tars


def text_content() -> bytes:
    """Some megabytes that compress about as well as programs do."""
    chance = random.Random(3)
    return b" ".join(chance.choices(WORDS, k=500_000))[: 4 << 20]


def gzip_image(folder: Path, sizes: list[int]) -> tuple[Path, list[Path]]:
    """An image of gzip layers of about ``sizes`` bytes, and the stored blobs one by one."""
    content = text_content()
    blobs = []
    tars = []
    for k, size in enumerate(sizes):
        tar = once(
            folder / f"gzip-{size}-{k}.tar",
            lambda path, k=k, size=size: write_layer(  # type: ignore[misc]
                path, plain_members(max(20, size // 20_000), size, layer=100 + k), content
            ),
        )
        tars.append(tar)
        blobs.append(
            once(
                folder / f"gzip-{size}-{k}.tar.gz",
                lambda path, tar=tar: _zip(tar, path),  # type: ignore[misc]
            )
        )
    name = "-".join(map(str, sizes))
    image = once(
        folder / f"gzip-{name}.image.tar",
        lambda path: write_image(path, tars, store=lambda data: gzip.compress(data, 6, mtime=0)),
    )
    return image, blobs


def _zip(source: Path, target: Path) -> None:
    target.write_bytes(gzip.compress(source.read_bytes(), 6, mtime=0))


def warm(path: Path) -> None:
    """Bring a file into the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def free_of_bytecode_ban() -> dict[str, str]:
    """This environment, with compiled modules kept as an installed program has them."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
