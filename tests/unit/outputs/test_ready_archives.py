"""The outputs of the ready archives that come with the project."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from layerlens.analysis.model import Analysis
from layerlens.outputs.files import write_files
from layerlens.outputs.json_report import write_json
from layerlens.outputs.rows import rows
from layerlens.outputs.schema import analysis_document
from layerlens.outputs.text import write_text
from layerlens.pipeline import analyse_image, open_image

ROOT = Path(__file__).parents[3]
ARCHIVES = sorted((ROOT / "sample_images").glob("*.tar"))
SCHEMA = ROOT / "layerlens" / "outputs" / "analysis.schema.json"


def analysed(path: Path) -> Analysis:
    image = open_image(str(path))
    try:
        return analyse_image(image)
    finally:
        image.close()


def test_there_are_ready_archives() -> None:
    assert ARCHIVES


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.name)
def test_all_outputs_of_a_ready_archive(path: Path) -> None:
    analysis = analysed(path)
    stream = io.BytesIO()
    write_json(analysis, stream)
    document = json.loads(stream.getvalue())
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
    assert document == analysis_document(analysis)

    final = [tuple(row[:10]) for row in rows(analysis.filesystem, None)]
    assert final == list(analysis.filesystem.final_entries())
    for layer in (None, *range(len(analysis.layers))):
        counts = set()
        for fmt in ("table", "ndjson", "csv"):
            listing = io.BytesIO()
            write_files(analysis, listing, fmt, layer)
            counts.add(listing.getvalue().count(b"\n") - (fmt != "ndjson"))
        assert len(counts) == 1
        if layer is not None:
            shipped = sum(
                row.size for row in rows(analysis.filesystem, layer) if row.change != "removed"
            )
            facts = analysis.layers[layer]
            assert shipped == facts.added.bytes + facts.modified.bytes

    page = io.StringIO()
    write_text(analysis, page, width=80, colour=False)
    assert "Where the bytes are" in page.getvalue()
