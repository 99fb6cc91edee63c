"""Packages of the distribution: recommended, orphaned, purged, upgraded, half removed.

Sources: apt.conf(5), apt-mark(8), dpkg(1); Debian Policy 7.2.  The sets of
``apt-recommends`` and ``apt-orphans`` are those of ``apt-get`` itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from layerlens.analysis.packages import dpkg
from layerlens.analysis.packages.closure import Dependencies
from layerlens.analysis.packages.model import Ecosystem, Listed, Package
from layerlens.analysis.packages.ownership import Resolver
from layerlens.analysis.packages.view import FinalView
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
    Severity,
    Topic,
)
from layerlens.analysis.rules.words import counted

RECOMMENDS = Rule(
    id="apt-recommends",
    title="packages that are only recommended",
    topic=Topic.PACKAGES,
    why=(
        "apt also installs what a package merely recommends. Nothing that was asked for needs "
        "these packages to run."
    ),
    fix=(
        "RUN apt-get update && apt-get install -y --no-install-recommends {packages} \\\n"
        "    && rm -rf /var/lib/apt/lists/*"
    ),
    ledger_class=LedgerClass.UNNEEDED_PACKAGES,
    also=("DL3015", "DS-0029"),
    keep=(
        "Packages of the base image, those that were asked for by name, those that something "
        "needs, and those that the image starts. A recommended package that you do use belongs "
        "in the install command."
    ),
    source="dpkg's status and apt's extended_states; equal to apt-get -s with and without the flag",
)

ORPHANS = Rule(
    id="apt-orphans",
    title="packages that nothing needs any more",
    topic=Topic.PACKAGES,
    why=(
        "apt installed these for packages that are gone. apt-get autoremove would take them away."
    ),
    fix=(
        "# Where the packages that needed them are removed, in the same RUN as their install:\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends <build packages> \\\n"
        "    && <build> \\\n"
        "    && apt-get purge -y --auto-remove <build packages> && rm -rf /var/lib/apt/lists/*\n"
        "# A library that your own programs load: apt-mark manual <package>"
    ),
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.UNNEEDED_PACKAGES,
    keep="Essential and required packages, kernels, and packages that the image starts.",
    source="dpkg's status and apt's extended_states; equal to apt-get -s autoremove",
)

PURGED = Rule(
    id="packages-purged-later",
    title="packages installed in one layer and removed in a later one",
    topic=Topic.PACKAGES,
    why=(
        "A layer cannot take bytes away from those below it: the removed packages are still "
        "stored, sent and pulled."
    ),
    fix=(
        "RUN apt-get update && apt-get install -y --no-install-recommends {packages} \\\n"
        "    && <build> \\\n"
        "    && apt-get purge -y --auto-remove {packages} \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
        "# or build in a stage of its own, and COPY --from=build what comes out"
    ),
    source="the package databases of the layers, and the files that went",
)

UPGRADED = Rule(
    id="packages-upgraded",
    title="packages upgraded in a later layer",
    topic=Topic.PACKAGES,
    why=(
        "An upgrade stores the new files over the old ones, and both are in the image. The "
        "upgrade itself is right; a base image that already has it would save the old files."
    ),
    fix="FROM <a newer tag or digest of the base image>   # packages: {packages}",
    most=Severity.LOW,
    keep="Security updates are not waste: take a newer base image rather than leave them out.",
    source="the package databases of the layers, and the files that were replaced",
)

HALF_REMOVED = Rule(
    id="apt-rc-packages",
    title="packages removed, but not purged",
    topic=Topic.PACKAGES,
    why="Their configuration files are still there, and dpkg still lists them.",
    fix="apt-get purge -y {packages}   # instead of remove, in the same RUN",
    ledger_class=LedgerClass.UNNEEDED_PACKAGES,
    severity=Severity.INFO,
    source="dpkg's status: deinstall ok config-files",
)


# ---------------------------------------------------------------------- not needed


def check_unneeded(context: Context) -> Iterator[Draft]:
    """What apt would not have installed without recommendations, or would remove by itself."""
    packages = context.inventory.of(Ecosystem.DEB)
    if not any(package.listed.manual is False for package in packages):
        return
    graph = Dependencies([package.listed for package in packages])
    started = Started(context)
    automatic = [i for i, package in enumerate(packages) if package.listed.manual is False]
    wanted = {index for index in automatic if started.place(packages[index]) is not None}
    only = graph.recommends_only(wanted=wanted)
    for layer, group in _by_layer(packages, only):
        if layer >= context.base_layers:
            yield _recommended(packages, group, layer, graph)
    orphans = graph.orphans() - graph.closure(wanted, recommends=True)
    for layer, group in _by_layer(packages, orphans):
        rows = [packages[index] for index in group]
        names = sorted(package.name for package in rows)
        yield Draft(
            ORPHANS.id,
            versions_of(rows),
            layer=layer,
            title=f"{counted(len(rows), 'package')} that nothing needs any more: {named(names)}",
            evidence=(line("packages", names),),
        )


def _by_layer(packages: Sequence[Package], which: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for index in sorted(which):
        groups[packages[index].layer].append(index)
    yield from sorted(groups.items())


def _recommended(
    packages: Sequence[Package], group: Sequence[int], layer: int, graph: Dependencies
) -> Draft:
    rows = [packages[index] for index in group]
    names = {package.name for package in rows}
    evidence = [line("packages", names)]
    for by, package in enumerate(packages):
        liked = [packages[i].name for i in graph.recommends[by] if packages[i].name in names]
        if liked and package.name not in names:
            evidence.append(line(f"{package.name} recommends", liked))
    fix = RECOMMENDS.fix
    if "ca-certificates" in names:
        fix += "\n# ca-certificates is among them: name it if anything speaks TLS"
    asked = [each.listed for each in packages if each.layer == layer and each.listed.manual]
    return Draft(
        RECOMMENDS.id,
        versions_of(rows),
        layer=layer,
        title=f"{counted(len(rows), 'package')} that {'is' if len(rows) == 1 else 'are'} "
        "only recommended",
        evidence=tuple(evidence),
        values={"packages": asked_for(asked) if asked else "<packages>"},
        fix=fix,
    )


# ---------------------------------------------------------------------- what layers did

_FIXES = {
    Ecosystem.APK: (
        "RUN apk add --no-cache --virtual .build {packages} \\\n"
        "    && <build> \\\n"
        "    && apk del .build\n"
        "# or build in a stage of its own, and COPY --from=build what comes out"
    ),
    Ecosystem.RPM: (
        "RUN dnf install -y --setopt=install_weak_deps=False {packages} \\\n"
        "    && <build> \\\n"
        "    && dnf remove -y {packages} && dnf clean all\n"
        "# or build in a stage of its own, and COPY --from=build what comes out"
    ),
}
"""How other systems install and remove in one layer."""


def check_changes(context: Context) -> Iterator[Draft]:
    """Packages that a layer removed or upgraded after a lower layer installed them."""
    changes = context.inventory.changes
    if not any(change.removed or change.upgraded for change in changes):
        return
    dead = _Dead(context, {change.layer for change in changes if change.removed or change.upgraded})
    since: dict[tuple[bytes, str, str], int] = {}  # database, name, architecture -> layer
    for change in changes:
        layer, database = change.layer, change.database
        removed: dict[int, list[Listed]] = defaultdict(list)
        for each in change.removed:
            removed[since.pop((database, each.name, each.arch), 0)].append(each)
        for origin, rows in sorted(removed.items()):
            versions = dead.files(rows, layer)
            if versions:
                yield _purged(context, rows, versions, origin, layer)
        upgraded: dict[bool, list[tuple[Listed, Listed]]] = defaultdict(list)
        for old, new in change.upgraded:
            from_base = since.get((database, old.name, old.arch), 0) < context.base_layers
            upgraded[from_base].append((old, new))
            since[database, new.name, new.arch] = layer
        for from_base, pairs in sorted(upgraded.items()):
            versions = dead.files([old for old, _ in pairs], layer)
            if versions:
                yield _upgraded(pairs, versions, layer, from_base=from_base)
        for each in change.added:
            since[database, each.name, each.arch] = layer


class _Dead:
    """The bytes that some layers killed, by the path where they lay."""

    def __init__(self, context: Context, layers: set[int]) -> None:
        fs, deaths = context.fs, context.fs.deaths
        self._killed: dict[int, dict[bytes, int]] = {layer: {} for layer in layers}
        for inode, layer, name in zip(deaths.inode, deaths.layer, deaths.name, strict=True):
            if layer in layers and inode < fs.first[layer]:
                self._killed[layer][fs.paths[name]] = inode
        self._resolver = Resolver(context)

    def files(self, packages: Iterable[Listed], layer: int) -> list[int]:
        """The inodes of packages' files that a layer killed."""
        killed, resolve = self._killed[layer], self._resolver.path
        return [
            inode
            for listed in packages
            for name in listed.files
            if (path := resolve(name)) is not None and (inode := killed.get(path)) is not None
        ]


