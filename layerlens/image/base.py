"""Where the base image ends and the user's layers begin.

An image does not record it, so the answer says how sure it is: ``exact``
from layers that were compared, ``declared`` by the builder's own note,
``guessed`` from the shape of the history, ``none``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from layerlens.errors import UsageError
from layerlens.image.history import dockerfile_lines
from layerlens.image.model import BaseBoundary, HistoryEntry, ImageConfig, LayerHistory
from layerlens.image.reference import same_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerlens.image.digest import Digest

BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"
BUILDKIT_COMMENT = "buildkit.dockerfile.v0"
PAUSE = timedelta(hours=1)
"""A build seldom rests longer than this between two instructions."""

_NO_TEXT: Mapping[str, str] = MappingProxyType({})
_FROM = re.compile(r"FROM\s+(\S+)\s*")
_IMAGE_ID = re.compile(r"(?:sha256:)?(?:[0-9a-f]{12}|[0-9a-f]{64})")
_ROOTFS = re.compile(r"ADD \S+ /")
# Timestamps below are placeholders of reproducible builds, not times.
_FIRST_YEAR = 2013


def find_base(
    config: ImageConfig,
    histories: Sequence[LayerHistory],
    *,
    given: tuple[Digest, ...] | None = None,
    given_name: str | None = None,
    candidates: Sequence[tuple[str, tuple[Digest, ...]]] = (),
    annotations: Mapping[str, str] = _NO_TEXT,
    provenance: str | None = None,
) -> BaseBoundary:
    """Use the best evidence there is.

    ``histories`` are the layers' own, from ``map_history``; ``given`` the layers
    of the base that the user named; ``candidates`` the names and layers of local
    images; ``annotations`` the manifest's; ``provenance`` a base named by an
    attestation.

    Raises ``UsageError`` where ``given`` is not what the image was built on.
    """
    if given is not None:
        return _given(config.diff_ids, given, given_name)
    declared = _declared_name(config, annotations, provenance)
    name, source = declared or (None, "")
    local = _local(config.diff_ids, candidates, name)
    if local is not None:
        return local
    commented = _commented(config.history, histories)
    if commented is not None:
        return commented
    guess = _guessed(config.history, histories)
    if guess is not None:
        layers, rests_on = guess
        return BaseBoundary("guessed", layers, rests_on, name)
    if name is not None:
        return BaseBoundary("none", 0, f"{source} names the base, not where it ends", name)
    return BaseBoundary("none", 0, "nothing in the image tells where a base would end")


def _given(have: Sequence[Digest], given: Sequence[Digest], name: str | None) -> BaseBoundary:
    shown = name or "the given base"
    if not given:
        raise UsageError(f"{shown} has no layers, so it cannot be the base")
    shared = _common(have, given)
    if shared == len(given):
        return BaseBoundary("exact", shared, f"the layers of {shown}, given as the base", name)
    if shared == 0:
        what = f"{shown} is not the base: it departs after 0 layers, so none is shared"
    elif shared == len(have):
        what = f"{shown} is not the base: it has {len(given)} layers, the image only {shared}"
    else:
        what = f"{shown} is not the base: it departs after {shared} of its {len(given)} layers"
    raise UsageError(
        what, hint="give the version of the base that the image was built on, or leave it out"
    )


def _common(a: Sequence[Digest], b: Sequence[Digest]) -> int:
    count = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        count += 1
    return count


def _local(
    have: Sequence[Digest],
    candidates: Sequence[tuple[str, tuple[Digest, ...]]],
    declared: str | None,
) -> BaseBoundary | None:
    best: tuple[str, int] | None = None
    for name, layers in candidates:
        count = len(layers)
        # An image is not its own base.
        if not 0 < count < len(have) or _common(have, layers) < count:
            continue
        as_declared = declared is not None and same_name(name, declared)
        if best is None or count > best[1] or (count == best[1] and as_declared):
            best = (name, count)
    if best is None:
        return None
    return BaseBoundary("exact", best[1], f"the layers of the local image {best[0]}", best[0])


def _declared_name(
    config: ImageConfig, annotations: Mapping[str, str], provenance: str | None
) -> tuple[str, str] | None:
    """The base's name and who gives it; ``scratch`` is no image."""
    for key in (BASE_NAME, BASE_DIGEST):
        for kind, texts in (("annotation", annotations), ("label", config.labels)):
            value = texts.get(key, "").strip()
            if value and value != "scratch":
                return value, f"the {kind} {key}"
    if provenance:
        return provenance, "the provenance attestation"
    return None


