"""What a file is by its first bytes: the forms that images are full of."""

from __future__ import annotations

import struct

_HEADS = (
    (b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"), (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"), (b"Rar!\x1a\x07", "RAR archive"),
    (b"PK\3\4", "ZIP archive"), (b"PK\5\6", "empty ZIP archive"),
    (b"!<arch>\ndebian-binary", "Debian package"), (b"!<arch>\n", "ar archive"),
    (b"\xed\xab\xee\xdb", "RPM package"), (b"MSCF", "cabinet archive"),
    (b"hsqs", "squashfs"), (b"070701", "cpio archive"), (b"070702", "cpio archive"),
    (b"\x89PNG\r\n\x1a\n", "PNG image"), (b"\xff\xd8\xff", "JPEG image"), (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"), (b"\0\0\1\0", "icon"), (b"%PDF-", "PDF"),
    (b"OggS", "Ogg"), (b"fLaC", "FLAC audio"), (b"ID3", "MP3 audio"),
    (b"wOFF", "WOFF font"), (b"wOF2", "WOFF2 font"), (b"OTTO", "OpenType font"),
    (b"\0\1\0\0\0", "TrueType font"), (b"ttcf", "TrueType collection"),
    (b"SQLite format 3\0", "SQLite database"), (b"\x13\x57\x9a\xce", "GDBM database"),
    (b"\xde\x12\x04\x95", "message catalogue"), (b"\x95\x04\x12\xde", "message catalogue"),
    (b"\0asm", "WebAssembly"), (b"dex\n", "Dalvik bytecode"), (b"\x1bLua", "Lua bytecode"),
    (b"\xcf\xfa\xed\xfe", "Mach-O 64-bit"), (b"\xce\xfa\xed\xfe", "Mach-O 32-bit"),
    (b"TZif", "time zone"), (b"\x1a\x01", "terminfo"), (b"\x1e\x02", "terminfo"),
    (b"\x93NUMPY", "NumPy array"), (b"\x89HDF\r\n\x1a\n", "HDF5"), (b"PAR1", "Parquet"),
    (b"GGUF", "GGUF model"), (b"DIRC", "git index"), (b"PACK\0\0\0", "git pack"),
    (b"\xfftOc", "git pack index"), (b"\0\5\x16\7", "AppleDouble"), (b"LUKS\xba\xbe", "LUKS volume"),
)  # fmt: skip

_ELF_KINDS = {1: "object", 2: "program", 3: "shared object", 4: "core dump"}
_ELF_MACHINES = {
    0x03: "x86", 0x08: "MIPS", 0x14: "PowerPC", 0x15: "PowerPC 64", 0x16: "S/390", 0x28: "ARM",
    0x3E: "x86-64", 0xB7: "AArch64", 0xF3: "RISC-V", 0x102: "LoongArch",
}  # fmt: skip


def form_of(data: bytes) -> str:
    """A word or two for people; empty where the bytes tell nothing."""
    if data.startswith(b"\x7fELF") and len(data) >= 20:
        return _elf(data)
    if data[:2] == b"MZ" and len(data) >= 0x40:
        (at,) = struct.unpack_from("<I", data, 0x3C)
        return "Windows program" if data[at : at + 4] == b"PE\0\0" else ""
    if data[:4] == b"\xca\xfe\xba\xbe" and len(data) >= 8:
        # Java's version and the count of a universal binary stand at the same place.
        return "Java class" if int.from_bytes(data[4:8], "big") >= 43 else "Mach-O universal"
    if data[:4] == b"RIFF" and len(data) >= 12:
        return {b"WEBP": "WebP image", b"WAVE": "WAVE audio"}.get(data[8:12], "RIFF")
    if data[257:262] == b"ustar":
        return "tar archive"
    if data[2:4] == b"\r\n" and len(data) >= 16 and data[4] < 4 and not any(data[5:8]):
        return "Python bytecode"
    if data[:5] in (b"PK\3\4\x0a", b"PK\3\4\x14") and b"META-INF/" in data[30:64]:
        return "Java archive"
    return next((name for head, name in _HEADS if data.startswith(head)), "")


def _elf(data: bytes) -> str:
    bits = {1: "32-bit", 2: "64-bit"}.get(data[4], "")
    kind, machine = struct.unpack_from(">HH" if data[5] == 2 else "<HH", data, 16)
    words = ["ELF", bits, _ELF_MACHINES.get(machine, ""), _ELF_KINDS.get(kind, "")]
    return " ".join(filter(None, words))
