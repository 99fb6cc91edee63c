"""What a layout finds in a store before anything large is read, and the choice among it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerlens.errors import NotAnImageError, SourceError, UsageError, Where
from layerlens.image.digest import Digest
from layerlens.image.manifest import best_platform, host_platform, platform_matches
from layerlens.image.model import ImageConfig, Platform
from layerlens.image.reference import same_name
from layerlens.layers.diagnostics import Diagnostic
from layerlens.sources.image import Image, LayerBlob, ReadOptions
from layerlens.sources.store import Store


@dataclass(slots=True)
class Record:
    """One image of a store, described but not read.

    ``build`` makes the configuration and the layers, which may fail for one
    image of an archive without spoiling the others.  ``group`` is the same
    for the platforms of one index, which are chosen among by platform.
    """

    source: str
    build: Callable[[], tuple[ImageConfig, tuple[LayerBlob, ...]]]
    id: Digest | None = None
    digest: Digest | None = None
    tags: tuple[str, ...] = ()
    platform: Platform | None = None
    group: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    provenance: Callable[[], str | None] = lambda: None
    attestation_bytes: int = 0
    absent: bool = False
    notes: list[Diagnostic] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """How a list names the record."""
        name = _some([tag[:200] for tag in self.tags]) or "untagged"
        known = self.id or self.digest
        return " ".join(
            part
            for part in (
                name,
                f"({known.short})" if known else "",
                str(self.platform)[:80] if self.platform else "",
                "not in the archive" if self.absent else "",
            )
            if part
        )


def choose(
    records: Sequence[Record], store: Store, options: ReadOptions, selector: str | None
) -> Record:
    """The one image that was asked for.

    Raises :class:`UsageError` where several are left (with the list), and
    :class:`SourceError` where the wanted name or platform is not there.
    """
    return _for_platform(choose_group(records, store, options, selector), store, options)


def choose_group(
    records: Sequence[Record], store: Store, options: ReadOptions, selector: str | None
) -> list[Record]:
    """The platforms of the one image that was asked for.  Raises as :func:`choose`."""
    if not records:
        raise NotAnImageError(
            "there is no image in it",
            where=Where(file=store.label),
            hint="an image archive that lists no images was probably saved without a name",
        )
    wanted = options.select or selector
    left = list(records)
    if wanted is not None:
        left = _selected(records, wanted)
        if not left:
            raise SourceError(
                f"no image {wanted!r:.200} in it; there is {_listed(records)}",
                where=Where(file=store.label),
            )
    groups = {record.group or f"#{k}": record for k, record in enumerate(left)}
    if len(groups) > 1:
        raise UsageError(
            f"holds {len(groups)} images: {_listed(left)}",
            where=Where(file=store.label),
            hint="choose one with --image NAME, --image ID or --image @N",
        )
    return left


def _selected(records: Sequence[Record], wanted: str) -> list[Record]:
    if wanted.startswith("@") and wanted[1:].isdecimal():
        number = int(wanted[1:])
        groups = list(dict.fromkeys(r.group or f"#{k}" for k, r in enumerate(records)))
        if not 1 <= number <= len(groups):
            return []
        group = groups[number - 1]
        return [r for k, r in enumerate(records) if (r.group or f"#{k}") == group]
    named = [
        record
        for record in records
        if any(tag == wanted or same_name(tag, wanted) for tag in record.tags)
    ]
    if named:
        return named
    hexa = wanted.removeprefix("sha256:")
    if len(hexa) < 4:
        return []
    return [
        record
        for record in records
        if any(known and known.hex.startswith(hexa) for known in (record.id, record.digest))
    ]


def _for_platform(left: Sequence[Record], store: Store, options: ReadOptions) -> Record:
    present = [record for record in left if not record.absent]
    wanted = options.platform
    if wanted is None:
        if len(present) == 1:
            return present[0]
        if not present:
            raise SourceError(
                f"lists images whose content is not there: {_listed(left)}",
                where=Where(file=store.label),
            )
        wanted = host_platform()
    candidates = [record.platform for record in present]
    best = best_platform(wanted, candidates)
    if best is None and len(present) == 1 and present[0].platform is None:
        best = 0  # told by its configuration, which is checked when it is built
    if best is None:
        listed = _some([str(r.platform)[:80] for r in left if r.platform]) or "none"
        absent = any(r.absent and r.platform and platform_matches(wanted, r.platform) for r in left)
        raise SourceError(
            f"no image for {wanted}"
            + (" (it is listed, but its content is not there)" if absent else "")
            + f"; there is {listed}",
            where=Where(file=store.label),
            hint="choose one with --platform",
        )
    return present[best]


def _listed(records: Sequence[Record], most: int = 20) -> str:
    groups: dict[str, list[Record]] = {}
    for k, record in enumerate(records):
        groups.setdefault(record.group or f"#{k}", []).append(record)
    shown = [
        f"@{n} {members[0].shown if len(members) == 1 else _platforms(members)}"
        for n, members in enumerate(groups.values(), 1)
    ]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return "; ".join(shown[:most]) + more


def _platforms(members: Sequence[Record]) -> str:
    name = _some([tag[:200] for tag in members[0].tags]) or "untagged"
    return f"{name} [{_some([str(member.platform)[:80] for member in members])}]"


def _some(words: list[str], most: int = 10) -> str:
    """The first few of a list that strangers wrote, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def build(record: Record, store: Store, reference: str, options: ReadOptions) -> Image:
    """Make the image of a record.

    Raises :class:`SourceError` where its configuration belies the wanted platform.
    """
    config, layers = record.build()
    if (
        options.platform is not None
        and config.platform is not None
        and not platform_matches(options.platform, config.platform)
    ):
        raise SourceError(
            f"no image for {options.platform}; there is {config.platform}",
            where=Where(file=store.label),
            hint="choose one with --platform",
        )
    return Image(
        reference=reference,
        source=record.source,
        store=store,
        config=config,
        layers=layers,
        id=record.id,
        digest=record.digest,
        tags=record.tags,
        annotations=record.annotations,
        provenance=record.provenance(),
        attestation_bytes=record.attestation_bytes,
        notes=list(record.notes),
    )
