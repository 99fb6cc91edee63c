"""The four meters against the programs whose figures they are."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Image, file, hardlink, layer, sparse, symlink
from tests.engine.engine import Engine
from tests.engine.listing import analysed, tool_environment
from tests.engine.podman import Podman
from tests.engine.registry import need

pytestmark = pytest.mark.engine

_TAG = "meters:1"
_SPARSE_TAG = "meters:sparse"
_REPEATED = layer(file("again", b"r" * 5000))
_ODD = Image(
    [
        layer(file("a", b"a" * 3000), hardlink("b", "a"), file("c", b"c" * 500)),
        _REPEATED,
        layer(file("a", b"A" * 2000)),
        _REPEATED,
        layer(symlink("link", "somewhere/far/away")),
    ],
    ["one", "two", "three", "two again", "link"],
    tag=_TAG,
)
"""Hard links, a symbolic link, and a layer that stands there twice."""

_SPARSE = Image(
    [layer(sparse("sparse", ((0, b"x" * 600), (8000, b"y" * 100)), 9000, "1.0"))],
    ["sparse"],
    tag=_SPARSE_TAG,
)
"""Apart, since the engine loads it and cannot save it again."""


def _bytes(document: dict[str, Any]) -> dict[str, int]:
    return {row["meter"]: row["bytes"] for row in document["sizes"]}


@pytest.fixture(scope="module")
def archive(engine: Engine) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ll-s-") as name:
        path = _ODD.save_legacy(Path(name) / "odd.tar")
        engine.docker("load", "--quiet", "--input", path)
        yield path


@pytest.mark.usefixtures("archive")
def test_docker_says_what_our_docker_says(engine: Engine) -> None:
    found = _bytes(analysed(f"docker://{_TAG}", environment=tool_environment(engine)))
    assert found["docker"] == int(
        engine.docker("image", "inspect", "--format={{.Size}}", _TAG).stdout
    )


def test_docker_counts_holes(engine: Engine, tmp_path: Path) -> None:
    path = _SPARSE.save_legacy(tmp_path / "sparse.tar")
    engine.docker("load", "--quiet", "--input", path)
    shown = int(engine.docker("image", "inspect", "--format={{.Size}}", _SPARSE_TAG).stdout)
    assert shown == _bytes(analysed(str(path)))["docker"] == 9000


@pytest.mark.usefixtures("archive")
def test_docker_save_ships_what_our_tar_says(engine: Engine) -> None:
    found = _bytes(analysed(f"docker://{_TAG}", environment=tool_environment(engine)))
    assert found["tar"] == _saved(engine, _TAG)


def _saved(engine: Engine, tag: str) -> int:
    """Bytes of the layer tars in ``docker save``; a repeated one is a link to the first."""
    stream = engine.stream("save", tag)
    assert stream.stdout is not None
    assert stream.stderr is not None
    with tarfile.open(fileobj=stream.stdout, mode="r|") as saved:
        total = sum(
            entry.size for entry in saved if entry.isreg() and entry.name.endswith("/layer.tar")
        )
    stream.stdout.read()
    stream.stdout.close()
    assert stream.wait() == 0, stream.stderr.read()
    stream.stderr.close()
    return total


def test_podman_adds_repeats_and_documents(archive: Path) -> None:
    """Podman's Size: the tars as often as they are listed, and its documents (the manifest twice)."""
    need("podman")
    with tempfile.TemporaryDirectory(prefix="ll-p-", ignore_cleanup_errors=True) as name:
        podman = Podman(Path(name))
        podman("load", "--quiet", "--input", archive)
        (shown,) = json.loads(podman("image", "inspect", _TAG))
        records = json.loads((podman.root / "overlay-images" / "images.json").read_bytes())
        documents = {
            key: size
            for key, size in records[0]["big-data-sizes"].items()
            if "signature" not in key
        }
    (row,) = (row for row in analysed(str(archive))["sizes"] if row["meter"] == "tar")
    assert row["repeated_bytes"] == len(_REPEATED)
    assert len(_ODD.config) in documents.values()
    assert shown["Size"] == row["bytes"] + row["repeated_bytes"] + sum(documents.values())


def test_skopeo_stores_what_our_transfer_says(archive: Path) -> None:
    need("skopeo")
    with tempfile.TemporaryDirectory(prefix="ll-o-") as name:
        layout = Path(name) / "layout"
        subprocess.run(
            ["skopeo", "copy", "--quiet", f"docker-archive:{archive}", f"oci:{layout}:1"],
            check=True,
            capture_output=True,
        )
        document = analysed(f"oci:{layout}:1")
        documents = {
            json.loads((layout / "index.json").read_bytes())["manifests"][0]["digest"],
            document["image"]["id"],
        }
        blobs = [
            p
            for p in (layout / "blobs" / "sha256").iterdir()
            if f"sha256:{p.name}" not in documents
        ]
        assert _bytes(document)["transfer"] == sum(blob.stat().st_size for blob in blobs)
