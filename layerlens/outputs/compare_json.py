"""A comparison as JSON, field by field; ``comparison.schema.json`` beside it describes it.

Domain objects are never dumped: what is public is what this module names.  Figures are
integers of bytes.  Rows of paths are written piece by piece, since there may be
hundreds of thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from layerlens import __version__
from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Package
from layerlens.comparison.causes import Cause, causes
from layerlens.comparison.model import (
    ClassDelta,
    Comparison,
    Delta,
    LayerPair,
    PackageDelta,
    PathDelta,
    PullDelta,
    Refetched,
)
from layerlens.comparison.moves import MovedDirectory, moved_directories
from layerlens.outputs.compare_words import ADVICE
from layerlens.outputs.display import encodable, name_fields
from layerlens.outputs.findings import finding_fields
from layerlens.outputs.json_text import encoded, member, tame, write_rows

SCHEMA_VERSION = "1.0"
"""Major: something was renamed, removed or redefined.  Minor: something was added."""

Json = dict[str, Any]


def write_comparison_json(comparison: Comparison, stream: BinaryIO) -> None:
    """Write the document in ASCII, ending in a newline; equal comparisons give equal bytes."""
    head = comparison_head(comparison)
    text = "{\n" + ",\n".join(member(key, value, 1) for key, value in head.items())
    stream.write(tame(text).encode())
    stream.write(b',\n  "refetched": ')
    write_rows(stream, map(encoded, map(refetched_fields, comparison.refetched)), 1)
    stream.write(b',\n  "paths": ')
    write_rows(stream, path_rows(comparison.paths), 1)
    stream.write(b"\n}\n")


def comparison_head(comparison: Comparison, parts: Sequence[Cause] | None = None) -> Json:
    """Everything but the lists that grow with the images.

    ``parts`` are the comparison's causes, where the caller has them already.
    """
    old, new = comparison.old, comparison.new
    found = comparison.findings
    judged = old.judged is not None and new.judged is not None
    parts = causes(comparison) if parts is None else parts
    return {
        "schema_version": SCHEMA_VERSION,
        "layerlens": __version__,
        "old": image_fields(old),
        "new": image_fields(new),
        "same": comparison.is_same,
        "size": delta_fields(comparison.size),
        "transfer": delta_fields(comparison.transfer),
        "live": delta_fields(comparison.live),
        "dead": delta_fields(comparison.dead),
        "pull": pull_fields(comparison.pull),
        "layers": [layer_fields(pair) for pair in comparison.layers],
        "causes": [cause_fields(each) for each in parts],
        "classes": [class_fields(each) for each in comparison.classes],
        "packages": [package_fields(each) for each in comparison.packages],
        "findings": (
            {
                "fixed": [finding_fields(old.findings[k]) for k in found.fixed],
                "new": [finding_fields(new.findings[k]) for k in found.new],
                "in_both": len(found.kept),
            }
            if judged
            else None
        ),
        "moved_directories": [
            moved_fields(each) for each in moved_directories(comparison.paths, old.filesystem)
        ],
        "unsure": comparison.unsure,
    }


def image_fields(analysis: Analysis) -> Json:
    """``old`` and ``new``: which image it is, and its scores."""
    image, scores = analysis.image, analysis.scores
    return {
        "reference": encodable(image.reference),
        "source": encodable(image.source),
        "id": None if image.id is None else str(image.id),
        "digest": None if image.digest is None else str(image.digest),
        "platform": None if image.platform is None else encodable(str(image.platform)),
        "created": None if image.created is None else encodable(image.created),
        "size": image.size,
        "compressed_size": image.compressed_size,
        "file_count": image.file_count,
        "layer_count": len(analysis.layers),
        "base_layers": analysis.base.layers,
        "base_name": None if analysis.base.name is None else encodable(analysis.base.name),
        "package_count": None if analysis.judged is None else len(analysis.inventory.packages),
        "efficiency": scores.efficiency,
        "lean_score": scores.lean_score,
        "live_bytes": scores.live_bytes,
        "dead_bytes": scores.dead_bytes,
        "removable_bytes": scores.removable_bytes,
    }


def delta_fields(delta: Delta) -> Json:
    """A figure of both images."""
    return {"old": delta.old, "new": delta.new, "change": delta.change}


def pull_fields(pull: PullDelta) -> Json:
    """``pull``: what a client that has the old image fetches."""
    return {
        "bytes": pull.bytes,
        "reused_bytes": pull.reused_bytes,
        "chained_bytes": pull.chained_bytes,
        "exact": pull.exact,
        "fetched": list(pull.fetched),
        "reused": list(pull.reused),
        "broke_at": pull.broke_at,
        "why": encodable(pull.why),
    }


def layer_fields(pair: LayerPair) -> Json:
    """One row of ``layers``."""
    return {
        "old": pair.old,
        "new": pair.new,
        "same": pair.same,
        "instruction": encodable(pair.instruction.text),
        "size": delta_fields(pair.size),
        "compressed_size": delta_fields(pair.transfer),
    }


def cause_fields(cause: Cause) -> Json:
    """One row of ``causes``: they add up to the change in size."""
    return {
        "kind": cause.kind,
        "name": encodable(cause.name),
        "bytes": cause.bytes,
        "layer": cause.layer,
        "instruction": encodable(cause.instruction),
        "line": cause.line,
        "base": cause.is_base,
    }


def class_fields(row: ClassDelta) -> Json:
    """One row of ``classes``."""
    return {
        "kind": row.kind,
        "class": row.name,
        "bytes": delta_fields(row.bytes),
        "transfer_bytes": delta_fields(row.transfer),
    }


def package_fields(delta: PackageDelta) -> Json:
    """One row of ``packages``."""
    package = delta.package
    return {
        "change": delta.change,
        "ecosystem": package.ecosystem.value,
        "name": encodable(package.name),
        "arch": encodable(package.listed.arch) or None,
        "old_version": _version(delta.old),
        "new_version": _version(delta.new),
        "old_bytes": delta.old.bytes if delta.old else 0,
        "new_bytes": delta.new.bytes if delta.new else 0,
        "bytes": delta.bytes,
    }


def _version(package: Package | None) -> str | None:
    return None if package is None else encodable(package.version)


def moved_fields(moved: MovedDirectory) -> Json:
    """One row of ``moved_directories``."""
    return (
        name_fields("old_path", moved.old)
        | name_fields("new_path", moved.new)
        | {"files": moved.files, "bytes": moved.bytes}
    )


def refetched_fields(row: Refetched) -> Json:
    """One row of ``refetched``; of its paths the largest."""
    return {
        "reason": row.reason.value,
        "files": row.files,
        "bytes": row.bytes,
        "transfer_bytes": row.transfer,
        "layers": list(row.layers),
        "paths": [name_fields("path", path)["path"] for path in row.paths[:MOST_PATHS]],
        "advice": ADVICE[row.reason],
    }


MOST_PATHS = 100
"""Paths of files that are fetched again for one reason; ``files`` counts all."""


def path_rows(paths: Iterable[PathDelta]) -> Iterator[str]:
    """The rows of ``paths``, encoded: every path that differs."""
    for path in paths:
        fields = name_fields("path", path.path)
        if path.moved_from is not None:
            fields |= name_fields("moved_from", path.moved_from)
        yield encoded(
            fields
            | {
                "change": path.change.value,
                "old_bytes": path.old_bytes,
                "new_bytes": path.new_bytes,
                "bytes": path.bytes,
                "sure": path.sure,
            }
        )
