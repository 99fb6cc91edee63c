"""Images in a content store of containerd, which keeps blobs as an OCI layout does.

``ROOT/io.containerd.content.v1.content/blobs/sha256/…`` has the names of an
OCI image layout (containerd, docs/content-flow.md) and lacks only
``index.json``: which blob is an image's is written in a database.  Whoever
knows the digest gets an index of that one image put in front, and the rest is
read as any layout.  Compressed layers are read through and checked by digest;
a cache may know them by it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence

from layerlens.errors import ImageError, UnfitStoreError, Where
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import INDEX_LIMIT
from layerlens.image.manifest import Manifest, is_foreign, parse_manifest_or_index
from layerlens.sources import oci_layout
from layerlens.sources.directory_store import DirectoryStore
from layerlens.sources.enginestore.stored import absolute
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.oci_layout import blob_name, read_blob
from layerlens.sources.record import Record, build, choose
from layerlens.sources.store import MAX_DOCUMENT

_CONTENT = "io.containerd.content.v1.content"
_INDEX = "index.json"
_NAME = "io.containerd.image.name"
_GONE = (
    "pulled lazily, for another platform only, or discarded after unpacking: "
    "fetch it again (ctr content fetch, docker pull), or name it with registry://"
)


class ContentStore(DirectoryStore):
    """The blobs of a content store, and an ``index.json`` of one image."""

    def __init__(self, root: str, index: bytes) -> None:
        super().__init__(root)
        self._index = index

    def names(self) -> Iterable[str]:
        """The index alone: the blobs are those of all images."""
        return [_INDEX]

    def has(self, name: str) -> bool:
        return name == _INDEX or super().has(name)

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        return self._index if name == _INDEX else super().document(name, limit)


def docker_content_roots(docker_root: str) -> tuple[str, ...]:
    """Where a Docker Engine with containerd's image store may keep its content.

    ``docker_root`` is ``DockerRootDir``: an engine that runs a containerd of
    its own keeps that below; else it uses the system's.
    """
    return os.path.join(docker_root, "containerd", "daemon"), "/var/lib/containerd"


def content_store_image(
    roots: Sequence[str],
    target: Digest,
    options: ReadOptions,
    *,
    reference: str,
    source: str = "containerd",
    name: str | None = None,
) -> Image:
    """The image of a manifest's or index's digest, in the first folder that holds it.

    ``roots`` are roots of containerd (``/var/lib/containerd``).  With Docker's
    containerd image store ``target`` is the ``Id`` of an inspected image.
    Raises :class:`UnfitStoreError` where the folder cannot be read, or lacks
    blobs of the image; other errors of the family as an OCI layout does.
    """
    store = _store(roots, target, name)
    try:
        image = _opened(store, reference, options)
    except ImageError as error:
        store.close()
        raise error.at(Where(file=store.label)) from error
    except BaseException:
        store.close()
        raise
    image.source = source
    return image


def _store(roots: Sequence[str], target: Digest, name: str | None = None) -> ContentStore:
    """The content folder that holds a blob, with an index of that one image."""
    # Nobody reads the size: the digest is what counts.
    descriptor: dict[str, object] = {"digest": str(target), "size": 0}
    if name is not None:
        descriptor["annotations"] = {_NAME: name}
    index = json.dumps({"schemaVersion": 2, "manifests": [descriptor]}).encode()
    return ContentStore(_holder(roots, target), index)


def _holder(roots: Sequence[str], target: Digest) -> str:
    """The content folder in which a blob lies."""
    reason: UnfitStoreError | None = None
    for root in roots:
        try:
            folder = absolute(os.path.join(root, _CONTENT))
        except UnfitStoreError as error:
            reason = reason or error
            continue
        if os.path.isfile(os.path.join(folder, blob_name(target))):
            return folder
        # A folder that can be read and lacks the blob says more than one that is not there.
        reason = UnfitStoreError(
            f"{target} is not in the content store", where=Where(file=folder), hint=_GONE
        )
    raise reason or UnfitStoreError("no folder of containerd is known")


def _opened(store: ContentStore, reference: str, options: ReadOptions) -> Image:
    records = oci_layout.find(store, options)
    if records and all(record.absent for record in records):
        raise UnfitStoreError("none of the image's manifests is in the content store", hint=_GONE)
    record = choose(records, store, options, None)
    _insist_on_blobs(store, record)
    return build(record, store, reference, options)


def _insist_on_blobs(store: ContentStore, record: Record) -> None:
    """Say in containerd's words what is not there, before the layout says that it is damaged."""
    if record.digest is None:
        return
    data = read_blob(store, record.digest, INDEX_LIMIT, verify=False)
    manifest = parse_manifest_or_index(data)
    if not isinstance(manifest, Manifest):
        return
    gone = [
        descriptor
        for descriptor in (manifest.config, *manifest.layers)
        if not store.has(blob_name(descriptor.digest)) and not is_foreign(descriptor.media_type)
    ]
    if gone:
        raise UnfitStoreError(
            f"{len(gone)} of {1 + len(manifest.layers)} blobs of the image are not in the"
            f" content store, the first is {gone[0].digest}",
            hint=_GONE,
        )


def diff_ids_in(
    roots: Sequence[str], target: Digest, options: ReadOptions
) -> Iterator[tuple[Digest, ...]]:
    """The layers of an image, for each of its platforms that is there."""
    try:
        store = _store(roots, target)
    except UnfitStoreError:
        return
    try:
        try:
            records = oci_layout.find(store, options)
        except ImageError:
            return  # damaged, but nobody asked for it
        for record in records:
            if not record.absent:
                try:
                    config, _ = record.build()
                except ImageError:
                    continue
                yield config.diff_ids
    finally:
        store.close()
