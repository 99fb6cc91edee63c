"""Whether an image can tell what it is made of: package databases and package managers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from layerlens.analysis.packages.dpkg import STATUS, STATUS_DIRECTORY
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic

MISSING = Rule(
    id="package-database-missing",
    title="a distribution without its package database",
    topic=Topic.POSTURE,
    why=(
        "Scanners read the package database to know what is installed. Without it they find no "
        "package, and so no vulnerability: the image looks clean, and is not."
    ),
    fix="# do not delete {paths}: it is small, and scanners need it",
    severity=Severity.MEDIUM,
    keep=(
        "Images without a distribution, and those that list their packages elsewhere "
        "(var/lib/dpkg/status.d, rpmmanifest)."
    ),
    source="os-release(5) and the places where dpkg, apk, rpm and pacman keep their databases",
)

MANAGER = Rule(
    id="package-manager",
    title="a package manager",
    topic=Topic.POSTURE,
    why=(
        "A package manager is not needed at run time, and helps whoever breaks in to install "
        "more. Images for running alone (distroless, chiselled, scratch) have none."
    ),
    fix="FROM gcr.io/distroless/<language>-debian13:nonroot   # or another image without one",
    confidence=Confidence.HINT,
    severity=Severity.INFO,
    most=Severity.INFO,
    keep="Images that others build upon need it.",
    source="the programs' names",
)


@dataclass(frozen=True, slots=True)
class Family:
    """Distributions with one kind of database, and where it may be."""

    name: str
    ids: frozenset[str]
    files: tuple[bytes, ...]
    directories: tuple[bytes, ...] = ()


_RPM = (b"var/lib/rpm/", b"usr/lib/sysimage/rpm/", b"usr/share/rpm/")

FAMILIES = (
    Family("dpkg", frozenset({"debian", "ubuntu"}), (STATUS,), (STATUS_DIRECTORY,)),
    Family(
        "apk",
        frozenset({"alpine", "wolfi", "chainguard"}),
        (b"lib/apk/db/installed", b"usr/lib/apk/db/installed"),
    ),
    Family(
        "rpm",
        frozenset(
            {"fedora", "rhel", "centos", "rocky", "almalinux", "amzn", "ol", "suse", "sles",
             "opensuse", "azurelinux", "mariner", "photon"}
        ),
        (
            *(each + name for each in _RPM for name in (b"rpmdb.sqlite", b"Packages.db", b"Packages")),
            b"var/lib/rpmmanifest/container-manifest-2",
        ),
    ),
    Family("pacman", frozenset({"arch"}), (), (b"var/lib/pacman/local",)),
)  # fmt: skip

_OS_RELEASE = (b"etc/os-release", b"usr/lib/os-release")
_LIBRARIES = (b"usr/lib", b"lib")
_FEWEST_FILES = 20
"""Fewer files below the libraries' directories are no distribution, whatever os-release says."""

_MANAGERS = ("apt-get", "apk", "dnf", "microdnf", "yum", "zypper", "pacman")
_PLACES = (b"usr/bin/", b"bin/", b"sbin/", b"usr/sbin/")


def os_release(text: bytes) -> dict[str, str]:
    """The assignments of an os-release file (os-release(5)), quotes taken off."""
    found = {}
    for row in text.decode("utf-8", "replace").splitlines():
        name, equals, value = row.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name] = value.strip().strip("\"'")
    return found


def check_database(context: Context) -> Iterator[Draft]:
    """A distribution by its own word, whose package database is not there or is empty."""
    text = next((found for path in _OS_RELEASE if (found := context.text(path))), None)
    if text is None:
        return
    release = os_release(text)
    ids = {release.get("ID", "").lower(), *release.get("ID_LIKE", "").lower().split()}
    # The distribution's own family first: some say that they are like several.
    own = release.get("ID", "").lower()
    families = sorted(
        (family for family in FAMILIES if family.ids & ids),
        key=lambda family: own not in family.ids,
    )
    if not families or any(_has_database(context, family) for family in FAMILIES):
        return
    if sum(len(context.files.below(each)) for each in _LIBRARIES) < _FEWEST_FILES:
        return
    family = families[0]
    gone = _deleted(context, family)
    places = (*family.files, *family.directories)
    name = release.get("PRETTY_NAME") or release.get("NAME") or own
    title = f"{name} without its package database"
    yield Draft(
        MISSING.id,
        layer=gone[1] if gone else _layer_of_release(context),
        paths=(gone[0],) if gone else places[:1],
        title=f"{title}, deleted in layer {gone[1]}" if gone else title,
        evidence=(f"{family.name} would list its packages in /{places[0].decode()}",),
    )


def _has_database(context: Context, family: Family) -> bool:
    files = context.files
    for path in family.files:
        version = files.find(path)
        if version is not None and context.size(version):
            return True
    return any(files.below(directory) for directory in family.directories)


def _deleted(context: Context, family: Family) -> tuple[bytes, int] | None:
    """A database that was there once: its path, and the layer that took it away last."""
    fs = context.fs
    directories = tuple(each + b"/" for each in family.directories)
    found: tuple[bytes, int] | None = None
    for name, layer in zip(fs.deaths.name, fs.deaths.layer, strict=True):
        path = fs.paths[name]
        if (path in family.files or (directories and path.startswith(directories))) and (
            found is None or layer >= found[1]
        ):
            found = (path, layer)
    return found


def _layer_of_release(context: Context) -> int | None:
    live = context.fs.live
    return next((context.fs.layer_of(live[path]) for path in _OS_RELEASE if path in live), None)


def check_manager(context: Context) -> Iterator[Draft]:
    """The first package manager among the commands of the final filesystem."""
    live = context.fs.live
    found = [
        (name, path)
        for name in _MANAGERS
        for place in _PLACES
        if (path := place + name.encode()) in live
    ]
    if not found:
        return
    names = list(dict.fromkeys(name for name, _ in found))
    yield Draft(
        MANAGER.id,
        layer=context.fs.layer_of(live[found[0][1]]),
        paths=[path for _, path in found],
        title=f"a package manager: {', '.join(names)}",
    )


RULE_SET = RuleSet(rules=(MISSING, MANAGER), checks=(check_database, check_manager))
