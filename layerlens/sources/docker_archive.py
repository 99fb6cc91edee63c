"""Docker archives: ``manifest.json`` lists images, their configurations and layers.

Written by ``docker save`` of every age, podman, skopeo, kaniko, crane, Bazel and
Nix; names inside are free, so references are followed and nothing is guessed.
"""

from __future__ import annotations

import re
from typing import Any

from layerlens.errors import DigestError, FormatError, ImageError, NotAnImageError, Where
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT, INDEX_LIMIT, get_ci, parse_any, text_or_none
from layerlens.image.manifest import parse_descriptor
from layerlens.image.model import ImageConfig
from layerlens.layers.diagnostics import Diagnostic
from layerlens.sources import oci_layout
from layerlens.sources.image import LayerBlob, ReadOptions, checked_layers
from layerlens.sources.record import Record
from layerlens.sources.store import Store, missing

_HEX = re.compile(r"(?:.*/|sha256:)?([0-9a-f]{64})(?:\.json)?")


def find(store: Store, options: ReadOptions) -> list[Record]:
    """All images that ``manifest.json`` lists."""
    listed = parse_any(store.document("manifest.json", INDEX_LIMIT), "manifest.json", INDEX_LIMIT)
    if not isinstance(listed, list) or not listed:
        shown = "null" if listed is None else "empty" if listed == [] else "not a list"
        raise NotAnImageError(
            f"manifest.json is {shown}: there is no image in it",
            where=Where(file=store.label),
            hint="save the image again, by its name",
        )
    indexed = _indexed(store, options)
    described = {record.id: record for record in indexed if record.id is not None}
    records = [
        _record(store, item, f"manifest.json: image {k}", options, described)
        for k, item in enumerate(listed, 1)
    ]
    return records + _other_platforms(records, indexed)


def _indexed(store: Store, options: ReadOptions) -> list[Record]:
    """What ``index.json``, which newer archives have too, adds."""
    if not store.has("index.json"):
        return []
    try:
        return oci_layout.find(store, options)
    except ImageError:
        return []  # manifest.json leads; engines wrote broken indexes beside good ones


def _other_platforms(records: list[Record], indexed: list[Record]) -> list[Record]:
    """The platforms of an image that are in the index only.

    The containerd store lists one platform in ``manifest.json``, whatever else it saves.
    """
    listed = {record.id for record in records}
    groups = {record.group for record in records if record.group is not None}
    return [record for record in indexed if record.group in groups and record.id not in listed]


def _record(
    store: Store, item: object, what: str, options: ReadOptions, described: dict[Digest, Record]
) -> Record:
    if not isinstance(item, dict):
        raise FormatError(f"{what} is not an object", where=Where(file=store.label))
    config_name = text_or_none(get_ci(item, "Config"))
    layers = get_ci(item, "Layers")
    if not config_name:
        raise FormatError(f"{what} names no Config", where=Where(file=store.label))
    if layers is None:
        layers = []
    if not isinstance(layers, list) or not all(isinstance(name, str) for name in layers):
        raise FormatError(f"{what}: Layers is not a list of names", where=Where(file=store.label))
    tags = get_ci(item, "RepoTags")
    match = _HEX.fullmatch(config_name)
    found_id = Digest("sha256", match.group(1)) if match else None
    known = described.get(found_id) if found_id else None
    sources = get_ci(item, "LayerSources")
    record = Record(
        source="docker archive",
        build=lambda: _build(store, config_name, layers, what, options, known, sources, record),
        id=found_id,
        digest=known.digest if known else None,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        platform=known.platform if known else None,
        group=known.group if known else None,
        annotations=known.annotations if known else {},
        attestation_bytes=known.attestation_bytes if known else 0,
    )
    if known is not None:
        record.provenance = known.provenance
    return record


def _build(
    store: Store,
    config_name: str,
    layers: list[str],
    what: str,
    options: ReadOptions,
    known: Record | None,
    sources: object,
    record: Record,
) -> tuple[ImageConfig, tuple[LayerBlob, ...]]:
    data = store.document(config_name, CONFIG_LIMIT)
    digest = Digest.of(data)
    if record.id is not None and record.id != digest:
        text = f"the configuration {config_name!r:.200} has the digest {digest}"
        if options.verify is not False:
            raise DigestError(
                text,
                where=Where(file=store.label),
                hint="the image is damaged: save it again, or look at it anyway with --no-verify",
            )
        record.notes.append(Diagnostic("digest-mismatch", text))
    record.id = digest
    config = parse_config(data)
    if options.cache is not None:
        options.cache.keep_document(data)
    checked_layers(config, len(layers), store.label)
    lost = [name for name in layers if not store.has(name)]
    if known is not None and not known.absent:
        try:
            _, described = known.build()
        except ImageError:
            described = ()
        if len(described) == len(layers) and all(
            a.name == b for a, b in zip(described, layers, strict=True)
        ):
            return config, described
    blobs = []
    for name, diff_id in zip(layers, config.diff_ids, strict=True):
        source = _source(sources, diff_id, what)
        if name in lost:
            if source is None:
                raise missing(name, store.label)
            blobs.append(
                LayerBlob(
                    name, diff_id, source.digest, source.media_type, source.size,
                    absent=f"a foreign layer of {source.size} bytes ({source.media_type})",
                )
            )  # fmt: skip
            continue
        blobs.append(LayerBlob(name, diff_id, media_type=source.media_type if source else None))
    return config, tuple(blobs)


def _source(sources: object, diff_id: Digest, what: str) -> Any:
    """The descriptor that ``LayerSources`` gives for a layer, ``None`` without one."""
    if not isinstance(sources, dict) or str(diff_id) not in sources:
        return None
    try:
        return parse_descriptor(sources[str(diff_id)], f"{what}: LayerSources")
    except FormatError:
        return None
