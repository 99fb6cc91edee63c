"""The inventory of an image, put together from all databases that it holds.

The layer of a package of the system is the lowest whose database lists its
name and version, without a break up to the top.  A language's packages have
their metadata among their files: theirs is the layer with most of their bytes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from layerlens.analysis.packages.changes import History
from layerlens.analysis.packages.layers import layer_views
from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from layerlens.analysis.packages.ownership import Ownership
from layerlens.analysis.packages.view import Database, FinalView, Reader
from layerlens.analysis.rules.context import Context


@dataclass(frozen=True, slots=True)
class Source:
    """A module with ``read(view)``, imported when first needed.

    ``databases`` matches the paths of a system's databases, below ``SYSTEM``:
    when a layer touches one, its packages are compared with those below.
    Languages have none.  With ``facts`` the module has ``read_facts(context)``
    instead: its packages lie inside of binaries, of which a view has nothing.
    """

    module: str
    databases: re.Pattern[bytes] | None = None
    facts: bool = False

    @property
    def read(self) -> Reader:
        found: Reader = import_module(f"layerlens.analysis.packages.{self.module}").read
        return found

    def all(self, context: Context, view: FinalView) -> list[Database]:
        """The databases of the final filesystem."""
        if self.facts:
            module = import_module(f"layerlens.analysis.packages.{self.module}")
            return list(module.read_facts(context))
        return list(self.read(view))


READERS: tuple[Source, ...] = (
    Source("dpkg", re.compile(rb"var/lib/dpkg/status(?:\.d/|\Z)")),
    Source("apk", re.compile(rb"(?:usr/)?lib/apk/db/installed\Z")),
    Source(
        "rpm",
        re.compile(
            rb"(?:var/lib|usr/lib/sysimage|usr/share)/rpm/(?:Packages|rpmdb\.sqlite)"
            rb"|var/lib/rpmmanifest/"
        ),
    ),
    Source("pacman", re.compile(rb"var/lib/pacman/local/")),
    Source("python"),
    Source("npm"),
    Source("composer"),
    Source("gems"),
    Source("golang", facts=True),
    Source("jars", facts=True),
)  # fmt: skip
"""All readers of package databases."""

SYSTEM = (b"var/lib/", b"usr/lib/", b"lib/apk/", b"usr/share/rpm/", b"etc/")
"""Where readers of a system's databases find all that they read."""

_ORDER = {ecosystem: place for place, ecosystem in enumerate(Ecosystem)}


def collect(context: Context) -> Inventory:
    """All packages of the final filesystem, and what each layer did to them."""
    view = FinalView(context)
    system = context.kept_versions(lambda path: path.startswith(SYSTEM))
    found: list[tuple[Listed, bytes, int | None]] = []
    histories = []
    for source in READERS:
        databases = source.all(context, view)
        history = _history(context, source, databases, system)
        histories.append(history)
        found += [
            (listed, database.path, history.since(database.path, listed))
            for database in databases
            for listed in database.packages
        ]
    changes = [change for history in histories for change in history.changes]
    changes.sort(key=lambda change: change.layer)
    if not found:
        return Inventory(changes=tuple(changes), problems=tuple(view.problems))
    found.sort(key=lambda row: (_ORDER[row[0].ecosystem], row[0].name, row[0].version, row[1]))
    ownership = Ownership(context, [listed for listed, _, _ in found])
    packages = tuple(
        Package(
            listed=listed,
            database=database,
            layer=_layer(context, ownership, versions, database) if layer is None else layer,
            versions=versions,
            bytes=ownership.total(versions),
        )
        for (listed, database, layer), versions in zip(found, ownership.versions, strict=True)
    )
    return Inventory(packages, ownership.owners, tuple(changes), tuple(view.problems))


def _history(
    context: Context, source: Source, final: Sequence[Database], system: Sequence[int]
) -> History:
    """What each layer did to the databases of one reader; nothing for languages."""
    history = History()
    databases, paths = source.databases, context.fs.paths
    if databases is None or not any(databases.match(paths[version]) for version in system):
        return history
    for view in layer_views(context, system):
        if any(databases.match(path) for path in view.touched):
            history.add(view.layer, final if view.is_final else source.read(view))
    return history


def _layer(context: Context, ownership: Ownership, versions: Sequence[int], database: bytes) -> int:
    """The layer with most bytes of some files; that of the database where there are none."""
    fs = context.fs
    weights: dict[int, int] = defaultdict(int)
    for version in versions:
        weights[fs.layer_of(fs.inode(version))] += ownership.size(version)
    if weights:
        return max(weights, key=lambda layer: (weights[layer], -layer))
    listing = fs.live.get(database)
    return 0 if listing is None else fs.layer_of(listing)
