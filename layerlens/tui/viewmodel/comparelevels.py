"""The levels of the view of a comparison, but for those of paths: each is one table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.comparison.causes import Cause, causes
from layerlens.comparison.model import ClassDelta, Comparison, LayerPair
from layerlens.outputs.compare_words import cause_words
from layerlens.tui.viewmodel.comparecolumns import (
    bar_column,
    change_column,
    sign_column,
    size_column,
    word_column,
)
from layerlens.tui.viewmodel.comparepaths import Differing, Way
from layerlens.tui.viewmodel.layers import instruction
from layerlens.tui.viewmodel.marks import MARKED, Marks
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rowfilter import RowFilter
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.table import Column, Table
from layerlens.tui.viewmodel.text import plural, safe_text, size
from layerlens.units import human_change

Told = tuple[str, str, list[tuple[str, str]]]
"""A title, a headline, and pairs of a label and a text; all are safe to print."""

_NAME = 200


@dataclass(slots=True)
class Compared:
    """What all levels share: both images, what differs, what is marked, what is hidden."""

    comparison: Comparison
    differing: Differing
    marks: Marks
    hidden: frozenset[Way] = frozenset()

    @property
    def old(self) -> Analysis:
        return self.comparison.old

    @property
    def new(self) -> Analysis:
        return self.comparison.new


class Level(ABC):
    """One table, and what is known of its rows.

    ``title`` is its part of the line that says where one is, safe to print;
    ``opened_by`` the key of the row that led here.  ``noun`` is what a row is called.
    """

    noun: ClassVar[str] = "row"

    def __init__(self, both: Compared, title: str, opened_by: object = None) -> None:
        self.both = both
        self.title = title
        self.opened_by = opened_by
        self.table: Table[Any] = self.made()

    @abstractmethod
    def made(self) -> Table[Any]:
        """The table."""

    def remake(self) -> None:
        """Make the rows anew where something was hidden or shown."""
        self.table.replace(self.table.all_rows)

    @property
    def filter(self) -> RowFilter:
        """What is searched for."""
        return self.table.filter

    def search(self, text: str, match: Match | None = None) -> None:
        """Show only what matches a text, read as before or as ``match`` says."""
        self.table.search(text, match)

    def sum(self) -> int | None:
        """The change in bytes of what is shown, ``None`` where that says nothing."""
        return sum(map(self.change, self.table.rows))

    def change(self, row: Any) -> int:
        """A row's change in bytes."""
        return int(row.bytes)

    def words(self) -> str:
        """What is shown, in a few words."""
        total = self.sum()
        parts = [plural(len(self.table), self.noun)]
        return ", ".join(parts if total is None else [*parts, human_change(total)])

    def key(self, row: Any) -> object:
        """What a row is found by again."""
        return row

    @abstractmethod
    def below(self, row: Any) -> Level | None:
        """The level that a row opens; ``None`` where there is nothing below."""

    @abstractmethod
    def text(self, row: Any) -> str:
        """A row in one line, safe to print, for the clipboard."""

    @abstractmethod
    def told(self, row: Any) -> Told:
        """What there is to say of a row."""

    def subject(self, row: Any) -> Subject | None:
        """What keys of all views act on."""
        del row
        return None

    def in_tree(self, row: Any) -> tuple[bytes, int | None] | str:
        """The path and layer of the new image's tree that a row is about, or why there is none."""
        del row
        return "there is no path or layer under the cursor"


def _where(analysis: Analysis, layer: int | None) -> str:
    """A layer and what made it, in words."""
    if layer is None or not 0 <= layer < len(analysis.layers):
        return ""
    return f"layer {layer}: {instruction(analysis.layers[layer])}"


def _old_only(what: str) -> str:
    return f"only the old image has this {what}, and the tree shows the new one"


# ---------------------------------------------------------------------- why it grew


class Causes(Level):
    """The change in size as parts that add up to it."""

    noun = "part"

    def made(self) -> Table[Any]:
        found = causes(self.both.comparison)
        most = max((abs(each.bytes) for each in found), default=0)
        return Table(
            found,
            [
                bar_column(self.change, most),
                change_column(self.change),
                Column("name", "What", lambda row: (safe_text(cause_words(row), _NAME), ""),
                       cause_words, 18, most=40),
                Column("layer", "Layer", lambda row: (self._layer(row), "dim"),
                       lambda row: (row.bytes < 0, row.layer), 7, from_cells=56),
                Column("", "Instruction", lambda row: (_one_line(row.instruction), ""), str),
            ],
            text=lambda row: f"{cause_words(row)} {row.instruction}",
            order="size",
        )  # fmt: skip

    @staticmethod
    def _layer(row: Cause) -> str:
        return "" if row.layer is None else f"{'old' if row.bytes < 0 else 'new'} {row.layer}"

    def below(self, row: Cause) -> Level | None:
        return None

    def key(self, row: Cause) -> object:
        return row.kind, row.name, row.bytes

    def text(self, row: Cause) -> str:
        return (
            f"{human_change(row.bytes)} {safe_text(cause_words(row))}: {_one_line(row.instruction)}"
        )

    def subject(self, row: Cause) -> Subject | None:
        return None if row.layer is None else Subject(layer=row.layer, old=row.bytes < 0)

    def in_tree(self, row: Cause) -> tuple[bytes, int | None] | str:
        return _old_only("layer") if row.bytes < 0 else (b"", row.layer)

    def told(self, row: Cause) -> Told:
        gone = "the old image has none of it" if row.is_new else "the new image has none of it"
        image = self.both.old if row.bytes < 0 else self.both.new
        pairs = [
            (
                "change",
                human_change(row.bytes) + (f"; {gone}" if row.is_new or row.is_gone else ""),
            ),
            (
                "most in",
                f"the {'old' if row.bytes < 0 else 'new'} image's {_where(image, row.layer)}",
            ),
        ]
        if row.line is not None:
            pairs.append(("line", f"{row.line} of the Dockerfile"))
        if row.is_base:
            pairs.append(("from", "the base image"))
        return "Part of the change", safe_text(cause_words(row), _NAME), pairs


