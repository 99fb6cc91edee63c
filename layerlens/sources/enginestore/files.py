"""Files in the folders of an engine, read without following what an image has put there.

A rootless engine's folders belong to its user, and a layer's folder is filled
by the image's author.  Whoever looks may be root.  So nothing here follows a
symbolic link below the folder that it was given, waits for a pipe, or opens a
device.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from layerlens.errors import UnfitStoreError, Where

_STEP = 1 << 18
# The last two are missing on systems that no engine's folders are on.
_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)
_FOLDER = getattr(os, "O_PATH", _OPEN) | _OPEN | getattr(os, "O_DIRECTORY", 0)


def read_small(path: str, limit: int) -> bytes:
    """A small file of an engine, whole.

    Raises :class:`UnfitStoreError` with the path where it is not there, not
    readable, no regular file, or longer than ``limit`` bytes.
    """
    data = bytearray()
    for piece in read_pieces(path):
        data += piece
        if len(data) > limit:
            raise UnfitStoreError(f"longer than the {limit} bytes expected", where=Where(file=path))
    return bytes(data)


def read_pieces(path: str) -> Iterator[bytes]:
    """A file of an engine in pieces; it is open while they are asked for.

    Raises :class:`UnfitStoreError`, when the first piece is asked for.
    """
    try:
        fd = os.open(path, _OPEN)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise UnfitStoreError("not a regular file", where=Where(file=path))
        while piece := os.read(fd, _STEP):
            yield piece
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(fd)


def unreadable(path: str, error: OSError) -> UnfitStoreError:
    """The error for a file of an engine that cannot be opened or read."""
    return UnfitStoreError(f"cannot read: {error.strerror or error}", where=Where(file=path))


def entry_content(folder: str, name: bytes, size: int) -> Iterator[bytes] | None:
    """The content of a regular file of ``size`` bytes below a folder that an image has filled.

    ``name`` is a normalised path.  It is gone through part by part, each opened
    from the one before, so that neither a link nor a rename meanwhile leads out
    of the folder.  ``None`` where there is no such file, or one of another size.
    The file is open while pieces are asked for.
    """
    *above, last = name.split(b"/")
    if not last or last == b".." or b".." in above or not hasattr(os, "O_NOFOLLOW"):
        return None
    try:
        at = os.open(folder, _FOLDER & ~os.O_NOFOLLOW)
    except OSError as error:
        raise unreadable(folder, error) from error
    try:
        for part in above:
            inside = os.open(part, _FOLDER, dir_fd=at)
            os.close(at)
            at = inside
        fd = os.open(last, _OPEN, dir_fd=at)
    except PermissionError as error:
        raise unreadable(os.path.join(folder, os.fsdecode(name)), error) from error
    except (OSError, ValueError):
        return None  # a link, a device without a driver, no such name
    finally:
        os.close(at)
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_size != size:
        os.close(fd)
        return None
    return _Content(fd, size, os.path.join(folder, os.fsdecode(name)))


class _Content(Iterator[bytes]):
    """The bytes of an open file, which is closed at its end or when nobody asks any more."""

    def __init__(self, fd: int, size: int, path: str) -> None:
        self._fd = fd
        self._left = size
        self._path = path

    def __next__(self) -> bytes:
        if not self._left:
            self._close()
            raise StopIteration
        try:
            piece = os.read(self._fd, min(_STEP, self._left))
        except OSError as error:
            raise unreadable(self._path, error) from error
        if not piece:
            self._close()
            raise UnfitStoreError(
                f"{self._left} bytes of the content are missing", where=Where(file=self._path)
            )
        self._left -= len(piece)
        return piece

    def _close(self) -> None:
        self._left = 0
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with suppress(OSError):
                os.close(fd)

    def __del__(self) -> None:
        self._close()
