"""Make the one result of an image out of its layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from layerlens.analysis.build_context import BuildContext
from layerlens.analysis.dive import dive_figures
from layerlens.analysis.figures import (
    account,
    file_count,
    ledger,
    removable,
    scores,
    tallies,
    waste_rows,
)
from layerlens.analysis.model import Analysis, ImageFacts, LayerFacts, Partial
from layerlens.analysis.packages.model import Inventory
from layerlens.analysis.packages.purl import Distribution, distribution
from layerlens.analysis.rules.engine import Claimed, Judgement, judge
from layerlens.analysis.rules.savings import Savings, live_names
from layerlens.analysis.rules.settings import RuleSettings
from layerlens.analysis.sizes import size_rows
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import SameContent, Semantics, stack
from layerlens.image.digest import Digest
from layerlens.image.dockerfile import Dockerfile
from layerlens.image.dockerfile_lines import lines_of
from layerlens.image.history import map_history
from layerlens.image.model import BaseBoundary, ImageConfig, LayerHistory
from layerlens.image.redaction import config_leaks, redact_config, redact_values
from layerlens.layers.compression import Compression
from layerlens.layers.contents import Contents
from layerlens.layers.diagnostics import Diagnostic, Notes
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import Kind, LayerTable

if TYPE_CHECKING:
    from layerlens.analysis.rules.context import Context, Reread
    from layerlens.analysis.rules.registry import RuleSets


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of an image besides the entries of its layers.

    ``layers`` has (diff_id, digest, media type) for each of ``reads``;
    ``attestation_bytes`` is what attestations beside the image take;
    ``as_pulled`` says that the layers' blobs are those which a registry sends;
    ``partial`` that some of ``reads`` stand for layers which have not been read.
    ``redacted`` that no secret's value is in the configuration or the annotations.
    """

    reference: str
    source: str
    config: ImageConfig
    reads: Sequence[LayerRead]
    layers: Sequence[tuple[Digest | None, Digest | None, str | None]]
    id: Digest | None = None
    digest: Digest | None = None
    tags: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    attestation_bytes: int = 0
    as_pulled: bool = False
    notes: Sequence[Diagnostic] = ()
    partial: Partial | None = None
    redacted: bool = False


class Memory(Protocol):
    """Remembers what was said of the image that is looked at, by what else it depends on.

    Only what was said after all contents were looked into is kept.
    """

    def recall(self, on: str) -> bytes | None:
        """The record of an earlier judgement."""

    def keep(self, on: str, record: bytes) -> None:
        """Remember a judgement."""


@dataclass(frozen=True, slots=True)
class Look:
    """What rules need besides the entries.

    Contents and how to read them again, the rules and how the user wants them,
    and the Dockerfile (its stage, its folder) that is said to have made the image.
    Where ``memory`` knows the judgement, neither contents nor rules are asked for,
    and the inventory stays empty.
    """

    contents: Callable[[], Sequence[Contents]]
    reread: Reread
    rule_sets: Callable[[], RuleSets]
    settings: RuleSettings = field(default_factory=RuleSettings)
    dockerfile: Dockerfile | None = None
    target: str | None = None
    build_context: BuildContext | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Instead of a look: what an earlier one found in the very same layers.

    ``read`` gives it, once they are stacked.
    """

    read: Callable[[Filesystem], tuple[Judgement, Inventory]]


FindBase = Callable[[Sequence[LayerHistory]], BaseBoundary]
"""Tells the base boundary, given each layer's history."""


