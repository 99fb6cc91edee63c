"""The findings as a table and as pages, and the image without those that are ticked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding, WhatIf
from layerlens.analysis.rules.model import Confidence, Severity
from layerlens.outputs.display import percent_of
from layerlens.tui.viewmodel.marks import Marks
from layerlens.tui.viewmodel.page import Fact, Page, Place, place_of, safe_lines
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.table import Column, Piece, Table
from layerlens.tui.viewmodel.text import (
    SIZE_CELLS,
    bar,
    count,
    pad,
    percent,
    plural,
    safe_text,
    size,
    width,
)
from layerlens.tui.viewmodel.whose import Whose

_SIGNS = {
    Severity.CRITICAL: ("!!", "critical"),
    Severity.HIGH: ("! ", "severe"),
    Severity.MEDIUM: ("* ", "notable"),
    Severity.LOW: ("- ", ""),
    Severity.INFO: ("· ", "dim"),
}
"""A sign for each severity beside its word, and the name of its style."""

_BAR_CELLS = 6
_MOST_EVIDENCE = 50
"""Lines of evidence that are shown."""

_SEARCHED = 500
"""Characters of a text, bytes of a path, that a filter looks at."""


class Findings:
    """What the view of findings shows of an image.

    ``threshold`` is the least severity that is shown; ``plain_only`` leaves out
    alternatives, hints and what has a price.  Which findings are ticked stands
    in the marks, since they are printed at the end.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.threshold = Severity.INFO
        self.whose = Whose.ALL
        self.plain_only = False
        self._outlook: tuple[tuple[int, ...], Outlook | None] = ((), None)
        self._largest = 0
        self.table: Table[Finding] = Table(
            (), self._columns(), text=_searched, order="severity", sign=self._sign
        )
        self._choose()

    def adopt(self, session: Session) -> None:
        """Show another state of the image under the same choices."""
        self._session = session
        self._outlook = ((), None)
        self._choose()

    @property
    def analysis(self) -> Analysis:
        return self._session.analysis

    @property
    def marks(self) -> Marks:
        return self._session.marks

    def page(self, finding: Finding) -> Page:
        """All that is known of a finding; the paths come last."""
        return page(self.analysis, finding)

    def key(self, finding: Finding) -> object:
        """What tells a finding from others, in another state of the image too."""
        return finding.rule.id, finding.title, finding.layer

    def why_none(self) -> tuple[str, ...]:
        """Why there are no findings, and how to get some; nothing where there are any."""
        return why_none(self.analysis, reading=self._session.reading)

    # ------------------------------------------------------------------ table

    def _columns(self) -> list[Column[Finding]]:
        return [
            Column("severity", "Severity", _severity,
                   lambda row: (row.severity, row.bytes), 11, largest_first=True),
            Column("size", "Saving", lambda row: (size(row.bytes) if row.bytes else "-", ""),
                   lambda row: row.bytes, SIZE_CELLS, right=True, largest_first=True),
            Column("", "", self._bar, lambda row: row.bytes, _BAR_CELLS, from_cells=68),
            Column("title", "Finding", _title, lambda row: row.title.casefold(), most=96),
            Column("rule", "Rule", lambda row: (safe_text(row.rule.id, 100), "dim"),
                   lambda row: row.rule.id, 24, from_cells=110, most=32),
            Column("count", "Paths", _paths, lambda row: row.path_count, 7, right=True,
                   largest_first=True, from_cells=90),
            Column("layer", "Layer", _layer,
                   lambda row: -1 if row.layer is None else row.layer, 7, from_cells=52),
            Column("sure", "Sure", lambda row: (row.confidence.value, _sure_style(row)),
                   lambda row: list(Confidence).index(row.confidence), 7, from_cells=60),
        ]  # fmt: skip

    def _sign(self, finding: Finding) -> Piece:
        return ("✓ ", "mark") if self.marks.has_finding(finding) else ("  ", "")

    def _bar(self, finding: Finding) -> Piece:
        return bar(finding.bytes, self._largest, _BAR_CELLS), "bar"

    # ------------------------------------------------------------------ choices

    def cycle_threshold(self) -> None:
        """Show one severity less; after the highest all again."""
        self.threshold = (
            Severity.INFO if self.threshold is Severity.CRITICAL else Severity(self.threshold + 1)
        )
        self._choose()

    def cycle_whose(self) -> None:
        """Base and yours, then only yours, then only the base's."""
        self.whose = self.whose.next
        self._choose()

    def toggle_plain(self) -> None:
        """Plain advice only, or alternatives, hints and trade-offs too."""
        self.plain_only = not self.plain_only
        self._choose()

    @property
    def is_filtered(self) -> bool:
        choices = self.threshold > Severity.INFO or self.whose is not Whose.ALL or self.plain_only
        return self.table.is_filtered or choices

    def clear_filters(self) -> None:
        self.threshold, self.whose, self.plain_only = Severity.INFO, Whose.ALL, False
        self.table.search("")
        self._choose()

    def _choose(self) -> None:
        rows = [
            finding
            for finding in self.analysis.findings
            if finding.severity >= self.threshold
            and self.whose.takes(is_base=finding.is_base)
            and (is_plain(finding) or not self.plain_only)
        ]
        self._largest = max((finding.bytes for finding in self.analysis.findings), default=0)
        self.table.replace(rows)

    @property
    def title(self) -> str:
        """What the table shows, in a line."""
        shown, every = len(self.table), len(self.analysis.findings)
        parts = [plural(every, "finding") if shown == every else f"{count(shown)} of {every:,}"]
        if self.threshold:
            parts.append(f"{self.threshold.word} or worse")
        if self.whose is not Whose.ALL:
            parts.append(self.whose.value)
        if self.plain_only:
            parts.append("plain advice")
        return " · ".join(parts)

    @property
    def matched(self) -> str:
        """How many findings are shown, and what they would save together."""
        rows = self.table.rows
        saved = 0 if self.analysis.judged is None else self.analysis.what_if(rows).saved_bytes
        return f"{plural(len(rows), 'finding')}, {size(saved)}"

    @property
    def order(self) -> str:
        """What the table is ordered by."""
        by = {"severity": "severity", "size": "saving", "count": "number of paths",
              "sure": "confidence"}.get(self.table.order, self.table.order)  # fmt: skip
        return f"by {by}{' ↑' if self.table.reverse else ''}"

    # ------------------------------------------------------------------ what-if

    def tick(self, finding: Finding) -> None:
        """Count a finding as mended, or no more."""
        self.marks.toggle_finding(finding)

    def tick_advised(self) -> int:
        """Tick all plain advice about bytes and nothing else; gives how many there are.

        Where there are none, what is ticked stays ticked.
        """
        advised = self.analysis.advised
        if advised:
            self.marks.set_findings(advised)
        return len(advised)

    def untick_all(self) -> None:
        self.marks.set_findings(())

    @property
    def outlook(self) -> Outlook | None:
        """The image without what is ticked, ``None`` where nothing is."""
        ticked = self.marks.findings
        key = tuple(map(id, ticked))
        if key != self._outlook[0]:
            found = Outlook(self.analysis, ticked, self.analysis.what_if(ticked)) if key else None
            self._outlook = (key, found)
        return self._outlook[1]


