"""What is printed where a machine reads along: runners that obey lines of their log.

GitHub's runner obeys a line that starts with ``::``, whatever blanks stand before, and
``##[`` anywhere in a line (``src/Runner.Common/ActionCommand.cs`` of actions/runner);
Azure's obeys ``##vso[`` and TeamCity ``##teamcity[``.  They compare as people read, so that
invisible characters in between do not help.  Names in images must not have such a say.
"""

from __future__ import annotations

import re

# Whatever is not printable ASCII counts as invisible: escaping too much now and then does no harm.
_UNSEEN = rb"[^\x20-\x7e\r\n]*"
_WORD = rb"[^\x20-\x40\x5b-\x60\x7b-\x7e\r\n]{0,60}"
_COMMAND = re.compile(
    rb"(?<=[\r\n])(?P<colon>[^\x21-\x7e\r\n]*:" + _UNSEEN + rb"):"
    rb"|(?P<hashes>#" + _UNSEEN + rb"#" + _WORD + rb")\["
)  # fmt: skip
_OPEN_START = re.compile(rb"[\r\n][^\x21-\x7e\r\n]*(?P<colon>:?)" + _UNSEEN)
_OPEN_HASHES = re.compile(rb"#" + _UNSEEN + rb"(?:#" + _WORD + rb")?\Z")
_LINE_START, _LINE_MIDDLE = b"\n", b"x"
_LONGEST = 4096
"""Bytes at the end of a piece that are searched for the start of a sign."""


class Inert:
    r"""Bytes on their way to a log, in pieces: what reads as a command is escaped.

    The last character of its sign becomes ``\u003a`` or ``\u005b``: in JSON that is the
    same character, elsewhere it is shown as our other escapes are.
    """

    def __init__(self) -> None:
        self._before = _LINE_START
        """What of the line so far could become a command, in as few bytes as say so."""

    def passed(self, piece: bytes) -> bytes:
        """The next piece, harmless."""
        if not piece:
            return piece
        whole = self._before + piece
        made = _COMMAND.sub(_escaped, whole)
        made = made[len(self._before) :]
        self._before = _still_open(whole)
        return made


def _escaped(match: re.Match[bytes]) -> bytes:
    if match["colon"] is not None:
        return match["colon"] + rb"\u003a"
    return match["hashes"] + rb"\u005b"


def _still_open(text: bytes) -> bytes:
    """The end of a text, as far as what follows could make a command of it."""
    line = text[max(text.rfind(b"\n"), text.rfind(b"\r"), 0) :]
    start = _OPEN_START.fullmatch(line)
    if start is not None:
        return _LINE_START + start["colon"]
    hashes = _OPEN_HASHES.search(line, max(0, len(line) - _LONGEST))
    return _LINE_MIDDLE + (hashes[0] if hashes is not None else b"")
