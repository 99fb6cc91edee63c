"""Layers that skopeo pushes as zstd:chunked: the table of contents against a full read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.layers.toc.read import read_toc
from tests.archives import Image
from tests.engine.engine import cache_directory, debian_rootfs
from tests.engine.listing import ROOT
from tests.members import (
    char,
    directory,
    fifo,
    file,
    hardlink,
    layer,
    opaque,
    symlink,
    whiteout,
)
from tests.toc_store import analysed, oci_blobs
from tests.unit.layers.toc.listing import Ranges, agree, by_toc, content, hint_of, in_full

pytestmark = pytest.mark.engine

Chunked = Callable[[str], Path]


@pytest.fixture
def chunked(tmp_path: Path) -> Chunked:
    """Copy an image to an OCI directory of zstd:chunked layers."""
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
            pytest.fail("skopeo is not installed")
        pytest.skip("skopeo is not installed")

    def copied(source: str) -> Path:
        place = tmp_path / "chunked"
        subprocess.run(
            [skopeo, "copy", "--quiet", "--dest-compress-format", "zstd:chunked",
             "--dest-compress-level", "1", source, f"oci:{place}"],
            check=True, capture_output=True,
        )  # fmt: skip
        return place

    return copied


def _equal(path: Path) -> None:
    """Compare every entry, and every figure of the analysis."""
    blobs = oci_blobs(path)
    for blob in blobs:
        agree(by_toc(blob).table, in_full(blob).table)
    full, _ = analysed(blobs, ())
    listed, _ = analysed(blobs, range(len(blobs)))
    listed["diagnostics"] = [
        note for note in listed["diagnostics"] if note["code"] != "tar-size-reckoned"
    ]
    # Older writers tell the size of the tar nowhere, so what is no content is reckoned.
    for document in (full, listed):
        document["image"].pop("overhead")
        for each in document["layers"]:
            each.pop("tar_size")
        document["sizes"] = [row for row in document["sizes"] if row["meter"] != "tar"]
    assert listed == full


def test_a_ready_sample(chunked: Chunked) -> None:
    _equal(chunked(f"oci-archive:{ROOT / 'sample_images' / 'webshop-lean-oci.tar'}"))


def test_all_kinds_of_entries(chunked: Chunked, tmp_path: Path) -> None:
    noise = os.urandom(300_000)
    lower = layer(
        directory("./", mtime=1_700_000_000),
        directory("d", 0o1777, uid=1000, gid=4),
        file("d/zeros", bytes(50_000) + b"end" + bytes(3000)),
        file("d/noise", noise, mode=0o4755),
        file("d/empty"),
        file("n" * 150, b"long name"),
        symlink("d/l", "t" * 150),
        hardlink("d/h", "./d/noise"),
        fifo("d/p"),
        char("d/null", 1, 3),
        file("d/gone", b"g" * 900),
        file("d/cap", b"c", pax=[("SCHILY.xattr.security.capability", b"\1\0\xff")]),
        file("d/when", b"w", pax=[("mtime", "1700000000.123456789")]),
        file("d/far", b"f", pax=[("uid", "3000000")]),
        file("caf\u00e9", b"utf-8", pax=[("path", "caf\u00e9")]),
        file("d/empty", b"no more"),
    )
    upper = layer(file("d/noise", noise, mode=0o600), whiteout("d/gone"), opaque("e"))
    path = chunked(f"oci:{Image([lower, upper]).oci_dir(tmp_path / 'plain')}")
    _equal(path)
    for blob in oci_blobs(path):
        listed = by_toc(blob).table
        full = in_full(blob).table
        for i, at in enumerate(full.offsets):
            assert content(blob, listed, i) == blob.tar[at : at + full.sizes[i]]


def test_the_base_of_the_sample_images(chunked: Chunked, tmp_path: Path) -> None:
    image = Image([debian_rootfs(cache_directory()).read_bytes()])
    path = chunked(f"oci:{image.oci_dir(tmp_path / 'plain')}")
    _equal(path)
    (blob,) = oci_blobs(path)
    ranges = Ranges(blob.data)
    read_toc(hint_of(blob), len(blob.data), ranges.fetch)
    assert len(ranges.asked) == 1
    assert ranges.bytes < len(blob.data) / 20
