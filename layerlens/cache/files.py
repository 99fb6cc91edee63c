"""Records as files: written whole or not at all, bounded together, the oldest first to go.

    DIRECTORY/CACHEDIR.TAG                 tells backup programs to pass it by
    DIRECTORY/v1-little/layers/3f…e2       one file per record
    DIRECTORY/v1-little/tmp/…              records that are being written

There is no lock and no index.  A record is written beside its place and
renamed, so that a reader sees the old one, the new one or none.  Nothing is
synced: what a power cut leaves half written fails its checksum, and costs a
second reading.  Only names of this form are ever counted or deleted, whatever
else lies in the directory.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from layerlens.cache.envelope import VERSION_NAME

MAX_RECORD = 1 << 31
"""Bytes of one file that is read; a layer of 20 million entries takes less."""

TOUCH_EVERY = 3600
"""Seconds after which the use of a record is noted again, in its modification time."""

LEFTOVER_AGE = 3600
"""Seconds after which a half-written record has lost its writer."""

KEEP_SHARE = 0.9
"""The share of the bound that pruning leaves, so that not every record prunes."""

_VERSION = re.compile(r"v[0-9]+-(little|big)")
_KIND = re.compile(r"[a-z]+")
_NAME = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = "tmp"
_TAG = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# Layers that LayerLens has read.  See https://bford.info/cachedir/\n"
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One record on disk.  ``size`` is bytes, ``used`` seconds since the epoch."""

    version: str
    kind: str
    path: str
    size: int
    used: float