def is_plain(finding: Finding) -> bool:
    """Whether a finding is advice without an if: no alternative, no hint, no price."""
    rule = finding.rule
    return not (rule.alternative or rule.trade_off or finding.confidence is Confidence.HINT)


def _searched(finding: Finding) -> str:
    rule = finding.rule
    parts = [finding.title, rule.id, *rule.also, finding.severity.word, finding.instruction]
    texts = [part[:_SEARCHED] for part in parts]
    texts += [path[-_SEARCHED:].decode("utf-8", "surrogateescape") for path in finding.paths]
    return "\n".join(texts)


def _severity(finding: Finding) -> Piece:
    sign, style = _SIGNS[finding.severity]
    return f"{sign} {finding.severity.word}", style


def _title(finding: Finding) -> Piece:
    return safe_text(finding.title, 500), "" if is_plain(finding) else "dim"


def _paths(finding: Finding) -> Piece:
    return count(finding.path_count) if finding.path_count else "", "dim"


def _layer(finding: Finding) -> Piece:
    if finding.layer is None:
        return "image", "dim"
    return f"{finding.layer} base" if finding.is_base else str(finding.layer), "dim"


def _sure_style(finding: Finding) -> str:
    return "" if finding.confidence is Confidence.CERTAIN else "dim"


# ---------------------------------------------------------------------- page


