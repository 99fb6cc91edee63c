"""ELF files, as far as their heads and a few windows tell (System V gABI, "Object Files").

Contents pass once, so a reader sees the head, says from it which further parts
it needs (:func:`windows`), and makes its facts of those (:func:`facts`).  Both
word sizes and both byte orders are read.  Every number in a file may be a lie:
offsets are checked against what is there, sizes against the file's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from layerlens.analysis.contents import gobuild
from layerlens.analysis.contents.pieces import Pieces

MAGIC = b"\x7fELF"

RELOCATABLE, EXECUTABLE, SHARED, CORE = 1, 2, 3, 4
"""Values of ``e_type``."""

_LOAD, _DYNAMIC, _INTERP, _NOTE = 1, 2, 3, 4
_PROGBITS, _SYMTAB, _STRTAB, _NOBITS = 1, 2, 3, 8
_WRITABLE = 2
_ALLOCATED = 2
"""Bits of a segment's and a section's flags."""

_MOST_SEGMENTS = 256
_MOST_SECTIONS = 1 << 15
_TAIL, _OBJECT_TAIL = (3 << 20) + (3 << 17), 1 << 16
"""Bytes before the section table that are looked at, the second in object files.

Linkers put the names of sections there, some of them before the names of all symbols.
"""

_COMMENT = 4096
_INTERPRETER = 4096
_DATA, _GO_DATA = 4096, 1 << 18
"""Bytes of a writable segment's beginning that are looked at, without and with a sign of Go."""

_GO_NOTE = b"Go\0\0"
"""Owner of the note in which Go's linker leaves its build identifier."""

_DEBUG = (b".debug_", b".zdebug_", b".gdb_index", b".debug_gdb_scripts")


class Segment(NamedTuple):
    """A program header: where its bytes lie in the file and in memory."""

    kind: int
    flags: int
    offset: int
    address: int
    size: int


class Section(NamedTuple):
    """A section header; ``name`` is an offset into the string table of names."""

    name: int
    kind: int
    flags: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True, slots=True)
class Elf:
    """The header of an ELF file and its segments."""

    order: str
    wide: bool
    kind: int
    machine: int
    table: int
    count: int
    names: int
    segments: tuple[Segment, ...]

    @property
    def entry(self) -> int:
        """Bytes of one section header."""
        return 64 if self.wide else 40

    def loaded(self) -> int:
        """Where the bytes of the last loaded segment end."""
        return max(
            (each.offset + each.size for each in self.segments if each.kind == _LOAD), default=0
        )

    def writable(self) -> list[Segment]:
        """Loaded segments that are written to; Go's build information begins one of them."""
        return [
            each
            for each in self.segments
            if each.kind == _LOAD and each.flags & _WRITABLE and each.size
        ][:4]

    def first(self, kind: int) -> Segment | None:
        """The first segment of a kind."""
        return next((each for each in self.segments if each.kind == kind), None)


def header(head: bytes) -> Elf | None:
    """The header at the beginning of a file, ``None`` where there is none."""
    if len(head) < 52 or head[:4] != MAGIC or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    form = order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")
    if len(head) < 16 + struct.calcsize(form):
        return None
    (kind, machine, _, _, programs, table, _, _, step, programs_count, entry, count, names) = (
        struct.unpack_from(form, head, 16)
    )
    found = Elf(
        order, wide, kind, machine, table, count, names,
        tuple(_segments(head, order, programs, step, programs_count, wide=wide)),
    )  # fmt: skip
    if entry != found.entry or not table:
        return Elf(order, wide, kind, machine, 0, 0, 0, found.segments)
    return found


def _segments(
    head: bytes, order: str, start: int, step: int, count: int, *, wide: bool
) -> Iterable[Segment]:
    form = struct.Struct(order + ("IIQQQQ" if wide else "IIIIII"))
    flags_form = struct.Struct(order + "I")
    if step < (56 if wide else 32):
        return
    for at in range(start, start + step * min(count, _MOST_SEGMENTS), step):
        if at + step > len(head):
            return
        if wide:
            kind, flags, offset, address, _, size = form.unpack_from(head, at)
        else:
            kind, offset, address, _, size, _ = form.unpack_from(head, at)
            (flags,) = flags_form.unpack_from(head, at + 24)
        yield Segment(kind, flags, offset, address, size)


def windows(elf: Elf, size: int, head: bytes) -> Sequence[tuple[int, int]]:
    """The further (offset, length) parts of a file of ``size`` bytes that are needed."""
    if elf.kind == CORE:
        return ()
    spans: list[tuple[int, int]] = []
    table_end = elf.table + elf.entry * min(elf.count or 1, _MOST_SECTIONS)
    loaded = elf.loaded()
    if elf.table and table_end <= len(head):
        names = _sections(elf, Pieces(head))[elf.names : elf.names + 1]
        spans += [(each.offset, min(each.size, 1 << 16)) for each in names]
    elif elf.table:
        if not elf.count:  # more than 65,279 sections; their number stands in the first
            table_end = size
        tail = _OBJECT_TAIL if elf.kind == RELOCATABLE else _TAIL
        begin = max(min(loaded, elf.table), elf.table - tail)
        spans.append((begin, min(table_end, size) - begin))
    spans.append((loaded, _COMMENT))
    signed = any(
        each.kind == _NOTE and _GO_NOTE in head[each.offset : each.offset + min(each.size, 4096)]
        for each in elf.segments
    )
    spans += [
        (each.offset, min(each.size, _GO_DATA if signed else _DATA)) for each in elf.writable()
    ]
    interpreter = elf.first(_INTERP)
    if interpreter is not None:
        spans.append((interpreter.offset, min(interpreter.size, _INTERPRETER)))
    if size <= len(head):
        return ()
    return [(start, length) for start, length in spans if length > 0 and start + length > len(head)]


