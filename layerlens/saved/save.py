"""Write an analysis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from layerlens import __version__
from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.record import encode_inventory
from layerlens.analysis.rules.engine import Judgement
from layerlens.analysis.rules.record import encode_judgement
from layerlens.cache.packing import pack_sized
from layerlens.cache.record import body_size, encode
from layerlens.errors import LimitError, UsageError
from layerlens.layers.compression import Compression
from layerlens.layers.reader import LayerRead, Origin
from layerlens.saved.answers import answers
from layerlens.saved.document import Document, encode_document
from layerlens.saved.form import check_sizes, write_parts


def save(analysis: Analysis, stream: BinaryIO, *, at: int | None = None) -> None:
    """Write everything that is known of an image, so that :func:`~layerlens.saved.load.load` gives it.

    ``at`` is when (seconds since the epoch; default: now); one that was loaded
    keeps its own time.  Packages are those of the analysis: where rules ran with
    ``remember``, it may list none.  Raises :class:`LimitError` for an image that
    is larger than can be read again, :class:`UsageError` for one that was not read
    whole; then nothing is written.
    """
    if analysis.partial is not None:
        raise UsageError("only an image that was read whole can be saved")
    when = analysis.image.saved_at or at or int(time.time())
    try:
        document = encode_document(_document(analysis, when))
        records = [encode(read, order="little") for read in _reads(analysis)]
    except OverflowError as error:
        raise LimitError("figures beyond 64 bits cannot be saved") from error
    parts = [pack_sized(document), *records]
    expanded = [len(document), *(body_size(record) or 0 for record in records)]
    check_sizes(list(zip(map(len, parts), expanded, strict=True)))
    write_parts(stream, parts)


def _document(analysis: Analysis, when: int) -> Document:
    image = analysis.image
    judgement = inventory = None
    if analysis.judged is not None:
        # Its diagnostics are among the analysis' own.
        judgement = encode_judgement(Judgement(analysis.judged, analysis.distribution))
        inventory = encode_inventory(analysis.inventory)
    return Document(
        by=__version__,
        saved_at=when,
        reference=image.reference,
        source=image.source,
        id=image.id,
        digest=image.digest,
        tags=image.tags,
        annotations=image.annotations,
        attestation_bytes=image.attestation_bytes,
        as_pulled=image.as_pulled,
        semantics=analysis.semantics,
        config=image.config,
        base=analysis.base,
        media_types=[layer.media_type for layer in analysis.layers],
        diagnostics=analysis.diagnostics,
        answers=answers(analysis.filesystem),
        judgement=judgement,
        inventory=inventory,
    )


def _reads(analysis: Analysis) -> Iterator[LayerRead]:
    """The layers as they were read, without what is found again in no time."""
    for facts, table in zip(analysis.layers, analysis.filesystem.tables, strict=True):
        size = facts.compressed_size
        yield LayerRead(
            replace(table, suspects=None, known_parents=None),
            Compression(facts.compression),
            table.tar_size if size is None else size,
            facts.digest,
            facts.diff_id,
            Origin(facts.origin),
        )
