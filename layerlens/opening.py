"""Files that the user names, opened so that no name makes us wait for ever.

A name may lead to a pipe that nobody has open at its other end, where a plain ``open``
hangs, or to a terminal, from which nothing comes that anybody meant.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PATIENCE = 20.0
"""Seconds that a named pipe is waited for until somebody opens its other end."""

_LOOK_AGAIN = 0.05
"""Seconds between two looks for somebody at the other end."""

_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class OtherEndError(OSError):
    """Nobody has the other end of a pipe; ``strerror`` is what errors say of it."""

    def __init__(self, what: str) -> None:
        super().__init__(errno.EPIPE, what)


class TerminalError(OSError):
    """A terminal stands where a file belongs."""

    def __init__(self) -> None:
        super().__init__(errno.ENOTSUP, "is a terminal")


def open_to_read(path: str, *, buffered: bool = True) -> BinaryIO:
    """Open a file, a device or a pipe.  Raises :class:`OSError`, and :class:`ValueError` for a NUL."""
    fd = os.open(path, os.O_RDONLY | _NO_WAIT | _BINARY)
    try:
        first = _begun(fd)
        os.set_blocking(fd, True)
        raw = io.FileIO(fd, "rb")  # raises for a directory
    except BaseException:
        with suppress(OSError):  # FileIO closes what it refuses
            os.close(fd)
        raise
    found = cast("io.RawIOBase", raw) if not first else _Begun(first, raw)
    return cast("BinaryIO", io.BufferedReader(found) if buffered else found)


def open_to_write(path: str, *, append: bool = False) -> BinaryIO:
    """Open a file that is there, a device or a pipe to write to, or with ``append`` a new file.

    Raises :class:`OSError`.
    """
    flags = os.O_WRONLY | (os.O_APPEND | os.O_CREAT if append else os.O_TRUNC) | _NO_WAIT | _BINARY
    fd = _open_with_reader(path, flags)
    try:
        os.set_blocking(fd, True)
        return open(fd, "ab" if append else "wb")
    except BaseException:
        with suppress(OSError):
            os.close(fd)
        raise


def _begun(fd: int) -> bytes:
    """Refuse terminals, and wait until a pipe has a writer.

    Gives what was read to find out, a byte at most.
    """
    mode = os.fstat(fd).st_mode
    if stat.S_ISCHR(mode) and os.isatty(fd):
        raise TerminalError
    if not stat.S_ISFIFO(mode):
        return b""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    end = time.monotonic() + PATIENCE
    # Bytes, or whoever wrote has gone; one who is there and silent shows in a read alone.
    while not poll.poll(_LOOK_AGAIN * 1000):
        try:
            if first := os.read(fd, 1):
                return first
        except BlockingIOError:
            return b""
        if time.monotonic() >= end:
            raise OtherEndError("is a pipe that nobody writes to")
    return b""


class _Begun(io.RawIOBase):
    """A pipe of which something was read already."""

    def __init__(self, first: bytes, rest: io.FileIO) -> None:
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        if not self._first:
            return self._rest.readinto(buffer)
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._first))
        view[:count], self._first = self._first[:count], self._first[count:]
        return count

    def close(self) -> None:
        self._rest.close()
        super().close()


def _open_with_reader(path: str, flags: int) -> int:
    """Open to write, where that is a pipe as soon as it has a reader."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return os.open(path, flags, 0o666)
        except OSError as error:
            # ENXIO is a socket's answer, too.
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(os.stat(path).st_mode):
                raise
            if time.monotonic() >= end:
                raise OtherEndError("is a pipe that nobody reads from") from error
        time.sleep(_LOOK_AGAIN)