def facts(elf: Elf, size: int, head: bytes, parts: Mapping[int, bytes]) -> dict[str, Any]:
    """What is kept of an ELF file: facts ``elf``, and ``go`` or ``core`` where it is one.

    ``debug`` and ``symbols`` are bytes that ``strip`` takes away: debug
    sections (as stored, compressed ones too), and the symbol table with its
    names, never the dynamic one's.
    """
    if elf.kind == CORE:
        return {"core": "elf"}
    pieces = Pieces(head, parts)
    sections = _sections(elf, pieces)
    named = _named(elf, sections, pieces)
    debug = sum(
        _inside(each, size)
        for each in (
            [each for name, each in named if name.startswith(_DEBUG) and each.kind != _NOBITS]
            or ([] if named or elf.kind == RELOCATABLE else _nameless_debug(sections))
        )
    )
    symbols = 0
    for each in sections:
        if each.kind == _SYMTAB:
            symbols += _inside(each, size)
            names = sections[each.link] if each.link < len(sections) else None
            if names is not None and names.kind == _STRTAB and each.link != elf.names:
                symbols += _inside(names, size)
    interpreter = elf.first(_INTERP)
    path = b""
    if interpreter is not None:
        wanted = min(interpreter.size, _INTERPRETER)
        path = (pieces.at(interpreter.offset, wanted) or b"").split(b"\0")[0]
    dynamic = elf.first(_DYNAMIC) is not None
    build = gobuild.find(
        pieces,
        [(each.offset, each.address, each.size) for each in elf.segments if each.kind == _LOAD],
        [each.offset for each in elf.writable()],
    )
    found: dict[str, Any] = {
        "elf": {
            "type": elf.kind,
            "machine": elf.machine,
            "class": 64 if elf.wide else 32,
            "big": elf.order == ">",
            "interpreter": path,
            "dynamic": dynamic,
            "static": elf.kind in (EXECUTABLE, SHARED) and interpreter is None and not dynamic
            and bool(elf.segments),
            "debug": min(debug, size),
            "symbols": min(symbols, max(size - debug, 0)),
            "go": build is not None or any(name == b".go.buildinfo" for name, _ in named),
            "rust": _is_rust(elf, named, sections, pieces),
        }
    }  # fmt: skip
    if build is not None:
        found["go"] = build
    return found


def _sections(elf: Elf, pieces: Pieces) -> list[Section]:
    """The section headers, as many as can be seen."""
    if not elf.table:
        return []
    form = struct.Struct(elf.order + ("IIQQQQIIQQ" if elf.wide else "IIIIIIIIII"))
    count = elf.count
    if not count:
        first = pieces.at(elf.table, elf.entry)
        count = form.unpack_from(first)[5] if first else 0
    data = pieces.at(elf.table, elf.entry * min(count, _MOST_SECTIONS))
    if data is None:
        return []
    return [
        Section(name, kind, flags, offset, size, link)
        for name, kind, flags, _, offset, size, link, _, _, _ in form.iter_unpack(data)
    ]


def _named(elf: Elf, sections: list[Section], pieces: Pieces) -> list[tuple[bytes, Section]]:
    """Sections with their names; none where the names cannot be seen."""
    index = elf.names
    if index == 0xFFFF and sections:  # too large for its field: the first section says it
        index = sections[0].link
    if not 0 < index < len(sections):
        return []
    table = sections[index]
    names = pieces.at(table.offset, min(table.size, _TAIL))
    if names is None:
        return []
    return [
        (names[each.name : max(names.find(b"\0", each.name, each.name + 64), each.name)], each)
        for each in sections
    ]


def _nameless_debug(sections: list[Section]) -> list[Section]:
    """The debug sections where names are out of reach, by the lengths of their names.

    Names stand one behind the other, so the next one's offset tells a length.
    DWARF is a family: contents that no program loads, with ``.debug_abbrev``
    (13 characters) and ``.debug_info`` or ``.debug_line`` (11) among them; the
    shortest is ``.debug_str``, the longest ``.debug_str_offsets``.  Others that
    are not loaded have shorter names (``.comment``, ``.rustc``, ``.llvmbc``).
    """
    offsets = sorted({each.name for each in sections})
    following = dict(pairwise(offsets))
    lengths = {
        each: following.get(each.name, each.name) - each.name - 1
        for each in sections
        if each.kind == _PROGBITS and not each.flags & _ALLOCATED
    }
    found = [each for each, length in lengths.items() if 10 <= length <= 18]
    if len(found) >= 4 and {11, 13} <= {lengths[each] for each in found}:
        return found
    return []


def _inside(section: Section, size: int) -> int:
    """Bytes of a section that the file can hold."""
    return max(0, min(section.size, size - section.offset))


def _is_rust(
    elf: Elf, named: list[tuple[bytes, Section]], sections: list[Section], pieces: Pieces
) -> bool:
    """Whether rustc left its name in ``.comment``, or its run time a symbol."""
    comments = [(each.offset, each.size) for name, each in named if name == b".comment"]
    for offset, length in comments or [(elf.loaded(), _COMMENT)]:
        if b"rustc version" in pieces.start(offset, min(length, _COMMENT)):
            return True
    return any(
        b"\0rust_eh_personality\0" in pieces.around(names.offset, names.size)
        for each in sections
        if each.kind == _SYMTAB
        for names in sections[each.link : each.link + 1]
    )
