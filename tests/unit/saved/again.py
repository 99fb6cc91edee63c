"""Save an analysis and load it, and compare two analyses with nothing left out."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Inventory, Listed
from layerlens.filesystem.result import Filesystem
from layerlens.outputs.files import write_files
from layerlens.outputs.json_report import write_json
from layerlens.outputs.packages import write_packages
from layerlens.outputs.sbom import write_sbom
from layerlens.outputs.text import write_text
from layerlens.saved.load import load_from
from layerlens.saved.save import save
from tests.unit.layers.reading import columns

AT = 1_750_000_000


def saved(analysis: Analysis) -> bytes:
    """The file."""
    stream = io.BytesIO()
    save(analysis, stream, at=AT)
    return stream.getvalue()


def loaded(data: bytes) -> Analysis:
    """The analysis of a file."""
    return load_from(io.BytesIO(data), "saved.lls")


def again(analysis: Analysis) -> Analysis:
    """An analysis that was saved and loaded, after checking that it is the same."""
    found = loaded(saved(analysis))
    assert found.image.saved_at == AT
    assert values(found) == values(analysis)
    assert outputs(found) == outputs(analysis)
    assert saved(found) == saved(analysis)
    return found


def values(analysis: Analysis) -> dict[str, Any]:
    """All that an analysis holds, in a form that compares."""
    found: dict[str, Any] = {each.name: getattr(analysis, each.name) for each in fields(Analysis)}
    found["image"] = replace(analysis.image, saved_at=None)
    found["dive"] = repr(analysis.dive)  # NaN is not equal to itself
    found["filesystem"] = _filesystem(analysis.filesystem)
    found["inventory"] = _inventory(analysis.inventory)
    found["waste"] = list(analysis.waste)
    judged = found.pop("judged")
    found["claims"] = None if judged is None else dict(judged.claimed.inodes)
    found["findings"] = [
        {each.name: getattr(finding, each.name) for each in fields(finding)}
        | {"rule": finding.rule.id, "why": finding.rule.why, "claims": finding.claims}
        | {"versions": list(finding.versions), "paths": tuple(finding.paths)}
        for finding in analysis.findings
    ]
    found["savings"] = analysis.savings is not None
    return found


def _filesystem(fs: Filesystem) -> dict[str, Any]:
    found: dict[str, Any] = {each.name: getattr(fs, each.name) for each in fields(Filesystem)}
    found["notes"] = fs.notes.all()
    found["tables"] = [
        columns(table)
        | {
            "hashes": bytes(table.hashes),
            "hash_kind": table.hash_kind,
            "notes": (table.notes.kept, dict(table.notes.counts)),
            "parents": table.parents(),
            "transfer": table.transfer
            and (*table.transfer.columns(), table.transfer.compressed_size),
        }
        for table in fs.tables
    ]
    return found


def _inventory(found: Inventory) -> object:
    return (
        [(_listed(p.listed), p.database, p.layer, list(p.versions), p.bytes) for p in found.packages],
        sorted(found.owners.items()),
        [
            (c.layer, c.database, list(map(_listed, c.added)), list(map(_listed, c.removed)),
             [(_listed(old), _listed(new)) for old, new in c.upgraded])
            for c in found.changes
        ],
        found.problems,
    )  # fmt: skip


def _listed(listed: Listed) -> dict[str, Any]:
    found = {each.name: getattr(listed, each.name) for each in fields(Listed)}
    for name in ("files", "directories", "docs"):
        found[name] = list(found[name])
    return found


def outputs(analysis: Analysis) -> dict[str, object]:
    """Every output's bytes, and what every finding and all of them would save."""
    found: dict[str, object] = {}
    text = io.StringIO()
    write_text(analysis, text, width=100, colour=True, unicode=True)
    found["text"] = text.getvalue()
    stream = io.BytesIO()
    write_json(analysis, stream)
    found["json"] = stream.getvalue()
    for form in ("table", "ndjson", "csv"):
        for layer in (None, *range(len(analysis.layers))):
            stream = io.BytesIO()
            write_files(analysis, stream, form, layer)
            found[f"files {form} {layer}"] = stream.getvalue()
    for form, changes in (("table", False), ("table", True), ("csv", False), ("json", False)):
        stream = io.BytesIO()
        write_packages(analysis, stream, form, changes=changes)
        found[f"packages {form} {changes}"] = stream.getvalue()
    stream = io.BytesIO()
    write_sbom(analysis, stream)
    found["sbom"] = stream.getvalue()
    if analysis.judged is not None:
        found["what if"] = [analysis.what_if([each]) for each in analysis.findings]
        found["what if all"] = analysis.what_if(analysis.findings)
        found["advised"] = [each.title for each in analysis.advised]
    return found
