"""Tar blocks by hand: any header, also odd and broken ones, and sparse files.

Formats: POSIX.1-1988 ustar, POSIX.1-2001 pax, and GNU tar's extensions.
A number given as ``bytes`` is put into its field as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence

BLOCK = 512
Number = int | bytes
Text = str | bytes

_MAGIC = {"ustar": b"ustar\x0000", "gnu": b"ustar  \0", "v7": bytes(8)}


def as_bytes(text: Text) -> bytes:
    """Text as UTF-8, bytes as they are."""
    return text.encode() if isinstance(text, str) else text


def padded(data: bytes) -> bytes:
    """Data filled up with NULs to whole blocks."""
    return data + bytes(-len(data) % BLOCK)


def base256(value: int, width: int) -> bytes:
    """GNU's binary form of a number: big-endian two's complement, first bit set."""
    field = bytearray((value % (1 << 8 * width)).to_bytes(width, "big"))
    field[0] |= 0x80
    return bytes(field)


def number(value: Number, width: int) -> bytes:
    """A number field: octal digits and a NUL where they fit, else base-256."""
    if isinstance(value, bytes):
        return value.ljust(width, b"\0")[:width]
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    return base256(value, width)


def header(
    name: Text,
    typeflag: bytes = b"0",
    size: Number = 0,
    *,
    mode: Number = 0o644,
    uid: Number = 0,
    gid: Number = 0,
    mtime: Number = 0,
    linkname: Text = b"",
    magic: str | bytes = "ustar",
    prefix: Text = b"",
    uname: Text = b"",
    gname: Text = b"",
    devmajor: Number = 0,
    devminor: Number = 0,
    checksum: Number | None = None,
    tail: bytes | None = None,
) -> bytes:
    """One 512-byte header.

    ``magic`` is ``ustar``, ``gnu``, ``v7`` or eight bytes; ``checksum``
    replaces the true one; ``tail`` replaces the bytes from 345 on.
    """
    signature = _MAGIC[magic] if isinstance(magic, str) else magic
    old = signature == _MAGIC["v7"]
    block = bytearray(
        as_bytes(name)[:100].ljust(100, b"\0")
        + number(mode, 8)
        + number(uid, 8)
        + number(gid, 8)
        + number(size, 12)
        + number(mtime, 12)
        + b" " * 8
        + typeflag
        + as_bytes(linkname)[:100].ljust(100, b"\0")
        + signature.ljust(8, b"\0")
        + as_bytes(uname)[:32].ljust(32, b"\0")
        + as_bytes(gname)[:32].ljust(32, b"\0")
        + (bytes(16) if old else number(devmajor, 8) + number(devminor, 8))
        + (as_bytes(prefix)[:155] if tail is None else tail)
    ).ljust(BLOCK, b"\0")
    if checksum is None:
        block[148:156] = b"%06o\0 " % sum(block)
    else:
        block[148:156] = number(checksum, 8)
    return bytes(block)


def pax_record(key: bytes, value: bytes) -> bytes:
    """One record: its length (which counts its own digits), a blank, key, ``=``, value, newline."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if rest + len(str(length)) != length:
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def pax_header(records: Sequence[tuple[bytes, bytes]], typeflag: bytes = b"x") -> bytes:
    """A PAX extended (``x``) or global (``g``) header with its payload."""
    payload = b"".join(pax_record(key, value) for key, value in records)
    return header(b"PaxHeaders.0/x", typeflag, len(payload)) + padded(payload)


def gnu_long(typeflag: bytes, name: Text) -> bytes:
    """GNU's long name (``L``) or long link (``K``), to stand before a header."""
    payload = as_bytes(name) + b"\0"
    return header(b"././@LongLink", typeflag, len(payload), magic="gnu") + padded(payload)


Segment = tuple[int, bytes]


def expanded(segments: Sequence[Segment], size: int) -> bytes:
    """The content that a sparse file stands for."""
    content = bytearray(size)
    for offset, data in segments:
        content[offset : offset + len(data)] = data
    return bytes(content)


def gnu_sparse_blocks(name: Text, segments: Sequence[Segment], size: int) -> tuple[bytes, bytes]:
    """An old GNU sparse entry: its header blocks, and its stored bytes."""
    pairs = [number(offset, 12) + number(len(data), 12) for offset, data in segments]
    first, rest = pairs[:4], pairs[4:]
    tail = bytearray(BLOCK - 345)
    tail[41 : 41 + 24 * len(first)] = b"".join(first)
    tail[137] = bool(rest)
    tail[138:150] = number(size, 12)
    stored = b"".join(data for _, data in segments)
    blocks = header(name, b"S", len(stored), magic="gnu", tail=bytes(tail))
    while rest:
        page, rest = rest[:21], rest[21:]
        blocks += b"".join(page).ljust(504, b"\0") + bytes([bool(rest)]).ljust(8, b"\0")
    return blocks, stored


def pax_sparse_blocks(
    name: Text, segments: Sequence[Segment], size: int, version: str
) -> tuple[bytes, bytes, int]:
    """A PAX sparse entry of version 0.0, 0.1 or 1.0.

    Gives its header blocks, its stored bytes, and where among those the first
    segment's bytes begin.
    """
    numbers = [value for offset, data in segments for value in (offset, len(data))]
    stored = b"".join(data for _, data in segments)
    begin = 0
    if version == "0.0":
        records = [
            (b"GNU.sparse.size", b"%d" % size),
            (b"GNU.sparse.numblocks", b"%d" % len(segments)),
        ]
        for offset, data in segments:
            records += [
                (b"GNU.sparse.offset", b"%d" % offset),
                (b"GNU.sparse.numbytes", b"%d" % len(data)),
            ]
        stated = as_bytes(name)
    elif version == "0.1":
        records = [
            (b"GNU.sparse.size", b"%d" % size),
            (b"GNU.sparse.numblocks", b"%d" % len(segments)),
            (b"GNU.sparse.name", as_bytes(name)),
            (b"GNU.sparse.map", b",".join(b"%d" % value for value in numbers)),
        ]
        stated = b"GNUSparseFile.1/file"
    elif version == "1.0":
        records = [
            (b"GNU.sparse.major", b"1"),
            (b"GNU.sparse.minor", b"0"),
            (b"GNU.sparse.name", as_bytes(name)),
            (b"GNU.sparse.realsize", b"%d" % size),
        ]
        lines = padded(b"".join(b"%d\n" % value for value in (len(segments), *numbers)))
        begin = len(lines)
        stored = lines + stored
        stated = b"GNUSparseFile.1/file"
    else:
        raise ValueError(f"no such version: {version}")
    return pax_header(records) + header(stated, b"0", len(stored)), stored, begin
