"""Number fields of tar headers.

POSIX.1-1988 ustar numbers are octal text, padded by blanks and NULs; GNU tar
writes what does not fit as a big-endian two's complement number whose first
bit is set ("base-256", GNU tar manual, "Extensions to the archive format").
"""

from __future__ import annotations


def parse_number(field: bytes | bytearray) -> int:
    """Decode one field; an empty one is 0.

    Raises ``ValueError`` where the field is neither octal nor base-256.
    """
    first = field[0]
    if first & 0x80:
        # Bit 7 marks the encoding, bit 6 is the sign (0xff… is negative).
        if first & 0x40:
            return int.from_bytes(field, "big", signed=True)
        return int.from_bytes(bytes([first & 0x7F]) + bytes(field[1:]), "big")
    # Padding may stand on either side; what follows a NUL inside does not count.
    text = bytes(field).strip(b" \0").split(b"\0", 1)[0]
    if not text:
        return 0
    if text.translate(None, b"01234567"):
        raise ValueError(f"not an octal number: {text!r}")
    return int(text, 8)
