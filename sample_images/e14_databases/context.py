"""Databases of three systems, and random bytes for the files that they list."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.package_writers import (
    DOC,
    LICENSE,
    Rpm,
    apk_installed,
    dnf_history,
    pacman_sections,
    rpm_sqlite,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_RPMS = (
    Rpm(
        "lens-tool", "1.0", "1.fc40", requires=("lens-lib",), recommends=("lens-extras",),
        files={
            "/usr/bin/lens-tool": (100_000, 0),
            "/usr/share/doc/lens-tool/README": (4, DOC),
        },
    ),
    Rpm(
        "lens-lib", "1.0", "1.fc40",
        files={
            "/usr/lib64/liblens.so.1": (100_000, 0),
            "/usr/share/licenses/lens-lib/LICENSE": (4, LICENSE),
        },
    ),
    Rpm("lens-extras", "1.0", "1.fc40", files={"/usr/share/lens-extras/all": (30_000, 0)}),
)  # fmt: skip
"""The two that are needed have 100,004 bytes each."""

_REASONS = [("lens-tool", 1, 2), ("lens-lib", 1, 1), ("lens-extras", 1, 4)]

_APK_FILES = {
    "musl": ("lib/ld-musl-x86_64.so.1", 60_000),
    "gcc": ("usr/bin/gcc", 40_000),
    "binutils": ("usr/bin/as", 10_000),
    "zlib-doc": ("usr/share/zlib/zlib.3", 5_000),
}
_APK_NEEDS = {"gcc": "musl binutils", "binutils": "musl"}

_ALPM = {"app": ("", "lib"), "lib": ("1", ""), "left-over": ("1", "")}
_ALPM_SIZE = 12_000


def fill(context: Path) -> None:
    """Write the build context."""
    noise = random.Random("e14 databases")
    systems = {"root": _root(), "fedora": _fedora(), "alpine": _alpine(), "arch": _arch()}
    for system, files in systems.items():
        for name, content in files.items():
            path = context / system / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(noise.randbytes(content) if isinstance(content, int) else content)


def _root() -> Mapping[str, bytes | int]:
    return {
        "etc/os-release": b'ID=fedora\nVERSION_ID=40\nPRETTY_NAME="Three systems"\n',
        "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
    }


def _fedora() -> Mapping[str, bytes | int]:
    return {
        **{
            path.strip("/"): size for rpm in _RPMS for path, (size, _) in rpm.files.items()
        },
        "usr/lib/sysimage/rpm/rpmdb.sqlite": rpm_sqlite([rpm.header() for rpm in _RPMS]),
        "var/lib/dnf/history.sqlite": dnf_history([(1, _REASONS)]),
        "var/cache/dnf/lens-0123456789abcdef/repodata/primary.xml.gz": 50_000,
    }  # fmt: skip


def _alpine() -> Mapping[str, bytes | int]:
    records: list[Mapping[str, str | Sequence[str]]] = [
        {
            "P": name, "V": "1.0-r0", "A": "x86_64", "S": str(size), "I": str(size),
            "T": "a package", "L": "MIT", "o": name, "D": _APK_NEEDS.get(name, ""),
            "files": (path,),
        }
        for name, (path, size) in _APK_FILES.items()
    ]  # fmt: skip
    records.append(
        {
            "P": ".build-deps", "V": "20261124.120000", "A": "noarch", "S": "0", "I": "0",
            "T": "virtual meta package", "D": "gcc",
        }
    )  # fmt: skip
    return {
        **dict(_APK_FILES.values()),
        "lib/apk/db/installed": apk_installed(records),
        "etc/apk/world": b".build-deps=20261124.120000\nmusl\nzlib-doc\n",
        "var/cache/apk/APKINDEX.0123abcd.tar.gz": 20_000,
    }


def _arch() -> Mapping[str, bytes | int]:
    files: dict[str, bytes | int] = {
        "var/lib/pacman/local/ALPM_DB_VERSION": b"9\n",
        "var/cache/pacman/pkg/app-1.0-1-any.pkg.tar.zst": 25_000,
        "var/lib/pacman/sync/core.db": 15_000,
    }
    for name, (reason, needs) in _ALPM.items():
        described = {
            "NAME": [name], "VERSION": ["1.0-1"], "BASE": [name], "DESC": ["a package"],
            "ARCH": ["any"], "LICENSE": ["MIT"], "SIZE": [str(_ALPM_SIZE)],
            "REASON": [reason] if reason else [], "DEPENDS": [needs] if needs else [],
        }  # fmt: skip
        folder = f"var/lib/pacman/local/{name}-1.0-1"
        files[f"{folder}/desc"] = pacman_sections(
            {title: values for title, values in described.items() if values}
        )
        files[f"{folder}/files"] = pacman_sections({"FILES": ["usr/", f"usr/share/{name}"]})
        files[f"usr/share/{name}"] = _ALPM_SIZE
    return files
