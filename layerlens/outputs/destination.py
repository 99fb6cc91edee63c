"""Files that outputs are written to: complete, or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from layerlens.errors import UsageError, Where
from layerlens.opening import open_to_write


@contextmanager
def file_destination(path: str) -> Iterator[BinaryIO]:
    """A binary stream to the file ``path``.

    It is written beside its place and renamed at the end, so that it is complete or
    not there.  Raises :class:`UsageError` where it cannot be written.
    """
    if path and os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        # A device or a pipe, such as /dev/stdout: there is nothing to rename.
        try:
            with open_to_write(path) as stream:
                yield stream
        except OSError as error:
            raise unwritable(path, error) from error
        return
    try:
        target = os.path.realpath(path)  # fails where the folder one is in was deleted
        # Not tempfile, which would load a dozen modules into every start.
        beside = os.path.join(os.path.dirname(target), f".layerlens-{os.urandom(8).hex()}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        os.chmod(beside, _mode(target))
        os.replace(beside, target)
    except BaseException as error:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        if isinstance(error, OSError):
            raise unwritable(path, error) from error
        raise


def check_file_writable(path: str) -> None:
    """Find out before a long read that an output cannot be written."""
    if "\0" in path:
        raise UsageError("cannot write: no file has such a name", where=Where(file=path))
    try:
        directory = os.path.dirname(os.path.realpath(path))
    except OSError as error:  # the folder one is in was deleted
        raise unwritable(path, error) from error
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        return  # a device or a pipe
    if not path or path.endswith("/") or os.path.isdir(path):
        raise UsageError("is a directory, not a file to write to", where=Where(file=path))
    if not os.path.isdir(directory):
        raise UsageError("cannot write: no such directory", where=Where(file=path))
    if not os.access(directory, os.W_OK):
        raise UsageError("cannot write: permission denied", where=Where(file=path))


def _mode(target: str) -> int:
    """The mode of the file that is replaced, or what the umask gives a new one."""
    try:
        return os.stat(target).st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def unwritable(path: str, error: OSError) -> UsageError:
    """The error for a place that cannot be written."""
    return UsageError(f"cannot write: {error.strerror or error}", where=Where(file=path))
