"""The level of packages that came, went, or are of another version or size."""

from __future__ import annotations

from typing import Any

from layerlens.comparison.model import PackageDelta
from layerlens.tui.viewmodel.comparecolumns import (
    SIGNS,
    bar_column,
    change_column,
    sign_column,
    size_column,
    word_column,
)
from layerlens.tui.viewmodel.comparefiles import Files
from layerlens.tui.viewmodel.comparelevels import Level, Told
from layerlens.tui.viewmodel.comparepaths import Path
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.table import Column, Table
from layerlens.tui.viewmodel.text import plural, safe_text, size
from layerlens.units import human_change

_NAME = 200


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
        pairs = [("kind", row.package.ecosystem.value), ("change", human_change(row.bytes))]
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