def _one_line(text: str) -> str:
    return safe_text(" ".join(text.split()), 1000)


# ---------------------------------------------------------------------- layers


class Layers(Level):
    """All layers of both images, the same steps beside each other."""

    noun = "layer"

    def made(self) -> Table[Any]:
        pairs = self.both.comparison.layers
        self._place = {id(pair): k for k, pair in enumerate(pairs)}
        self._fetched = set(self.both.comparison.pull.fetched)
        most = max((abs(self.change(pair)) for pair in pairs), default=0)
        return Table(
            pairs,
            [
                Column("layer", "Old", lambda row: (_index(row.old), "dim"),
                       lambda row: self._place[id(row)], 6, right=True),
                Column("", "New", lambda row: (_index(row.new), "dim"), str, 3, right=True),
                sign_column(_pair_word),
                word_column(_pair_word, cells=7),
                size_column("old", "Was", lambda row: row.size.old),
                size_column("new", "Is", lambda row: row.size.new, 44),
                change_column(self.change),
                bar_column(self.change, most),
                size_column("fetch", "To fetch", self._fetch, 100),
                Column("name", "Instruction", lambda row: (_one_line(row.instruction.text), ""),
                       lambda row: row.instruction.text),
            ],
            text=lambda row: f"{row.instruction.text}",
            order="layer",
        )  # fmt: skip

    def change(self, row: LayerPair) -> int:
        return (row.size.new or 0) - (row.size.old or 0)

    def _fetch(self, row: LayerPair) -> int | None:
        if row.new not in self._fetched:
            return None
        return row.size.new if row.transfer.new is None else row.transfer.new

    def key(self, row: LayerPair) -> object:
        return row.old, row.new

    def below(self, row: LayerPair) -> Level | None:
        return None

    def words(self) -> str:
        shared = sum(pair.same for pair in self.table.rows)
        return f"{super().words()}, {shared} shared"

    def text(self, row: LayerPair) -> str:
        return _one_line(row.instruction.text)

    def subject(self, row: LayerPair) -> Subject | None:
        return Subject(layer=row.old, old=True) if row.new is None else Subject(layer=row.new)

    def in_tree(self, row: LayerPair) -> tuple[bytes, int | None] | str:
        return _old_only("layer") if row.new is None else (b"", row.new)

    def told(self, row: LayerPair) -> Told:
        pull = self.both.comparison.pull
        head = {
            "same": "the same layer in both images",
            "changed": "the same step, with other content",
            "added": "a step that only the new image has",
            "removed": "a step that only the old image has",
        }[_pair_word(row)]
        pairs = [("change", f"{human_change(self.change(row))} of content")]
        if row.old is not None:
            pairs.append(("old", _where(self.both.old, row.old)))
        if row.new is not None:
            pairs.append(("new", _where(self.both.new, row.new)))
            fetched = self._fetch(row)
            pairs.append(
                ("pull", "there already" if fetched is None else f"{size(fetched)} to fetch")
            )
            if row.new == pull.broke_at:
                pairs.append(("sharing", f"ends here: {safe_text(pull.why, 1000)}"))
        return "Layer", head, pairs


def _index(layer: int | None) -> str:
    return "" if layer is None else str(layer)


def _pair_word(row: LayerPair) -> str:
    if row.same:
        return "same"
    return "removed" if row.new is None else "added" if row.old is None else "changed"


# ---------------------------------------------------------------------- classes of bytes


