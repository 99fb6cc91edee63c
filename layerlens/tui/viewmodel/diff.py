"""What differs between two versions of a path: metadata first, then the content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from layerlens.tui.viewmodel.content import Content, Text, text_of
from layerlens.tui.viewmodel.hexdump import WIDE, HexLines
from layerlens.tui.viewmodel.linediff import Block, compare
from layerlens.tui.viewmodel.magic import form_of
from layerlens.tui.viewmodel.preview import FileVersion, what, when
from layerlens.tui.viewmodel.shown import Piece, cells_of, shown
from layerlens.tui.viewmodel.text import count, permissions, safe_text, size
from layerlens.tui.viewmodel.textlines import LONGEST, MOST_FOUND

CONTEXT = 3
"""Unchanged lines around a change."""

MOST_LINES = 200_000
"""Lines of each text that are compared; others end here."""

_MOST_BINARY = 16
"""Differing stretches of two binary files that are shown."""

_BINARY_STEP = 1 << 12


@dataclass(frozen=True, slots=True)
class DiffLine:
    """``sign`` is ``+``, ``-``, ``@`` (where a hunk begins), ``!`` (a remark) or a blank.

    ``number`` is the line's in its file, or empty; ``text`` is a stranger's.
    """

    sign: str
    text: str
    number: str = ""


class DiffLines:
    """The difference as lines; ``hunks`` are those on which a change begins."""

    _STYLES = {"+": "added", "-": "removed", "@": "hunk", "!": "dim", "=": "heading"}  # noqa: RUF012

    def __init__(self, lines: Sequence[DiffLine], hunks: Sequence[int]) -> None:
        self._lines = lines
        self.hunks = hunks
        self._digits = max((len(line.number) for line in lines), default=0)

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, line: int) -> DiffLine:
        return self._lines[line]

    def gutter(self, line: int) -> list[Piece]:
        it = self._lines[line]
        sign = it.sign if it.sign in "+-" else " "
        return [(f"{it.number:>{self._digits}} ", "guide"), (f"{sign} ", self._style(it))]

    def _style(self, line: DiffLine) -> str:
        return self._STYLES.get(line.sign, "")

    def pieces(self, line: int, cells: int) -> list[Piece]:
        it = self._lines[line]
        return shown(((it.text[:LONGEST], self._style(it)),), cells)

    def width(self, line: int) -> int:
        return cells_of(self.pieces(line, 10 * LONGEST))

    def find(self, text: str) -> list[int]:
        text = text.lower()
        if not text:
            return []
        found = (k for k, line in enumerate(self._lines) if text in line.text[:LONGEST].lower())
        return [k for k, _ in zip(found, range(MOST_FOUND), strict=False)]


def diff(
    old: FileVersion,
    new: FileVersion,
    contents: tuple[Content, Content] | None,
    check: Callable[[], None] = lambda: None,
) -> DiffLines:
    """Compare two versions; ``contents`` are theirs where both have one.

    This takes its time: not for the UI's thread.  ``check`` is called now and
    then, and may raise.
    """
    lines: list[DiffLine] = []
    hunks: list[int] = []
    changes = metadata(old, new)
    if changes:
        lines.append(DiffLine("=", "metadata"))
        hunks.append(0)
        width = max(len(name) for name, _, _ in changes)
        for name, before, after in changes:
            if before:
                lines.append(DiffLine("-", f"{name:<{width}}  {before}"))
            if after:
                lines.append(DiffLine("+", f"{name:<{width}}  {after}"))
    if contents is None:
        if not changes:
            lines.append(DiffLine("!", "there is no difference"))
        return DiffLines(lines, hunks)
    check()
    if lines:
        lines.append(DiffLine(" ", ""))
    start = len(lines)
    for line in _content(*contents):
        if line.sign == "@":
            hunks.append(len(lines))
        lines.append(line)
        if not len(lines) % 1000:
            check()
    if start == len(lines):
        lines.append(DiffLine("!", "the content is the same"))
    return DiffLines(lines, hunks)


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


def _content(old: Content, new: Content) -> Iterator[DiffLine]:
    cut = [c for c in (old, new) if not c.is_whole]
    if old.data == new.data and not cut:
        return
    a, b = text_of(old), text_of(new)
    if a is not None and b is not None:
        yield from _texts(a, b, old, new)
        return
    if cut:
        least = min(len(old.data), len(new.data))
        yield DiffLine("!", f"compared: the first {size(least)} of each")
    yield from _binaries(old, new)


def _texts(a: Text, b: Text, old: Content, new: Content) -> Iterator[DiffLine]:
    for name, before, after in (
        ("encoding", a.encoding, b.encoding),
        ("line ends", a.line_ends or "none", b.line_ends or "none"),
    ):
        if before != after and {before, after} != {"ASCII", "UTF-8"}:
            yield DiffLine("@", name)
            yield DiffLine("-", before)
            yield DiffLine("+", after)
    for which, content in (("old", old), ("new", new)):
        if not content.is_whole:
            yield DiffLine(
                "!", f"compared of the {which}: first {size(len(content.data))} of {size(content.size)}"
            )  # fmt: skip
    lines_a, lines_b = _lines(a, old), _lines(b, new)
    if max(len(lines_a), len(lines_b)) > MOST_LINES:
        yield DiffLine("!", f"compared: the first {count(MOST_LINES)} lines of each")
        del lines_a[MOST_LINES:], lines_b[MOST_LINES:]
    found = compare(lines_a, lines_b)
    if not found.is_exact:
        yield DiffLine(
            "!", "compared quickly: there is too much for more, and some lines may be paired oddly"
        )
    for group in _groups(found.blocks):
        yield DiffLine("@", _header(group))
        for block in group:
            if block.same:
                for k in range(block.old_end - block.old):
                    yield _line(" ", lines_b[block.new + k], block.new + k)
                continue
            for k in range(block.old, block.old_end):
                yield _line("-", lines_a[k], k)
                if lines_a[k].endswith(_OPEN):
                    yield DiffLine("!", "no line end at the end of the file")
            for k in range(block.new, block.new_end):
                yield _line("+", lines_b[k], k)
                if lines_b[k].endswith(_OPEN):
                    yield DiffLine("!", "no line end at the end of the file")


_OPEN = "\n"
"""Ends a last line without line end, to make it differ from one with: no line holds it."""


def _lines(text: Text, content: Content) -> list[str]:
    lines = text.text.split("\n")
    if not lines[-1]:
        lines.pop()
    elif content.is_whole:
        lines[-1] += _OPEN
    return lines


def _line(sign: str, text: str, index: int) -> DiffLine:
    return DiffLine(sign, text.removesuffix(_OPEN), str(index + 1))


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
