"""A small file that the user named: a Dockerfile, a baseline, a report."""

from __future__ import annotations

from layerlens.errors import UsageError, Where
from layerlens.opening import open_to_read


def read_named(path: str, most: int) -> bytes:
    """All of a file of at most ``most`` bytes.  Raises :class:`UsageError` with its path."""
    try:
        with open_to_read(path) as stream:
            data = stream.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(f"cannot read: {reason or error}", where=Where(file=path)) from error
    if len(data) > most:
        raise UsageError(f"larger than {most} bytes", where=Where(file=path))
    return data
