"""Packages of Alpine, of rpm's distributions and of Arch that nothing needs.

Sources: apk(8); dnf's configuration (``install_weak_deps``, ``tsflags``) and
rpm's file flags; pacman(8) ``-Qdt``.  What Debian's packages have of this is in
:mod:`layerlens.analysis.rules.catalogue.debian`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from layerlens.analysis.packages.closure import Dependencies
from layerlens.analysis.packages.model import Ecosystem, Package
from layerlens.analysis.packages.ownership import Resolver
from layerlens.analysis.rules.catalogue._packages import (
    Started,
    asked_for,
    line,
    named,
    versions_of,
)
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Topic,
)
from layerlens.analysis.rules.words import counted

VIRTUAL = Rule(
    id="apk-virtual-left",
    title="a group of build packages that is still installed",
    topic=Topic.PACKAGES,
    why=(
        "apk add --virtual gives packages a common name so that one apk del takes them all away. "
        "This group is named after building, and it is still there."
    ),
    fix=(
        "RUN apk add --no-cache --virtual {group} {packages} \\\n"
        "    && <build> \\\n"
        "    && apk del --no-network {group}"
    ),
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.BUILD_TOOLS,
    keep=(
        "Groups whose name says that they are for running (.python-rundeps, .persistent-deps), "
        "and packages that something else needs or somebody asked for by name as well."
    ),
    source="apk's installed database and world: the packages that apk del would remove",
)

EXTRAS = Rule(
    id="apk-extra-packages",
    title="documentation, static libraries, debug files and translations as packages",
    topic=Topic.PACKAGES,
    why=(
        "Alpine keeps manuals, static libraries, debug information and translations in packages "
        "of their own, so that images need not have them."
    ),
    fix="# leave out of apk add: {packages}",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.UNNEEDED_PACKAGES,
    keep="Packages that another one needs. Headers (-dev) are told as development-files.",
    source="names of Alpine's subpackages (APKBUILD reference) in apk's installed database",
)

WEAK = Rule(
    id="rpm-weak-dependencies",
    title="packages that are only recommended",
    topic=Topic.PACKAGES,
    why=(
        "dnf also installs what a package merely recommends. Nothing that was asked for needs "
        "these packages to run."
    ),
    fix="RUN dnf install -y --setopt=install_weak_deps=False {packages} && dnf clean all",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.UNNEEDED_PACKAGES,
    keep=(
        "Packages of the base image, those of which dnf did not write down why they are there, "
        "those that something needs, and those that the image starts."
    ),
    source="rpm's database (RECOMMENDNAME) and dnf's history; equal to dnf install with and "
    "without weak dependencies",
)

DOCS = Rule(
    id="rpm-docs",
    title="documentation of rpm packages",
    topic=Topic.PACKAGES,
    why=(
        "The packages themselves call these files documentation (%doc); rpm leaves them out where "
        "it is told to."
    ),
    fix=(
        "RUN dnf install -y --setopt=tsflags=nodocs {packages} && dnf clean all\n"
        "# for all that follows: echo tsflags=nodocs >> /etc/dnf/dnf.conf"
    ),
    ledger_class=LedgerClass.DOCUMENTATION,
    keep="Licences, by their flag (%license) or by their name.",
    source="rpm's file flags: RPMFILE_DOC without RPMFILE_LICENSE",
)

ORPHANS = Rule(
    id="pacman-orphans",
    title="packages that nothing needs any more",
    topic=Topic.PACKAGES,
    why=(
        "pacman installed these as dependencies of packages that are gone, or that no longer need "
        "them."
    ),
    fix=(
        "# in the RUN that removes what needed them:\n"
        "RUN pacman -Rns --noconfirm <package>\n"
        "# those that are there now: pacman -Rns $(pacman -Qdtq)"
    ),
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.UNNEEDED_PACKAGES,
    keep="Packages that another one needs or names as optional, and those that the image starts.",
    source="pacman's local database: REASON 1, and required by nothing; equal to pacman -Qdt",
)

_BUILD_GROUP = re.compile(r"build|dev|fetch|compil|make|te?mp|tool|native", re.IGNORECASE)
_RUN_GROUP = re.compile(r"run|persist|prod", re.IGNORECASE)
_EXTRA = re.compile(r".+-(?:doc|static|dbg|lang)|docs|lang")
_LICENCE = re.compile(rb"(?:.*/)?(?:licen[cs]e|copying|copyright|notice)[^/]*", re.IGNORECASE)


def check_apk(context: Context) -> Iterator[Draft]:
    """Groups of build packages, and packages for people and linkers."""
    packages = context.inventory.of(Ecosystem.APK)
    groups = [i for i, each in enumerate(packages) if _is_build_group(each)]
    extras = [i for i, each in enumerate(packages) if _EXTRA.fullmatch(each.name)]
    if not groups and not extras:
        return
    graph = Dependencies([package.listed for package in packages])
    told: set[int] = set()
    for group in groups:
        gone = graph.exclusive([group]) - told
        told |= gone
        rows = [packages[index] for index in sorted(gone - {group})]
        if rows:
            yield _virtual(packages[group], rows, gone, graph, packages)
    going = graph.exclusive(extras) - told if extras else set()
    rows = [packages[index] for index in extras if index in going]
    for layer, several in _by_layer(rows):
        names = sorted(package.name for package in several)
        yield Draft(
            EXTRAS.id,
            versions_of(several),
            layer=layer,
            title=f"{counted(len(several), 'package')} with documentation, static libraries, "
            f"debug files or translations: {named(names)}",
            evidence=(line("packages", names),),
            values={"packages": " ".join(names[:20])},
        )


def _is_build_group(package: Package) -> bool:
    return (
        "virtual" in package.listed.details
        and _BUILD_GROUP.search(package.name) is not None
        and _RUN_GROUP.search(package.name) is None
    )


def _virtual(
    group: Package,
    rows: Sequence[Package],
    gone: set[int],
    graph: Dependencies,
    packages: Sequence[Package],
) -> Draft:
    names = sorted(package.name for package in rows)
    place = next(index for index in gone if packages[index] is group)
    asked = sorted({packages[index].name for index in graph.requires[place]}) or names
    return Draft(
        VIRTUAL.id,
        versions_of(rows),
        layer=group.layer,
        title=f"the group {group.name} with {counted(len(rows), 'package')}",
        evidence=(line("apk del would remove", names),),
        paths=(group.database,) if not any(package.versions for package in rows) else (),
        values={"group": group.name, "packages": " ".join(asked[:20])},
    )


def check_weak(context: Context) -> Iterator[Draft]:
    """What dnf would not have installed without weak dependencies."""
    packages = context.inventory.of(Ecosystem.RPM)
    automatic = [i for i, package in enumerate(packages) if package.listed.manual is False]
    if not automatic:
        return
    graph = Dependencies([package.listed for package in packages])
    started = Started(context)
    wanted = {index for index in automatic if started.place(packages[index]) is not None}
    only = graph.recommends_only(wanted=wanted)
    for layer, rows in _by_layer(packages[index] for index in sorted(only)):
        if layer < context.base_layers:
            continue
        names = sorted(package.name for package in rows)
        evidence = [line("packages", names)]
        for by, package in enumerate(packages):
            liked = {packages[i].name for i in graph.recommends[by]}.intersection(names)
            if liked and by not in only:
                evidence.append(line(f"{package.name} recommends", liked))
        asked = [each.listed for each in packages if each.layer == layer and each.listed.manual]
        yield Draft(
            WEAK.id,
            versions_of(rows),
            layer=layer,
            title=f"{counted(len(rows), 'package')} that {'is' if len(rows) == 1 else 'are'} "
            "only recommended",
            evidence=tuple(evidence),
            values={"packages": asked_for(asked) if asked else "<packages>"},
        )


def check_docs(context: Context) -> Iterator[Draft]:
    """Files that rpm's packages call documentation, by the layer in which they lie."""
    resolver, files = Resolver(context), context.files
    owner: dict[int, str] = {}
    for package in context.inventory.of(Ecosystem.RPM):
        for name in package.listed.docs:
            path = None if _LICENCE.fullmatch(name) else resolver.path(name)
            version = None if path is None else files.find(path)
            if version is not None:
                owner[version] = package.name
    for layer, versions in context.by_layer(owner).items():
        names = sorted({owner[version] for version in versions})
        yield Draft(
            DOCS.id,
            versions,
            layer=layer,
            title=f"{counted(len(versions), 'documentation file')} of "
            f"{counted(len(names), 'rpm package')}",
            evidence=(line("packages", names),),
            values={"packages": named(names, 1) if len(names) == 1 else "<packages>"},
        )


