"""The parts of a source text, found by a process that can be ended: see ``colouring``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from array import array
from bisect import bisect_right

from layerlens.tui.viewmodel.colouring import STYLES
from layerlens.tui.viewmodel.shown import Piece

MOST_COLOURED = 200_000
"""Characters of a text that is given colours; a longer one is data more often than source."""

PATIENCE = 2.0
"""Seconds that finding the parts may take, the start of the process included."""

_LONGEST_NAME = 200
_SHEBANG = re.compile(
    r"#![ \t]*(?:[^ \t\n]*/)?env(?:[ \t]+-S)?[ \t]+([\w.+-]{1,40})|#![ \t]*(?:[^ \t\n]*/)?([\w.+-]{1,40})"
)


class Colours:
    """Which characters of a text have which style.

    ``language`` is a name for people.
    """

    def __init__(self, language: str, text: str, parts: array[int]) -> None:
        self.language = language
        self._at = parts[0::2]
        self._style = parts[1::2]
        lines, at = array("I"), 0
        while True:
            lines.append(at)
            at = text.find("\n", at) + 1
            if not at:
                break
        self._lines = lines

    def spans(self, line: int, text: str) -> list[Piece]:
        """A line of the text, each part with its style."""
        start = self._lines[line]
        stop = start + len(text)
        k = bisect_right(self._at, start) - 1
        out: list[Piece] = []
        at = start
        while at < stop:
            end = min(stop, self._at[k + 1]) if k + 1 < len(self._at) else stop
            style = STYLES[self._style[k]] if k >= 0 else ""
            if end > at:
                out.append((text[at - start : end - start], style))
                at = end
            k += 1
        return out


def colours(text: str, path: bytes, seconds: float = PATIENCE) -> Colours | None:
    r"""The parts of a text whose lines end with ``\n``.

    ``None`` where the language is not known, or this takes longer than
    ``seconds``.
    """
    if not text or len(text) > MOST_COLOURED:
        return None
    name = path[path.rfind(b"/") + 1 :][-_LONGEST_NAME:].decode("ascii", "backslashreplace")
    first = _SHEBANG.match(text[:200])
    interpreter = (first[1] or first[2] or "") if first else ""
    head = f"{name.replace(chr(10), ' ')}\n{interpreter}\n".encode("ascii", "replace")
    try:
        # -P: the folder that it is started in has no say in what is imported.
        done = subprocess.run(  # noqa: S603 - this interpreter, and our own file
            [sys.executable, "-P", _program()],
            input=head + f"{text}\n".encode("utf-8", "surrogatepass"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    language, line_end, parts = done.stdout.partition(b"\n")
    if done.returncode or not line_end:
        return None
    found = array("I")
    found.frombytes(parts[: len(parts) // (2 * found.itemsize) * 2 * found.itemsize])
    return Colours(language.decode("ascii", "replace"), text, found)


def _program() -> str:
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "colouring.py")