def analyse(
    image: Described,
    same_content: SameContent,
    find_base: FindBase,
    semantics: Semantics = Semantics.DOCKER,
    look: Look | Said | None = None,
) -> Analysis:
    """Stack the layers and compute every figure; with ``look``, run the rules.

    What comes out has no secret's value in its configuration or its history.
    """
    config, annotations = image.config, image.annotations
    if not image.redacted:
        config, annotations = redact_config(config), redact_values(annotations)
    tables = [read.table for read in image.reads]
    fs = stack(tables, same_content, semantics)
    histories, warnings = map_history(config.history, len(tables))
    base = find_base(histories)
    sums = account(fs)
    layers = []
    for k, (read, history) in enumerate(zip(image.reads, histories, strict=True)):
        diff_id, digest, media_type = image.layers[k]
        added, modified, removed = tallies(fs, k)
        stored_compressed = read.compression is not Compression.NONE
        layers.append(
            LayerFacts(
                index=k,
                diff_id=diff_id or read.diff_id,
                digest=digest or read.digest,
                media_type=media_type,
                compression=read.compression.value,
                size=sums.total[k],
                compressed_size=read.compressed_size if stored_compressed else None,
                tar_size=read.table.tar_size,
                history=history,
                is_base=k < base.layers,
                added=added,
                modified=modified,
                removed=removed,
                dead_bytes=sums.dead[k],
                kills_bytes=sums.kills[k],
                origin=read.origin.value,
            )
        )
    blobs = [layer.compressed_size for layer in layers]
    judgement, inventory, savings = None, Inventory(), None
    if isinstance(look, Said):
        judgement, inventory = look.read(fs)
        savings = Savings(fs, live_names(fs))
    elif look is not None:
        judgement = _recalled(look, fs, base)
        if judgement is not None:
            savings = Savings(fs, live_names(fs))
        else:
            context = make_context(image, config, fs, histories, base, same_content, look)
            savings = Savings(fs, context.names_of)
            inventory = context.inventory
            judgement = _judgement(context, look, sum(sums.total))
            whole = all(each.missing is None for each in context.contents)
            if look.memory is not None and whole:
                from layerlens.analysis.rules.record import encode_judgement

                with suppress(OverflowError):
                    look.memory.keep(repr(base), encode_judgement(judgement))
    judged = None if judgement is None else judgement.judged
    claimed = Claimed() if judged is None else judged.claimed
    figures = scores(fs, sums, base.layers, claimed.bytes)
    return Analysis(
        image=ImageFacts(
            reference=image.reference,
            source=image.source,
            id=image.id,
            digest=image.digest,
            platform=config.platform,
            tags=image.tags,
            created=config.created,
            size=sum(sums.total),
            compressed_size=(
                sum(size for size in blobs if size is not None)
                if blobs and None not in blobs
                else None
            ),
            overhead=sum(_overhead(read) for read in image.reads),
            file_count=file_count(fs),
            config=config,
            annotations=tuple(sorted(annotations.items())),
            attestation_bytes=image.attestation_bytes,
            as_pulled=image.as_pulled,
        ),
        scores=figures,
        dive=dive_figures(tables),
        layers=tuple(layers),
        base=base,
        history=config.history,
        sizes=size_rows(
            layers,
            figures.live_bytes,
            link_bytes=sum(_link_bytes(read.table) for read in image.reads),
            absent=[k for k, read in enumerate(image.reads) if _is_absent(read)],
            unread=None if image.partial is None else [u.index for u in image.partial.unread],
            as_pulled=image.as_pulled,
        ),
        ledger=ledger(sums, base.layers, removable(fs, claimed, wire=sums.transfer is not None)),
        waste=waste_rows(fs),
        diagnostics=(
            *image.notes,
            *(Diagnostic("history", warning) for warning in warnings),
            *fs.notes.all(),
            *(() if judgement is None else judgement.notes),
        ),
        filesystem=fs,
        judged=judged,
        inventory=inventory,
        distribution=Distribution() if judgement is None else judgement.distribution,
        savings=savings,
        partial=image.partial,
        semantics=semantics,
    )


def _recalled(look: Look, fs: Filesystem, base: BaseBoundary) -> Judgement | None:
    if look.memory is None:
        return None
    record = look.memory.recall(repr(base))
    if record is None:
        return None
    from layerlens.analysis.rules.record import decode_judgement

    return decode_judgement(record, len(fs.paths))


def _judgement(context: Context, look: Look, total: int) -> Judgement:
    found = look.rule_sets()
    for problem in found.problems:
        context.notes.add("rules-left-out", problem)
    judged = judge(context, found.sets, look.settings, total)
    release = context.text(b"etc/os-release") or context.text(b"usr/lib/os-release")
    return Judgement(judged, distribution(release), tuple(context.notes.all()))


def make_context(
    image: Described,
    config: ImageConfig,
    fs: Filesystem,
    histories: Sequence[LayerHistory],
    base: BaseBoundary,
    same_content: SameContent,
    look: Look,
) -> Context:
    """What the checks look at; packages are read here.

    ``config`` is the image's configuration without secrets' values: no check sees these.
    """
    # Late: a run without rules needs none of it.
    from layerlens.analysis.packages.collect import collect
    from layerlens.analysis.rules.context import Context

    context = Context(
        fs=fs,
        config=config,
        histories=histories,
        base=base,
        contents=look.contents(),
        same_content=same_content,
        reread=look.reread,
        notes=Notes(),
        tags=image.tags,
        annotations=redact_values(image.annotations),
        leaks=config_leaks(image.config),
    )
    context.build_context = look.build_context
    if look.dockerfile is not None:
        context.dockerfile = look.dockerfile
        context.lines = lines_of(look.dockerfile.chain(look.target), image.config.history)
        if not context.lines:
            context.notes.add("dockerfile", "the Dockerfile that was given did not make this image")
    for layer, each in enumerate(context.contents):
        if each.missing is not None:
            context.notes.add("contents-missing", f"not looked into: {each.missing}", layer=layer)
    context.inventory = collect(context)
    for path, why in context.inventory.problems:
        context.notes.add("package-database", why, path=path)
    return context


def _is_absent(read: LayerRead) -> bool:
    """Whether it is a foreign layer, of which only the descriptor is there."""
    return any(note.code == "foreign-layer" for note in read.table.notes.all())


def _overhead(read: LayerRead) -> int:
    """Bytes of a layer tar that are no file's content: headers, padding, end blocks."""
    table = read.table
    stored = sum(table.sizes) + sum(
        sparse.stored - table.sizes[i]
        for i, sparse in table.sparse.items()
        if table.kinds[i] == Kind.FILE
    )
    return max(0, table.tar_size - stored)


def _link_bytes(table: LayerTable) -> int:
    """Lengths of the targets of a layer's symbolic links."""
    return sum(len(target) for i, target in table.links.items() if table.kinds[i] == Kind.SYMLINK)
