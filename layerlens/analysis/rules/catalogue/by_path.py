"""All rules that paths tell, found in one walk, and the largest files.

The order within a ledger class is the order here: a cache that has a name
before caches in general, a toolchain before what is left of builds.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from layerlens.analysis.rules.catalogue import (
    build_files,
    compiled_caches,
    documents,
    junk,
    language_caches,
    machine_learning,
    system_caches,
    toolchains,
)
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    PathRule,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.analysis.rules.paths import path_check
from layerlens.analysis.rules.started import program

_LARGE = 50_000_000
_LARGE_SHARE = 0.05
_LARGE_LEAST = 1_000_000

LARGE_FILES = Rule(
    id="large-files",
    title="large files",
    topic=Topic.CONTENT,
    why="A file of 50 MB, or of a twentieth of the image, is worth a look, whatever it is.",
    fix="Fetch data when the container starts, mount it, or leave it out:\n{paths}",
    confidence=Confidence.HINT,
    most=Severity.INFO,
    keep="What packages own, what another path rule names, the program that the image starts, files "
    "of the base, and files of less than 1 MB.",
    source="LayerLens",
)


def large_files(context: Context, flagged: AbstractSet[int]) -> Iterator[Draft]:
    """Own files of a size that is worth a look, and of which no path rule speaks."""
    fs, owners, inodes = context.fs, context.inventory.owners, context.fs.inodes
    total = sum(sum(table.sizes) for table in fs.tables)
    least = max(_LARGE_LEAST, min(_LARGE, int(_LARGE_SHARE * total)))
    large = {
        fs.first[layer] + i
        for layer in range(context.base_layers, len(fs.tables))
        for i, size in enumerate(fs.tables[layer].sizes)
        if size >= least
    }
    starts = program(context) if large else None
    started = None if starts is None else fs.inode(starts)
    found = [
        version
        for version in (context.files.versions if large else ())
        if inodes.get(version, version) in large
        and inodes.get(version, version) != started
        and version not in owners
        and version not in flagged
    ]
    for layer, versions in context.by_layer(found).items():
        count = len(versions)
        yield Draft(
            LARGE_FILES.id, versions, layer=layer,
            title="a large file" if count == 1 else f"{count} large files",
        )  # fmt: skip


PATH_RULES: tuple[PathRule, ...] = (
    *system_caches.RULES,
    *language_caches.RULES,
    *compiled_caches.RULES,
    *machine_learning.RULES,
    *toolchains.RULES,
    *build_files.RULES,
    *junk.RULES,
    *documents.RULES,
)

RULE_SET = RuleSet((*PATH_RULES, LARGE_FILES), (path_check(PATH_RULES, afterwards=large_files),))