def page(analysis: Analysis, finding: Finding) -> Page:
    """All that is known of a finding; the paths come last."""
    rest = finding.path_count - len(finding.paths)
    places = _places(analysis, finding)
    return Page(
        list(_facts(analysis, finding)),
        heading=(
            f"paths ({count(finding.path_count)}), Enter shows one in the tree" if places else ""
        ),
        count=len(places),
        place=places.__getitem__,
        rest=f"and {count(rest)} further paths" if rest > 0 else "",
    )


def _facts(analysis: Analysis, finding: Finding) -> Iterator[Fact]:
    rule = finding.rule
    yield Fact("", safe_text(finding.title), "title")
    also = f" (elsewhere {', '.join(rule.also)})" if rule.also else ""
    yield Fact("rule", safe_text(rule.id + also))
    sign, style = _SIGNS[finding.severity]
    kind = [finding.confidence.value]
    if rule.alternative:
        kind.append("an alternative to other findings")
    yield Fact(
        "severity",
        f"{sign.strip()} {finding.severity.word}, {', '.join(kind)}",
        style,
    )
    yield Fact("saving", _saving(analysis, finding))
    yield Fact("blame", _blame(finding))
    if finding.instruction:
        yield Fact("instruction", safe_text(" ".join(finding.instruction.split())))
    if finding.fix:
        yield Fact("fix", safe_lines(finding.fix.rstrip()), "fix")
    if rule.why:
        yield Fact("why", safe_text(" ".join(rule.why.split())))
    if rule.trade_off:
        yield Fact("price", safe_text(" ".join(rule.trade_off.split())))
    if finding.evidence:
        shown = [safe_text(line) for line in finding.evidence[:_MOST_EVIDENCE]]
        rest = len(finding.evidence) - len(shown)
        shown += [f"… and {plural(rest, 'line')} more"] if rest > 0 else []
        yield Fact("evidence", "\n".join(shown))
    if finding.overlaps:
        yield Fact("overlaps", safe_text(f"{', '.join(finding.overlaps)} speak of the same bytes"))


def _saving(analysis: Analysis, finding: Finding) -> str:
    if not finding.bytes:
        return "no bytes"
    text = f"{size(finding.bytes)} ({count(finding.bytes)} bytes)"
    text += f", {percent_of(finding.bytes, analysis.scores.total_bytes)} of the image"
    if finding.transfer_bytes is not None:
        text += f"; {size(finding.transfer_bytes)} on the wire"
    if finding.claims and finding.claimed != finding.bytes:
        text += f"; {size(finding.claimed)} that no finding before it claims"
    return text


def _blame(finding: Finding) -> str:
    layer = "the image as a whole" if finding.layer is None else f"layer {finding.layer}"
    line = "" if finding.line is None else f", line {finding.line} of the Dockerfile"
    return f"{layer}{line}{', of the base image' if finding.is_base else ''}"


def _places(analysis: Analysis, finding: Finding) -> list[Place]:
    """The paths of a finding, with the versions that it speaks of."""
    fs = analysis.filesystem
    dead = frozenset() if analysis.savings is None else analysis.savings.dead
    # Where a finding speaks of dead files, what lives under the same names is another matter.
    is_dead = bool(finding.versions) and finding.versions[0] in dead
    found: dict[bytes, list[int]] = {}
    if is_dead:
        wanted = set(finding.paths)
        for version in finding.versions:
            if fs.paths[version] in wanted:
                found.setdefault(fs.paths[version], []).append(version)
        for each in found.values():
            each.sort(key=fs.size)  # the largest comes first in the paths, and goes last here
    places = []
    for path in finding.paths:
        versions = found.get(path)
        at = versions.pop() if versions else fs.live.get(path)
        places.append(
            Place(path, layer=finding.layer)
            if at is None
            else place_of(fs, path, at, dead=at in dead)
        )
    return places


# ---------------------------------------------------------------------- what-if


@dataclass(frozen=True, slots=True)
class Move:
    """One figure: how it is and how it would be; ``change`` says by how much, with a sign.

    ``then`` is empty where nothing can be said of the figure.
    """

    label: str
    now: str
    then: str = ""
    change: str = ""

    @property
    def pieces(self) -> list[Piece]:
        return [(f"{self.now} → ", ""), (self.then, "then")] if self.then else [(self.now, "")]

    @property
    def figures(self) -> str:
        return "".join(text for text, _ in self.pieces)


_GAP = 2


