"""Small images, one for each question that layers can ask of a runtime.

The answers are not here: an engine gives them (``test_semantics.py``), and
unit tests may state them.  ``row`` names the construct; ``refused`` says that
Docker 20.10 with overlay2 does not load the image, ``None`` that it depends on
the engine's age.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.hostile import BLOCK, base256, gnu_long, header, padded, pax_header
from tests.members import (
    Member,
    block,
    char,
    directory,
    fifo,
    file,
    hardlink,
    layer,
    opaque,
    raw,
    sparse,
    symlink,
    whiteout,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Case:
    """One image: its uncompressed layer tars, lowest first."""

    name: str
    row: str
    layers: tuple[bytes, ...]
    refused: bool | None = False
    seen_twice: bool = False
    """The kernel shows a lower inode at two places as two; bytes must still be counted once."""


def _two(name: str, row: str, lower: list[Member], *upper: Member, refused: bool = False) -> Case:
    return Case(name, row, (layer(*lower), layer(*upper)), refused)


def _one(name: str, row: str, *members: Member, refused: bool | None = False) -> Case:
    return Case(name, row, (layer(*members),), refused)


def _entry(
    name: str | bytes,
    content: bytes = b"",
    typeflag: bytes = b"0",
    *,
    before: bytes = b"",
    size: int | bytes | None = None,
    mode: int | bytes = 0o644,
    uid: int | bytes = 0,
    mtime: int | bytes = 0,
    linkname: str | bytes = b"",
    magic: str = "ustar",
    prefix: str | bytes = b"",
    checksum: int | None = None,
) -> Member:
    """A member out of the header's fields, with blocks that stand before the header."""
    head = header(
        name,
        typeflag,
        len(content) if size is None else size,
        mode=mode,
        uid=uid,
        mtime=mtime,
        linkname=linkname,
        magic=magic,
        prefix=prefix,
        checksum=checksum,
    )
    return raw(before + head + padded(content))


def _pax(*records: tuple[bytes, bytes], typeflag: bytes = b"x") -> bytes:
    return pax_header(records, typeflag)


_TREE = [
    directory("d"),
    file("d/a", b"lower a"),
    file("d/b", b"lower b"),
    directory("d/sub", 0o750),
    file("d/sub/deep", b"lower deep"),
    file("f", b"lower f"),
]
"""The lower layer of most cases."""

_PAIR = [file("a", b"shared", mode=0o640), hardlink("b", "a", mode=0o640), file("c", b"alone")]
"""A lower layer with two names of one inode."""

_MERGED_USR = [
    directory("usr"),
    directory("usr/lib"),
    file("usr/lib/x", b"library"),
    symlink("lib", "usr/lib"),
]
"""A lower layer in which ``lib`` is a link, as in every current distribution."""


def agreed() -> Iterator[Case]:
    """Constructs that all engines read alike."""
    yield from _whiteouts()
    yield from _sequences()
    yield from _type_changes()
    yield from _names()
    yield from _hard_links()
    yield from _headers()
    yield from _nodes()


def disputed() -> Iterator[Case]:
    """Constructs on which engines disagree, and those that Docker does not load."""
    yield from _through_links()
    yield from _overlay_habits()
    yield from _refusals()


# ---------------------------------------------------------------------- all alike


