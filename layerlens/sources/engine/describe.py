"""What an engine says of an image, as the description that an archive would hold.

Engines of Docker's kind serve no configuration file, only its parts: inspection
has everything but the history, and the history does not say which rows made a
layer.  So which rows did is told from their sizes, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from layerlens.image.config import parse_history
from layerlens.image.digest import Digest
from layerlens.image.history import readable
from layerlens.image.jsondoc import text_or_none
from layerlens.image.model import HistoryEntry, ImageConfig, Platform

_MAKERS = frozenset({"RUN", "COPY", "ADD"})
"""Instructions that make a layer, though maybe an empty one."""


def platform_of(found: Mapping[str, Any]) -> Platform | None:
    """The platform that an inspection states."""
    architecture = text_or_none(found.get("Architecture"))
    if not architecture:
        return None
    return Platform(
        text_or_none(found.get("Os")) or "linux",
        architecture,
        text_or_none(found.get("Variant")) or None,
    )


def described(
    found: Mapping[str, Any],
    rows: Sequence[object],
    diff_ids: tuple[Digest, ...],
    sizes: Sequence[int],
) -> ImageConfig | None:
    """The configuration, put together from Docker's inspection and history.

    ``rows`` come newest first, as the API gives them; ``sizes`` are the content
    bytes of the layers.  ``None`` where it cannot be told which rows made the
    layers.
    """
    found_rows = _entries(rows)
    if found_rows is None:
        return None
    entries, weights = found_rows
    return _with_makers(found, diff_ids, entries, layer_rows(entries, weights, sizes))


def expected(
    found: Mapping[str, Any], rows: Sequence[object], diff_ids: tuple[Digest, ...]
) -> ImageConfig:
    """The configuration as far as it can be told before a layer is read.

    Which rows made the layers is told from their count; the history is left out
    where that does not fit.
    """
    entries, weights = _entries(rows) or ([], [])
    makers = counted_rows(entries, weights, len(diff_ids))
    return _with_makers(found, diff_ids, entries, makers) or _config(found, diff_ids, ())


def stated_sizes(config: ImageConfig, rows: Sequence[object]) -> tuple[int | None, ...]:
    """Content bytes of each layer as the history's ``rows`` (newest first) state them."""
    weights = (_entries(rows) or ([], []))[1]
    if len(weights) == len(config.history):
        sizes = [
            weight
            for weight, entry in zip(weights, config.history, strict=True)
            if not entry.empty_layer
        ]
        if len(sizes) == len(config.diff_ids):
            return tuple(sizes)
    return (None,) * len(config.diff_ids)


def _entries(rows: Sequence[object]) -> tuple[list[HistoryEntry], list[int]] | None:
    """Docker's rows oldest first, and the bytes that each states; ``None`` for other things."""
    entries = []
    weights = []
    for row in reversed(rows):
        if not isinstance(row, dict):
            return None
        size = row.get("Size")
        weights.append(size if isinstance(size, int) else 0)
        entries.append(
            HistoryEntry(
                created=_time(row.get("Created")),
                created_by=text_or_none(row.get("CreatedBy")),
                comment=text_or_none(row.get("Comment")),
            )
        )
    return entries, weights


def _with_makers(
    found: Mapping[str, Any],
    diff_ids: tuple[Digest, ...],
    entries: Sequence[HistoryEntry],
    makers: set[int] | None,
) -> ImageConfig | None:
    if makers is None:
        return None
    history = tuple(
        replace(entry, empty_layer=index not in makers) for index, entry in enumerate(entries)
    )
    return _config(found, diff_ids, history)


def described_by_libpod(
    found: Mapping[str, Any], diff_ids: tuple[Digest, ...]
) -> ImageConfig | None:
    """The configuration from podman's own inspection, whose history is complete."""
    rows = found.get("History")
    if not isinstance(rows, list):
        return None
    return _config(found, diff_ids, parse_history(rows))


def layer_rows(
    entries: Sequence[HistoryEntry], weights: Sequence[int], sizes: Sequence[int]
) -> set[int] | None:
    """Which rows of a history (oldest first) made the layers of these sizes.

    A row with bytes made a layer of that many bytes.  Between two of those, as
    many rows without bytes made one as there are layers without: RUN, COPY and
    ADD where their count fits, else WORKDIR with them.  ``None`` where neither does.
    """
    found: set[int] = set()
    layer = 0
    waiting: list[int] = []

    def settle(wanted: int) -> bool:
        """Choose among the rows without bytes that have waited."""
        chosen = _choose(entries, waiting, wanted)
        found.update(chosen or ())
        waiting.clear()
        return chosen is not None

    for index, weight in enumerate(weights):
        if not weight:
            waiting.append(index)
            continue
        empty = 0
        while layer < len(sizes) and not sizes[layer]:
            layer, empty = layer + 1, empty + 1
        if layer == len(sizes) or sizes[layer] != weight or not settle(empty):
            return None
        found.add(index)
        layer += 1
    rest = sizes[layer:]
    if any(rest) or not settle(len(rest)):
        return None
    return found


def counted_rows(
    entries: Sequence[HistoryEntry], weights: Sequence[int], count: int
) -> set[int] | None:
    """Which rows of a history (oldest first) made the layers, of whose sizes nothing is known.

    Those with bytes, and of the others as many as :func:`layer_rows` would choose
    if all stood together.  ``None`` where their count does not fit.
    """
    heavy = [index for index, weight in enumerate(weights) if weight]
    light = [index for index, weight in enumerate(weights) if not weight]
    chosen = _choose(entries, light, count - len(heavy))
    return None if chosen is None else {*heavy, *chosen}


def _choose(
    entries: Sequence[HistoryEntry], waiting: Sequence[int], wanted: int
) -> list[int] | None:
    """Of some rows without bytes those that made ``wanted`` layers; ``None`` where none fit."""
    if wanted == len(waiting):
        return list(waiting)
    keywords = {
        index: readable(entries[index].created_by, entries[index].comment).keyword
        for index in waiting
    }
    for makers in (_MAKERS, _MAKERS | {"WORKDIR"}):
        chosen = [index for index in waiting if keywords[index] in makers]
        if len(chosen) == wanted:
            return chosen
    # None: the classic builder's RUN that changed nothing.
    return None if wanted else []


def _config(
    found: Mapping[str, Any], diff_ids: tuple[Digest, ...], history: tuple[HistoryEntry, ...]
) -> ImageConfig:
    settings = found.get("Config")
    return ImageConfig(
        platform=platform_of(found),
        diff_ids=diff_ids,
        history=history,
        created=text_or_none(found.get("Created")),
        author=text_or_none(found.get("Author")) or None,
        settings=settings if isinstance(settings, dict) else {},
    )


def _time(seconds: object) -> str | None:
    if not isinstance(seconds, int):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return None
