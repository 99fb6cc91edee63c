"""Progress of a long read, told by a callback that is silent by default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Preview:
    """What an engine tells at once of an image whose content is still to come.

    ``size`` is in bytes; ``layers`` are (bytes, instruction), lowest first,
    those without content too.
    """

    name: str
    size: int | None
    layers: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One report: ``stage`` is a short phrase, ``done`` and ``total`` are bytes.

    ``total`` is ``None`` where it is unknown; it may be an estimate, so
    ``done`` may pass it.  ``layers`` is (read, to be read) where layers are
    counted.  ``preview`` comes with one step at most.
    """

    stage: str
    done: int = 0
    total: int | None = None
    preview: Preview | None = None
    layers: tuple[int, int] | None = None


class Progress(Protocol):
    """Receives steps, a few per second at most; may raise ``Interrupted``.

    It may be called from any thread.
    """

    def __call__(self, step: Step, /) -> None: ...


def silent(step: Step, /) -> None:
    """The default: nobody listens."""