def _whiteouts() -> Iterator[Case]:
    row = "whiteout"
    yield _two("whiteout", row, _TREE, directory("d"), whiteout("d/a"))
    yield _two("whiteout-no-parent-header", row, _TREE, whiteout("d/a"))
    yield _two("whiteout-missing", row, _TREE, directory("d"), whiteout("d/nothing"))
    yield _two("whiteout-folder", row, _TREE, whiteout("d"))
    yield _two("whiteout-in-root", row, _TREE, whiteout("f"))
    yield _two("whiteout-symlink", row, _MERGED_USR, whiteout("lib"))
    yield _two("whiteout-with-content", row, _TREE, directory("d"), whiteout("d/a", b"text"))
    linked = Member(b"d/.wh.a", b"2", linkname=b"b")
    yield _two("whiteout-as-symlink", row, _TREE, directory("d"), linked)
    row = "opaque"
    yield _two("opaque-after", row, _TREE, directory("d"), opaque("d"), file("d/new", b"new"))
    yield _two("opaque-last", row, _TREE, directory("d"), file("d/new", b"new"), opaque("d"))
    yield _two("opaque-first", row, _TREE, opaque("d"), directory("d"), file("d/new", b"new"))
    yield _two("opaque-no-header", row, _TREE, opaque("d"), file("d/new", b"new"))
    yield _two("opaque-alone", row, _TREE, directory("d", 0o700), opaque("d"))
    yield _two("opaque-same-name", row, _TREE, directory("d"), opaque("d"), file("d/a", b"new a"))
    yield _two("opaque-below", row, _TREE, directory("d"), directory("d/sub"), opaque("d/sub"))
    yield _two(
        "opaque-new-subtree",
        row,
        _TREE,
        directory("n"),
        directory("n/m"),
        opaque("n/m"),
        file("n/m/x", b"x"),
    )
    yield _two(
        "opaque-and-whiteout-elsewhere", row, _TREE, directory("d"), opaque("d"), whiteout("f")
    )
    yield _one(
        "whiteout-in-first-layer",
        "whiteouts in the first layer",
        directory("d"),
        whiteout("d/x"),
        file("d/y", b"y"),
        directory("e"),
        opaque("e"),
        file("e/z", b"z"),
    )


def _sequences() -> Iterator[Case]:
    row = "several layers"
    lower = layer(*_TREE)
    yield Case(
        "opaque-then-added",
        row,
        (lower, layer(directory("d"), opaque("d")), layer(directory("d"), file("d/n", b"n"))),
    )
    yield Case(
        "gone-back-gone",
        row,
        (lower, layer(whiteout("f")), layer(file("f", b"again")), layer(whiteout("f"))),
    )
    yield Case(
        "folder-file-folder",
        row,
        (lower, layer(file("d", b"file")), layer(directory("d"), file("d/n", b"n"))),
    )
    yield Case(
        "folder-gone-then-made",
        row,
        (lower, layer(whiteout("d")), layer(directory("d", 0o711), file("d/n", b"n"))),
    )
    change = layer(directory("d"), whiteout("d/a"), file("d/n", b"n"))
    undo = layer(directory("d"), file("d/a", b"back"), whiteout("d/n"))
    yield Case("same-layer-twice", "same layer twice", (lower, change, undo, change))
    yield Case("empty-layer", "empty tar", (lower, layer(), layer(file("g", b"g"))))


def _type_changes() -> Iterator[Case]:
    row = "type change"
    yield _two("folder-to-file", row, _TREE, file("d", b"now a file"))
    yield _two("file-to-folder", row, _TREE, directory("f", 0o700), file("f/x", b"x"))
    yield _two("folder-to-symlink", row, _TREE, symlink("d", "f"))
    yield _two("symlink-to-file", row, _MERGED_USR, file("lib", b"file"))
    yield _two("symlink-to-folder", row, _MERGED_USR, directory("lib"), file("lib/y", b"y"))
    yield _two("symlink-to-symlink", row, _MERGED_USR, symlink("lib", "usr"))
    yield _two("file-to-symlink", row, _TREE, symlink("f", "d/a"))
    yield _two("file-to-fifo", row, _TREE, fifo("f", 0o600))
    yield _two("folder-attributes", row, _TREE, directory("d", 0o700, uid=7, gid=8))
    yield _two("file-attributes", row, _TREE, file("f", b"lower f", mode=0o4755, uid=5, gid=6))
    yield _two("file-below-file", "file below a file", _TREE, file("f/x", b"x"))


