"""Tell a saved analysis from everything else, without loading what reads one."""

from __future__ import annotations

import os

MAGIC = b"\x89LLsave\n"
"""How a saved analysis begins: not as text does, and broken by whoever transfers it as text."""


def is_saved(path: str) -> bool:
    """Whether a path is a file that begins like a saved analysis."""
    try:
        if not os.path.isfile(path):  # a pipe gives its bytes only once
            return False
        with open(path, "rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False
