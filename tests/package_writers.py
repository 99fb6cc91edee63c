"""Writers of package databases: headers of rpm, and the files of all kinds that hold them.

For tests and for sample images: small, always the same bytes, and readable by
the systems' own tools.
"""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

DOC, GHOST, LICENSE = 1 << 1, 1 << 6, 1 << 7

_INT32, _STRING, _ARRAY, _I18N, _INT64, _INT16 = 4, 6, 8, 9, 5, 3
_FORMS = {_INT32: "I", _INT64: "Q", _INT16: "H"}


@dataclass(frozen=True)
class Rpm:
    """An installed rpm package; ``files`` maps absolute paths to sizes and flags."""

    name: str
    version: str = "1.0"
    release: str = "1"
    epoch: int | None = None
    arch: str = "noarch"
    licence: str = "MIT"
    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    recommends: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    old_names: bool = False
    long_size: int | None = None

    @property
    def size(self) -> int:
        return sum(size for size, flags in self.files.values() if not flags & GHOST)

    def header(self) -> bytes:
        """The header as a database holds it."""
        tags: list[tuple[int, int, Sequence[object]]] = [
            (1000, _STRING, [self.name]),
            (1001, _STRING, [self.version]),
            (1002, _STRING, [self.release]),
            (1004, _I18N, ["a package"]),
            (1014, _STRING, [self.licence]),
            (1021, _STRING, ["linux"]),
            (1022, _STRING, [self.arch]),
            (1044, _STRING, [f"{self.name}-{self.version}-{self.release}.src.rpm"]),
        ]
        if self.epoch is not None:
            tags.append((1003, _INT32, [self.epoch]))
        if self.long_size is None:
            tags.append((1009, _INT32, [self.size]))
        else:
            tags.append((5009, _INT64, [self.long_size]))
        tags += [
            (tag, _ARRAY, list(texts))
            for tag, texts in (
                (1047, (self.name, *self.provides)),
                (1049, (*self.requires, "rpmlib(CompressedFileNames)")),
                (5046, self.recommends),
            )
            if texts
        ]
        versions = [(1112, 1113, 1 + len(self.provides)), (1048, 1050, 1 + len(self.requires))]
        if self.recommends:
            versions.append((5048, 5047, len(self.recommends)))
        for flags, text, count in versions:
            tags += [(flags, _INT32, [0] * count), (text, _ARRAY, [""] * count)]
        if self.files:
            tags += self._file_tags()
        return header(tags)

    def _file_tags(self) -> list[tuple[int, int, Sequence[object]]]:
        flags = [flags for _, flags in self.files.values()]
        sizes = [size for size, _ in self.files.values()]
        tags: list[tuple[int, int, Sequence[object]]] = [
            (1037, _INT32, flags),
            (1028, _INT32, sizes),
            (1030, _INT16, [0o100644] * len(sizes)),
        ]
        if self.old_names:
            return [*tags, (1027, _ARRAY, list(self.files))]
        split = [path.rpartition("/") for path in self.files]
        directories = sorted({directory + "/" for directory, _, _ in split})
        return [
            *tags,
            (1116, _INT32, [directories.index(directory + "/") for directory, _, _ in split]),
            (1117, _ARRAY, [name for _, _, name in split]),
            (1118, _ARRAY, directories),
        ]


def header(tags: Iterable[tuple[int, int, Sequence[object]]]) -> bytes:
    """A header of (tag, type, values)."""
    index, data = bytearray(), bytearray()
    rows = sorted(tags, key=lambda row: row[0])
    for tag, kind, values in rows:
        if kind in _FORMS:
            form = _FORMS[kind]
            data += bytes(-len(data) % struct.calcsize(form))
            index += struct.pack(">IIII", tag, kind, len(data), len(values))
            data += struct.pack(f">{len(values)}{form}", *values)
        else:
            index += struct.pack(">IIII", tag, kind, len(data), len(values))
            for value in values:
                data += str(value).encode() + b"\0"
    return struct.pack(">II", len(rows), len(data)) + bytes(index) + bytes(data)


# ---------------------------------------------------------------------- databases of rpm


