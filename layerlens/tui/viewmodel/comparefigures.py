"""The first level of the comparison: what both images weigh, and what leads further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.comparison.model import Comparison, Delta, PathChange
from layerlens.outputs.compare_words import change_of, known, unsure_words
from layerlens.outputs.display import percent_of
from layerlens.tui.viewmodel.compareagain import Again
from layerlens.tui.viewmodel.comparecolumns import style_of
from layerlens.tui.viewmodel.comparefiles import Files
from layerlens.tui.viewmodel.comparelevels import (
    Causes,
    Classes,
    Compared,
    Findings,
    Layers,
    Level,
    Told,
)
from layerlens.tui.viewmodel.comparepackages import Packages
from layerlens.tui.viewmodel.table import Column, Table
from layerlens.tui.viewmodel.text import count, plural, safe_text, size
from layerlens.units import human_change

Open = Callable[[Compared, str, object], Level]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both images; texts are safe.

    ``weight`` is the change in bytes, or what stands for it; ``opens`` the level that
    explains it, and ``title`` what that is called.
    """

    label: str
    old: str
    new: str
    change: str
    weight: int
    opens: Open
    title: str
    meaning: str


class Summary(Level):
    """All figures; each leads to what explains it."""

    noun = "figure"

    def __init__(self, both: Compared) -> None:
        super().__init__(both, "Compare")

    def made(self) -> Table[Any]:
        rows = list(figures(self.both.comparison))
        self._place = {row.label: k for k, row in enumerate(rows)}
        return Table(
            rows,
            [
                Column("name", "What", lambda row: (row.label, "dim"),
                       lambda row: self._place[row.label], 13, most=22),
                Column("", "Old", lambda row: (row.old, ""), str, 10, right=True),
                Column("", "New", lambda row: (row.new, "title"), str, 10, right=True),
                Column("size", "Change", lambda row: (row.change, style_of(row.weight)),
                       lambda row: abs(row.weight), largest_first=True),
            ],
            text=lambda row: f"{row.label} {row.change}",
            order="name",
        )  # fmt: skip

    def sum(self) -> None:
        return None

    def words(self) -> str:
        if self.both.comparison.is_same:
            return "nothing differs"
        return plural(len(self.table), self.noun)

    def change(self, row: Figure) -> int:
        return row.weight

    def key(self, row: Figure) -> object:
        return row.label

    def below(self, row: Figure) -> Level | None:
        return row.opens(self.both, row.title, row.label)

    def text(self, row: Figure) -> str:
        return f"{row.label}: {row.old} → {row.new} {row.change}".rstrip()

    def told(self, row: Figure) -> Told:
        comparison = self.both.comparison
        pairs = [
            ("old", _name(comparison.old)),
            ("new", _name(comparison.new)),
            ("meaning", row.meaning),
        ]
        if row.label == TO_FETCH:
            pairs[2:2] = _pull(comparison)
        if comparison.unsure:
            pairs.append(("unsure", unsure_words(comparison.unsure)))
        pairs.append(("Enter", f"goes to: {row.title}"))
        head = f"{row.label}: {row.old or '-'} → {row.new or '-'}  {row.change}".rstrip()
        return "Compare", head, pairs


TO_FETCH = "to fetch"
"""The figure of what a client that has the old image downloads."""


def _name(image: Analysis) -> str:
    platform = f" ({safe_text(str(image.image.platform), 60)})" if image.image.platform else ""
    return safe_text(image.image.reference, 500) + platform


def _pull(comparison: Comparison) -> list[tuple[str, str]]:
    pull = comparison.pull
    what = "stored bytes" if pull.exact else "content bytes: layers lie uncompressed here"
    pairs = [
        ("fetched", f"{size(pull.bytes)} in {plural(len(pull.fetched), 'layer')} ({what})"),
        ("there", f"{size(pull.reused_bytes)} in {plural(len(pull.reused), 'layer')}"),
        ("sharing", safe_text(pull.why, 1000)),
    ]
    if pull.chained_bytes != pull.bytes:
        again = f"its own store fetches {size(pull.chained_bytes)}"
        pairs.append(("Docker", f"{again}: it reuses a layer only on top of the same layers"))
    return pairs


