"""Databases of rpm: each kind gives the same packages, and damage is told."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import pytest

from layerlens.analysis.packages import rpm, rpm_header
from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.rpm_header import Header, HeaderError
from tests.dictview import DictView as Files
from tests.package_writers import DOC, GHOST, LICENSE, Rpm, header, rpm_bdb, rpm_ndb, rpm_sqlite

_ALPHA = Rpm(
    "alpha", "2.1", "3.fc40", epoch=7, licence="GPLv2+", requires=("beta", "/bin/sh", "beta"),
    recommends=("gamma",), provides=("virtual(x)",),
    files={
        "/usr/bin/alpha": (1000, 0),
        "/usr/share/doc/alpha/README": (20, DOC),
        "/usr/share/doc/alpha/LICENSE": (30, DOC | LICENSE),
        "/usr/bin/alternative": (0, GHOST),
        "/var/log/alpha.log": (0, GHOST),
    },
)  # fmt: skip
_BETA = Rpm("beta", files={f"/usr/lib/beta/part-{i:04}": (i, 0) for i in range(400)})
_SMALL = [Rpm(f"small-{i:02}") for i in range(30)]
_KEY = Rpm("gpg-pubkey", "e99d6ad1", "64d2612c", arch="")
_BLOBS = [each.header() for each in (_ALPHA, _BETA, *_SMALL, _KEY)]

_WRITERS: dict[str, tuple[str, Callable[[Sequence[bytes]], bytes]]] = {
    "sqlite": ("rpmdb.sqlite", rpm_sqlite),
    "ndb": ("Packages.db", rpm_ndb),
    "bdb": ("Packages", rpm_bdb),
    "bdb-big-endian": ("Packages", lambda blobs: rpm_bdb(blobs, order=">")),
    "bdb-small-pages": ("Packages", lambda blobs: rpm_bdb(blobs, page=512)),
}
_kinds = pytest.mark.parametrize("kind", list(_WRITERS))


def _view(kind: str, blobs: Sequence[bytes], directory: str = "var/lib/rpm") -> Files:
    name, write = _WRITERS[kind]
    return Files({f"{directory}/{name}": write(blobs)})


def _packages(view: Files) -> list[Listed]:
    return [listed for database in rpm.read(view) for listed in database.packages]


@_kinds
def test_each_kind_gives_the_same(kind: str) -> None:
    view = _view(kind, _BLOBS)
    (database,) = rpm.read(view)
    assert view.problems == []
    found = {listed.name: listed for listed in database.packages}
    assert len(found) == 33
    alpha = found["alpha"]
    assert (alpha.ecosystem, alpha.version, alpha.arch, alpha.licence, alpha.declared) == (
        Ecosystem.RPM, "2.1-3.fc40", "noarch", "GPLv2+", 1050,
    )  # fmt: skip
    assert alpha.requires == ("beta", "/bin/sh")
    assert alpha.recommends == ("gamma",)
    assert alpha.provides == ("alpha", "virtual(x)", "/usr/bin/alternative")
    assert alpha.details == {"epoch": "7", "source": "alpha-2.1-3.fc40.src.rpm"}
    assert alpha.manual is None
    assert list(alpha.files) == [
        b"usr/bin/alpha", b"usr/share/doc/alpha/README", b"usr/share/doc/alpha/LICENSE",
    ]  # fmt: skip
    assert (len(alpha.files), alpha.files[0]) == (3, b"usr/bin/alpha")
    assert list(alpha.docs) == [b"usr/share/doc/alpha/README"]
    assert list(found["beta"].files) == [f"usr/lib/beta/part-{i:04}".encode() for i in range(400)]
    assert found["beta"].docs == ()
    assert found["gpg-pubkey"].details["kind"] == "key"


@_kinds
@pytest.mark.parametrize("directory", ["usr/lib/sysimage/rpm", "usr/share/rpm"])
def test_each_place(kind: str, directory: str) -> None:
    view = _view(kind, _BLOBS[:1], directory)
    (database,) = rpm.read(view)
    assert database.path.startswith(directory.encode() + b"/")


@_kinds
def test_every_truncation_is_told(kind: str) -> None:
    blobs = [_ALPHA.header(), _BETA.header()]
    ((path, whole),) = _view(kind, blobs).files.items()
    ends = {*range(200), *range(0, len(whole), 97), *range(0, len(whole), 512)}
    for end in sorted(ends):
        view = Files({path.decode(): whole[:end]})
        names = [listed.name for listed in _packages(view)]
        assert view.problems or sorted(names) == ["alpha", "beta"], end
        assert len(names) <= 2


@_kinds
def test_noise_is_told(kind: str) -> None:
    ((path, whole),) = _view(kind, _BLOBS[:3]).files.items()
    for start in range(0, len(whole), max(len(whole) // 300, 1)):
        noisy = whole[:start] + b"\xff" * 40 + whole[start + 40 :]
        view = Files({path.decode(): noisy})
        assert len(_packages(view)) <= 3


def test_the_old_database_after_a_change_of_kind() -> None:
    new, old = rpm_sqlite(_BLOBS[:2]), rpm_bdb(_BLOBS)
    view = Files({"var/lib/rpm/rpmdb.sqlite": new, "var/lib/rpm/Packages": old})
    assert [len(database.packages) for database in rpm.read(view)] == [2]
    view = Files({"var/lib/rpm/rpmdb.sqlite": rpm_sqlite([]), "var/lib/rpm/Packages": old})
    assert [(each.path, len(each.packages)) for each in rpm.read(view)] == [
        (b"var/lib/rpm/Packages", 33)
    ]
    view = Files({"var/lib/rpm/rpmdb.sqlite": rpm_sqlite([])})
    assert [(each.path, each.packages) for each in rpm.read(view)] == [
        (b"var/lib/rpm/rpmdb.sqlite", ())
    ]
    assert view.problems == []


def test_the_manifest_of_images_without_a_database() -> None:
    row = (
        "zlib\t1.2.12-2.cm2\t1672\t1671\tMicrosoft\t(none)\t96\tx86_64\t0\tzlib-1.2.12-2.src.rpm\n"
    )
    path = "var/lib/rpmmanifest/container-manifest-2"
    view = Files({path: row.encode() + b"not a package\n\n"})
    (database,) = rpm.read(view)
    (zlib,) = database.packages
    assert (zlib.name, zlib.version, zlib.arch, zlib.declared, zlib.details) == (
        "zlib", "1.2.12-2.cm2", "x86_64", 96, {"source": "zlib-1.2.12-2.src.rpm"},
    )  # fmt: skip
    assert [each for each, _ in view.problems] == [path.encode()]
    view = Files({path: row.encode(), "var/lib/rpm/Packages": rpm_bdb(_BLOBS[:1])})
    assert [listed.name for listed in _packages(view)] == ["alpha"]


def test_large_sizes_and_old_names() -> None:
    large = Rpm("large", long_size=5_000_000_000)
    old = Rpm("old", files={"/a/b": (1, 0), "/c": (2, DOC)}, old_names=True)
    view = _view("sqlite", [large.header(), old.header()])
    one, other = _packages(view)
    assert one.declared == 5_000_000_000
    assert (list(other.files), list(other.docs)) == ([b"a/b", b"c"], [b"c"])


# ---------------------------------------------------------------------- hostile headers

_NAMED = [(1000, 6, ["x"]), (1001, 6, ["1"]), (1002, 6, ["1"])]


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\0" * 8,
        b"\xff" * 8,
        b"\0\0\0\1\0\0\0\0",
        header([(1001, 6, ["1"])]),
        header([(1000, 4, [1]), (1001, 6, ["1"])]),
        header([*_NAMED, (1117, 8, ["f"]), (1118, 8, ["/d/"]), (1116, 4, [1])]),
        header([*_NAMED, (1117, 8, ["f"]), (1118, 8, ["/d/"])]),
        header([*_NAMED, (1117, 8, ["f", "g"]), (1118, 8, ["/"]), (1116, 4, [0])]),
        header([*_NAMED, (1009, 6, ["12"])]),
    ],
)
def test_no_header_of_a_package(blob: bytes) -> None:
    view = _view("sqlite", [blob, Rpm("good").header()])
    assert [listed.name for listed in _packages(view)] == ["good"]
    ((_, why),) = view.problems
    assert why.startswith("1 entries are no header of a package: ")


def test_each_truncation_and_index_of_a_header() -> None:
    blob = _ALPHA.header()
    for end in range(len(blob)):
        with pytest.raises(HeaderError):
            Header(blob[:end])
    for at in range(8, 8 + 16 * int.from_bytes(blob[:4])):
        for byte in (0, 1, 0x7F, 0xFF):
            view = _view("sqlite", [blob[:at] + bytes([byte]) + blob[at + 1 :]])
            for listed in _packages(view):
                assert len(list(listed.files)) <= 5


def test_counts_that_lie() -> None:
    count = 0xFFFFFFFF
    for tag, kind in ((1117, 8), (1037, 4), (1116, 5)):
        index = b"".join(part.to_bytes(4) for part in (tag, kind, 0, count))
        found = Header(b"\0\0\0\1\0\0\0\4" + index + b"\0\0\0\0")
        with pytest.raises(HeaderError):
            (found.strings if kind == 8 else found.numbers)(tag)


def test_small_headers_that_name_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpm, "MAX_PATHS", 1_000_000)
    many = 1000
    blob = header(
        [
            *_NAMED,
            (1117, 8, ["f"] * many),
            (1118, 8, ["/" + "d" * 100_000 + "/"]),
            (1116, 4, [0] * many),
        ]
    )
    assert Header(blob).paths.size > 100_000_000
    view = _view("sqlite", [Rpm("good").header(), blob])
    assert [listed.name for listed in _packages(view)] == ["good"]
    ((_, why),) = view.problems
    assert "left out" in why


def test_flags_may_be_fewer_than_files() -> None:
    blob = header([*_NAMED, (1027, 8, ["/a", "/b"]), (1037, 4, [DOC])])
    (listed,) = _packages(_view("sqlite", [blob]))
    assert (list(listed.files), list(listed.docs)) == ([b"a", b"b"], [b"a"])
    assert rpm_header.FLAG_DOC == DOC


# ---------------------------------------------------------------------- hostile files


def test_values_that_share_pages() -> None:
    blob = _BETA.header()
    whole = rpm_bdb([blob, blob])
    pages = -(-len(blob) // (4096 - 26))
    first, second = (struct.pack("<B3xII", 3, at, len(blob)) for at in (2, 2 + pages))
    assert whole.count(second) == 1
    view = Files({"var/lib/rpm/Packages": whole.replace(second, first)})
    assert len(_packages(view)) == 1
    assert view.problems == [(b"var/lib/rpm/Packages", "1 of its entries are damaged")]


def test_slots_that_share_blocks() -> None:
    whole = bytearray(rpm_ndb([_BETA.header(), _ALPHA.header()]))
    for slot in range(2, 200):
        whole[16 * (slot + 1) : 16 * (slot + 2)] = whole[32:48]
    view = Files({"var/lib/rpm/Packages.db": bytes(whole)})
    assert len(_packages(view)) <= 2
    assert view.problems


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("rpmdb.sqlite", b"SQLite format 3\0" + b"\xff" * 5000),
        ("rpmdb.sqlite", b"hello"),
        ("Packages.db", b"RpmP" + b"\xff" * 28),
        ("Packages.db", b"RpmP" + bytes(4) + b"\xff" * 24),
        ("Packages", b"\0" * 4096),
        ("Packages", rpm_bdb([])[:24] + b"\1" + rpm_bdb([])[25:]),
        ("Packages", rpm_bdb([])[:26] + b"\1" + rpm_bdb([])[27:]),
        ("Packages", rpm_bdb([])[:20] + b"\1\2\3\4" + rpm_bdb([])[24:]),
    ],
)
def test_what_is_no_database(name: str, data: bytes) -> None:
    view = Files({f"var/lib/rpm/{name}": data})
    assert _packages(view) == []
    assert len(view.problems) == 1
