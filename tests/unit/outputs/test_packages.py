"""Tables, CSV, JSON and the bill of materials of an image's packages."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.vulnerabilities import Vulnerability, assign
from layerlens.outputs.packages import chosen, write_packages
from layerlens.outputs.sbom import write_sbom
from tests.unit.outputs import samples

FOUND = [
    Vulnerability("CVE-1", "high", Ecosystem.DEB, "apt", "2.6", "2.7"),
    Vulnerability("CVE-2", "low", Ecosystem.DEB, "gone", "1"),
]


def written(fmt: str, *, vulnerable: bool = False, **more: Any) -> str:
    analysis = samples.packaged()
    stream = io.BytesIO()
    assigned = assign(analysis.inventory, FOUND) if vulnerable else None
    write_packages(analysis, stream, fmt, assigned=assigned, **more)
    return stream.getvalue().decode()


def test_table() -> None:
    assert written("table").splitlines() == [
        "  SIZE  KIND  NAME              VERSION  LAYER   WHY",
        "5.0 MB  deb   apt               2.6      0 base  asked for",
        "3.0 MB  npm   @a/left-pad       1.0      2       development",
        r"   0 B  gem   =cmd|'\x1b[31m\n  @1\x00   2",
        "   0 B  deb   libc6             2.36     1       for apt",
        "4 packages, 8.0 MB; no package owns 43.5 MB in 3 files",
    ]


def test_table_with_vulnerabilities() -> None:
    lines = written("table", vulnerable=True, kinds=["deb"]).splitlines()
    assert lines[1].endswith("1 high")
    assert lines[-1] == "1 reported vulnerability of packages that are not in this image"


def test_choice_and_order() -> None:
    analysis = samples.packaged()

    def names(**how: Any) -> list[str]:
        return [package.name for _, package in chosen(analysis, **how)]

    assert names(kinds=["deb"], sort="name") == ["apt", "libc6"]
    assert names(layer=2) == ["@a/left-pad", samples.EVIL.name]
    assert names(sort="layer")[:2] == ["apt", "libc6"]


def test_csv_has_no_formulas_and_no_control_characters() -> None:
    text = written("csv", vulnerable=True, sort="name")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:5] == ["ecosystem", "name", "version", "arch", "bytes"]
    assert rows[1][1] == r"'=cmd|'\x1b[31m\n"
    assert rows[1][2] == r"'@1\x00"
    assert [row[-1] for row in rows[1:]] == ["", "", "CVE-1", ""]
    assert not any(ord(char) < 32 and char != "\n" for char in text)


def test_json() -> None:
    document = json.loads(written("json", vulnerable=True, sort="name"))
    assert document["distribution"] == "Debian GNU/Linux 12"
    apt = next(row for row in document["packages"] if row["name"] == "apt")
    assert apt == {
        "ecosystem": "deb", "name": "apt", "version": "2.6", "arch": "amd64",
        "licence": "GPL-2.0-or-later", "bytes": 5_000_000, "declared_bytes": None, "files": 1,
        "layer": 0, "base": True, "manual": True, "dev": None, "requires": ["libc6 (>= 2.3)"],
        "required_by": [],
        "database": "var/lib/dpkg/status",
        "purl": "pkg:deb/debian/apt@2.6?arch=amd64&distro=debian-12",
        "vulnerabilities": [{"id": "CVE-1", "severity": "high", "fixed": "2.7"}],
    }  # fmt: skip
    assert document["unowned"]["bytes"] == 43_500_000
    assert document["unowned"]["directories"][0] == {"path": "var/lib", "bytes": 42_000_000}
    (change,) = document["changes"]
    assert change["upgraded"] == [
        {"ecosystem": "deb", "name": "apt", "version": "2.6", "from": "2.36"}
    ]
    assert [row["id"] for row in document["unmatched_vulnerabilities"]] == ["CVE-2"]


def test_changes() -> None:
    assert written("table", changes=True).splitlines() == [
        "layer 1, /var/lib/dpkg/status",
        "  + apt 2.6",
        "  - @a/left-pad 1.0",
        "  ~ apt 2.36 -> 2.6",
    ]
    assert written("table", changes=True, layer=0) == "no packages of a system's database changed\n"


@pytest.mark.parametrize("make", [samples.packaged, samples.hostile, samples.empty])
def test_the_bill_of_materials_is_valid(make: Any) -> None:
    stream = io.BytesIO()
    write_sbom(make(), stream)
    again = io.BytesIO()
    write_sbom(getattr(make, "__wrapped__", make)(), again)
    assert stream.getvalue() == again.getvalue()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(stream.getvalue().decode()) is None


def test_the_bill_of_materials_names_layers() -> None:
    stream = io.BytesIO()
    analysis = samples.packaged()
    write_sbom(analysis, stream)
    document = json.loads(stream.getvalue())
    kinds = [part["type"] for part in document["components"]]
    assert kinds.count("library") == 4
    assert kinds.count("operating-system") == 1
    apt = next(part for part in document["components"] if part["name"] == "apt")
    facts = {each["name"]: each["value"] for each in apt["properties"]}
    assert facts["layerlens:layer:index"] == "0"
    assert facts["layerlens:layer:diff_id"] == str(analysis.layers[0].diff_id)
    assert apt["purl"].startswith("pkg:deb/debian/apt@2.6")
    assert apt["licenses"] == [{"license": {"id": "GPL-2.0-or-later"}}]
