"""Random bytes from a fixed seed: no two files are alike, and none compresses."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def fill(context: Path) -> None:
    """Write the build context."""
    noise = random.Random("e10 copies")
    (context / "tree").mkdir()
    for number in range(5):
        (context / "tree" / f"f{number}").write_bytes(noise.randbytes(1_000_000))
    (context / "a.bin").write_bytes(noise.randbytes(5_000_000))