class Classes(Level):
    """What is kept, dead by cause, removable by class, where it differs."""

    noun = "class"

    def made(self) -> Table[Any]:
        rows = self.both.comparison.classes
        most = max((abs(self.change(row)) for row in rows), default=0)
        return Table(
            rows,
            [
                bar_column(self.change, most),
                change_column(self.change),
                size_column("old", "Old", lambda row: row.bytes.old, 44),
                size_column("new", "New", lambda row: row.bytes.new, 44),
                Column("kind", "Kind", lambda row: (row.kind, "dim"), lambda row: row.kind, 9),
                Column("name", "Class", lambda row: (safe_text(row.name, _NAME), ""),
                       lambda row: row.name),
            ],
            text=lambda row: f"{row.kind} {row.name}",
            order="size",
        )  # fmt: skip

    def words(self) -> str:
        return f"{len(self.table):,} {'class' if len(self.table) == 1 else 'classes'}"

    def change(self, row: ClassDelta) -> int:
        return row.bytes.change or 0

    def below(self, row: ClassDelta) -> Level | None:
        return None

    def text(self, row: ClassDelta) -> str:
        return f"{row.kind} {safe_text(row.name)}: {human_change(self.change(row))}"

    def in_tree(self, row: ClassDelta) -> str:
        return "the view Waste goes down to the files of a class"

    def told(self, row: ClassDelta) -> Told:
        meaning = {
            "kept": "what containers see and no rule would remove",
            "dead": "what ships although no container sees it",
            "removable": "what findings would remove",
        }
        pairs = [
            ("old", size(row.bytes.old or 0)),
            ("new", size(row.bytes.new or 0)),
            ("change", human_change(self.change(row))),
        ]
        if row.transfer.change is not None:
            pairs.append(("transfer", human_change(row.transfer.change)))
        pairs.append(("meaning", meaning.get(row.kind, "")))
        return "Class of bytes", safe_text(f"{row.kind}: {row.name}", _NAME), pairs


# ---------------------------------------------------------------------- findings


@dataclass(frozen=True, slots=True, eq=False)
class Turned:
    """A finding that only one of the images has: ``fixed`` where that is the old one."""

    finding: Finding
    fixed: bool


class Findings(Level):
    """What was fixed, and what is new."""

    noun = "finding"

    def made(self) -> Table[Any]:
        matched = self.both.comparison.findings
        old, new = self.both.old.findings, self.both.new.findings
        rows = [Turned(new[k], fixed=False) for k in matched.new]
        rows += [Turned(old[k], fixed=True) for k in matched.fixed]
        return Table(
            rows,
            [
                sign_column(lambda row: "removed" if row.fixed else "added"),
                Column("kind", "What", lambda row: (_turn(row), "fix" if row.fixed else "waste"),
                       lambda row: row.fixed, 6),
                Column("severity", "Severity",
                       lambda row: (row.finding.severity.word, _severity_style(row.finding)),
                       lambda row: (row.finding.severity, row.finding.bytes), 8,
                       largest_first=True),
                change_column(self.change),
                Column("name", "Finding", lambda row: (_one_line(row.finding.title), ""),
                       lambda row: row.finding.title),
            ],
            text=lambda row: f"{row.finding.rule.id} {row.finding.title}",
            order="severity",
            sign=lambda row: MARKED if self.both.marks.has_finding(row.finding) else ("", ""),
        )  # fmt: skip

    def sum(self) -> None:
        return None

    def change(self, row: Turned) -> int:
        return -row.finding.bytes if row.fixed else row.finding.bytes

    def key(self, row: Turned) -> object:
        return id(row.finding)

    def words(self) -> str:
        fixed = sum(row.fixed for row in self.table.rows)
        kept = len(self.both.comparison.findings.kept)
        return f"{fixed} fixed, {len(self.table) - fixed} new, {kept} in both"

    def below(self, row: Turned) -> Level | None:
        return None

    def text(self, row: Turned) -> str:
        if not row.fixed and row.finding.fix:
            return row.finding.fix
        return f"{safe_text(row.finding.rule.id)}: {_one_line(row.finding.title)}"

    def subject(self, row: Turned) -> Subject | None:
        if row.fixed:
            return Subject(layer=row.finding.layer, old=True)
        return Subject(layer=row.finding.layer, finding=row.finding)

    def in_tree(self, row: Turned) -> tuple[bytes, int | None] | str:
        if row.fixed:
            return _old_only("finding")
        found = row.finding
        if found.layer is None and not found.paths:
            return "this finding is of no path or layer"
        return (found.paths[0] if found.paths else b""), found.layer

    def told(self, row: Turned) -> Told:
        found, image = row.finding, self.both.old if row.fixed else self.both.new
        pairs = [("rule", safe_text(found.rule.id, _NAME))]
        if found.bytes:
            pairs.append(("saving", size(found.bytes)))
        pairs += [("blame", _where(image, found.layer))] if found.layer is not None else []
        pairs += [("paths", f"/{safe_text(path, 500)}") for path in found.paths[:3]]
        if found.fix and not row.fixed:
            lines = found.fix.rstrip().splitlines()
            pairs.append(("fix", "\n".join(safe_text(line, 500) for line in lines)))
        pairs.append(("why", _one_line(found.rule.why)))
        return f"Finding: {_turn(row)}", _one_line(found.title), pairs


def _turn(row: Turned) -> str:
    return "fixed" if row.fixed else "new"


def _severity_style(finding: Finding) -> str:
    return {"critical": "critical", "high": "severe", "medium": "notable"}.get(
        finding.severity.word, "dim"
    )
