"""Read a saved analysis: whoever wrote the file, what comes out holds together.

Only what figures follow from is in the file.  It is checked like any image,
and goes through the same analysis again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from layerlens.analysis.analyse import Described, Said, analyse
from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Inventory
from layerlens.analysis.packages.record import decode_inventory
from layerlens.analysis.rules.engine import Judgement
from layerlens.analysis.rules.record import decode_judgement
from layerlens.cache.packing import BROKEN, sized, unpack_sized
from layerlens.cache.record import body_size, decode
from layerlens.errors import FormatError, ImageError, SourceError, Where
from layerlens.filesystem.result import Filesystem
from layerlens.layers.reader import LayerRead
from layerlens.opening import open_to_read
from layerlens.saved.answers import from_answers
from layerlens.saved.checks import check_document, check_judgement, check_table
from layerlens.saved.document import Document, decode_document, saved_by
from layerlens.saved.form import AGAIN, MAX_DOCUMENT, check_sizes, read_parts


def load(path: str) -> Analysis:
    """The analysis in a file.

    Raises :class:`SourceError` where it cannot be read, another
    :class:`ImageError` where it is no saved analysis, or none that can be used.
    """
    try:
        with open_to_read(path) as stream:
            return load_from(stream, path)
    except OSError as error:
        raise SourceError(
            f"cannot read: {error.strerror or error}", where=Where(file=path)
        ) from error


def load_from(stream: BinaryIO, name: str) -> Analysis:
    """Likewise, from a stream; ``name`` is what errors call it."""
    try:
        return _analysis(read_parts(stream))
    except ImageError as error:
        error.at(Where(file=name))
        raise


def _analysis(parts: Sequence[memoryview]) -> Analysis:
    first, *records = parts
    sizes = [sized(first), *map(body_size, records)]
    check_sizes([(len(part), size or 0) for part, size in zip(parts, sizes, strict=True)])
    try:
        data = unpack_sized(first, MAX_DOCUMENT)
    except BROKEN as error:
        raise _unfit("of an unknown version") from error
    try:
        document = decode_document(data)
        reads = list(map(_read, records))
        check_document(document, len(reads))
        return _again(document, reads)
    except BROKEN as error:
        raise _unfit(saved_by(data)) from error


def _unfit(by: str) -> FormatError:
    """The bytes are those which were saved, and say what no analysis says, or no longer."""
    return FormatError(
        f"cannot be understood: layerlens {by} saved it", hint=f"open it with that, or {AGAIN}"
    )


def _read(record: memoryview) -> LayerRead:
    read = decode(record, order="little")
    if read is None:
        raise ValueError("no record of a layer")
    check_table(read.table)
    # Found again rather than believed.
    read.table.suspects = read.table.known_parents = None
    return read


def _again(document: Document, reads: Sequence[LayerRead]) -> Analysis:
    """The analysis of what was saved."""
    analysis = analyse(
        Described(
            reference=document.reference,
            source=document.source,
            config=document.config,
            reads=reads,
            layers=[
                (read.diff_id, read.digest, media_type)
                for read, media_type in zip(reads, document.media_types, strict=True)
            ],
            id=document.id,
            digest=document.digest,
            tags=document.tags,
            annotations=dict(document.annotations),
            attestation_bytes=document.attestation_bytes,
            as_pulled=document.as_pulled,
            redacted=True,
        ),
        from_answers(document.answers),
        lambda _: document.base,
        document.semantics,
        None if document.judgement is None else Said(lambda fs: _said(document, fs)),
    )
    return replace(
        analysis,
        image=replace(analysis.image, saved_at=document.saved_at),
        diagnostics=document.diagnostics,
    )


def _said(document: Document, fs: Filesystem) -> tuple[Judgement, Inventory]:
    """Findings and packages as they were; the rules need not be here any more."""
    versions = len(fs.paths)
    judgement = decode_judgement(document.judgement or b"", versions)
    inventory = decode_inventory(document.inventory or b"", versions, len(fs.tables))
    if judgement is None or inventory is None:
        raise ValueError("no record of findings or packages")
    check_judgement(judgement, fs)
    return judgement, inventory