def _commented(rows: Sequence[HistoryEntry], layers: Sequence[LayerHistory]) -> BaseBoundary | None:
    """Buildah writes ``FROM <base>`` on the first new row, ``FROM <id>`` on those after.

    A base made by buildah brings rows of its own, so the last name counts.
    """
    found: tuple[int, str] | None = None
    for index, row in enumerate(rows):
        match = _FROM.fullmatch(row.comment or "")
        if match and match[1] != "scratch" and not _IMAGE_ID.fullmatch(match[1]):
            found = index, match[1]
    if found is None:
        return None
    index, name = found
    below = _below(layers, index)
    if below == 0:
        rests_on = f"the history comment FROM {name} is on the first layer: the base is squashed"
        return BaseBoundary("none", 0, rests_on, name)
    return BaseBoundary("declared", below, f"the history comment FROM {name}", name)


def _guessed(
    rows: Sequence[HistoryEntry], layers: Sequence[LayerHistory]
) -> tuple[int, str] | None:
    """The first rule that finds a boundary above at least one layer."""
    keywords = [line.keyword for line in dockerfile_lines(rows)]
    rules = (
        (_other_builder(rows), "the history, where rows by BuildKit follow rows by another tool"),
        (_after_pause(rows, keywords), "a pause of over an hour in the history, after its CMD"),
        (_after_command(rows, keywords), "a CMD in the history with more layers after it"),
        (_after_rootfs(rows), "the root filesystem that the history begins with"),
    )
    for index, rests_on in rules:
        below = 0 if index is None else _below(layers, index)
        if below:
            return below, rests_on
    return None


def _other_builder(rows: Sequence[HistoryEntry]) -> int | None:
    ours = [row.comment == BUILDKIT_COMMENT for row in rows]
    if True not in ours or ours[0]:
        return None
    return ours.index(True)


def _after_pause(rows: Sequence[HistoryEntry], keywords: Sequence[str]) -> int | None:
    """The last long pause, since bases have bases of their own."""
    found = None
    command_in_group = False
    for index, row in enumerate(rows):
        if command_in_group and _paused(rows[index - 1], row):
            found = index
        if not row.empty_layer:
            command_in_group = False
        elif keywords[index] in {"CMD", "ENTRYPOINT"}:
            command_in_group = True
    return found


def _after_command(rows: Sequence[HistoryEntry], keywords: Sequence[str]) -> int | None:
    layers_follow = False
    for index in range(len(rows) - 1, -1, -1):
        if not rows[index].empty_layer:
            layers_follow = True
        elif layers_follow and keywords[index] in {"CMD", "ENTRYPOINT"}:
            return index + 1
    return None


def _after_rootfs(rows: Sequence[HistoryEntry]) -> int | None:
    """An import before anything else, or an ``ADD … /`` long before anything else.

    An ADD soon before other rows is a Dockerfile that starts from scratch: the
    layer is the user's own.
    """
    first, *others = rows or [HistoryEntry(empty_layer=True)]
    if first.empty_layer or not others:
        return None
    if (first.comment or "").startswith("Imported from"):
        built = any(row.created_by for row in others)
        return 1 if built or _paused(first, others[0]) else None
    line = dockerfile_lines([first])[0]
    return 1 if _ROOTFS.fullmatch(line.text) and _paused(first, others[0]) else None


def _below(layers: Sequence[LayerHistory], row: int) -> int:
    """How many layers lie below a row of the history; those without a row are lowest."""
    return sum(1 for layer in layers if layer.row is None or layer.row < row)


def _paused(before: HistoryEntry, after: HistoryEntry) -> bool:
    start, end = _time(before.created), _time(after.created)
    return start is not None and end is not None and end - start > PAUSE


def _time(text: str | None) -> datetime | None:
    """An RFC 3339 time that means something, else ``None``."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if found.year < _FIRST_YEAR:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
