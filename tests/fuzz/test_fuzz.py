"""Damage done to good input, the same damage each time: only foreseen errors may come out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layerlens.errors import LayerLensError
from layerlens.image.config import parse_config
from layerlens.image.manifest import parse_manifest_or_index
from layerlens.layers.compression import Compression, decompress
from layerlens.layers.pax import parse_pax
from layerlens.layers.reader import read_stream
from tests.builders import (
    Image,
    char,
    directory,
    file,
    gzipped,
    hardlink,
    layer,
    pax_record,
    skippable,
    sparse,
    symlink,
    whiteout,
    zstandard,
)
from tests.unit.layers.reading import in_place
from tests.unit.sources.looking import analysis, contents, pack

ROUNDS = 3000
FEWER = 500
"""Rounds of what takes milliseconds."""

LAYER = layer(
    directory("d"), file("d/f", b"x" * 700, pax=[("mtime", "1.5"), ("SCHILY.xattr.user.a", "b")]),
    file("n" * 300, b"long"), symlink("s", "t" * 200), hardlink("h", "d/f"), char("c", 1, 2),
    *(sparse(f"s{form}", ((0, b"a" * 20), (600, b"b")), 9000, form) for form in ("gnu", "0.0", "0.1", "1.0")),
)  # fmt: skip
IMAGE = Image([LAYER, layer(whiteout("d/f"), file("d", b"now a file"))], ["RUN a", "RUN b"])
PAX = b"".join(
    pax_record(key, value)
    for key, value in (
        (b"path", b"a/b"), (b"size", b"123"), (b"mtime", b"1.5"), (b"uid", b"5"),
        (b"GNU.sparse.map", b"0,1,2,3"), (b"SCHILY.xattr.user.x", b"\0\1"),
    )
)  # fmt: skip


def damaged(good: bytes, seed: int, rounds: int = ROUNDS) -> Iterator[bytes]:
    """The good input with bytes changed, cut out, doubled, swapped and cut off."""
    choose = random.Random(seed)  # noqa: S311 - the same damage each time
    for _ in range(rounds):
        data = bytearray(good)
        for _ in range(choose.randint(1, 4)):
            at = choose.randrange(len(data)) if data else 0
            other = choose.randrange(len(data)) if data else 0
            length = choose.choice((1, 2, 8, 512))
            way = choose.randrange(6)
            if way == 0:
                data[at : at + 1] = bytes([choose.randrange(256)])
            elif way == 1:
                data[at : at + length] = choose.randbytes(length)
            elif way == 2:
                del data[at : at + length]
            elif way == 3:
                data[at:at] = data[other : other + length]
            elif way == 4:
                data[at : at + length] = (
                    choose.choice((b"\xff", b"\0", b"9", b" ", b"[", b"-")) * length
                )
            else:
                del data[at + choose.randrange(2000) :]
        yield bytes(data)


def survives(
    good: bytes, read: Callable[[bytes], object], seed: int = 1, rounds: int = ROUNDS
) -> None:
    """Read the good input, then all damaged ones; some must be refused."""
    read(good)
    refused = 0
    for data in damaged(good, seed, rounds):
        try:
            read(data)
        except LayerLensError:
            refused += 1
    assert refused > 10


def fixed(read: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """Make the checksums of all blocks good again, so that damage gets further."""

    def inner(data: bytes) -> object:
        made = bytearray(data)
        for start in range(0, len(made) - 511, 512):
            block = made[start : start + 512]
            if block[257:262] == b"ustar":
                block[148:156] = b" " * 8
                made[start + 148 : start + 156] = b"%06o\0 " % sum(block)
        return read(bytes(made))

    return inner


@pytest.mark.parametrize("seed", [1, 2])
def test_walk(seed: int) -> None:
    survives(LAYER, lambda data: read_stream([data] if data else []), seed)
    survives(LAYER, fixed(in_place), seed)


def test_pax() -> None:
    survives(PAX, parse_pax)


@pytest.mark.parametrize(
    ("blob", "compression"),
    [
        (gzipped(LAYER, members=5), Compression.GZIP),
        (skippable(b"x") + zstandard(LAYER, frames=4, skipped=(b"y",)), Compression.ZSTD),
    ],
    ids=["gzip", "zstd"],
)
def test_compressed_streams(blob: bytes, compression: Compression) -> None:
    survives(blob, lambda data: sum(map(len, decompress([data], compression, limit=1 << 24))))
    survives(blob, lambda data: read_stream([data] if data else [], limit=1 << 24), 2)


@pytest.mark.parametrize("name", ["config", "manifest", "index"])
def test_documents(name: str) -> None:
    files = IMAGE.oci_files("gzip")
    good = {
        "config": IMAGE.config,
        "manifest": IMAGE.manifest("gzip"),
        "index": files["index.json"],
    }
    survives(good[name], parse_config if name == "config" else parse_manifest_or_index)


@pytest.mark.parametrize("shape", ["save_legacy", "save_25", "oci_archive"])
@pytest.mark.parametrize("stored", ["plain", "gzip"])
@pytest.mark.parametrize("verify", [None, False])
def test_archives(shape: str, stored: str, verify: bool | None, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    good = getattr(IMAGE, shape)(path).read_bytes()

    def read(data: bytes) -> object:
        path.write_bytes(data if stored == "plain" else gzipped(data, level=1))
        return analysis(path, verify=verify)

    survives(good, read, rounds=FEWER)
    survives(good, fixed(read), 2, FEWER)


@pytest.mark.parametrize("name", ["manifest.json", "index.json", "config"])
def test_documents_in_archives(name: str, tmp_path: Path) -> None:
    files = contents(IMAGE.save_25(tmp_path / "x.tar"))
    key = f"blobs/sha256/{IMAGE.id}" if name == "config" else name
    if name == "index.json":
        del files["manifest.json"]

    def read(data: bytes) -> object:
        return analysis(pack(tmp_path / "y.tar", files | {key: data}), verify=False)

    survives(files[key], read, rounds=FEWER)
