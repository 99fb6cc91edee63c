"""dpkg's and apt's files, read from bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from layerlens.analysis.packages import dpkg
from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.packages.view import Database


class Files:
    """A view of some files."""

    def __init__(self, **files: bytes) -> None:
        self.files = {path.encode(): data for path, data in files.items()}
        self.problems: list[tuple[bytes, str]] = []

    def text(self, path: bytes) -> bytes | None:
        return self.files.get(path)

    def kept(self, matches: Callable[[bytes], object]) -> Iterable[bytes]:
        return sorted(path for path in self.files if matches(path))

    def problem(self, path: bytes, why: str) -> None:
        self.problems.append((path, why))


STATUS = b"""Package: libc6
Status: install ok installed
Priority: optional
Section: libs
Installed-Size: 13001
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9)
Version: 2.36-9+deb12u10
Replaces: libc6-amd64
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Recommends: libidn2-0 (>= 2.0.5~),
  libnss-nis | libnss-other
Suggests: glibc-doc
Description: GNU C Library
 Depends: this is text, not a field
Homepage: https://example.org

package: bash
STATUS: hold ok installed
essential: yes
Priority: required
Pre-Depends: libc6 (>= 2.36)
Depends: base-files
Provides: sh, mail-agent (= 1.0)
Architecture: amd64
Version: 5.2

Package: gone
Status: deinstall ok config-files
Version: 1
Architecture: all

Package: never
Status: purge ok not-installed

Package: half
Status: install ok unpacked
Version: 3
Architecture: all

"""


def status(**more: bytes) -> Files:
    return Files(**{"var/lib/dpkg/status": STATUS, **more})


def one(view: Files) -> Database:
    (database,) = dpkg.read(view)
    return database


def test_fields_are_read_as_dpkg_writes_them() -> None:
    view = status()
    libc, bash, half = one(view).packages
    assert (libc.ecosystem, libc.name, libc.version) == (Ecosystem.DEB, "libc6", "2.36-9+deb12u10")
    assert libc.arch == "amd64"
    assert libc.declared == 13001 * 1024
    assert libc.requires == ("libgcc-s1", "libcrypt1 (>= 1:4.4.10-10~)")
    assert libc.recommends == ("libidn2-0 (>= 2.0.5~)", "libnss-nis | libnss-other")
    assert libc.details == {
        "priority": "optional", "section": "libs", "source": "glibc (2.36-9)",
        "suggests": "glibc-doc",
    }  # fmt: skip
    assert not libc.essential
    assert (bash.name, bash.essential) == ("bash", True)
    assert bash.requires == ("libc6 (>= 2.36)", "base-files")
    assert bash.provides == ("sh", "mail-agent (= 1.0)")
    assert half.details == {"state": "unpacked"}
    assert view.problems == []


def test_what_is_removed_is_told_apart() -> None:
    view = status(**{"var/lib/dpkg/info/gone.list": b"/etc/gone.conf\n"})
    (left,) = dpkg.leftovers(view)
    assert (left.name, list(left.files)) == ("gone", [b"etc/gone.conf"])
    assert left.details["state"] == "config-files"
    assert dpkg.leftovers(Files()) == []


def test_lists_are_found_by_name_and_by_architecture() -> None:
    view = status(
        **{
            "var/lib/dpkg/info/libc6:amd64.list": b"/.\n/lib\n/lib/libc.so.6\n",
            "var/lib/dpkg/info/libc6.list": b"/wrong\n",
            "var/lib/dpkg/info/bash.list": b"/.\n/bin/bash\n/name with blanks\n",
        }
    )
    libc, bash, half = one(view).packages
    assert list(libc.files) == [b"lib", b"lib/libc.so.6"]
    assert (len(bash.files), bash.files[1]) == (2, b"name with blanks")
    assert list(half.files) == []


def test_diverted_paths_are_where_they_were_put() -> None:
    view = status(
        **{
            "var/lib/dpkg/diversions": b"/bin/sh\n/bin/sh.distrib\nbash\n/etc/x\n/etc/y\n:\n",
            "var/lib/dpkg/info/libc6.list": b"/bin/sh\n/etc/x\n",
            "var/lib/dpkg/info/bash.list": b"/bin/sh\n/etc/x\n",
        }
    )
    libc, bash, _ = one(view).packages
    assert list(libc.files) == [b"bin/sh.distrib", b"etc/y"]
    assert list(bash.files) == [b"bin/sh", b"etc/y"]


def test_who_asked_is_what_apt_wrote_down() -> None:
    assert {each.manual for each in one(status()).packages} == {None}
    extended = b"""Package: libc6
Architecture: amd64
Auto-Installed: 1

Package: bash
Architecture: i386
Auto-Installed: 1

Package: half
Architecture: amd64
Auto-Installed: 1

Package: gone
Auto-Installed: 0
"""
    found = one(status(**{"var/lib/apt/extended_states": extended})).packages
    assert {each.name: each.manual for each in found} == {
        "libc6": False, "bash": True, "half": False,
    }  # fmt: skip


def test_distroless_packages_have_a_file_each() -> None:
    view = Files(
        **{
            "var/lib/dpkg/status.d/libc6": b"Package: libc6\nVersion: 2\nArchitecture: amd64\n",
            "var/lib/dpkg/status.d/libc6.md5sums": b"0123  lib/libc.so.6\n4567  ./usr/a b\n\n",
            "var/lib/dpkg/status.d/tzdata": b"Package: tzdata\nVersion: 3\n",
        }
    )
    database = one(view)
    assert database.path == b"var/lib/dpkg/status.d"
    assert [(each.name, list(each.files)) for each in database.packages] == [
        ("libc6", [b"lib/libc.so.6", b"usr/a b"]), ("tzdata", []),
    ]  # fmt: skip
    assert view.problems == []


@pytest.mark.parametrize(
    "text",
    [b"", b"\n\n\n", b"\xff\xfe\0" * 50, b"Package:", b": x\n\nVersion\n", b" \t\n Package: a\n",
     b"Package: a\nStatus: install\nInstalled-Size: -1\nDepends: ,,|,\nVersion: \n"],
)  # fmt: skip
def test_no_bytes_make_it_fail(text: bytes) -> None:
    view = Files(
        **{
            "var/lib/dpkg/status": text,
            "var/lib/dpkg/diversions": text,
            "var/lib/dpkg/info/a.list": text,
            "var/lib/apt/extended_states": text,
            "var/lib/dpkg/status.d/x": text,
        }
    )
    for database in dpkg.read(view):
        for each in database.packages:
            assert each.declared is None
            assert isinstance(list(each.files), list)


def test_entries_without_a_name_are_told() -> None:
    view = Files(**{"var/lib/dpkg/status": STATUS + b"Version: 1\n\nPackage: x\n\n"})
    assert len(one(view).packages) == 3
    assert view.problems == [
        (b"var/lib/dpkg/status", "2 entries without a package's name and version")
    ]
