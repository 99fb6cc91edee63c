"""The only writer to stdout; output files are written by ``outputs.destination``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from layerlens.cli.runner_log import exact
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
    """Write to stdout inside; a full disk is a :class:`UsageError`, a closed pipe itself."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except SystemExit as end:  # how rich answers a closed pipe
        raise BrokenPipeError from end
    except OSError as error:
        raise unwritable("stdout", error) from error


def check_writable(path: str) -> None:
    """Find out before a long read that an output cannot be written."""
    if path != "-":
        check_file_writable(path)
