"""The levels of what clients fetch again for nothing: by reason, then its files."""

from __future__ import annotations

from typing import Any

from layerlens.comparison.model import Pointless, Refetched
from layerlens.outputs.compare_words import ADVICE, REASONS
from layerlens.tui.viewmodel.comparecolumns import size_column
from layerlens.tui.viewmodel.comparefiles import path_text, subject_of
from layerlens.tui.viewmodel.comparelevels import Compared, Level, Told
from layerlens.tui.viewmodel.comparepaths import Path
from layerlens.tui.viewmodel.marks import MARKED
from layerlens.tui.viewmodel.preview import facts, file_version
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.table import Column, Table
from layerlens.tui.viewmodel.text import count, plural, safe_text, size


class Again(Level):
    """What clients fetch again although nothing in it changed that matters, by reason."""

    noun = "reason"

    def made(self) -> Table[Any]:
        return Table(
            self.both.comparison.refetched,
            [
                size_column("size", "Bytes", lambda row: row.bytes, 0),
                size_column("transfer", "Transfer", lambda row: row.transfer, 60),
                Column("count", "Files", lambda row: (count(row.files), ""),
                       lambda row: row.files, 7, right=True, largest_first=True),
                Column("layer", "Layers", lambda row: (_layers(row), "dim"),
                       lambda row: row.layers, 12, from_cells=72),
                Column("name", "Why", lambda row: (REASONS[row.reason], ""),
                       lambda row: row.reason.value),
            ],
            text=lambda row: REASONS[row.reason],
            order="size",
        )  # fmt: skip

    def words(self) -> str:
        return f"{size(self.sum() or 0)} of content in layers that must be fetched"

    def key(self, row: Refetched) -> object:
        return row.reason

    def below(self, row: Refetched) -> Level | None:
        return AgainFiles(self.both, row)

    def text(self, row: Refetched) -> str:
        return f"{size(row.bytes)} in {plural(row.files, 'file')}: {REASONS[row.reason]}"

    def in_tree(self, row: Refetched) -> tuple[bytes, int | None] | str:
        return b"", row.layers[0] if row.layers else None

    def told(self, row: Refetched) -> Told:
        pairs = [("files", f"{count(row.files)}, {size(row.bytes)} of content")]
        if row.transfer is not None:
            pairs.append(("transfer", f"{size(row.transfer)} on the wire"))
        pairs += [("layers", _layers(row)), ("to do", ADVICE[row.reason])]
        return "Fetched again for nothing", REASONS[row.reason], pairs


def _layers(row: Refetched) -> str:
    return ", ".join(map(str, row.layers[:20])) + (", …" if len(row.layers) > 20 else "")


class AgainFiles(Level):
    """The files of one reason, the largest first."""

    noun = "file"

    def __init__(self, both: Compared, again: Refetched) -> None:
        self._again = again
        self._live = both.new.filesystem.live
        super().__init__(both, _SHORT[again.reason], again.reason)

    def made(self) -> Table[Any]:
        fs = self.both.new.filesystem
        self._sizes = fs.sizes()
        return Table(
            self._again.paths,
            [
                size_column("size", "Bytes", self._size, 0),
                Column("name", "Path", lambda row: (f"/{path_text(row)}", ""),
                       lambda row: row, keep_end=True),
            ],
            text=lambda row: f"/{row.decode('utf-8', 'surrogateescape')}",
            order="size",
            sign=lambda row: MARKED if self.both.marks.has_path(row) else ("", ""),
        )  # fmt: skip

    def _size(self, path: Path) -> int | None:
        version = self._live.get(path)
        return None if version is None else self._sizes[self.both.new.filesystem.inode(version)]

    def sum(self) -> None:
        return None

    def below(self, row: Path) -> Level | None:
        return None

    def text(self, row: Path) -> str:
        return f"/{safe_text(row)}"

    def subject(self, row: Path) -> Subject | None:
        version = self._live.get(row)
        if version is None:
            return Subject(path=row)
        was = self.both.old.filesystem.live.get(row)
        before = None if was is None else (row, was)
        return subject_of(self.both.new.filesystem, row, version, before=before)

    def in_tree(self, row: Path) -> tuple[bytes, int | None] | str:
        version = self._live.get(row)
        layer = None if version is None else self.both.new.filesystem.layer_of(version)
        return row, self._again.layers[0] if layer is None else layer

    def told(self, row: Path) -> Told:
        pairs = [("why", REASONS[self._again.reason]), ("to do", ADVICE[self._again.reason])]
        version = self._live.get(row)
        if version is not None:
            found = file_version(self.both.new.filesystem, version)
            pairs.insert(0, ("new", " · ".join(facts(found))))
        return "Fetched again for nothing", f"/{safe_text(row)}", pairs


_SHORT = {
    Pointless.SAME: "the same content",
    Pointless.MOVED: "moved",
    Pointless.BYTECODE: "compiled Python",
    Pointless.LOG: "logs and caches",
}
