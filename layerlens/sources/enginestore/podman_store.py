"""Images of podman and buildah, read from containers/storage.

Layout of one storage folder, for the driver ``overlay``
(github.com/containers/storage, ``images.go``, ``layers.go``, ``store.go``):

    overlay-images/images.json        ids, names, digests, each image's top layer
                  /ID/…               manifest, configuration: "big data" by encoded names
    overlay-layers/layers.json        ids, parents, diff_ids and sizes of the tars
                  /volatile-layers.json   the same, of layers that need not outlive a crash
                  /ID.tar-split.gz
    overlay/ID/diff                   what a layer was unpacked to

The two lists are replaced as a whole whenever something changes.  They are
read without podman's locks, which would mean writing, and read again where one
was replaced meanwhile.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from layerlens.errors import ImageError, NotStoredError, UnfitStoreError, Where
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT, INDEX_LIMIT, parse_any
from layerlens.image.manifest import Index, parse_manifest_or_index
from layerlens.image.reference import same_name
from layerlens.sources.enginestore.files import read_small
from layerlens.sources.enginestore.stored import (
    KeptLayer,
    StoredImage,
    TarSplitStore,
    absolute,
    blobs,
    read_config,
)

_CONTENTS = {
    "overlay": "overlay/{}/diff",
    "vfs": "vfs/dir/{}",
    "btrfs": "btrfs/subvolumes/{}",
}
"""Drivers whose layers lie in folders, and where."""

_ID = re.compile(r"[0-9a-f]{64}")
_PLAIN_KEY = re.compile(r"[.0-9a-z]+")
_SHORTEST_ID = 3
_MOST_LAYERS = 10_000
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Storage:
    """One storage folder: its images and layers as they were at one moment."""

    root: str
    driver: str
    images: tuple[dict[str, Any], ...]
    layers: dict[str, dict[str, Any]]

    def path(self, *parts: str) -> str:
        return os.path.join(self.root, *parts)


def open_podman_store(roots: Sequence[str], name: str) -> StoredImage:
    """The image of a name or id in podman's storage folders.

    ``roots`` are looked through in order, see :func:`podman_roots`; the first
    one that holds the image gives it.  A name without a registry is
    ``localhost/NAME`` first, then ``docker.io/library/NAME``, then that of any
    registry, as podman looks for what it has; no tag means ``latest``.  An id
    may be cut after three digits or more.

    Raises :class:`UnfitStoreError` with the reason: no such image, no
    permission, a layer without a record, lists that keep changing.
    """
    storages = []
    reason: UnfitStoreError | None = None
    for root in roots:
        try:
            storages.append(_storage(root))
        except UnfitStoreError as error:
            reason = reason or error
    for storage in storages:
        found = _find(storage.images, name)
        if found is not None:
            return _image(storage, found, storages)
    if reason is not None and not storages:
        raise reason
    raise NotStoredError(
        f"no image {name!r:.200} in podman's storage",
        where=Where(file=", ".join(roots) or None),
        hint="podman images lists what is there; podman has one store for each user",
    )


# ------------------------------------------------------------------------------ the two lists


def _storage(root: str) -> _Storage:
    root = absolute(root)
    driver = next(
        (d for d in _CONTENTS if os.path.isfile(os.path.join(root, f"{d}-images", "images.json"))),
        None,
    )
    if driver is None:
        raise UnfitStoreError("holds no images of podman", where=Where(file=root))
    images = os.path.join(root, f"{driver}-images", "images.json")
    layers = os.path.join(root, f"{driver}-layers", "layers.json")
    volatile = os.path.join(root, f"{driver}-layers", "volatile-layers.json")
    for _ in range(_ATTEMPTS):
        before = tuple(map(_state, (images, layers, volatile)))
        try:
            listed = _rows(images)
            known = {row["id"]: row for row in _rows(layers)}
            if before[2] is not None:
                known |= {row["id"]: row for row in _rows(volatile)}
        except UnfitStoreError:
            if before == tuple(map(_state, (images, layers, volatile))):
                raise
            continue
        if before == tuple(map(_state, (images, layers, volatile))):
            return _Storage(root, driver, tuple(listed), known)
    raise UnfitStoreError(
        "podman's lists keep changing while they are read", where=Where(file=root)
    )


def _state(path: str) -> tuple[int, ...] | None:
    """What differs once a file has been replaced or written to."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _rows(path: str) -> list[dict[str, Any]]:
    """The rows of a list that have an id."""
    try:
        found = parse_any(read_small(path, INDEX_LIMIT), "the list", INDEX_LIMIT)
    except UnfitStoreError:
        raise
    except ImageError as error:
        raise UnfitStoreError(error.what, where=Where(file=path)) from error
    if not isinstance(found, list):
        raise UnfitStoreError("not a list", where=Where(file=path))
    return [row for row in found if isinstance(row, dict) and _is_id(row.get("id"))]


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _names(image: dict[str, Any]) -> tuple[str, ...]:
    names = image.get("names")
    return tuple(n for n in names if isinstance(n, str)) if isinstance(names, list) else ()


