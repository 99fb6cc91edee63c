"""From what is announced of an image to what its analysis is made of."""

from __future__ import annotations

from collections.abc import Sequence

from layerlens.analysis.analyse import Described, FindBase
from layerlens.analysis.model import Partial
from layerlens.image.base import find_base
from layerlens.image.digest import Digest
from layerlens.layers.arrivals import Announcement
from layerlens.layers.reader import LayerRead


def describe(
    image: Announcement, reads: Sequence[LayerRead], partial: Partial | None = None
) -> Described:
    """The description of an image with a read (or what stands for it) for each of its layers."""
    return Described(
        reference=image.reference,
        source=image.source,
        config=image.config,
        reads=reads,
        layers=[(layer.diff_id, layer.digest, layer.media_type) for layer in image.layers],
        id=image.id,
        digest=image.digest,
        tags=image.tags,
        annotations=image.annotations,
        attestation_bytes=image.attestation_bytes,
        as_pulled=image.as_pulled,
        notes=image.notes,
        partial=partial,
    )


def base_finder(
    image: Announcement, given: tuple[Digest, ...] | None, given_name: str | None
) -> FindBase:
    """How its base is found; ``given`` are the layers of the one that the user named.

    What it gives raises :class:`UsageError` where that is not the base.
    """
    return lambda histories: find_base(
        image.config,
        histories,
        given=given,
        given_name=given_name,
        candidates=image.base_candidates(),
        annotations=image.annotations,
        provenance=image.provenance,
    )
