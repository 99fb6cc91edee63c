"""An archive that has passed, and the way to have it once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from layerlens.progress import Progress


@dataclass(frozen=True, slots=True)
class Again:
    """How an archive that has passed can be had once more.

    ``open`` gives its tar, uncompressed, while it is used as a context; it raises
    :class:`ImageError` where it is not the same any more.  ``engine`` names the
    engine that has to export it, ``None`` where it is a file.  ``size`` is about
    how many bytes that takes, where that is known.  ``exact`` says that it is the
    same stream byte for byte; ``whole`` that the tar is itself the only layer.
    """

    open: Callable[[Progress], AbstractContextManager[Iterator[bytes]]]
    engine: str | None = None
    size: int | None = None
    exact: bool = False
    whole: bool = False
