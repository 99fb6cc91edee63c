"""What a record of the layer cache should look like: formats side by side.

    python benchmarks/cache_formats.py [ENTRIES …]

Each format writes one layer and reads it back into a table that the stacker
could take; the table is compared once, so that no format is quick by leaving
something out.  Times are the best of a few runs with warm files.  Arrow is
measured where pyarrow is importable; nothing in the project needs it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import random
import sqlite3
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from backports import zstd

from layerlens.cache.record import decode, encode
from layerlens.image.digest import Digest
from layerlens.layers.compression import Compression
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import Kind, LayerTable

try:
    pa: Any = importlib.import_module("pyarrow")
    feather: Any = importlib.import_module("pyarrow.feather")
except ImportError:
    pa = feather = None

Write = Callable[[LayerTable, Path], object]
Read = Callable[[Path], LayerTable]


def sample(count: int) -> LayerTable:
    """A layer like that of a distribution: deep names, small files, some links, hashes."""
    chance = random.Random(count)
    table = LayerTable(suspects=[])
    words = [f"{chance.getrandbits(40):x}" for _ in range(4096)]
    position = 0
    folder = b""
    for k in range(count):
        if k % 15 == 0:
            parts = chance.choices(words, k=chance.randint(1, 3))
            folder = "/".join(["usr/lib/python3/dist-packages", *parts, str(k)]).encode()
            name, kind, size = folder, Kind.DIR, 0
        else:
            name = folder + b"/" + chance.choice(words).encode() + b"_module.py"
            kind = Kind.SYMLINK if k % 25 == 1 else Kind.FILE
            size = int(chance.lognormvariate(8.2, 1.9)) if kind is Kind.FILE else 0
            if kind is Kind.SYMLINK:
                table.links[k] = b"../" + chance.choice(words).encode()
        table.names.append(name)
        table.kinds.append(kind)
        table.sizes.append(size)
        table.offsets.append(position + 512)
        mtime = 1_700_000_000 + chance.randrange(40_000_000)
        table.raw += b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (0o644, 0, 0, size, mtime)
        table.hashes += chance.randbytes(16) if size else bytes(16)
        position += 512 + (size + 511 & -512)
    table.tar_size = position + 1024
    table.parents()
    return table


# ------------------------------------------------------------------------------- SQLite


def _rows(table: LayerTable) -> Iterator[tuple[Any, ...]]:
    """One tuple per entry."""
    for i, name in enumerate(table.names):
        yield (
            name, table.kinds[i], table.sizes[i], table.offsets[i],
            bytes(table.raw[48 * i : 48 * i + 48]), bytes(table.hashes[16 * i : 16 * i + 16]),
            table.links.get(i),
        )  # fmt: skip


def _from_rows(rows: Any) -> LayerTable:
    table = LayerTable()
    names, kinds, sizes, offsets, raw, hashes, links = zip(*rows, strict=True)
    table.names = list(names)
    table.kinds = bytearray(kinds)
    table.sizes, table.offsets = array("q", sizes), array("q", offsets)
    table.raw, table.hashes = bytearray(b"".join(raw)), bytearray(b"".join(hashes))
    table.links = {i: link for i, link in enumerate(links) if link is not None}
    return table


def write_sqlite_rows(table: LayerTable, path: Path) -> None:
    """One row per entry."""
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute("create table entry (name, kind, size, offset, raw, hash, link)")
        base.executemany("insert into entry values (?,?,?,?,?,?,?)", _rows(table))
        base.commit()


def read_sqlite_rows(path: Path) -> LayerTable:
    """All rows in order."""
    with contextlib.closing(sqlite3.connect(path)) as base:
        return _from_rows(base.execute("select * from entry order by rowid").fetchall())


def write_sqlite_blob(table: LayerTable, path: Path) -> None:
    """The record as it is kept, in one row of a database."""
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute("create table layer (digest primary key, record)")
        base.execute("insert into layer values (?, ?)", ("sha256:0", encode(_read(table))))
        base.commit()


def read_sqlite_blob(path: Path) -> LayerTable:
    """The one row."""
    with contextlib.closing(sqlite3.connect(path)) as base:
        (data,) = base.execute("select record from layer where digest = 'sha256:0'").fetchone()
        return _decoded(data)


# ------------------------------------------------------------------------------- Arrow


def write_arrow(codec: str | None) -> Write:
    """A Feather file of one column for each of the table, hashes and raw bytes of fixed width."""

    def write(table: LayerTable, path: Path) -> None:
        count = len(table)
        columns = pa.table(
            {
                "name": pa.array(table.names, pa.large_binary()),
                "kind": pa.array(table.kinds, pa.uint8()),
                "size": pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(table.sizes)]),
                "offset": pa.Array.from_buffers(
                    pa.int64(), count, [None, pa.py_buffer(table.offsets)]
                ),
                "raw": pa.Array.from_buffers(
                    pa.binary(48), count, [None, pa.py_buffer(bytes(table.raw))]
                ),
                "hash": pa.Array.from_buffers(
                    pa.binary(16), count, [None, pa.py_buffer(bytes(table.hashes))]
                ),
                "link": pa.array([table.links.get(i) for i in range(count)], pa.large_binary()),
            }
        )
        feather.write_feather(columns, str(path), compression=codec or "uncompressed")

    return write


def read_arrow(path: Path) -> LayerTable:
    """The columns, without a Python object per cell where none is needed."""
    columns = feather.read_table(str(path)).combine_chunks()

    def raw(name: str) -> bytes:
        return bytes(columns[name].chunk(0).buffers()[1])

    count = columns.num_rows
    table = LayerTable()
    table.names = columns["name"].to_pylist()
    table.kinds = bytearray(raw("kind")[:count])
    table.sizes, table.offsets = array("q", raw("size")), array("q", raw("offset"))
    table.raw, table.hashes = bytearray(raw("raw")), bytearray(raw("hash"))
    links = columns["link"].to_pylist()
    table.links = {i: link for i, link in enumerate(links) if link is not None}
    return table


# ------------------------------------------------------------------------------- MessagePack


def write_rows(level: int | None) -> Write:
    """A list of one tuple per entry."""

    def write(table: LayerTable, path: Path) -> None:
        data = msgspec.msgpack.encode(list(_rows(table)))
        path.write_bytes(data if level is None else zstd.compress(data, level))

    return write


_ROWS = msgspec.msgpack.Decoder(list[tuple[bytes, int, int, int, bytes, bytes, bytes | None]])


def read_rows(level: int | None) -> Read:
    """The same, into checked types."""

    def read(path: Path) -> LayerTable:
        data = path.read_bytes()
        return _from_rows(_ROWS.decode(data if level is None else zstd.decompress(data)))

    return read


def _read(table: LayerTable) -> LayerRead:
    return LayerRead(table, Compression.NONE, table.tar_size, _DIGEST, _DIGEST)


def _decoded(data: bytes) -> LayerTable:
    found = decode(data)
    assert found is not None
    return found.table


_DIGEST = Digest("sha256", "0" * 64)


def write_columns(level: int) -> Write:
    """The format that was chosen; level 0 leaves compression out."""
    return lambda table, path: path.write_bytes(encode(_read(table), level=level))


def read_columns(path: Path) -> LayerTable:
    """The chosen format, with all its checks."""
    return _decoded(path.read_bytes())


# ------------------------------------------------------------------------------- measuring


def formats() -> Iterator[tuple[str, Write, Read]]:
    """Name, writer and reader of each."""
    yield "SQLite, a row per entry", write_sqlite_rows, read_sqlite_rows
    yield "SQLite, a blob per layer", write_sqlite_blob, read_sqlite_blob
    if pa is not None:
        yield "Arrow (Feather)", write_arrow(None), read_arrow
        yield "Arrow (Feather), zstd", write_arrow("zstd"), read_arrow
    yield "MessagePack rows", write_rows(None), read_rows(None)
    yield "MessagePack rows, zstd 1", write_rows(1), read_rows(1)
    yield "MessagePack rows, zstd 3", write_rows(3), read_rows(3)
    yield "header and columns", write_columns(0), read_columns
    yield "header and columns, zstd 1", write_columns(1), read_columns
    yield "header and columns, zstd 3", write_columns(3), read_columns


def best(work: Callable[[], object], runs: int) -> float:
    """Seconds of the quickest of some runs."""
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    """Print one table per count of entries."""
    gc.disable()  # as the command line does
    counts = [int(text) for text in sys.argv[1:]] or [100_000, 1_000_000]
    for count in counts:
        table = sample(count)
        plain = sum(map(len, table.names)) + 81 * count
        print(f"\n{count:,} entries, {plain:,} bytes in memory as columns\n")
        print(f"{'format':<28}{'write ms':>10}{'read ms':>10}{'bytes':>14}")
        for name, write, read in formats():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "record")
                runs = 5 if count <= 100_000 else 2
                writing = best(lambda: write(table, path), runs)  # noqa: B023 - called at once
                found = read(path)
                assert found.names == table.names
                assert found.hashes == table.hashes
                assert found.links == table.links
                del found
                reading = best(lambda: read(path), runs)  # noqa: B023
                size = path.stat().st_size
            print(f"{name:<28}{writing * 1000:>10.0f}{reading * 1000:>10.0f}{size:>14,}")


if __name__ == "__main__":
    main()
