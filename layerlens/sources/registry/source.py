"""Open an image in a registry, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from layerlens.errors import ImageError
from layerlens.image.digest import Digest
from layerlens.image.manifest import Descriptor, is_foreign
from layerlens.image.model import Platform
from layerlens.progress import Progress, silent
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.record import build, choose
from layerlens.sources.registry.address import parse_address
from layerlens.sources.registry.client import RegistryClient
from layerlens.sources.registry.manner import DEFAULT, Manner
from layerlens.sources.registry.store import RegistryStore
from layerlens.sources.registry.tree import Tree


@dataclass(frozen=True, slots=True)
class PlatformEntry:
    """One platform of a name, as its manifest describes it; sizes are stored bytes.

    ``platform`` is ``None`` where the index does not tell.  ``transfer_bytes``
    is what a pull fetches of it: layers (each blob once, foreign ones left out) and configuration.
    ``attestation_bytes`` lie beside it and are in no other figure.  ``absent``
    says why a listed platform cannot be had; its layers are unknown.
    """

    platform: Platform | None
    digest: Digest
    layers: tuple[Descriptor, ...]
    transfer_bytes: int
    attestation_bytes: int
    absent: str | None = None


def open_registry(
    name: str,
    options: ReadOptions,
    *,
    reference: str | None = None,
    progress: Progress = silent,
    manner: Manner = DEFAULT,
) -> Image:
    """The image of a name (``host/repository:tag``, ``…@sha256:…``), its layers unread.

    Raises :class:`SourceError` where the registry, the image or the platform
    cannot be had, :class:`NotAnImageError` for artifacts and schema 1.
    """
    store = _store(name, options, progress, manner)
    try:
        store.tick()
        records = Tree(store, options).records()
        image = build(choose(records, store, options, None), store, reference or name, options)
    except ImageError as error:
        store.close()
        raise error.at(store.client.where) from error
    except BaseException:
        store.close()
        raise
    image.notes += store.client.notes
    return image


def registry_layers(
    name: str, options: ReadOptions, *, progress: Progress = silent, manner: Manner = DEFAULT
) -> tuple[Digest, ...]:
    """The diff_ids of an image, lowest first, without its layers.  Raises as above."""
    image = open_registry(name, options, progress=progress, manner=manner)
    try:
        return image.config.diff_ids
    finally:
        image.close()


def list_platforms(
    name: str, options: ReadOptions, *, progress: Progress = silent, manner: Manner = DEFAULT
) -> tuple[PlatformEntry, ...]:
    """Every platform of a name, in the index's order; no layer is fetched.

    Raises :class:`ImageError` where the name itself cannot be read.
    """
    with _open_tree(name, options, progress, manner) as tree:
        return tuple(
            _entry(tree, record.digest, record.platform)
            for record in tree.records()
            if record.digest is not None
        )


def _entry(tree: Tree, digest: Digest, platform: Platform | None) -> PlatformEntry:
    attested = tree.attestation_bytes(digest)
    try:
        manifest = tree.image_manifest(digest)
    except ImageError as error:
        return PlatformEntry(platform, digest, (), 0, attested, absent=error.what)
    if platform is None:
        platform = tree.configured_platform(manifest)
    blobs = {
        layer.digest: layer.size for layer in manifest.layers if not is_foreign(layer.media_type)
    }
    transfer = manifest.config.size + sum(blobs.values())
    return PlatformEntry(platform, digest, manifest.layers, transfer, attested)


@contextmanager
def _open_tree(
    name: str, options: ReadOptions, progress: Progress, manner: Manner
) -> Iterator[Tree]:
    store = _store(name, options, progress, manner)
    try:
        store.tick()
        yield Tree(store, options)
    except ImageError as error:
        raise error.at(store.client.where) from error
    finally:
        store.close()


def _store(name: str, options: ReadOptions, progress: Progress, manner: Manner) -> RegistryStore:
    address = parse_address(name)
    client = RegistryClient(address, options.registry, verify=options.verify, manner=manner)
    return RegistryStore(client, options, progress)
