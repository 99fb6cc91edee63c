"""Open what lies at a path: an archive of any shape, or a directory."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from layerlens.errors import FormatError, ImageError, NotAnImageError, SourceError, Where
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import INDEX_LIMIT, parse_any
from layerlens.image.reference import Scheme
from layerlens.layers import limits
from layerlens.layers.compression import Compression, decompress, sniff
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.readahead import read_ahead
from layerlens.layers.reader import PlainFile, lead
from layerlens.opening import OtherEndError, TerminalError, open_to_read
from layerlens.progress import Progress, Step, silent
from layerlens.sources import directory, docker_archive, flat, oci_layout
from layerlens.sources.again import Again
from layerlens.sources.directory_store import DirectoryStore
from layerlens.sources.file_store import FileStore
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.place import file_place
from layerlens.sources.record import Record, build, choose
from layerlens.sources.remembered import RememberedStore, is_flat
from layerlens.sources.store import Store, changed
from layerlens.sources.stream_store import StreamStore

_STEP = 1 << 16
_MOST_NEIGHBOURS = 200
"""Other images of an archive that are asked whether they are the base."""

_MAX_WRAPS = 2
"""Compressions around an archive that are undone (a .gz of a .gz happens)."""


def open_path(
    path: str,
    options: ReadOptions,
    *,
    scheme: Scheme = Scheme.PATH,
    selector: str | None = None,
    reference: str | None = None,
    progress: Progress = silent,
) -> Image:
    """The image at a path.

    ``scheme`` other than ``PATH`` insists on that shape.  Raises
    :class:`ImageError`; :class:`UsageError` where a choice is needed.
    """
    store = open_store(path, options, progress)
    image = _image_in(store, path, options, scheme, selector, reference or path)
    if isinstance(store, StreamStore) and store.again is not None:
        image.again = replace(store.again, whole=isinstance(image.store, flat.FlatStore))
    return image


def open_stdin(options: ReadOptions, progress: Progress = silent) -> Image:
    """The image of the archive that comes on ``options.stdin``, in one pass.

    Nothing is kept on disk, so whatever needs a second read of its contents cannot
    be had.  Raises :class:`ImageError`.
    """
    stream = options.stdin
    if stream is None:
        raise SourceError("there is no stdin to read an image from")
    try:
        info = os.fstat(stream.fileno())
        total = info.st_size if stat.S_ISREG(info.st_mode) else None
    except (OSError, ValueError):
        total = None
    store = _stream(_read_stream(stream), STDIN, options, progress, total)
    return _image_in(store, STDIN, options, Scheme.PATH, None, "-")


STDIN = "stdin"
"""How messages name it."""


def _read_stream(stream: BinaryIO) -> Iterator[bytes]:
    """What a pipe has, as it comes; a terminal or a closed one is told."""
    try:
        while piece := stream.read(_STEP):
            yield piece
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"cannot read: {reason}", where=Where(file=STDIN)) from error


def _image_in(
    store: Store,
    path: str,
    options: ReadOptions,
    scheme: Scheme,
    selector: str | None,
    reference: str,
) -> Image:
    """Choose the image of a store, and describe it.  The store is closed where that fails."""
    try:
        twice = _listed_twice(store)
        store, records = records_in(store, options, scheme)
        record = choose(records, store, options, selector)
        record.notes += twice
        image = build(record, store, reference, options)
    except ImageError as error:
        store.close()
        raise error.at(Where(file=path)) from error
    except BaseException:
        store.close()
        raise
    image.base_candidates = lambda: _neighbours(records, record)
    return image


def _listed_twice(store: Store) -> list[Diagnostic]:
    """Tools differ on which of two members of one name counts; docker load takes the last."""
    if not isinstance(store, (FileStore, StreamStore)):
        return []
    return [
        Diagnostic("duplicate-member", f"{name.decode()} is there more than once; the last counts")
        for name in (b"manifest.json", b"index.json")
        if store.table.names.count(name) > 1
    ]


def _neighbours(records: list[Record], chosen: Record) -> list[tuple[str, tuple[Digest, ...]]]:
    """The other images of an archive, of which one may be the base."""
    found = []
    for record in records[:_MOST_NEIGHBOURS]:
        if record is chosen or record.absent:
            continue
        try:
            config, _ = record.build()
        except ImageError:
            continue  # broken, but nobody asked for it
        known = record.id or record.digest
        name = record.tags[0] if record.tags else known.short if known else "an untagged image"
        found.append((name, config.diff_ids))
    return found


def open_store(path: str, options: ReadOptions, progress: Progress = silent) -> Store:
    """The blobs at a path.  A compressed archive is read to its end here."""
    try:
        info = os.stat(path)
        if stat.S_ISDIR(info.st_mode):
            os.listdir(path)  # tells now whether it can be read
            return DirectoryStore(path)
        if not stat.S_ISREG(info.st_mode):
            return _stream(_read_pipe(path), path, options, progress, None)
        file = PlainFile(path)
    except OSError as error:
        raise SourceError(
            f"cannot open: {error.strerror or error}", where=Where(file=path)
        ) from error
    if file.size == 0:
        file.close()
        raise NotAnImageError("the file is empty", where=Where(file=path))
    try:
        head = file.read(0, 512)
        if sniff(head) is not Compression.NONE:
            store = _passing(file, options, progress)
            store.again = _again(path, file.status)
            file.close()
            return store
        _insist_on_tar(head, path)
        return FileStore(file)
    except BaseException:
        file.close()
        raise


def _passing(file: PlainFile, options: ReadOptions, progress: Progress) -> StreamStore:
    """A compressed archive: from memory where it has passed before, else read through."""
    cache = options.cache
    place = file_place(file.path, file.status, file.opened)
    if cache is not None and place is not None:
        # A layer that expands beyond the bound is kept as the error that it was.
        place = f"{place}\0{options.max_layer}"
        found = cache.archive(place) if options.verify is not True else None
        if found is not None and (options.examiner is None or not is_flat(found)):
            return RememberedStore(
                found, file.path, cache, lambda: _reopened(file.path, options, progress)
            )
    pieces = file.pieces(0, file.size, _STEP)
    store = _stream(pieces, file.path, options, progress, file.size)
    if cache is not None and place is not None:
        cache.keep_archive(place, store.passed())
    return store


def _plain_file(path: str) -> PlainFile:
    try:
        return PlainFile(path)
    except OSError as error:
        raise SourceError(
            f"cannot open: {error.strerror or error}", where=Where(file=path)
        ) from error


def _reopened(path: str, options: ReadOptions, progress: Progress) -> StreamStore:
    """A compressed archive once more, because the memory of it has holes.

    Nothing of it arrives as it passes: whoever asks for a layer tells of that one.
    """
    options = replace(options, arrivals=None)
    file = _plain_file(path)
    try:
        pieces = file.pieces(0, file.size, _STEP)
        return _stream(pieces, path, options, progress, file.size)
    finally:
        file.close()


def _read_pipe(path: str) -> Iterator[bytes]:
    try:
        with open_to_read(path, buffered=False) as pipe:
            while piece := pipe.read(_STEP):
                yield piece
    except TerminalError as error:
        raise SourceError("is a terminal, not an image", where=Where(file=path)) from error
    except OtherEndError as error:
        raise SourceError(
            error.strerror or str(error),
            where=Where(file=path),
            hint="start what writes the image first",
        ) from error


def _stream(
    pieces: Iterable[bytes],
    path: str,
    options: ReadOptions,
    progress: Progress,
    total: int | None,
) -> StreamStore:
    """Undo the compressions around an archive, and read it in one pass."""
    ahead = read_ahead(_unwrapped(_metered(pieces, progress, total), path))
    try:
        return StreamStore(
            ahead,
            path,
            limit=options.max_layer,
            examiner=options.examiner,
            arrivals=options.arrivals,
        )
    finally:
        ahead.close()


def _unwrapped(tar: Iterator[bytes], path: str) -> Iterator[bytes]:
    """An archive without the compressions around it, which are undone as far as they show."""
    try:
        for _ in range(_MAX_WRAPS + 1):
            first = lead(tar)
            compression = sniff(first)
            if compression is Compression.NONE:
                break
            tar = decompress(_chain(first, tar), compression, limit=limits.MAX_ARCHIVE)
        else:
            raise NotAnImageError("compressed more than twice")
        if not first:
            raise NotAnImageError("there is nothing in it")
        _insist_on_tar(first, path)
    except ImageError as error:
        raise error.at(Where(file=path)) from error
    return _chain(first, tar)


def _again(path: str, status: os.stat_result) -> Again:
    """How to read a compressed archive once more; ``status`` is what it was when it passed."""

    @contextmanager
    def opened(progress: Progress) -> Iterator[Iterator[bytes]]:
        file = _plain_file(path)
        try:
            if _state(file.status) != _state(status):
                raise changed(path)
            pieces = _metered(file.pieces(0, file.size, _STEP), progress, file.size)
            ahead = read_ahead(_unwrapped(pieces, path))
            try:
                yield ahead
            finally:
                ahead.close()
            if file.changed():
                raise changed(path)
        finally:
            file.close()

    return Again(opened, size=status.st_size, exact=True)


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _metered(pieces: Iterable[bytes], progress: Progress, total: int | None) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        done += len(piece)
        progress(Step("reading the archive", done, total))
        yield piece


def _insist_on_tar(head: bytes, path: str) -> None:
    """Tell what is plainly something else in better words than a bad checksum."""
    if head[257:262] == b"ustar" or not head[:512].strip(b"\0"):
        return
    digits = head[148:156].strip(b" \0")
    if len(head) < 512 or not digits.isdigit():
        raise NotAnImageError(
            "not a tar archive, nor a compressed one",
            where=Where(file=path),
            hint="give an archive made by docker save, podman save, skopeo copy or docker export",
        )


def records_in(
    store: Store, options: ReadOptions, scheme: Scheme = Scheme.PATH
) -> tuple[Store, list[Record]]:
    """Recognise the layout by what is there, never by names of files on disk.

    Gives the store to read from, too: a flat archive is its own only blob.
    """
    finders: list[tuple[Scheme, Callable[[], list[Record]]]] = []
    if store.has("manifest.json"):
        listed = _manifest_json(store)
        if isinstance(listed, dict):
            return store, directory.find(store, options)
        finders.append((Scheme.DOCKER_ARCHIVE, lambda: docker_archive.find(store, options)))
    if store.has("index.json"):
        finders.append((Scheme.OCI_ARCHIVE, lambda: oci_layout.find(store, options)))
    if scheme is Scheme.OCI_DIR:
        scheme = Scheme.OCI_ARCHIVE
    for shape, find in finders:
        if scheme in (Scheme.PATH, shape):
            return store, find()
    wanted = "a docker archive" if scheme is Scheme.DOCKER_ARCHIVE else "an OCI layout"
    if scheme is not Scheme.PATH:
        raise NotAnImageError(
            f"not {wanted}: there is no "
            + ("manifest.json" if scheme is Scheme.DOCKER_ARCHIVE else "index.json"),
            where=Where(file=store.label),
        )
    return _without_manifest(store)


def _manifest_json(store: Store) -> object:
    return parse_any(store.document("manifest.json", INDEX_LIMIT), "manifest.json", INDEX_LIMIT)


_ENGINES_OWN = re.compile(
    r"blobs/sha256/|[0-9a-f]{64}/layer\.tar$|[0-9a-f]{64}\.(tar|json)|sha256:[0-9a-f]{64}$"
)
"""Names that only image archives have."""

_ENGINES_FOLDERS = re.compile(r"blobs(/sha256)?$|[0-9a-f]{64}(/|$)")
"""Names that they begin with; no root filesystem has these and nothing else."""


def _is_rest(store: Store, names: list[str]) -> bool:
    """Whether names are what is left of an archive that was cut between members."""
    if any(_ENGINES_OWN.match(name) for name in names):
        return True
    if not isinstance(store, (FileStore, StreamStore)):
        return False
    inside = store.table.names[:10]
    return bool(inside) and all(_ENGINES_FOLDERS.match(os.fsdecode(name)) for name in inside)


def _without_manifest(store: Store) -> tuple[Store, list[Record]]:
    names = list(store.names())
    where = Where(file=store.label)
    if "repositories" in names and any(name.endswith("/layer.tar") for name in names):
        raise NotAnImageError(
            "saved by a Docker Engine before 1.10, without manifest.json",
            where=where,
            hint="load it into a current engine and save it again",
        )
    if any(name.count("/") == 1 and name.endswith("/Chart.yaml") for name in names):
        raise NotAnImageError("this is not a container image: a helm chart", where=where)
    if _is_rest(store, names):
        raise FormatError(
            "an image's blobs without index.json or manifest.json",
            where=where,
            hint="the archive is incomplete: save or copy the image again",
        )
    if not isinstance(store, (FileStore, StreamStore)):
        raise NotAnImageError(
            "the directory holds no image: no index.json and no manifest.json",
            where=where,
            hint="give an OCI layout, a skopeo directory or an unpacked docker archive",
        )
    return flat.FlatStore(store), flat.records()
