"""The directory form of skopeo and podman: a manifest, and blobs named by bare digits."""

from __future__ import annotations

from dataclasses import replace

from layerlens.errors import DigestError, NotAnImageError, Where
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT, INDEX_LIMIT
from layerlens.image.manifest import (
    Index,
    Manifest,
    artifact_name,
    is_attestation,
    parse_manifest_or_index,
)
from layerlens.image.model import ImageConfig
from layerlens.layers.diagnostics import Diagnostic
from layerlens.sources.image import LayerBlob, ReadOptions, checked_layers
from layerlens.sources.oci_layout import layer_blob
from layerlens.sources.record import Record
from layerlens.sources.store import Store


def find(store: Store, options: ReadOptions) -> list[Record]:
    """The image, or the platforms of a list with ``<digits>.manifest.json`` beside it."""
    data = store.document("manifest.json", INDEX_LIMIT)
    found = parse_manifest_or_index(data, "manifest.json")
    if isinstance(found, Manifest):
        return [_record(store, found, Digest.of(data), options)]
    return _listed(store, found, options)


def _listed(store: Store, index: Index, options: ReadOptions) -> list[Record]:
    records = []
    for descriptor in index.manifests:
        if is_attestation(descriptor):
            continue
        name = f"{descriptor.digest.hex}.manifest.json"
        if not store.has(name):
            records.append(
                Record(
                    source="image directory",
                    build=_nothing,
                    digest=descriptor.digest,
                    platform=descriptor.platform,
                    group="list",
                    absent=True,
                )
            )
            continue
        found = parse_manifest_or_index(store.document(name, INDEX_LIMIT), name)
        if isinstance(found, Manifest):
            record = _record(store, found, descriptor.digest, options)
            records.append(replace(record, platform=descriptor.platform, group="list"))
    return records


def _nothing() -> tuple[ImageConfig, tuple[LayerBlob, ...]]:
    raise NotAnImageError("the manifest of this platform is not there")


def _record(store: Store, manifest: Manifest, digest: Digest, options: ReadOptions) -> Record:
    artifact = artifact_name(manifest)
    if artifact is not None:
        raise NotAnImageError(
            f"this is not a container image: {artifact}", where=Where(file=store.label)
        )
    notes: list[Diagnostic] = []
    return Record(
        source="image directory",
        build=lambda: _build(store, manifest, options, notes),
        notes=notes,
        id=manifest.config.digest,
        digest=digest,
        annotations=manifest.annotations,
    )


def _build(
    store: Store, manifest: Manifest, options: ReadOptions, notes: list[Diagnostic]
) -> tuple[ImageConfig, tuple[LayerBlob, ...]]:
    data = store.document(manifest.config.digest.hex, CONFIG_LIMIT)
    found, promised = Digest.of(data), manifest.config.digest
    if found.algorithm == promised.algorithm and found != promised:
        what = f"the configuration {promised.short} has the digest {found}"
        if options.verify is not False:
            raise DigestError(
                what,
                where=Where(file=store.label),
                hint="the image is damaged: copy it again, or look at it anyway with --no-verify",
            )
        notes.append(Diagnostic("digest-mismatch", what))
    config = parse_config(data)
    checked_layers(config, len(manifest.layers), store.label)
    return config, tuple(
        layer_blob(store, descriptor.digest.hex, descriptor, diff_id)
        for descriptor, diff_id in zip(manifest.layers, config.diff_ids, strict=True)
    )
