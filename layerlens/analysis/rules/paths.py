"""Rules that name paths: all of them are looked for in one walk over the live files."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.globs import Automaton, Glob, expand_braces
from layerlens.analysis.rules.model import Check, Draft, PathRule, Rule, RuleSet, Severity
from layerlens.layers.table import Kind

SYSTEM_DIRECTORIES = frozenset(
    b"app bin boot data dev etc home lib lib32 lib64 media mnt opt proc root run sbin srv sys tmp "
    b"usr usr/bin usr/lib usr/local usr/local/bin usr/local/lib usr/sbin usr/share var var/cache "
    b"var/lib var/log var/tmp workspace".split()
)
"""Directories that hold more than one tool's files, whatever a variable says."""

_ENGINE_FILES = frozenset((b"etc/hosts", b"etc/resolv.conf", b"etc/hostname", b".dockerenv"))
"""What an engine mounts over or leaves behind: nothing that an image's author wrote."""


Afterwards = Callable[[Context, AbstractSet[int]], Iterable[Draft]]
"""Gets the versions that path rules flag, and gives drafts about others."""


def path_rule_set(rules: Sequence[Rule]) -> RuleSet:
    """A rule set whose path rules are checked together."""
    return RuleSet(tuple(rules), (path_check([r for r in rules if isinstance(r, PathRule)]),))


def path_check(rules: Sequence[PathRule], afterwards: Afterwards | None = None) -> Check:
    """The check of some path rules: drafts by rule and layer.

    ``afterwards`` may speak of what they leave.
    """

    def path_rules(context: Context) -> Iterator[Draft]:
        flagged: set[int] = set()
        found = _found(context, rules)
        for rule in sorted(rules, key=lambda rule: rule.last):
            versions: Sequence[int] = found.get(rule.id, ())
            if rule.last:
                versions = [version for version in versions if version not in flagged]
            if rule.where is not None and versions:
                try:
                    versions = rule.where(context, versions)
                except Exception as error:  # noqa: BLE001 - perhaps a third party's; told
                    context.notes.add("rule-failed", f"{rule.id}: {type(error).__name__}: {error}")
                    continue
            flagged.update(versions)
            yield from _drafts(context, rule, versions)
        if afterwards is not None:
            yield from afterwards(context, flagged)

    return path_rules


def _found(context: Context, rules: Sequence[PathRule]) -> Mapping[str, list[int]]:
    """Live versions by the id of the rule whose paths they have, in path order."""
    # A label is a rule's place, and the complement of it where the glob is an exception.
    globs: list[Glob] = []
    below: dict[bytes, list[Glob]] = defaultdict(list)
    for k, rule in enumerate(rules):
        globs += [(glob, k) for glob in rule.paths]
        globs += [(glob, ~k) for glob in rule.except_paths]
        for directory, moved in _moved(context, rule):
            below[directory] += [(glob, k) for glob in moved]
    automaton = Automaton(globs, context.homes, below)
    files = context.files
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, labels in automaton.labels(files.paths):
        group = groups.get(labels)
        if group is None:
            groups[labels] = [i]
        else:
            group.append(i)
    places: dict[int, list[int]] = defaultdict(list)
    for labels, group in groups.items():
        # Few files of an image are flagged, and those that are, by few combinations of rules.
        for k in {label for label in labels if label >= 0 and ~label not in labels}:
            places[k] += group
    volumes = _volumes(context)
    owners = context.inventory.owners
    found = {}
    for k, flagged in places.items():
        flagged = sorted(i for i in flagged if files.paths[i] not in _ENGINE_FILES)  # noqa: PLW2901
        if volumes:
            flagged = [i for i in flagged if not _below(files.paths[i], volumes)]  # noqa: PLW2901
        versions = [files.versions[i] for i in flagged]
        if rules[k].owned == "skip" and owners:
            versions = [version for version in versions if version not in owners]
        found[rules[k].id] = versions
    return found


