"""Debian's docker-registry, filled by skopeo: what is read there equals the archive."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerlens.analysis.model import Analysis
from layerlens.errors import SourceError
from layerlens.image.manifest import parse_platform
from layerlens.layers.compression import Compression
from layerlens.pipeline import analyse_image
from layerlens.sources.image import ReadOptions, RegistryAccess
from layerlens.sources.registry.manner import Manner
from layerlens.sources.registry.source import list_platforms, open_registry, registry_layers
from tests.archives import Image
from tests.certificates import authority
from tests.engine.listing import ROOT
from tests.engine.registry import (
    USER,
    WORD,
    Registry,
    TokenServer,
    giving_tokens,
    running,
    with_passwords,
)
from tests.members import file, layer, whiteout
from tests.unit.sources.looking import analysis, figures

pytestmark = pytest.mark.engine

SAMPLES = ROOT / "sample_images"
DOCKER = f"docker-archive:{SAMPLES / 'webshop-docker.tar'}"
GZIP = f"oci-archive:{SAMPLES / 'webshop-oci-gzip.tar'}"
ZSTD = f"oci-archive:{SAMPLES / 'webshop-oci-zstd.tar'}"
LEAN = f"oci-archive:{SAMPLES / 'webshop-lean-oci.tar'}"
QUICK = Manner(first_wait=0.05, cert_roots=())


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running(tmp_path_factory.mktemp("registry")) as found:
        yield found


def read(
    name: str, environment: dict[str, str] | None = None, platform: str | None = None
) -> Analysis:
    options = ReadOptions(
        registry=RegistryAccess(environment=environment or {}),
        platform=parse_platform(platform) if platform else None,
    )
    image = open_registry(name, options, manner=QUICK)
    try:
        return analyse_image(image, options)
    finally:
        image.close()


def login(registry: Registry, folder: Path) -> dict[str, str]:
    pair = base64.b64encode(f"{USER}:{WORD}".encode()).decode()
    file = folder / "auth.json"
    file.write_text(json.dumps({"auths": {registry.address: {"auth": pair}}}))
    return {"REGISTRY_AUTH_FILE": str(file)}


@pytest.mark.parametrize(
    ("source", "options", "stored"),
    [
        (GZIP, (), Compression.GZIP),
        (ZSTD, (), Compression.ZSTD),
        (DOCKER, ("--dest-compress-format", "zstd", "--format", "oci"), Compression.ZSTD),
    ],
    ids=["gzip", "zstd", "docker-to-zstd"],
)
def test_it_equals_the_archive(
    tmp_path: Path, source: str, options: tuple[str, ...], stored: Compression
) -> None:
    archive = analysis(source)
    # A registry each: skopeo takes the same layer in another compression if it is there already.
    with running(tmp_path) as registry:
        registry.push(source, "app:1", *options)
        found = read(f"{registry.address}/app:1")
    assert figures(found) == figures(archive)
    assert {row.compression for row in found.layers} == {stored}
    if source != DOCKER:  # the very blobs
        assert found.image.digest == archive.image.digest
        assert [row.transfer_bytes for row in found.ledger] == [
            row.transfer_bytes for row in archive.ledger
        ]


def test_zstd_chunked(registry: Registry, tmp_path: Path) -> None:
    # Built here: skopeo 1.9 stops with "short write" at the layers of the sample images.
    made = Image([layer(file("a", b"a" * 50_000), file("b", b"b")), layer(whiteout("b"))])
    path = made.save_legacy(tmp_path / "image.tar")
    options = ("--dest-compress-format", "zstd:chunked", "--format", "oci")
    registry.push(f"docker-archive:{path}", "chunked:1", *options)
    name = f"{registry.address}/chunked:1"
    (entry,) = list_platforms(name, ReadOptions(), manner=QUICK)
    assert _manifest(registry, str(entry.digest)).count(b"zstd-chunked.manifest-position") == 2
    assert figures(read(name)) == figures(analysis(path))


def test_an_index_of_two_platforms(registry: Registry) -> None:
    children = []
    for tag, source, architecture in (("amd", GZIP, "amd64"), ("arm", LEAN, "arm64")):
        registry.push(source, f"both:{tag}")
        image = open_registry(f"{registry.address}/both:{tag}", ReadOptions(), manner=QUICK)
        image.close()
        media = "application/vnd.oci.image.manifest.v1+json"
        platform = {"os": "linux", "architecture": architecture}
        size = len(_manifest(registry, str(image.digest)))
        children.append(
            {"mediaType": media, "digest": str(image.digest), "size": size, "platform": platform}
        )
    kind = "application/vnd.oci.image.index.v1+json"
    index = {"schemaVersion": 2, "mediaType": kind, "manifests": children}
    registry.put_manifest("both", "1", index)
    name = f"{registry.address}/both:1"
    assert figures(read(name, platform="linux/amd64")) == figures(analysis(GZIP))
    found = list_platforms(name, ReadOptions(), manner=QUICK)
    assert [str(entry.platform) for entry in found] == ["linux/amd64", "linux/arm64"]
    assert all(entry.transfer_bytes and not entry.absent for entry in found)


def _manifest(registry: Registry, digest: str) -> bytes:
    hexa = digest.removeprefix("sha256:")
    path = registry.folder / "data/docker/registry/v2/blobs/sha256" / hexa[:2] / hexa / "data"
    return path.read_bytes()


def test_the_layers_of_a_base(registry: Registry) -> None:
    registry.push(GZIP, "app:1")
    found = registry_layers(f"{registry.address}/app:1", ReadOptions(), manner=QUICK)
    assert found == tuple(row.diff_id for row in analysis(GZIP).layers)


@pytest.mark.parametrize("name", ["app:none", "nobody/has-it:1"])
def test_what_is_not_there(registry: Registry, name: str) -> None:
    with pytest.raises(SourceError, match="does not exist, or access is denied"):
        read(f"{registry.address}/{name}")


def test_a_part_of_a_blob(registry: Registry) -> None:
    registry.push(GZIP, "app:1")
    image = open_registry(f"{registry.address}/app:1", ReadOptions(), manner=QUICK)
    try:
        store = image.store
        part = store.read_range(image.layers[0].name, 0, 2)  # type: ignore[attr-defined]
        assert part == b"\x1f\x8b"
    finally:
        image.close()


def test_passwords(tmp_path: Path) -> None:
    with running(tmp_path, with_passwords(tmp_path)) as registry:
        registry.push(GZIP, "app:1")
        with pytest.raises(SourceError, match="asks for a login"):
            read(f"{registry.address}/app:1")
        found = read(f"{registry.address}/app:1", login(registry, tmp_path))
        assert figures(found) == figures(analysis(GZIP))


@pytest.mark.parametrize("anonymous", [True, False])
def test_tokens(tmp_path: Path, anonymous: bool) -> None:
    server = TokenServer(authority(tmp_path), anonymous=anonymous)
    with giving_tokens(server), running(tmp_path, server.auth) as registry:
        registry.push(GZIP, "team/app:1")
        name = f"{registry.address}/team/app:1"
        if not anonymous:
            with pytest.raises(SourceError, match="asks for a login"):
                read(name)
        before = server.given
        found = read(name, {} if anonymous else login(registry, tmp_path))
        assert figures(found) == figures(analysis(GZIP))
        assert server.given == before + 1  # one token serves the whole pull
