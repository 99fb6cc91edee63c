"""What a text that is typed lets through of paths: the same in all lists of files."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate
from itertools import repeat

from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rowfilter import RowFilter

Path = bytes
"""A path, raw, without a leading slash."""

_GLOB = "*?["


def matching(paths: Sequence[Path], wanted: RowFilter) -> Iterable[bool]:
    """Which paths have a text in them, or which path or last part fits a glob; as in the tree."""
    if wanted.match is Match.GLOB:
        return _matches(paths, wanted.text)
    shown = (b"/" + b"\0/".join(paths)).decode("utf-8", "surrogateescape").split("\0")
    return wanted.flags(shown)


def _matches(paths: Sequence[Path], text: str) -> Iterable[bool]:
    """As in the tree: a text anywhere in the path; a glob fits the last part, or all."""
    ending = text[1:]
    if text.startswith("/"):  # paths are shown with one
        paths = [b"/" + path for path in paths]
    if not any(sign in text for sign in _GLOB):
        return _having(paths, text, operator.contains)
    if text.startswith("*") and ending and not any(sign in ending for sign in _GLOB + "/"):
        return _having(paths, ending, bytes.endswith)  # the most used glob, and far quicker
    matches = re.compile(translate(text.rstrip("/").casefold())).match
    names: Iterable[str] = _folded(b"\0".join(paths)).split("\0")
    if "/" not in text:
        names = (name[name.rfind("/") + 1 :] for name in names)
    return map(bool, map(matches, names))


def _having(paths: Sequence[Path], text: str, test: Callable[[Path, Path], bool]) -> Iterable[bool]:
    """Asks ``test`` of every path and a text, without a difference of case."""
    if text.isascii():
        return map(test, map(bytes.lower, paths), repeat(text.lower().encode()))
    wanted = text.casefold().encode("utf-8", "surrogateescape")
    # As one long text, all paths are folded at once; none contains a NUL.
    folded = _folded(b"\0".join(paths)).encode("utf-8", "surrogateescape")
    return map(test, folded.split(b"\0"), repeat(wanted))


def _folded(path: Path) -> str:
    return path.decode("utf-8", "surrogateescape").casefold()
