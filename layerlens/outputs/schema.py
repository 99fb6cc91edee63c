"""The JSON document, field by field.

Domain objects are never dumped: what is public is what this module names, and
``analysis.schema.json`` beside it describes.  Fields are added under the same
major ``schema_version``; a renamed, removed or redefined one raises it.

Figures are integers of bytes; numbers that are not finite are ``null``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from layerlens import __version__
from layerlens.analysis.model import (
    Analysis,
    DiveFigures,
    ImageFacts,
    InefficientFile,
    LayerFacts,
    LedgerRow,
    Scores,
    SizeRow,
    Tally,
    Waste,
)
from layerlens.gate.model import Verdict
from layerlens.image.history import readable
from layerlens.image.jsondoc import get_ci, text_map, text_or_none
from layerlens.layers.diagnostics import Diagnostic
from layerlens.outputs.display import encodable, name_bytes, path_fields
from layerlens.outputs.findings import finding_fields, savings_fields
from layerlens.outputs.verdict_fields import verdict_fields

SCHEMA_VERSION = "1.3"
"""Major: something was renamed, removed or redefined.  Minor: something was added."""

Json = dict[str, Any]

_MOST = 2**63
"""Integers beyond this are no durations: readers in other languages cannot hold them."""


def analysis_document(analysis: Analysis, verdict: Verdict | None = None) -> Json:
    """The whole document.

    ``findings`` is ``null`` where rules did not run, ``verdict`` where nobody judged.
    """
    return document_head(analysis) | document_tail(analysis, verdict)


def document_head(analysis: Analysis, *, lists: bool = True) -> Json:
    """Everything before the waste.

    ``lists=False`` leaves out the list that grows with the image (dive's
    inefficient files), which the writer makes itself.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "layerlens": __version__,
        "image": image_fields(analysis.image),
        "scores": scores_fields(analysis.scores, analysis.dive, lists=lists),
        "layers": [layer_fields(layer) for layer in analysis.layers],
        "base": base_fields(analysis),
        "history": history_fields(analysis),
        "sizes": [size_fields(row) for row in analysis.sizes],
        "ledger": [ledger_fields(row) for row in analysis.ledger],
    }


def document_tail(
    analysis: Analysis, verdict: Verdict | None = None, *, lists: bool = True
) -> Json:
    """From the waste to the end; ``lists=False`` leaves the rows of waste out."""
    hidden = frozenset() if verdict is None else verdict.ignored
    return {
        "waste": [waste_fields(row) for row in analysis.waste] if lists else [],
        "findings": (
            None
            if analysis.judged is None
            else [
                finding_fields(each, ignored=k in hidden)
                for k, each in enumerate(analysis.findings)
            ]
        ),
        "savings": savings_fields(analysis),
        "verdict": None if verdict is None else verdict_fields(verdict),
        "diagnostics": [diagnostic_fields(note) for note in analysis.diagnostics],
    }


def number(value: float | None) -> float | None:
    """A number that JSON can hold."""
    return value if value is None or math.isfinite(value) else None


def _text(value: str | None) -> str | None:
    return None if value is None else encodable(value)


def _string(value: object) -> str | None:
    return None if value is None else str(value)


# -------------------------------------------------------------------------------------- image


def image_fields(image: ImageFacts) -> Json:
    """``image``: what it is and what it is set to run."""
    return {
        "reference": encodable(image.reference),
        "source": encodable(image.source),
        "id": _string(image.id),
        "digest": _string(image.digest),
        "platform": None if image.platform is None else encodable(str(image.platform)),
        "tags": [encodable(tag) for tag in image.tags],
        "created": _text(image.created),
        "author": _text(image.config.author),
        "size": image.size,
        "compressed_size": image.compressed_size,
        "overhead": image.overhead,
        "attestation_bytes": image.attestation_bytes,
        "file_count": image.file_count,
        "config": config_fields(image.config.settings),
        "annotations": {encodable(k): encodable(v) for k, v in image.annotations},
    }


def config_fields(settings: Mapping[str, Any]) -> Json:
    """What a container of the image runs; wrongly typed settings count as missing."""
    return {
        "user": _text(text_or_none(get_ci(settings, "User"))),
        "workdir": _text(text_or_none(get_ci(settings, "WorkingDir"))),
        "env": _texts(get_ci(settings, "Env")) or [],
        "entrypoint": _texts(get_ci(settings, "Entrypoint")),
        "cmd": _texts(get_ci(settings, "Cmd")),
        "shell": _texts(get_ci(settings, "Shell")),
        "exposed_ports": _keys(get_ci(settings, "ExposedPorts")),
        "volumes": _keys(get_ci(settings, "Volumes")),
        "stop_signal": _text(text_or_none(get_ci(settings, "StopSignal"))),
        "healthcheck": _healthcheck(get_ci(settings, "Healthcheck")),
        "on_build": _texts(get_ci(settings, "OnBuild")) or [],
        "labels": {
            encodable(key): encodable(value)
            for key, value in sorted(text_map(get_ci(settings, "Labels")).items())
        },
    }


def _texts(value: object) -> list[str] | None:
    """The texts of a list; a single text is a list of one, as old engines wrote it."""
    if isinstance(value, str):
        return [encodable(value)]
    if not isinstance(value, list):
        return None
    return [encodable(item) for item in value if isinstance(item, str)]


