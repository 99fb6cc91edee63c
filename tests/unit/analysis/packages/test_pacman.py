"""Arch Linux's database."""

from __future__ import annotations

from layerlens.analysis.packages import pacman
from layerlens.analysis.packages.model import Ecosystem
from tests.dictview import DictView as Files
from tests.package_writers import pacman_sections

_DESC = pacman_sections(
    {
        "NAME": ["readline"], "VERSION": ["8.2.013-1"], "BASE": ["readline-suite"],
        "ARCH": ["x86_64"], "SIZE": ["742221"], "REASON": ["1"], "LICENSE": ["GPL", "custom:x"],
        "DEPENDS": ["glibc", "ncurses>=6"], "OPTDEPENDS": ["less: for paging", "more"],
        "PROVIDES": ["libreadline.so=8-64"],
    }
)  # fmt: skip
_FILES = pacman_sections(
    {"FILES": ["usr/", "usr/lib/", "usr/lib/libreadline.so.8"], "BACKUP": ["etc/inputrc\tabc"]}
)
_LOCAL = "var/lib/pacman/local"


def test_all_fields() -> None:
    view = Files(
        {
            f"{_LOCAL}/readline-8.2.013-1/desc": _DESC,
            f"{_LOCAL}/readline-8.2.013-1/files": _FILES,
            f"{_LOCAL}/bash-5-1/desc": pacman_sections({"NAME": ["bash"], "VERSION": ["5-1"]}),
        }
    )
    (database,) = pacman.read(view)
    assert database.path == b"var/lib/pacman/local"
    bash, found = database.packages
    assert (bash.name, bash.manual, bash.declared, bash.files) == ("bash", True, None, [])
    assert (found.ecosystem, found.name, found.version, found.arch) == (
        Ecosystem.ALPM, "readline", "8.2.013-1", "x86_64",
    )  # fmt: skip
    assert (found.declared, found.manual, found.licence) == (742221, False, "GPL custom:x")
    assert found.requires == ("glibc", "ncurses>=6")
    assert found.recommends == ("less", "more")
    assert found.provides == ("libreadline.so=8-64",)
    assert found.files == [b"usr/lib/libreadline.so.8"]
    assert found.details == {"source": "readline-suite"}
    assert view.problems == []


def test_nothing() -> None:
    assert list(pacman.read(Files({"var/lib/pacman/local/ALPM_DB_VERSION": b"9\n"}))) == []


def test_every_truncation_is_told_or_harmless() -> None:
    path = f"{_LOCAL}/readline-8.2.013-1/desc"
    for end in range(len(_DESC)):
        view = Files({path: _DESC[:end]})
        (database,) = pacman.read(view)
        assert len(database.packages) + len(view.problems) == 1


def test_noise() -> None:
    view = Files({f"{_LOCAL}/x/desc": b"%%\n\n%\n%NAME%\n\n\xff\0", f"{_LOCAL}/x/files": b"\n%F%"})
    (database,) = pacman.read(view)
    assert database.packages == ()
    assert view.problems == [
        (b"var/lib/pacman/local/x/desc", "without a package's name and version")
    ]
