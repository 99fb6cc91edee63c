"""Layers with tables of contents as BuildKit and skopeo wrote them."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from tests.shared_fixtures import shared_fixture
from tests.toc_store import analysed, made_blob, oci_blobs
from tests.toc_writers import Blob
from tests.unit.layers.toc.listing import agree, by_toc, content, in_full, lie_alike


def _estargz(path: Path) -> list[Blob]:
    with tarfile.open(path) as archive:

        def blob(digest: str) -> bytes:
            stream = archive.extractfile("blobs/" + digest.replace(":", "/"))
            assert stream is not None
            return stream.read()

        stream = archive.extractfile("index.json")
        assert stream is not None
        top = json.loads(stream.read())["manifests"][0]
        layers = json.loads(blob(top["digest"]))["layers"]
        return [made_blob(each, blob(each["digest"])) for each in layers]


@pytest.fixture(params=["buildkit-estargz", "skopeo-chunked"])
def blobs(request: pytest.FixtureRequest) -> list[Blob]:
    if request.param == "buildkit-estargz":
        return _estargz(shared_fixture("dive/test-oci-estargz-image.tar"))
    return oci_blobs(shared_fixture("archives/sk-oci-zchunk"))


def test_entry_by_entry(blobs: list[Blob]) -> None:
    for blob in blobs:
        listed, full = by_toc(blob).table, in_full(blob).table
        agree(listed, full)
        lie_alike(listed, full)
        for i in range(len(listed)):
            at = full.offsets[i]
            assert content(blob, listed, i) == blob.tar[at : at + full.sizes[i]]


def test_figure_by_figure(blobs: list[Blob]) -> None:
    full, _ = analysed(blobs, ())
    listed, _ = analysed(blobs, range(len(blobs)))
    listed["diagnostics"] = [
        note for note in listed["diagnostics"] if note["code"] != "tar-size-reckoned"
    ]
    assert listed == full
