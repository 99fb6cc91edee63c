"""Every path of an image and every version of it, in columns for the report's page.

A *node* is a path, a *record* one version of it in one layer.  Nodes stand in path
order, so that what a directory holds follows it; the records of a node follow each
other, lowest layer first.  Numbers repeat and names repeat, so each name is written
once, and columns compress well: 100,000 files take about a megabyte.

``page/tree.js`` reads this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.filesystem.changes import Cause, Change
from layerlens.filesystem.result import Filesystem, path_order
from layerlens.layers.table import Kind
from layerlens.outputs.display import encodable
from layerlens.outputs.html.paths import KIND_AT, KINDS, Nodes
from layerlens.outputs.rows import decoder

Json = dict[str, Any]

CHANGES = ("added", "content", "metadata", "type", "unchanged", "marker", "shadowed", "ignored")
"""As :class:`Change`: the first is an addition, the next three modifications."""


@dataclass(slots=True)
class Columns(Nodes):
    """What the page gets; all lists of a group have one length.

    By node, what :class:`Nodes` has; ``records`` are its versions.

    By record: ``layer``; ``change`` (index into ``CHANGES``); ``kind`` (into ``KINDS``);
    ``size`` (content bytes that the layer ships for it: 0 for a hard link); ``wire``
    (those on the wire, estimated; ``None`` instead of the list where a layer is stored
    plain); ``owner`` (index into ``attributes``: mode, uid, gid); ``gone`` (1 + the layer
    that replaced or removed it; 0: it is in the final filesystem); ``taken`` (1 where
    that layer took the path away); ``lost`` (1 + the layer that killed its bytes, 0:
    alive); ``of`` (row of the ledger that its bytes belong to); ``package`` (1 + its
    index, 0: none).

    Exceptions, as pairs: ``claimed`` (record, bytes of it that belong to ``of`` where
    that is not all of them; the rest is kept); ``stand`` (record, record whose bytes
    count at it in the final filesystem, because the name that held them is gone or is
    not the first of its names); ``lost_at`` (dead record, record of the name that was
    lost last); ``targets`` (record, what a link leads to); ``folded`` (record of a
    nameless node, how many files it stands for).
    """

    layer: list[int] = field(default_factory=list)
    change: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    wire: list[int] | None = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    of: list[int] = field(default_factory=list)
    package: list[int] = field(default_factory=list)
    attributes: list[tuple[int, int, int]] = field(default_factory=list)
    claimed: list[tuple[int, int]] = field(default_factory=list)
    stand: list[tuple[int, int]] = field(default_factory=list)
    lost_at: list[tuple[int, int]] = field(default_factory=list)
    targets: list[tuple[int, str]] = field(default_factory=list)
    folded: list[tuple[int, int]] = field(default_factory=list)
    record_of: dict[int, int] = field(default_factory=dict)
    """Version of the filesystem -> record."""

    def fields(self) -> Json:
        """All columns by name, with the words that their numbers stand for."""
        found = Nodes.fields(self)
        del found["record_of"]
        return found | {"kinds": KINDS, "changes": CHANGES}


def columns(analysis: Analysis) -> Columns:
    """The columns of an image."""
    found = Columns()
    fs = analysis.filesystem
    order = _order(fs)
    found.add_paths(map(fs.paths.__getitem__, order))
    _add_records(found, analysis, order)
    _add_ends(found, fs, order)
    _add_exceptions(found, analysis)
    return found


def _order(fs: Filesystem) -> list[int]:
    """The versions that are told, in path order, lowest layer first.

    Left out is what ships nothing and changes nothing: a directory that a layer lists
    again as it was, a whiteout without content.
    """
    changes, paths = fs.changes, fs.paths
    sizes = fs.sizes()
    told = [
        version for version, change in enumerate(changes) if change <= Change.TYPE or sizes[version]
    ]
    # A stable sort, and versions are in the order of layers.
    told.sort(key=lambda version: path_order(paths[version]))
    return told


def _add_records(found: Columns, analysis: Analysis, order: list[int]) -> None:
    fs = analysis.filesystem
    decode = decoder(fs)
    changes, inodes = fs.changes, fs.inodes
    owners = analysis.inventory.owners
    attributes: dict[tuple[int, int, int], int] = {}
    wires: list[int] = []
    plain = False
    shadow = Change.SHADOWED
    add_layer, add_change, add_kind = found.layer.append, found.change.append, found.kind.append
    add_size, add_wire, add_owner = found.size.append, wires.append, found.owner.append
    add_package, record_of = found.package.append, found.record_of
    for record, version in enumerate(order):
        row = decode(version, None, None)
        record_of[version] = record
        kind, size, wire = row.kind, row.size, row.transfer
        if version in inodes and kind == "file":
            kind, size, wire = "hardlink", 0, 0
            if changes[version] < shadow:
                target = fs.paths[inodes[version]]
                found.targets.append((record, encodable(target.decode("utf-8", "surrogateescape"))))
        elif row.target is not None:
            shown = encodable(row.target.decode("utf-8", "surrogateescape"))
            found.targets.append((record, shown))
        if wire is None:
            plain, wire = True, 0
        add_layer(row.layer)
        add_change(changes[version])
        add_kind(KIND_AT[kind])
        add_size(size)
        add_wire(wire)
        triple = (row.mode, row.uid, row.gid)
        add_owner(attributes.setdefault(triple, len(attributes)))
        add_package(owners.get(version, -1) + 1)
    found.wire = None if plain else wires
    found.attributes = list(attributes)


def _add_ends(found: Columns, fs: Filesystem, order: list[int]) -> None:
    """Which layer replaced or removed each version's path."""
    count = len(order)
    gone, taken = [0] * count, [0] * count
    record_of, paths = found.record_of, fs.paths
    layers, changes = found.layer, fs.changes
    # Those that a later version of the same path came over.
    below = -1
    for record, version in enumerate(order):
        if changes[version] > Change.TYPE:  # it never stood there
            gone[record] = layers[record] + 1
            continue
        if below >= 0 and paths[order[below]] == paths[version]:
            gone[below] = gone[below] or layers[record] + 1
        below = record
    by_path: dict[bytes, int] = {}
    for layer, removed in enumerate(fs.removed):
        for version in removed:
            at = record_of.get(version)
            if at is None:
                # A directory that was listed again: the version that first told of it.
                if not by_path:
                    by_path = _first_told(fs, order)
                told = by_path.get(paths[version])
                at = None if told is None else _last_before(found, order, fs, told, layer)
            if at is not None:
                gone[at], taken[at] = layer + 1, 1
    found.gone, found.taken = gone, taken


