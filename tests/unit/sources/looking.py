"""Open an archive and hold the result in a form that two shapes of one image share."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.errors import FormatError, ImageError, LayerLensError, NotAnImageError
from layerlens.image.manifest import parse_platform
from layerlens.pipeline import analyse_image, open_image
from layerlens.sources.image import ReadOptions
from tests.builders import Member, layer
from tests.members import file


def analysis(path: Path | str, prefix: str = "", **options: Any) -> Analysis:
    """The analysis of what lies at a path."""
    platform = options.pop("platform", None)
    read = ReadOptions(platform=parse_platform(platform) if platform else None, **options)
    image = open_image(f"{prefix}{path}", read)
    try:
        return analyse_image(image, read)
    finally:
        image.close()


def figures(found: Analysis) -> dict[str, object]:
    """All that must not depend on the shape of the archive."""
    fs = found.filesystem
    return {
        "entries": [repr(entry) for entry in fs.final_entries()],
        "events": [[repr(e) for e in fs.events(k)] for k in range(len(found.layers))],
        "scores": found.scores,
        "dive": repr(found.dive),
        "layers": [
            (each.size, each.tar_size, each.added, each.modified, each.removed,
             each.dead_bytes, each.kills_bytes, str(each.diff_id), each.instruction.text)
            for each in found.layers
        ],
        "ledger": [(row.kind, row.name, row.bytes, row.base_bytes, row.files)
                   for row in found.ledger],
        "waste": [repr(each) for each in found.waste],
        "platform": str(found.image.platform),
        "overhead": found.image.overhead,
    }  # fmt: skip


def adds_up(found: Analysis) -> None:
    """The ledger's rows add up to total bytes."""
    assert sum(row.bytes for row in found.ledger) == found.scores.total_bytes
    assert found.scores.total_bytes == sum(each.size for each in found.layers)


def zipped(path: Path) -> Path:
    """The archive inside gzip, which can only be read as a stream."""
    made = path.with_name(path.name + ".gz")
    made.write_bytes(gzip.compress(path.read_bytes(), 1, mtime=0))
    return made


def everywhere(path: Path, **options: Any) -> Analysis:
    """The analysis, after checking that a stream gives the same."""
    found = analysis(path, **options)
    adds_up(found)
    if path.is_file():
        passed = analysis(zipped(path), **options)
        assert figures(passed) == figures(found)
        assert passed.image.id == found.image.id
        assert passed.image.tags == found.image.tags
        stored = [(e.compression, e.compressed_size) for e in found.layers]
        assert [(e.compression, e.compressed_size) for e in passed.layers] == stored
    return found


def failure(path: Path | str, prefix: str = "", **options: Any) -> LayerLensError:
    """The error of an archive; a stream fails as well, in the same class."""
    found = _failure(path, prefix, **options)
    if isinstance(path, Path) and path.is_file() and not prefix:
        passed = _failure(zipped(path), "", **options)
        alike = (FormatError, NotAnImageError)
        assert type(passed) is type(found) or (
            isinstance(passed, alike) and isinstance(found, alike)
        ), (passed.what, found.what)
    return found


def _failure(path: Path | str, prefix: str, **options: Any) -> LayerLensError:
    with pytest.raises(LayerLensError) as caught:
        analysis(path, prefix, **options)
    if isinstance(caught.value, ImageError):
        assert caught.value.where.file is not None
    return caught.value


def pack(path: Path, files: Mapping[str, bytes] | Iterable[Member]) -> Path:
    """An archive of just these files, in this order."""
    members = (
        [file(name, data) for name, data in files.items()]
        if isinstance(files, Mapping)
        else list(files)
    )
    path.write_bytes(layer(*members))
    return path


def unpack(path: Path, folder: Path) -> Path:
    """The archive's files in a directory, links too."""
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="tar")
    return folder


def contents(path: Path) -> dict[str, bytes]:
    """The regular files of an archive by name."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as archive:
        for info in archive:
            stream = archive.extractfile(info) if info.isfile() else None
            if stream is not None:
                found[info.name] = stream.read()
    return found


def dumps(value: object) -> bytes:
    """JSON as bytes."""
    return json.dumps(value).encode()
