"""Dead bytes: what layers hold and the image does not show, each by the reason for it.

Every dead inode is in exactly one finding of these rules, except the files of
packages that were upgraded or removed: those are told with their packages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from layerlens.analysis.rules.catalogue.advice import mounted
from layerlens.analysis.rules.catalogue.debian import check_changes
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.dead.fates import Fate, Group, fates
from layerlens.analysis.rules.dead.fixes import earlier_removal, metadata_at_once, shortened
from layerlens.analysis.rules.dead.kinds import Kinds, kinds_of
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic
from layerlens.analysis.rules.words import counted

SMALL = 100_000
"""Bytes below which a pair of layers is told together with other small ones."""

_SPEC = "OCI image-spec, layer.md; every pair of engines in the tests' semantics cases"
_SAMPLE = "measured: sample image e10-copies, exact to the byte"

_IN_ONE_STEP = "RUN <make> && <use> && rm -rf {paths}"

RULES = (
    Rule(
        id="moved-later",
        title="files moved in a later layer",
        topic=Topic.STRUCTURE,
        why="A layer cannot say that something moved. mv deletes here and writes everything again "
        "there, so the image holds the files twice.",
        fix="Put them where they belong at once, or move them in the step that makes them.",
        keep="A file counts as moved if the layer that deletes it has the same content under the "
        "same name or with the same time.",
        source=_SAMPLE,
    ),
    Rule(
        id="archive-removed-later",
        title="archives removed in a later layer",
        topic=Topic.STRUCTURE,
        why="The archive was only needed to be unpacked or installed. Removing it in a later "
        "instruction leaves it in the layer that brought it.",
        fix="RUN --mount=type=bind,source=<archive>,target=/tmp/<archive> "
        "tar -xf /tmp/<archive> -C <place>\n"
        "or, for a download:\n"
        "RUN curl -fsSL <address> | tar -xz -C <place>",
        also=("DL3010",),
        keep="Archives in caches of package managers and inside trees that went as a whole.",
        source="sample image e09-uv-hard-links: a wheel of 17.6 MB",
    ),
    Rule(
        id="deleted-later",
        title="files deleted in a later layer",
        topic=Topic.STRUCTURE,
        why="Deleting in a later instruction hides files; the layer that brought them is pulled "
        "and stored with all its bytes, and they can be taken out of it.",
        fix=_IN_ONE_STEP,
        keep="Packages that a package manager removed are told with their names.",
        source=_SPEC,
    ),
    Rule(
        id="directory-made-anew",
        title="directories deleted and made anew",
        topic=Topic.STRUCTURE,
        why="Where a directory is deleted and created in one instruction, the layer hides "
        "everything that lower layers have in it, and those bytes stay in them.",
        fix=_IN_ONE_STEP,
        source=_SPEC,
    ),
    Rule(
        id="file-became-other",
        title="files replaced by links or directories",
        topic=Topic.STRUCTURE,
        why="A file of a lower layer gave way to something that is no file; its bytes stay in "
        "the layer that brought it.",
        fix="Make the link or directory in the step that would have made the file.",
        source=_SPEC,
    ),
    Rule(
        id="appended-later",
        title="files appended to in a later layer",
        topic=Topic.STRUCTURE,
        why="A layer holds whole files. Adding a line to a file of a lower layer writes all of it "
        "again.",
        fix="Append in the step that makes the file, or write additions to a file of their own.",
        confidence=Confidence.LIKELY,
        keep="Files below 1 MB count as replaced.",
        source=_SAMPLE,
    ),
    Rule(
        id="replaced-later",
        title="files replaced in a later layer",
        topic=Topic.STRUCTURE,
        why="A later layer has the same path with another content. Both versions are pulled and "
        "stored, one is seen.",
        fix="Write the final version once: put the steps together, or copy the file only at the end.",
        keep="Files that an upgrade of their package replaced are told with the package.",
        source=_SPEC,
    ),
    Rule(
        id="whole-filesystem-copied",
        title="a whole filesystem copied over the base",
        topic=Topic.STRUCTURE,
        why="COPY --from=<stage> / / writes every file again, those of the base image too.",
        fix="Copy only what the stage has made:\nCOPY --from=build /out /app\n"
        "or, where everything is wanted, start from nothing:\nFROM scratch\nCOPY --from=build / /",
        also=("DL3067",),
        keep="A layer counts if it repeats four fifths of the base's files unchanged.",
        source="hadolint DL3067",
    ),
    Rule(
        id="manifest-copied-twice",
        title="manifests copied once for the install and once with the sources",
        topic=Topic.STRUCTURE,
        why="A manifest that is copied before the install, so that the install stays cached, "
        "comes a second time with the sources. That is the right order; the few bytes are its price.",
        fix="RUN --mount=type=bind,source=package.json,target=package.json \\\n"
        "    --mount=type=bind,source=package-lock.json,target=package-lock.json npm ci\nCOPY . .",
        most=Severity.INFO,
        source="sample image e01-node-bad",
    ),
    Rule(
        id="copied-twice",
        title="files copied twice",
        topic=Topic.STRUCTURE,
        why="A COPY wrote files that were there already, with the same content. They are in two "
        "layers.",
        fix="Copy each file once: leave out the narrower COPY, or keep what it brings out of the "
        "wider one (.dockerignore, or COPY --exclude=<pattern>).",
        source="measured: sample image e03-node-two-copies",
    ),
    Rule(
        id="owner-changed-later",
        title="files rewritten for another owner",
        topic=Topic.STRUCTURE,
        why="A layer holds whole files. chown on files of a lower layer writes all their bytes "
        "again.",
        fix="COPY --chown=<uid>:<gid> <source> <place>\nFor files that a RUN makes: chown in that RUN.",
        source=_SAMPLE,
    ),
    Rule(
        id="mode-changed-later",
        title="files rewritten for another mode",
        topic=Topic.STRUCTURE,
        why="A layer holds whole files. chmod (or setcap) on files of a lower layer writes all "
        "their bytes again.",
        fix="COPY --chmod=0755 <source> <place>\nFor files that a RUN makes: chmod in that RUN.",
        keep="Mode bits above 07777 do not count: some builders write them, others do not.",
        source=_SAMPLE,
    ),
    Rule(
        id="linked-later",
        title="files rewritten for another name",
        topic=Topic.STRUCTURE,
        why="A hard link to a file of a lower layer copies the file into the new layer.",
        fix="ln -s <file> <name>\nA symbolic link has no bytes. Or link in the step that makes the file.",
        source=_SAMPLE,
    ),
    Rule(
        id="rewritten-unchanged",
        title="files rewritten unchanged",
        topic=Topic.STRUCTURE,
        why="A later layer has the same content again, with another time at most: touch, or a "
        "program that writes what was there.",
        fix="Leave the step out, or do it in the step that makes the files.",
        source=_SAMPLE,
    ),
    Rule(
        id="duplicate-entries",
        title="paths listed twice in one layer",
        topic=Topic.STRUCTURE,
        why="The layer's tar has the same path more than once. The last one counts, some engines "
        "refuse such a layer, and the other ones are dead weight.",
        fix="Build the layer again with another builder, or add files to its tar only once.",
        source="docker load, containerd and podman on hand-made layers",
    ),
    Rule(
        id="marker-contents",
        title="deletion markers with contents",
        topic=Topic.STRUCTURE,
        why="An entry that only marks a deletion, or that no engine places, has bytes that "
        "nobody sees.",
        fix="Build the layer again with another builder.",
        source=_SPEC,
    ),
)  # fmt: skip

_RULE_OF = {
    Fate.MOVED: "moved-later",
    Fate.ARCHIVE: "archive-removed-later",
    Fate.DELETED: "deleted-later",
    Fate.HIDDEN: "directory-made-anew",
    Fate.BECAME: "file-became-other",
    Fate.APPENDED: "appended-later",
    Fate.REPLACED: "replaced-later",
    Fate.WHOLE_FILESYSTEM: "whole-filesystem-copied",
    Fate.MANIFEST: "manifest-copied-twice",
    Fate.COPIED_TWICE: "copied-twice",
    Fate.OWNER: "owner-changed-later",
    Fate.MODE: "mode-changed-later",
    Fate.LINKED: "linked-later",
    Fate.REWRITTEN: "rewritten-unchanged",
    Fate.LISTED_TWICE: "duplicate-entries",
    Fate.MARKER: "marker-contents",
}

_TITLES = {
    Fate.MOVED: "{files} moved in a later layer",
    Fate.ARCHIVE: "{archives} removed in a later layer",
    Fate.DELETED: "{files} deleted in a later layer",
    Fate.HIDDEN: "{files} in directories that were made anew",
    Fate.BECAME: "{files} replaced by something other than a file",
    Fate.APPENDED: "{files} written again for what was appended",
    Fate.REPLACED: "{files} replaced in a later layer",
    Fate.WHOLE_FILESYSTEM: "{files} of the base copied over themselves",
    Fate.MANIFEST: "{files} of dependencies copied twice",
    Fate.COPIED_TWICE: "{files} copied twice",
    Fate.OWNER: "{files} written again for another owner",
    Fate.MODE: "{files} written again for another mode",
    Fate.LINKED: "{files} written again for another name",
    Fate.REWRITTEN: "{files} written again unchanged",
    Fate.LISTED_TWICE: "{files} listed twice in one layer",
    Fate.MARKER: "{files} with bytes that no engine places",
}

_ADDER_BLAMED = frozenset(
    {Fate.MOVED, Fate.ARCHIVE, Fate.DELETED, Fate.HIDDEN, Fate.BECAME, Fate.LISTED_TWICE, Fate.MARKER}
)  # fmt: skip
"""Fates whose bytes should not have stayed in the layer that added them.

