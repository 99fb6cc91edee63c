"""rpm's packages: SQLite, ndb and Berkeley DB databases, and Azure Linux's manifest.

All three kinds hold the same headers (:mod:`layerlens.analysis.packages.rpm_header`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerlens.analysis.packages import dnf, rpm_bdb, rpm_header, rpm_ndb, sqlite_tables
from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.rpm_header import Header, HeaderError, Selected
from layerlens.analysis.packages.rpm_ndb import DatabaseError
from layerlens.analysis.packages.view import Database, View

DIRECTORIES = (b"usr/lib/sysimage/rpm", b"var/lib/rpm", b"usr/share/rpm")
FILES = (b"rpmdb.sqlite", b"Packages.db", b"Packages")
"""Databases of one directory; after a change of kind the old one may still lie there."""

MANIFEST = b"var/lib/rpmmanifest/container-manifest-2"

MAX_PACKAGES = 100_000
MAX_VALUES = 4_000_000
"""Dependencies and paths of all packages together."""

MAX_PATHS = 256 << 20
"""Bytes of all paths together."""

_PATHS = frozenset(directory + b"/" + name for directory in DIRECTORIES for name in FILES)


def read(view: View) -> Iterable[Database]:
    """The installed packages as ``rpm -qa`` lists them.

    ``details["kind"]`` is ``key`` for an imported public key (``gpg-pubkey``),
    ``details["reason"]`` why dnf installed a package.  ``files`` are without
    those that the package only answers for (``%ghost``).
    """
    paths = set(view.kept(_PATHS.__contains__))
    reasons = dnf.reasons(view) if paths else {}
    found = False
    for directory in DIRECTORIES:
        read_already: list[Database] = []
        for name in FILES:
            path = directory + b"/" + name
            data = view.text(path) if path in paths else None
            if data is None:
                continue
            database = Database(path, tuple(_packages(view, path, data, reasons)))
            read_already.append(database)
            if database.packages:
                break
        if read_already:
            yield read_already[-1] if read_already[-1].packages else read_already[0]
            found = found or bool(read_already[-1].packages)
    manifest = None if found else view.text(MANIFEST)
    if manifest is not None:
        yield Database(MANIFEST, tuple(_listed_in_manifest(view, manifest)))


def _headers(view: View, path: bytes, data: bytes) -> Iterator[bytes]:
    if path.endswith(b".sqlite"):
        for (blob,) in sqlite_tables.rows(data, view.text(path + b"-wal"), "Packages", ("blob",)):
            yield blob if isinstance(blob, bytes) else b""
    elif path.endswith(b".db"):
        yield from rpm_ndb.headers(data)
    else:
        yield from rpm_bdb.headers(data)


def _packages(view: View, path: bytes, data: bytes, reasons: dnf.Reasons) -> Iterator[Listed]:
    broken = count = values = path_bytes = 0
    why = ""
    try:
        for blob in _headers(view, path, data):
            try:
                header = Header(blob)
                listed = _listed(header, reasons)
            except HeaderError as error:
                broken, why = broken + 1, str(error)
                continue
            count += 1
            values += len(listed.requires) + len(listed.recommends) + len(listed.provides)
            values += len(header.paths)
            path_bytes += header.paths.size
            if count > MAX_PACKAGES or values > MAX_VALUES or path_bytes > MAX_PATHS:
                view.problem(
                    path, "more packages and files than are looked at; the rest is left out"
                )
                return
            yield listed
    except DatabaseError as error:
        view.problem(path, str(error))
    if broken:
        view.problem(path, f"{broken} entries are no header of a package: {why}")


def _listed(header: Header, reasons: dnf.Reasons) -> Listed:
    name, version = header.text(rpm_header.NAME), header.text(rpm_header.VERSION)
    if not name or not version:
        raise HeaderError("no name and version")
    arch = header.text(rpm_header.ARCH)
    release = header.text(rpm_header.RELEASE)
    reason = reasons.get((name, arch), "")
    epoch = header.number(rpm_header.EPOCH)
    details = {
        "epoch": "" if epoch is None else str(epoch),
        "source": header.text(rpm_header.SOURCE_RPM),
        "reason": reason,
        "kind": "key" if name == "gpg-pubkey" else "",
    }
    size = header.number(rpm_header.LONG_SIZE)
    paths = header.paths
    return Listed(
        ecosystem=Ecosystem.RPM,
        name=name,
        version=f"{version}-{release}" if release else version,
        arch=arch,
        licence=header.text(rpm_header.LICENSE),
        files=Selected(paths, unwanted=rpm_header.FLAG_GHOST),
        docs=Selected(
            paths,
            wanted=rpm_header.FLAG_DOC,
            unwanted=rpm_header.FLAG_GHOST | rpm_header.FLAG_LICENSE,
        )
        if paths.having(rpm_header.FLAG_DOC)
        else (),
        declared=header.number(rpm_header.SIZE) if size is None else size,
        requires=tuple(
            text
            for text in _texts(header, rpm_header.REQUIRE_NAME)
            if not text.startswith("rpmlib(")  # what rpm itself must be able to do
        ),
        recommends=tuple(_texts(header, rpm_header.RECOMMEND_NAME)),
        provides=(*_texts(header, rpm_header.PROVIDE_NAME), *_ghosts(header)),
        manual=dnf.MANUAL.get(reason),
        details={key: value for key, value in details.items() if value},
    )


def _texts(header: Header, tag: int) -> Iterable[str]:
    """The texts of a tag, each once, in their order."""
    return dict.fromkeys(text.decode("utf-8", "replace") for text in header.strings(tag))


def _ghosts(header: Header) -> Iterator[str]:
    """Paths that a package answers for without having them: others may require them."""
    if header.paths.having(rpm_header.FLAG_GHOST):
        for path, flags in header.paths.rows():
            if flags & rpm_header.FLAG_GHOST and b"bin/" in path:
                yield "/" + path.decode("utf-8", "surrogateescape")


# ---------------------------------------------------------------------- manifest


def _listed_in_manifest(view: View, text: bytes) -> Iterator[Listed]:
    """Packages of an image without a database.

    Fields, between tabs: name, version-release, times of install and build,
    vendor, epoch, size, architecture, epoch as a number, source package.
    """
    broken = 0
    lines = text.decode("utf-8", "replace").splitlines()
    for line in lines[:MAX_PACKAGES]:
        fields = line.split("\t")
        if len(fields) < 10 or not fields[0] or not fields[1]:
            broken += bool(line.strip())
            continue
        name, version, _, _, _, _, size, arch, epoch, source = fields[:10]
        details = {"epoch": epoch if epoch != "0" else "", "source": source}
        yield Listed(
            ecosystem=Ecosystem.RPM,
            name=name,
            version=version,
            arch="" if arch == "(none)" else arch,
            declared=int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
            details={
                key: value for key, value in details.items() if value and value != "(none)"
            },
        )  # fmt: skip
    if broken or len(lines) > MAX_PACKAGES:
        view.problem(MANIFEST, "lines that are no package's were left out")
