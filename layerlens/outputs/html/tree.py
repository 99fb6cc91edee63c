"""Every path of an image and every version of it, in columns for the report's page.

A *node* is a path, a *record* one version of it in one layer.  Nodes stand in path
order, so that what a directory holds follows it; the records of a node follow each
other, lowest layer first.  Numbers repeat and names repeat, so each name is written
once, and columns compress well: 100,000 files take about a megabyte.

``page/tree.js`` reads this.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.filesystem.changes import Cause, Change
from layerlens.filesystem.result import Filesystem, path_order
from layerlens.layers.numbers import parse_number
from layerlens.layers.table import Kind
from layerlens.outputs.display import encodable
from layerlens.outputs.html.exact import exact
from layerlens.outputs.html.paths import KIND_AT, KIND_OF, KINDS, Nodes
from layerlens.outputs.rows import decoder

Json = dict[str, Any]

CHANGES = ("added", "content", "metadata", "type", "unchanged", "marker", "shadowed", "ignored")
"""As :class:`Change`: the first is an addition, the next three modifications."""

_KIND_OF_FLAG = bytes(KIND_OF.get(flag, 0) for flag in range(256))
_RAW = 48
"""Bytes of header that a table keeps per entry: mode, uid, gid, size, mtime."""


@dataclass(slots=True)
class Columns(Nodes):
    """What the page gets; all lists of a group have one length.

    By node, what :class:`Nodes` has; ``records`` are its versions.

    By record: ``layer``; ``change`` (index into ``CHANGES``); ``kind`` (into ``KINDS``);
    ``size`` (content bytes that the layer ships for it: 0 for a hard link); ``wire``
    (those on the wire, estimated; ``None`` instead of the list where a layer is stored
    plain); ``some_wire`` (where only some layers are stored plain, in place of ``wire``: -1
    of what lies in these); ``owner`` (index into ``attributes``: mode, uid, gid); ``gone`` (1 + the layer
    that replaced or removed it; 0: it is in the final filesystem); ``taken`` (1 where
    that layer took the path away); ``lost`` (1 + the layer that killed its bytes, 0:
    alive); ``of`` (row of the ledger that its bytes belong to); ``package`` (1 + its
    index, 0: none).

    Exceptions, as pairs: ``claimed`` (record, bytes of it that belong to ``of`` where
    that is not all of them; the rest is kept); ``stand`` (record, record whose bytes
    count at it in the final filesystem, because the name that held them is gone or is
    not the first of its names); ``lost_at`` (dead record, record of the name that was
    lost last); ``targets`` (record, what a link leads to).

    Where :mod:`~layerlens.outputs.html.folding` made sums of small files: ``tails`` (a
    nameless node, how many paths it stands for that are not directories, and that are),
    ``folded`` (its records, how many records each is the sum of; 0 for directories).
    """

    layer: list[int] = field(default_factory=list)
    change: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    wire: list[int] | None = field(default_factory=list)
    some_wire: list[int] | None = None
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
    tails: list[tuple[int, int, int]] = field(default_factory=list)
    record_of: dict[int, int] = field(default_factory=dict)
    """Version of the filesystem -> record; those that repeat another lead to that one's."""

    def fields(self) -> Json:
        """All columns by name, with the words that their numbers stand for."""
        found = Nodes.fields(self)
        del found["record_of"]
        found["attributes"] = [tuple(map(exact, each)) for each in self.attributes]
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

    Left out is what ships nothing and changes nothing: a directory or a link that a layer
    lists again as it was, a whiteout without content.
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
    """What each version is.  A million of them: by column, and each odd one by itself."""
    fs = analysis.filesystem
    kinds = fs.kinds.translate(_KIND_OF_FLAG)
    layers, owned, wires = array("q"), array("q"), array("q")
    attributes = _Attributes()
    plain = packed = False
    for layer, table in enumerate(fs.tables):
        count = fs.first[layer + 1] - fs.first[layer]
        unlisted = [0] * (count - len(table))
        layers.extend([layer] * count)
        raw = bytes(table.raw)
        owned.extend([attributes.of[raw[at : at + 24]] for at in range(0, len(raw), _RAW)])
        owned.extend(unlisted)
        wire = table.wires()
        unknown = wire is None and any(table.sizes)
        plain, packed = plain or unknown, packed or wire is not None
        wires.extend([-1 if unknown else 0] * len(table) if wire is None else wire)
        wires.extend(unlisted)
    targets: dict[int, str] = {}
    decode = decoder(fs)
    for version in _odd(fs):
        row = decode(version, None, None)
        owned[version] = attributes.index((row.mode, row.uid, row.gid))
        kinds[version] = KIND_AT[row.kind]
        target = row.target
        if version in fs.inodes and row.kind == "file":
            kinds[version] = KIND_AT["hardlink"]
            if fs.changes[version] < Change.SHADOWED:
                target = fs.paths[fs.inodes[version]]
        if target is not None:
            targets[version] = encodable(target.decode("utf-8", "surrogateescape"))

    def told(column: Sequence[int]) -> list[int]:
        return list(map(column.__getitem__, order))

    found.record_of = record_of = dict(zip(order, range(len(order)), strict=True))
    _lead_repetitions(record_of, fs)
    found.layer, found.change, found.kind = told(layers), told(fs.changes), told(kinds)
    found.size, found.owner = told(fs.sizes()), told(owned)
    found.wire = None if plain else told(wires)
    found.some_wire = told(wires) if plain and packed else None
    found.attributes = list(attributes.known)
    found.targets = sorted((record_of[v], text) for v, text in targets.items() if v in record_of)
    found.package = [0] * len(order)
    for version, package in analysis.inventory.owners.items():
        found.package[record_of[version]] = package + 1


class _Attributes:
    """Mode, uid and gid, each combination once; ``of`` the first 24 kept bytes of a header."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int, int], int] = {}
        self.of = _OfHeader(self)

    def index(self, triple: tuple[int, int, int]) -> int:
        return self.known.setdefault(triple, len(self.known))


class _OfHeader(dict[bytes, int]):
    def __init__(self, attributes: _Attributes) -> None:
        self._attributes = attributes

    def __missing__(self, key: bytes) -> int:
        try:
            mode, uid, gid = (parse_number(key[at : at + 8]) for at in (0, 8, 16))
        except ValueError:  # of an entry whose PAX header says better, see _odd
            return 0
        found = self[key] = self._attributes.index((mode & 0o7777, uid, gid))
        return found


def _odd(fs: Filesystem) -> list[int]:
    """Versions that are not just what their own header says."""
    found = {*fs.inodes, *fs.headers, *fs.synthetic}
    for layer, table in enumerate(fs.tables):
        first = fs.first[layer]
        found.update(first + i for i in (*table.links, *table.overrides))
    return sorted(found)


def _lead_repetitions(record_of: dict[int, int], fs: Filesystem) -> None:
    """What repeats a version as it was is told by that one's record."""
    changes, previous = fs.changes, fs.previous
    unchanged = Change.UNCHANGED
    for version in previous:  # in the order of layers
        if changes[version] == unchanged and version not in record_of:
            lower = record_of.get(previous[version])
            if lower is not None:
                record_of[version] = lower


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
    for layer, removed in enumerate(fs.removed):
        for version in removed:
            at = record_of[version]
            gone[at], taken[at] = layer + 1, 1
    found.gone, found.taken = gone, taken


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
        named = record_of.get(name, record)
        if named != record:
            found.lost_at.append((record, named))
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
        shipped = record_of.get(inode)
        if shipped is not None and record_of[version] != shipped:
            yield record_of[version], shipped
