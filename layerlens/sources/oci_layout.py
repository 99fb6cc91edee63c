"""OCI image layouts (image-spec, image-layout.md), in a directory or an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from layerlens.errors import (
    DigestError,
    FormatError,
    ImageError,
    LimitError,
    NotAnImageError,
    Where,
)
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT, INDEX_LIMIT, parse_any
from layerlens.image.manifest import (
    Descriptor,
    Index,
    Manifest,
    artifact_name,
    is_attestation,
    is_foreign,
    parse_index,
    parse_manifest_or_index,
)
from layerlens.image.model import ImageConfig
from layerlens.layers.diagnostics import Diagnostic
from layerlens.sources.image import LayerBlob, ReadOptions, checked_layers
from layerlens.sources.record import Record
from layerlens.sources.store import Store, missing

MAX_DEPTH = 8
"""Indexes inside indexes."""

MAX_MANIFESTS = 10_000
"""Manifests in all indexes of one layout."""

_REF_NAME = "org.opencontainers.image.ref.name"
_FULL_NAME = "io.containerd.image.name"
ATTESTED = "vnd.docker.reference.digest"
"""The annotation of an attestation that names its image."""


def blob_name(digest: Digest) -> str:
    """Where a layout keeps a blob."""
    return f"blobs/{digest.algorithm}/{digest.hex}"


def read_blob(
    store: Store,
    digest: Digest,
    limit: int,
    *,
    verify: bool | None,
    notes: list[Diagnostic] | None = None,
) -> bytes:
    """A document by digest, checked.  Raises :class:`DigestError`, or adds to ``notes``."""
    data = store.document(blob_name(digest), limit)
    if digest.algorithm == "sha256" and Digest.of(data) != digest:
        what = f"{blob_name(digest)} has the digest {Digest.of(data)}"
        if verify is False:
            if notes is not None:
                notes.append(Diagnostic("digest-mismatch", what))
            return data
        raise DigestError(
            what,
            where=Where(file=store.label),
            hint="the image is damaged: fetch or save it again, "
            "or look at it anyway with --no-verify",
        )
    return data


def find(store: Store, options: ReadOptions) -> list[Record]:
    """All images that ``index.json`` leads to, attestations set apart."""
    index = parse_index(store.document("index.json", INDEX_LIMIT), "index.json")
    finder = _Finder(store, options)
    for k, descriptor in enumerate(index.manifests):
        finder.follow(descriptor, f"index {k}", (), descriptor.annotations)
    return finder.records()


class _Finder:
    def __init__(self, store: Store, options: ReadOptions) -> None:
        self._store = store
        self._options = options
        self._records: list[Record] = []
        self._attestations: dict[str, list[Descriptor]] = {}
        self._artifacts: list[str] = []
        self._count = 0

    def follow(
        self,
        descriptor: Descriptor,
        group: str,
        above: tuple[Digest, ...],
        names: Mapping[str, str],
    ) -> None:
        """Take in one descriptor of an index, and what an index behind it lists."""
        self._count += 1
        if self._count > MAX_MANIFESTS:
            raise LimitError(f"more than {MAX_MANIFESTS} manifests", where=self._where())
        if descriptor.digest in above or len(above) >= MAX_DEPTH:
            raise FormatError(
                "indexes go round in circles" if descriptor.digest in above
                else f"more than {MAX_DEPTH} indexes inside each other",
                where=self._where(),
            )  # fmt: skip
        if is_attestation(descriptor):
            attested = descriptor.annotations.get(ATTESTED, "")
            self._attestations.setdefault(attested, []).append(descriptor)
            return
        if not self._store.has(blob_name(descriptor.digest)):
            # Exports keep descriptors of platforms that were never pulled.
            self._records.append(
                Record(
                    source="OCI layout",
                    build=lambda: _gone(descriptor, self._store),
                    digest=descriptor.digest,
                    tags=_tags(names),
                    platform=descriptor.platform,
                    group=group,
                    absent=True,
                )
            )
            return
        notes: list[Diagnostic] = []
        data = read_blob(
            self._store,
            descriptor.digest,
            INDEX_LIMIT,
            verify=self._options.verify,
            notes=notes,
        )
        found = parse_manifest_or_index(data, f"manifest {descriptor.digest.short}")
        if isinstance(found, Index):
            for child in found.manifests:
                self.follow(child, group, (*above, descriptor.digest), names)
            return
        artifact = artifact_name(found)
        if artifact is not None:
            self._artifacts.append(artifact)
            return
        record = self._record(descriptor, found, group, names, notes)
        self._records.append(record)

    def _record(
        self,
        descriptor: Descriptor,
        manifest: Manifest,
        group: str,
        names: Mapping[str, str],
        notes: list[Diagnostic],
    ) -> Record:
        absent = not self._store.has(blob_name(manifest.config.digest))
        return Record(
            source="OCI layout",
            build=lambda: (
                _gone(descriptor, self._store)
                if absent
                else from_manifest(self._store, manifest, self._options, notes)
            ),
            id=manifest.config.digest,
            digest=descriptor.digest,
            tags=_tags(names),
            platform=descriptor.platform,
            group=group,
            annotations=manifest.annotations,
            absent=absent,
            notes=notes,
        )

    def records(self) -> list[Record]:
        """All that was found; a layout of artifacts alone is an error that names them."""
        if not self._records and self._artifacts:
            raise NotAnImageError(
                f"this is not a container image: {self._artifacts[0]}", where=self._where()
            )
        for record in self._records:
            attested = self._attestations.get(str(record.digest), [])
            record.attestation_bytes = sum(_weight(self._store, d) for d in attested)
            if attested:
                record.provenance = partial(attested_base, self._store, attested, self._manifest)
        return _with_config_platforms(self._records, self._store)

    def _manifest(self, digest: Digest) -> Manifest | Index:
        return parse_manifest_or_index(read_blob(self._store, digest, INDEX_LIMIT, verify=False))

    def _where(self) -> Where:
        return Where(file=self._store.label)


def attested_base(
    store: Store,
    attested: Iterable[Descriptor],
    manifest_of: Callable[[Digest], Manifest | Index],
) -> str | None:
    """The base image that a build attestation (SLSA provenance) lists first.

    ``manifest_of`` gives an attestation's manifest, after which ``store`` has
    its statements.
    """
    for descriptor in attested:
        try:
            manifest = manifest_of(descriptor.digest)
            if isinstance(manifest, Index):
                continue
            for layer in manifest.layers:
                text = read_blob(store, layer.digest, INDEX_LIMIT, verify=False)
                name = base_from_statement(parse_any(text, "attestation"))
                if name is not None:
                    return name
        except ImageError:
            continue  # beside the image, never a reason to fail
    return None


def base_from_statement(statement: object) -> str | None:
    """The base image in an in-toto statement: ``pkg:docker/debian@bookworm`` → ``debian:bookworm``.

    SLSA provenance v0.2 lists ``materials``, v1 ``resolvedDependencies``; the
    last image among them is the final stage's base for BuildKit.
    """
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    if not isinstance(predicate, dict):
        return None
    definition = predicate.get("buildDefinition")
    materials = predicate.get("materials")
    if isinstance(definition, dict):
        materials = definition.get("resolvedDependencies")
    found = None
    for item in materials if isinstance(materials, list) else ():
        uri = item.get("uri") if isinstance(item, dict) else None
        if isinstance(uri, str) and uri.startswith("pkg:docker/"):
            name = uri.removeprefix("pkg:docker/").partition("?")[0]
            image, _, tag = name.partition("@")
            if not image.startswith(("docker/dockerfile", "docker/buildkit")):
                found = f"{image}:{tag}" if tag else image
    return found


def from_manifest(
    store: Store, manifest: Manifest, options: ReadOptions, notes: list[Diagnostic]
) -> tuple[ImageConfig, tuple[LayerBlob, ...]]:
    """Configuration and layers of an OCI or Docker schema 2 manifest."""
    data = read_blob(
        store, manifest.config.digest, CONFIG_LIMIT, verify=options.verify, notes=notes
    )
    config = parse_config(data)
    if options.cache is not None:
        options.cache.keep_document(data)
    checked_layers(config, len(manifest.layers), store.label)
    layers = tuple(
        layer_blob(store, blob_name(descriptor.digest), descriptor, diff_id)
        for descriptor, diff_id in zip(manifest.layers, config.diff_ids, strict=True)
    )
    return config, layers


def layer_blob(store: Store, name: str, descriptor: Descriptor, diff_id: Digest) -> LayerBlob:
    """One layer of a manifest.  Raises where its blob ought to be there and is not."""
    absent = None
    if not store.has(name):
        if not is_foreign(descriptor.media_type):
            raise missing(name, store.label)
        absent = f"a foreign layer of {descriptor.size} bytes ({descriptor.media_type})"
    return LayerBlob(
        name=name,
        diff_id=diff_id,
        digest=descriptor.digest,
        media_type=descriptor.media_type or None,
        compressed_size=descriptor.size,
        absent=absent,
    )


def _gone(descriptor: Descriptor, store: Store) -> tuple[ImageConfig, tuple[LayerBlob, ...]]:
    raise missing(blob_name(descriptor.digest), store.label)


def _tags(annotations: Mapping[str, str]) -> tuple[str, ...]:
    name = annotations.get(_FULL_NAME) or annotations.get(_REF_NAME)
    return (name,) if name else ()


def _weight(store: Store, descriptor: Descriptor) -> int:
    """Bytes that an attestation takes, manifest and statements."""
    total = descriptor.size
    try:
        manifest = parse_manifest_or_index(store.document(blob_name(descriptor.digest)))
    except ImageError:
        return total
    if isinstance(manifest, Manifest):
        total += manifest.config.size + sum(layer.size for layer in manifest.layers)
    return total


def _with_config_platforms(records: list[Record], store: Store) -> list[Record]:
    """Several images whose descriptors do not tell the platform: their configurations do."""
    if len(records) > 1:
        for record in records:
            if record.platform is None and record.id is not None and not record.absent:
                try:
                    data = store.document(blob_name(record.id), CONFIG_LIMIT)
                    record.platform = parse_config(data).platform
                except ImageError as error:
                    record.notes.append(Diagnostic("unreadable-config", str(error)))
    return records
