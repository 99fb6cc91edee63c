"""stdout and stderr where they are a CI job's log, whose runner obeys some lines of it."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_RUNNERS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Variables of runners that obey their log: GitHub's (Gitea's, Forgejo's), Azure's, TeamCity's."""


def guard_log(environ: Mapping[str, str] = os.environ) -> None:
    """Let nothing that is printed from here on read as a command of a runner.

    What goes to a file stays as it is.
    """
    if not any(environ.get(name) for name in _RUNNERS):
        return
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and not _is_file(stream):
            setattr(sys, name, guarded(stream))


def guarded(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """A stream to the same place, through which no command passes."""
    stream.flush()
    return io.TextIOWrapper(
        cast("BinaryIO", _Guarded(stream)),
        encoding=stream.encoding,
        errors=stream.errors,
        newline="\n",
        line_buffering=stream.line_buffering,
    )


def exact(stream: TextIO) -> BinaryIO:
    """The bytes' way to a stream that changes none of them: for what is no text."""
    guard: object = stream.buffer
    if isinstance(guard, _Guarded):
        stream.flush()
        return guard.behind
    return stream.buffer


def is_guarded(stream: TextIO) -> bool:
    """Whether a stream is one that :func:`guarded` gave."""
    return isinstance(getattr(stream, "buffer", None), _Guarded)


def write_commands(lines: Iterable[str]) -> None:
    """Write lines to stderr that a runner shall obey."""
    out = exact(sys.stderr)
    for line in lines:
        out.write(f"{line}\n".encode("utf-8", "backslashreplace"))
    out.flush()


class _Guarded(io.BufferedIOBase):
    """Passes bytes on to ``behind``, commands escaped."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        from layerlens.outputs.runner_log import Inert

        self._stream = stream  # which would close its file, were it forgotten
        self.behind = cast("BinaryIO", stream.buffer)
        self._inert = Inert()

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        piece = bytes(data)
        self.behind.write(self._inert.passed(piece))
        return len(piece)

    def flush(self) -> None:
        self.behind.flush()

    def fileno(self) -> int:
        return self.behind.fileno()

    def isatty(self) -> bool:
        return self.behind.isatty()


def _is_file(stream: io.TextIOWrapper) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
