"""A Docker Engine's own folder, read instead of its export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from layerlens.errors import UnfitStoreError
from layerlens.image.digest import Digest
from layerlens.sources.enginestore.docker_store import open_docker_store
from layerlens.sources.image import Image, ReadOptions
from sample_images.build import FOLDER
from tests.archives import Image as Written
from tests.engine.engine import Engine, cache_directory
from tests.engine.semantics_cases import Case, cases
from tests.engine.store_reading import DOCKERFILE, odd_image, same_as_archive
from tests.unit.layers.reading import columns, streamed

pytestmark = pytest.mark.engine

ARCHIVES = ("webshop-docker.tar", "webshop-docker25.tar", "webshop-both.tar.gz")


def _stored(engine: Engine, name: str) -> Image:
    """The image of a name, as the engine's own words lead to it."""
    root, driver = _place(engine)
    found = json.loads(engine.docker("image", "inspect", name).stdout)[0]
    diff_ids = [Digest.parse(text) for text in found["RootFS"]["Layers"]]
    return open_docker_store(root, driver, found["Id"], diff_ids).image(name, "Docker Engine")


@cache
def _place(engine: Engine) -> tuple[str, str]:
    """The engine's folder, and how it keeps layers there."""
    shown = engine.docker("info", "--format", "[{{json .DockerRootDir}}, {{json .Driver}}]").stdout
    root, driver = json.loads(shown)
    return root, driver


@pytest.fixture(scope="module")
def names(engine: Engine) -> Iterator[set[str]]:
    """Names of images to forget afterwards, all at once."""
    made: set[str] = set()
    yield made
    if made:
        engine.docker("image", "rm", "--force", *sorted(made))


def _same(engine: Engine, name: str, folder: Path) -> None:
    archive = folder / "saved.tar"
    engine.docker("save", f"--output={archive}", name)
    same_as_archive(_stored(engine, name), archive)


@pytest.mark.parametrize("archive", ARCHIVES)
def test_loaded_archives(archive: str, engine: Engine, names: set[str], tmp_path: Path) -> None:
    loaded = engine.docker("load", "--quiet", f"--input={FOLDER / archive}").stdout
    found = [line.partition(": ")[2] for line in loaded.splitlines() if line.startswith("Loaded")]
    names.update(found)
    assert found
    for name in found:
        _same(engine, name, tmp_path)


def test_layers_that_no_builder_makes(engine: Engine, names: set[str], tmp_path: Path) -> None:
    archive = odd_image().save_legacy(tmp_path / "odd.tar")
    engine.docker("load", f"--input={archive}")
    names.add("odd:1")
    _same(engine, "odd:1", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("buildkit", ["0", "1"], ids=["builder", "buildkit"])
def test_built_layers(buildkit: str, engine: Engine, names: set[str], tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    base = engine.import_base(cache_directory())
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=base))
    tag = f"storetest:{buildkit}"
    engine.docker(
        "build",
        "--network=host",
        "--quiet",
        f"--tag={tag}",
        context,
        extra_environment={"DOCKER_BUILDKIT": buildkit},
    )
    names.add(tag)
    _same(engine, tag, tmp_path)


_ONLY_AN_EXPORT = {
    "sparse-0.0",
    "sparse-0.1",
    "sparse-1.0",
    "size-of-folder",
    "size-of-link",
    "size-of-hard-link",
}
"""What engines record in a way that does not give the same tar again; most exports fail, too."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [case for case in cases() if case.refused is not True], ids=lambda case: case.name
)
def test_odd_layers(case: Case, engine: Engine, names: set[str], tmp_path: Path) -> None:
    tag = f"storecase:{case.name}"
    archive = Written(case.layers, tag=tag).save_legacy(tmp_path / "case.tar")
    loaded = engine.docker("load", "--quiet", "--input", archive, check=False)
    if loaded.returncode:
        pytest.skip(f"this engine refuses it: {loaded.stderr.strip()}")
    names.add(tag)
    image = _stored(engine, tag)
    if case.name in _ONLY_AN_EXPORT:
        with pytest.raises(UnfitStoreError):
            image.read(ReadOptions())
        return
    reads = image.read(ReadOptions())
    assert [columns(read.table) for read in reads] == [
        columns(streamed(tar).table) for tar in case.layers
    ]


def test_an_image_that_the_folder_does_not_hold(engine: Engine) -> None:
    with pytest.raises(UnfitStoreError, match="No such file"):
        open_docker_store(str(engine.directory / "data"), "overlay2", "sha256:" + "0" * 64)
