"""One image read from every place: the same analysis, figure for figure."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engine import Engine
from tests.engine.listing import ROOT, analysed, tool, tool_environment
from tests.engine.podman import Podman
from tests.engine.registry import need, running

pytestmark = pytest.mark.engine

_SAMPLES = ROOT / "sample_images"
_DOCKER = _SAMPLES / "webshop-docker.tar"
_GZIP = _SAMPLES / "webshop-oci-gzip.tar"
_TAG = "webshop:1.0"


@dataclass(frozen=True)
class Place:
    """Words of the command line, what is piped in, and whether layers are compressed there."""

    words: tuple[str, ...]
    stdin: Path | None = None
    compressed: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def places(engine: Engine) -> Iterator[dict[str, Place]]:
    need("skopeo", "podman", "docker-registry")
    engine.docker("load", "--quiet", "--input", _DOCKER)
    with (
        tempfile.TemporaryDirectory(prefix="ll-x-", ignore_cleanup_errors=True) as name,
        running(Path(name) / "registry") as registry,
    ):
        folder = Path(name)
        podman = Podman(folder)
        podman("load", "--quiet", "--input", _DOCKER)
        storage = folder / "storage.conf"
        storage.write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{podman.root}"\n'
            f'runroot = "{folder / "run"}"\n'
        )
        own = {**tool_environment(engine), "CONTAINERS_STORAGE_CONF": str(storage)}
        registry.push(f"oci-archive:{_GZIP}", _TAG)
        subprocess.run(
            ["skopeo", "copy", "--quiet", f"oci-archive:{_GZIP}", f"oci:{folder}/layout:1.0"],
            check=True, capture_output=True,
        )  # fmt: skip
        zipped = folder / "image.tar.gz"
        zipped.write_bytes(gzip.compress(_DOCKER.read_bytes(), 1))
        podman_name = f"podman://localhost/{_TAG}"
        yield {
            "archive": Place((str(_DOCKER),)),
            "compressed archive": Place((str(zipped),)),
            "stdin": Place(("-",), stdin=_DOCKER),
            "engine, its files": Place((f"docker://{_TAG}", "--via", "store"), environment=own),
            "engine, its export": Place((f"docker://{_TAG}", "--via", "export"), environment=own),
            "podman, its files": Place((podman_name, "--via", "store"), environment=own),
            "podman, its export": Place((podman_name, "--via", "export"), environment=own),
            "OCI archive": Place((str(_GZIP),), compressed=True),
            "OCI directory": Place((f"oci:{folder}/layout:1.0",), compressed=True),
            "registry": Place((f"registry://{registry.address}/{_TAG}",), compressed=True),
        }
        subprocess.run(
            ["umount", "--lazy", podman.root / "overlay"], check=False, capture_output=True
        )


def _look(place: Place, *more: str) -> dict[str, Any]:
    environment = {**os.environ, **place.environment}
    if place.stdin is None:
        return analysed(*place.words, *more, environment=environment)
    with place.stdin.open("rb") as stream:
        result = subprocess.run(
            [sys.executable, "-m", "layerlens", *place.words, *more, "--json", "-"],
            stdin=stream, capture_output=True, check=True, cwd=ROOT, env=environment,
        )  # fmt: skip
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


def _figures(document: dict[str, Any], *, transfer: bool) -> dict[str, Any]:
    """What must not depend on the place; transfer bytes only where there are any."""
    kept = {
        key: document[key] for key in ("scores", "history", "waste", "ledger", "layers", "sizes")
    }
    for layer in kept["layers"]:
        for name in ("digest", "media_type", "read", "base"):
            del layer[name]
        if not transfer:
            del layer["compressed_size"], layer["compression"]
    for row in kept["ledger"]:
        del row["base_bytes"]  # an engine knows bases that an archive does not
        if not transfer:
            del row["transfer_bytes"]
    del kept["scores"]["user_wasted_percent"]  # likewise
    if not transfer:
        kept["sizes"] = kept["sizes"][1:]
    image = document["image"]
    return kept | {name: image[name] for name in ("platform", "size", "overhead", "file_count")}


NAMES = (
    "compressed archive", "stdin", "engine, its files", "engine, its export", "podman, its files",
    "podman, its export", "OCI archive", "OCI directory", "registry",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_same_figures(name: str, places: dict[str, Place]) -> None:
    found = _figures(_look(places[name], "--no-cache"), transfer=False)
    assert found == _figures(_look(places["archive"], "--no-cache"), transfer=False)


@pytest.mark.parametrize("name", [name for name in NAMES if name[:2] == "OC" or name == "registry"])
def test_same_transfer_bytes(name: str, places: dict[str, Place]) -> None:
    found = _figures(_look(places[name], "--no-cache"), transfer=True)
    assert found == _figures(_look(places["OCI archive"], "--no-cache"), transfer=True)


@pytest.mark.parametrize("name", ["archive", *NAMES])
def test_a_second_look_says_the_same(name: str, places: dict[str, Place], tmp_path: Path) -> None:
    cache = ("--cache-dir", str(tmp_path / "cache"))
    first = _look(places[name], *cache)
    assert _look(places[name], *cache) == first


def test_an_engine_that_is_known_needs_no_export(
    engine: Engine, places: dict[str, Place], tmp_path: Path
) -> None:
    """All layers known by another way: the files are not there, the export is not asked for."""
    cache = ("--cache-dir", str(tmp_path / "cache"))
    first = _look(places["stdin"], *cache)
    layers = engine.directory / "data" / "image" / "overlay2" / "layerdb" / "sha256"
    away = layers.with_name("away")
    # The engine knows its layers by heart; without their records it could export none.
    layers.rename(away)
    try:
        result = tool(
            f"docker://{_TAG}", *cache, "--verbose", "--json", "-",
            environment=tool_environment(engine),
        )  # fmt: skip
    finally:
        away.rename(layers)
    assert "the files of the Docker Engine are not used" in result.stderr
    found = json.loads(result.stdout)
    assert _figures(found, transfer=False) == _figures(first, transfer=False)


def test_a_bare_name_that_no_engine_has(engine: Engine, places: dict[str, Place]) -> None:
    name = places["registry"].words[0].removeprefix("registry://")
    environment = {
        **tool_environment(engine), **places["podman, its files"].environment,
    }  # fmt: skip
    result = tool(name, "--json", "-", environment=environment)
    assert result.returncode == 0, result.stderr
    assert "so it was read from a registry" in result.stderr
    document = json.loads(result.stdout)
    assert document["image"]["source"].startswith("registry")


def test_figures_of_the_engines(engine: Engine, places: dict[str, Place]) -> None:
    """The sizes table against what the engines say."""
    rows = {row["meter"]: row["bytes"] for row in _look(places["engine, its files"])["sizes"]}
    shown = engine.docker("image", "inspect", "--format={{.Size}}", _TAG).stdout
    assert rows["docker"] == int(shown)
    wire = {row["meter"]: row["bytes"] for row in _look(places["registry"])["sizes"]}
    blobs = Path(places["OCI directory"].words[0].removeprefix("oci:").removesuffix(":1.0"))
    index = json.loads((blobs / "index.json").read_bytes())
    digest = index["manifests"][0]["digest"].replace(":", "/")
    manifest = json.loads((blobs / "blobs" / digest).read_bytes())
    sizes = {layer["digest"]: layer["size"] for layer in manifest["layers"]}
    assert wire["transfer"] == sum(sizes.values())
    assert all((blobs / "blobs" / key.replace(":", "/")).stat().st_size == n
               for key, n in sizes.items())  # fmt: skip
