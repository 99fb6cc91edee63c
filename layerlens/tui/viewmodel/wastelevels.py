"""The levels of the waste view: each is one table, and knows what lies below a row.

The rows of a level add up to the row that opened it, whichever side is counted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from operator import attrgetter, is_not, itemgetter
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.filesystem.changes import Cause
from layerlens.tui.viewmodel.layers import instruction
from layerlens.tui.viewmodel.marks import MARKED, Marks
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rowfilter import RowFilter
from layerlens.tui.viewmodel.table import Column, Table
from layerlens.tui.viewmodel.text import SIZE_CELLS, clip, plural, safe_text, size
from layerlens.tui.viewmodel.wastecolumns import (
    NOTHING,
    bar_column,
    bytes_column,
    figure_column,
    files_column,
    share_column,
)
from layerlens.tui.viewmodel.wasterows import (
    By,
    Claim,
    ClassRow,
    Files,
    Group,
    LayerShare,
    Leaf,
    Path,
    Row,
    claims,
    class_rows,
    kept_rows,
)
from layerlens.tui.viewmodel.whose import Whose

_LONGEST = 1000
"""Characters of a path or text that are drawn; the details tell more."""
_CRUMB_CELLS = 40
SIGNS = {
    "dead": ("x ", "waste"), "removable": ("- ", "modified"),
    "kept": ("+ ", "added"), "total": ("= ", ""),
}  # fmt: skip
"""The sign and style of each kind of bytes."""


class Image:
    """What all levels ask of the image."""

    def __init__(self, analysis: Analysis, marks: Marks) -> None:
        self.analysis = analysis
        self.marks = marks
        self.files = Files(analysis)
        self.instructions = [instruction(layer) for layer in analysis.layers]

    def side_of(self, layer: int) -> str:
        return "base" if self.analysis.layers[layer].is_base else "yours"


class Level(ABC):
    """One table.

    ``title`` is its part of the line that says where one is, safe to print;
    ``opened_by`` the key of the row that led here (:func:`row_key`);
    ``sum`` the bytes of all its rows, ``count`` their number or, where they
    stand for files (``of_files``), the number of these.
    """

    of_files = False

    def __init__(self, image: Image, title: str, opened_by: object) -> None:
        self.image = image
        self.title = title
        self.opened_by = opened_by
        self.side = Whose.ALL
        self.filter = RowFilter()
        self.sum = 0
        self.count = 0
        self.table: Table[Row] = Table([], [NOTHING], text=str, order="name")

    def make(self, side: Whose | None = None) -> None:
        """Make the table anew, for a side; order and filter stay."""
        if side is not None:
            self.side = side
        old, self.table = self.table, self._table()
        self._order_like(old)

    def like(self, other: Level) -> None:
        """Take over order and filter of the same level of another image."""
        self.filter = other.filter
        self.make()
        self._order_like(other.table)

    def _order_like(self, old: Table[Row]) -> None:
        table = self.table
        known = any(column.id == old.order for column in table.columns)
        if old.columns[0] is NOTHING or not known:
            old = table
        if (old.order, old.reverse) != (table.order, table.reverse) or self.text:
            table.order, table.reverse = old.order, old.reverse
            table.filter = self._table_filter
            table.replace(table.all_rows)

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.filter.text

    @property
    def _table_filter(self) -> RowFilter:
        """What the table itself is to filter by."""
        return self.filter

    def search(self, text: str, match: Match | None = None) -> None:
        """Show only what matches a text, read as before or as ``match`` says."""
        self.filter = RowFilter(text, match or self.filter.match, self.filter)
        self.make()

    @property
    def matched(self) -> str:
        """How many rows are there under the filter, and how many bytes they are."""
        rows = [row for row in self.table.rows if getattr(row, "kind", "") != "total"]
        return f"{plural(len(rows), 'row')}, {size(sum(map(attrgetter('bytes'), rows)))}"

    @abstractmethod
    def _table(self) -> Table[Row]:
        """The table, unfiltered; sets ``sum`` and ``count``."""

    @abstractmethod
    def below(self, row: Row) -> Level | None:
        """The level that a row opens, still to be made; ``None`` where there is nothing below."""

    def flat(self) -> Level | None:
        """All files of this level one by one, where it does not show them so."""
        return None


class Ledger(Level):
    """Every class of bytes: dead, removable, kept; and the total."""

    def __init__(self, image: Image) -> None:
        super().__init__(image, "Waste", None)

    def _table(self) -> Table[Row]:
        rows, foot = class_rows(self.image.analysis, self.side)
        total = self.sum = foot[-1].bytes
        self.count = len(rows)

        def shared(row: ClassRow) -> int:
            return 0 if row.kind == "total" else row.bytes

        columns: list[Column[Any]] = [
            Column("name", "Class", lambda row: (safe_text(row.name, 100), ""), attrgetter("name"),
                   most=40),
            Column("kind", "Kind", lambda row: (row.kind if row.kind != "total" else "", "dim"),
                   attrgetter("kind"), 9, from_cells=68),
            bar_column(shared, total),
            bytes_column(attrgetter("bytes")),
            share_column(attrgetter("bytes"), total),
        ]  # fmt: skip
        if self.side is Whose.ALL:
            split = partial(figure_column, cells=SIZE_CELLS, from_cells=96)
            columns += [
                split("base", "Base", attrgetter("base_bytes")),
                split("yours", "Yours", attrgetter("your_bytes")),
            ]
            if foot[-1].transfer is not None:
                wire = figure_column(
                    "transfer", "Transfer", lambda row: row.transfer or 0, cells=10, from_cells=60
                )
                columns.append(wire)
            columns.append(files_column(lambda row: row.files or 0))
        return Table(
            rows,
            columns,
            text=lambda row: f"{row.kind} {row.name}",
            order="size",
            sign=lambda row: SIGNS[row.kind],
            foot=foot,
        )

    def below(self, row: Row) -> Level | None:
        if not isinstance(row, ClassRow):
            return None
        key, title = row_key(row), safe_text(row.name, 100)
        if row.kind == "dead":
            cause = next(each for each in Cause if each.word == row.name)
            found = [each for each in self.image.analysis.waste if each[1] is cause]
            return FilesLevel(self.image, title, key, found, By.LOST)
        if row.kind == "removable":
            return Findings(self.image, title, key, claims(self.image.analysis, row.name))
        return Kept(self.image, "kept", key) if row.kind == "kept" else None

    def flat(self) -> Level | None:
        dead = self.image.analysis.waste
        return FilesLevel(self.image, "all dead paths", ALL, dead, By.PATH)


class Kept(Level):
    """The kept bytes, by layer."""

    def _table(self) -> Table[Row]:
        ends = self.image.analysis.base.layers
        rows = [
            row
            for row in kept_rows(self.image.analysis)
            if self.side.takes(is_base=row.layer < ends)
        ]
        self.count, self.sum = len(rows), sum(row.bytes for row in rows)
        return _by_layer(self.image, rows, attrgetter("layer"), [])

    def below(self, row: Row) -> Level | None:
        return None


class Findings(Level):
    """The findings that claim a class of removable bytes."""

    of_files = True

    def __init__(self, image: Image, title: str, opened_by: object, found: Sequence[Claim]) -> None:
        super().__init__(image, title, opened_by)
        self._found = found

    def _table(self) -> Table[Row]:
        found = [each for each in map(self._of_side, self._found) if each.count]
        total, most = (
            sum(each.bytes for each in found),
            max((each.bytes for each in found), default=0),
        )
        self.sum, self.count = total, sum(each.count for each in found)
        columns: list[Column[Any]] = [
            bar_column(attrgetter("bytes"), most),
            bytes_column(attrgetter("bytes")),
            share_column(attrgetter("bytes"), total),
            files_column(attrgetter("count")),
            Column("layer", "Layer", lambda row: (_blamed(row), "dim"), _blamed_order, 7, right=True),
            Column("name", "Finding", lambda row: (claim_title(row), ""), claim_title),
        ]  # fmt: skip
        return Table(found, columns, text=claim_title, order="size", sign=self._sign)

    def _sign(self, claim: Claim) -> tuple[str, str]:
        ticked = claim.finding is not None and self.image.marks.has_finding(claim.finding)
        return ("✓ ", "mark") if ticked else ("", "")

    def _of_side(self, claim: Claim) -> Claim:
        if self.side is Whose.ALL:
            return claim
        files = self.image.files
        versions = [
            each for each in files.of_side(claim.versions, self.side) if isinstance(each, int)
        ]
        return Claim(claim.finding, versions, sum(files.sizes(versions)), len(versions), claim.nth)

    def below(self, row: Row) -> Level | None:
        if not isinstance(row, Claim):
            return None
        key = row_key(row)
        whole = next(each for each in self._found if row_key(each) == key)
        return FilesLevel(
            self.image, clip(claim_title(row), _CRUMB_CELLS), key, whole.versions, By.PATH
        )

    def flat(self) -> Level | None:
        versions = [version for claim in self._found for version in claim.versions]
        return FilesLevel(self.image, "all paths", ALL, versions, By.PATH)


class FilesLevel(Level):
    """Files, put together by layer or directory, or one by one.

    ``fixed`` are ways that make no sense any more: all are of one layer.
    Under a filter, files are left out before they are put together.
    """

    of_files = True

    def __init__(
        self,
        image: Image,
        title: str,
        opened_by: object,
        leaves: Sequence[Leaf],
        by: By,
        fixed: tuple[By, ...] = (),
    ) -> None:
        super().__init__(image, title, opened_by)
        self.leaves = leaves
        self.by = by
        self.dead = not (leaves and isinstance(leaves[0], int))
        self._fixed = fixed
        ways = (By.LOST, By.CAME, By.DIRECTORY, By.PATH) if self.dead else (
            By.PATH, By.DIRECTORY, By.CAME,
        )  # fmt: skip
        self.choices = tuple(way for way in ways if way not in fixed)

    @property
    def by_layer(self) -> bool:
        return self.by in (By.LOST, By.CAME)

    def regroup(self) -> None:
        """Put the files together in the next way."""
        self.by = self.choices[(self.choices.index(self.by) + 1) % len(self.choices)]
        self.make()

    @property
    def _table_filter(self) -> RowFilter:
        return self.filter if self.by_layer else RowFilter()

    @property
    def matched(self) -> str:
        if self.by_layer:
            return super().matched
        return f"{plural(self.count, 'file')}, {size(self.sum)}"

    def _table(self) -> Table[Row]:
        files = self.image.files
        leaves = files.of_side(self.leaves, self.side)
        if self.text and not self.by_layer:
            leaves = files.matching(leaves, self.filter)
        self.sum, self.count = sum(files.sizes(leaves)), len(leaves)
        if self.by is By.PATH:
            return self._one_by_one(leaves)
        if self.by is By.DIRECTORY:
            return self._by_directory(*files.directories(leaves))
        rows = files.by_layer(leaves, self.by)
        return _by_layer(self.image, rows, attrgetter("key"), [files_column(attrgetter("count"))])

    def _by_directory(self, top: Path, rows: Sequence[Row]) -> Table[Row]:
        start = len(top)

        def name(row: Any) -> tuple[str, str]:
            path = self.path(row)
            return _path_text(path[start:]), "directory" if path.endswith(b"/") else ""

        columns: list[Column[Any]] = [
            bar_column(self.size, max(map(self.size, rows), default=0)),
            bytes_column(self.size),
            share_column(self.size, self.sum),
            files_column(lambda row: row.count if isinstance(row, Group) else 1),
            self._layers(),
            Column("name", f"in /{_path_text(top)}", name, self.path),
        ]
        return Table(rows, columns, text=str, order="size", sign=self._sign)

    def _one_by_one(self, rows: Sequence[Any]) -> Table[Row]:
        # Fields of named tuples need no call of Python's.  Sorting keeps the order of
        # equals, so that of layers is by bytes where those who lost them are the same.
        quick = self.dead and bool(rows)
        columns: list[Column[Any]] = [
            bytes_column(self.size, itemgetter(2) if quick else None),
            share_column(self.size, self.sum),
            self._layers(itemgetter(4) if quick else None),
        ]
        # One by one rather than as a set: hashing a cause is slow.
        if quick and any(map(is_not, map(itemgetter(1), rows), repeat(rows[0][1]))):
            columns.append(
                Column("cause", "Cause", lambda row: (row[1].word, "waste"), itemgetter(1), 15,
                       from_cells=56)
            )  # fmt: skip
        columns.append(
            Column("name", "Path", lambda row: (f"/{_path_text(self.path(row))}", ""),
                   itemgetter(0) if quick else self.path, keep_end=True)
        )  # fmt: skip
        return Table(rows, columns, text=str, order="size", sign=self._sign)

    def _layers(self, quick: Callable[[Any], Any] | None = None) -> Column[Any]:
        def order(row: Any) -> tuple[int, int]:
            if isinstance(row, Group):
                return (-1, -1)
            if isinstance(row, int):
                return (self.image.files.came(row), 0)
            return (row[4], row[3])

        def cell(row: Any) -> tuple[str, str]:
            lost, came = order(row)
            if lost < 0:
                return "", ""
            if isinstance(row, int) or lost == came:
                return str(lost), "dim"
            return f"{came} → {lost}", "dim"

        title = "Layers" if self.dead else "Layer"
        return Column("layer", title, cell, quick or order, 9, right=True, from_cells=48)

    def _sign(self, row: Row) -> tuple[str, str]:
        marks = self.image.marks
        return MARKED if marks and marks.has_path(self.path(row).rstrip(b"/")) else ("", "")

    def path(self, row: Row) -> Path:
        """The path of a leaf or group; a directory's ends in a slash."""
        if isinstance(row, Group):
            return b"" if isinstance(row.key, int) else row.key
        assert isinstance(row, int | tuple)
        return self.image.files.path(row)

    def size(self, row: Row) -> int:
        """The bytes of a leaf or group."""
        if isinstance(row, Group):
            return row.bytes
        assert isinstance(row, int | tuple)
        return self.image.files.size(row)

    def below(self, row: Row) -> Level | None:
        if not isinstance(row, Group):
            return None
        key, fixed, by = row_key(row), self._fixed, By.PATH
        if isinstance(row.key, int):
            verb = "layer" if row.by is By.LOST else "from layer"
            words = clip(self.image.instructions[row.key], _CRUMB_CELLS)
            title, fixed = f"{verb} {row.key} {words}", (*fixed, row.by)
        else:
            title = f"/{_path_text(row.key)}"
            if row.key.endswith(b"/"):
                by = By.DIRECTORY
        leaves = self.image.files.members(self.leaves, row)
        level = FilesLevel(self.image, title, key, leaves, by, fixed)
        if not self.by_layer:
            level.filter = self.filter
        return level

    def flat(self) -> Level | None:
        if self.by is By.PATH:
            return None
        level = FilesLevel(self.image, "all paths", ALL, self.leaves, By.PATH, self._fixed)
        if not self.by_layer:
            level.filter = self.filter
        return level