def _names() -> Iterator[Case]:
    row = "names are normalised"
    yield _one("dot-slash", row, directory("./"), directory("./a"), file("./a/b", b"b"))
    yield _one("absolute", row, file("/a", b"a"), file("//b", b"b"))
    yield _one("double-slash", row, directory("a"), file("a//b", b"b"), file("a/./c", b"c"))
    yield _one("slash-after-file", row, _entry("plain/", b"content"))
    yield _one("slash-after-old-file", row, _entry("old/", typeflag=b"\0", magic="v7", mode=0o755))
    yield _one("old-type-file", row, _entry("old", b"content", b"\0", magic="v7"))
    row = "names leave the root"
    yield _one("parent", row, file("../x", b"x"), refused=None)
    yield _one("parent-inside", row, directory("d"), file("d/../../y", b"y"), refused=None)
    row = "missing parent headers"
    yield _one("implied-parents", row, file("p/q/r", b"r", uid=3, gid=4))
    row = "odd names"
    odd: list[str | bytes] = [
        b"latin-\xe9",
        b"\xff\xfe",
        "new\nline",
        "esc\x1b[31mred",
        "tab\there",
        "back\\slash",
        " leading",
        "trailing ",
        "-rf",
        "\u202etxt.exe",
        "caf\u00e9",
        "cafe\u0301",
        "CASE",
        "case",
        "[id]",
        "a[/]b",
        "..data",
        "...",
    ]
    yield _one("odd-names", row, *(file(name, b"x%d" % i) for i, name in enumerate(odd)))
    yield _one("odd-target", row, symlink("l", b"\xffgone"), symlink("m", "a b\nc"))


def _hard_links() -> Iterator[Case]:
    row = "hard links"
    yield _one("hard-link", row, *_PAIR)
    yield _one("hard-link-dot", row, file("a", b"a"), hardlink("b", "./a"))
    yield _one("hard-link-absolute", row, file("a", b"a"), hardlink("b", "/a"))
    yield _one("hard-link-order", row, file("z", b"z"), hardlink("y", "z"), hardlink("x", "y"))
    yield _one(
        "hard-link-through-link",
        row,
        directory("real"),
        file("real/a", b"a"),
        symlink("way", "real"),
        hardlink("b", "way/a"),
    )
    yield _one("hard-link-to-link", row, file("a", b"a"), symlink("s", "a"), hardlink("t", "s"))
    differs = hardlink("b", "a", mode=0o777, uid=9, gid=8)
    yield _one("hard-link-own-attributes", row, file("a", b"a", mode=0o600), differs)
    row = "one name of a lower pair"
    yield _two("pair-rewritten", row, _PAIR, file("a", b"new content"))
    yield _two("pair-first-gone", row, _PAIR, whiteout("a"))
    yield _two("pair-second-gone", row, _PAIR, whiteout("b"))
    yield _two("pair-both-gone", row, _PAIR, whiteout("a"), whiteout("b"))
    yield _two("pair-copied-up", row, _PAIR, file("a", b"shared", mode=0o600), hardlink("n", "a"))


def _headers() -> Iterator[Case]:
    long_name = "/".join(["long" * 20] * 4)
    row = "extended headers"
    yield _one("pax-path", row, _entry("short", b"x", before=_pax((b"path", long_name.encode()))))
    yield _one(
        "pax-link",
        row,
        _entry("l", typeflag=b"2", linkname="x", before=_pax((b"linkpath", b"t" * 300))),
    )
    yield _one("pax-size", row, _entry("s", b"12345", size=0, before=_pax((b"size", b"5"))))
    yield _one("pax-mtime", row, _entry("m", before=_pax((b"mtime", b"1700000000.25"))))
    yield _one("pax-owner", row, _entry("o", before=_pax((b"uid", b"3000000"), (b"gid", b"7"))))
    yield _one(
        "pax-twice", row, _entry("t", before=_pax((b"path", b"first"), (b"path", b"second")))
    )
    yield _one("gnu-long-name", row, _entry("s", b"x", before=gnu_long(b"L", long_name)))
    yield _one(
        "gnu-long-link",
        row,
        _entry("l", typeflag=b"2", linkname="x", before=gnu_long(b"K", "t" * 300)),
    )
    yield _one(
        "pax-then-gnu",
        row,
        _entry("s", b"x", before=_pax((b"path", b"by-pax")) + gnu_long(b"L", "by-gnu")),
    )
    yield _one("ustar-prefix", row, _entry("name", b"x", prefix="in/a/prefix"))
    yield _one("base-256-size", row, _entry("b", b"123", size=base256(3, 12), magic="gnu"))
    yield _one("base-256-uid", row, _entry("u", uid=base256(3_000_000, 8), magic="gnu"))
    yield _one("mode-with-type-bits", row, _entry("m", mode=0o100644))
    row = "sparse"
    for form in ("0.0", "0.1", "1.0"):
        parts = [(0, b"start"), (1_048_576, b"end!")]
        yield _one(f"sparse-{form}", row, sparse("holes", parts, 1_048_580, form))
    row = "size in a header without content"
    yield _one("size-of-folder", row, _entry("d/", typeflag=b"5", size=512), file("f", b"f"))
    yield _one("size-of-link", row, _entry("l", typeflag=b"2", size=512, linkname="f"), file("f"))
    linked = _entry("h", typeflag=b"1", size=512, linkname="f")
    yield _one("size-of-hard-link", row, file("f", b"f"), linked)
    row = "end of the archive"
    plain = layer(file("a", b"a"), end=False)
    yield Case("no-end", row, (plain,))
    yield Case("after-the-end", row, (layer(file("a", b"a")) + layer(file("hidden", b"h")),))
    yield Case("noise-after-the-end", row, (layer(file("a", b"a")) + b"\x07" * BLOCK,))


