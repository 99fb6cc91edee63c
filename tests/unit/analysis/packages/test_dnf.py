"""Why packages are there: dnf's history and state."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from layerlens.analysis.packages import dnf, rpm
from tests.dictview import DictView
from tests.package_writers import Rpm, dnf_history, rpm_sqlite

_HISTORY = "var/lib/dnf/history.sqlite"
_STATE = "usr/lib/sysimage/libdnf5/packages.toml"


def test_the_last_finished_transaction_counts() -> None:
    data = dnf_history(
        [
            (1, [("a", 1, 2), ("b", 1, 1), ("c", 1, 4), ("d", 1, 5), ("gone", 1, 1)]),
            (1, [("b", 11, 2), ("gone", 8, 1), ("a", 7, 1)]),
            (2, [("c", 11, 2), ("never", 1, 2)]),
        ]
    )
    view = DictView({_HISTORY: data})
    assert dnf.reasons(view) == {
        ("a", "noarch"): "user",
        ("b", "noarch"): "user",
        ("c", "noarch"): "weak dependency",
        ("d", "noarch"): "group",
    }
    assert view.problems == []


def test_the_state_of_dnf_5() -> None:
    text = (
        'version = "1.0"\n[packages]\n'
        '"bash.x86_64" = {reason = "User"}\n"glibc-langpack-en.x86_64" = {reason = "Weak Dependency"}\n'
        'odd = 3\n"x.noarch" = {}\n'
    )
    assert dnf.reasons(DictView({_STATE: text})) == {
        ("bash", "x86_64"): "user",
        ("glibc-langpack-en", "x86_64"): "weak dependency",
    }


def test_packages_get_their_reason() -> None:
    blobs = [Rpm(name).header() for name in ("a", "b", "unknown")]
    history = dnf_history([(1, [("a", 1, 2), ("b", 1, 4)])])
    view = DictView({"var/lib/rpm/rpmdb.sqlite": rpm_sqlite(blobs), _HISTORY: history})
    (database,) = rpm.read(view)
    assert [(each.manual, each.details.get("reason")) for each in database.packages] == [
        (True, "user"), (False, "weak dependency"), (None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (_HISTORY, b"no database"),
        (_HISTORY, dnf_history([])[:5000]),
        (_STATE, b"\xff"),
        (_STATE, b"packages = ["),
        (_STATE, b"a = " + b"[" * 100_000),
    ],
)
def test_damage_is_told(path: str, data: bytes) -> None:
    view = DictView({path: data})
    assert dnf.reasons(view) == {}
    assert [each for each, _ in view.problems] == [path.encode()]


@pytest.mark.parametrize("text", [b"", b"packages = 3", b"[packages]\nx = 1"])
def test_a_state_without_packages(text: bytes) -> None:
    assert dnf.reasons(DictView({_STATE: text})) == {}


def test_values_of_other_types() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(dnf_history([(1, [("a", 1, 2)])]))
        connection.execute("UPDATE trans_item SET reason = 'often'")
        connection.execute("INSERT INTO rpm VALUES (77, x'00', 1, 1, 1, 1)")
        connection.commit()
        data = connection.serialize()
    assert dnf.reasons(DictView({_HISTORY: data})) == {}
