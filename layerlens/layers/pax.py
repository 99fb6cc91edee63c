r"""PAX extended headers (POSIX.1-2001, "pax Interchange Format").

A record is ``LENGTH KEY=VALUE\n`` where LENGTH counts the whole record in
decimal.  Of two records with one key the later wins.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from layerlens.errors import FormatError

_XATTR = b"SCHILY.xattr."
_SPARSE = b"GNU.sparse."


@dataclass(slots=True)
class Pax:
    """The records that mean something here; absent ones are ``None`` or empty.

    ``sparse`` keeps the ``GNU.sparse.*`` records by their short names;
    ``sparse_pairs`` the repeated offset and numbytes records of format 0.0,
    in order.
    """

    path: bytes | None = None
    linkpath: bytes | None = None
    size: int | None = None
    uid: int | None = None
    gid: int | None = None
    mtime: float | None = None
    xattrs: dict[bytes, bytes] = field(default_factory=dict)
    sparse: dict[bytes, bytes] = field(default_factory=dict)
    sparse_pairs: list[tuple[bytes, bytes]] = field(default_factory=list)


def parse_pax(data: bytes) -> Pax:
    """Parse the payload of an ``x`` header.

    Raises :class:`FormatError` for a broken record, a number that is none, and
    a NUL in a path (engines refuse each).
    """
    pax = Pax()
    pos = 0
    while pos < len(data):
        blank = data.find(b" ", pos, pos + 20)
        digits = data[pos:blank] if blank > pos else b""
        if not digits.isdigit():
            if not data[pos:].strip(b"\0"):
                break  # some writers pad the payload with NULs
            raise FormatError(f"PAX record without a length at byte {pos} of the header")
        length = int(digits)
        end = pos + length
        if end > len(data) or length < len(digits) + 3 or data[end - 1] != 0x0A:
            raise FormatError(f"PAX record of {length} bytes does not end where it says")
        key, equals, value = data[blank + 1 : end - 1].partition(b"=")
        if not equals:
            raise FormatError("PAX record without an equals sign")
        _take(pax, key, value)
        pos = end
    return pax


def _take(pax: Pax, key: bytes, value: bytes) -> None:
    if key == b"path":
        pax.path = _path(key, value)
    elif key == b"linkpath":
        pax.linkpath = _path(key, value)
    elif key in (b"size", b"uid", b"gid"):
        # An empty value takes an earlier record back (POSIX), so the header's own counts.
        setattr(pax, key.decode(), _integer(key, value) if value else None)
    elif key == b"mtime":
        pax.mtime = _seconds(value) if value else None
    elif key.startswith(_XATTR):
        pax.xattrs[key[len(_XATTR) :]] = value
    elif key.startswith(_SPARSE):
        short = key[len(_SPARSE) :]
        pax.sparse[short] = value
        if short in (b"offset", b"numbytes"):
            pax.sparse_pairs.append((short, value))


def _path(key: bytes, value: bytes) -> bytes | None:
    if b"\0" in value:
        raise FormatError(f"PAX record {key.decode()} with a NUL in it")
    return value or None


def _integer(key: bytes, value: bytes) -> int:
    # 19 digits hold every 64-bit number; longer ones are attacks on int().
    digits = value[1:] if value[:1] == b"-" else value
    if not digits.isdigit() or len(digits) > 19:
        raise FormatError(f"PAX record {key.decode()} is not a number: {value[:40]!r}")
    number = int(value)
    if number < 0 and key == b"size":
        raise FormatError(f"negative size {number} in a PAX record")
    return number


def _seconds(value: bytes) -> float:
    whole, dot, fraction = value.partition(b".")
    unsigned = whole[1:] if whole[:1] == b"-" else whole
    if (
        not unsigned.isdigit()
        or len(unsigned) > 19
        or (dot and fraction and not fraction.isdigit())
    ):
        raise FormatError(f"PAX record mtime is not a time: {value[:40]!r}")
    if fraction.strip(b"0"):
        return float(value[:40])
    return int(whole)
