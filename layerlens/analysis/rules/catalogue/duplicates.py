"""The same content under several paths of the final filesystem."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import xxhash

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.inodes import Told, by_layer, counted, live_names, owned
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.layers.table import Kind

_SMALLEST = 64_000
"""Bytes from which on a second copy matters."""

_MOST_UNLIKE = 8
"""Contents of one size and one beginning that are told apart, at most."""

_MOST_COMPARED = 8 << 30
"""Bytes of contents that are compared where they were not hashed."""

_DATABASES = (b"var/lib/dpkg/", b"var/lib/apt/", b"var/lib/rpm/", b"usr/lib/sysimage/",
              b"lib/apk/", b"usr/lib/apk/")  # fmt: skip
"""Package managers keep copies of their own; no link belongs there."""

_PASSING = re.compile(
    rb"(?:.*/)?(?:tmp|\.?cache|_cacache|\.git|\.hg|target|build|obj|dist|src|node_modules/\.[^/]+"
    rb"|\.npm|\.cargo|\.m2|\.gradle|\.nuget|go/pkg/mod|go-build)/",
    re.DOTALL,
)
"""Places that are cleaned: a copy elsewhere is the one to keep."""

DUPLICATES = Rule(
    id="duplicate-files",
    title="the same files twice",
    topic=Topic.CONTENT,
    why=(
        "The same content lies under several paths. Each copy takes its full size in the layer, "
        "on the wire and on disk, for layers know no copies, only hard links of one layer."
    ),
    fix=(
        "Keep one, and link the others in the step that makes them: a link made in a later step "
        "frees nothing.\n"
        "RUN <make {kept}> && ln -s {kept} {copy}"
    ),
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.DUPLICATES,
    keep=(
        "Files below 64 kB and hard links of each other. Copies that packages own are told as "
        "info only (git's programs, twins of npm packages): they are not yours to link; in the base "
        "image they are not told. Of each "
        "content one copy stays: one outside caches and build folders, then the base image's, a "
        "package's, the first path's."
    ),
    source="contents compared: by XXH3-128 where they were hashed as they passed, else byte by byte",
)


def check_duplicates(context: Context) -> Iterable[Draft]:
    """Copies of which one would do, by the layer that holds them."""
    spare: list[Told] = []
    for group in _equal_groups(context):
        kept, *others = sorted(group, key=lambda file: _order(context, file))
        spare += [
            file._replace(fact=kept.name)
            for file in others
            if not context.path(file.name).startswith(_DATABASES)
        ]
    for is_owned in (False, True):
        chosen = [file for file in spare if owned(context, file) is is_owned]
        for layer, files in by_layer(context, chosen).items():
            if is_owned and layer < context.base_layers:
                continue  # how a distribution packs its files is nobody's choice here
            files.sort(key=lambda file: (-context.size(file.inode), context.path(file.name)))
            yield Draft(
                DUPLICATES.id,
                versions=[name for file in files for name in file.names],
                layer=layer,
                title=(
                    f"{counted(len(files), 'file is', 'files are')} "
                    f"{'a copy of another' if len(files) == 1 else 'copies of others'}"
                ),
                evidence=tuple(
                    f"{_shown(context, file.name)} = {_shown(context, file.fact)}"
                    for file in files[:10]
                ),
                values={
                    "kept": _shown(context, files[0].fact),
                    "copy": _shown(context, files[0].name),
                },
                confidence=Confidence.HINT if is_owned else None,
                most=Severity.INFO if is_owned else None,
            )


def _order(context: Context, file: Told) -> tuple[bool, bool, bool, bytes]:
    """Which copy to keep: the least."""
    path = context.path(file.name)
    passing = _PASSING.match(path) is not None
    return (passing, not context.is_base(file.inode), not owned(context, file), path)


def _equal_groups(context: Context) -> Iterator[list[Told]]:
    """Live files of the same content, two or more each."""
    sizes = _of_one_size(context)
    names = dict(live_names(context, (inode for inodes in sizes.values() for inode in inodes)))
    budget = _MOST_COMPARED
    for size, inodes in sorted(sizes.items(), reverse=True):
        live = [inode for inode in inodes if inode in names]
        groups, plain = _by_hash(context, live)
        if len(plain) > 1 and size * len(plain) <= budget:
            budget -= size * len(plain)
            groups += _by_bytes(context, plain)
        for group in groups:
            if len(group) > 1:
                yield [Told(inode, names[inode], None) for inode in group]


def _of_one_size(context: Context) -> dict[int, list[int]]:
    """Inodes that are not dead, by size, for sizes that occur twice."""
    fs = context.fs
    dead = set(fs.deaths.inode)
    by_size: dict[int, list[int]] = defaultdict(list)
    for first, table in zip(fs.first, fs.tables, strict=False):
        for i, size in enumerate(table.sizes):
            if size >= _SMALLEST and first + i not in dead and i not in table.sparse:
                by_size[size].append(first + i)
    return {
        size: files
        for size, inodes in by_size.items()
        if len(inodes) > 1
        and len(files := [inode for inode in inodes if fs.kinds[inode] == Kind.FILE]) > 1
    }


def _by_hash(context: Context, inodes: Sequence[int]) -> tuple[list[list[int]], list[int]]:
    """Groups by the hashes that tables have, and the files that have none.

    Hashes of two kinds do not compare; copies across them are not looked for,
    since their contents may have to be fetched first.
    """
    groups: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    plain: list[int] = []
    for inode in inodes:
        table, i = context.fs.slot(inode)
        known = table.hash(i)
        if known is None:
            plain.append(inode)
        else:
            groups[table.hash_kind, known].append(inode)
    return list(groups.values()), plain


def _by_bytes(context: Context, inodes: Sequence[int]) -> list[list[int]]:
    """Groups by comparison with one file of each group, among those that begin alike."""
    fs = context.fs
    places = {}
    beginnings: dict[bytes, list[int]] = defaultdict(list)
    for inode in inodes:
        layer = fs.layer_of(inode)
        places[inode] = (layer, inode - fs.first[layer])
        pieces = context.reread(*places[inode])
        if pieces is not None:
            beginning = next(iter(pieces), b"")[:_SMALLEST]
            beginnings[xxhash.xxh3_128_digest(beginning)].append(inode)
    found: list[list[int]] = []
    for some in beginnings.values():
        groups: list[list[int]] = []
        for inode in some:
            for group in groups:
                if context.same_content(places[group[0]], places[inode]):
                    group.append(inode)
                    break
            else:
                if len(groups) < _MOST_UNLIKE:
                    groups.append([inode])
        found += groups
    return found


def _shown(context: Context, version: int) -> str:
    return "/" + context.path(version).decode("utf-8", "surrogateescape")


RULE_SET = RuleSet(rules=(DUPLICATES,), checks=(check_duplicates,))
