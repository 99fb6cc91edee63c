"""The sample images as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sample_images import build
from tests.engine.engine import Engine


@dataclass(frozen=True, slots=True)
class Archives:
    """What ``docker save`` writes of samples, built where they are not yet.

    Each is written once: that takes the engine three times as long as the tool
    takes to read it.
    """

    engine: Engine
    sample: Callable[[str], str]
    folder: Path
    _kept: dict[str, Path] = field(default_factory=dict)

    def __call__(self, name: str) -> Path:
        """The archive of a sample, which the caller leaves as it is."""
        if name not in self._kept:
            self.sample(name)
            self._kept[name] = build.save(self.engine, name, self.folder)
        return self._kept[name]

    def drop(self, name: str) -> None:
        """Make room: all of them together need several gigabytes."""
        self._kept.pop(name).unlink()
