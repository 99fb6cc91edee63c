"""What the report's page is told of a comparison of two images.

``page/comparison.js`` and ``page/deltatree.js`` read this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from layerlens.comparison.causes import Cause, causes
from layerlens.comparison.headers import Attributes, attributes_of
from layerlens.comparison.model import Comparison, Path, PathChange, PathDelta
from layerlens.filesystem.result import path_order
from layerlens.outputs.compare_json import comparison_head, refetched_fields
from layerlens.outputs.compare_words import REASONS, cause_words
from layerlens.outputs.display import encodable
from layerlens.outputs.html.names import names_of
from layerlens.outputs.html.paths import KIND_AT, KIND_OF, KINDS, Nodes

Json = dict[str, Any]

LEFT = "left"
"""What became of the place from which a file moved: the other end of ``moved``."""

CHANGES = (*(change.value for change in PathChange), LEFT)


@dataclass(slots=True)
class DeltaColumns(Nodes):
    """The paths that differ; all lists by record have one length.

    A record is one path that differs; what moved has two, where it is and where it
    was, so that the bytes of a directory are those at or below it.  By record:
    ``change`` (index into ``CHANGES``); ``kind`` (into ``KINDS``: the new image's, of
    what is gone the old one's); ``old`` and ``new``, its content bytes in each image.
    Over all records the bytes of ``new`` less those of ``old`` are the change in live
    bytes.

    Exceptions: ``moved``, pairs (record where a file is, record where it was);
    ``unsure``, the records whose contents could not be compared; ``how``, pairs (record
    of a path whose content is the same, index into ``hows``: words for what is not).

    Where :mod:`~layerlens.outputs.html.deltafolding` made sums of small changes:
    ``tails`` (a nameless node, how many paths it stands for that are not directories,
    and that are), ``folded`` (its records, how many paths each is the sum of).
    """

    change: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    old: list[int] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    unsure: list[int] = field(default_factory=list)
    how: list[tuple[int, int]] = field(default_factory=list)
    hows: list[str] = field(default_factory=list)
    folded: list[tuple[int, int]] = field(default_factory=list)
    tails: list[tuple[int, int, int]] = field(default_factory=list)

    def fields(self) -> Json:
        """All columns by name, with the words that their numbers stand for."""
        return Nodes.fields(self) | {"kinds": KINDS, "changes": CHANGES}


def comparison_data(comparison: Comparison) -> Json:
    """Everything of a comparison that is not of the new image alone, but the paths.

    ``document`` is what ``compare --json`` writes, but for ``paths``: see
    :func:`delta_columns`.  ``names`` are what both images are called in headings,
    ``causes`` words for each of its causes, ``reasons`` words for why bytes
    are fetched again.  ``new_findings`` are the indices of the new image's findings
    that the old one lacks; ``kept_findings`` of those that both have, as pairs: index
    in the new image, bytes in the old one.  ``packages`` has the index in the new image
    of each row's package, ``None`` where it is gone.
    """
    parts = causes(comparison)
    head = comparison_head(comparison, parts)
    index = {id(each): at for at, each in enumerate(comparison.new.inventory.packages)}
    found = comparison.findings
    return {
        "document": head | {"refetched": list(map(refetched_fields, comparison.refetched))},
        "names": list(map(encodable, names_of(comparison.old.image, comparison.new.image))),
        "causes": [encodable(_spoken(each)) for each in parts],
        "reasons": {reason.value: words for reason, words in REASONS.items()},
        "new_findings": list(found.new),
        "kept_findings": [(n, comparison.old.findings[o].bytes) for o, n in found.kept],
        "packages": [
            None if each.new is None else index.get(id(each.new)) for each in comparison.packages
        ],
    }


def _spoken(cause: Cause) -> str:
    """A cause in words; a class as it is called all over the page."""
    words = cause_words(cause)
    return words.replace("-", " ") if cause.kind == "removable" else words


def delta_columns(comparison: Comparison) -> DeltaColumns:
    """The columns of the paths that differ."""
    found = DeltaColumns()
    spots = _spots(comparison)
    found.add_paths(path for path, _, _ in spots)
    change_at = {change.value: at for at, change in enumerate(PathChange)}
    left = CHANGES.index(LEFT)
    old_fs, new_fs = comparison.old.filesystem, comparison.new.filesystem
    records: dict[Path, int] = {}
    moves: list[tuple[int, Path]] = []
    for record, (path, delta, is_left) in enumerate(spots):
        moves_here = delta.moved_from is not None and not is_left
        if is_left:
            records[path] = record
        elif delta.moved_from is not None:
            moves.append((record, delta.moved_from))
        fs, version = (new_fs, delta.new) if delta.new is not None else (old_fs, delta.old)
        assert version is not None, "a path of neither image"
        found.change.append(left if is_left else change_at[delta.change.value])
        found.kind.append(KIND_OF[fs.kinds[fs.inode(version)]])
        found.old.append(0 if moves_here else delta.old_bytes)
        found.new.append(0 if is_left else delta.new_bytes)
        if not delta.sure and not is_left:
            found.unsure.append(record)
    found.moved = [(record, records[origin]) for record, origin in moves]
    _add_hows(found, comparison, spots)
    return found


def _add_hows(
    found: DeltaColumns, comparison: Comparison, spots: list[tuple[Path, PathDelta, bool]]
) -> None:
    """What differs of paths whose content is the same; few answers for very many paths."""
    old_of = attributes_of(comparison.old.filesystem)
    new_of = attributes_of(comparison.new.filesystem)
    index: dict[str, int] = {}
    for record, (_, delta, _) in enumerate(spots):
        if delta.change is PathChange.METADATA and delta.old is not None and delta.new is not None:
            is_dir = found.kind[record] == KIND_AT["dir"]
            words = _how(old_of(delta.old), new_of(delta.new), is_dir=is_dir)
            found.how.append((record, index.setdefault(words, len(index))))
    found.hows = list(index)


def _how(old: Attributes, new: Attributes, *, is_dir: bool) -> str:
    (mode, *owner), when, extended = old
    (new_mode, *new_owner), new_when, new_extended = new
    words = []
    if mode != new_mode:
        words.append(f"mode {mode:04o} → {new_mode:04o}")
    if owner != new_owner:
        words.append(f"owner {owner[0]}:{owner[1]} → {new_owner[0]}:{new_owner[1]}")
    if not is_dir:  # whose times no image keeps
        words += ["time"] * (when != new_when)
        words += ["extended attributes"] * (extended != new_extended)
    return ", ".join(words) or "its bytes count at another of its names"


def _spots(comparison: Comparison) -> list[tuple[Path, PathDelta, bool]]:
    """Each place that differs, in path order: its path, its delta, whether a file left it."""
    spots = [(delta.path, delta, False) for delta in comparison.paths]
    spots += [
        (delta.moved_from, delta, True)
        for delta in comparison.paths
        if delta.moved_from is not None
    ]
    spots.sort(key=lambda spot: path_order(spot[0]))
    return spots