def check_pacman(context: Context) -> Iterator[Draft]:
    """Dependencies of packages that are gone."""
    packages = context.inventory.of(Ecosystem.ALPM)
    automatic = [i for i, package in enumerate(packages) if package.listed.manual is False]
    if not automatic:
        return
    graph = Dependencies([package.listed for package in packages])
    started = Started(context)
    wanted = {index for index in automatic if started.place(packages[index]) is not None}
    orphans = graph.orphans() - graph.closure(wanted, recommends=True)
    for layer, rows in _by_layer(packages[index] for index in sorted(orphans)):
        names = sorted(package.name for package in rows)
        yield Draft(
            ORPHANS.id,
            versions_of(rows),
            layer=layer,
            title=f"{counted(len(rows), 'package')} that nothing needs any more: {named(names)}",
            evidence=(line("packages", names),),
        )


def _by_layer(packages: Iterable[Package]) -> Iterator[tuple[int, list[Package]]]:
    groups: dict[int, list[Package]] = defaultdict(list)
    for package in packages:
        groups[package.layer].append(package)
    yield from sorted(groups.items())


RULE_SET = RuleSet(
    rules=(VIRTUAL, EXTRAS, WEAK, DOCS, ORPHANS),
    checks=(check_apk, check_weak, check_docs, check_pacman),
)
