"""The only writer to stdout; output files are written by ``outputs.destination``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from layerlens.cli.runner_log import exact
from layerlens.errors import LayerLensError, UsageError, Where
from layerlens.outputs.destination import check_file_writable, file_destination, unwritable


@contextmanager
def destination(path: str, *, binary: bool = False) -> Iterator[BinaryIO]:
    """A binary stream to ``path``, or to stdout for ``-``; a file is complete or not there.

    ``binary`` says that what is written is no text: the log of a CI job changes none of it.
    Raises :class:`UsageError` where it cannot be written.
    """
    if path == "-":
        with stdout_guarded():
            yield exact(sys.stdout) if binary else sys.stdout.buffer
        return
    with file_destination(path) as stream:
        yield stream


@contextmanager
def stdout_guarded() -> Iterator[None]:
    """Write to stdout inside; a full disk is a :class:`UsageError`.

    Where the reader has gone (head, less) the rest of the block is left out, and nothing
    else: other outputs are still written, and a gate has its exit code.
    """
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the latter is how rich answers a closed pipe
        _silence()
    except OSError as error:
        raise unwritable("stdout", error) from error


def _silence() -> None:
    """Let nobody hear any more of a closed pipe."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def check_writable(path: str) -> None:
    """Find out before a long read that an output cannot be written."""
    if path != "-":
        check_file_writable(path)


def check_apart(
    outputs: Iterable[tuple[str, str]],
    images: Iterable[str | None] = (),
    files: Iterable[str | None] = (),
) -> None:
    """Find out before a long read that an output would replace another one, or what is read.

    ``outputs`` are options and their paths, ``images`` references, ``files`` whatever
    else is read.  Raises :class:`UsageError`.
    """
    taken: dict[str, str] = {}
    kept: set[str] | None = None
    for option, path in outputs:
        if path == "-" or (os.path.exists(path) and not os.path.isfile(path)):
            continue  # devices and pipes take any number
        place = os.path.realpath(path)
        if kept is None:
            read = [*filter(None, map(_archive, filter(None, images))), *filter(None, files)]
            kept = {os.path.realpath(each) for each in read if os.path.isfile(each)}
        if place in kept:
            raise UsageError(
                f"is read here, and --{option} would replace it",
                where=Where(file=path),
                hint="give another file",
            )
        if place in taken:
            raise UsageError(
                f"--{taken[place]} and --{option} cannot both be written to it",
                where=Where(file=path),
                hint="give each a file",
            )
        taken[place] = option


def _archive(reference: str) -> str | None:
    """The file that a reference names, if it does."""
    from layerlens.image.reference import parse_reference

    try:
        return parse_reference(reference, os.path.exists).location
    except LayerLensError:
        return None  # told when it is read
