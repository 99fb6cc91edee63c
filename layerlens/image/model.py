"""The values that describe an image, whatever medium it came from.

All text in them was written by strangers: it is escaped where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layerlens.image.digest import Digest


@dataclass(frozen=True, slots=True)
class Platform:
    """Operating system, architecture and variant, in Go's words."""

    os: str
    architecture: str
    variant: str | None = None

    def __str__(self) -> str:
        tail = f"/{self.variant}" if self.variant else ""
        return f"{self.os}/{self.architecture}{tail}"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One row of the configuration's history (image-spec, config.md)."""

    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool = False


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """An image configuration, checked for shape.

    ``settings`` is the ``config`` object (Env, Cmd, Labels, User, …) as it
    stands in the file; ``diff_ids`` give the order of the layers.
    """

    platform: Platform | None
    diff_ids: tuple[Digest, ...]
    history: tuple[HistoryEntry, ...] = ()
    created: str | None = None
    author: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels whose keys and values are text."""
        found = self.settings.get("Labels")
        if not isinstance(found, dict):
            return {}
        return {k: v for k, v in found.items() if isinstance(k, str) and isinstance(v, str)}

    @property
    def user(self) -> str:
        """Whom the container runs as, as it was written: ``user[:group]``, names or numbers."""
        found = self.settings.get("User")
        return found.strip() if isinstance(found, str) else ""

    @property
    def names_root(self) -> bool:
        """Whether that user is root by its own words: none at all, the name, or the number 0."""
        name = self.user.partition(":")[0]
        return name in {"", "root"} or (name.isascii() and name.isdigit() and not name.strip("0"))


@dataclass(frozen=True, slots=True)
class Instruction:
    """A history row made readable.

    ``text``    one line such as ``RUN apt-get update``, without builder noise
    ``keyword`` its first word (``RUN``, ``COPY``, …), or ``""`` where unknown
    ``args``    build arguments that the builder put before a RUN, apart
    ``raw``     ``created_by`` exactly as recorded (``""`` where there was none)
    """

    text: str
    keyword: str = ""
    args: tuple[str, ...] = ()
    raw: str = ""


@dataclass(frozen=True, slots=True)
class LayerHistory:
    """What history says of one layer.

    ``instruction`` is the one that made it; ``group`` holds the preceding
    metadata or empty RUN rows that a builder folded into this layer.
    ``row`` is the index in the history, ``None`` where the layer has no row.
    """

    instruction: Instruction
    created: str | None = None
    comment: str | None = None
    row: int | None = None
    group: tuple[Instruction, ...] = ()


@dataclass(frozen=True, slots=True)
class BaseBoundary:
    """How many of the lowest layers are the base image's, and how we know.

    ``boundary`` is ``exact``, ``declared``, ``guessed`` or ``none`` (all
    layers are yours); ``layers`` the count; ``rests_on`` a phrase for people;
    ``name`` the base's reference where one is known.
    """

    boundary: str = "none"
    layers: int = 0
    rests_on: str = ""
    name: str | None = None