def _nodes() -> Iterator[Case]:
    row = "modes, owners, nodes"
    yield _one(
        "nodes",
        row,
        file("suid", b"s", mode=0o4755),
        file("sgid", b"s", mode=0o2755),
        directory("sticky", 0o1777),
        file("big-owner", b"o", uid=3_000_000, gid=4_000_000),
        char("null", 1, 3, 0o666),
        block("disk", 8, 1, 0o660),
        fifo("pipe", 0o600),
        symlink("dangling", "/no/where"),
    )


# ---------------------------------------------------------------------- engines disagree


def _through_links() -> Iterator[Case]:
    row = "entry below a lower symbolic link"
    yield _two("file-below-link", row, _MERGED_USR, file("lib/new", b"new"))
    yield _two("folder-below-link", row, _MERGED_USR, directory("lib/n"), file("lib/n/m", b"m"))
    yield _two("whiteout-below-link", row, _MERGED_USR, whiteout("lib/x"))
    row = "entry below a symbolic link of the same layer"
    yield _one(
        "file-below-own-link",
        row,
        directory("real"),
        symlink("way", "real"),
        file("way/inside", b"i"),
    )
    lower = [directory("real"), file("real/a", b"a")]
    yield _two(
        "own-link-to-lower", row, lower, symlink("way", "real"), file("way/b", b"b"), refused=True
    )
    escape = (symlink("out", "/no/such/place"), file("out/b", b"b"))
    yield _one("own-link-to-nothing", row, *escape, refused=True)


