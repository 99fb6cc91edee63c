"""The folder that files are extracted to: opened part by part, no link followed."""

from __future__ import annotations

import errno
import os
import stat
from collections import OrderedDict

from layerlens.layers.names import base, parent

# Flags with getattr are missing on systems that have no safe way to extract.
FOLDER = (
    os.O_RDONLY
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
"""Flags that open a folder, and nothing else in its place."""

NEW_FILE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
"""Flags that make a file where nothing is."""

OPEN_FOLDERS = 64
"""How many stay open: far fewer than a process may have."""

IMPOSSIBLE = frozenset((errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL))
"""What a file system says of a name that it cannot hold."""

REPLACED = frozenset((errno.ENOTDIR, errno.ELOOP, errno.ENOENT, errno.EMLINK))
"""What opening a folder says where something else is in its place."""

NO_LINKS = frozenset((errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EXDEV))
"""What a file system says that makes no (more) hard links."""


class Folders:
    """Open folders of the target by their paths in the image; the latest ones stay open.

    ``base`` is the path of the folder that ``fd`` is.
    """

    def __init__(self, base: bytes, fd: int) -> None:
        self._base = base
        self._fd = fd
        self._open: OrderedDict[bytes, int] = OrderedDict()

    def open(self, path: bytes) -> int:
        """The folder of that path, which stays open until others are asked for.

        Raises ``OSError``, of ``REPLACED`` where there is no folder, or a link.
        """
        missing: list[bytes] = []
        at = path
        while at != self._base and at not in self._open:
            if not at:
                raise FileNotFoundError(errno.ENOENT, "not below the target")
            missing.append(at)
            at = parent(at)
        if at == self._base:
            fd = self._fd
        else:
            self._open.move_to_end(at)
            fd = self._open[at]
        for path_below in reversed(missing):
            fd = os.open(base(path_below), FOLDER, dir_fd=fd)
            self._open[path_below] = fd
            if len(self._open) > OPEN_FOLDERS:
                os.close(self._open.popitem(last=False)[1])
        return fd

    def close(self) -> None:
        for fd in self._open.values():
            os.close(fd)
        self._open.clear()


def stays_inside(target: bytes, depth: int) -> bool:
    """Whether a link's target stays below the top, from a folder so deep below it.

    ``..`` may stand at its beginning only: behind a name it could begin anywhere,
    since that may be a link itself.
    """
    if not target or target.startswith(b"/") or depth < 0:
        return False
    parts = [part for part in target.split(b"/") if part not in (b"", b".")]
    up = 0
    while up < len(parts) and parts[up] == b"..":
        up += 1
    return up <= depth and b".." not in parts[up:]


def beside_name() -> bytes:
    """A name that nobody else has."""
    return f".layerlens-{os.urandom(8).hex()}".encode()


def is_there(name: bytes, at: int) -> bool:
    """Whether anything, a dangling link too, has a name in a folder."""
    try:
        os.stat(name, dir_fd=at, follow_symlinks=False)
    except OSError as error:
        # What cannot be there is told when it is made.
        return error.errno not in (errno.ENOENT, *IMPOSSIBLE)
    return True


def is_folder(name: bytes, at: int) -> bool:
    """Whether a name in a folder is a folder itself, not a link to one."""
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
    except OSError:
        return False


def longest_name(fd: int) -> int:
    """Bytes of a name that the file system of a folder can hold."""
    try:
        found = os.fpathconf(fd, "PC_NAME_MAX")
    except (OSError, ValueError):
        return 255
    return found if found > 0 else 255
