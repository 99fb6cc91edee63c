"""What the layers did to one path, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from layerlens.analysis.model import Analysis
from layerlens.filesystem.changes import MODIFIED_WORDS, Change, Entry
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.layers import instruction
from layerlens.tui.viewmodel.text import kind_in_words, safe_text, size


@dataclass(frozen=True, slots=True)
class PathEvent:
    """One change of a path by one layer.

    ``layer``         its index
    ``instruction``   what made it, in one line that may be printed
    ``change``        ``added``, ``modified`` or ``removed``
    ``modified_kind`` ``content``, ``metadata``, ``type``, or ``None``
    ``before``        the entry that stood there, ``None`` where it was added
    ``after``         the entry that stands there now, ``None`` where it was removed
    ``version``       the version after the change; of a removal, the one that went
    ``previous``      the version before it, ``None`` where it was added
    ``went_with``     of a removal, the topmost directory that went with it, if any
    """

    layer: int
    instruction: str
    change: str
    modified_kind: str | None
    before: Entry | None
    after: Entry | None
    version: int
    previous: int | None
    went_with: bytes | None = None

    @property
    def summary(self) -> str:
        """What happened, in a few words that may be printed."""
        before, after = self.before, self.after
        if before is None and after is not None:
            return f"added {_what(after)}"
        if after is None:
            if self.went_with is None:
                return "deleted"
            return f"deleted with /{safe_text(self.went_with, 300)}"
        assert before is not None
        if self.modified_kind == "type":
            return f"{kind_in_words(before.kind)} became {kind_in_words(after.kind)}"
        said = []
        if self.modified_kind == "content":
            if after.target is not None:
                said.append(f"leads to {safe_text(after.target, 300)}")
            elif before.size != after.size:
                said.append(f"{size(before.size)} → {size(after.size)}")
            else:
                said.append("new content of the same size")
        if before.mode != after.mode:
            said.append(f"mode {before.mode:04o} → {after.mode:04o}")
        if (before.uid, before.gid) != (after.uid, after.gid):
            said.append(f"owner {before.uid}:{before.gid} → {after.uid}:{after.gid}")
        if not said:
            said.append("time only" if before.mtime != after.mtime else "written again unchanged")
        return ", ".join(said)


def path_history(analysis: Analysis, path: bytes) -> list[PathEvent]:
    """All changes of a path without a leading slash, the lowest layer first.

    What repeats a path as it was (directories, mostly) is no change.
    """
    fs = analysis.filesystem
    found: list[PathEvent] = []
    for version in _versions(fs, path):
        layer = fs.layer_of(version)
        change = Change(fs.changes[version])
        if change is Change.ADDED:
            found.append(
                PathEvent(
                    layer, instruction(analysis.layers[layer]), "added", None,
                    None, fs.entry(version), version, None,
                )
            )  # fmt: skip
        elif change in MODIFIED_WORDS:
            lower = fs.previous[version]
            found.append(
                PathEvent(
                    layer, instruction(analysis.layers[layer]), "modified", MODIFIED_WORDS[change],
                    fs.entry(lower), fs.entry(version), version, lower,
                )
            )  # fmt: skip
        for later in range(layer + 1, len(fs.tables)):
            if version in fs.removed[later]:
                found.append(
                    PathEvent(
                        later, instruction(analysis.layers[later]), "removed", None,
                        fs.entry(version), None, version, version, _went_with(fs, path, later),
                    )
                )  # fmt: skip
                break
    found.sort(key=lambda event: event.layer)
    return found


def _versions(fs: Filesystem, path: bytes) -> list[int]:
    """All versions of a path, by a search in C."""
    found: list[int] = []
    at = -1
    try:
        while True:
            at = fs.paths.index(path, at + 1)
            found.append(at)
    except ValueError:
        return found


def _went_with(fs: Filesystem, path: bytes, layer: int) -> bytes | None:
    """The topmost directory that a layer took away, and the path with it."""
    gone = set(map(fs.paths.__getitem__, fs.removed[layer]))
    placed = range(fs.first[layer], fs.first[layer + 1])
    gone.update(fs.paths[version] for version in placed if fs.changes[version] == Change.TYPE)
    found = None
    up = path.rpartition(b"/")[0]
    while up and up in gone:
        found = up
        up = up.rpartition(b"/")[0]
    return found


def _what(entry: Entry) -> str:
    if entry.kind == Kind.FILE.word:
        return f"{size(entry.size)}, mode {entry.mode:04o}"
    if entry.target is not None:
        return f"{kind_in_words(entry.kind)} to {safe_text(entry.target, 300)}"
    return f"{kind_in_words(entry.kind)}, mode {entry.mode:04o}"
