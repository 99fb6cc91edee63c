"""``layerlens compare OLD NEW --diff PATH``: what differs in one file, as a unified diff."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from layerlens.cli.output import stdout_guarded
from layerlens.comparison.model import PathChange, PathDelta
from layerlens.errors import UsageError, Where
from layerlens.layers.names import normalise
from layerlens.outputs.display import escape, escape_path
from layerlens.tui.viewmodel.content import MOST_BYTES, Content, text_of
from layerlens.tui.viewmodel.diff import content_diff, metadata
from layerlens.tui.viewmodel.preview import FileVersion, file_version
from layerlens.units import human_change

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis
    from layerlens.cli.comparing import Compared
    from layerlens.cli.diagnostics import Narrator
    from layerlens.retrieval import Retrieval

_LETTERS = {
    PathChange.ADDED: "A", PathChange.REMOVED: "D", PathChange.CONTENT: "C",
    PathChange.METADATA: "M", PathChange.TYPE: "T", PathChange.MOVED: "R",
}  # fmt: skip
"""What stands before a path in the list of a directory."""

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m", "#": "\x1b[2m"}


def print_diff(arguments: argparse.Namespace, found: Compared, narrator: Narrator) -> int:
    """Print it; gives the exit code.  Raises :class:`UsageError` where no image has the path."""
    from layerlens.cli.looking import has_colour

    path = normalise(os.fsencode(arguments.diff))
    to_terminal = sys.stdout.isatty()
    lines = _lines(path, arguments, found, narrator)
    colour = has_colour(arguments.color, terminal=to_terminal)
    with stdout_guarded():
        for line in lines:
            # Whatever shows it, a terminal or the log of a CI job, must not obey it.
            text = "\t".join(map(escape, line.split("\t")))
            style = _COLOURS.get(line[:1]) if colour else None
            sys.stdout.write(f"{style}{text}\x1b[0m\n" if style else f"{text}\n")
    return 0


def _lines(
    path: bytes, arguments: argparse.Namespace, found: Compared, narrator: Narrator
) -> Iterable[str]:
    comparison = found.comparison
    old, new = comparison.old, comparison.new
    delta = next((each for each in comparison.paths if path in (each.path, each.moved_from)), None)
    versions = [_version(old, path), _version(new, path)]
    if delta is not None and delta.change is PathChange.MOVED and delta.moved_from is not None:
        versions = [_version(old, delta.moved_from), _version(new, delta.path)]
    below = path + b"/" if path else b""
    inside = [each for each in comparison.paths if _is_below(each, below)]
    if not any(versions) and not inside and path:
        raise UsageError("neither image has it", where=Where(entry=path))
    kinds = {each.entry.kind for each in versions if each is not None}
    if kinds <= {"dir"}:
        return _directory(inside, delta, versions)
    a, b = versions
    contents = _contents(a, b, arguments, found, narrator)
    return _file(a, b, contents)


def _is_below(delta: PathDelta, below: bytes) -> bool:
    return delta.path.startswith(below) or (
        delta.moved_from is not None and delta.moved_from.startswith(below)
    )


def _version(analysis: Analysis, path: bytes) -> FileVersion | None:
    version = analysis.filesystem.live.get(path)
    return None if version is None else file_version(analysis.filesystem, version)


def _directory(
    inside: Iterable[PathDelta], delta: PathDelta | None, versions: list[FileVersion | None]
) -> Iterator[str]:
    """The paths that differ below a directory."""
    old, new = versions
    if delta is not None and old is not None and new is not None:
        yield from _metadata(old, new)
    some = False
    for each in inside:
        some = True
        shown = escape_path(each.path)
        if each.moved_from is not None:
            shown = f"{escape_path(each.moved_from)} -> {shown}"
        yield f"{_LETTERS[each.change]} {human_change(each.bytes):>12}  {shown}"
    if not some:
        yield "# nothing differs below"


def _metadata(old: FileVersion, new: FileVersion) -> Iterator[str]:
    for name, before, after in metadata(old, new):
        yield f"# {name}: {before or 'none'} -> {after or 'none'}"


class _Whole:
    """A content: as much of it as is compared, and the hash of all of it."""

    def __init__(self, pieces: Iterable[bytes], size: int) -> None:
        data = bytearray()
        state = hashlib.sha256()
        for piece in pieces:
            state.update(piece)
            if len(data) < MOST_BYTES:
                data += piece
        del data[MOST_BYTES:]
        self.content = Content(bytes(data), size)
        self.hash = state.hexdigest()


_NOTHING = _Whole((), 0)


def _contents(
    a: FileVersion | None,
    b: FileVersion | None,
    arguments: argparse.Namespace,
    found: Compared,
    narrator: Narrator,
) -> tuple[_Whole, _Whole] | None:
    """The contents of regular files, told first where they take more than reading them."""
    if any(each is not None and not each.has_content for each in (a, b)):
        return None
    read: list[_Whole] = []
    sides = (a, found.comparison.old), (b, found.comparison.new)
    with found.retrievals(arguments) as retrievals:
        for (version, analysis), retrieval in zip(sides, retrievals, strict=True):
            read.append(
                _NOTHING if version is None else _read(version, analysis, retrieval, narrator)
            )
    narrator.clear()
    return read[0], read[1]


def _read(
    version: FileVersion, analysis: Analysis, retrieval: Retrieval, narrator: Narrator
) -> _Whole:
    fs = analysis.filesystem
    said = retrieval.announcement([version.version])
    if said is not None:
        narrator.tell(f"layerlens: {said}")
    for _, pieces in retrieval.fetch([version.version], narrator.progress):
        return _Whole(pieces, fs.size(version.version))
    return _NOTHING


def _file(
    a: FileVersion | None, b: FileVersion | None, contents: tuple[_Whole, _Whole] | None
) -> Iterator[str]:
    if a is not None and b is not None:
        if a.entry.path != b.entry.path:
            yield f"# moved: {escape_path(a.entry.path)} -> {escape_path(b.entry.path)}"
        yield from _metadata(a, b)
    yield f"--- {'/dev/null' if a is None else 'old/' + escape_path(a.entry.path)}"
    yield f"+++ {'/dev/null' if b is None else 'new/' + escape_path(b.entry.path)}"
    if contents is None:
        for sign, version in (("-", a), ("+", b)):
            if version is not None:
                yield f"{sign}{_what(version)}"
        return
    old, new = contents
    if old.hash == new.hash and old.content.size == new.content.size:
        yield "# the content is the same"
        return
    if any(text_of(each.content) is None for each in contents if each.content.size):
        for sign, whole in (("-", old), ("+", new)):
            if whole is not _NOTHING:
                yield f"{sign}binary: {whole.content.size:,} bytes, sha256 {whole.hash}"
        return
    yield from _text(old.content, new.content)


def _what(version: FileVersion) -> str:
    entry = version.entry
    if entry.kind == "symlink":
        return f"symlink to {escape_path(entry.target or b'')}"
    if entry.device is not None:
        return f"{entry.kind} {entry.device[0]}:{entry.device[1]}"
    return f"{entry.kind} of {entry.size:,} bytes" if entry.kind == "file" else entry.kind


def _text(old: Content, new: Content) -> Iterator[str]:
    r"""Hunks of a unified diff; remarks stand behind ``#``, or ``\\`` within hunks."""
    found = content_diff(old, new)
    is_hunk = True
    for k in range(len(found)):
        line = found.line(k)
        if line.sign == "@":
            is_hunk = line.text.startswith("@@")
            yield line.text if is_hunk else f"# {line.text}"
        elif not is_hunk:
            yield f"# {line.sign}{line.text}"
        elif line.sign in "+- ":
            yield line.sign + line.text
        else:
            yield f"{chr(92) if k and is_hunk else '#'} {line.text}"
