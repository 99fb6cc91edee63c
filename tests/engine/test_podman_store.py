"""Podman's own storage, read instead of its export."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerlens.sources.enginestore.podman_store import open_podman_store
from layerlens.sources.image import ReadOptions
from layerlens.sources.path import open_path
from sample_images.build import FOLDER
from tests.engine.engine import EngineError, cache_directory, debian_rootfs
from tests.engine.podman import Podman
from tests.engine.store_reading import DOCKERFILE, odd_image, same_as_archive, same_columns

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    with tempfile.TemporaryDirectory(prefix="ll-p-", ignore_cleanup_errors=True) as folder:
        try:
            found = Podman(Path(folder))
        except EngineError as error:
            if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
                raise
            pytest.skip(str(error))
        yield found
        subprocess.run(
            ["umount", "--lazy", found.root / "overlay"], check=False, capture_output=True
        )


def _same(podman: Podman, name: str, folder: Path) -> None:
    archive = folder / "saved.tar"
    podman("save", "--quiet", "--output", archive, name)
    image = open_podman_store([str(podman.root)], name).image(name, "podman")
    same_as_archive(image, archive)
    archive.unlink()


@pytest.mark.parametrize("archive", ["webshop-docker.tar", "webshop-docker25.tar"])
def test_loaded_archives(archive: str, podman: Podman, tmp_path: Path) -> None:
    loaded = podman("load", "--quiet", "--input", FOLDER / archive)
    name = loaded.splitlines()[-1].partition(": ")[2]
    _same(podman, name, tmp_path)
    _same(podman, name.removeprefix("localhost/"), tmp_path)
    podman("rmi", name)


def test_compressed_layers(podman: Podman, tmp_path: Path) -> None:
    id_ = podman("pull", "--quiet", f"oci-archive:{FOLDER / 'webshop-oci-gzip.tar'}").strip()
    _same(podman, id_, tmp_path)
    _same(podman, id_[:12], tmp_path)
    podman("rmi", id_)


def test_an_image_that_podman_cannot_save(podman: Podman) -> None:
    """Podman 4 writes no docker archive of what was pulled in zstd."""
    archive = FOLDER / "webshop-oci-zstd.tar"
    id_ = podman("pull", "--quiet", f"oci-archive:{archive}").strip()
    image = open_podman_store([str(podman.root)], id_).image("x", "podman")
    other = open_path(str(archive), ReadOptions())
    same_columns(image.read(ReadOptions()), other.read(ReadOptions()))
    image.close()
    other.close()
    podman("rmi", id_)


def test_layers_that_no_builder_makes(podman: Podman, tmp_path: Path) -> None:
    archive = odd_image().podman_archive(tmp_path / "odd.tar")
    podman("load", "--quiet", "--input", archive)
    _same(podman, "odd:1", tmp_path)
    podman("rmi", "odd:1")


@pytest.mark.slow
def test_built_layers(podman: Podman, tmp_path: Path) -> None:
    podman("import", "--quiet", debian_rootfs(cache_directory()), "debian-min:bookworm")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.format(base="localhost/debian-min:bookworm"))
    podman(
        "build",
        "--quiet",
        "--layers",
        "--isolation=chroot",
        "--network=host",
        "--tag=storetest:1",
        tmp_path,
    )
    _same(podman, "storetest:1", tmp_path)
    image = open_podman_store([str(podman.root)], "storetest:1").image("x", "podman")
    assert "localhost/debian-min:bookworm" in [name for name, _ in image.base_candidates()]
    image.close()