For the others the layer is to blame that wrote the same path once more.
"""

_REMOVALS = frozenset({Fate.DELETED, Fate.HIDDEN, Fate.BECAME, Fate.ARCHIVE})
_METADATA = frozenset({Fate.OWNER, Fate.MODE})


def check(context: Context) -> Iterable[Draft]:
    """All dead bytes by fate and pair of layers; small pairs of one fate together."""
    small: dict[Fate, list[Group]] = defaultdict(list)
    told = {inode for draft in check_changes(context) for inode in draft.versions}
    for group in fates(context, told):
        size = sum(context.fs.size(inode) for inode in group.inodes)
        if not size:
            continue
        if size < SMALL:
            small[group.fate].append(group)
        else:
            yield _draft(context, group)
    for fate, groups in small.items():
        yield _draft(context, groups[0]) if len(groups) == 1 else _together(context, fate, groups)


def _draft(context: Context, group: Group) -> Draft:
    fate = group.fate
    evidence = _what_happened(context, group)
    title = _title(context, fate, group.inodes)
    if fate in _REMOVALS or fate is Fate.REPLACED:
        kinds = _kinds(context, group)
        evidence += kinds.lines
        if kinds.main and fate is not Fate.ARCHIVE:
            title += f": {kinds.main}"
    confidence = None
    if fate is Fate.APPENDED and group.sure:
        confidence = Confidence.CERTAIN
    elif fate is Fate.MOVED and not group.sure:
        confidence = Confidence.LIKELY
    return Draft(
        _RULE_OF[fate],
        group.inodes,
        layer=group.added if fate in _ADDER_BLAMED else group.lost,
        title=title,
        evidence=evidence,
        fix=_fix(context, group),
        confidence=confidence,
    )


def _kinds(context: Context, group: Group) -> Kinds:
    fs = context.fs
    return kinds_of((fs.paths[inode], fs.size(inode)) for inode in group.inodes)


def _fix(context: Context, group: Group) -> str:
    """A fix from the instructions themselves, ``""`` for the usual advice."""
    if group.fate in _METADATA:
        return metadata_at_once(context, group)
    if group.fate not in _REMOVALS - {Fate.ARCHIVE}:
        return ""
    kinds = _kinds(context, group)
    fix = earlier_removal(context, group, is_cache=kinds.is_cache)
    if fix and kinds.mounts and group.added >= context.base_layers:
        fix += f"\nor keep the cache out of the layer:\n{mounted('<command>', *kinds.mounts)}"
    return fix


def _together(context: Context, fate: Fate, groups: Sequence[Group]) -> Draft:
    """One draft for several small pairs of layers; the layer with most of the bytes is blamed."""
    sizes: dict[int, int] = defaultdict(int)
    weights = [sum(context.fs.size(inode) for inode in group.inodes) for group in groups]
    for group, weight in zip(groups, weights, strict=True):
        sizes[group.added if fate in _ADDER_BLAMED else group.lost] += weight
    largest = weights.index(max(weights))
    inodes = [inode for group in groups for inode in group.inodes]
    layers = ", ".join(str(layer) for layer in sorted({group.lost for group in groups}))
    return Draft(
        _RULE_OF[fate],
        inodes,
        layer=max(sizes, key=lambda layer: (sizes[layer], -layer)),
        title=_title(context, fate, inodes),
        evidence=(f"small ones, in {len(groups)} pairs of layers; lost in layers {layers}",),
        # One fix for all would speak of none of them; the largest is worth most.
        fix=_fix(context, groups[largest]) if 2 * weights[largest] > sum(weights) else "",
        confidence=None if all(group.sure for group in groups) else Confidence.LIKELY,
    )


def _title(context: Context, fate: Fate, inodes: Sequence[int]) -> str:
    count = sum(1 for inode in inodes if context.fs.size(inode))
    archives = counted(count, "archive")
    return _TITLES[fate].format(files=counted(count, "file"), archives=archives)


def _what_happened(context: Context, group: Group) -> tuple[str, ...]:
    texts = {step.layer: step.instruction.text for step in context.steps if step.layer is not None}
    added = f"added in layer {group.added}: {shortened(texts.get(group.added, ''))}"
    if group.added == group.lost:
        return (added,)
    word = "gone" if group.fate in _ADDER_BLAMED else "written again"
    return (added, f"{word} in layer {group.lost}: {shortened(texts.get(group.lost, ''))}")


RULE_SET = RuleSet(rules=RULES, checks=(check,))
