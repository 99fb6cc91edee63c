"""TLS towards a registry: authorities, client certificates, and errors that name the file."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerlens.errors import SourceError
from layerlens.sources.image import ReadOptions, RegistryAccess
from layerlens.sources.registry.manner import Manner
from layerlens.sources.registry.source import registry_layers
from tests.archives import Image
from tests.certificates import Pair, authority, signed
from tests.members import file, layer
from tests.unit.sources.registry_fake import Registry, serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def root(folder: Path) -> Pair:
    return authority(folder)


@pytest.fixture(scope="module")
def server(folder: Path, root: Pair) -> Pair:
    return signed(folder, root, "server")


def _context(server: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    return context


@pytest.fixture
def registry(server: Pair) -> Iterator[Registry]:
    with serving(Registry(), _context(server)) as found:
        found.push(Image([layer(file("a", b"a"))]))
        yield found


def layers(registry: Registry, access: RegistryAccess, *roots: Path) -> int:
    manner = Manner(first_wait=0.01, cert_roots=tuple(map(str, roots)))
    return len(registry_layers(f"{registry.name}:1", ReadOptions(registry=access), manner=manner))


def test_a_stranger_is_not_trusted(registry: Registry) -> None:
    with pytest.raises(SourceError, match="is not trusted"):
        layers(registry, RegistryAccess())
    assert not registry.asked


def test_insecure_asks_for_no_certificate(registry: Registry) -> None:
    assert layers(registry, RegistryAccess(insecure=True)) == 1


def test_a_given_authority(registry: Registry, root: Pair) -> None:
    assert layers(registry, RegistryAccess(ca_file=str(root.certificate))) == 1


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_an_authority_of_the_environment(registry: Registry, root: Pair, name: str) -> None:
    access = RegistryAccess(environment={name: str(root.certificate)})
    assert layers(registry, access) == 1


def test_an_authority_in_certs_d(registry: Registry, root: Pair, tmp_path: Path) -> None:
    (tmp_path / registry.host).mkdir()
    shutil.copy(root.certificate, tmp_path / registry.host / "ca.crt")
    assert layers(registry, RegistryAccess(), tmp_path) == 1


def test_a_client_certificate_in_certs_d(
    server: Pair, root: Pair, folder: Path, tmp_path: Path
) -> None:
    context = _context(server)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(root.certificate)
    client = signed(folder, root, "client")
    with serving(Registry(), context) as registry:
        registry.push(Image([layer(file("a", b"a"))]))
        access = RegistryAccess(ca_file=str(root.certificate))
        with pytest.raises(SourceError):
            layers(registry, access)
        place = tmp_path / registry.host
        place.mkdir()
        shutil.copy(client.certificate, place / "client.cert")
        with pytest.raises(SourceError, match="without its key"):
            layers(registry, access, tmp_path)
        shutil.copy(client.key, place / "client.key")
        assert layers(registry, access, tmp_path) == 1


def test_an_authority_that_is_none(registry: Registry, tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    with pytest.raises(SourceError, match="cannot read certificates to trust") as caught:
        layers(registry, RegistryAccess(ca_file=str(broken)))
    assert caught.value.where.file == str(broken)