# ---------------------------------------------------------------------------------- the name


def _find(images: Sequence[dict[str, Any]], wanted: str) -> dict[str, Any] | None:
    """The image of a name or id."""
    repository, at, text = wanted.partition("@")
    if at:
        return next(
            (
                image
                for image in images
                if text in _digests(image) and any(_same_path(n, repository) for n in _names(image))
            ),
            None,
        )
    path, tag = _split(wanted)
    name = f"{path}:{tag}"
    tests: list[Callable[[str], bool]] = [
        lambda n: n == name,
        lambda n: n == f"localhost/{name}",
        lambda n: same_name(n, wanted),
    ]
    if not _has_registry(path):
        tests.append(lambda n: n.partition("/")[2] == name)
    for test in tests:
        for image in images:
            if any(map(test, _names(image))):
                return image
    hexa = wanted.removeprefix("sha256:")
    if len(hexa) < _SHORTEST_ID or re.fullmatch(r"[0-9a-f]+", hexa) is None:
        return None
    found = [image for image in images if image["id"].startswith(hexa)]
    if len(found) > 1:
        raise UnfitStoreError(f"{len(found)} images have an id that begins with {hexa}")
    return found[0] if found else None


def _split(name: str) -> tuple[str, str]:
    """Repository and tag."""
    before, colon, tag = name.rpartition(":")
    return (before, tag) if colon and "/" not in tag else (name, "latest")


def _has_registry(path: str) -> bool:
    head, slash, _ = path.partition("/")
    return bool(slash) and (head == "localhost" or "." in head or ":" in head)


def _same_path(name: str, repository: str) -> bool:
    path, _ = _split(name)
    return same_name(f"{path}:x", f"{_split(repository)[0]}:x")


def _digests(image: dict[str, Any]) -> set[str]:
    listed = image.get("big-data-digests")
    found = {image.get("digest")}
    if isinstance(listed, dict):
        found |= {v for k, v in listed.items() if k.startswith("manifest")}
    return {text for text in found if isinstance(text, str)}


# --------------------------------------------------------------------------------- the image


def _image(storage: _Storage, image: dict[str, Any], storages: Sequence[_Storage]) -> StoredImage:
    folder = storage.path(f"{storage.driver}-images", image["id"])
    config_digest = _config_digest(folder, image["id"])
    at = os.path.join(folder, _file_name(str(config_digest)))
    config, diff_ids = read_config(at, config_digest)
    chain = _chain(image.get("layer"), storages)
    if len(chain) != len(diff_ids):
        raise UnfitStoreError(
            f"has {len(chain)} layers, its configuration {len(diff_ids)} diff_ids",
            where=Where(file=folder),
        )
    layers = [
        _layer(holder, row, diff_id) for (holder, row), diff_id in zip(chain, diff_ids, strict=True)
    ]
    return StoredImage(
        TarSplitStore(storage.root, layers),
        config,
        blobs(diff_ids),
        id=config_digest,
        digest=_digest_or_none(image.get("digest")),
        tags=_names(image),
        others=partial(_others, image, storages),
    )


