"""Image configurations (OCI image-spec, config.md; Docker's are the same in shape)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from layerlens.errors import FormatError, NotAnImageError
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT, get_ci, kind_of, parse_object, text_or_none
from layerlens.image.model import HistoryEntry, ImageConfig, Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHAT = "image configuration"


def parse_config(data: bytes, limit: int = CONFIG_LIMIT) -> ImageConfig:
    """Check the shape of a configuration and take from it what LayerLens uses.

    Only ``rootfs`` has to be there.  ``diff_ids`` and ``history`` may be
    missing or null; an optional field of a wrong type counts as missing.

    Raises ``NotAnImageError`` without ``rootfs`` (a Helm chart's or another
    artifact's configuration), ``FormatError`` for bad JSON or digests, ``LimitError``
    above ``limit`` bytes.
    """
    obj = parse_object(data, _WHAT, limit)
    settings = get_ci(obj, "config")
    return ImageConfig(
        platform=_platform(obj),
        diff_ids=_diff_ids(obj),
        history=parse_history(get_ci(obj, "history")),
        created=text_or_none(get_ci(obj, "created")),
        author=text_or_none(get_ci(obj, "author")),
        settings=settings if isinstance(settings, dict) else {},
    )


def write_config(config: ImageConfig) -> bytes:
    """A configuration that :func:`parse_config` reads as this one."""
    platform = config.platform
    obj = {
        "architecture": platform and platform.architecture,
        "os": platform and platform.os,
        "variant": platform and platform.variant,
        "created": config.created,
        "author": config.author,
        "config": dict(config.settings),
        "history": [_said(asdict(row)) for row in config.history],
        "rootfs": {"diff_ids": list(map(str, config.diff_ids))},
    }
    return json.dumps(_said(obj), separators=(",", ":")).encode()


def _said(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not there."""
    return {key: value for key, value in obj.items() if value is not None and value is not False}


def _platform(obj: Mapping[str, Any]) -> Platform | None:
    architecture = text_or_none(get_ci(obj, "architecture"))
    if architecture is None:
        return None
    # Old engines left the system out when it was Linux.
    system = text_or_none(get_ci(obj, "os")) or "linux"
    return Platform(system, architecture, text_or_none(get_ci(obj, "variant")))


def _diff_ids(obj: Mapping[str, Any]) -> tuple[Digest, ...]:
    rootfs = get_ci(obj, "rootfs")
    if rootfs is None:
        raise NotAnImageError(
            f"{_WHAT} has no rootfs, so it does not describe a container image",
            hint=(
                "save the image again with a current docker or podman"
                if get_ci(obj, "container_config") is not None
                else "it may belong to another kind of artifact, such as a Helm chart"
            ),
        )
    if not isinstance(rootfs, dict):
        raise FormatError(f"{_WHAT}: rootfs is {kind_of(rootfs)}, not an object")
    listed = get_ci(rootfs, "diff_ids")
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise FormatError(f"{_WHAT}: rootfs.diff_ids is {kind_of(listed)}, not an array")
    return tuple(_diff_id(item, number) for number, item in enumerate(listed))


def _diff_id(item: object, number: int) -> Digest:
    try:
        return Digest.parse(item)
    except ValueError as error:
        raise FormatError(f"{_WHAT}: rootfs.diff_ids[{number}] is {error}") from error


def parse_history(listed: object) -> tuple[HistoryEntry, ...]:
    """The rows of a history, oldest first; none where it is no list."""
    if not isinstance(listed, list):
        return ()
    return tuple(_row(item) for item in listed)


def _row(item: object) -> HistoryEntry:
    # A row that is no object still holds its place, else all later rows would shift.
    if not isinstance(item, dict):
        return HistoryEntry()
    return HistoryEntry(
        created=text_or_none(get_ci(item, "created")),
        created_by=text_or_none(get_ci(item, "created_by")),
        author=text_or_none(get_ci(item, "author")),
        comment=text_or_none(get_ci(item, "comment")),
        empty_layer=get_ci(item, "empty_layer") is True,
    )