def _overlay_habits() -> Iterator[Case]:
    row = "whiteout and folder in one layer"
    yield _two("whiteout-then-folder", row, _TREE, whiteout("d"), directory("d"), file("d/n", b"n"))
    row = "opaque root"
    yield _two("opaque-root", row, _TREE, opaque(""), file("only", b"o"))
    row = "device 0:0"
    yield _two("device-0-0", row, _TREE, char("f", 0, 0))
    yield _one("device-0-0-alone", row, file("g", b"g"), char("f", 0, 0))
    row = "overlay attributes"
    hides = (("SCHILY.xattr.trusted.overlay.opaque", "y"),)
    yield _two("attribute-opaque", row, _TREE, directory("d", pax=hides), file("d/n", b"n"))
    moves = (("SCHILY.xattr.trusted.overlay.redirect", "/d"),)
    redirected = layer(directory("e", pax=moves))
    yield Case("attribute-redirect", row, (layer(*_TREE), redirected), seen_twice=True)
    row = "whiteout of nothing"
    yield _two("whiteout-in-new-folder", row, _TREE, directory("n"), whiteout("n/x"))
    yield _two("whiteout-in-implied-folder", row, _TREE, whiteout("n/x"))
    yield _two("whiteout-beside-opaque", row, _TREE, directory("d"), opaque("d"), whiteout("d/a"))
    row = "implied parent that exists below"
    lower = [directory("p", 0o700, uid=5, gid=6), file("p/a", b"a")]
    yield _two("implied-parent-resets", row, lower, file("p/b", b"b"))
    yield _two("implied-parent-of-whiteout", row, lower, whiteout("p/a"))
    row = "marker as a folder"
    yield _two("marker-folder", row, _TREE, directory("d"), directory("d/.wh.a"))
    row = "modification times out of range"
    yield _one("old-times", row, _entry("m", before=_pax((b"mtime", b"-315619200"))))
    row = "metadata of AUFS"
    yield _two("aufs-folder", row, _TREE, directory(".wh..wh.plnk"), file("g", b"g"))
    yield _two("aufs-file", row, _TREE, file(".wh..wh.aufs", b""), file("g", b"g"))
    row = "global header"
    chosen = _pax((b"comment", b"a note"), typeflag=b"g")
    yield _one("global-comment", row, raw(chosen), file("a", b"a"))
    renamed = _pax((b"path", b"evil"), (b"mtime", b"1"), typeflag=b"g")
    yield _one("global-path", row, raw(renamed), file("a", b"a"), file("b", b"b"))


def _refusals() -> Iterator[Case]:
    row = "entry and its whiteout in one layer"
    yield _two("entry-then-whiteout", row, _TREE, file("f", b"new"), whiteout("f"), refused=True)
    folder = (directory("d"), file("d/n", b"n"), whiteout("d"))
    yield _two("folder-then-whiteout", row, _TREE, *folder, refused=True)
    headless = (whiteout("d"), file("d/n", b"n"))
    yield _two("whiteout-then-below", row, _TREE, *headless, refused=True)
    inner = (whiteout("d"), whiteout("d/a"))
    yield _two("whiteout-of-both", row, _TREE, *inner, refused=True)
    row = "markers without a name"
    for number, name in enumerate((".wh.", ".wh..", ".wh...")):
        yield _two(f"marker-{number}", row, _TREE, Member(name.encode(), b"0"), refused=True)
    row = "same path twice"
    yield _one("file-twice", row, file("a", b"1"), file("a", b"2"), refused=True)
    yield _one("folder-twice", row, directory("a"), directory("a", 0o700), refused=True)
    yield _one("folder-and-file", row, directory("a"), file("a/b"), file("a", b"2"), refused=True)
    row = "hard link without its target"
    yield _two("hard-link-below", row, _TREE, hardlink("g", "f"), refused=True)
    yield _one("hard-link-forward", row, hardlink("b", "a"), file("a", b"a"), refused=True)
    yield _one("hard-link-nowhere", row, hardlink("b", "nothing"), refused=True)
    yield _one("hard-link-itself", row, hardlink("b", "b"), refused=True)
    row = "types that Docker does not know"
    yield _one("sparse-gnu", row, sparse("holes", [(0, b"start")], 100_000, "gnu"), refused=True)
    yield _one("contiguous", row, _entry("c", b"content", b"7"), refused=True)
    yield _one("unknown-type", row, _entry("c", b"content", b"Z"), refused=True)
    row = "broken tar"
    yield _one("negative-size", row, _entry("n", size=base256(-1, 12)), refused=True)
    yield _one("bad-checksum", row, _entry("n", checksum=1), refused=True)
    cut = layer(file("a", bytes(5000)), end=False)[:2000]
    yield Case("cut-off", row, (cut,), refused=True)
    lone = layer(file("a", b"a"), end=False) + bytes(BLOCK) + layer(file("b", b"b"))
    yield Case("lone-zero-block", row, (lone,), refused=True)
    hidden = _entry("n", before=_pax((b"path", b"a\0b")))
    yield _one("nul-in-pax-path", row, hidden, refused=True)
    yield _one(
        "pax-time-no-number", row, _entry("n", before=_pax((b"mtime", b"abc"))), refused=True
    )


def cases() -> tuple[Case, ...]:
    """All of them."""
    return (*agreed(), *disputed())
