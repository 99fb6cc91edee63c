"""What differs between two versions of a path: metadata first, then the content."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from layerlens.tui.viewmodel.content import Content, Text, text_of
from layerlens.tui.viewmodel.hexdump import WIDE, HexLines
from layerlens.tui.viewmodel.linediff import Block, compare
from layerlens.tui.viewmodel.magic import form_of
from layerlens.tui.viewmodel.preview import FileVersion, what, when
from layerlens.tui.viewmodel.shown import Check, Piece, cells_of, never, shown
from layerlens.tui.viewmodel.text import count, permissions, safe_text, size
from layerlens.tui.viewmodel.textlines import LONGEST, MOST_FOUND

CONTEXT = 3
"""Unchanged lines around a change."""

MOST_LINES = 200_000
"""Lines of each text that are compared; others end here."""

_MOST_BINARY = 16
"""Differing stretches of two binary files that are shown."""

_BINARY_STEP = 1 << 12
_LINES_A_CHECK = 32


@dataclass(frozen=True, slots=True)
class DiffLine:
    """``sign`` is ``+``, ``-``, ``@`` (where a hunk begins), ``!`` (a remark) or a blank.

    ``number`` is the line's in its file, or empty; ``text`` is a stranger's.
    """

    sign: str
    text: str
    number: str = ""


class DiffLines:
    """The difference as lines; ``hunks`` are those on which a change begins.

    Columns rather than an object a line: two long texts have hundreds of
    thousands of them, and collecting garbage among those is felt on the screen.
    """

    _STYLES: Mapping[str, str] = MappingProxyType(
        {"+": "added", "-": "removed", "@": "hunk", "!": "dim", "=": "heading"}
    )

    def __init__(self, old: Sequence[str] = (), new: Sequence[str] = ()) -> None:
        self._texts = old, new
        self._said: list[str] = []
        self._signs = bytearray()
        self._source = bytearray()
        """Where a line's text is from: 0 the old text, 1 the new one, 2 what is said here."""
        self._at = array("I")
        self.hunks: list[int] = []
        self._digits = 0

    def compare(self, old: Sequence[str], new: Sequence[str]) -> None:
        """The texts whose lines :meth:`take` takes, by index."""
        self._texts = old, new
        self._digits = len(str(max(len(old), len(new))))

    def say(self, sign: str, text: str) -> None:
        """Add a line of its own."""
        if sign in "@=":
            self.hunks.append(len(self._signs))
        self._add(sign, 2, len(self._said))
        self._said.append(text)

    def take(self, sign: str, source: int, index: int) -> None:
        """Add a line of the old (0) or the new text (1)."""
        self._add(sign, source, index)

    def _add(self, sign: str, source: int, index: int) -> None:
        self._signs.append(ord(sign))
        self._source.append(source)
        self._at.append(index)

    def __len__(self) -> int:
        return len(self._signs)

    def line(self, line: int) -> DiffLine:
        """One line, looked up."""
        sign, source, index = chr(self._signs[line]), self._source[line], self._at[line]
        if source == 2:
            return DiffLine(sign, self._said[index])
        return DiffLine(sign, self._texts[source][index].removesuffix(_OPEN), str(index + 1))

    def gutter(self, line: int) -> list[Piece]:
        it = self.line(line)
        sign = it.sign if it.sign in "+-" else " "
        return [(f"{it.number:>{self._digits}} ", "guide"), (f"{sign} ", self._style(it))]

    def _style(self, line: DiffLine) -> str:
        return self._STYLES.get(line.sign, "")

    def pieces(self, line: int, cells: int) -> list[Piece]:
        it = self.line(line)
        return shown(((it.text[:LONGEST], self._style(it)),), cells)

    def width(self, line: int) -> int:
        return cells_of(self.pieces(line, 10 * LONGEST))

    def find(self, text: str, check: Check = never) -> list[int]:
        text = text.lower()
        found: list[int] = []
        for k in range(len(self) if text else 0):
            if not k % _LINES_A_CHECK:
                check()
            if text in self.line(k).text[:LONGEST].lower():
                found.append(k)
        return found[:MOST_FOUND]


