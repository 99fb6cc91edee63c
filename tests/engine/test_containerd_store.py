"""Containerd's own content store, read instead of its export."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerlens.errors import SourceError, UnfitStoreError
from layerlens.image.digest import Digest
from layerlens.sources.enginestore.containerd_store import Containerd, open_containerd
from layerlens.sources.enginestore.content_store import content_store_image
from layerlens.sources.image import ReadOptions
from layerlens.sources.path import open_path
from sample_images.build import FOLDER
from tests.engine.containerd import PrivateContainerd
from tests.engine.engine import EngineError
from tests.engine.store_reading import analysis_of
from tests.unit.layers.reading import columns

pytestmark = pytest.mark.engine

_OPTIONS = ReadOptions()


@pytest.fixture(scope="module")
def containerd() -> Iterator[PrivateContainerd]:
    with tempfile.TemporaryDirectory(prefix="ll-c-", dir="/tmp") as folder:
        found = PrivateContainerd(Path(folder))
        try:
            try:
                found.start()
            except EngineError as error:
                if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
                    raise
                pytest.skip(str(error))
            yield found
        finally:
            found.stop()


def _settings(containerd: PrivateContainerd) -> Containerd:
    return Containerd(address=str(containerd.address), roots=(str(containerd.root),))


def _import(containerd: PrivateContainerd, archive: Path, namespace: str = "default") -> str:
    """Bring an image in, blobs only; gives its name."""
    containerd.ctr(
        "--namespace", namespace, "images", "import", "--no-unpack", "--all-platforms", archive
    )
    listed = containerd.ctr("--namespace", namespace, "images", "list", "--quiet")
    return listed.split()[-1]


def _forget(containerd: PrivateContainerd, namespace: str = "default") -> None:
    names = containerd.ctr("--namespace", namespace, "images", "list", "--quiet").split()
    containerd.ctr("--namespace", namespace, "images", "rm", "--sync", *names)


@pytest.mark.parametrize(
    "archive", ["webshop-docker25.tar", "webshop-oci-gzip.tar", "webshop-oci-zstd.tar"]
)
def test_the_store_says_what_the_export_says(
    archive: str, containerd: PrivateContainerd, tmp_path: Path
) -> None:
    name = _import(containerd, FOLDER / archive)
    exported = tmp_path / "exported.tar"
    containerd.ctr("images", "export", exported, name)
    image = open_containerd(name, _OPTIONS, containerd=_settings(containerd))
    other = open_path(f"{exported}", _OPTIONS)
    try:
        digest = image.digest
        reads, document = analysis_of(image)
        expected_reads, expected = analysis_of(other)
        assert document == expected
        for read, expected_read in zip(reads, expected_reads, strict=True):
            assert columns(read.table) == columns(expected_read.table)
    finally:
        image.close()
        other.close()
        _forget(containerd)
    assert digest is not None
    with pytest.raises(UnfitStoreError, match="not in the content store"):
        content_store_image([str(containerd.root)], digest, _OPTIONS, reference="x")


def test_names_and_namespaces(containerd: PrivateContainerd) -> None:
    name = _import(containerd, FOLDER / "webshop-docker25.tar", "k8s.io")
    assert name == "docker.io/library/webshop:1.0"
    for written in ("webshop:1.0", name):
        image = open_containerd(written, _OPTIONS, containerd=_settings(containerd))
        assert image.tags == (name,)
        image.close()
    target = containerd.ctr("--namespace", "k8s.io", "images", "list").splitlines()[1].split()[2]
    image = open_containerd(target, _OPTIONS, containerd=_settings(containerd))
    assert image.digest == Digest.parse(target)
    image.close()
    with pytest.raises(SourceError, match="no image 'webshop:2'"):
        open_containerd("webshop:2", _OPTIONS, containerd=_settings(containerd))
    _forget(containerd, "k8s.io")
