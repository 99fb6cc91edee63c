"""Open an image in a registry, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from layerlens.errors import ImageError
from layerlens.image.digest import Digest
from layerlens.image.manifest import is_foreign
from layerlens.image.model import Platform
from layerlens.image.platforms import PlatformLayer, PlatformRow
from layerlens.progress import Progress, silent
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.record import build, choose
from layerlens.sources.registry.address import parse_address
from layerlens.sources.registry.client import RegistryClient
from layerlens.sources.registry.manner import DEFAULT, Manner
from layerlens.sources.registry.store import RegistryStore
from layerlens.sources.registry.tree import Tree


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
    image.as_pulled = True
    image.notes += store.client.notes
    image.remarks = store.remarks  # grows while layers are read
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
) -> list[PlatformRow]:
    """Every platform of a name, in the index's order; no layer is fetched.

    Raises :class:`ImageError` where the name itself cannot be read.
    """
    with _open_tree(name, options, progress, manner) as tree:
        return [
            _row(tree, record.digest, record.platform)
            for record in tree.records()
            if record.digest is not None
        ]


def _row(tree: Tree, digest: Digest, platform: Platform | None) -> PlatformRow:
    attested = tree.attestation_bytes(digest)
    try:
        manifest = tree.image_manifest(digest)
    except ImageError:  # listed, and cannot be had
        return PlatformRow(platform, digest, absent=True, attestation_bytes=attested)
    return PlatformRow(
        platform or tree.configured_platform(manifest),
        digest,
        tuple(
            # What a licence keeps out of registries is no part of a pull from one.
            PlatformLayer(None, layer.digest, 0 if is_foreign(layer.media_type) else layer.size)
            for layer in manifest.layers
        ),
        attestation_bytes=attested,
    )


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
