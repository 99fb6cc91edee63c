"""Programs, libraries and dumps, told by their heads: ELF, Windows', macOS's, core dumps.

Names decide what is looked at, since every name of an image is asked about.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from layerlens.analysis.contents import elf

_SMALLEST = 4096
"""Bytes below which no file is looked at: its savings do not matter, and most files are small."""

_ENDS = frozenset(
    b"so node o ko debug bin exe elf com dll dylib bundle core hprof run out x86_64 amd64 arm64 "
    b"aarch64 i386 armv7 linux dwo pyd cgi plugin real static".split()
)
"""Last parts of names that programs have; libraries end in digits too (``libc.so.6``)."""

_TEXTS = (b"usr/share/doc/", b"usr/share/zoneinfo/", b"usr/share/man/", b"usr/share/bash-completion/",
          b"usr/share/locale/", b"usr/share/terminfo/")  # fmt: skip
"""Where files have names without an end and are never programs."""

_STORES = (b"/.git/objects/", b"/_cacache/")
"""Stores of compressed contents under made-up names."""

_HPROF = b"JAVA PROFILE 1."
_FAT = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
_MACH = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_FIRMWARE = range(10, 14)
"""Windows subsystems that are not Windows: programs of UEFI firmware, such as boot loaders."""


class Programs:
    """The probe that tells them."""

    def wants(self, name: bytes, size: int) -> bool:
        """Whether a name can be a program's, a library's or a dump's."""
        if size < _SMALLEST:
            return False
        dot = name.rfind(b".")
        slash = name.rfind(b"/")
        if dot > slash + 1:
            end = name[dot + 1 :]
            if end in _ENDS:
                return True
            if not (end[:1].isdigit() or b"bin/" in name):
                return False
        return not (name.startswith(_TEXTS) or _STORES[0] in name or _STORES[1] in name)

    def windows(self, name: bytes, size: int, head: bytes) -> Sequence[tuple[int, int]]:
        """Which parts of an ELF file are needed; the others' heads say all."""
        found = elf.header(head)
        return () if found is None else elf.windows(found, size, head)

    def conclude(
        self, name: bytes, size: int, head: bytes, parts: Mapping[int, bytes]
    ) -> Mapping[str, Any]:
        """Facts ``elf``, ``go``, ``core``, ``alien`` (a program of another system)."""
        found = elf.header(head)
        if found is not None:
            return elf.facts(found, size, head, parts)
        if head.startswith(_HPROF):
            return {"core": "java"}
        system = _alien(head)
        return {"alien": system} if system else {}


def _alien(head: bytes) -> str:
    """``windows`` or ``macos`` for a program of that system, else nothing.

    Assemblies of .NET are Windows programs in form, and run everywhere.
    """
    if head[:2] == b"MZ":
        return "windows" if _is_native_windows(head) else ""
    if head[:4] in _MACH:
        return "macos"
    # Java classes begin with the same bytes, followed by a version above 44.
    if head[:4] in _FAT and 0 < int.from_bytes(head[4:8], "big") < 20:
        return "macos"
    return ""


def _is_native_windows(head: bytes) -> bool:
    """Whether a head is that of a PE image which is neither .NET's nor firmware."""
    at = int.from_bytes(head[60:64], "little")
    if head[at : at + 4] != b"PE\0\0" or len(head) < at + 24 + 96:
        return False
    optional = at + 24
    (magic,) = struct.unpack_from("<H", head, optional)
    if magic not in (0x10B, 0x20B):
        return False
    (subsystem,) = struct.unpack_from("<H", head, optional + 68)
    if subsystem in _FIRMWARE:
        return False
    directories = optional + (96 if magic == 0x10B else 112)
    cli = head[directories + 14 * 8 : directories + 15 * 8]
    return not any(cli)
