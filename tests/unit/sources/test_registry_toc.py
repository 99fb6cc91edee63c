"""Layers of a registry that are listed by their own tables of contents, not fetched."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.cache.layers import LayerCache
from layerlens.pipeline import analyse_image
from layerlens.sources.image import ReadOptions
from layerlens.sources.registry.source import open_registry
from tests.archives import config
from tests.builders import directory, file, hardlink, symlink, whiteout
from tests.toc_writers import Blob, chunked, estargz
from tests.unit.sources.looking import figures
from tests.unit.sources.registry_fake import Registry, serving
from tests.unit.sources.test_registry import QUICK

NOISE = random.Random(4).randbytes(400_000)  # noqa: S311 - content that does not compress
BASE = (
    directory("usr"), file("usr/big", NOISE), file("usr/same", NOISE[:70_000]),
    file("usr/other", NOISE[:70_000]), hardlink("usr/link", "usr/big"), symlink("s", "usr/big"),
)  # fmt: skip
TOP = (
    directory("usr"), file("usr/same", NOISE[:70_000], mode=0o755),
    file("usr/other", NOISE[70_000:140_000]), file("usr/more", NOISE[::-1]), whiteout("s"),
)  # fmt: skip


def pushed(registry: Registry, *blobs: Blob) -> None:
    layers = [
        registry.put(blob.data, blob.media_type) | {"annotations": blob.annotations}
        for blob in blobs
    ]
    described = registry.put(
        config([blob.tar for blob in blobs]), "application/vnd.oci.image.config.v1+json"
    )
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": described, "layers": layers}
    registry.put_manifest(manifest, "1", kind)


def read(registry: Registry, **options: Any) -> tuple[Analysis, list[str]]:
    chosen = ReadOptions(**options)
    registry.asked.clear()
    image = open_registry(f"{registry.name}:1", chosen, manner=QUICK)
    try:
        return analyse_image(image, chosen), image.remarks
    finally:
        image.close()


def content(found: Analysis) -> dict[str, object]:
    """Figures but for the tar's layout, which a table of contents need not tell."""
    known = figures(found)
    known.pop("overhead")
    layers = known.pop("layers")
    assert isinstance(layers, list)
    return known | {"layers": [row[:1] + row[2:] for row in layers]}


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving(Registry()) as found:
        yield found


@pytest.mark.parametrize("make", [estargz, chunked])
def test_equals_the_full_read_at_a_fraction(make: Any, registry: Registry) -> None:
    blobs = [make(*BASE), make(*TOP)]
    pushed(registry, *blobs)
    listed, remarks = read(registry)
    assert remarks == []
    assert {str(row.origin) for row in listed.layers} <= {"estargz-toc", "zstd-chunked-toc"}
    ranged = [asked for asked in registry.asked if asked.headers.get("range")]
    assert len(ranged) == len([asked for asked in registry.asked if "/blobs/" in asked.path]) - 1
    full, _ = read(registry, tocs=False)
    assert {str(row.origin) for row in full.layers} == {"tar"}
    assert content(listed) == content(full)
    assert listed.image.compressed_size == full.image.compressed_size


@pytest.mark.parametrize("make", [estargz, chunked])
@pytest.mark.parametrize("first", [True, False])
def test_beside_a_layer_that_was_read(make: Any, first: bool, registry: Registry) -> None:
    """Hashes of two kinds: the one content in question is fetched by range."""
    blobs = [make(*BASE), make(*TOP)]
    plain = blobs[0 if first else 1]
    blobs[0 if first else 1] = Blob(plain.data, {}, plain.media_type, plain.tar)
    pushed(registry, *blobs)
    listed, _ = read(registry)
    assert [row.origin.endswith("toc") for row in listed.layers] == [not first, first]
    assert content(listed) == content(read(registry, tocs=False)[0])
    causes = {row.name: row.bytes for row in listed.ledger if row.kind == "dead"}
    assert causes["metadata"] == causes["replaced"] == 70_000


def test_verify_reads_in_full(registry: Registry) -> None:
    pushed(registry, estargz(*BASE))
    found, _ = read(registry, verify=True)
    assert [str(row.origin) for row in found.layers] == ["tar"]
    assert not [asked for asked in registry.asked if asked.headers.get("range")]


def test_whole_blobs_only(registry: Registry) -> None:
    registry.ranges = False
    pushed(registry, estargz(*BASE))
    found, remarks = read(registry)
    assert [str(row.origin) for row in found.layers] == ["tar"]
    assert "gives whole blobs only" in remarks[0]


def test_a_table_that_nobody_vouches_for(registry: Registry) -> None:
    blob = estargz(*BASE)
    wrong = {key: "sha256:" + "0" * 64 for key in blob.annotations if key.endswith("digest")}
    pushed(registry, Blob(blob.data, {**blob.annotations, **wrong}, blob.media_type, blob.tar))
    found, remarks = read(registry)
    assert [str(row.origin) for row in found.layers] == ["tar"]
    assert "is promised" in remarks[0]


class TestCache:
    def test_the_second_look_asks_for_no_range(self, registry: Registry, tmp_path: Path) -> None:
        pushed(registry, estargz(*BASE), chunked(*TOP))
        cache = LayerCache(str(tmp_path / "cache"))
        first, _ = read(registry, cache=cache)
        second, _ = read(registry, cache=cache)
        assert not registry.paths("/blobs/")
        assert figures(second) == figures(first)
        assert [row.origin for row in second.layers] == [row.origin for row in first.layers]

    def test_another_blob_with_the_same_claim_is_another(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        """A manifest that promises a table which its blob does not have gets its own layer."""
        cache = LayerCache(str(tmp_path / "cache"))
        honest = estargz(*BASE)
        pushed(registry, honest)
        read(registry, cache=cache)
        other = estargz(*BASE, file("more", NOISE))
        pushed(registry, Blob(other.data, honest.annotations, other.media_type, other.tar))
        found, _ = read(registry, cache=cache)
        assert found.filesystem.live.keys() >= {b"more"}