def _config_digest(folder: str, image_id: str) -> Digest:
    """The digest of an image's configuration, as its manifest states it."""
    at = os.path.join(folder, "manifest")
    try:
        found = parse_manifest_or_index(read_small(at, CONFIG_LIMIT), "manifest")
    except UnfitStoreError:
        raise
    except ImageError as error:
        raise UnfitStoreError(error.what, where=Where(file=at)) from error
    if isinstance(found, Index):
        raise UnfitStoreError("a list of images, not one image", where=Where(file=at))
    if found.config.digest.hex != image_id:
        # So it is with images that were converted from Docker's first format.
        raise UnfitStoreError("the image's id is not its configuration's", where=Where(file=at))
    return found.config.digest


def _file_name(key: str) -> str:
    """The file that holds a piece of "big data" (containers/storage, ``store.go``)."""
    if _PLAIN_KEY.fullmatch(key):
        return key
    return "=" + base64.b64encode(key.encode()).decode()


def _chain(top: object, storages: Sequence[_Storage]) -> list[tuple[_Storage, dict[str, Any]]]:
    """The layers below and with a top layer, lowest first; another folder may hold some."""
    found: list[tuple[_Storage, dict[str, Any]]] = []
    at = top
    while at:
        if not isinstance(at, str):
            raise UnfitStoreError(f"{at!r:.80} is no layer's id")
        holder = next((s for s in storages if at in s.layers), None)
        if holder is None:
            raise UnfitStoreError(f"the layer {at!r:.80} is not in podman's storage")
        found.append((holder, holder.layers[at]))
        if len(found) > _MOST_LAYERS:
            raise UnfitStoreError(f"more than {_MOST_LAYERS} layers, or layers in a circle")
        at = holder.layers[at].get("parent")
    return found[::-1]


def _layer(storage: _Storage, row: dict[str, Any], diff_id: Digest) -> KeptLayer:
    folder = storage.path(f"{storage.driver}-layers")
    record = os.path.join(folder, f"{row['id']}.tar-split.gz")
    where = Where(file=record)
    flags = row.get("flags")
    if isinstance(flags, dict) and flags.get("incomplete"):
        raise UnfitStoreError("the layer is still being written", where=where)
    if row.get("diff-digest") != str(diff_id):
        raise UnfitStoreError(
            f"belongs to the layer {row.get('diff-digest')!r:.80}, not {diff_id}", where=where
        )
    size = row.get("diff-size")
    exact = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    if not os.path.isfile(record):
        raise UnfitStoreError("there is no record of the layer's tar", where=where)
    # A layer of which only missing parts were pulled keeps its contents in another form.
    contents = None
    if not row.get("toc-digest"):
        contents = storage.path(_CONTENTS[storage.driver].format(row["id"]))
    return KeptLayer(
        diff_id, record, contents, size if exact and isinstance(size, int) else 0, exact=exact
    )


def _digest_or_none(text: object) -> Digest | None:
    try:
        return Digest.parse(text)
    except ValueError:
        return None


def _others(
    image: dict[str, Any], storages: Sequence[_Storage]
) -> list[tuple[str, tuple[Digest, ...]]]:
    """The other images, of which one may be the base: their names and layers."""
    return list(_listed_others(image, storages))


def _listed_others(
    image: dict[str, Any], storages: Sequence[_Storage]
) -> Iterator[tuple[str, tuple[Digest, ...]]]:
    for storage in storages:
        for other in storage.images:
            if other["id"] == image["id"]:
                continue
            try:
                chain = _chain(other.get("layer"), storages)
                diff_ids = tuple(Digest.parse(row.get("diff-digest")) for _, row in chain)
            except (UnfitStoreError, ValueError):
                continue  # damaged, but nobody asked for it
            yield next(iter(_names(other)), other["id"][:12]), diff_ids
