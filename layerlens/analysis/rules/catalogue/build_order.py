"""The order of a build: what has to run again when a line of source changes, and from what."""

from __future__ import annotations

from collections.abc import Iterator

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.ecosystems import ECOSYSTEMS, INSTALLED, Ecosystem
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic
from layerlens.analysis.rules.steps import Step
from layerlens.layers.table import Kind

FEW_SOURCES = 5
"""Other files beside a manifest that still count as a copy of the manifest."""

_COPYING = ("COPY", "ADD")

RULES = (
    Rule(
        id="copy-before-install",
        title="sources copied before dependencies are installed",
        topic=Topic.CACHE_ORDER,
        why="A builder runs every step again that follows a changed file. Where all sources are "
        "copied before the dependencies are installed, each change of a line installs all of "
        "them again, and a new layer of them is pushed and pulled.",
        fix="COPY <manifest> <lock file> ./\nRUN <install>\nCOPY . .",
        confidence=Confidence.LIKELY,
        severity=Severity.MEDIUM,
        keep=f"Copies of a manifest with at most {FEW_SOURCES} other files, and projects whose "
        "dependencies an earlier step installed.",
        source="docs.docker.com/build/cache; layers and history together",
    ),
    Rule(
        id="no-lock-file",
        title="dependencies installed without a lock file",
        topic=Topic.CACHE_ORDER,
        why="Without a lock file each build takes the versions of the day: two builds of one "
        "commit differ, and a cached layer hides it.",
        fix="COPY <manifest> {lock} ./\nRUN <install from the lock file>",
        confidence=Confidence.LIKELY,
        severity=Severity.LOW,
        keep="Languages whose tools have no lock file, and requirements.txt, which may be one.",
        source="layers and history together",
    ),
    Rule(
        id="apt-update-alone",
        title="apt-get update in a step of its own",
        topic=Topic.CACHE_ORDER,
        why="The builder caches the step: a later install takes package lists of long ago, finds "
        "packages gone or old versions only. And the lists stay in the step's layer.",
        fix="RUN apt-get update && apt-get install -y --no-install-recommends <packages> "
        "&& rm -rf /var/lib/apt/lists/*",
        severity=Severity.MEDIUM,
        also=("CIS 4.7", "CIS-DI-0007", "DS-0017"),
        source="Docker's best practices for building",
    ),
)


def check_order(context: Context) -> Iterator[Draft]:
    """Copies of all sources that come before an install; manifests without a lock file."""
    steps = [step for step in context.steps if not step.is_base]
    if not any(step.keyword in _COPYING for step in steps):
        return
    for ecosystem in ECOSYSTEMS:
        installs = [
            (at, step)
            for at, step in enumerate(steps)
            if any(ecosystem.installs(command) for command in step.commands)
        ]
        if not installs:
            continue
        at, install = installs[0]
        copies = [
            (step, found)
            for step in steps[:at]
            if step.keyword in _COPYING and (found := _manifest(context, step, ecosystem))
        ]
        if not copies:
            continue
        copy, (manifest, others) = copies[0]
        if others > FEW_SOURCES:
            yield _late(context, copy, install, manifest, others, ecosystem)
        if ecosystem.locks is not None and not _is_locked(context, install, ecosystem):
            yield Draft(
                "no-lock-file",
                layer=install.layer,
                history=install.row,
                paths=(manifest,),
                title=f"{ecosystem.name} dependencies installed without a lock file",
                values={"lock": ecosystem.lock},
            )


def _late(
    context: Context, copy: Step, install: Step, manifest: bytes, others: int, ecosystem: Ecosystem
) -> Draft:
    evidence = [f"then: {install.instruction.text}"]
    if install.layer is not None:
        size = context.fs.tables[install.layer].content_bytes
        evidence.append(f"each change of a source file makes this layer again: {size:,} bytes")
    return Draft(
        "copy-before-install",
        layer=copy.layer,
        history=copy.row,
        paths=(manifest,),
        title=f"{others:,} files copied before {ecosystem.name} dependencies are installed",
        evidence=tuple(evidence),
        fix=ecosystem.order,
    )


def _manifest(context: Context, step: Step, ecosystem: Ecosystem) -> tuple[bytes, int] | None:
    """The manifest that a copy brings, and how many files that are neither it nor a lock file."""
    if step.layer is None:
        return None
    fs = context.fs
    found: list[bytes] = []
    others = 0
    first, end = fs.first[step.layer], fs.first[step.layer + 1]
    for path, kind in zip(fs.paths[first:end], fs.kinds[first:end], strict=True):
        if kind != Kind.FILE or INSTALLED.search(path) is not None:
            continue
        last = path[path.rfind(b"/") + 1 :]
        if ecosystem.manifests.fullmatch(last) is not None:
            found.append(path)
        elif ecosystem.locks is None or ecosystem.locks.fullmatch(last) is None:
            others += 1
    if not found:
        return None
    return min(found, key=lambda path: (path.count(b"/"), path)), others


def _is_locked(context: Context, install: Step, ecosystem: Ecosystem) -> bool:
    """Whether a step below the install brought a lock file."""
    fs = context.fs
    locks = ecosystem.locks
    assert locks is not None
    end = fs.first[install.layer] if install.layer is not None else len(fs.paths)
    return any(
        locks.fullmatch(path[path.rfind(b"/") + 1 :]) is not None and INSTALLED.search(path) is None
        for path in fs.paths[fs.first[context.base_layers] : end]
    )


_LISTING = frozenset({"update"})
_USING = frozenset(
    {"install", "upgrade", "full-upgrade", "dist-upgrade", "build-dep", "reinstall", "satisfy",
     "download", "source"}
)  # fmt: skip


def check_update(context: Context) -> Iterator[Draft]:
    """Steps that fetch package lists and use none of them."""
    for step in context.steps:
        if step.is_base:
            continue
        calls = [*step.runs("apt-get"), *step.runs("apt"), *step.runs("aptitude")]
        words = {word for call in calls for word in call.arguments[:1]}
        if words & _LISTING and not words & _USING:
            yield Draft("apt-update-alone", layer=step.layer, history=step.row)


RULE_SET = RuleSet(rules=RULES, checks=(check_order, check_update))
