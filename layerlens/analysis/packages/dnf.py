"""Why rpm packages are there, as dnf wrote it down.

dnf 4 and microdnf keep a history in SQLite (libdnf's ``swdb``): of a package's
transactions the last that succeeded counts.  dnf 5 keeps ``packages.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping

from layerlens.analysis.packages import sqlite_tables
from layerlens.analysis.packages.rpm_ndb import DatabaseError
from layerlens.analysis.packages.view import View

HISTORY = b"var/lib/dnf/history.sqlite"
STATE = b"usr/lib/sysimage/libdnf5/packages.toml"

MANUAL: Mapping[str, bool] = {
    "user": True, "group": True, "external user": True,
    "dependency": False, "weak dependency": False, "clean": False,
}  # fmt: skip
"""Whether a reason says that somebody asked for the package."""

_REASONS = ("", "dependency", "user", "clean", "weak dependency", "group")
_DONE = 1
_REPLACED = frozenset({3, 5, 7, 10})
"""Actions of the package that another one came for: downgraded, obsoleted, upgraded, reinstalled."""

_REMOVE = 8
_MOST_STATE = 16 << 20

Reasons = dict[tuple[str, str], str]


def reasons(view: View) -> Reasons:
    """Name and architecture -> reason in lower case; only of packages that dnf installed."""
    found: Reasons = {}
    history = view.text(HISTORY)
    if history is not None:
        try:
            found.update(_from_history(history, view.text(HISTORY + b"-wal")))
        except DatabaseError as error:
            view.problem(HISTORY, str(error))
    state = view.text(STATE)
    if state is not None:
        try:
            found.update(_from_state(state))
        except DatabaseError as error:
            view.problem(STATE, str(error))
    return found


def _from_history(data: bytes, log: bytes | None) -> Reasons:
    done = {
        number
        for number, state, older in sqlite_tables.rows(data, log, "trans", ("id", "state", "done"))
        if _DONE in (state, older)
    }
    packages = {
        item: (name, arch)
        for item, name, arch in sqlite_tables.rows(data, log, "rpm", ("item_id", "name", "arch"))
        if isinstance(name, str) and isinstance(arch, str)
    }
    latest: dict[tuple[str, str], tuple[int, int, int]] = {}
    columns = ("trans_id", "item_id", "action", "reason")
    for transaction, item, action, reason in sqlite_tables.rows(data, log, "trans_item", columns):
        row = (transaction, action, reason)
        package = packages.get(item)
        if package is None or transaction not in done or action in _REPLACED:
            continue
        if all(isinstance(each, int) for each in row) and row[:1] >= latest.get(package, row)[:1]:
            latest[package] = row
    return {
        package: _REASONS[reason]
        for package, (_, action, reason) in latest.items()
        if action != _REMOVE and 0 < reason < len(_REASONS)
    }


def _from_state(data: bytes) -> Reasons:
    import tomllib

    if len(data) > _MOST_STATE:
        raise DatabaseError(f"exceeds {_MOST_STATE} bytes")
    try:
        packages = tomllib.loads(data.decode("utf-8")).get("packages")
    except (ValueError, RecursionError) as error:
        raise DatabaseError(f"not TOML: {error}") from None
    found: Reasons = {}
    for key, row in packages.items() if isinstance(packages, dict) else ():
        name, _, arch = key.rpartition(".")
        reason = row.get("reason") if isinstance(row, dict) else None
        if name and isinstance(reason, str):
            found[name, arch] = reason.lower()
    return found
