"""Contents fetched again from engines, against what an engine exports."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from layerlens.cli.main import main
from layerlens.pipeline import analyse_image, open_image, reopen, retrieve
from layerlens.retrieval import Cost
from layerlens.sources.image import ReadOptions, RegistryAccess
from tests.engine.engine import Engine
from tests.engine.listing import ENGINES_OWN, ROOT, tool_environment
from tests.engine.podman import Podman
from tests.engine.registry import need

pytestmark = pytest.mark.engine

_ARCHIVE = ROOT / "sample_images" / "webshop-docker.tar"
_TAG = "webshop:1.0"


@dataclass(frozen=True)
class Place:
    """A reference, the way to it, and what contents cost there."""

    reference: str
    via: str
    cost: Cost
    environment: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def places(engine: Engine) -> Iterator[dict[str, Place]]:
    need("podman")
    engine.docker("load", "--quiet", "--input", _ARCHIVE)
    with tempfile.TemporaryDirectory(prefix="ll-x-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        podman = Podman(folder)
        podman("load", "--quiet", "--input", _ARCHIVE)
        storage = folder / "storage.conf"
        storage.write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{podman.root}"\n'
            f'runroot = "{folder / "run"}"\n'
        )
        own = {**tool_environment(engine), "CONTAINERS_STORAGE_CONF": str(storage)}
        docker, podmans = f"docker://{_TAG}", f"podman://localhost/{_TAG}"
        yield {
            "docker's files": Place(docker, "store", Cost.NONE, own),
            "docker's export": Place(docker, "export", Cost.EXPORT, own),
            "podman's files": Place(podmans, "store", Cost.NONE, own),
            "podman's export": Place(podmans, "export", Cost.EXPORT, own),
        }
        subprocess.run(
            ["umount", "--lazy", podman.root / "overlay"], check=False, capture_output=True
        )


@pytest.fixture(scope="module")
def exported(engine: Engine) -> dict[str, bytes]:
    """The regular files of ``docker export``, further names of one included."""
    engine.docker("load", "--quiet", "--input", _ARCHIVE)
    container = engine.docker("create", _TAG, "/none").stdout.strip()
    found: dict[str, bytes] = {}
    try:
        stream = engine.stream("export", container)
        assert stream.stdout is not None
        with tarfile.open(fileobj=stream.stdout, mode="r|") as archive:
            for entry in archive:
                if entry.isreg():
                    content = archive.extractfile(entry)
                    assert content is not None
                    found[entry.name] = content.read()
                elif entry.islnk():
                    found[entry.name] = found[entry.linkname]
        stream.communicate()
    finally:
        engine.docker("rm", container)
    return {name: data for name, data in found.items() if name.encode() not in ENGINES_OWN}


def _below(folder: Path) -> dict[str, bytes]:
    return {
        str(place.relative_to(folder)): place.read_bytes()
        for place in folder.rglob("*")
        if place.is_file() and not place.is_symlink()
    }


@pytest.mark.parametrize("name", ["docker's files", "docker's export", "podman's export"])
def test_what_is_extracted_is_what_the_engine_exports(
    name: str,
    places: dict[str, Place],
    exported: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = places[name]
    for key, value in place.environment.items():
        monkeypatch.setenv(key, value)
    words = ["extract", place.reference, "/", "--via", place.via, "--no-cache"]
    code = main([*words, "-o", str(tmp_path)])
    told = capsys.readouterr().err
    assert code == 0, told
    assert len(exported) > 10
    assert _below(tmp_path / "rootfs") == exported
    announced = "exports the whole image again (" in told
    assert announced is (place.cost is Cost.EXPORT)


@pytest.mark.parametrize("name", ["docker's files", "docker's export", "podman's files"])
def test_every_version_is_the_archives(
    name: str,
    places: dict[str, Place],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Deleted and replaced files too, at once and when the image is opened anew."""
    place = places[name]
    for key, value in place.environment.items():
        monkeypatch.setenv(key, value)
    plain = open_image(str(_ARCHIVE))
    analysis = analyse_image(plain)
    fs = analysis.filesystem
    versions = [v for v in range(len(fs.paths)) if fs.kinds[v] == 0x30 and v not in fs.synthetic]
    retrieval = retrieve(plain, analysis)
    expected = {version: b"".join(pieces) for version, pieces in retrieval.fetch(versions)}
    retrieval.close()
    access = RegistryAccess(environment=dict(os.environ))
    options = ReadOptions(via=place.via, registry=access)
    image = open_image(place.reference, options)
    found = analyse_image(image, options)
    assert found.filesystem.paths == fs.paths
    there = retrieve(image, found, options)
    assert {there.cost(version) for version in versions if fs.size(version)} == {place.cost}
    for each in (there, reopen(place.reference, options, found)):
        contents = {version: b"".join(pieces) for version, pieces in each.fetch(versions)}
        assert contents == expected
        each.close()
