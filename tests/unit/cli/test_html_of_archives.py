"""The HTML report of every archive at hand, whatever wrote it, and of whatever is read of it."""

from __future__ import annotations

import base64
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from layerlens.outputs.html.image import write_html
from layerlens.outputs.report import Report
from tests.arriving import Witness, read_whole
from tests.builders import Image, file, layer
from tests.shared_fixtures import shared_fixture
from tests.unit.cli.running import ROOT, layerlens

SAMPLES = sorted(path.name for path in (ROOT / "sample_images").glob("*.tar*"))
CHOICE = {
    "archives/multi-all.tar": ("--platform", "linux/amd64"),
    "archives/save25-mixed-missingindex.tar": ("--image", "@1"),
    "webshop-both.tar.gz": ("--image", "@2"),
}
FIXTURES = (
    *(f"archives/{name}" for name in (
        "bk-type-tar.tar", "c16-nomanifest.tar", "multi-all.tar", "pod-docker-archive.tar",
        "pod-oci-archive.tar", "save20-one.tar", "save20-one.tar.gz",
        "save25-mixed-missingindex.tar", "save25-one.tar", "sk-dir-unc", "sk-oci-zchunk",
    )),
    *(f"dive/test-{name}-image.tar" for name in (
        "docker", "gzip", "kaniko", "oci-estargz", "oci-gzip", "oci-uncompressed", "oci-zstd",
    )),
)  # fmt: skip
OPTIONS = [("--no-findings",), ("--semantics", "spec"), ("--html-plain",)]


def data_of(page: bytes) -> dict[str, Any]:
    """What the page's script reads, and what is true of it for every image."""
    head, tag, rest = page.partition(b' id="data"')
    assert head.startswith(b"<!doctype html>")
    assert tag, "no data in the page"
    kind, _, rest = rest.partition(b">")
    text, end, tail = rest.partition(b"</script>\n<script>")
    assert end, "the script does not follow the data"
    assert tail.endswith(b"</script>\n</html>\n")
    packed = b"packed" in kind
    data = json.loads(gzip.decompress(base64.b64decode(text, validate=True)) if packed else text)
    assert isinstance(data, dict)
    return data


def report_of(place: Path, tmp_path: Path, *options: object, code: int = 0) -> dict[str, Any]:
    """The data of a report that is written twice, beside the figures of ``--json``."""
    page, figures = tmp_path / "page.html", tmp_path / "figures.json"
    arguments = [place, "--no-cache", *options]
    for outputs in (["--html", page, "--json", figures], ["--html", tmp_path / "again.html"]):
        done = layerlens(*arguments, *outputs)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
    assert page.read_bytes() == (tmp_path / "again.html").read_bytes()
    data = data_of(page.read_bytes())
    document, expected = data["image"]["document"], json.loads(figures.read_bytes())
    for part in ("image", "layers", "ledger", "findings", "diagnostics"):
        assert document.get(part) == expected.get(part), part
    assert expected["layers"] is not None
    return data


@pytest.mark.parametrize("name", FIXTURES)
def test_of_every_archive(name: str, tmp_path: Path) -> None:
    report_of(shared_fixture(name), tmp_path, *CHOICE.get(name, ()))


@pytest.mark.parametrize("name", SAMPLES)
def test_of_every_sample(name: str, tmp_path: Path) -> None:
    report_of(ROOT / "sample_images" / name, tmp_path, *CHOICE.get(name, ()))


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("name", ["webshop-docker.tar", "webshop-oci-zstd.tar"])
def test_with_other_options(name: str, options: tuple[str, ...], tmp_path: Path) -> None:
    data = report_of(ROOT / "sample_images" / name, tmp_path, *options)
    if options == ("--no-findings",):
        assert not data["image"]["document"].get("findings")


def test_with_the_base_named(tmp_path: Path) -> None:
    base = Image([layer(file("etc/os-release", b"ID=x\n"))])
    image = Image([*base.layers, layer(file("app", b"app" * 99))])
    below, above = base.save_25(tmp_path / "base.tar"), image.save_25(tmp_path / "image.tar")
    data = report_of(above, tmp_path, "--base", below)
    assert data["image"]["document"]["base"]["layers"] == 1


def test_of_an_image_without_layers(tmp_path: Path) -> None:
    data = report_of(Image([]).save_25(tmp_path / "x.tar"), tmp_path)
    assert data["image"]["document"]["layers"] == []


def test_of_layers_without_entries(tmp_path: Path) -> None:
    data = report_of(Image([layer(), layer()]).save_25(tmp_path / "x.tar"), tmp_path)
    assert len(data["image"]["document"]["layers"]) == 2


@pytest.mark.parametrize("name", ["webshop-docker.tar", "webshop-oci-gzip.tar"])
def test_of_every_part_of_an_image(name: str) -> None:
    witness = Witness()
    whole = read_whole(ROOT / "sample_images" / name, witness)
    assert len(witness.counts) > 2
    for part in [*filter(None, witness.seen), whole]:
        pages = []
        for _ in range(2):
            stream = io.BytesIO()
            write_html(Report(part), stream)
            pages.append(stream.getvalue())
        assert pages[0] == pages[1]
        told = data_of(pages[0])["image"]
        unread = 0 if part.partial is None else len(part.partial.unread)
        assert (told["partial"] is None) == (part.partial is None)
        assert len(told["document"]["layers"]) == len(part.layers)
        if part.partial is not None and part.partial.layers is not None:
            assert told["partial"]["read"] + unread == told["partial"]["layers"]