class Files:
    """The files below one directory.  No method raises ``OSError``.

    ``limit`` bounds all records together, in bytes.  ``problems`` says in
    words why records are not kept or not used, each reason once.
    """

    def __init__(self, directory: str, limit: int) -> None:
        self.directory = directory
        self.limit = limit
        self.problems: list[str] = []
        self._root = os.path.join(directory, VERSION_NAME)
        self._lock = Lock()
        self._total: int | None = None
        self._trusted: bool | None = None
        self._writable = True

    # ------------------------------------------------------------- one record

    def read(self, kind: str, name: str) -> bytes | None:
        """The bytes of a record, whose use is noted."""
        path = os.path.join(self._root, kind, name)
        try:
            # Not to wait for whoever opens the other end of a pipe of that name.
            handle = os.open(path, os.O_RDONLY | _BINARY | _NO_WAIT)
        except OSError:
            return None
        try:
            info = os.fstat(handle)
            if not stat.S_ISREG(info.st_mode) or info.st_size > MAX_RECORD or not self._trust():
                return None
            parts = []
            while part := os.read(handle, info.st_size + 1):
                parts.append(part)
        except OSError:
            return None
        finally:
            os.close(handle)
        if time.time() - info.st_mtime > TOUCH_EVERY:
            with suppress(OSError):
                os.utime(path)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, kind: str, name: str, data: bytes, *, new: bool = False) -> bool:
        """Put a record in its place; with ``new``, only where there is none.

        Gives whether it is there now.
        """
        if not self._writable or len(data) > self.limit:
            return False
        try:
            self._make_ready()
            if not self._trust():
                self._writable = False
                return False
            try:
                written = self._place(kind, name, data, new=new)
            except FileNotFoundError:  # somebody has just cleared the cache
                self._make_ready()
                try:
                    written = self._place(kind, name, data, new=new)
                except FileNotFoundError:  # and again: this record is lost, the next may not be
                    return False
        except OSError as error:
            self._give_up(error)
            return False
        if written:
            self._count(len(data))
        return written

    def _place(self, kind: str, name: str, data: bytes, *, new: bool) -> bool:
        for folder in (kind, _TEMPORARY):
            with suppress(FileExistsError):
                os.mkdir(os.path.join(self._root, folder), 0o700)
        beside = os.path.join(self._root, _TEMPORARY, f"{os.getpid()}-{os.urandom(8).hex()}")
        target = os.path.join(self._root, kind, name)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        try:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(handle, view) :]
            finally:
                os.close(handle)
            if new and hasattr(os, "link"):
                try:
                    os.link(beside, target)
                except FileExistsError:
                    return False
                except OSError as error:
                    if error.errno not in _NO_LINKS:
                        raise
                    os.replace(beside, target)
            else:
                os.replace(beside, target)
        finally:
            with suppress(OSError):
                os.unlink(beside)
        return True

    # ------------------------------------------------------------- the directory

    def _make_ready(self) -> None:
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(self._root, 0o700)
            self._trusted = None
        tag = os.path.join(self.directory, "CACHEDIR.TAG")
        if not os.path.lexists(tag):
            handle = os.open(tag, os.O_WRONLY | os.O_CREAT | _BINARY, 0o600)
            try:
                os.write(handle, _TAG)
            finally:
                os.close(handle)

    def _trust(self) -> bool:
        """Whether nobody else can have put records there; looked at once."""
        if self._trusted is None:
            try:
                info = os.lstat(self._root)
            except OSError:
                return False
            fault = None
            if not stat.S_ISDIR(info.st_mode):
                fault = "is no directory"
            elif hasattr(os, "geteuid") and info.st_uid != os.geteuid():
                fault = "belongs to another user"
            elif hasattr(os, "geteuid") and info.st_mode & 0o022:
                fault = "can be written by other users"
            self._trusted = fault is None
            if fault is not None:
                self._tell(f"the layer cache is not used: {self._root} {fault}")
        return self._trusted

    def _give_up(self, error: OSError) -> None:
        self._writable = False
        self._tell(f"layers are not kept in {self.directory}: {error.strerror or error}")

    def _tell(self, problem: str) -> None:
        with self._lock:
            if problem not in self.problems:
                self.problems.append(problem)

    # ------------------------------------------------------------- all records

    def stored(self) -> Iterator[StoredFile]:
        """All records, those of other versions too, in no order."""
        for version, kind, path, info in self._entries():
            if kind != _TEMPORARY and _NAME.fullmatch(os.path.basename(path)):
                yield StoredFile(version, kind, path, info.st_size, info.st_mtime)

    def _entries(self) -> Iterator[tuple[str, str, str, os.stat_result]]:
        for version in _names(self.directory):
            if not _VERSION.fullmatch(version):
                continue
            for kind in _names(os.path.join(self.directory, version)):
                if not _KIND.fullmatch(kind):
                    continue
                try:
                    with os.scandir(os.path.join(self.directory, version, kind)) as entries:
                        for entry in entries:
                            with suppress(OSError):
                                info = entry.stat(follow_symlinks=False)
                                if stat.S_ISREG(info.st_mode):
                                    yield version, kind, entry.path, info
                except OSError:
                    continue

    def _count(self, size: int) -> None:
        """Add a record that was written to the total, and prune where that passes the bound.

        The directory is gone through once per process that writes; what
        others write meanwhile is seen by the next.
        """
        with self._lock:
            if self._total is None:
                self._sweep()
                self._total = sum(each.size for each in self.stored())
            else:
                self._total += size
            if self._total > self.limit:
                self._total = self._prune()

    def _sweep(self) -> None:
        """Delete what killed writers have left."""
        old = time.time() - LEFTOVER_AGE
        for _, kind, path, info in self._entries():
            if kind == _TEMPORARY and info.st_mtime < old:
                with suppress(OSError):
                    os.unlink(path)

    def _prune(self) -> int:
        """Delete what was used longest ago; gives the bytes that are left."""
        found = sorted(self.stored(), key=lambda each: each.used)
        total = sum(each.size for each in found)
        for each in found:
            if total <= self.limit * KEEP_SHARE:
                break
            with suppress(OSError):
                os.unlink(each.path)
            total -= each.size
        return total

    def clear(self) -> tuple[int, int]:
        """Delete all records, of every version; gives how many and their bytes.

        What could not be deleted is told in ``problems``.
        """
        records = size = 0
        for each in list(self.stored()):
            try:
                os.unlink(each.path)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._tell(f"cannot delete {each.path}: {error.strerror or error}")
                continue
            records += 1
            size += each.size
        for _, kind, path, _ in list(self._entries()):
            if kind == _TEMPORARY:
                with suppress(OSError):
                    os.unlink(path)
        for version in _names(self.directory):
            if _VERSION.fullmatch(version):
                top = os.path.join(self.directory, version)
                for folder in [*(os.path.join(top, kind) for kind in _names(top)), top]:
                    with suppress(OSError):  # not empty: something else lies there
                        os.rmdir(folder)
        with self._lock:
            self._total = None
        return records, size


_BINARY = getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES)
"""What file systems without hard links answer."""


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
