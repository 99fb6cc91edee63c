"""The levels of the comparison that lead to paths: directories, packages, files fetched again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from layerlens.comparison.model import (
    PackageDelta,
    PathChange,
    PathDelta,
    Pointless,
    Refetched,
)
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind
from layerlens.outputs.compare_words import ADVICE, REASONS, signed
from layerlens.tui.viewmodel.comparecolumns import (
    SIGNS,
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
        return f"{plural(self.count, self.noun)}, {signed(self._change)}"

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
            return _subject(self.both.old.filesystem, self._path(row), delta.old, old=True)
        before = None if delta.old is None else (delta.moved_from or delta.path, delta.old)
        return _subject(self.both.new.filesystem, delta.path, delta.new, before=before)

    def _unchanged_directory(self, path: Path) -> Subject | None:
        for analysis, old in ((self.both.new, False), (self.both.old, True)):
            version = analysis.filesystem.live.get(path)
            if version is not None:
                return _subject(analysis.filesystem, path, version, old=old)
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
                ("change", signed(row.change)),
            ]
            if row.spot is not None:
                itself = self._versions(self.both.differing.delta(row.spot))
                pairs += [("itself", f"{which}: {text}") for which, text in itself]
            return "Directory", head, pairs
        delta = self.both.differing.delta(row)
        title = _TITLES[delta.change]
        pairs = [("change", f"{signed(self.change(row))} ({count(self.change(row))} bytes)")]
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


def _subject(
    fs: Filesystem,
    path: Path,
    version: int,
    *,
    old: bool = False,
    before: tuple[bytes, int] | None = None,
) -> Subject:
    return Subject(path=path, version=version, layer=fs.layer_of(version), old=old, before=before)


# ---------------------------------------------------------------------- packages


class Packages(Level):
    """Packages that came, went, or are of another version or size."""

    noun = "package"

    def made(self) -> Table[Any]:
        rows = self.both.comparison.packages
        most = max((abs(row.bytes) for row in rows), default=0)
        return Table(
            rows,
            [
                sign_column(_package_word),
                bar_column(self.change, most),
                change_column(self.change),
                size_column("old", "Old", lambda row: row.old and row.old.bytes),
                size_column("new", "New", lambda row: row.new and row.new.bytes),
                Column("ecosystem", "Kind", lambda row: (row.package.ecosystem.value, "dim"),
                       lambda row: row.package.ecosystem.value, 9, from_cells=60),
                word_column(lambda row: row.change, cells=8),
                Column("name", "Package", lambda row: (safe_text(row.package.name, _NAME), ""),
                       lambda row: row.package.name.casefold(), 16, most=40),
                Column("", "Version", lambda row: (_versions(row), "dim"), str),
            ],
            text=lambda row: (
                f"{row.package.ecosystem.value} {row.package.name} {row.package.version}"
            ),
            order="size",
        )  # fmt: skip

    def key(self, row: PackageDelta) -> object:
        return id(row)

    def below(self, row: PackageDelta) -> Level | None:
        paths: set[Path] = set()
        for package, analysis in ((row.old, self.both.old), (row.new, self.both.new)):
            if package is not None:
                paths.update(map(analysis.filesystem.paths.__getitem__, package.versions))
        spots = self.both.differing.at(paths)
        title = safe_text(row.package.name, _NAME)
        return Files(self.both, title, self.key(row), spots=spots, flat=True) if spots else None

    def text(self, row: PackageDelta) -> str:
        return f"{safe_text(row.package.name)} {_versions(row)}"

    def subject(self, row: PackageDelta) -> Subject | None:
        return Subject(layer=row.package.layer, old=row.new is None)

    def in_tree(self, row: PackageDelta) -> tuple[bytes, int | None] | str:
        if row.new is None:
            return "only the old image has this package, and the tree shows the new one"
        return b"", row.new.layer

    def told(self, row: PackageDelta) -> Told:
        pairs = [("kind", row.package.ecosystem.value), ("change", signed(row.bytes))]
        for label, package in (("old", row.old), ("new", row.new)):
            if package is None:
                pairs.append((label, "does not have it"))
            else:
                files = plural(len(package.versions), "file")
                known = f"{safe_text(package.version, _NAME)}, {size(package.bytes)}"
                pairs.append((label, f"{known} in {files}, layer {package.layer}"))
        head = {"added": "new", "removed": "removed", "version": "another version"}.get(
            row.change, "another size"
        )
        return f"Package: {head}", safe_text(row.package.name, _NAME), pairs


def _package_word(row: PackageDelta) -> str:
    return row.change if row.change in SIGNS else "changed"


def _versions(row: PackageDelta) -> str:
    now = safe_text(row.package.version, _NAME)
    if row.change != "version" or row.old is None:
        return now
    return f"{safe_text(row.old.version, _NAME)} → {now}"


# ---------------------------------------------------------------------- fetched again


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
        return _subject(self.both.new.filesystem, row, version, before=before)

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
