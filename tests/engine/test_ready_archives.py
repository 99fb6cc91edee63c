"""The small archives in ``sample_images/``: what they are made of, and what is said of them.

The figures in ``expected.toml`` were added up by hand from the sizes in
``webshop.py``; here the tool and an engine must come to the same.
"""

from __future__ import annotations

import gzip
import json
import tarfile
import tomllib
from io import BytesIO
from typing import Any

import pytest

from sample_images import make_archives
from tests.engine.engine import Engine
from tests.engine.listing import (
    ROOT,
    analysed,
    comparable,
    content_bytes,
    differences,
    exported,
    listed,
)

_FOLDER = ROOT / "sample_images"
_EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((_FOLDER / "expected.toml").read_text())[
    "archives"
]
_SIZE_LIMIT = 5_000_000

# Each form of each image: its name in expected.toml, its file, and what selects it there.
_FORMS = [
    pytest.param(name, form["file"], form.get("image"), id=f"{form['file']}-{name}")
    for name, image in _EXPECTED.items()
    for form in image["forms"]
]


def _arguments(file: str, image: str | None) -> list[str]:
    return [str(_FOLDER / file), *(("--image", image) if image else ())]


def _members(archive: bytes) -> dict[str, bytes | str]:
    """Contents by name, however they are packed."""
    plain = gzip.decompress(archive) if archive.startswith(b"\x1f\x8b") else archive
    found: dict[str, bytes | str] = {}
    with tarfile.open(fileobj=BytesIO(plain)) as outer:
        for entry in outer:
            stream = outer.extractfile(entry) if entry.isreg() else None
            found[entry.name] = stream.read() if stream is not None else entry.linkname
    return found


def test_the_archives_are_those_that_the_script_makes() -> None:
    made = make_archives.archives()
    committed = {
        path.name: path.read_bytes() for path in (*_FOLDER.glob("*.tar"), *_FOLDER.glob("*.tar.gz"))
    }
    assert committed.keys() == made.keys()
    for name, content in committed.items():
        # Compressors differ between releases: what they packed may not.
        if "oci" in name:
            assert _diff_ids(content) == _diff_ids(made[name])
        else:
            assert _members(content) == _members(made[name])


def _diff_ids(archive: bytes) -> list[str]:
    """From the image's configuration, found by following the references."""
    members = _members(archive)

    def document(name: str) -> Any:
        content = members[name]
        assert isinstance(content, bytes)
        return json.loads(content)

    (entry,) = document("index.json")["manifests"]
    manifest = document("blobs/" + entry["digest"].replace(":", "/"))
    config = document("blobs/" + manifest["config"]["digest"].replace(":", "/"))
    return list(config["rootfs"]["diff_ids"])


def test_the_archives_are_small() -> None:
    files = {form["file"] for image in _EXPECTED.values() for form in image["forms"]}
    assert sum((_FOLDER / file).stat().st_size for file in files) < _SIZE_LIMIT


@pytest.mark.parametrize(("name", "file", "image"), _FORMS)
def test_the_tool_comes_to_the_expected_figures(name: str, file: str, image: str | None) -> None:
    expected = _EXPECTED[name]
    analysis = analysed(*_arguments(file, image))
    scores = analysis["scores"]
    assert scores["total_bytes"] == expected["total_bytes"]
    assert scores["live_bytes"] == expected["live_bytes"]
    assert scores["dead_bytes"] == expected["dead_bytes"]
    dead = {
        row["class"]: row["bytes"]
        for row in analysis["ledger"]
        if row["kind"] == "dead" and row["bytes"]
    }
    assert dead == expected["dead"]
    assert sum(row["bytes"] for row in analysis["ledger"]) == expected["total_bytes"]
    assert [layer["size"] for layer in analysis["layers"]] == expected["layers"]
    assert [layer["base"] for layer in analysis["layers"]].count(True) == expected["base_layers"]


@pytest.mark.engine
@pytest.mark.parametrize(("name", "file", "image"), _FORMS)
def test_the_tool_shows_what_an_engine_shows(
    name: str, file: str, image: str | None, engine: Engine
) -> None:
    tag = _EXPECTED[name]["tag"]
    # Docker does not load OCI archives: the same image comes from another form.
    form = next(form for form in _EXPECTED[name]["forms"] if "oci" not in form["file"])
    engine.docker("load", "--quiet", "--input", _FOLDER / form["file"])
    export = exported(engine, tag)
    tree = listed(*_arguments(file, image))
    assert differences(comparable(export, tree), comparable(tree, tree)) == ""
    assert content_bytes(export) == _EXPECTED[name]["live_bytes"]
