"""How an image is cut into layers: which would be one, which are too large, which are nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.dead.fixes import merged_run, shortened, step_of
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic
from layerlens.analysis.rules.steps import Step
from layerlens.filesystem.changes import Change

MANY, TOO_MANY = 40, 100
"""Layers from which an image has many; dockerd refuses images of more than 125."""
HUGE = 500_000_000
"""Bytes of one layer that are felt on every pull."""
LEAST_RUNS = 3
"""Consecutive RUN layers that are worth a line although nothing comes back."""
_LEAST_OVERHEAD = 1_000_000
_OVERHEAD_SHARE = 0.05
_LEAST_SQUASH = 1_000_000

RULES = (
    Rule(
        id="mergeable-runs",
        title="RUN instructions that would be one layer",
        topic=Topic.STRUCTURE,
        why="What one RUN makes and a later one deletes or writes again stays in the first one's "
        "layer. In one RUN only the end result is stored.",
        fix="RUN <first> && <second>",
        also=("DL3059",),
        keep="Instructions that leave nothing behind for a later one: three and more in a row are "
        "told as info, without bytes. One step has one entry in the build cache, so steps that cost "
        "much and lose nothing may well stay apart.",
        source="sample images: what is made and lost inside a run of RUN layers, exact to the byte",
    ),
    Rule(
        id="many-layers",
        title="many layers",
        topic=Topic.STRUCTURE,
        why="Every layer is a request on a pull and a directory in the stack that the kernel "
        "searches. Docker refuses images of more than 125.",
        fix="Put RUN instructions that belong together into one, and copy in fewer steps.",
        keep="40 layers and fewer.",
        source="moby: maxLayerDepth 125; overlay2: maxDepth 128",
    ),
    Rule(
        id="steps-without-effect",
        title="RUN instructions that change nothing",
        topic=Topic.STRUCTURE,
        why="The step made a layer in which nothing is new.",
        fix="Leave it out, or let the step before it do the check:\nRUN <install> && <check>",
        severity=Severity.INFO,
        source="layers without an entry that changes anything",
    ),
    Rule(
        id="huge-layer",
        title="a very large layer",
        topic=Topic.STRUCTURE,
        why="A layer is pulled and unpacked as one piece: one large one cannot be pulled in "
        "parallel, and is pulled again as a whole for each change in it.",
        fix="Put what changes seldom (dependencies, models) into a layer of its own, before what "
        "changes often.",
        severity=Severity.LOW,
        keep="Layers below 500 MB, and those of the base image.",
        source="general knowledge: engines pull layers in parallel",
    ),
    Rule(
        id="tar-overhead",
        title="tar headers and padding",
        topic=Topic.STRUCTURE,
        why="Each file takes a header of 512 bytes or more and is padded to whole blocks. Many "
        "small files cost more than they hold.",
        fix="Have fewer small files: bundle sources, leave out tests, maps and caches.",
        severity=Severity.INFO,
        keep="Compression takes most of it on the wire; less than a twentieth of the image.",
        source="POSIX ustar; lengths of the layer tars",
    ),
    Rule(
        id="written-after-volume",
        title="writing below a VOLUME",
        topic=Topic.STRUCTURE,
        why="Docker's classic builder throws away what a RUN writes below a directory that an "
        "earlier VOLUME names; BuildKit keeps it. In a container a volume covers the directory, "
        "and only an empty new one is filled with what the image has there.",
        fix="RUN <write to {volume}>\nVOLUME {volume}",
        confidence=Confidence.LIKELY,
        severity=Severity.LOW,
        source="docs.docker.com, Dockerfile reference, VOLUME",
    ),
    Rule(
        id="squash-gain",
        alternative=True,
        title="what one layer for all your steps would save",
        topic=Topic.STRUCTURE,
        why="If all layers above the base were one, nothing that a later step hides would be "
        "stored.",
        fix="FROM <base> AS build\n<all steps>\nFROM <base>\nCOPY --from=build <results> <places>",
        severity=Severity.INFO,
        trade_off="One layer is pulled anew as a whole, and shares nothing with other images. "
        "Mending the steps keeps both.",
        source="dead bytes of the layers above the base",
    ),
)  # fmt: skip

_LAYERS = {"RUN", "COPY", "ADD"}


# ------------------------------------------------------------- mergeable


def runs(context: Context) -> list[list[int]]:
    """Maximal runs of consecutive RUN layers above the base, two or more layers each."""
    found: list[list[int]] = []
    run: list[int] = []
    for layer in range(context.base_layers, len(context.fs.tables)):
        if context.histories[layer].instruction.keyword == "RUN":
            run.append(layer)
            continue
        found.append(run)
        run = []
    found.append(run)
    return [each for each in found if len(each) > 1]


def check_mergeable(context: Context) -> Iterator[Draft]:
    """Runs of RUN layers, and what is made and lost inside each."""
    groups = runs(context)
    if not groups:
        return
    fs = context.fs
    for run in groups:
        first, end = fs.first[run[0]], fs.first[run[-1] + 1]
        inodes = [
            inode
            for inode, lost in zip(fs.deaths.inode, fs.deaths.layer, strict=True)
            if first <= inode < end and run[0] < lost <= run[-1] and inode < fs.first[lost]
        ]
        saved = context.total(inodes)
        if not saved and len(run) < LEAST_RUNS:
            continue
        steps = [step_of(context, layer) for layer in run]
        between = _between(context, steps)
        text = merged_run([step.body for step in steps if step.body])
        hoisted = [shortened(step.instruction.text) for step in between if step.keyword != "USER"]
        evidence = [f"layer {layer}: {shortened(step.instruction.text)}" for layer, step in
                    zip(run, steps, strict=True)]  # fmt: skip
        users = [step.body for step in between if step.keyword == "USER"]
        if users:
            evidence.insert(0, f"the user changes in between (USER {', '.join(users)})")
        yield Draft(
            "mergeable-runs",
            inodes if saved else (),
            layer=run[-1],
            paths=_paths(context, inodes) if saved else (),
            title=f"{len(run)} RUN instructions in a row would be one layer",
            evidence=tuple(evidence),
            fix="\n".join([*hoisted, text]),
            confidence=Confidence.LIKELY if users else None,
            severity=None if saved else Severity.INFO,
        )


def _paths(context: Context, inodes: Sequence[int]) -> list[bytes]:
    """The paths of dead inodes, each once, those with the most bytes first."""
    sums: dict[bytes, int] = {}
    for inode in inodes:
        path = context.fs.paths[inode]
        sums[path] = sums.get(path, 0) + context.fs.size(inode)
    return sorted((path for path in sums if sums[path]), key=lambda path: (-sums[path], path))


def _between(context: Context, steps: Sequence[Step]) -> list[Step]:
    """Steps without a layer of their own between the first and the last of some."""
    rows = [step.row for step in steps if step.row is not None]
    if len(rows) != len(steps):
        return []
    return [
        step
        for step in context.steps
        if step.row is not None
        and rows[0] < step.row < rows[-1]
        and step.layer is None
        and step.keyword in ("ENV", "ARG", "USER", "SHELL", "WORKDIR")
    ]


# ------------------------------------------------------------- counts and sizes


def check_shape(context: Context) -> Iterator[Draft]:
    """Many layers, empty ones, huge ones, and what tar takes."""
    fs = context.fs
    count = sum(1 for table in fs.tables if len(table))
    if count > MANY:
        yield Draft(
            "many-layers",
            title=f"{count} layers",
            evidence=(
                f"{context.base_layers} of the base, {count - context.base_layers} of yours",
            ),
            severity=Severity.MEDIUM if count > TOO_MANY else Severity.INFO,
            is_base=context.base_layers > count // 2,
        )
    for layer in range(context.base_layers, len(fs.tables)):
        keyword = context.histories[layer].instruction.keyword
        size = fs.tables[layer].content_bytes
        if size >= HUGE:
            yield Draft("huge-layer", layer=layer, title=f"a layer of {size:,} bytes")
        # A layer that is not in the archive has an empty table as well.
        if keyword == "RUN" and not size and _changes_nothing(context, layer):
            yield Draft("steps-without-effect", layer=layer, title="a RUN that changes nothing")
    yield from _overhead(context)


def _changes_nothing(context: Context, layer: int) -> bool:
    fs = context.fs
    if context.contents[layer].missing is not None or fs.removed[layer]:
        return False
    changes = fs.changes[fs.first[layer] : fs.first[layer + 1]]
    return all(change == Change.UNCHANGED for change in changes)


def _overhead(context: Context) -> Iterator[Draft]:
    tables = context.fs.tables
    # Layers that were read by a table of contents have no tar to measure.
    sizes = [(table.tar_size, sum(table.stored_sizes())) for table in tables]
    extra = sum(max(0, tar - content) for tar, content in sizes)
    total = sum(content for _, content in sizes)
    if extra < _LEAST_OVERHEAD or extra < _OVERHEAD_SHARE * total:
        return
    entries = sum(len(table) for table in tables)
    yield Draft(
        "tar-overhead",
        title=f"tar headers and padding of {entries:,} entries",
        evidence=(f"{extra:,} bytes beside {total:,} bytes of content",),
        is_base=False,
    )


# ------------------------------------------------------------- VOLUME


def volumes_in(step: Step) -> list[str]:
    """The directories that a ``VOLUME`` row names, without a slash at either end."""
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', step.body)
    words = quoted or step.body.strip("[]").split()
    return [word.strip("/") for word in words if word.startswith("/") and word.strip("/")]


def check_volumes(context: Context) -> Iterator[Draft]:
    """What steps write below directories that an earlier ``VOLUME`` names."""
    volumes: list[str] = []
    told: set[tuple[int, str]] = set()
    for step in context.steps:
        if step.keyword == "VOLUME":
            volumes += volumes_in(step)
            continue
        if not volumes or step.is_base or step.keyword not in _LAYERS:
            continue
        for volume in volumes:
            found = _written(context, step.layer, volume)
            mentioned = step.keyword == "RUN" and re.search(
                rf"(?<![\w/.-])/{re.escape(volume)}(?:/|(?![\w.-]))", step.body
            )
            if step.row is None or (step.row, volume) in told or not (found or mentioned):
                continue
            told.add((step.row, volume))
            yield Draft(
                "written-after-volume",
                layer=step.layer,
                history=step.row,
                paths=found[:20] or (volume.encode("utf-8", "surrogateescape"),),
                title=f"{step.keyword} below /{volume}, which an earlier VOLUME names",
                evidence=(
                    "the files are in the layer" if found
                    else "the step names the directory, but its layer has nothing there",
                ),
                values={"volume": f"/{volume}"},
                confidence=None if found else Confidence.HINT,
            )  # fmt: skip


def _written(context: Context, layer: int | None, volume: str) -> list[bytes]:
    """Paths below a volume that a layer added or changed."""
    if layer is None:
        return []
    fs = context.fs
    beginning = volume.encode("utf-8", "surrogateescape") + b"/"
    return [
        path
        for path, change in zip(
            fs.paths[fs.first[layer] : fs.first[layer + 1]],
            fs.changes[fs.first[layer] : fs.first[layer + 1]],
            strict=True,
        )
        if change <= Change.TYPE and path.startswith(beginning)
    ]


# ------------------------------------------------------------- squash


def check_squash(context: Context) -> Iterable[Draft]:
    """All dead bytes of the layers above the base."""
    fs = context.fs
    if len(fs.tables) - context.base_layers < 2:
        return
    start = fs.first[context.base_layers]
    inodes = [inode for inode in fs.deaths.inode if inode >= start]
    if context.total(inodes) < _LEAST_SQUASH:
        return
    layers = len(fs.tables) - context.base_layers
    yield Draft(
        "squash-gain",
        inodes,
        paths=_paths(context, inodes),
        title=f"what one layer instead of {layers} would save",
        is_base=False,
    )


RULE_SET = RuleSet(
    rules=RULES, checks=(check_mergeable, check_shape, check_volumes, check_squash)
)  # fmt: skip
