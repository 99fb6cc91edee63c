"""Bytes as people write them."""

from __future__ import annotations

SIZE_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
              "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}  # fmt: skip
"""Bytes by what stands before the ``B`` of a unit, in lower case."""


def human_size(size: int) -> str:
    """Bytes in SI units: ``999 B``, ``1.2 MB``."""
    if abs(size) < 1000:
        return f"{size} B"
    # Late: the start of the command line must not pay for it.
    import humanize

    return humanize.naturalsize(size)


def human_change(size: int) -> str:
    """A change in bytes: ``+1.2 MB``, ``-300 B``, ``0 B``."""
    return f"+{human_size(size)}" if size > 0 else human_size(size)
