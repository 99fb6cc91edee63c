"""Databases that rpm, dnf and pacman themselves write or read, against what these tools say.

Debian packages: rpm, db5.3-util, dnf, createrepo-c, pacman-package-manager.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from layerlens.analysis.packages import dnf, pacman, rpm, sqlite_tables
from layerlens.analysis.packages.closure import Dependencies
from layerlens.analysis.packages.model import Listed
from tests.dictview import DictView
from tests.package_writers import pacman_sections, rpm_bdb, rpm_ndb

_TOOL = """
Name: lens-tool
Epoch: 2
Version: 1.0
Release: 3
Summary: a tool
License: MIT and BSD
BuildArch: noarch
Requires: lens-lib >= 1
Requires: /usr/share/lens-base/file
Recommends: lens-weak
%description
A tool.
%install
mkdir -p %{buildroot}/usr/share/lens-tool %{buildroot}/usr/share/doc/lens-tool
mkdir -p %{buildroot}/usr/share/licenses/lens-tool %{buildroot}/var/log
head -c 100000 /dev/zero > %{buildroot}/usr/share/lens-tool/data
echo read > %{buildroot}/usr/share/doc/lens-tool/README
echo take > %{buildroot}/usr/share/licenses/lens-tool/LICENSE
touch %{buildroot}/var/log/lens.log
%files
%dir /usr/share/lens-tool
/usr/share/lens-tool/data
%doc /usr/share/doc/lens-tool/README
%license /usr/share/licenses/lens-tool/LICENSE
%ghost /var/log/lens.log
"""

_OTHER = """
Name: {name}
Version: 1.0
Release: 1
Summary: a package
License: MIT
BuildArch: noarch
{more}
%description
A package.
%install
mkdir -p %{{buildroot}}/usr/share/{name}
head -c {size} /dev/zero > %{{buildroot}}/usr/share/{name}/file
%files
/usr/share/{name}/file
"""

_OTHERS = (
    ("lens-lib", "Recommends: lens-deep-weak", 5000),
    ("lens-base", "", 3000),
    ("lens-weak", "Requires: lens-weak-lib", 7000),
    ("lens-weak-lib", "", 900),
    ("lens-deep-weak", "", 800),
)


def _need(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def _run(*command: object, data: bytes | None = None) -> str:
    result = subprocess.run(
        [str(word) for word in command], input=data, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Packages out of rpmbuild; the first two suffice for a database."""
    _need("rpm", "rpmbuild")
    top = tmp_path_factory.mktemp("rpmbuild")
    specs = [("lens-tool", _TOOL)]
    specs += [(name, _OTHER.format(name=name, more=m, size=size)) for name, m, size in _OTHERS]
    for name, text in specs:
        spec = top / f"{name}.spec"
        spec.write_text(text)
        _run("rpmbuild", "-bb", "--define", f"_topdir {top}", spec)
    return [next(top.glob(f"RPMS/noarch/{name}-[0-9]*.rpm")) for name, _ in specs]


def _rpm(root: Path, backend: str, *arguments: object) -> str:
    options = ("--define", "_dbpath /var/lib/rpm", "--define", f"_db_backend {backend}")
    return _run("rpm", "--root", root, *options, *arguments)


