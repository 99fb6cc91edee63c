"""The packages as a table and as pages: how many bytes, since which layer, why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.closure import Dependencies
from layerlens.analysis.packages.model import Listed, Package
from layerlens.analysis.packages.purl import purl
from layerlens.analysis.packages.unowned import by_directory, unowned_files
from layerlens.analysis.packages.why import Reason, Why, reasons
from layerlens.outputs.display import percent_of
from layerlens.tui.viewmodel.layers import instruction
from layerlens.tui.viewmodel.page import Fact, Page, Place, place_of
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.table import Column, Piece, Table
from layerlens.tui.viewmodel.text import (
    SIZE_CELLS,
    bar,
    clip,
    count,
    plural,
    safe_text,
    size,
)
from layerlens.tui.viewmodel.whose import Whose

_BAR_CELLS = 6
_NAME = 200
"""Characters of a name or a version that are shown in a line."""

_MOST_NAMES = 60
"""Names of other packages that a page lists."""

_MOST_DIRECTORIES = 20
_LONG_CHAIN = 3
"""Names of a chain from which on a row shows only its ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A package, or (``package`` is ``None``) the files that none owns.

    ``index`` is the package's in the inventory; ``versions`` its files, ``bytes``
    theirs; ``layer`` brought it, ``None`` where several did.
    """

    index: int
    package: Package | None
    name: str
    version: str
    kind: str
    bytes: int
    versions: Sequence[int]
    layer: int | None
    is_base: bool
    why: str


class Packages:
    """What the view of packages shows of an image.

    ``ecosystem`` is the only one that is shown, ``""`` for all.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.ecosystem = ""
        self.whose = Whose.ALL
        self._largest = 0
        self.table: Table[Row] = Table((), self._columns(), text=_searched, order="size")
        self._take()

    def adopt(self, session: Session) -> None:
        """Show another state of the image under the same choices."""
        self._session = session
        self._take()

    def _take(self) -> None:
        self._facts = _Facts(self._session.analysis)
        self._largest = max((row.bytes for row in self._facts.rows), default=0)
        if self.ecosystem not in self.ecosystems:
            self.ecosystem = ""
        self._choose()

    # ------------------------------------------------------------------ table

    def _columns(self) -> list[Column[Row]]:
        return [
            Column("size", "Size", lambda row: (size(row.bytes), "" if row.bytes else "dim"),
                   lambda row: row.bytes, SIZE_CELLS, right=True, largest_first=True),
            Column("", "", lambda row: (bar(row.bytes, self._largest, _BAR_CELLS), "bar"),
                   lambda row: row.bytes, _BAR_CELLS, from_cells=96),
            Column("kind", "Kind", lambda row: (row.kind, "dim"), lambda row: row.kind, 8,
                   from_cells=44),
            Column("name", "Package", _name, lambda row: (row.package is None, row.name.casefold()),
                   most=40),
            Column("version", "Version", lambda row: (safe_text(row.version, _NAME), ""),
                   lambda row: row.version, 14, from_cells=56, most=28),
            Column("count", "Files", lambda row: (count(len(row.versions)), "dim"),
                   lambda row: len(row.versions), 7, right=True, largest_first=True,
                   from_cells=88),
            Column("layer", "Layer", _layer,
                   lambda row: -1 if row.layer is None else row.layer, 7, from_cells=50),
            Column("why", "Why", lambda row: (row.why, "dim"), lambda row: row.why, 18,
                   from_cells=76, most=90),
        ]  # fmt: skip

    # ------------------------------------------------------------------ choices

    @property
    def ecosystems(self) -> list[str]:
        """The ecosystems that there are, in the order of the inventory."""
        packages = self._session.analysis.inventory.packages
        return list(dict.fromkeys(package.ecosystem.value for package in packages))

    def cycle_ecosystem(self) -> None:
        """All ecosystems, then each on its own."""
        every = ["", *self.ecosystems]
        self.ecosystem = every[(every.index(self.ecosystem) + 1) % len(every)]
        self._choose()

    def cycle_whose(self) -> None:
        """Base and yours, then only yours, then only the base's."""
        self.whose = self.whose.next
        self._choose()

    @property
    def is_filtered(self) -> bool:
        return self.table.is_filtered or bool(self.ecosystem) or self.whose is not Whose.ALL

    def clear_filters(self) -> None:
        self.ecosystem, self.whose = "", Whose.ALL
        self.table.search("")
        self._choose()

    def _choose(self) -> None:
        self.table.replace(
            [
                row
                for row in self._facts.rows
                if (not self.ecosystem or row.kind == self.ecosystem)
                and self.whose.takes(is_base=row.is_base)
            ]
        )

    @property
    def title(self) -> str:
        """What the table shows, in a line."""
        every = len(self._session.analysis.inventory.packages)
        shown = [row for row in self.table.rows if row.package is not None]
        number = f"{len(shown):,} of {every:,}" if len(shown) < every else plural(every, "package")
        parts = [f"{number}, {size(sum(row.bytes for row in shown))}"]
        if self.ecosystem:
            parts.append(f"only {self.ecosystem}")
        if self.whose is not Whose.ALL:
            parts.append(self.whose.value)
        problems = len(self._session.analysis.inventory.problems)
        if problems:
            parts.append(f"{plural(problems, 'database')} not read")
        return " · ".join(parts)

    @property
    def matched(self) -> str:
        """How many rows are shown, and how many bytes they are."""
        rows = self.table.rows
        return f"{plural(len(rows), 'row')}, {size(sum(row.bytes for row in rows))}"

    @property
    def order(self) -> str:
        """What the table is ordered by."""
        by = {"count": "number of files", "kind": "ecosystem"}.get(
            self.table.order, self.table.order
        )
        return f"by {by}{' ↑' if self.table.reverse else ''}"

    # ------------------------------------------------------------------ pages

    def page(self, row: Row) -> Page:
        """All that is known of a package; its files come last, the largest first."""
        return self._facts.page(row)

    def key(self, row: Row) -> object:
        """What tells a package from others, in another state of the image too."""
        return row.kind, row.name, row.version, row.is_base

    def purl(self, row: Row) -> str:
        """The package URL, ``""`` where there is none."""
        if row.package is None:
            return ""
        return safe_text(purl(row.package.listed, self._session.analysis.distribution))

    def why_none(self) -> tuple[str, ...]:
        """Why there are no packages, and how to get some; nothing where there are any."""
        return why_none(self._session.analysis, reading=self._session.reading)


