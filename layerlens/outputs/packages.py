"""The packages of an image as a table for people, as CSV or as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO, TextIO

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Listed, Package, PackageChange
from layerlens.analysis.packages.purl import purl
from layerlens.analysis.packages.unowned import by_directory, unowned_files
from layerlens.analysis.packages.why import Reason, Why, reasons
from layerlens.analysis.rules.words import counted
from layerlens.analysis.vulnerabilities import SEVERITIES, Assigned, Vulnerability
from layerlens.outputs.csv_cells import text_cell
from layerlens.outputs.display import encodable, escape, escape_path, name_fields
from layerlens.outputs.json_text import tame
from layerlens.units import human_size

SCHEMA_VERSION = 1

Row = tuple[int, Package]
"""A package and its index in the inventory."""


def chosen(
    analysis: Analysis, *, kinds: Sequence[str] = (), layer: int | None = None, sort: str = "size"
) -> list[Row]:
    """The packages to show: of some ecosystems, brought by one layer, in an order."""
    rows = [
        (i, package)
        for i, package in enumerate(analysis.inventory.packages)
        if (not kinds or package.ecosystem.value in kinds)
        and (layer is None or package.layer == layer)
    ]
    if sort == "size":
        rows.sort(key=lambda row: (-row[1].bytes, row[1].name))
    elif sort == "layer":
        rows.sort(key=lambda row: (row[1].layer, row[1].name))
    else:
        rows.sort(key=lambda row: (row[1].name, row[1].version))
    return rows


def write_table(
    analysis: Analysis, rows: Sequence[Row], stream: TextIO, assigned: Assigned | None = None
) -> None:
    """A line for each package, then a sum."""
    heads = ["SIZE", "KIND", "NAME", "VERSION", "LAYER", "WHY"]
    if assigned is not None:
        heads.append("VULNERABILITIES")
    lines = []
    whys = reasons(analysis.inventory.packages)
    for i, package in rows:
        line = [
            human_size(package.bytes),
            package.ecosystem.value,
            escape(package.name)[:60],
            escape(package.version)[:40],
            f"{package.layer}{' base' if package.layer < analysis.base.layers else ''}",
            _why(analysis, whys[i]),
        ]
        if assigned is not None:
            line.append(_counted(assigned.by_package.get(i, ())))
        lines.append(line)
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    for line in (heads, *lines):
        cells = [
            cell.rjust(width) if k == 0 else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        stream.write("  ".join(cells).rstrip() + "\n")
    stream.write(f"{counted(len(rows), 'package')}, {human_size(sum(p.bytes for _, p in rows))}")
    loose = unowned(analysis)
    files = counted(loose["files"], "file")
    stream.write(f"; no package owns {human_size(loose['bytes'])} in {files}\n")
    if assigned is not None and assigned.unmatched:
        stream.write(
            f"{counted(len(assigned.unmatched), 'reported vulnerability', 'reported vulnerabilities')}"
            " of packages that are not in this image\n"
        )


def write_csv(
    analysis: Analysis, rows: Sequence[Row], stream: TextIO, assigned: Assigned | None = None
) -> None:
    """A row for each package; cells that a spreadsheet would run get a quote before them."""
    writer = csv.writer(stream, lineterminator="\n")
    names = [
        "ecosystem",
        "name",
        "version",
        "arch",
        "bytes",
        "layer",
        "base",
        "manual",
        "dev",
        "purl",
    ]
    writer.writerow(names + (["vulnerabilities"] if assigned is not None else []))
    for i, package in rows:
        fields = package_fields(analysis, package, i, assigned)
        cells = ["" if fields[name] is None else str(fields[name]) for name in names]
        if assigned is not None:
            cells.append(" ".join(each.id for each in assigned.by_package.get(i, ())))
        writer.writerow([text_cell(cell) for cell in cells])


def write_document(
    analysis: Analysis, rows: Sequence[Row], stream: TextIO, assigned: Assigned | None = None
) -> None:
    """The JSON form; figures are bytes."""
    stream.write(tame(json.dumps(document(analysis, rows, assigned), indent=1)) + "\n")


def document(
    analysis: Analysis, rows: Sequence[Row], assigned: Assigned | None = None
) -> dict[str, Any]:
    """All that is known of the packages."""
    whys = reasons(analysis.inventory.packages)
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "reference": encodable(analysis.image.reference),
        "distribution": encodable(analysis.distribution.name) or None,
        "packages": [
            package_fields(analysis, package, i, assigned, _above(analysis, whys[i]))
            for i, package in rows
        ],
        "changes": [change_fields(change) for change in analysis.inventory.changes],
        "unowned": unowned(analysis),
    }
    if assigned is not None:
        found["unmatched_vulnerabilities"] = [
            {
                **_vulnerability(each),
                "package": encodable(each.package),
                "version": encodable(each.version),
            }
            for each in assigned.unmatched
        ]
    return found


def package_fields(
    analysis: Analysis,
    package: Package,
    index: int,
    assigned: Assigned | None = None,
    chain: Sequence[str] = (),
) -> dict[str, Any]:
    """One row of ``packages``; ``chain`` names what needs it, from one that was asked for on."""
    listed = package.listed
    fields: dict[str, Any] = {
        "ecosystem": listed.ecosystem.value,
        "name": encodable(listed.name),
        "version": encodable(listed.version),
        "arch": encodable(listed.arch) or None,
        "licence": encodable(listed.licence) or None,
        "bytes": package.bytes,
        "declared_bytes": listed.declared,
        "files": len(package.versions),
        "layer": package.layer,
        "base": package.layer < analysis.base.layers,
        "manual": listed.manual,
        "dev": listed.dev,
        "requires": [encodable(name) for name in listed.requires],
        "required_by": [encodable(name) for name in chain],
        "database": name_fields("path", package.database)["path"],
        "purl": encodable(purl(listed, analysis.distribution)) or None,
    }
    if assigned is not None:
        fields["vulnerabilities"] = [
            _vulnerability(each) for each in assigned.by_package.get(index, ())
        ]
    return fields


def change_fields(change: PackageChange) -> dict[str, Any]:
    """What one layer did to the packages of one database."""
    return {
        "layer": change.layer,
        "database": name_fields("path", change.database)["path"],
        "added": [_named(each) for each in change.added],
        "removed": [_named(each) for each in change.removed],
        "upgraded": [
            {**_named(new), "from": encodable(old.version)} for old, new in change.upgraded
        ],
    }


def write_changes(analysis: Analysis, stream: TextIO, layer: int | None = None) -> None:
    """A paragraph for each layer that changed packages, or for one."""
    found = [each for each in analysis.inventory.changes if layer in (None, each.layer)]
    for change in found:
        stream.write(f"layer {change.layer}, /{escape_path(change.database)}\n")
        for sign, listed in (("+", change.added), ("-", change.removed)):
            stream.writelines(
                f"  {sign} {escape(each.name)} {escape(each.version)}\n" for each in listed
            )
        stream.writelines(
            f"  ~ {escape(new.name)} {escape(old.version)} -> {escape(new.version)}\n"
            for old, new in change.upgraded
        )
    if not found:
        stream.write("no packages of a system's database changed\n")


def unowned(analysis: Analysis) -> dict[str, Any]:
    """Live bytes that no package owns, in all and by their topmost directories."""
    fs = analysis.filesystem
    versions = unowned_files(fs, analysis.inventory)
    sums = by_directory(fs, versions)
    return {
        "bytes": sum(size for _, size in sums),
        "files": len(versions),
        "directories": [{**name_fields("path", path), "bytes": size} for path, size in sums[:50]],
    }


def _named(listed: Listed) -> dict[str, Any]:
    return {
        "ecosystem": listed.ecosystem.value,
        "name": encodable(listed.name),
        "version": encodable(listed.version),
    }


def _vulnerability(each: Vulnerability) -> dict[str, Any]:
    return {
        "id": encodable(each.id),
        "severity": each.severity,
        "fixed": encodable(each.fixed) or None,
    }


def _above(analysis: Analysis, why: Why) -> list[str]:
    """The names from one that somebody asked for down to a package, itself left out."""
    packages = analysis.inventory.packages
    return [packages[index].name for index in why.chain[:-1]]


def _why(analysis: Analysis, why: Why) -> str:
    if why.reason is Reason.NEEDED:
        chain = _above(analysis, why)
        shown = chain if len(chain) < 4 else (*chain[:1], "…", *chain[-2:])
        return f"for {escape(' > '.join(shown))[:60]}"
    return "" if why.reason is Reason.UNKNOWN else why.reason.value


def _counted(found: Iterable[Vulnerability]) -> str:
    counts = Counter(each.severity for each in found)
    return ", ".join(f"{counts[word]} {word}" for word in SEVERITIES if counts[word])


def write_packages(
    analysis: Analysis,
    stream: BinaryIO,
    fmt: str,
    *,
    kinds: Sequence[str] = (),
    layer: int | None = None,
    sort: str = "size",
    changes: bool = False,
    assigned: Assigned | None = None,
) -> None:
    """Write one of the forms: ``table``, ``csv`` or ``json``; ``changes`` is a table of its own."""
    text = io.StringIO()
    if changes:
        write_changes(analysis, text, layer)
    else:
        rows = chosen(analysis, kinds=kinds, layer=layer, sort=sort)
        writer = {"table": write_table, "csv": write_csv, "json": write_document}[fmt]
        writer(analysis, rows, text, assigned)
    stream.write(text.getvalue().encode("utf-8", "backslashreplace"))
