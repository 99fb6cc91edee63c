"""Write files of an image into a folder, and never outside of it.

Names, links and modes come from strangers.  Nothing here joins paths: every
folder is opened from the one above it, without following a link, so neither a
link of the image nor one that somebody puts there meanwhile leads elsewhere.
No owner and no setuid, setgid or sticky bit is set; devices and pipes are not
made.  There is no recursion and no long path, so any depth will do.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from layerlens.errors import SourceError, UsageError, Where
from layerlens.filesystem.changes import Entry
from layerlens.filesystem.selection import Selection
from layerlens.layers.names import base, parent
from layerlens.layers.table import Kind
from layerlens.outputs.target import (
    FOLDER,
    IMPOSSIBLE,
    NEW_FILE,
    NO_LINKS,
    REPLACED,
    Folders,
    beside_name,
    is_folder,
    is_there,
    longest_name,
    stays_inside,
)
from layerlens.progress import Progress, silent
from layerlens.retrieval import Cost, Retrieval

ROOT_NAME = b"rootfs"
"""The folder that a whole image goes to."""

MOST_TOLD = 10_000
"""Skipped paths that are kept one by one."""

_EXISTS = "something of that name is there already"
_FOLDER_GONE = "its folder was replaced by something else meanwhile"


class Skipped(NamedTuple):
    """A path of the image that was not written, and why."""

    path: bytes
    why: str


@dataclass(slots=True)
class Extracted:
    """What was written.

    ``place`` is the file or folder; ``files`` are regular files, further names
    of one included, ``content_bytes`` what was written of them; ``skipped`` has the first
    ``MOST_TOLD`` of the ``skipped_count`` paths that were left out.
    """

    place: str
    files: int = 0
    folders: int = 0
    links: int = 0
    content_bytes: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0

    def skip(self, path: bytes, why: str) -> None:
        """Count a path that is left out."""
        self.skipped_count += 1
        if len(self.skipped) < MOST_TOLD:
            self.skipped.append(Skipped(path, why))


def extract(
    selection: Selection,
    retrieval: Retrieval,
    into: str,
    *,
    overwrite: bool = False,
    limit: int | None = None,
    progress: Progress = silent,
) -> Extracted:
    """Write a selection into the folder ``into``, under the last part of its path.

    ``into`` is made where its parent exists.  Nothing that exists is touched,
    but with ``overwrite``, which replaces files and adds to folders.  Symbolic
    links are made where they lead nowhere outside of the selection, others are
    skipped.  ``limit`` bounds the bytes of all contents.  Raises
    :class:`UsageError` where the target cannot be written or is too small,
    :class:`ImageError` where contents cannot be had.  Files that were complete
    by then stay, others are not there.
    """
    if os.open not in os.supports_dir_fd or not hasattr(os, "O_NOFOLLOW"):
        raise UsageError("this system has no safe way to extract files")
    size = selection.size
    if limit is not None and size > limit:
        raise UsageError(f"there are {size:,} bytes to extract, the limit is {limit:,}")
    contents = selection.contents()
    if any(retrieval.cost(version) is Cost.GONE for version in contents):
        raise SourceError(
            retrieval.announcement(contents) or "contents cannot be had again",
            hint="save the image to a file and look at that",
        )
    with _told(into):
        with suppress(FileExistsError):
            os.mkdir(into)
        target = os.open(into, FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
        try:
            free = shutil.disk_usage(target).free
            if size > free:
                raise UsageError(
                    f"there are {size:,} bytes to extract, and {free:,} bytes are free",
                    where=Where(file=into),
                )
            return _Extraction(selection, into, target, overwrite=overwrite).run(
                retrieval, progress
            )
        finally:
            os.close(target)


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Inside, an error of the operating system is told as one of writing to a place."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write: {error.strerror or error}", where=Where(file=place)
        ) from error


class _Extraction:
    def __init__(self, selection: Selection, into: str, target: int, *, overwrite: bool) -> None:
        self._fs = selection.fs
        self._selection = selection
        self._target = target
        self._overwrite = overwrite
        name = base(selection.top) or ROOT_NAME
        self._done = Extracted(os.path.join(into, os.fsdecode(name)))
        self._base = parent(selection.top)
        self._name_max = longest_name(target)
        self._bad: set[bytes] = set()
        self._folders = Folders(self._base, target)

    def run(self, retrieval: Retrieval, progress: Progress) -> Extracted:
        top = self._selection.top
        name = base(top) or ROOT_NAME
        if not self._overwrite and is_there(name, self._target):
            raise UsageError(
                "is there already", where=Where(file=self._done.place), hint="name another folder"
            )
        root = -1
        try:
            if not top:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=self._target)
                root = os.open(name, FOLDER, dir_fd=self._target)
                self._folders = Folders(b"", root)
                self._done.folders += 1
            self._make_folders()
            self._write_files(retrieval, progress)
            self._make_links()
        finally:
            self._folders.close()
            if root >= 0:
                os.close(root)
        return self._done

    def _entries(self) -> Iterator[tuple[bytes, Entry]]:
        """Everything that is selected, folders before what is in them."""
        for path in sorted(self._selection.versions):
            yield path, self._fs.entry(self._selection.versions[path])

    # ------------------------------------------------------------------------- folders

    def _make_folders(self) -> None:
        fs, versions = self._fs, self._selection.versions
        modes = dict.fromkeys(self._unlisted(), 0o755)
        for path, version in versions.items():
            if fs.kinds[version] == Kind.DIR:
                modes[path] = fs.entry(version).mode
        for path in sorted(modes):
            if self._usable(path) and not self._make_folder(path, modes[path]):
                self._bad.add(path)

    def _unlisted(self) -> set[bytes]:
        """Folders between what is selected and the top that are not selected themselves."""
        known: set[bytes] = set()
        versions = self._selection.versions
        for path in versions:
            up = parent(path) if path else path
            while up != self._base and up and up not in versions and up not in known:
                known.add(up)
                up = parent(up)
        return known

    def _usable(self, path: bytes) -> bool:
        """Whether a path can be written; what cannot is skipped and told, once."""
        name, up = base(path), parent(path)
        why = ""
        if up in self._bad:
            why = "its folder was skipped"
        elif name in (b"", b".", b"..") or b"\0" in name:
            why = "a name that no folder can hold"
        elif len(name) > self._name_max:
            why = f"a name longer than the {self._name_max} bytes that the target can hold"
        if not why:
            return True
        self._bad.add(path)
        self._done.skip(path, why)
        return False

    def _make_folder(self, path: bytes, mode: int) -> bool:
        try:
            at = self._folders.open(parent(path))
        except OSError as error:
            return self._folder_gone(path, error)
        try:
            # Its owner must be able to write into it, and to delete it again.
            os.mkdir(base(path), mode & 0o777 | 0o700, dir_fd=at)
        except FileExistsError:
            if not self._overwrite or not is_folder(base(path), at):
                self._done.skip(path, _EXISTS)
                return False
        except OSError as error:
            return self._impossible(path, error)
        self._done.folders += 1
        return True

    def _folder_gone(self, path: bytes, error: OSError) -> bool:
        if error.errno not in REPLACED:
            raise error
        self._done.skip(path, _FOLDER_GONE)
        return False

    def _impossible(self, path: bytes, error: OSError) -> bool:
        if error.errno not in IMPOSSIBLE:
            raise error
        self._done.skip(path, f"the target cannot hold it: {error.strerror}")
        return False

    # --------------------------------------------------------------------------- files

    def _write_files(self, retrieval: Retrieval, progress: Progress) -> None:
        names: dict[int, list[bytes]] = {}
        for version, paths in self._selection.contents().items():
            usable = [path for path in paths if self._usable(path)]
            if usable:
                names[version] = usable
        for version, pieces in retrieval.fetch(list(names), progress):
            first, *others = names[version]
            if not self._write(first, version, pieces):
                for path in others:
                    self._done.skip(path, "the file that it is another name of was skipped")
                continue
            for path in others:
                self._another_name(first, path)

    def _write(self, path: bytes, version: int, pieces: Iterable[bytes]) -> bool:
        entry = self._fs.entry(self._selection.versions[path])
        try:
            at = self._folders.open(parent(path))
        except OSError as error:
            return self._folder_gone(path, error)
        return self._place(path, at, pieces, entry, self._fs.size(version))

    def _place(
        self, path: bytes, at: int, pieces: Iterable[bytes], entry: Entry, size: int
    ) -> bool:
        """A file written beside its name, which it gets when it is complete."""
        name, beside = base(path), beside_name()
        if not self._overwrite and is_there(name, at):
            self._done.skip(path, _EXISTS)
            return False
        fd = os.open(beside, NEW_FILE, entry.mode & 0o777, dir_fd=at)
        try:
            try:
                _fill(fd, pieces, size)
                with suppress(OSError, OverflowError, ValueError):
                    os.utime(fd, (entry.mtime, entry.mtime))
            finally:
                os.close(fd)
            if not self._named(beside, name, at):
                self._done.skip(path, _EXISTS)
                return False
        except OSError as error:
            return self._impossible(path, error)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=at)
        self._done.files += 1
        self._done.content_bytes += size
        return True

    def _named(self, beside: bytes, name: bytes, at: int) -> bool:
        """Give a complete file its name; false where something else has it."""
        if self._overwrite:
            if is_folder(name, at):
                return False
            os.rename(beside, name, src_dir_fd=at, dst_dir_fd=at)
            return True
        try:
            # Unlike a rename, a link never replaces anything.
            os.link(beside, name, src_dir_fd=at, dst_dir_fd=at, follow_symlinks=False)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            if is_there(name, at):
                return False
            os.rename(beside, name, src_dir_fd=at, dst_dir_fd=at)
        return True

    def _another_name(self, first: bytes, path: bytes) -> None:
        """A further name of a file that was written: a hard link, else a copy."""
        try:
            source = os.dup(self._folders.open(parent(first)))
        except OSError as error:
            self._folder_gone(path, error)
            return
        try:
            at = self._folders.open(parent(path))
            self._link_or_copy(source, base(first), at, path)
        except OSError as error:
            self._folder_gone(path, error)
        finally:
            os.close(source)

    def _link_or_copy(self, source: int, first: bytes, at: int, path: bytes) -> None:
        beside = beside_name()
        try:
            os.link(first, beside, src_dir_fd=source, dst_dir_fd=at, follow_symlinks=False)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            self._copy(source, first, at, path)
            return
        try:
            if self._named(beside, base(path), at):
                self._done.files += 1
            else:
                self._done.skip(path, _EXISTS)
        except OSError as error:
            self._impossible(path, error)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=at)

    def _copy(self, source: int, first: bytes, at: int, path: bytes) -> None:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        fd = os.open(first, flags | getattr(os, "O_CLOEXEC", 0), dir_fd=source)
        try:
            info = os.fstat(fd)
            if not stat.S_ISREG(info.st_mode):
                self._done.skip(path, _FOLDER_GONE)
                return
            entry = self._fs.entry(self._selection.versions[path])
            self._place(path, at, _read(fd), entry, info.st_size)
        finally:
            os.close(fd)

    # --------------------------------------------------------------------------- links

    def _make_links(self) -> None:
        """Symbolic links come last; devices and pipes do not come at all."""
        for path, entry in self._entries():
            if entry.kind in ("file", "hardlink", "dir") or not self._usable(path):
                continue
            if entry.kind != "symlink":
                self._done.skip(path, f"a {_WORDS[entry.kind]}")
            elif not stays_inside(entry.target or b"", self._depth(path)):
                self._done.skip(path, "a symbolic link that leads out of what is extracted")
            else:
                self._make_link(path, entry.target or b"")

    def _depth(self, path: bytes) -> int:
        """How many folders lie between a path and the top; -1 for the top itself."""
        top = self._selection.top
        return path.count(b"/") - (top.count(b"/") + 1 if top else 0)

    def _make_link(self, path: bytes, leads_to: bytes) -> None:
        try:
            at = self._folders.open(parent(path))
        except OSError as error:
            self._folder_gone(path, error)
            return
        beside = beside_name()
        try:
            os.symlink(leads_to, beside, dir_fd=at)
            if self._named(beside, base(path), at):
                self._done.links += 1
            else:
                self._done.skip(path, _EXISTS)
        except OSError as error:
            self._impossible(path, error)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=at)


_WORDS = {"char": "character device", "block": "block device", "fifo": "named pipe"}


def write_content(
    selection: Selection, retrieval: Retrieval, stream: BinaryIO, progress: Progress = silent
) -> None:
    """Write the content of one file to a stream.

    Raises :class:`UsageError` where the selection is not one regular file.
    """
    if not selection.is_file:
        raise UsageError(
            "is not a regular file",
            where=Where(entry=selection.top or b"/"),
            hint="name a folder to extract it to",
        )
    version = selection.fs.inode(selection.versions[selection.top])
    for _, pieces in retrieval.fetch([version], progress):
        stream.writelines(pieces)


def _fill(fd: int, pieces: Iterable[bytes], size: int) -> None:
    left = size
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise UsageError(f"the content is longer than the {size:,} bytes announced")
        view = memoryview(piece)
        while view:
            view = view[os.write(fd, view) :]


def _read(fd: int) -> Iterator[bytes]:
    while piece := os.read(fd, 1 << 18):
        yield piece
