"""The levels of the comparison that show paths: directories, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from layerlens.comparison.model import (
    PathChange,
    PathDelta,
)
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.comparecolumns import (
    bar_column,
    change_column,
    sign_column,
    size_column,
    word_column,
)
from layerlens.tui.viewmodel.comparelevels import Compared, Level, Told
from layerlens.tui.viewmodel.comparepaths import Folder, Path, Tree, Way
from layerlens.tui.viewmodel.marks import MARKED
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.preview import FileVersion, facts, file_version
from layerlens.tui.viewmodel.rowfilter import RowFilter
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.table import Column, Piece, Table
from layerlens.tui.viewmodel.text import count, plural, safe_text, size
from layerlens.units import human_change

_LONGEST = 1000
"""Characters of a path that are drawn; the details tell more."""

_NAME = 200


def path_text(path: Path) -> str:
    """A path for one line; of a very long one its end."""
    text = path.decode("utf-8", "surrogateescape")
    cut = len(text) > _LONGEST
    return ("…" if cut else "") + safe_text(text[-_LONGEST:] if cut else text)


# ---------------------------------------------------------------------- paths


class Files(Level):
    """What differs below a directory, or all paths of some one by one (``flat``).

    ``spots`` are those that it may show, in order.
    """

    noun = "path"

    def __init__(
        self,
        both: Compared,
        title: str,
        opened_by: object = None,
        *,
        spots: Sequence[int] | None = None,
        top: Path = b"",
        flat: bool = False,
        wanted: RowFilter | None = None,
    ) -> None:
        self.spots = both.differing.all if spots is None else spots
        self.top = top
        self.flat = flat
        self._wanted = wanted or RowFilter()
        self._change = 0
        self.count = 0
        super().__init__(both, title, opened_by)

    @property
    def filter(self) -> RowFilter:
        return self._wanted

    def search(self, text: str, match: Match | None = None) -> None:
        self._wanted = RowFilter(text, match or self._wanted.match, self._wanted)
        self.remake()

    def remake(self) -> None:
        before, self.table = self.table, self.made()
        if (before.order, before.reverse) != (self.table.order, self.table.reverse):
            self.table.order, self.table.reverse = before.order, before.reverse
            self.table.replace(self.table.all_rows)

    def made(self) -> Table[Any]:
        differing, both = self.both.differing, self.both
        spots = differing.narrowed(self.spots, self._wanted, both.hidden)
        self.count = len(spots)
        tree = Tree(differing, spots)
        self._change = tree.change
        rows: Sequence[Any] = list(spots) if self.flat else tree.rows(self.top)
        weight: Callable[[Any], Any] = self._weight
        path: Callable[[Any], Any] = self._path
        way: Callable[[Any], Any] = self._word
        if self.flat:
            # Of spots alone, looking up what is in a column needs no call of Python's.
            weight, path = differing.weights.__getitem__, differing.paths.__getitem__
            way = differing.ways.__getitem__
        most = max(map(weight, rows), default=0)
        name = Column(
            "name", "Path" if self.flat else f"in /{path_text(self.top)}", self._name,
            path, keep_end=self.flat,
        )  # fmt: skip
        columns: list[Column[Any]] = [
            sign_column(self._word),
            bar_column(self.change, most),
            change_column(self.change, weight),
            size_column("old", "Old", self._old),
            size_column("new", "New", self._new),
        ]
        if not self.flat:
            columns.append(
                Column("count", "Paths", lambda row: (count(_count(row)), ""), _count, 7,
                       right=True, largest_first=True, from_cells=64)
            )  # fmt: skip
        columns += [word_column(self._kind, key=way), name]
        return Table(
            rows,
            columns,
            text=str,
            order="size",
            sign=self._sign,
        )

    # ------------------------------------------------------------------ rows

    def sum(self) -> int:
        return self._change

    def words(self) -> str:
        return f"{plural(self.count, self.noun)}, {human_change(self._change)}"

    def change(self, row: int | Folder) -> int:
        return row.change if isinstance(row, Folder) else self.both.differing.changes[row]

    def _weight(self, row: int | Folder) -> int:
        return abs(self.change(row))

    def _old(self, row: int | Folder) -> int | None:
        if isinstance(row, Folder):
            return row.old
        missing = self._way(row) == Way.ADDED
        return None if missing else self.both.differing.old[row]

    def _new(self, row: int | Folder) -> int | None:
        if isinstance(row, Folder):
            return row.new
        missing = self._way(row) == Way.REMOVED
        return None if missing else self.both.differing.new[row]

    def _way(self, row: int | Folder) -> int | None:
        return row.way if isinstance(row, Folder) else self.both.differing.ways[row]

    def _word(self, row: int | Folder) -> str:
        way = self._way(row)
        return "" if way is None else Way(way).word

    def _kind(self, row: int | Folder) -> str:
        if isinstance(row, Folder):
            return self._word(row)
        delta = self.both.differing.delta(row)
        if delta.change is PathChange.MOVED:
            return "moved away" if self.both.differing.is_away(row) else "moved here"
        return delta.change.value

    def _sign(self, row: int | Folder) -> Piece:
        marks = self.both.marks
        return MARKED if marks and marks.has_path(self._path(row)) else ("", "")

    def _path(self, row: int | Folder) -> Path:
        return row.path if isinstance(row, Folder) else self.both.differing.paths[row]

    def _name(self, row: int | Folder) -> Piece:
        path = self._path(row)
        shown = path if self.flat else path[len(self.top) + 1 if self.top else 0 :]
        slash = "/" if self.flat or not path else ""
        if isinstance(row, Folder):
            return f"{path_text(shown)}/", "directory"
        delta = self.both.differing.delta(row)
        text = slash + path_text(shown)
        if self._is_directory(row):
            return f"{text.rstrip('/')}/", "directory"
        if delta.change is PathChange.MOVED and not self.flat:
            away = self.both.differing.is_away(row)
            other = delta.path if away else delta.moved_from or b""
            return f"{text} ({'to' if away else 'from'} /{path_text(other)})", ""
        return text, ""

    def _is_directory(self, spot: int) -> bool:
        delta, both = self.both.differing.delta(spot), self.both
        if delta.new is not None and not both.differing.is_away(spot):
            return both.new.filesystem.kinds[delta.new] == Kind.DIR
        return delta.old is not None and both.old.filesystem.kinds[delta.old] == Kind.DIR

    def key(self, row: int | Folder) -> object:
        return row.path if isinstance(row, Folder) else self.both.differing.paths[row]

    # ------------------------------------------------------------------ where it leads

    def below(self, row: int | Folder) -> Level | None:
        if not isinstance(row, Folder):
            return None
        spots = self.both.differing.below(self.spots, row.path)
        return Files(
            self.both,
            f"/{path_text(row.path)}",
            self.key(row),
            spots=spots,
            top=row.path,
            wanted=self._wanted,
        )

    def all_paths(self) -> Level | None:
        """All paths one by one, where they are not shown so."""
        if self.flat:
            return None
        return Files(
            self.both, "all paths", ALL, spots=self.spots, top=self.top, flat=True,
            wanted=self._wanted,
        )  # fmt: skip

    def text(self, row: int | Folder) -> str:
        return f"/{safe_text(self._path(row))}"

    def subject(self, row: int | Folder) -> Subject | None:
        if isinstance(row, Folder) and row.spot is None:
            return self._unchanged_directory(row.path)
        spot = row.spot if isinstance(row, Folder) else row
        assert spot is not None
        delta = self.both.differing.delta(spot)
        if delta.new is None or self.both.differing.is_away(spot):
            assert delta.old is not None
            return subject_of(self.both.old.filesystem, self._path(row), delta.old, old=True)
        before = None if delta.old is None else (delta.moved_from or delta.path, delta.old)
        return subject_of(self.both.new.filesystem, delta.path, delta.new, before=before)

    def _unchanged_directory(self, path: Path) -> Subject | None:
        for analysis, old in ((self.both.new, False), (self.both.old, True)):
            version = analysis.filesystem.live.get(path)
            if version is not None:
                return subject_of(analysis.filesystem, path, version, old=old)
        return Subject(path=path)

    def in_tree(self, row: int | Folder) -> tuple[bytes, int | None] | str:
        if isinstance(row, Folder):
            fs = self.both.new.filesystem
            version = fs.live.get(row.path)
            if version is None:
                return _gone
            return row.path, None
        delta = self.both.differing.delta(row)
        if delta.new is None or self.both.differing.is_away(row):
            return _gone
        return delta.path, self.both.new.filesystem.layer_of(delta.new)

    # ------------------------------------------------------------------ details

    def told(self, row: int | Folder) -> Told:
        head = f"/{safe_text(self._path(row))}"
        if isinstance(row, Folder):
            pairs = [
                ("differ", f"{plural(row.count, 'path')} at and below it"),
                ("old", f"{size(row.old)} of these"),
                ("new", size(row.new)),
                ("change", human_change(row.change)),
            ]
            if row.spot is not None:
                itself = self._versions(self.both.differing.delta(row.spot))
                pairs += [("itself", f"{which}: {text}") for which, text in itself]
            return "Directory", head, pairs
        delta = self.both.differing.delta(row)
        title = _TITLES[delta.change]
        pairs = [("change", f"{human_change(self.change(row))} ({count(self.change(row))} bytes)")]
        if delta.change is PathChange.MOVED:
            other = delta.path if self.both.differing.is_away(row) else delta.moved_from or b""
            word = "is at" if self.both.differing.is_away(row) else "was at"
            pairs.append((word, f"/{safe_text(other)}"))
        pairs += self._versions(delta)
        if not delta.sure:
            pairs.append(
                (
                    "unsure",
                    "contents could not be compared: equal size and time were taken for equal",
                )
            )
        return title, head, pairs

    def _versions(self, delta: PathDelta) -> list[tuple[str, str]]:
        found = []
        for label, analysis, version in (
            ("old", self.both.old, delta.old),
            ("new", self.both.new, delta.new),
        ):
            if version is not None:
                known: FileVersion = file_version(analysis.filesystem, version)
                found.append((label, " · ".join(facts(known))))
        return found


_gone = "only the old image has this path, and the tree shows the new one"

ALL = "all"
"""What opened a level of all paths."""

_TITLES = {
    PathChange.ADDED: "Only in the new image",
    PathChange.REMOVED: "Only in the old image",
    PathChange.CONTENT: "Other content",
    PathChange.METADATA: "Other owner, mode, time or place of its bytes",
    PathChange.TYPE: "Of another type",
    PathChange.MOVED: "The same content at another path",
}


def _count(row: int | Folder) -> int:
    return row.count if isinstance(row, Folder) else 1


def subject_of(
    fs: Filesystem,
    path: Path,
    version: int,
    *,
    old: bool = False,
    before: tuple[bytes, int] | None = None,
) -> Subject:
    """A version of a path in one of the images; ``before`` as in :class:`Subject`."""
    return Subject(path=path, version=version, layer=fs.layer_of(version), old=old, before=before)