def why_none(analysis: Analysis, *, reading: bool) -> tuple[str, ...]:
    """Why there are no packages, and how to get some, in lines; nothing where there are any."""
    if analysis.inventory.packages:
        return ()
    if analysis.judged is not None:
        return ("No package is installed.", "No package database was found in this image.")
    if reading:
        return ("Packages come when reading is done.", "Their databases are read last.")
    return (
        "Nobody has looked for packages.",
        "Leave out --no-findings and let the image be read to its end: layerlens IMAGE",
    )


def _searched(row: Row) -> str:
    return f"{row.kind} {row.name[:_NAME]} {row.version[:_NAME]}\n{row.why}"


def _name(row: Row) -> Piece:
    return safe_text(row.name, _NAME), "" if row.package is not None else "title"


def _layer(row: Row) -> Piece:
    layer = "" if row.layer is None else str(row.layer)
    return f"{layer} base".strip() if row.is_base else layer, "dim"


class _Facts:
    """What is worked out of one analysis, each thing when it is first asked for."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._packages = analysis.inventory.packages
        self._by_size: dict[int, list[int]] = {}
        self._loose_facts: dict[int, list[Fact]] = {}

    @cached_property
    def _dependencies(self) -> Dependencies:
        return Dependencies([package.listed for package in self._packages])

    @cached_property
    def _whys(self) -> list[Why]:
        return reasons(self._packages, self._dependencies)

    @cached_property
    def _sizes(self) -> Sequence[int]:
        return self._analysis.filesystem.sizes()

    @cached_property
    def rows(self) -> list[Row]:
        """All packages by name, then what none owns: of the base, and yours."""
        base = self._analysis.base.layers
        rows = [
            Row(
                index, package, package.name, package.version, package.ecosystem.value,
                package.bytes, package.versions, package.layer, package.layer < base,
                self._why(why),
            )
            for index, (package, why) in enumerate(zip(self._packages, self._whys, strict=True))
        ]  # fmt: skip
        rows.sort(key=lambda row: row.name.casefold())
        return rows + self._unowned()

    def _unowned(self) -> list[Row]:
        fs, inventory = self._analysis.filesystem, self._analysis.inventory
        if self._analysis.judged is None and not inventory.packages:
            return []  # nobody looked for owners
        yours_from = fs.first[self._analysis.base.layers]
        found: tuple[list[int], list[int]] = ([], [])
        for version in unowned_files(fs, inventory):
            found[fs.inode(version) >= yours_from].append(version)
        return [
            Row(
                -1 - k, None, "(no package)", "", "-", sum(map(self._size, versions)), versions,
                None, k == 0, "",
            )
            for k, versions in enumerate(found)
            if versions
        ]  # fmt: skip

    def _size(self, version: int) -> int:
        return self._sizes[self._analysis.filesystem.inode(version)]

    def _why(self, why: Why) -> str:
        if why.reason is not Reason.NEEDED:
            return "" if why.reason is Reason.UNKNOWN else why.reason.value
        above = [self._packages[index].name[:_NAME] for index in why.chain[:-1]]
        if len(above) > _LONG_CHAIN:
            above = [above[0], "…", *above[-2:]]
        return f"for {safe_text(' > '.join(above), _NAME)}"

    # ------------------------------------------------------------------ pages

    def page(self, row: Row) -> Page:
        """All that is known of a row."""
        if row.package is not None:
            facts = list(self._about(row.index, row.package))
        else:  # there are two at most, and they add up most files of the image
            if row.index not in self._loose_facts:
                self._loose_facts[row.index] = list(self._loose(row))
            facts = self._loose_facts[row.index]
        files = len(row.versions)
        return Page(
            facts,
            heading=f"files ({count(files)}), the largest first"
            if files
            else "no files of its own",
            count=files,
            place=lambda at: self._file(row, at),
        )

    def _file(self, row: Row, at: int) -> Place:
        """A file of a row, the largest first; the order is made when it is first looked at."""
        order = self._by_size.get(row.index)
        if order is None:
            order = sorted(row.versions, key=self._size, reverse=True)
            if len(self._by_size) >= _KEPT:
                self._by_size.pop(next(iter(self._by_size)))
            self._by_size[row.index] = order
        fs = self._analysis.filesystem
        return place_of(fs, fs.paths[order[at]], order[at])

    def _about(self, index: int, package: Package) -> Iterator[Fact]:
        analysis, listed = self._analysis, package.listed
        yield Fact("", safe_text(f"{listed.name} {listed.version}", 2 * _NAME), "title")
        arch = f", {safe_text(listed.arch, _NAME)}" if listed.arch else ""
        yield Fact("kind", f"{listed.ecosystem.value}{arch}")
        yield Fact("size", self._bytes(package))
        base = ", of the base image" if package.layer < analysis.base.layers else ""
        text = ""
        if 0 <= package.layer < len(analysis.layers):
            text = f": {clip(instruction(analysis.layers[package.layer]), _NAME)}"
        yield Fact("brought by", f"layer {package.layer}{base}{text}")
        yield Fact("why", self._whole_why(index))
        for label, others in (
            ("needs", self._dependencies.requires[index]),
            ("recommends", self._dependencies.recommends[index]),
            ("needed by", self._dependants[index]),
            ("liked by", self._admirers[index]),
        ):
            if others:
                yield Fact(label, self._names(others))
        if listed.licence:
            yield Fact("licence", safe_text(listed.licence))
        url = purl(listed, analysis.distribution)
        if url:
            yield Fact("purl", safe_text(url))
        yield Fact("listed in", f"/{safe_text(package.database)}")
        for key, value in list(listed.details.items())[:_MOST_DIRECTORIES]:
            yield Fact(safe_text(key, _LABEL), safe_text(value, 1000))
        changes = self._changes.get(_identity(listed), ())
        if changes:
            yield Fact("changes", "\n".join(changes))

    def _bytes(self, package: Package) -> str:
        total = self._analysis.scores.total_bytes
        text = f"{size(package.bytes)} ({count(package.bytes)} bytes)"
        if package.bytes:
            text += f", {percent_of(package.bytes, total)} of the image"
        declared = package.listed.declared
        return text if declared is None else f"{text}; its database says {size(declared)}"

    def _whole_why(self, index: int) -> str:
        why = self._whys[index]
        if len(why.chain) < 2:
            return why.reason.value
        names = " > ".join(
            safe_text(self._packages[each].name, _NAME) for each in why.chain[:_MOST_NAMES]
        )
        return f"{why.reason.value}: {names}"

    def _names(self, indexes: Sequence[int]) -> str:
        shown = [safe_text(self._packages[each].name, _NAME) for each in indexes[:_MOST_NAMES]]
        rest = len(indexes) - len(shown)
        return ", ".join(shown) + (f" and {count(rest)} more" if rest else "")

    @cached_property
    def _dependants(self) -> dict[int, list[int]]:
        return _turned(self._dependencies.requires)

    @cached_property
    def _admirers(self) -> dict[int, list[int]]:
        return _turned(self._dependencies.recommends)

    @cached_property
    def _changes(self) -> dict[object, list[str]]:
        """What layers did to each package, in lines."""
        found: dict[object, list[str]] = defaultdict(list)
        for change in self._analysis.inventory.changes:
            layer = f"layer {change.layer}"
            for verb, every in (("added", change.added), ("removed", change.removed)):
                for each in every:
                    version = safe_text(each.version, _NAME)
                    found[_identity(each)].append(f"{layer} {verb} {version}")
            for old, new in change.upgraded:
                before, after = safe_text(old.version, _NAME), safe_text(new.version, _NAME)
                found[_identity(new)].append(f"{layer} replaced {before} by {after}")
        return found

    def _loose(self, row: Row) -> Iterator[Fact]:
        whose = "base image's " if row.is_base else ""
        yield Fact("", f"the {whose}files that no package owns", "title")
        total = self._analysis.scores.total_bytes
        yield Fact(
            "size",
            f"{size(row.bytes)} ({count(row.bytes)} bytes), {percent_of(row.bytes, total)}"
            " of the image",
        )
        none = why_none(self._analysis, reading=False)
        if none:
            yield Fact("packages", " ".join(none))
        for path, why in self._analysis.inventory.problems[:_MOST_DIRECTORIES]:
            yield Fact("not read", f"/{safe_text(path, 1000)}: {safe_text(why, 1000)}")
        sums = by_directory(self._analysis.filesystem, row.versions)
        lines = [
            f"{size(total):>{SIZE_CELLS}} /{safe_text(path, 1000)}"
            for path, total in sums[:_MOST_DIRECTORIES]
        ]
        if len(sums) > _MOST_DIRECTORIES:
            lines.append(f"and {count(len(sums) - _MOST_DIRECTORIES)} further directories")
        yield Fact("directories", "\n".join(lines))


_KEPT = 8
"""Rows whose files are kept in order."""

_LABEL = 11


def _identity(listed: Listed) -> object:
    return listed.ecosystem, listed.name, listed.arch


def _turned(edges: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    """Who points at each."""
    found: dict[int, list[int]] = defaultdict(list)
    for index, others in enumerate(edges):
        for other in others:
            found[other].append(index)
    return found