def diff(
    old: FileVersion,
    new: FileVersion,
    contents: tuple[Content, Content] | None,
    check: Check = never,
) -> DiffLines:
    """Compare two versions; ``contents`` are theirs where both have one.

    This takes its time: not for the UI's thread.  ``check`` is called now and
    then, and may raise.
    """
    out = DiffLines()
    changes = metadata(old, new)
    if changes:
        out.say("=", "metadata")
        width = max(len(name) for name, _, _ in changes)
        for name, before, after in changes:
            if before:
                out.say("-", f"{name:<{width}}  {before}")
            if after:
                out.say("+", f"{name:<{width}}  {after}")
    if contents is None:
        if not changes:
            out.say("!", "there is no difference")
        return out
    check()
    if changes:
        out.say(" ", "")
    start = len(out)
    _contents(out, *contents, check)
    if start == len(out):
        out.say("!", "the content is the same")
    return out


def content_diff(old: Content, new: Content, check: Check = never) -> DiffLines:
    """Compare two contents alone: no lines where they are the same."""
    out = DiffLines()
    _contents(out, old, new, check)
    return out


# ---------------------------------------------------------------------- metadata


def metadata(old: FileVersion, new: FileVersion) -> list[tuple[str, str, str]]:
    """What differs besides the content: name, before, after; safe text, empty for nothing."""
    a, b = old.entry, new.entry
    pairs = [
        ("type", what(a), what(b)),
        ("size", f"{count(a.size)} bytes", f"{count(b.size)} bytes"),
        ("mode", _mode(a.kind, a.mode), _mode(b.kind, b.mode)),
        ("owner", f"{a.uid}:{a.gid}", f"{b.uid}:{b.gid}"),
        ("modified", _time(a.mtime), _time(b.mtime)),
    ]
    found = [pair for pair in pairs if pair[1] != pair[2]]
    before, after = dict(old.xattrs), dict(new.xattrs)
    found += [
        (safe_text(name, 60), _value(before.get(name)), _value(after.get(name)))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    return found


def _mode(kind: str, mode: int) -> str:
    return f"{permissions(kind, mode)} {mode:04o}"


def _time(mtime: float) -> str:
    """A time to the nanosecond where it has parts of a second, so that any change shows."""
    part = f"{mtime % 1:.9f}"[1:].rstrip("0") if mtime % 1 else ""
    return when(mtime) + part


def _value(value: bytes | None) -> str:
    """An extended attribute's value; most of them are numbers that only a kernel reads."""
    if value is None:
        return ""
    if value.isascii() and value.decode("ascii").isprintable():
        return f'"{safe_text(value, 100)}"'
    return value[:32].hex(" ", 4) + ("…" if len(value) > 32 else "") + f" ({count(len(value))} B)"


# ---------------------------------------------------------------------- content


def _contents(out: DiffLines, old: Content, new: Content, check: Check) -> None:
    cut = [c for c in (old, new) if not c.is_whole]
    if old.data == new.data and not cut:
        return
    a, b = text_of(old), text_of(new)
    if a is not None and b is not None:
        _texts(out, a, b, old, new, check)
        return
    if cut:
        least = min(len(old.data), len(new.data))
        out.say("!", f"compared: the first {size(least)} of each")
    for line in _binaries(old, new):
        out.say(line.sign, line.text)


def _texts(out: DiffLines, a: Text, b: Text, old: Content, new: Content, check: Check) -> None:
    for name, before, after in (
        ("encoding", a.encoding, b.encoding),
        ("line ends", a.line_ends or b.line_ends, b.line_ends or a.line_ends),
    ):
        if before != after and {before, after} != {"ASCII", "UTF-8"}:
            out.say("@", name)
            out.say("-", before)
            out.say("+", after)
    for which, content in (("old", old), ("new", new)):
        if not content.is_whole:
            part = f"first {size(len(content.data))} of {size(content.size)}"
            out.say("!", f"compared of the {which}: {part}")
    lines = _lines(a, old), _lines(b, new)
    if max(map(len, lines)) > MOST_LINES:
        out.say("!", f"compared: the first {count(MOST_LINES)} lines of each")
        for each in lines:
            del each[MOST_LINES:]
    found = compare(*lines, check=check)
    if not found.is_exact:
        out.say(
            "!", "compared quickly, as there is too much for more: lines may be paired oddly"
        )  # fmt: skip
    out.compare(*lines)

    def take(sign: str, source: int, start: int, end: int) -> None:
        for k in range(start, end):
            out.take(sign, source, k)
            if not k % _LINES_A_CHECK:
                check()
        if sign != " " and end > start and lines[source][end - 1].endswith(_OPEN):
            out.say("!", "no line end at the end of the file")

    for group in _groups(found.blocks):
        out.say("@", _header(group))
        for block in group:
            if block.same:
                take(" ", 1, block.new, block.new_end)
            else:
                take("-", 0, block.old, block.old_end)
                take("+", 1, block.new, block.new_end)


_OPEN = "\n"
"""Ends a last line without line end, to make it differ from one with: no line holds it."""


def _lines(text: Text, content: Content) -> list[str]:
    lines = text.text.split("\n")
    if not lines[-1]:
        lines.pop()
    elif content.is_whole:
        lines[-1] += _OPEN
    return lines


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Changes with their context; those closer than two contexts are one group."""
    group: list[Block] = []
    for k, block in enumerate(blocks):
        if not block.same:
            group.append(block)
            continue
        length = block.old_end - block.old
        is_last = k == len(blocks) - 1
        if group and not is_last and length <= 2 * CONTEXT:
            group.append(block)
            continue
        if group:
            kept = min(length, CONTEXT)
            group.append(block._replace(old_end=block.old + kept, new_end=block.new + kept))
            yield group
            group = []
        if not is_last:
            kept = min(length, CONTEXT)
            group.append(block._replace(old=block.old_end - kept, new=block.new_end - kept))
    if any(not block.same for block in group):
        yield group


def _header(group: Sequence[Block]) -> str:
    first, last = group[0], group[-1]
    old, new = last.old_end - first.old, last.new_end - first.new
    return f"@@ -{first.old + bool(old)},{old} +{first.new + bool(new)},{new} @@"


# ---------------------------------------------------------------------- binary


def _binaries(old: Content, new: Content) -> Iterator[DiffLine]:
    """The first stretches that differ, as hex dumps of both."""
    a, b = old.data, new.data
    forms = form_of(a) or "binary", form_of(b) or "binary"
    form = forms[0] if forms[0] == forms[1] else " and ".join(forms)
    rows = _differing(a, b)
    first = next(rows, None)
    if first is None:
        if len(a) == len(b):
            yield DiffLine("!", "no difference in what was compared")
            return
        least = min(len(a), len(b))
        yield DiffLine("@", f"{form}: the same up to byte {count(least)}, where one of them ends")
        first = least // WIDE
    else:
        at = _first_difference(a, b, first * WIDE)
        yield DiffLine("@", f"{form}: differ from byte {count(at)} (0x{at:x}) on")
    shown_rows = [first]
    for row in rows:
        if len(shown_rows) == _MOST_BINARY:
            break
        shown_rows.append(row)
    for before, row in pairwise([-1, *shown_rows]):
        if before >= 0 and row != before + 1:
            yield DiffLine(" ", "⋮")
        start = row * WIDE
        for sign, data in (("-", a), ("+", b)):
            part = data[start : start + WIDE]
            if part:
                dump = HexLines(part, WIDE, start)
                pieces = [*dump.gutter(0), *dump.pieces(0, dump.width(0))]
                yield DiffLine(sign, "".join(text for text, _ in pieces))
    if len(shown_rows) == _MOST_BINARY:
        yield DiffLine("!", "there may be more")


def _differing(a: bytes, b: bytes) -> Iterator[int]:
    """The rows of a hex dump that differ where both files go on."""
    both = min(len(a), len(b))
    for start in range(0, both, _BINARY_STEP):
        stop = min(both, start + _BINARY_STEP)
        if a[start:stop] == b[start:stop]:
            continue
        for row in range(start, stop, WIDE):
            if a[row : min(stop, row + WIDE)] != b[row : min(stop, row + WIDE)]:
                yield row // WIDE


def _first_difference(a: bytes, b: bytes, start: int) -> int:
    return next(k for k in range(start, min(len(a), len(b))) if a[k] != b[k])
