"""The place of a file's bytes, as text that changes whenever the bytes may have."""

from __future__ import annotations

import os

SETTLED = 2_000_000_000
"""Nanoseconds that a file must have been left alone.

Within the grain of a file system's clock (2 s on FAT) a file can change
without its times telling; Git calls such a file "racily clean".
"""


def file_place(path: str, info: os.stat_result, looked_at: int) -> str | None:
    """Path, device, inode, size and times of a file.

    ``looked_at`` is when ``info`` was asked for, in nanoseconds since the
    epoch.  ``None`` where the file was changed just before that, or after it
    by some other clock.
    """
    if looked_at - max(info.st_mtime_ns, info.st_ctime_ns) < SETTLED:
        return None
    numbers = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    return "\0".join((os.path.realpath(path), *map(str, numbers)))
