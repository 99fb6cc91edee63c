"""What nothing needs in Alpine, in rpm's distributions and in Arch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layerlens.analysis.rules.catalogue.distributions import RULE_SET
from layerlens.analysis.rules.findings import Finding
from tests.builders import Image, Member, directory, file, layer, symlink
from tests.judging import Looked
from tests.package_writers import (
    DOC,
    GHOST,
    LICENSE,
    Rpm,
    apk_installed,
    dnf_history,
    pacman_sections,
    rpm_sqlite,
)


def found(*layers: bytes, base: int = 0, **settings: Any) -> dict[str, list[Finding]]:
    image = Image(list(layers), [f"RUN step {k}" for k in range(len(layers))], settings=settings)
    looked = Looked(image, base)
    findings = looked.findings([RULE_SET])
    assert [note for note in looked.context.notes.all() if note.code == "rule-failed"] == []
    return findings


# ---------------------------------------------------------------------- apk

_APK = "lib/apk/db/installed"


def apk(
    world: str, *packages: tuple[str, str], sizes: dict[str, int] | None = None
) -> list[Member]:
    """A system of (name, dependencies), each with one file of 100 bytes or ``sizes``."""
    records: list[dict[str, str | Sequence[str]]] = []
    members = [file("etc/apk/world", world.encode())]
    for name, needs in packages:
        record: dict[str, str | Sequence[str]] = {"P": name, "V": "1", "A": "x86_64", "D": needs}
        if not name.startswith("."):
            record["files"] = (f"usr/lib/{name}",)
            members.append(file(f"usr/lib/{name}", b"x" * (sizes or {}).get(name, 100)))
        records.append(record)
    return [*members, file(_APK, apk_installed(records))]


def test_a_virtual_group_that_is_still_there() -> None:
    base = layer(*apk("musl", ("musl", "")))
    above = layer(
        *apk(
            "musl curl .build-deps", ("musl", ""), ("curl", "libcurl"), ("libcurl", "musl"),
            (".build-deps", "gcc make libcurl"), ("gcc", "musl binutils"), ("binutils", "musl"),
            ("make", "musl"), sizes={"gcc": 5000},
        )
    )  # fmt: skip
    (one,) = found(base, above, base=1)["apk-virtual-left"]
    assert (one.title, one.bytes, one.layer) == (
        "the group .build-deps with 3 packages", 5200, 1,
    )  # fmt: skip
    assert one.evidence == ("apk del would remove: binutils, gcc, make",)
    assert "--virtual .build-deps gcc libcurl make" in one.fix


def test_groups_for_running_stay() -> None:
    packages = (("musl", ""), (".python-rundeps", "musl libffi"), ("libffi", "musl"))
    assert found(layer(*apk("musl .python-rundeps", *packages))) == {}


def test_a_group_that_nothing_goes_with() -> None:
    packages = (("musl", ""), (".build-deps", "musl"))
    assert found(layer(*apk("musl .build-deps", *packages))) == {}


def test_packages_for_people() -> None:
    packages = (
        ("musl", ""), ("zlib-static", ""), ("git-doc", ""), ("zlib-dev", ""), ("app", "app-lang"),
        ("app-lang", ""),
    )  # fmt: skip
    (one,) = found(layer(*apk("musl zlib-static git-doc zlib-dev app", *packages)))[
        "apk-extra-packages"
    ]
    assert one.bytes == 200
    assert one.title.endswith(": git-doc and zlib-static")
    assert "git-doc zlib-static" in one.fix


def test_packages_of_a_group_are_told_once() -> None:
    packages = ((".build-deps", "git-doc"), ("git-doc", ""))
    findings = found(layer(*apk(".build-deps", *packages)))
    assert list(findings) == ["apk-virtual-left"]


# ---------------------------------------------------------------------- rpm


def rpm(*packages: Rpm, history: bytes | None = None) -> bytes:
    members = [
        file(path.strip("/"), b"x" * size)
        for package in packages
        for path, (size, flags) in package.files.items()
        if not flags & GHOST
    ]
    members.append(
        file("usr/lib/sysimage/rpm/rpmdb.sqlite", rpm_sqlite([each.header() for each in packages]))
    )
    if history is not None:
        members.append(file("var/lib/dnf/history.sqlite", history))
    return layer(*members)


_TOOL = Rpm(
    "tool", files={"/usr/bin/tool": (1000, 0)}, requires=("lib", "/usr/bin/base"),
    recommends=("weak", "(other if tool)"),
)  # fmt: skip
_LIB = Rpm("lib-libs", files={"/usr/lib/lib": (300, 0)}, provides=("lib",), recommends=("deep",))
_BASE = Rpm("base", files={"/usr/bin/base": (50, 0)})
_WEAK = Rpm("weak", files={"/usr/bin/weak": (700, 0)}, requires=("weakdep",))
_WEAKDEP = Rpm("weakdep", files={"/usr/lib/weakdep": (90, 0)})
_DEEP = Rpm("deep", files={"/usr/lib/deep": (8, 0)})
_OTHER = Rpm("other", files={"/usr/lib/other": (4, 0)})
_ALL = (_TOOL, _LIB, _BASE, _WEAK, _WEAKDEP, _DEEP, _OTHER)
_REASONS = [
    ("tool", 1, 2), ("lib-libs", 1, 1), ("base", 1, 1), ("weak", 1, 4), ("weakdep", 1, 1),
    ("deep", 1, 4), ("other", 1, 4),
]  # fmt: skip


def test_weak_dependencies() -> None:
    history = dnf_history([(1, _REASONS)])
    (one,) = found(rpm(*_ALL, history=history))["rpm-weak-dependencies"]
    assert (one.bytes, one.title) == (802, "4 packages that are only recommended")
    assert one.evidence == (
        "packages: deep, other, weak, weakdep",
        "lib-libs recommends: deep",
        "tool recommends: other, weak",
    )
    assert "install_weak_deps=False tool " in one.fix


def test_weak_dependencies_that_are_in_use_or_of_the_base_stay() -> None:
    layers = rpm(*_ALL, history=dnf_history([(1, _REASONS)]))
    (one,) = found(layers, Entrypoint=["/usr/bin/weak"])["rpm-weak-dependencies"]
    assert one.evidence[0] == "packages: deep, other"
    assert "rpm-weak-dependencies" not in found(layers, base=1)
    assert "rpm-weak-dependencies" not in found(rpm(*_ALL))  # no history, no reasons


def test_documentation_by_flag() -> None:
    package = Rpm(
        "tool",
        files={
            "/usr/bin/tool": (1000, 0),
            "/usr/share/doc/tool/README": (20, DOC),
            "/usr/share/doc/tool/COPYING": (30, DOC),
            "/usr/share/doc/tool/notes/a": (7, DOC | LICENSE),
            "/usr/share/doc/tool/later": (5, DOC | GHOST),
            "/usr/share/man/man1/tool.1.gz": (40, DOC),
        },
    )
    (one,) = found(rpm(package))["rpm-docs"]
    assert (one.bytes, one.title) == (60, "2 documentation files of 1 rpm package")
    assert one.paths == (b"usr/share/man/man1/tool.1.gz", b"usr/share/doc/tool/README")


def test_documentation_behind_a_link() -> None:
    package = Rpm("tool", files={"/usr/doc/README": (20, DOC)})
    members = [
        directory("usr/share/doc"), symlink("usr/doc", "share/doc"),
        file("usr/share/doc/README", b"x" * 20),
        file("var/lib/rpm/rpmdb.sqlite", rpm_sqlite([package.header()])),
    ]  # fmt: skip
    (one,) = found(layer(*members))["rpm-docs"]
    assert one.bytes == 20


# ---------------------------------------------------------------------- pacman


def pacman(*packages: tuple[str, int, str, str]) -> bytes:
    """A system of (name, reason, dependency, optional dependency), each with a file."""
    members = []
    for name, reason, needs, likes in packages:
        folder = f"var/lib/pacman/local/{name}-1-1"
        members += [
            file(f"usr/lib/{name}", b"x" * 100),
            file(
                f"{folder}/desc",
                pacman_sections(
                    {"NAME": [name], "VERSION": ["1-1"], "REASON": [str(reason)] if reason else [],
                     "DEPENDS": [needs] if needs else [], "OPTDEPENDS": [likes] if likes else []}
                ),
            ),
            file(f"{folder}/files", pacman_sections({"FILES": ["usr/", f"usr/lib/{name}"]})),
        ]  # fmt: skip
    return layer(*members)


def test_orphans_of_pacman() -> None:
    system = pacman(
        ("app", 0, "lib>=1", "extra: more"), ("lib", 1, "", ""), ("extra", 1, "", ""),
        ("gone-lib", 1, "gone-deep", ""), ("gone-deep", 1, "", ""), ("run-by-us", 1, "", ""),
    )  # fmt: skip
    (one,) = found(system, Cmd=["run-by-us"])["pacman-orphans"]
    assert (one.bytes, one.evidence) == (200, ("packages: gone-deep, gone-lib",))


def test_nothing_in_an_image_without_packages() -> None:
    assert found(layer(file("a", b"1"))) == {}
