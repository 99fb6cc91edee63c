"""ELF files and other programs, written by code."""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A section to write: ``kind`` and ``link`` as in the section header."""

    name: str
    data: bytes = b""
    kind: int = 1
    link: int = 0
    size: int | None = None


@dataclass(frozen=True)
class Program:
    """An ELF file to write.

    ``data`` is what the writable segment holds; ``names_first`` puts the names
    of sections before those of symbols, as lld does.
    """

    wide: bool = True
    order: str = "<"
    kind: int = 2
    machine: int = 62
    interpreter: bytes = b""
    dynamic: bool = False
    data: bytes = b""
    sections: tuple[Section, ...] = ()
    code: bytes = b"\x90" * 5000
    names_first: bool = False
    note: bytes = b""

    def written(self) -> bytes:
        """The file."""
        wide, order = self.wide, self.order
        head = 64 if wide else 52
        step = 56 if wide else 32
        segments: list[tuple[int, int, bytes]] = [(4, 4, self.note)] if self.note else []
        segments.append((1, 5, self.code))
        if self.data:
            segments.append((1, 6, self.data))
        if self.interpreter:
            segments.append((3, 4, self.interpreter + b"\0"))
        if self.dynamic:
            segments.append((2, 6, b"\0" * 32))
        at = head + step * len(segments)
        programs, body = b"", b""
        for kind, flags, data in segments:
            at += -at % 16
            body += bytes(at - head - step * len(segments) - len(body)) + data
            address = 0x400000 + at
            if wide:
                programs += struct.pack(
                    order + "IIQQQQQQ", kind, flags, at, address, address, len(data), len(data), 16
                )
            else:
                programs += struct.pack(
                    order + "IIIIIIII", kind, at, address, address, len(data), len(data), flags, 16
                )
            at += len(data)
        names = b"\0" + b"".join(each.name.encode() + b"\0" for each in self.sections)
        own = len(names)
        names += b".shstrtab\0"
        rows = [bytes(64 if wide else 40)]
        place = 1
        listed = [*self.sections, Section(".shstrtab", names, 3)]
        places: dict[int, int] = {}
        writing = list(range(len(listed)))
        if self.names_first:
            writing.sort(key=lambda k: (listed[k].kind == 3) + (listed[k].name == ".strtab"))
        for k in writing:
            places[k] = at
            body += listed[k].data
            at += len(listed[k].data)
        step_of = defaultdict(int, {2: 24 if wide else 16})
        for k, each in enumerate(listed):
            size = len(each.data) if each.size is None else each.size
            name = own if k == len(listed) - 1 else place
            row = (name, each.kind, 0, 0, places[k], size, each.link, 0, 1, step_of[each.kind])
            rows.append(struct.pack(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"), *row))
            place += len(each.name) + 1
        table = at if self.sections else 0
        ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
        header = ident + struct.pack(
            order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
            self.kind, self.machine, 1, 0x400000, head, table, 0, head, step, len(segments),
            64 if wide else 40, len(rows) if table else 0, len(rows) - 1 if table else 0,
        )  # fmt: skip
        return header + programs + body + (b"".join(rows) if table else b"")


def debug(size: int = 3000) -> tuple[Section, ...]:
    """Debug sections of ``size`` bytes, and one that takes no place."""
    return (
        Section(".debug_info", b"i" * (size - 100)),
        Section(".zdebug_line", b"l" * 60),
        Section(".gdb_index", b"g" * 40),
        Section(".debug_str", b"", 8, size=1 << 20),
    )


def symbols(index: int, size: int = 2000) -> tuple[Section, ...]:
    """A symbol table and its names, of ``size`` bytes; ``index`` is its own in the table."""
    return (
        Section(".symtab", b"s" * 48 * 32, 2, link=index + 1),
        Section(".strtab", b"\0".ljust(size - 48 * 32, b"n"), 3),
    )


def go_data(
    version: str = "go1.22.1", modules: str = "path\texample/app\nmod\texample/app\t(devel)\n"
) -> bytes:
    """What Go's linker puts at the beginning of its data since Go 1.18."""
    mark = b"0w\xaf\x0c\x92t\x08\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6"
    end = b"\xf92C1\x86\x18 r\0\x82B\x10A\x16\xd8\xf2"
    info = mark + modules.encode() + end
    return (
        (b"\xff Go buildinf:" + b"\x08\x02").ljust(32, b"\0")
        + _varint(len(version)) + version.encode()
        + _varint(len(info)) + info
    )  # fmt: skip


def _varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def windows_program(*, managed: bool = False, subsystem: int = 3, wide: bool = True) -> bytes:
    """A PE file's headers, long enough to be looked at."""
    optional = bytearray(240 if wide else 224)
    struct.pack_into("<H", optional, 0, 0x20B if wide else 0x10B)
    struct.pack_into("<H", optional, 68, subsystem)
    if managed:
        struct.pack_into("<II", optional, (112 if wide else 96) + 14 * 8, 0x2000, 72)
    stub = b"MZ" + bytes(58) + struct.pack("<I", 128)
    coff = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0x22)
    return (stub.ljust(128, b"\0") + b"PE\0\0" + coff + bytes(optional)).ljust(8192, b"\1")