@pytest.fixture(scope="session")
def installed(built: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with two packages in rpm's SQLite database."""
    root = tmp_path_factory.mktemp("root")
    _rpm(root, "sqlite", "--nodeps", "-i", *built[:2])
    return root


_FORMAT = r"%{NAME}|%{VERSION}-%{RELEASE}|%|EPOCH?{%{EPOCH}}|" r"|%{ARCH}|%{SIZE}|%{LICENSE}\n"


def _says(root: Path, backend: str) -> list[str]:
    """What ``rpm -qa`` says of each package."""
    return sorted(_rpm(root, backend, "-qa", "--qf", _FORMAT).splitlines())


def _row(listed: Listed) -> str:
    epoch = listed.details.get("epoch", "")
    row = (listed.name, listed.version, epoch, listed.arch, str(listed.declared), listed.licence)
    return "|".join(row)


def _read(path: str, data: bytes) -> list[Listed]:
    view = DictView({path: data})
    packages = [listed for database in rpm.read(view) for listed in database.packages]
    assert view.problems == []
    return packages


def _blobs(root: Path) -> list[bytes]:
    data = (root / "var/lib/rpm/rpmdb.sqlite").read_bytes()
    return [blob for (blob,) in sqlite_tables.rows(data, None, "Packages", ("blob",))]


def test_packages_and_files_are_those_of_rpm(installed: Path) -> None:
    data = (installed / "var/lib/rpm/rpmdb.sqlite").read_bytes()
    packages = _read("var/lib/rpm/rpmdb.sqlite", data)
    assert len(packages) == 2
    assert sorted(map(_row, packages)) == _says(installed, "sqlite")
    assert {listed.name: listed.declared for listed in packages}["lens-tool"] == 100_010
    for listed in packages:
        for option, paths in (("--noghost", listed.files), ("-d", listed.docs)):
            said = _rpm(installed, "sqlite", "-ql", option, listed.name).splitlines()
            assert sorted("/" + path.decode() for path in paths) == sorted(said)
        for option, texts in (("--requires", listed.requires), ("--recommends", listed.recommends)):
            said = _rpm(installed, "sqlite", "-q", option, listed.name).splitlines()
            names = {line.split()[0] for line in said if not line.startswith("rpmlib(")}
            assert sorted(texts) == sorted(names)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("writer", ["db_load", "ours"])
def test_berkeley_db(installed: Path, tmp_path: Path, writer: str, order: str) -> None:
    path = tmp_path / "var/lib/rpm/Packages"
    path.parent.mkdir(parents=True)
    blobs = _blobs(installed)
    if writer == "ours":
        path.write_bytes(rpm_bdb(blobs, order=order))
    else:
        _need("db5.3_load")
        rows = [(0, struct.pack(order + "I", len(blobs) + 1)), *enumerate(blobs, 1)]
        text = "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\n"
        text += f"db_lorder={1234 if order == '<' else 4321}\nHEADER=END\n"
        for number, value in rows:
            text += f" {struct.pack(order + 'I', number).hex()}\n {value.hex()}\n"
        _run("db5.3_load", path, data=(text + "DATA=END\n").encode())
    packages = _read("var/lib/rpm/Packages", path.read_bytes())
    assert sorted(map(_row, packages)) == _says(tmp_path, "bdb_ro")
    assert len(packages) == 2


def test_ndb(installed: Path, tmp_path: Path) -> None:
    """Debian's rpm has no ndb; syft, another reader, stands in."""
    syft = Path(sys.executable).parent / "syft"
    data = rpm_ndb(_blobs(installed))
    packages = _read("usr/lib/sysimage/rpm/Packages.db", data)
    assert sorted(map(_row, packages)) == _says(installed, "sqlite")
    if not syft.exists():
        pytest.fail("syft is missing: it comes with the development dependencies")
    path = tmp_path / "usr/lib/sysimage/rpm/Packages.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    said = json.loads(_run(syft, "-q", "-o", "json", f"dir:{tmp_path}"))["artifacts"]
    assert sorted((each["name"], each["metadata"]["size"]) for each in said) == sorted(
        (each.name, each.declared) for each in packages
    )


# ---------------------------------------------------------------------- dnf


def _dnf(root: Path, repository: Path, *arguments: str) -> DictView:
    """Install into an empty root, and give its databases."""
    options = [
        f"--installroot={root}", f"--repofrompath=lens,{repository}", "--repo=lens",
        "--nogpgcheck", "--releasever=1", f"--setopt=cachedir={root}/var/cache/dnf",
    ]  # fmt: skip
    _run("dnf", "-y", "-q", *options, *arguments)
    (database,) = root.rglob("rpmdb.sqlite")  # where Debian's dnf has it, in root's home
    files = {"var/lib/rpm/rpmdb.sqlite": database}
    for name in ("history.sqlite", "history.sqlite-wal"):
        files[f"var/lib/dnf/{name}"] = root / "var/lib/dnf" / name
    return DictView({name: path.read_bytes() for name, path in files.items() if path.exists()})


def test_weak_dependencies_are_those_of_dnf(built: Sequence[Path], tmp_path: Path) -> None:
    _need("dnf", "createrepo_c")
    repository = tmp_path / "repository"
    repository.mkdir()
    for package in built:
        shutil.copy(package, repository)
    _run("createrepo_c", "-q", repository)
    view = _dnf(tmp_path / "with", repository, "install", "lens-tool")
    (database,) = rpm.read(view)
    without = _dnf(
        tmp_path / "without", repository, "--setopt=install_weak_deps=False", "install", "lens-tool"
    )
    (least,) = rpm.read(without)
    assert view.problems == without.problems == []
    names = {listed.name for listed in database.packages}
    difference = names - {listed.name for listed in least.packages}
    assert difference == {"lens-weak", "lens-weak-lib", "lens-deep-weak"}
    found = Dependencies(database.packages).recommends_only()
    assert {database.packages[index].name for index in found} == difference
    assert [listed.name for listed in database.packages if listed.manual] == ["lens-tool"]
    assert len(dnf.reasons(view)) == len(names) == 6


# ---------------------------------------------------------------------- pacman


def test_what_pacman_reads(tmp_path: Path) -> None:
    _need("pacman")
    packages = {
        "app": ("", "lib>=1", "extra: more"), "lib": ("1", "", ""), "extra": ("1", "", ""),
        "gone-lib": ("1", "gone-deep", ""), "gone-deep": ("1", "", ""),
    }  # fmt: skip
    files: dict[str, bytes] = {"ALPM_DB_VERSION": b"9\n"}
    for name, (reason, needs, likes) in packages.items():
        described = {
            "NAME": [name], "VERSION": ["1-1"], "DESC": ["a package"], "ARCH": ["any"],
            "SIZE": ["12345"], "REASON": [reason] if reason else [], "VALIDATION": ["none"],
            "DEPENDS": [needs] if needs else [], "OPTDEPENDS": [likes] if likes else [],
        }  # fmt: skip
        files[f"{name}-1-1/desc"] = pacman_sections(
            {title: values for title, values in described.items() if values}
        )
        files[f"{name}-1-1/files"] = pacman_sections({"FILES": ["usr/", f"usr/{name}"]})
    local = tmp_path / "var/lib/pacman/local"
    for path, data in files.items():
        (local / path).parent.mkdir(parents=True, exist_ok=True)
        (local / path).write_bytes(data)

    def says(*arguments: str) -> list[str]:
        options = ("--root", tmp_path, "--dbpath", tmp_path / "var/lib/pacman")
        return sorted(_run("pacman", *options, *arguments).splitlines())

    view = DictView({f"var/lib/pacman/local/{path}": data for path, data in files.items()})
    (database,) = pacman.read(view)
    found = database.packages
    assert sorted(f"{each.name} {each.version}" for each in found) == says("-Q")
    assert sorted(f"{each.name} {each.version}" for each in found if each.manual) == says("-Qe")
    for each in found:
        assert sorted(f"/{path.decode()}" for path in each.files) == [
            path.removeprefix(str(tmp_path)) for path in says("-Qlq", each.name)
            if not path.endswith("/")
        ]  # fmt: skip
    orphans = {found[index].name for index in Dependencies(found).orphans()}
    assert says("-Qdtq") == ["gone-lib"]
    assert orphans == {"gone-lib", "gone-deep"}  # what -Rns of it takes away
