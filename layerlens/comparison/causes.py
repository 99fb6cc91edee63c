"""Why an image grew or shrank: its change in size as parts that add up to it.

Each byte of each image is in one part: dead by its cause, removable by its class,
a package's, or one of other files that a step of the build brought.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from layerlens.analysis.model import Analysis
from layerlens.comparison.model import Comparison
from layerlens.layers.table import Kind

_Key = tuple[str, str]
_Parts = dict[_Key, Counter[int]]
"""Bytes by (kind, name) and the layer that has them."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A part of the change.

    ``kind`` is ``dead`` (``name`` is the cause of death), ``removable`` (the class),
    ``package`` (ecosystem and name) or ``files`` (``name`` is the instruction, since
    nothing else is known of them).  ``bytes`` is how much the new image is larger for
    it.  ``layer`` has most of it: the new image's where it grew, the old one's where
    it shrank; ``instruction`` and ``line`` (of a Dockerfile, from 1, where findings
    know it) are that layer's.  ``is_new`` where the old image has none of it,
    ``is_gone`` where the new one has none.
    """

    kind: str
    name: str
    bytes: int
    layer: int | None
    instruction: str
    line: int | None
    is_base: bool
    is_new: bool
    is_gone: bool


def causes(comparison: Comparison) -> list[Cause]:
    """All parts that changed, the largest first; their bytes add up to the change in size."""
    old, new = comparison.old, comparison.new
    steps: tuple[dict[int, str], dict[int, str]] = ({}, {})
    for k, pair in enumerate(comparison.layers):
        for side, layer in enumerate((pair.old, pair.new)):
            if layer is not None:
                steps[side][layer] = str(k)
    before, after = _parts(old, steps[0].__getitem__), _parts(new, steps[1].__getitem__)
    found = []
    for key in before.keys() | after.keys():
        was, now = before.get(key, Counter()), after.get(key, Counter())
        change = sum(now.values()) - sum(was.values())
        if change:
            found.append(_cause(comparison, key, change, was, now))
    found.sort(key=lambda each: (-abs(each.bytes), each.kind, each.name))
    return found


def _cause(
    comparison: Comparison, key: _Key, change: int, was: Counter[int], now: Counter[int]
) -> Cause:
    kind, name = key
    image, here, there = comparison.new, now, was
    if change < 0:
        image, here, there = comparison.old, was, now
    more = here.copy()
    if there:
        # Of what both have, the layer that differs most is to blame.
        for pair in comparison.layers:
            mine, theirs = (pair.new, pair.old) if change > 0 else (pair.old, pair.new)
            if mine is not None and theirs is not None and mine in more:
                more[mine] -= there.get(theirs, 0)
    layer = max(more, key=lambda k: (more[k], -k))
    facts = image.layers[layer]
    if kind == "files":
        name = facts.instruction.text
    return Cause(
        kind=kind,
        name=name,
        bytes=change,
        layer=layer,
        instruction=facts.instruction.text,
        line=_line(image, layer),
        is_base=facts.is_base,
        is_new=not was,
        is_gone=not now,
    )


def _line(image: Analysis, layer: int) -> int | None:
    """The line of a layer's instruction, which findings about it know."""
    lines = (
        finding.line
        for finding in image.findings
        if finding.layer == layer and finding.line is not None
    )
    return next(lines, None)


def _parts(image: Analysis, step: Callable[[int], str]) -> _Parts:
    fs = image.filesystem
    sizes, kinds, inodes = fs.sizes(), fs.kinds, fs.inodes
    parts: _Parts = defaultdict(Counter)
    for row in image.waste:
        if row.bytes:
            parts["dead", row.cause.word][row.added_in] += row.bytes
    claimed = {} if image.judged is None else image.judged.claimed.inodes
    owners, packages = image.inventory.owners, image.inventory.packages
    is_file = int(Kind.FILE)
    starts, layer, low, high = fs.first, 0, 0, 0
    seen: set[int] = set()
    for version in fs.live.values():
        inode = inodes.get(version, version)
        size = sizes[inode]
        if not size or kinds[inode] != is_file:
            continue
        if inode in seen:
            continue
        if inodes:
            seen.add(inode)
        if not low <= inode < high:
            layer = fs.layer_of(inode)
            low, high = starts[layer], starts[layer + 1]
        may_go = claimed.get(inode)
        if may_go is not None:
            parts["removable", may_go[0].value][layer] += may_go[1]
            size -= may_go[1]
            if not size:
                continue
        owner = owners.get(version, owners.get(inode))
        if owner is None:
            parts["files", step(layer)][layer] += size
        else:
            it = packages[owner]
            parts["package", f"{it.ecosystem} {it.name}"][layer] += size
    return parts