# ---------------------------------------------------------------------- keys

ALL = "all"
"""What opened a level of all files."""


def row_key(row: Row) -> object:
    """What a row is found by again in another table."""
    if isinstance(row, ClassRow):
        return ("class", row.kind, row.name)
    if isinstance(row, Group):
        return ("group", row.by, row.key)
    if isinstance(row, LayerShare):
        return ("layer", row.layer)
    if isinstance(row, Claim):
        found = row.finding
        return ("claim", *((found.rule.id, found.layer, found.title, row.nth) if found else ()))
    return row


def row_text(image: Image, row: Row) -> str:
    """A row in one line, safe to print, for the clipboard: of a path the path alone."""
    if isinstance(row, ClassRow):
        return f"{row.kind} {safe_text(row.name)}: {row.bytes} bytes"
    if isinstance(row, Claim):
        return claim_title(row)
    if isinstance(row, LayerShare):
        return image.instructions[row.layer]
    if isinstance(row, Group):
        key = row.key
        return image.instructions[key] if isinstance(key, int) else f"/{safe_text(key)}"
    return f"/{safe_text(image.files.path(row))}"


# ---------------------------------------------------------------------- helpers


def _by_layer(
    image: Image,
    rows: Sequence[Any],
    layer: Callable[[Any], int],
    more: list[Column[Any]],
) -> Table[Row]:
    words = image.instructions
    columns: list[Column[Any]] = [
        Column("layer", "Layer", lambda row: (str(layer(row)), "dim"), layer, 7, right=True),
        Column("side", "From", lambda row: (image.side_of(layer(row)), "base"), layer, 5, from_cells=56),
        bar_column(attrgetter("bytes"), max((row.bytes for row in rows), default=0)),
        bytes_column(attrgetter("bytes")),
        share_column(attrgetter("bytes"), sum(row.bytes for row in rows)),
        *more,
        Column("name", "Instruction", lambda row: (words[layer(row)][:_LONGEST], ""),
               lambda row: words[layer(row)]),
    ]  # fmt: skip
    return Table(rows, columns, text=lambda row: f"{layer(row)} {words[layer(row)]}", order="size")


def _path_text(path: Path) -> str:
    """A path for one line; of a very long one its end."""
    text = path.decode("utf-8", "surrogateescape")
    cut = len(text) > _LONGEST
    return ("…" if cut else "") + safe_text(text[-_LONGEST:] if cut else text)


def claim_title(claim: Claim) -> str:
    """The rule and what it found, safe to print."""
    if claim.finding is None:
        return "no finding in the list speaks of these"
    return f"{safe_text(claim.finding.rule.id, 100)}: {safe_text(claim.finding.title, _LONGEST)}"


def _blamed(claim: Claim) -> str:
    layer = None if claim.finding is None else claim.finding.layer
    return "" if layer is None else str(layer)


def _blamed_order(claim: Claim) -> int:
    layer = None if claim.finding is None else claim.finding.layer
    return -1 if layer is None else layer