def _first_told(fs: Filesystem, order: list[int]) -> dict[bytes, int]:
    """Path -> its first record."""
    found: dict[bytes, int] = {}
    for record, version in enumerate(order):
        found.setdefault(fs.paths[version], record)
    return found


def _last_before(
    found: Columns, order: list[int], fs: Filesystem, first: int, layer: int
) -> int | None:
    """The last record of a path, from its first one on, that stood below a layer."""
    path, at = fs.paths[order[first]], None
    for record in range(first, len(order)):
        if fs.paths[order[record]] != path or found.layer[record] >= layer:
            break
        if fs.changes[order[record]] <= Change.TYPE:
            at = record
    return at


def ledger_rows(analysis: Analysis) -> Mapping[tuple[str, str], int]:
    """(kind, class) of the ledger's rows -> their index."""
    return {(row.kind, row.name): at for at, row in enumerate(analysis.ledger)}


def _add_exceptions(found: Columns, analysis: Analysis) -> None:
    """Which row of the ledger each byte belongs to, and where names and bytes part."""
    fs, record_of = analysis.filesystem, found.record_of
    rows = ledger_rows(analysis)
    count = len(found.layer)
    of, lost = [0] * count, [0] * count
    deaths = fs.deaths
    words = {int(cause): cause.word for cause in Cause}
    for inode, cause, layer, name in zip(
        deaths.inode, deaths.cause, deaths.layer, deaths.name, strict=True
    ):
        record = record_of.get(inode)
        if record is None:  # an empty file that never stood
            continue
        lost[record] = layer + 1
        of[record] = rows.get(("dead", words[cause]), 0)
        if name != inode and name in record_of:
            found.lost_at.append((record, record_of[name]))
    if analysis.judged is not None:
        sizes = found.size
        for inode, (ledger_class, size) in analysis.judged.claimed.inodes.items():
            record = record_of[inode]
            of[record] = rows.get(("removable", ledger_class.value), 0)
            if size != sizes[record]:
                found.claimed.append((record, size))
    found.of, found.lost = of, lost
    found.stand.extend(_standing(found, fs))


def _standing(found: Columns, fs: Filesystem) -> Iterator[tuple[int, int]]:
    """Files with several names whose bytes count at another name than the one that ships them."""
    if not fs.inodes:
        return
    record_of, live = found.record_of, fs.live
    linked = set(fs.inodes.values())
    first: dict[int, tuple[bytes, int]] = {}
    for path, version in live.items():
        inode = fs.inodes.get(version, version)
        if inode in linked and fs.kinds[inode] == Kind.FILE:
            key = path_order(path)
            known = first.get(inode)
            if known is None or key < known[0]:
                first[inode] = key, version
    for inode, (_, version) in sorted(first.items()):
        if version != inode and inode in record_of and version in record_of:
            yield record_of[version], record_of[inode]