def _keys(value: object) -> list[str]:
    """The keys of an object that serves as a set."""
    return sorted(encodable(key) for key in value) if isinstance(value, dict) else []


def _healthcheck(value: object) -> Json | None:
    if not isinstance(value, dict):
        return None
    return {
        "test": _texts(get_ci(value, "Test")) or [],
        "interval_ns": _integer(get_ci(value, "Interval")),
        "timeout_ns": _integer(get_ci(value, "Timeout")),
        "start_period_ns": _integer(get_ci(value, "StartPeriod")),
        "start_interval_ns": _integer(get_ci(value, "StartInterval")),
        "retries": _integer(get_ci(value, "Retries")),
    }


def _integer(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and -_MOST <= value < _MOST:
        return value
    return None


# ------------------------------------------------------------------------------------ figures


def scores_fields(scores: Scores, dive: DiveFigures, *, lists: bool = True) -> Json:
    """``scores``, dive's figures apart from ours."""
    return {
        "efficiency": number(scores.efficiency),
        "lean_score": number(scores.lean_score),
        "total_bytes": scores.total_bytes,
        "live_bytes": scores.live_bytes,
        "dead_bytes": scores.dead_bytes,
        "removable_bytes": scores.removable_bytes,
        "user_wasted_percent": number(scores.user_wasted_percent),
        "dive": {
            "efficiency": number(dive.efficiency),
            "wasted_bytes": dive.wasted_bytes,
            "user_wasted_percent": number(dive.user_wasted_percent),
            "inefficient_files": (
                [inefficient_fields(row) for row in dive.inefficient_files] if lists else []
            ),
        },
    }


def inefficient_fields(row: InefficientFile) -> Json:
    """One path of dive's list, with the leading slash that dive gives it."""
    return path_fields(name_bytes(row.path)) | {"count": row.count, "bytes": row.bytes}


def ledger_fields(row: LedgerRow) -> Json:
    """One class of bytes."""
    return {
        "kind": row.kind,
        "class": row.name,
        "bytes": row.bytes,
        "base_bytes": row.base_bytes,
        "transfer_bytes": row.transfer_bytes,
        "files": row.files,
    }


def size_fields(row: SizeRow) -> Json:
    """The image's size by one meter."""
    return {
        "meter": row.meter,
        "bytes": row.bytes,
        "repeated_bytes": row.repeated_bytes,
        "approximate": row.approximate,
        "why": row.why,
    }


def waste_fields(row: Waste) -> Json:
    """One dead inode."""
    return path_fields(row.path) | {
        "cause": row.cause.word,
        "bytes": row.bytes,
        "added_in": row.added_in,
        "lost_in": row.lost_in,
    }


def diagnostic_fields(note: Diagnostic) -> Json:
    """One oddity."""
    found: Json = {
        "code": note.code,
        "message": encodable(note.message),
        "layer": note.layer,
        "path": None,
    }
    return found if note.path is None else found | path_fields(note.path)


# ------------------------------------------------------------------------------------- layers


def _tally(tally: Tally) -> Json:
    return {"files": tally.files, "bytes": tally.bytes}


def layer_fields(layer: LayerFacts) -> Json:
    """One layer: what it is, who made it, what it did."""
    instruction = layer.instruction
    return {
        "index": layer.index,
        "diff_id": _string(layer.diff_id),
        "digest": _string(layer.digest),
        "media_type": _text(layer.media_type),
        "compression": layer.compression,
        "size": layer.size,
        "compressed_size": layer.compressed_size,
        "tar_size": layer.tar_size,
        "read": layer.origin,
        "instruction": encodable(instruction.text),
        "keyword": encodable(instruction.keyword),
        "build_args": [encodable(arg) for arg in instruction.args],
        "created_by": encodable(instruction.raw),
        "created": _text(layer.history.created),
        "comment": _text(layer.history.comment),
        "history_row": layer.history.row,
        "base": layer.is_base,
        "added": _tally(layer.added),
        "modified": _tally(layer.modified),
        "removed": _tally(layer.removed),
        "dead_bytes": layer.dead_bytes,
        "kills_bytes": layer.kills_bytes,
    }


def base_fields(analysis: Analysis) -> Json:
    """``base``: where the base image ends, how that is known, and its share."""
    base = analysis.base
    below = [layer for layer in analysis.layers if layer.is_base]
    return {
        "boundary": base.boundary,
        "layers": base.layers,
        "name": _text(base.name),
        "rests_on": encodable(base.rests_on),
        "bytes": sum(layer.size for layer in below),
        "dead_bytes": sum(layer.dead_bytes for layer in below),
    }


def history_fields(analysis: Analysis) -> list[Json]:
    """``history``: every row of the configuration, those without a layer included."""
    owner = {layer.history.row: layer.index for layer in analysis.layers}
    found = []
    for number_, row in enumerate(analysis.history):
        instruction = readable(row.created_by, row.comment)
        found.append(
            {
                "row": number_,
                "layer": owner.get(number_),
                "instruction": encodable(instruction.text),
                "created_by": _text(row.created_by),
                "created": _text(row.created),
                "author": _text(row.author),
                "comment": _text(row.comment),
                "empty_layer": row.empty_layer,
            }
        )
    return found