def rpm_sqlite(blobs: Sequence[bytes]) -> bytes:
    """``rpmdb.sqlite``, with the table that counts."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
        )
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(b,) for b in blobs])
        connection.commit()
        return connection.serialize()


def rpm_ndb(blobs: Sequence[bytes]) -> bytes:
    """``Packages.db``: one page of slots, then blobs in blocks of 16 bytes."""
    slots = bytearray()
    body = bytearray()
    for number, blob in enumerate(blobs, 1):
        head = struct.pack("<4sIII", b"BlbS", number, 1, len(blob))
        padding = bytes(-(len(head) + len(blob) + 12) % 16)
        whole = head + blob + padding
        whole += struct.pack("<II4s", zlib.adler32(whole), len(blob), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, (4096 + len(body)) // 16, len(whole) // 16)
        body += whole
    empty = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    slots += empty * ((4096 - 32 - len(slots)) // 16)
    first = struct.pack("<4sIIII", b"RpmP", 0, len(blobs), 1, len(blobs) + 1).ljust(32, b"\0")
    return first + bytes(slots) + bytes(body)


def rpm_bdb(blobs: Sequence[bytes], *, order: str = "<", page: int = 4096) -> bytes:
    """``Packages`` as Berkeley DB's hash: one bucket, large values on overflow pages."""
    small = struct.pack(order + "I", len(blobs) + 1)
    items: list[tuple[bytes, bytes]] = [
        (b"\1" + struct.pack(order + "I", 0), b"\1" + small)  # the number of the next package
    ]
    rows = [(struct.pack(order + "I", number), blob) for number, blob in enumerate(blobs, 1)]
    # What does not fit a quarter of a page lies elsewhere: 12 bytes lead there.
    sizes = [len(blob) + 1 if len(blob) < page // 4 else 12 for _, blob in rows]
    hash_pages = _count_pages([4 + 5 + 5, *(4 + 5 + size for size in sizes)], page - 26)
    overflow: list[bytes] = []
    for key, blob in rows:
        if len(blob) < page // 4:
            items.append((b"\1" + key, b"\1" + blob))
            continue
        first = 1 + hash_pages + len(overflow)
        parts = [blob[at : at + page - 26] for at in range(0, len(blob), page - 26)]
        for place, part in enumerate(parts):
            here = first + place
            following = here + 1 if place + 1 < len(parts) else 0
            before = here - 1 if place else 0
            overflow.append(
                struct.pack(order + "8xIIIHHBB", here, before, following, 1, len(part), 0, 7) + part
            )
        items.append((b"\1" + key, struct.pack(order + "B3xII", 3, first, len(blob))))
    groups: list[list[tuple[bytes, bytes]]] = [[]]
    room = page - 26
    for item in items:
        needed = 4 + len(item[0]) + len(item[1])
        if needed > room:
            groups.append([])
            room = page - 26
        groups[-1].append(item)
        room -= needed
    assert len(groups) == hash_pages
    pages = [
        _hash_page(group, number, hash_pages, order, page) for number, group in enumerate(groups, 1)
    ]
    pages += [each.ljust(page, b"\0") for each in overflow]
    meta = struct.pack(
        order + "8xIIIIBBBBIIIIII20xIIIIII",
        0, 0x061561, 9, page, 0, 8, 0, 0, 0, len(pages), 0, len(items), len(items), 0,
        0, 1, 0, 0, len(items), 0,
    )  # fmt: skip
    meta += struct.pack(order + "I", 1) * 32  # spares: bucket 0 is page 1
    return meta.ljust(page, b"\0") + b"".join(pages)


def _count_pages(sizes: Iterable[int], room: int) -> int:
    """How many pages items need that are put one after another."""
    count, left = 1, room
    for size in sizes:
        if size > left:
            count, left = count + 1, room
        left -= size
    return count


def _hash_page(
    items: Sequence[tuple[bytes, bytes]], number: int, count: int, order: str, page: int
) -> bytes:
    body = b""
    offsets: list[int] = []
    for pair in items:
        for item in pair:
            body = item + body
            offsets.append(page - len(body))
    before = number - 1 if number > 1 else 0
    following = number + 1 if number < count else 0
    head = struct.pack(
        order + "8xIIIHHBB", number, before, following, len(offsets), page - len(body), 0, 2
    )
    head += struct.pack(f"{order}{len(offsets)}H", *offsets)
    assert len(head) + len(body) <= page
    return head + bytes(page - len(head) - len(body)) + body


Transaction = tuple[int, Sequence[tuple[str, int, int]]]
"""Its state, and the name, action and reason of each package."""


def dnf_history(transactions: Iterable[Transaction]) -> bytes:
    """``history.sqlite`` of dnf 4, as far as it says why packages are there."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(
            "CREATE TABLE trans (id INTEGER PRIMARY KEY AUTOINCREMENT, state INTEGER);"
            "CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT, epoch INTEGER, "
            "version TEXT, release TEXT, arch TEXT);"
            "CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, "
            "item_id INTEGER, repo_id INTEGER, action INTEGER, reason INTEGER, state INTEGER)"
        )
        items: dict[str, int] = {}
        for number, (state, rows) in enumerate(transactions, 1):
            connection.execute("INSERT INTO trans VALUES (?, ?)", (number, state))
            for name, action, reason in rows:
                item = items.setdefault(name, len(items) + 1)
                connection.execute(
                    "INSERT OR IGNORE INTO rpm VALUES (?, ?, 0, '1.0', '1', 'noarch')", (item, name)
                )
                connection.execute(
                    "INSERT INTO trans_item VALUES (NULL, ?, ?, 1, ?, ?, 1)",
                    (number, item, action, reason),
                )
        connection.commit()
        return connection.serialize()


# ---------------------------------------------------------------------- others


def apk_installed(records: Iterable[Mapping[str, str | Sequence[str]]]) -> bytes:
    """``lib/apk/db/installed``: fields of one letter; ``files`` are paths."""
    text = ""
    for record in records:
        directory = None
        for key, value in record.items():
            if key != "files":
                text += f"{key}:{value}\n"
        for path in record.get("files", ()):
            folder, _, name = path.rpartition("/")
            if folder != directory:
                text += f"F:{folder}\nM:0:0:755\n"
                directory = folder
            text += f"R:{name}\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        text += "\n"
    return text.encode()


def pacman_sections(sections: Mapping[str, Sequence[str]]) -> bytes:
    """``desc`` or ``files`` of a package in pacman's local database."""
    return "".join(
        f"%{title}%\n" + "".join(f"{value}\n" for value in values) + "\n"
        for title, values in sections.items()
    ).encode()