def _moved(context: Context, rule: PathRule) -> Iterator[tuple[bytes, Sequence[str]]]:
    """Directories that variables name, and what the rule flags below them.

    A variable that names a directory which others use too moves nothing but
    globs that begin with a name.
    """
    for variable, globs in rule.moved_by.items():
        if variable.startswith("/"):
            directory = _link_target(context, variable.strip("/").encode())
        else:
            directory = context.cache_variables.get(variable)
        if directory is None:
            continue
        shared = directory in SYSTEM_DIRECTORIES or directory in context.homes
        yield (
            directory,
            [
                alternative
                for glob in globs
                for alternative in expand_braces(glob)
                if not (shared and alternative[0] in "*?")
            ],
        )
    cache_home = context.cache_variables.get("XDG_CACHE_HOME")
    if cache_home is not None and cache_home not in context.homes:
        at = "~/.cache/"
        yield cache_home, [glob[len(at) :] for glob in rule.paths if glob.startswith(at)]


def _link_target(context: Context, path: bytes) -> bytes | None:
    """Where a symbolic link of the final filesystem leads, if it is one."""
    version = context.fs.live.get(path)
    if version is None or context.fs.kind(version) is not Kind.SYMLINK:
        return None
    target = context.fs.entry(version).target or b""
    start = b"/" if target.startswith(b"/") else b"/" + posixpath.dirname(path)
    return posixpath.normpath(posixpath.join(start, target)).strip(b"/") or None


def _volumes(context: Context) -> frozenset[bytes]:
    """Directories that a volume covers in a container: their files are seeds, not waste."""
    volumes = context.config.settings.get("Volumes")
    names = [name for name in volumes if isinstance(name, str)] if isinstance(volumes, dict) else []
    paths = (name.strip("/").encode("utf-8", "surrogateescape") for name in names)
    return frozenset(path for path in paths if path)


def _below(path: bytes, directories: frozenset[bytes]) -> bool:
    """Whether a path is one of some, or lies below one."""
    while path:
        if path in directories:
            return True
        path = path[: max(path.rfind(b"/"), 0)]
    return False


def _drafts(context: Context, rule: PathRule, versions: Sequence[int]) -> Iterator[Draft]:
    groups = [(versions, rule.most)]
    if rule.owned == "info":
        owners = context.inventory.owners
        groups = [
            ([version for version in versions if version not in owners], rule.most),
            ([version for version in versions if version in owners], Severity.INFO),
        ]
    for group, most in groups:
        for layer, names in context.by_layer(group).items():
            kept = _shared(context, names)
            if context.total(set(names) - kept) < rule.minimum:
                continue
            bound = most
            if rule.base_most is not None and layer < context.base_layers:
                bound = min(most, rule.base_most)
            yield _draft(context, rule, names, kept, layer, bound)


def _shared(context: Context, names: Sequence[int]) -> set[int]:
    """Those names whose bytes would stay, because other files share them (hard links)."""
    names_of = context.names_of
    if not names_of:
        return set()
    group = set(names)
    return {
        version
        for version in names
        if (others := names_of.get(context.fs.inode(version))) and not group.issuperset(others)
    }


def _draft(
    context: Context,
    rule: PathRule,
    names: Sequence[int],
    kept: set[int],
    layer: int,
    most: Severity,
) -> Draft:
    paths: list[bytes] = []
    evidence: tuple[str, ...] = ()
    if kept:
        freed = [version for version in names if version not in kept]
        freed.sort(key=lambda version: (-context.size(version), context.path(version)))
        paths = [context.path(version) for version in freed]
        who = "1 more file shares its" if len(kept) == 1 else f"{len(kept)} more files share their"
        evidence = (f"{who} bytes with files elsewhere (hard links): removing them frees nothing",)
    return Draft(
        rule.id, names, layer=layer, paths=paths, evidence=evidence,
        most=None if most == rule.most else most,
    )  # fmt: skip
