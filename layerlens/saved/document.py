"""What is saved of an analysis besides the layers' records: that which the figures follow from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from layerlens.analysis.rawtext import from_raw, to_raw
from layerlens.filesystem.stack import Semantics
from layerlens.image.config import parse_config, write_config
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT
from layerlens.image.model import BaseBoundary, ImageConfig
from layerlens.layers.diagnostics import Diagnostic

_CONFIG_LIMIT = 8 * CONFIG_LIMIT
"""A configuration grows when it is written with escapes, and by what stands for secrets."""


@dataclass(frozen=True, slots=True)
class Document:
    """Everything but layers.

    ``by`` is the version of layerlens that saved it, ``saved_at`` when (seconds
    since the epoch).  ``media_types`` has one row per layer.  ``answers`` are
    those of :mod:`layerlens.saved.answers`; ``judgement`` and ``inventory`` are
    records of their own, ``None`` where rules did not run.
    """

    by: str
    saved_at: int
    reference: str
    source: str
    id: Digest | None
    digest: Digest | None
    tags: tuple[str, ...]
    annotations: tuple[tuple[str, str], ...]
    attestation_bytes: int
    as_pulled: bool
    semantics: Semantics
    config: ImageConfig
    base: BaseBoundary
    media_types: Sequence[str | None]
    diagnostics: tuple[Diagnostic, ...]
    answers: bytes
    judgement: bytes | None
    inventory: bytes | None


class _Form(msgspec.Struct, array_like=True, frozen=True):
    """The document as it is written; later versions may add fields with defaults at its end."""

    by: bytes
    saved_at: int
    reference: bytes
    source: bytes
    id: str | None
    digest: str | None
    tags: list[bytes]
    annotations: list[tuple[bytes, bytes]]
    attestation_bytes: int
    as_pulled: bool
    semantics: Semantics
    config: bytes
    base: tuple[str, int, bytes, bytes | None]
    media_types: list[bytes | None]
    diagnostics: list[tuple[bytes, bytes, int | None, bytes | None]]
    answers: bytes
    judgement: bytes | None
    inventory: bytes | None


class _By(msgspec.Struct, array_like=True, frozen=True):
    """The first field alone, which every version has."""

    by: bytes


_DECODER = msgspec.msgpack.Decoder(_Form)
_BY = msgspec.msgpack.Decoder(_By)


def encode_document(document: Document) -> bytes:
    """The document's bytes.  Raises ``OverflowError`` for figures beyond 64 bits."""
    base = document.base
    return msgspec.msgpack.encode(
        _Form(
            by=to_raw(document.by),
            saved_at=document.saved_at,
            reference=to_raw(document.reference),
            source=to_raw(document.source),
            id=None if document.id is None else str(document.id),
            digest=None if document.digest is None else str(document.digest),
            tags=list(map(to_raw, document.tags)),
            annotations=[(to_raw(key), to_raw(value)) for key, value in document.annotations],
            attestation_bytes=document.attestation_bytes,
            as_pulled=document.as_pulled,
            semantics=document.semantics,
            config=write_config(document.config),
            base=(base.boundary, base.layers, to_raw(base.rests_on), _raw(base.name)),
            media_types=list(map(_raw, document.media_types)),
            diagnostics=[
                (to_raw(each.code), to_raw(each.message), each.layer, each.path)
                for each in document.diagnostics
            ],
            answers=document.answers,
            judgement=document.judgement,
            inventory=document.inventory,
        )
    )


def decode_document(data: bytes) -> Document:
    """The document.

    Raises ``msgspec.MsgspecError`` or ``ValueError`` for bytes that are none, and
    :class:`ImageError` for a configuration that is none.
    """
    form = _DECODER.decode(data)
    boundary, layers, rests_on, name = form.base
    return Document(
        by=from_raw(form.by),
        saved_at=form.saved_at,
        reference=from_raw(form.reference),
        source=from_raw(form.source),
        id=None if form.id is None else Digest.parse(form.id),
        digest=None if form.digest is None else Digest.parse(form.digest),
        tags=tuple(map(from_raw, form.tags)),
        annotations=tuple((from_raw(key), from_raw(value)) for key, value in form.annotations),
        attestation_bytes=form.attestation_bytes,
        as_pulled=form.as_pulled,
        semantics=form.semantics,
        config=parse_config(form.config, _CONFIG_LIMIT),
        base=BaseBoundary(boundary, layers, from_raw(rests_on), _text(name)),
        media_types=list(map(_text, form.media_types)),
        diagnostics=tuple(
            Diagnostic(from_raw(code), from_raw(message), layer, path)
            for code, message, layer, path in form.diagnostics
        ),
        answers=form.answers,
        judgement=form.judgement,
        inventory=form.inventory,
    )


def saved_by(data: bytes) -> str:
    """Which version of layerlens wrote a document, as far as that can be told."""
    try:
        return from_raw(_BY.decode(data).by)[:40]
    except (msgspec.MsgspecError, ValueError):
        return "of an unknown version"


def _raw(text: str | None) -> bytes | None:
    return None if text is None else to_raw(text)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else from_raw(raw)
