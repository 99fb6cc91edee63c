"""What each layer did to the packages of the system."""

from __future__ import annotations

from collections.abc import Iterable

from layerlens.analysis.packages.model import Ecosystem, Listed, PackageChange
from layerlens.analysis.packages.view import Database

Key = tuple[Ecosystem, str, str]
"""Ecosystem, name and architecture: what a system has once, mostly."""

State = dict[Key, dict[str, Listed]]
"""The packages of a database, by version (a kernel may be there in several)."""


class History:
    """Follows the databases of one ecosystem up the layers.

    A database that a layer takes away whole says nothing of packages: when it
    is there again, it is compared with what it last was.
    """

    def __init__(self) -> None:
        self.changes: list[PackageChange] = []
        self._states: dict[bytes, State] = {}
        self._since: dict[bytes, dict[tuple[Key, str], int]] = {}

    def add(self, layer: int, databases: Iterable[Database]) -> None:
        """Tell what the databases list after a layer that touched them."""
        since: dict[bytes, dict[tuple[Key, str], int]] = {}
        for database in databases:
            path = database.path
            state = _state(database)
            change = _difference(layer, path, self._states.get(path, {}), state)
            if change.added or change.removed or change.upgraded:
                self.changes.append(change)
            self._states[path] = state
            before = self._since.get(path, {})
            since[path] = {
                (key, version): before.get((key, version), layer)
                for key, versions in state.items()
                for version in versions
            }
        self._since = since

    def since(self, database: bytes, listed: Listed) -> int | None:
        """The layer since which a database lists a package without a break."""
        return self._since.get(database, {}).get((_key(listed), listed.version))


def _key(listed: Listed) -> Key:
    return (listed.ecosystem, listed.name, listed.arch)


def _state(database: Database) -> State:
    state: State = {}
    for listed in database.packages:
        key = (listed.ecosystem, listed.name, listed.arch)
        if key in state:
            state[key][listed.version] = listed
        else:
            state[key] = {listed.version: listed}
    return state


def _difference(layer: int, database: bytes, before: State, after: State) -> PackageChange:
    """One version in place of another is an upgrade (or a downgrade)."""
    added: list[Listed] = []
    removed: list[Listed] = []
    upgraded: list[tuple[Listed, Listed]] = []
    differ = [
        key
        for key in before.keys() | after.keys()
        if before.get(key, {}).keys() != after.get(key, {}).keys()
    ]
    for key in sorted(differ):
        was, now = before.get(key, {}), after.get(key, {})
        old = [was[version] for version in sorted(was.keys() - now.keys())]
        new = [now[version] for version in sorted(now.keys() - was.keys())]
        pairs = list(zip(old, new, strict=False))
        upgraded += pairs
        removed += old[len(pairs) :]
        added += new[len(pairs) :]
    return PackageChange(layer, database, tuple(added), tuple(removed), tuple(upgraded))
