"""How long two images take to compare, beyond their analyses.

    python benchmarks/compare.py [PATHS]

Images of that many paths (default 200,000) in four layers, in the cases that differ
in cost: nearly all layers shared; everything rebuilt with other times only; everything
moved to another directory; nothing in common.  Processor time, the best of three.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from layerlens.analysis.analyse import Described, analyse
from layerlens.analysis.model import Analysis
from layerlens.comparison.compare import compare
from layerlens.contents_of_two import Side, same_content
from layerlens.image.digest import Digest
from layerlens.image.model import BaseBoundary, HistoryEntry, ImageConfig
from layerlens.layers.compression import Compression
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import HASH_SIZE, Kind, LayerTable

LAYERS = 4


def _table(prefix: bytes, count: int, mtime: int, content: int) -> LayerTable:
    table = LayerTable()
    raw = b"0000644\x000000000\x000000000\x0000000001750\x00" + b"%011o\0" % mtime
    assert len(raw) == 48
    for k in range(count):
        table.names.append(b"%s/d%d/e%d/file%d.txt" % (prefix, k % 17, k % 331, k))
        table.kinds.append(Kind.FILE)
        table.sizes.append(1000)
        table.offsets.append(512 + k * 1536)
        table.raw += raw
        table.hashes += (content + k).to_bytes(HASH_SIZE, "little")
    table.tar_size = count * 1536 + 1024
    return table


def _image(layers: list[tuple[str, LayerTable]]) -> Analysis:
    ids = [Digest.of(name.encode()) for name, _ in layers]
    reads = [
        LayerRead(table, Compression.NONE, table.tar_size, diff_id=digest)
        for digest, (_, table) in zip(ids, layers, strict=True)
    ]
    history = tuple(HistoryEntry(created_by=f"RUN step {k}") for k in range(len(layers)))
    return analyse(
        Described(
            reference="benchmark", source="memory", reads=reads,
            config=ImageConfig(None, tuple(ids), history),
            layers=[(digest, None, None) for digest in ids],
        ),
        lambda _one, _other: False,
        lambda _: BaseBoundary(),
    )  # fmt: skip


def made(total: int, prefix: bytes, mtime: int, content: int, name: str) -> Analysis:
    """An image of some paths in four layers, all of one time."""
    each = total // LAYERS
    return _image(
        [
            (
                f"{name}{k}" if k == LAYERS - 1 or name != "shared" else f"same{k}",
                _table(b"%s%d" % (prefix, k), each, mtime, content + k * each),
            )
            for k in range(LAYERS)
        ]
    )


def main() -> None:
    """Run all cases."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    each = total // LAYERS
    base = made(total, b"a", 1, 0, "old")
    shared_old = _image([(f"s{k}", _table(b"a%d" % k, each, 1, k * each)) for k in range(LAYERS)])
    shared_new = _image(
        [(f"s{k}", _table(b"a%d" % k, each, 1, k * each)) for k in range(LAYERS - 1)]
        + [("other", _table(b"a%d" % (LAYERS - 1), each, 2, (LAYERS - 1) * each))]
    )
    cases: list[tuple[str, Analysis, Analysis, Callable[[int], int]]] = [
        ("the last layer rebuilt", shared_old, shared_new, lambda n: n // LAYERS),
        ("all times changed", base, made(total, b"a", 2, 0, "new"), lambda n: n),
        ("all contents changed", base, made(total, b"a", 2, 10**9, "new"), lambda n: n),
        ("all moved", base, made(total, b"b", 1, 0, "new"), lambda n: n),
        ("nothing in common", base, made(total, b"b", 1, 10**9, "new"), lambda n: 2 * n),
    ]
    gc.disable()  # as the command line does
    for name, old, new, expected in cases:
        best, files = float("inf"), 0
        for _ in range(3):
            start = time.process_time()
            found = compare(old, new, same_content(Side(old), Side(new)))
            best = min(best, time.process_time() - start)
            files = len(found.paths)
            del found
            gc.collect()
        print(f"{name:<24} {total:>9,} paths  {files:>9,} differ  {best:6.2f} s")
        assert files >= expected(total // LAYERS * LAYERS), files


if __name__ == "__main__":
    main()
