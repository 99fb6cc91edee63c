"""What the pane below the waste table tells of a row: what it means, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from layerlens.analysis.blaming import blame, wording
from layerlens.analysis.model import Analysis, Waste
from layerlens.analysis.rules.findings import Finding
from layerlens.filesystem.changes import Cause
from layerlens.filesystem.result import Filesystem
from layerlens.outputs.display import escape
from layerlens.tui.viewmodel.layers import instruction
from layerlens.tui.viewmodel.text import count, percent, plural, safe_text, size
from layerlens.tui.viewmodel.wastelevels import claim_title
from layerlens.tui.viewmodel.wasterows import (
    By,
    Claim,
    ClassRow,
    Files,
    Group,
    LayerShare,
    Row,
    claims,
)

Told = tuple[str, str, list[tuple[str, str]]]
"""A title, a headline, and pairs of a label and a text; all are safe to print."""

_MEANINGS = {
    Cause.DELETED: (
        (
            "A later layer deleted the file: no container sees it, but it still ships with the "
            "layer that brought it."
        ),
        (
            "Delete it in the RUN that makes it, or keep it out: a cache mount, .dockerignore, or "
            "another stage."
        ),
    ),
    Cause.REPLACED: (
        "A later layer wrote other content at the same path: the earlier copy still ships.",
        "Write the file once: make it in one RUN, or in a stage of which only the result is copied.",
    ),
    Cause.METADATA: (
        "A later layer wrote the same content again, for a chmod, chown or touch: it ships twice.",
        "Set owner and mode where the file is made: COPY --chown and --chmod, or the same RUN.",
    ),
    Cause.OPAQUE: (
        (
            "A later layer made its whole directory anew: nothing of the old one is seen, all of it "
            "ships."
        ),
        "Clear the directory in the RUN that fills it, or fill it once.",
    ),
    Cause.TYPE_CHANGED: (
        "A later layer put something other than a file at the path, such as a link.",
        "Make the link or directory in the first place, in the step that made the file.",
    ),
    Cause.DUPLICATE_ENTRY: (
        "The tar of one layer lists the path more than once: only the last one counts.",
        "Build the image with a current builder; the tool that wrote this layer is at fault.",
    ),
    Cause.MARKER: (
        "Content in a deletion marker, which no runtime places anywhere.",
        "Build the image with a current builder; no sound one writes such entries.",
    ),
}
_KEPT = (
    "In the final filesystem, and no finding claims it. Enter shows it by layer.",
    "In the final filesystem. Rules did not run, so what else could go is among it.",
)
_FIX_CHARACTERS = 4000


def told(analysis: Analysis, files: Files, row: Row) -> Told:
    """All there is to say of a row."""
    if isinstance(row, ClassRow):
        return _class(analysis, row)
    if isinstance(row, LayerShare):
        return _layer(analysis, row.layer, f"{size(row.bytes)} of it kept")
    if isinstance(row, Group):
        what = f"{plural(row.count, 'file')}, {size(row.bytes)}"
        if isinstance(row.key, int):
            return _layer(
                analysis,
                row.key,
                f"{what}, {'which it lost' if row.by is By.LOST else 'which it brought'}",
            )
        return "Paths", f"/{safe_text(row.key)}", [("sum", what), ("Enter", "shows what is inside")]
    if isinstance(row, Claim):
        return _claim(row)
    if isinstance(row, int):
        return _removable(analysis, files, row)
    return _dead(analysis, row)


def _class(analysis: Analysis, row: ClassRow) -> Told:
    total = analysis.scores.total_bytes
    pairs = [("bytes", f"{count(row.bytes)}{_share(row.bytes, total)}")]
    if analysis.base.layers:
        pairs.append(("split", f"{size(row.base_bytes)} base, {size(row.your_bytes)} yours"))
    if row.kind == "total":
        pairs.insert(0, ("meaning", "Every byte of every layer stands in exactly one row above."))
        if analysis.judged is None:
            pairs.insert(1, ("rules", "They did not run: only dead bytes are told apart."))
        return "Total", "All layers", pairs
    title = f"{row.kind} · {safe_text(row.name, 100)}"
    if row.kind == "kept":
        return title, "What containers see", [("meaning", _KEPT[analysis.judged is None]), *pairs]
    if row.kind == "dead":
        cause = next(each for each in Cause if each.word == row.name)
        meaning, todo = _MEANINGS[cause]
        lost = [each for each in analysis.waste if each[1] is cause]
        empty = (row.files or 0) - len(lost)
        if row.files is not None:
            besides = f", {count(empty)} of them empty" if empty else ""
            pairs.append(("files", f"{count(row.files)}{besides}"))
        return title, meaning, [("to do", todo), *pairs]
    found = claims(analysis, row.name)
    names = [claim_title(each) for each in sorted(found, key=lambda each: -each.bytes)]
    listed = "\n".join(names[:5]) + (f"\nand {len(names) - 5} more" if names[5:] else "")
    return (
        title,
        "Live, but findings say that it need not be there.",
        [("findings", listed), *pairs],
    )


def _layer(analysis: Analysis, index: int, what: str) -> Told:
    layer = analysis.layers[index]
    pairs = [
        ("here", what),
        ("size", f"{size(layer.size)}, of which {size(layer.dead_bytes)} are dead"),
        ("makes waste", f"{size(layer.kills_bytes)} of this and lower layers"),
    ]
    return f"Layer {index} · {_whose(analysis, index)}", instruction(layer), pairs


def _claim(row: Claim) -> Told:
    if row.finding is None:
        return "Finding", claim_title(row), [("bytes", count(row.bytes))]
    return "Finding", claim_title(row), _finding_pairs(row.finding)


def _finding_pairs(finding: Finding) -> list[tuple[str, str]]:
    """Why, and what to do about it."""
    pairs = [("why", safe_text(finding.rule.why, _FIX_CHARACTERS))]
    if finding.layer is not None:
        pairs.append(("blame", f"layer {finding.layer}: {safe_text(finding.instruction)}"))
    pairs.append(("fix", _lines(finding.fix)))
    return pairs


def _lines(text: str) -> str:
    """Dockerfile text, safe to print: its backslashes stay as they are."""
    return "\n".join(map(escape, text[:_FIX_CHARACTERS].split("\n")))


def _dead(analysis: Analysis, row: Waste) -> Told:
    scores = analysis.scores
    meaning, todo = _MEANINGS[row.cause]
    pairs = [
        ("size", f"{size(row.bytes)} ({count(row.bytes)} bytes){_share(row.bytes, scores.total_bytes)}"),
        ("what", wording(row)),
        ("came in", _step(analysis, row.added_in)),
    ]  # fmt: skip
    if row.lost_in != row.added_in:
        pairs.append(("lost in", _step(analysis, row.lost_in)))
    pairs += [
        ("blame", f"layer {blame(row, analysis.layers)}"),
        ("meaning", meaning),
        ("to do", todo),
    ]
    version = dead_version(analysis.filesystem, row)
    if version is not None:
        inode = analysis.filesystem.inode(version)
        pairs += _of_findings(analysis, inode)
    return row.cause.word, f"/{safe_text(row.path)}", pairs


def _removable(analysis: Analysis, files: Files, version: int) -> Told:
    fs = analysis.filesystem
    here, whole, layer = files.size(version), fs.size(version), files.came(version)
    part = "" if here == whole else f" of {size(whole)}"
    pairs = [
        ("may go", f"{size(here)}{part} ({count(here)} bytes){_share(here, analysis.scores.total_bytes)}"),
        ("came in", _step(analysis, layer)),
        *_of_findings(analysis, version),
    ]  # fmt: skip
    return "Removable", f"/{safe_text(files.path(version))}", pairs


_MOST_FINDINGS = 3


def _of_findings(analysis: Analysis, version: int) -> list[tuple[str, str]]:
    """What findings say of a version: the first, the worst, with its fix."""
    found = []
    for finding in analysis.findings:
        if not finding.rule.alternative and (
            version in finding.versions or version in finding.parts
        ):
            found.append(finding)
            if len(found) == _MOST_FINDINGS:
                break
    pairs = [
        ("finding", f"{finding.rule.id}: {safe_text(finding.title)}") for finding in found
    ]  # fmt: skip
    return pairs + [("fix", _lines(finding.fix)) for finding in found[:1]]


def dead_version(fs: Filesystem, row: Waste) -> int | None:
    """The version whose name was lost with the bytes of a dead file.

    It is looked for when asked: keeping it for all dead files takes memory.
    """
    deaths = fs.deaths
    for at in _places(fs.paths, row.path, fs.first[row.added_in]):
        for death in _places(deaths.name, at, 0):
            came = fs.layer_of(deaths.inode[death])
            if (came, deaths.layer[death]) == (row.added_in, row.lost_in):
                return at
    return None


def _places(values: Sequence[Any], wanted: object, start: int) -> Iterator[int]:
    """Where a value stands, from a place on."""
    with suppress(ValueError):
        while True:
            start = values.index(wanted, start)
            yield start
            start += 1


def _step(analysis: Analysis, index: int) -> str:
    return f"layer {index} ({_whose(analysis, index)}): {instruction(analysis.layers[index])}"


def _whose(analysis: Analysis, index: int) -> str:
    return "base" if analysis.layers[index].is_base else "yours"


def _share(part: int, whole: int) -> str:
    return f", {percent(part / whole)} of all layers" if part and whole else ""