def figures(comparison: Comparison) -> Iterator[Figure]:
    """What both images weigh, how well they are built, and how much of what differs."""
    old, new = comparison.old, comparison.new
    why = f"Why {human_change(comparison.size.change or 0)}"
    yield _bytes("size", comparison.size, Causes, why, "content of all layers, dead bytes too")
    if comparison.transfer.old is not None or comparison.transfer.new is not None:
        yield _bytes(
            "transfer", comparison.transfer, Layers, "Layers", "what pulling all of it moves"
        )
    yield _bytes("live", comparison.live, Files, "Files", "what containers see")
    yield _bytes("dead", comparison.dead, Classes, _CLASSES, "what ships unseen")
    judged = old.judged is not None and new.judged is not None
    if judged:
        removable = Delta(old.scores.removable_bytes, new.scores.removable_bytes)
        yield _bytes("removable", removable, Classes, _CLASSES, "what findings would remove")
    yield _score("efficiency", "efficiency", comparison, "the share of all bytes that is live")
    yield _score("lean score", "lean_score", comparison, "the share that is live and not removable")
    pull = comparison.pull
    yield Figure(
        TO_FETCH, "", size(pull.bytes), f"of {size(pull.bytes + pull.reused_bytes)}", pull.bytes,
        Layers, "Layers", "what a client that has the old image downloads",
    )  # fmt: skip
    again = sum(each.bytes for each in comparison.refetched)
    yield Figure(
        "for nothing", "", size(again), "fetched again, unchanged" if again else "", again,
        Again, "Fetched again for nothing",
        "content of layers to fetch in which nothing changed that matters",
    )  # fmt: skip
    yield _layers(comparison)
    yield _files(comparison)
    if judged:
        yield _packages(comparison)
        yield _findings(comparison)


_CLASSES = "Where the bytes are"


def _bytes(label: str, delta: Delta, opens: Open, title: str, meaning: str) -> Figure:
    return Figure(
        label, known(delta.old), known(delta.new), change_of(delta), delta.change or 0,
        opens, title, meaning,
    )  # fmt: skip


def _score(label: str, name: str, comparison: Comparison, meaning: str) -> Figure:
    was, now = (getattr(each.scores, name) for each in (comparison.old, comparison.new))
    totals = [each.scores.total_bytes for each in (comparison.old, comparison.new)]
    points = round((now - was) * 1000)
    before, after = (
        percent_of(round(score * total), total) if total else "100%"
        for score, total in zip((was, now), totals, strict=True)
    )
    change = f"{points / 10:+.1f} points" if points else "no change"
    return Figure(label, before, after, change, -points, Classes, _CLASSES, meaning)


def _layers(comparison: Comparison) -> Figure:
    shared = sum(pair.same for pair in comparison.layers)
    return Figure(
        "layers", count(len(comparison.old.layers)), count(len(comparison.new.layers)),
        f"{shared} shared", 0, Layers, "Layers", "the steps of both builds beside each other",
    )  # fmt: skip


_WORDS = {
    PathChange.ADDED: "added",
    PathChange.REMOVED: "removed",
    PathChange.CONTENT: "changed",
    PathChange.METADATA: "metadata only",
    PathChange.TYPE: "of another type",
    PathChange.MOVED: "moved",
}


def _files(comparison: Comparison) -> Figure:
    counts = Counter(path.change for path in comparison.paths)
    told = ", ".join(f"{counts[each]:,} {word}" for each, word in _WORDS.items() if counts[each])
    return Figure(
        "files", count(comparison.old.image.file_count), count(comparison.new.image.file_count),
        told or "no change", 0, Files, "Files", "paths of the final filesystem that differ",
    )  # fmt: skip


def _packages(comparison: Comparison) -> Figure:
    counts = Counter(each.change for each in comparison.packages)
    words = {"added": "added", "removed": "removed", "version": "of another version",
             "size": "of another size"}  # fmt: skip
    told = ", ".join(f"{counts[each]:,} {word}" for each, word in words.items() if counts[each])
    old, new = (len(each.inventory.packages) for each in (comparison.old, comparison.new))
    return Figure(
        "packages", count(old), count(new), told or "no change", 0,
        Packages, "Packages", "what package managers installed",
    )  # fmt: skip


def _findings(comparison: Comparison) -> Figure:
    matched = comparison.findings
    told = [f"{len(matched.fixed)} fixed"] * bool(matched.fixed)
    told += [f"{len(matched.new)} new"] * bool(matched.new)
    return Figure(
        "findings", count(len(comparison.old.findings)), count(len(comparison.new.findings)),
        ", ".join(told) or "no change", 0, Findings, "Findings",
        "what could be better, matched by rule and place",
    )  # fmt: skip
