"""``layerlens platforms``: rows, figures and the table."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from layerlens.image.digest import Digest
from layerlens.image.model import Platform
from layerlens.image.platforms import PlatformLayer, PlatformRow, shared_bytes
from layerlens.outputs.platforms import table_lines, write_platforms
from layerlens.pipeline import list_platforms
from tests.builders import Image, file, gzipped, layer
from tests.unit.cli.running import layerlens, line
from tests.unit.sources.fake_engine import Engine, serving

COMMON, OWN, OTHER = (Digest("sha256", letter * 64) for letter in "abc")


def layers(*sizes: tuple[Digest, int | None]) -> tuple[PlatformLayer, ...]:
    return tuple(PlatformLayer(None, digest, size) for digest, size in sizes)


AMD = PlatformRow(Platform("linux", "amd64"), OWN, layers((COMMON, 10), (OWN, 5), (OWN, 5)))
ARM = PlatformRow(
    Platform("linux", "arm64", "v8"), OTHER, layers((COMMON, 10), (OTHER, 20)),
    attestation_bytes=700, total_bytes=99,
)  # fmt: skip
GONE = PlatformRow(Platform("windows", "amd64"), absent=True)


def test_figures() -> None:
    assert (AMD.transfer_bytes, ARM.transfer_bytes, GONE.transfer_bytes) == (15, 30, None)
    assert shared_bytes([AMD, ARM, GONE]) == [10, 10, None]
    unknown = replace(AMD, layers=layers((OWN, None)))
    assert unknown.transfer_bytes is None
    assert shared_bytes([AMD, unknown]) == [5, None]


def test_table() -> None:
    lines = table_lines([AMD, ARM, GONE])
    assert lines[0].split() == [
        "PLATFORM", "DIGEST", "LAYERS", "TRANSFER", "SHARED", "CONTENT", "RATIO", "BESIDE",
    ]  # fmt: skip
    assert lines[1].split() == [
        "linux/amd64", "b" * 12, "3", "15", "B", "10", "B", "-", "x1.00",
    ]  # fmt: skip
    assert lines[2].endswith("x2.00  attestations 700 B")
    assert lines[3].endswith("not there")
    assert "CONTENT" not in table_lines([AMD])[0]


def test_json() -> None:
    out = io.StringIO()
    write_platforms("x", [GONE, ARM, AMD], out, "json")
    found = json.loads(out.getvalue())
    assert [row["platform"] for row in found["platforms"]] == [
        "linux/amd64", "linux/arm64/v8", "windows/amd64",
    ]  # fmt: skip
    assert found["platforms"][1] == {
        "platform": "linux/arm64/v8", "digest": str(OTHER), "absent": False, "layers": 2,
        "transfer_bytes": 30, "shared_bytes": 10, "total_bytes": 99, "attestation_bytes": 700,
    }  # fmt: skip


def test_hostile_platforms_are_escaped() -> None:
    row = PlatformRow(Platform("li\x1b[31mnux", "amd\n64"))
    assert all(line.isprintable() for line in table_lines([row]))


SHARED = layer(file("shared", b"s" * 5000))
IMAGES = [
    Image([SHARED, layer(file("a", b"a" * 9))], tag="demo:1", platform="linux/amd64"),
    Image([SHARED, layer(file("a", b"a" * 99))], tag="demo:1", platform="linux/arm64/v8"),
]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return IMAGES[0].oci_archive(
        tmp_path / "multi.tar", "gzip", platforms=IMAGES[1:], attestations=True
    )


def test_an_archive(index: Path) -> None:
    rows = list_platforms(str(index))
    known = {str(row.platform): row for row in rows if not row.absent}
    assert known["linux/amd64"].total_bytes == 5009
    assert known["linux/arm64/v8"].total_bytes == 5099
    blobs = [len(gzipped(data)) for data in IMAGES[0].layers]
    assert known["linux/amd64"].transfer_bytes == sum(blobs)
    assert shared_bytes(list(known.values())) == [blobs[0], blobs[0]]


def test_command(index: Path, tmp_path: Path) -> None:
    result = layerlens("platforms", index)
    assert result.returncode == 0, result.stderr
    assert "linux/arm64/v8" in result.stdout
    result = layerlens("platforms", index, "--format", "json", "--platform", "linux/arm64")
    assert len(json.loads(result.stdout)["platforms"]) == len(list_platforms(str(index)))
    assert "no such file" in line(layerlens("platforms", tmp_path / "none.tar"), 3)


def test_an_engines_one(tmp_path: Path) -> None:
    with serving(Engine(IMAGES[0], IMAGES[0].save_legacy(tmp_path / "x").read_bytes())) as engine:
        result = layerlens("platforms", "demo:1", env={"DOCKER_HOST": engine.host})
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[1].startswith("linux/amd64")
    assert "registry://NAME" in result.stderr
