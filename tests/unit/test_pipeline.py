"""The library's face."""

from __future__ import annotations

import gc
import io
import tarfile
from pathlib import Path
from typing import NoReturn

import pytest

from layerlens.errors import SourceError
from layerlens.pipeline import analyse_image, open_image
from layerlens.sources.image import ReadOptions
from layerlens.sources.registry import source
from tests.builders import Image, file, layer


def no_registry(*_: object, **__: object) -> NoReturn:
    raise SourceError("no network in tests")


def test_a_folder_named_like_an_image_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setattr(source, "open_registry", no_registry)
    (tmp_path / "nginx").mkdir()
    with pytest.raises(SourceError, match=r"no Docker Engine answers at .*; no network in tests"):
        open_image("nginx")
    gc.collect()  # a socket that was left open would be told here
    Image([layer(file("a", b"a"))]).oci_dir(tmp_path / "layout", "none")
    image = open_image("layout")
    image.close()
    assert image.source == "OCI layout"


def test_a_second_manifest_is_said(tmp_path: Path) -> None:
    archive = Image([layer(file("a", b"a"))]).save_legacy(tmp_path / "a.tar")
    with tarfile.open(archive) as tar:
        member = tar.extractfile("manifest.json")
        assert member is not None
        with member:
            manifest = member.read()
    with tarfile.open(archive, "a") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(manifest)
        tar.addfile(info, io.BytesIO(manifest))
    image = open_image(str(archive))
    try:
        codes = [note.code for note in analyse_image(image).diagnostics]
    finally:
        image.close()
    assert codes == ["duplicate-member"]


def test_base_by_reference(tmp_path: Path) -> None:
    lower, upper = layer(file("base", b"b")), layer(file("own", b"o"))
    base = Image([lower]).save_legacy(tmp_path / "base.tar")
    app = Image([lower, upper]).save_25(tmp_path / "app.tar")
    image = open_image(str(app))
    try:
        analysis = analyse_image(image, ReadOptions(), base=str(base))
        assert (analysis.base.boundary, analysis.base.layers) == ("exact", 1)
    finally:
        image.close()
