"""What rules about npm's, Composer's and Bundler's packages have in common."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from layerlens.analysis.packages.model import Package
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Confidence, Draft
from layerlens.analysis.rules.words import counted, listed

_WORD = re.compile(r"@?[\w.+-]+(?:/[\w.+-]+)*")

MOST_NAMES = 20
"""Names that a line of evidence shows."""


def own(context: Context, package: Package) -> Sequence[int]:
    """A package's files that no package of another kind, such as the system's, owns too."""
    owners, packages = context.inventory.owners, context.inventory.packages
    foreign = {
        index
        for index in {owners.get(version) for version in package.versions}
        if index is not None and packages[index].ecosystem is not package.ecosystem
    }
    if not foreign:
        return package.versions
    return [version for version in package.versions if owners.get(version) not in foreign]


def used(packages: Iterable[Package], started: str) -> set[int]:
    """Which packages a command uses, by ``id``: those it names, and all that they need.

    A package is named by its name or one of its commands, alone, with a version
    or as the beginning or the end of a path.  Only packages of the same
    database need each other; all of a name count.
    """
    words: set[str] = set()
    for match in _WORD.finditer(started):
        parts = match[0].split("/")
        words.update(parts)
        words.update("/".join(parts[i : i + 2]) for i in range(len(parts) - 1))
    by_name: defaultdict[tuple[bytes, str], list[Package]] = defaultdict(list)
    waiting = []
    for package in packages:
        by_name[package.database, package.name].append(package)
        if package.name in words or not words.isdisjoint(
            package.listed.details.get("bin", "").split()
        ):
            waiting.append(package)
    found = {id(package) for package in waiting}
    while waiting:
        package = waiting.pop()
        for text in package.listed.requires:
            name = text.split(" ", 1)[0]
            for other in by_name.get((package.database, name), ()):
                if id(other) not in found:
                    found.add(id(other))
                    waiting.append(other)
    return found


Group = tuple[str, bool]
"""Manager, and whether it is certain."""


def development(
    context: Context,
    rule: str,
    packages: Sequence[Package],
    started: str,
    fix: Callable[[str], str],
    words: Mapping[str, str],
    sure: Callable[[Package], bool],
) -> Iterator[Draft]:
    """Findings about packages that are there for development only, by manager and layer.

    ``words`` has what a manager is called in a title; ``fix`` gives its way out.
    """
    flagged = [package for package in packages if package.listed.dev and package.versions]
    if not flagged:
        return
    in_use = used(packages, started)
    groups: defaultdict[Group, list[Package]] = defaultdict(list)
    kept: list[str] = []
    for package in flagged:
        if id(package) in in_use:
            kept.append(package.name)
        else:
            manager = package.listed.details.get("manager", "")
            groups[manager, sure(package)].append(package)
    for (manager, certain), group in sorted(groups.items(), key=lambda row: row[0]):
        owner = {version: package for package in group for version in own(context, package)}
        for layer, versions in context.by_layer(owner).items():
            sizes: defaultdict[int, int] = defaultdict(int)
            for version in versions:
                sizes[id(owner[version])] += context.size(version)
            held = [package for package in group if id(package) in sizes]
            held.sort(key=lambda package: (-sizes[id(package)], package.name))
            asked = [package.name for package in held if package.listed.manual]
            names = list(dict.fromkeys(asked or [package.name for package in held]))
            evidence = []
            if asked:
                evidence.append("asked for by the project: " + listed(names, MOST_NAMES))
            if kept:
                evidence.append(
                    "kept, because the image starts them or what needs them: "
                    + listed(sorted(set(kept)), MOST_NAMES)
                )
            yield Draft(
                rule,
                versions,
                layer=layer,
                paths=[path for package in held for path in package.listed.directories[:1]],
                title=f"{counted(len(held), 'development package')}{words.get(manager, '')} "
                f"({listed(names)})",
                evidence=tuple(evidence),
                fix=fix(manager),
                confidence=None if certain else Confidence.LIKELY,
            )
