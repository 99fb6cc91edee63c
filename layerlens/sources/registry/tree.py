"""What a name in a registry leads to: the platforms of an index, attestations set apart.

Manifests of platforms are not fetched before one is chosen: each costs a
request, and Docker Hub counts them.
"""

from __future__ import annotations

from functools import partial
from typing import NoReturn

from layerlens.errors import FormatError, ImageError, LimitError, NotAnImageError, SourceError
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT
from layerlens.image.manifest import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Descriptor,
    Index,
    Manifest,
    artifact_name,
    is_attestation,
    parse_manifest_or_index,
)
from layerlens.image.model import ImageConfig, Platform
from layerlens.sources.image import LayerBlob, ReadOptions
from layerlens.sources.oci_layout import (
    ATTESTED,
    MAX_DEPTH,
    MAX_MANIFESTS,
    attested_base,
    from_manifest,
    read_blob,
)
from layerlens.sources.record import Record
from layerlens.sources.registry.client import RegistryClient
from layerlens.sources.registry.store import RegistryStore

_MOST_UNKNOWN = 50
"""Descriptors without a platform whose configuration is asked for it."""


class Tree:
    """The manifests behind one name."""

    def __init__(self, store: RegistryStore, options: ReadOptions) -> None:
        self._store = store
        self._client: RegistryClient = store.client
        self._options = options
        self._manifests: dict[Digest, Manifest | Index] = {}
        self._attestations: dict[str, list[Descriptor]] = {}
        self._artifacts: list[str] = []
        self._count = 0

    def records(self) -> list[Record]:
        """One record per image; only indexes are fetched for that, and what tells no platform.

        Raises :class:`NotAnImageError` where there are artifacts alone.
        """
        address = self._client.address
        document = self._client.manifest(address.wanted, self._store.tick)
        self._store.cached(document.digest, lambda: document.data)
        top = parse_manifest_or_index(document.data, f"manifest {address.wanted:.150}")
        self._manifests[document.digest] = top
        media_type = top.media_type
        descriptor = Descriptor(media_type, document.digest, len(document.data))
        records: list[Record] = []
        self._follow(descriptor, (), records)
        if isinstance(top, Index):
            self._ask_for_platforms(records)
        if not records and self._artifacts:
            raise NotAnImageError(
                f"this is not a container image: {self._artifacts[0]}", where=self._client.where
            )
        for record in records:
            attested = self._attestations.get(str(record.digest))
            if attested:
                record.provenance = partial(attested_base, self._store, attested, self._attestation)
        return records

    def manifest(self, digest: Digest) -> Manifest | Index:
        """A manifest by digest, fetched once.  Raises :class:`ImageError`."""
        if digest not in self._manifests:
            data = self._store.cached(
                digest, lambda: self._client.manifest(str(digest), self._store.tick).data
            )
            self._manifests[digest] = parse_manifest_or_index(data, f"manifest {digest.short}")
        return self._manifests[digest]

    def image_manifest(self, digest: Digest) -> Manifest:
        """The same, where it has to be an image's.  Raises :class:`NotAnImageError` too."""
        found = self.manifest(digest)
        if isinstance(found, Index):
            raise FormatError(
                f"manifest {digest.short} is an index, which its descriptor does not say",
                where=self._client.where,
            )
        artifact = artifact_name(found)
        if artifact is not None:
            raise NotAnImageError(
                f"this is not a container image: {artifact}", where=self._client.where
            )
        self._store.expect((found.config, *found.layers))
        return found

    def attestation_bytes(self, digest: Digest | None) -> int:
        """Bytes of the attestations beside an image: manifests, configurations, statements."""
        total = 0
        for descriptor in self._attestations.get(str(digest), ()):
            total += descriptor.size
            try:
                found = self.manifest(descriptor.digest)
            except ImageError:
                continue  # beside the image, never a reason to fail
            if isinstance(found, Manifest):
                total += found.config.size + sum(layer.size for layer in found.layers)
        return total

    def configured_platform(self, manifest: Manifest) -> Platform | None:
        """The platform that an image's configuration tells.  Raises :class:`ImageError`."""
        data = read_blob(
            self._store, manifest.config.digest, CONFIG_LIMIT, verify=self._options.verify
        )
        return parse_config(data).platform

    # ------------------------------------------------------------- indexes

    def _follow(
        self, descriptor: Descriptor, above: tuple[Digest, ...], records: list[Record]
    ) -> None:
        """Take in one descriptor, and what an index behind it lists."""
        self._count += 1
        if self._count > MAX_MANIFESTS:
            raise LimitError(f"more than {MAX_MANIFESTS} manifests", where=self._client.where)
        if descriptor.digest in above or len(above) >= MAX_DEPTH:
            raise FormatError(
                "indexes go round in circles" if descriptor.digest in above
                else f"more than {MAX_DEPTH} indexes inside each other",
                where=self._client.where,
            )  # fmt: skip
        if is_attestation(descriptor):
            attested = descriptor.annotations.get(ATTESTED, "")
            self._attestations.setdefault(attested, []).append(descriptor)
            return
        if above and descriptor.artifact_type:
            self._artifacts.append(f"OCI artifact ({descriptor.artifact_type})")
            return
        if descriptor.media_type in INDEX_TYPES or descriptor.digest in self._manifests:
            found = self.manifest(descriptor.digest)
            if isinstance(found, Index):
                for child in found.manifests:
                    self._follow(child, (*above, descriptor.digest), records)
                return
        elif descriptor.media_type and descriptor.media_type not in MANIFEST_TYPES:
            self._artifacts.append(f"OCI artifact ({descriptor.media_type})")
            return
        records.append(self._record(descriptor))

    def _record(self, descriptor: Descriptor) -> Record:
        address = self._client.address
        tag = f"{address.registry}/{address.repository}:{address.tag}"
        record = Record(
            source=f"registry {address.registry}",
            build=lambda: self._build(record),
            digest=descriptor.digest,
            tags=(tag,) if address.tag is not None else (),
            platform=descriptor.platform,
            group=address.shown,
        )
        return record

    def _build(self, record: Record) -> tuple[ImageConfig, tuple[LayerBlob, ...]]:
        """Fetch what was put off, and complete the record by it."""
        assert record.digest is not None
        try:
            manifest = self.image_manifest(record.digest)
        except SourceError as error:
            _say_listed(error, record)
        record.id = manifest.config.digest
        record.annotations = manifest.annotations
        record.attestation_bytes = self.attestation_bytes(record.digest)
        return from_manifest(self._store, manifest, self._options, record.notes)

    def _ask_for_platforms(self, records: list[Record]) -> None:
        """Several images, some of whose descriptors tell no platform: their configurations do."""
        if len(records) < 2:
            return
        for record in [record for record in records if record.platform is None][:_MOST_UNKNOWN]:
            assert record.digest is not None
            try:
                record.platform = self.configured_platform(self.image_manifest(record.digest))
            except NotAnImageError as error:
                records.remove(record)
                self._artifacts.append(error.what.removeprefix("this is not a container image: "))
            except SourceError:
                record.absent = True

    def _attestation(self, digest: Digest) -> Manifest | Index:
        """An attestation's manifest; the store then knows its statements."""
        found = self.manifest(digest)
        if isinstance(found, Manifest):
            self._store.expect(found.layers)
        return found


def _say_listed(error: SourceError, record: Record) -> NoReturn:
    """A platform that an index lists need not be there: mirrors copy one of many."""
    if record.platform is not None:
        error.what = f"{str(record.platform)[:80]} is listed, but cannot be had: {error.what}"
    raise error
