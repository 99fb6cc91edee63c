"""Bytes as people write them."""

from __future__ import annotations


def human_size(size: int) -> str:
    """Bytes in SI units: ``999 B``, ``1.2 MB``."""
    if abs(size) < 1000:
        return f"{size} B"
    # Late: the start of the command line must not pay for it.
    import humanize

    return humanize.naturalsize(size)
