"""An engine's image by the engine's own files: which kind of store it has, and whether it serves.

A store can turn out to be unfit only when its layers are read, so they are
read here; the image that is given has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerlens.errors import UnfitStoreError
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.progress import Progress, silent
from layerlens.sources.enginestore.content_store import content_store_image, docker_content_roots
from layerlens.sources.enginestore.docker_store import open_docker_store
from layerlens.sources.enginestore.podman_roots import podman_roots
from layerlens.sources.enginestore.podman_store import open_podman_store
from layerlens.sources.image import Image, ReadOptions

_SNAPSHOTTER = "io.containerd.snapshotter.v1"


def from_docker(
    told: object,
    image_id: str,
    layers: tuple[Digest, ...],
    options: ReadOptions,
    progress: Progress = silent,
) -> Image:
    """An image of a Docker Engine on this machine.

    ``told`` is the engine's answer to ``/info``, or ``None``; ``image_id`` and
    ``layers`` are those of the inspected image.  Raises :class:`UnfitStoreError`.
    """
    root = told.get("DockerRootDir") if isinstance(told, dict) else None
    driver = told.get("Driver") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(root, str) or not isinstance(driver, str):
        raise UnfitStoreError("where they are on this machine is not known")
    if _has_snapshotter(told):
        image = content_store_image(
            docker_content_roots(root), _digest(image_id), options, reference="", source=""
        )
    else:
        image = open_docker_store(root, driver, image_id, layers).image("", "")
    return _read(image, options, progress)


def from_podman(
    name: str,
    options: ReadOptions,
    environment: Mapping[str, str],
    uid: int,
    progress: Progress = silent,
) -> Image:
    """An image of this user's podman.  Raises :class:`UnfitStoreError`."""
    stored = open_podman_store(podman_roots(environment, uid), name)
    image = stored.image(name, "podman")
    if not options.admits(image.config.platform):
        raise UnfitStoreError(
            f"its image is for {image.config.platform}, not for {options.platform}"
        )
    return _read(image, options, progress)


def podman_layers(name: str, environment: Mapping[str, str], uid: int) -> tuple[Digest, ...]:
    """The diff_ids of an image of this user's podman.  Raises :class:`UnfitStoreError`."""
    stored = open_podman_store(podman_roots(environment, uid), name)
    return parse_config(stored.config).diff_ids


def _read(image: Image, options: ReadOptions, progress: Progress) -> Image:
    try:
        image.read(options, progress)
    except BaseException:
        image.close()
        raise
    return image


def _has_snapshotter(told: Mapping[str, Any]) -> bool:
    """Whether the engine keeps its images in containerd's store (the default from Docker 29)."""
    status = told.get("DriverStatus")
    return isinstance(status, list) and any(
        isinstance(row, list) and row[1:] == [_SNAPSHOTTER] for row in status
    )


def _digest(image_id: str) -> Digest:
    try:
        return Digest.parse(image_id)
    except ValueError as error:
        raise UnfitStoreError(f"the engine's image id is {error}") from error