class Outlook:
    """What ticked findings make of the figures."""

    def __init__(self, analysis: Analysis, ticked: Sequence[Finding], what: WhatIf) -> None:
        self.what = what
        self.ticked = len(ticked)
        self.alone = sum(finding.bytes for finding in ticked)
        self._every = len(analysis.findings)
        self._total = analysis.scores.total_bytes
        self.moves = tuple(_moves(analysis, what))

    @property
    def headline(self) -> str:
        """How much comes back, in a line."""
        saved = self.what.saved_bytes
        share = f" ({percent_of(saved, self._total)})" if saved else ""
        return f"What if {self.ticked:,} of {self._every:,} were mended: {size(saved)} less{share}"

    @property
    def overlap(self) -> str:
        """That savings do not add up, ``""`` where they do."""
        saved = self.what.saved_bytes
        if self.alone > saved:
            return f"savings overlap: one by one they add up to {size(self.alone)}"
        if self.alone < saved:
            return f"one by one only {size(self.alone)}: some files go with their last name"
        return ""

    def lines(self, cells: int) -> list[list[Piece]]:
        """The panel: the headline, then as many figures in a line as there is room for."""
        overlap = self.overlap
        out: list[list[Piece]] = [[(self.headline, "title")]]
        if overlap and width(self.headline) + width(overlap) + 3 <= cells:
            out[0].append((f" · {overlap}", "note"))
        elif overlap:
            out.append([(overlap, "note")])
        rows = self._in_columns(cells)
        return out + (rows if rows is not None else self._flowing(cells))

    def _in_columns(self, cells: int) -> list[list[Piece]] | None:
        """The figures in two columns or more, ``None`` where there is no room for them."""
        moves = self.moves
        label = max(width(move.label) for move in moves) + 1
        change = max(width(move.change) for move in moves)
        shown = label + max(width(move.figures) for move in moves) + 1
        columns = min(len(moves), (cells + _GAP) // (shown + change + _GAP))
        while columns > 1 and len(moves) % columns:
            columns -= 1
        if columns < 2:
            return None
        out = []
        for first in range(0, len(moves), columns):
            line: list[Piece] = []
            for move in moves[first : first + columns]:
                line += [(pad(move.label, label), "dim"), *move.pieces]
                line.append((" " * (shown - label - width(move.figures)), ""))
                line.append((pad(move.change, change + _GAP), "dim"))
            out.append(line)
        return out

    def _flowing(self, cells: int) -> list[list[Piece]]:
        """The figures one behind the other."""
        out: list[list[Piece]] = []
        used = cells
        for move in self.moves:
            needed = width(move.label) + 1 + width(move.figures) + _GAP
            if used + needed - _GAP > cells:
                out.append([])
                used = 0
            out[-1] += [(f"{move.label} ", "dim"), *move.pieces, (" " * _GAP, "")]
            used += needed
        return out


def _moves(analysis: Analysis, what: WhatIf) -> Iterator[Move]:
    now = analysis.scores
    yield _bytes("size", now.total_bytes, what.total_bytes)
    transfer = analysis.image.compressed_size
    if transfer is None or what.transfer_saved_bytes is None:
        yield Move("transfer", "not known (stored plain)")
    else:
        yield _bytes("transfer", transfer, transfer - what.transfer_saved_bytes)
    yield _bytes("dead", now.dead_bytes, what.dead_bytes)
    yield _bytes("removable", now.removable_bytes, what.removable_bytes)
    yield _share("efficiency", now.efficiency, what.efficiency)
    yield _share("lean", now.lean_score, what.lean_score)


def _bytes(label: str, now: int, then: int) -> Move:
    change = f"-{percent_of(now - then, now)}" if then < now else ""
    return Move(label, size(now), size(then), change)


def _share(label: str, now: float, then: float) -> Move:
    points = round(100 * (then - now), 1)
    return Move(label, percent(now), percent(then), f"{points:+.1f}" if points else "")


# ---------------------------------------------------------------------- none


def why_none(analysis: Analysis, *, reading: bool) -> tuple[str, ...]:
    """Why there are no findings, and how to get some; nothing where there are any."""
    if analysis.findings:
        return ()
    if analysis.judged is not None:
        return ("Nothing to mend.", "The rules ran and found nothing.")
    if reading:
        return ("Findings come when reading is done.", "The rules need the whole image.")
    return (
        "No rules ran, so there are no findings.",
        "Leave out --no-findings and let the image be read to its end: layerlens IMAGE",
    )
