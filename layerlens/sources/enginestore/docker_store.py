"""Images of a Docker Engine with a graph driver, read from its own folder.

Layout of ``DockerRootDir`` (moby, ``image/fs.go`` and ``layer/filestore.go``):

    image/DRIVER/imagedb/content/sha256/ID         an image's configuration
    image/DRIVER/layerdb/sha256/CHAIN/diff         the layer's diff_id
                                     /parent       the chain id below, for all but the lowest
                                     /size         content bytes, in decimal
                                     /cache-id     the folder that it was unpacked to
                                     /tar-split.json.gz

A chain id names a layer together with all layers below it (OCI image-spec,
config.md, "Layer ChainID").  Rootless engines and those with ``userns-remap``
have a root of their own, which the engine itself tells.

Only an engine on this machine has its root here.  A folder of the same name
that belongs to another engine does no harm: an image is taken only if its
configuration has the digest that was asked for.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from functools import partial

from layerlens.errors import ImageError, UnfitStoreError, Where
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT, INDEX_LIMIT, parse_object
from layerlens.sources.enginestore.files import read_small
from layerlens.sources.enginestore.stored import (
    KeptLayer,
    StoredImage,
    TarSplitStore,
    absolute,
    blobs,
    read_config,
)

_DRIVER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CACHE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_MOST_OTHERS = 1_000
"""Other images that are asked whether they are the base."""

_SMALL = 256
"""Bytes of a file that holds one digest or number."""

_CONTENTS = {
    "overlay2": "overlay2/{}/diff",
    "fuse-overlayfs": "fuse-overlayfs/{}/diff",
    "vfs": "vfs/dir/{}",
    "btrfs": "btrfs/subvolumes/{}",
}
"""Where a driver unpacks a layer; the last two hold the lower layers' files beside it."""


def open_docker_store(
    root: str, driver: str, image_id: str, diff_ids: Sequence[Digest] | None = None
) -> StoredImage:
    """The image of that id in the folder of a Docker Engine.

    ``root`` is ``DockerRootDir`` and ``driver`` is ``Driver`` of the engine's
    ``/info``, ``image_id`` the ``Id`` of an inspected image, and ``diff_ids``
    its ``RootFS.Layers`` where they are known.  Reads small files only.

    Raises :class:`UnfitStoreError` with the reason: no permission, another
    machine's engine, an unknown layout, layers that do not match.
    """
    root = absolute(root)
    if _DRIVER.fullmatch(driver) is None:
        raise UnfitStoreError(f"the engine's storage driver is {driver!r:.100}")
    try:
        wanted = Digest.parse(image_id)
    except ValueError as error:
        raise UnfitStoreError(f"the engine's image id is {error}") from error
    database = os.path.join(root, "image", driver)
    at = os.path.join(database, "imagedb", "content", wanted.algorithm, wanted.hex)
    config, found = read_config(at, wanted)
    if diff_ids is not None and tuple(diff_ids) != found:
        raise UnfitStoreError(
            f"lists {len(found)} other layers than the engine", where=Where(file=at)
        )
    layers = []
    below: str | None = None
    for diff_id in found:
        chain = chain_id(below, diff_id)
        layers.append(_layer(root, driver, os.path.join(database, "layerdb"), chain, below))
        if layers[-1].diff_id != diff_id:
            raise UnfitStoreError(
                f"holds the layer {layers[-1].diff_id}, not {diff_id}",
                where=Where(file=os.path.dirname(layers[-1].record)),
            )
        below = chain
    store = TarSplitStore(root, layers)
    return StoredImage(
        store, config, blobs(found), id=wanted, others=partial(_others, database, wanted)
    )


def _others(database: str, but: Digest) -> list[tuple[str, tuple[Digest, ...]]]:
    """The engine's other images that have a name, of which one may be the base.

    Images without one are mostly steps of a build, the wanted image's own among them.
    """
    found = []
    names = _names(os.path.join(database, "repositories.json"))
    for image_id, name in list(names.items())[:_MOST_OTHERS]:
        if image_id == str(but):
            continue
        try:
            at = os.path.join(database, "imagedb", "content", "sha256", Digest.parse(image_id).hex)
            found.append((name, parse_config(read_small(at, CONFIG_LIMIT)).diff_ids))
        except (ImageError, ValueError):
            continue  # damaged, but nobody asked for it
    return found


def _names(path: str) -> dict[str, str]:
    """The first name of each image id, tags before digests (moby, ``reference/store.go``)."""
    try:
        listed = parse_object(read_small(path, INDEX_LIMIT), "repositories.json", INDEX_LIMIT)
    except ImageError:
        return {}
    found: dict[str, str] = {}
    tables = listed.get("Repositories")
    for table in tables.values() if isinstance(tables, dict) else ():
        if not isinstance(table, dict):
            continue
        for name, image_id in sorted(table.items(), key=lambda row: ("@" in row[0], row[0])):
            if isinstance(image_id, str):
                found.setdefault(image_id, name)
    return found


def chain_id(below: str | None, diff_id: Digest) -> str:
    """The chain id of a layer on top of a chain (OCI image-spec, config.md, "Layer ChainID")."""
    if below is None:
        return str(diff_id)
    return "sha256:" + hashlib.sha256(f"{below} {diff_id}".encode()).hexdigest()


def _layer(root: str, driver: str, database: str, chain: str, below: str | None) -> KeptLayer:
    """One layer of the database, checked as far as small files tell."""
    folder = os.path.join(database, *chain.split(":", 1))

    def text(name: str) -> str:
        return read_small(os.path.join(folder, name), _SMALL).decode("ascii", "replace").strip()

    if below is not None and text("parent") != below:
        raise UnfitStoreError("lies on another chain of layers", where=Where(file=folder))
    size, cache_id = text("size"), text("cache-id")
    if not size.isdecimal() or _CACHE_ID.fullmatch(cache_id) is None:
        raise UnfitStoreError("has no size or no folder of its own", where=Where(file=folder))
    try:
        diff_id = Digest.parse(text("diff"))
    except ValueError as error:
        raise UnfitStoreError(str(error), where=Where(file=folder)) from error
    contents = None
    if driver in _CONTENTS:
        contents = os.path.join(root, _CONTENTS[driver].format(cache_id))
    record = os.path.join(folder, "tar-split.json.gz")
    if not os.path.isfile(record):
        raise UnfitStoreError("has no record of the layer's tar", where=Where(file=folder))
    return KeptLayer(diff_id, record, contents, int(size), exact=False)