def _purged(
    context: Context, rows: Sequence[Listed], versions: Sequence[int], origin: int, layer: int
) -> Draft:
    names = sorted({listed.name for listed in rows})
    which = counted(len(rows), "package") if len(rows) > 1 else names[0]
    evidence = (line(f"installed in layer {origin}, removed in layer {layer}", names),)
    if origin < context.base_layers <= layer:
        return Draft(
            PURGED.id,
            versions,
            layer=layer,
            title=f"{which} of the base image, removed in layer {layer}",
            evidence=evidence,
            fix="FROM <a base image without {packages}>",
            values={"packages": asked_for(rows)},
        )
    return Draft(
        PURGED.id,
        versions,
        layer=origin,
        title=f"{which} installed in layer {origin}, purged in layer {layer}",
        evidence=evidence,
        fix=_FIXES.get(rows[0].ecosystem, PURGED.fix),
        values={"packages": asked_for(rows)},
    )


def _upgraded(
    pairs: Sequence[tuple[Listed, Listed]], versions: Sequence[int], layer: int, *, from_base: bool
) -> Draft:
    names = sorted({old.name for old, _ in pairs})
    whose = " of the base image" if from_base else ""
    return Draft(
        UPGRADED.id,
        versions,
        layer=layer,
        title=f"{counted(len(pairs), 'package')}{whose} upgraded in layer {layer}: {named(names)}",
        evidence=tuple(f"{old.name} {old.version} -> {new.version}" for old, new in pairs[:200]),
        fix="" if from_base else "Install {packages} once, in the version that you want.",
        values={"packages": named(names, 10)},
    )


# ---------------------------------------------------------------------- half removed


def check_half_removed(context: Context) -> Iterator[Draft]:
    """Packages that only their configuration files are left of."""
    view = FinalView(context)
    rows = dpkg.leftovers(view)
    if not rows:
        return
    resolver, files, owners = Resolver(context), context.files, context.inventory.owners
    found = [
        version
        for listed in rows
        for name in listed.files
        if (path := resolver.path(name)) is not None
        and (version := files.find(path)) is not None
        and version not in owners
    ]
    names = sorted({listed.name for listed in rows})
    status = context.fs.live.get(dpkg.STATUS)
    yield Draft(
        HALF_REMOVED.id,
        found,
        layer=None if found or status is None else context.fs.layer_of(status),
        title=f"{counted(len(names), 'package')} removed, but not purged: {named(names)}",
        paths=() if found else (dpkg.STATUS,),
        evidence=(line("packages", names),),
        values={"packages": " ".join(names[:20])},
    )


RULE_SET = RuleSet(
    rules=(RECOMMENDS, ORPHANS, PURGED, UPGRADED, HALF_REMOVED),
    checks=(check_unneeded, check_changes, check_half_removed),
)
