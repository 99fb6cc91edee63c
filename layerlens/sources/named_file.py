"""A small file that the user named: a Dockerfile, settings, a report."""

from __future__ import annotations

from layerlens.errors import UsageError, Where


def read_named(path: str, most: int) -> bytes:
    """All of a file of at most ``most`` bytes.  Raises :class:`UsageError` with its path."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read: {error.strerror or error}", where=Where(file=path)
        ) from error
    if len(data) > most:
        raise UsageError(f"larger than {most} bytes", where=Where(file=path))
    return data
