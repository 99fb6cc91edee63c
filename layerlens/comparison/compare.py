"""Compare two images: one frozen value for everything that differs.

Layers of equal diff_id have the same entries, so what both images have of them is
passed over; the rest are set and dictionary operations over paths.
"""

from __future__ import annotations

from dataclasses import replace

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.identity import Matched, key_of, match_findings
from layerlens.comparison.layers import pair_layers
from layerlens.comparison.model import (
    ClassDelta,
    Comparison,
    Delta,
    PathChange,
    PathDelta,
    SameContent,
)
from layerlens.comparison.moves import match_moved
from layerlens.comparison.packages import package_deltas
from layerlens.comparison.paths import Differing, differing_paths
from layerlens.comparison.pull import pull_delta, why_broken
from layerlens.comparison.refetched import Unchanged, refetched
from layerlens.comparison.twins import find_twins


def compare(old: Analysis, new: Analysis, same: SameContent) -> Comparison:
    """Compare two analyses.

    ``same`` tells whether contents are the same; it is asked only for regular files of
    equal size that are not of one shared layer, and may answer ``None``.
    """
    twins = find_twins(old, new)
    layers = pair_layers(old.layers, new.layers, twins.layers)
    pull = pull_delta(old, new, twins.layers)
    found = differing_paths(old.filesystem, new.filesystem, twins, same)
    moved = match_moved(old.filesystem, new.filesystem, found, same)
    inode = new.filesystem.inode
    unchanged = Unchanged(twins, found.equal, {inode(found.added[path]) for path in moved}, same)
    paths = _paths(found, moved)
    again, still = refetched(old, new, layers, pull, unchanged)
    return Comparison(
        old=old,
        new=new,
        size=Delta(old.image.size, new.image.size),
        transfer=Delta(_transfer(old), _transfer(new)),
        live=Delta(old.scores.live_bytes, new.scores.live_bytes),
        dead=Delta(old.scores.dead_bytes, new.scores.dead_bytes),
        layers=layers,
        pull=replace(pull, why=why_broken(old, new, layers, pull, still, paths)),
        paths=paths,
        packages=package_deltas(old.inventory.packages, new.inventory.packages),
        classes=_classes(old, new),
        refetched=again,
        findings=_findings(old, new),
        unsure=found.unsure,
    )


def _transfer(analysis: Analysis) -> int | None:
    """What pulling the whole image moves, by its own meter."""
    return next((row.bytes for row in analysis.sizes if row.meter == "transfer"), None)


def _paths(found: Differing, moved: dict[bytes, bytes]) -> list[PathDelta]:
    """All paths that differ, the largest change first."""
    old_bytes, new_bytes = found.old_bytes, found.new_bytes
    gone = set(moved.values())
    paths = found.changed
    paths += [
        PathDelta(path, PathChange.REMOVED, o, None, old_bytes[o], 0)
        for path, o in found.removed.items()
        if path not in gone
    ]
    for path, n in found.added.items():
        before = moved.get(path)
        if before is None:
            paths.append(PathDelta(path, PathChange.ADDED, None, n, 0, new_bytes[n]))
        else:
            o = found.removed[before]
            paths.append(
                PathDelta(path, PathChange.MOVED, o, n, old_bytes[o], new_bytes[n], before)
            )
    paths.sort(key=_order)
    return paths


def _order(delta: PathDelta) -> tuple[int, int, bytes]:
    path, _, _, _, old, new, _, _ = delta
    # As filesystem.result.path_order, in place: this is called for every path.
    return -abs(new - old), -(old if old > new else new), path.replace(b"/", b"\0")


def _classes(old: Analysis, new: Analysis) -> tuple[ClassDelta, ...]:
    """The rows of both ledgers that differ; one that an image lacks has no bytes there."""
    before = {(row.kind, row.name): row for row in old.ledger}
    after = {(row.kind, row.name): row for row in new.ledger}
    measured = all(row.transfer_bytes is not None for row in (*old.ledger, *new.ledger))
    found = []
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        transfer = Delta(None, None)
        if measured:
            transfer = Delta(
                (was.transfer_bytes if was else None) or 0,
                (now.transfer_bytes if now else None) or 0,
            )
        size = Delta(was.bytes if was else 0, now.bytes if now else 0)
        if size.change or transfer.change:
            found.append(ClassDelta(*key, size, transfer))
    found.sort(key=lambda row: (-abs(row.bytes.change or 0), row.kind, row.name))
    return tuple(found)


def _findings(old: Analysis, new: Analysis) -> Matched:
    if old.judged is None or new.judged is None:
        return Matched((), (), ())
    return match_findings(list(map(key_of, old.findings)), list(map(key_of, new.findings)))
