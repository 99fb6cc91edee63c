"""The platforms of an image as a table for people, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from layerlens.image.platforms import PlatformRow, shared_bytes
from layerlens.outputs.display import escape
from layerlens.units import human_size

_HEADS = ("PLATFORM", "DIGEST", "LAYERS", "TRANSFER", "SHARED", "CONTENT", "RATIO", "BESIDE")


def write_platforms(
    reference: str, rows: Sequence[PlatformRow], stream: TextIO, fmt: str = "table"
) -> None:
    """Write the platforms, the smallest first and those that are absent last."""
    ordered = by_size(rows)
    if fmt == "json":
        json.dump(document(reference, ordered), stream, indent=2)
        stream.write("\n")
        return
    stream.writelines(line + "\n" for line in table_lines(ordered))


def by_size(rows: Sequence[PlatformRow]) -> list[PlatformRow]:
    """In the order of their size: what a pull moves, else content."""
    return sorted(
        rows,
        key=lambda row: (row.absent, weight(row) is None, weight(row) or 0, str(row.platform)),
    )


def weight(row: PlatformRow) -> int | None:
    """The size by which platforms compare."""
    return row.transfer_bytes if row.transfer_bytes is not None else row.total_bytes


def document(reference: str, rows: Sequence[PlatformRow]) -> dict[str, Any]:
    """The JSON form; figures are bytes."""
    return {
        "schema_version": 1,
        "reference": reference,
        "platforms": [
            {
                "platform": None if row.platform is None else str(row.platform),
                "digest": None if row.digest is None else str(row.digest),
                "absent": row.absent,
                "layers": len(row.layers) if row.layers else None,
                "transfer_bytes": row.transfer_bytes,
                "shared_bytes": shared,
                "total_bytes": row.total_bytes,
                "attestation_bytes": row.attestation_bytes,
            }
            for row, shared in zip(rows, shared_bytes(rows), strict=True)
        ],
    }


def table_lines(rows: Sequence[PlatformRow]) -> list[str]:
    """Columns as wide as they need; a column in which nothing is known is left out."""
    smallest = min((weight(row) or 0 for row in rows if not row.absent), default=0)
    cells = [
        [
            escape(str(row.platform or "unknown"))[:60],
            row.digest.short if row.digest else "-",
            str(len(row.layers)) if row.layers and not row.absent else "-",
            _size(row.transfer_bytes),
            _size(shared or None),
            _size(row.total_bytes),
            _ratio(row, smallest),
            "not there"
            if row.absent
            else f"attestations {human_size(row.attestation_bytes)}"
            if row.attestation_bytes
            else "",
        ]
        for row, shared in zip(rows, shared_bytes(rows), strict=True)
    ]
    kept = [
        k for k in range(len(_HEADS)) if k < 3 or any(line[k] not in ("", "-") for line in cells)
    ]
    widths = [max(len(_HEADS[k]), *(len(line[k]) for line in cells)) for k in kept]
    return [
        "  ".join(
            line[k].ljust(width) if k in (0, 1, 7) else line[k].rjust(width)
            for k, width in zip(kept, widths, strict=True)
        ).rstrip()
        for line in ([*_HEADS], *cells)
    ]


def _size(count: int | None) -> str:
    return "-" if count is None else human_size(count)


def _ratio(row: PlatformRow, smallest: int) -> str:
    """How many times as large as the smallest one."""
    size = weight(row)
    if row.absent or size is None or not smallest:
        return "-"
    return f"x{size / smallest:.2f}"
