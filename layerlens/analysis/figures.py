"""The figures of DESIGN: the ledger, the scores, and each layer's share.

Everything here counts content bytes of regular files, each inode once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from layerlens.analysis.model import LedgerRow, Scores, Tally, Waste
from layerlens.analysis.rules.engine import Claimed
from layerlens.analysis.rules.model import LedgerClass
from layerlens.filesystem.changes import Cause, Change
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind, LayerTable

_NOT_ADDED = re.compile(rb"[^\0]")  # Change.ADDED is 0


@dataclass(frozen=True, slots=True)
class Account:
    """Sums over the dead inodes of an image, from which all figures follow.

    Lists are indexed by layer; ``dead`` by the layer where the bytes lie,
    ``kills`` by the layer that killed them.  ``by_cause`` maps (cause, layer)
    to (bytes, transfer bytes, files).  ``transfer`` is each layer's content on
    the wire, ``None`` where any layer is stored uncompressed.
    """

    total: list[int]
    dead: list[int]
    kills: list[int]
    by_cause: dict[tuple[Cause, int], tuple[int, int, int]]
    files: list[int]
    transfer: list[int] | None


def account(fs: Filesystem) -> Account:
    """Go through the deaths once."""
    tables = fs.tables
    dead = [0] * len(tables)
    kills = [0] * len(tables)
    by_cause: dict[tuple[Cause, int], tuple[int, int, int]] = {}
    deaths = fs.deaths
    compressed = all(table.transfer is not None or not len(table) for table in tables)
    layer_of = fs.layer_of
    for inode, cause, killer in zip(deaths.inode, deaths.cause, deaths.layer, strict=True):
        layer = layer_of(inode)
        table = tables[layer]
        i = inode - fs.first[layer]
        size = table.sizes[i]
        dead[layer] += size
        kills[killer] += size
        wire = 0
        if compressed and size and table.transfer is not None:
            wire = table.transfer.span(table.offsets[i], table.stored(i))
        key = (Cause(cause), layer)
        so_far = by_cause.get(key, (0, 0, 0))
        by_cause[key] = (so_far[0] + size, so_far[1] + wire, so_far[2] + 1)
    return Account(
        total=[table.content_bytes for table in tables],
        dead=dead,
        kills=kills,
        by_cause=by_cause,
        files=[table.kinds.count(Kind.FILE) for table in tables],
        transfer=[_content_transfer(table) for table in tables] if compressed else None,
    )


def _content_transfer(table: LayerTable) -> int:
    """Bytes on the wire of all contents of a layer: its blob less headers and padding."""
    if table.transfer is None:
        return 0
    return table.transfer.spans(table.offsets, table.stored_sizes())


@dataclass(frozen=True, slots=True)
class Removable:
    """Live bytes of one class that need not be there, by layer: (bytes, transfer bytes, files)."""

    name: str
    by_layer: Mapping[int, tuple[int, int, int]]


def ledger(
    sums: Account, base_layers: int, removable: Sequence[Removable] = ()
) -> tuple[LedgerRow, ...]:
    """Every byte of every layer once: what is kept, what is dead, by cause, what may go, by class.

    A cause or class without bytes has no row.
    """
    kept = [total - dead for total, dead in zip(sums.total, sums.dead, strict=True)]
    gone = [(layer, part) for each in removable for layer, part in each.by_layer.items()]
    for layer, (size, _, _) in gone:
        kept[layer] -= size
    dead_files = sum(files for _, _, files in sums.by_cause.values())
    dead_wire = sum(wire for _, wire, _ in sums.by_cause.values())
    rows = [
        LedgerRow(
            kind="kept",
            name="live",
            bytes=sum(kept),
            base_bytes=sum(kept[:base_layers]),
            transfer_bytes=(
                None
                if sums.transfer is None
                else sum(sums.transfer) - dead_wire - sum(wire for _, (_, wire, _) in gone)
            ),
            files=sum(sums.files) - dead_files - sum(files for _, (_, _, files) in gone),
        )
    ]
    for cause in Cause:
        parts = {layer: part for (c, layer), part in sums.by_cause.items() if c is cause}
        if any(size for size, _, _ in parts.values()):
            rows.append(
                LedgerRow(
                    kind="dead",
                    name=cause.word,
                    bytes=sum(size for size, _, _ in parts.values()),
                    base_bytes=sum(p[0] for layer, p in parts.items() if layer < base_layers),
                    transfer_bytes=None
                    if sums.transfer is None
                    else sum(wire for _, wire, _ in parts.values()),
                    files=sum(files for _, _, files in parts.values()),
                )
            )
    for each in removable:
        parts = dict(each.by_layer)
        rows.append(
            LedgerRow(
                kind="removable",
                name=each.name,
                bytes=sum(size for size, _, _ in parts.values()),
                base_bytes=sum(p[0] for layer, p in parts.items() if layer < base_layers),
                transfer_bytes=None
                if sums.transfer is None
                else sum(wire for _, wire, _ in parts.values()),
                files=sum(files for _, _, files in parts.values()),
            )
        )
    return tuple(rows)


def removable(fs: Filesystem, claimed: Claimed, *, wire: bool) -> tuple[Removable, ...]:
    """What findings claim, by class; a file of which a part is claimed stays a kept file."""
    found: dict[LedgerClass, dict[int, list[int]]] = {}
    for inode, (name, size) in claimed.inodes.items():
        layer = fs.layer_of(inode)
        table, i = fs.tables[layer], inode - fs.first[layer]
        row = found.setdefault(name, {}).setdefault(layer, [0, 0, 0])
        row[0] += size
        if wire:
            row[1] += table.wire(i, size) or 0
        row[2] += size >= table.sizes[i]
    return tuple(
        Removable(
            name.value,
            {layer: (a, b, c) for layer, (a, b, c) in sorted(found[name].items())},
        )
        for name in LedgerClass
        if name in found
    )


def scores(fs: Filesystem, sums: Account, base_layers: int, removable: int = 0) -> Scores:
    """Efficiency, lean score and their parts."""
    total, dead = sum(sums.total), sum(sums.dead)
    yours = sum(sums.total[base_layers:])
    wasted = sum(map(fs.size, user_wasted(fs, base_layers)))
    return Scores(
        efficiency=(total - dead) / total if total else 1.0,
        lean_score=(total - dead - removable) / total if total else 1.0,
        total_bytes=total,
        live_bytes=total - dead,
        dead_bytes=dead,
        removable_bytes=removable,
        user_wasted_percent=100.0 * wasted / yours if yours else 0.0,
    )


def user_wasted(fs: Filesystem, base_layers: int) -> set[int]:
    """The inodes of your layers that are dead or only repeat what lies below."""
    first = fs.first[base_layers] if base_layers < len(fs.first) else fs.first[-1]
    wasted = {inode for inode in fs.deaths.inode if inode >= first}
    wasted.update(fs.inode(version) for version in repeats(fs, first))
    return wasted


def repeats(fs: Filesystem, first: int) -> Iterator[int]:
    """The versions, from ``first`` on, whose own bytes repeat unchanged content from below."""
    changes = fs.changes
    version = changes.find(Change.METADATA, first)
    while version >= 0:
        inode = fs.inode(version)
        if inode >= first and fs.kinds[inode] == Kind.FILE:
            yield version
        version = changes.find(Change.METADATA, version + 1)


def tallies(fs: Filesystem, layer: int) -> tuple[Tally, Tally, Tally]:
    """What a layer added, modified and removed: paths other than directories, and bytes.

    Added and modified bytes are those that the layer ships, removed bytes the
    sizes of the files that went.
    """
    first = fs.first[layer]
    sizes = fs.tables[layer].sizes
    changes = fs.changes[first : fs.first[layer + 1]]
    kinds = fs.kinds[first : fs.first[layer + 1]]
    # Most entries of most layers are added: count all as such, then take back the others.
    added_files, added_bytes = len(kinds) - kinds.count(Kind.DIR), sum(sizes)
    modified_files = modified_bytes = 0
    for found in _NOT_ADDED.finditer(changes):
        i = found.start()
        if kinds[i] == Kind.DIR:
            continue
        size = sizes[i] if i < len(sizes) else 0
        added_files -= 1
        added_bytes -= size
        if changes[i] <= Change.TYPE:
            modified_files += 1
            modified_bytes += size
    removed_files = removed_bytes = 0
    for version in fs.removed[layer]:
        if fs.kinds[version] != Kind.DIR:
            removed_files += 1
            removed_bytes += 0 if version in fs.inodes else fs.size(version)
    return (
        Tally(added_files, added_bytes),
        Tally(modified_files, modified_bytes),
        Tally(removed_files, removed_bytes),
    )


def waste_rows(fs: Filesystem) -> Sequence[Waste]:
    """Every dead inode that has bytes, the largest first."""
    rows = []
    deaths = fs.deaths
    causes = list(Cause)
    for inode, cause, killer, name in zip(
        deaths.inode, deaths.cause, deaths.layer, deaths.name, strict=True
    ):
        layer = fs.layer_of(inode)
        size = fs.tables[layer].sizes[inode - fs.first[layer]]
        if size:
            rows.append(Waste(fs.paths[name], causes[cause], size, layer, killer))
    rows.sort(key=itemgetter(0))
    rows.sort(key=itemgetter(2), reverse=True)
    return rows


def file_count(fs: Filesystem) -> int:
    """Names of the final filesystem that are not directories."""
    kinds = bytes(map(fs.kinds.__getitem__, fs.live.values()))
    return len(kinds) - kinds.count(Kind.DIR)
