"""Names of tar entries as paths of an image.

Paths are bytes and stay bytes: they are neither decoded nor case-folded nor
normalised as Unicode, because a kernel does none of that.
"""

from __future__ import annotations

WHITEOUT = b".wh."
OPAQUE = b".wh..wh..opq"
AUFS = b".wh..wh."
"""Prefix of AUFS' own metadata; the opaque marker is the one name of it with a meaning."""


_ODD = (b"//", b"/./", b"/../")
_LONG = 256


def normalise(name: bytes) -> bytes:
    """The path of a name: no ``.``, ``..`` or empty parts, no slash at either end.

    ``..`` is clamped at the root, as engines do (image-spec is silent).
    """
    if len(name) > _LONG and not any(map((b"/" + name + b"/").__contains__, _ODD)):
        return name  # almost all are like this, and the parts of the longest are many
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if parts:
                parts.pop()
        elif part and part != b".":
            parts.append(part)
    return b"/".join(parts)


def leaves_root(name: bytes) -> bool:
    """Whether a raw name climbs above the root with ``..``."""
    depth = 0
    for part in name.split(b"/"):
        if part == b"..":
            depth -= 1
            if depth < 0:
                return True
        elif part and part != b".":
            depth += 1
    return False


def parent(path: bytes) -> bytes:
    """The path of the containing directory; ``b""`` is the root (and its own parent)."""
    return path.rpartition(b"/")[0]


def base(path: bytes) -> bytes:
    """The last part of a path."""
    return path.rpartition(b"/")[2]


def join(directory: bytes, name: bytes) -> bytes:
    """A path below a directory."""
    return directory + b"/" + name if directory else name
