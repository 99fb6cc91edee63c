"""Writers of blobs with a table of contents: eStargz and zstd:chunked, from members.

They write what the formats' own programs write: a compressed member or frame
for each chunk of a content, and the headers between contents where those
programs have them.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from backports import zstd

from layerlens.layers.table import Kind
from tests.archives import dumps, sha256, skippable
from tests.hostile import BLOCK
from tests.members import Member, file

Json = dict[str, Any]
Edit = Callable[[Any], object]
"""Changes a document before it is written: its digest is that of the changed one."""

_TYPES = {
    Kind.FILE: "reg",
    Kind.DIR: "dir",
    Kind.SYMLINK: "symlink",
    Kind.HARDLINK: "hardlink",
    Kind.CHAR: "char",
    Kind.BLOCK: "block",
    Kind.FIFO: "fifo",
}
_XATTR = b"SCHILY.xattr."
GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"


@dataclass(frozen=True)
class Blob:
    """A stored layer, and what its descriptor says."""

    data: bytes
    annotations: dict[str, str]
    media_type: str
    tar: bytes


def unchanged(document: Json | list[Json]) -> None:
    """Leave a document as it is."""


def estargz(
    *members: Member,
    chunk: int = 1 << 22,
    ended: bool = True,
    told: bool = True,
    old_footer: bool = False,
    edit: Edit = unchanged,
) -> Blob:
    """An eStargz blob.

    ``ended`` keeps the end of the given tar before the table, as BuildKit
    does; without it the table is a file of the layer.  ``told`` annotates the
    tar's size.
    """
    out = bytearray()
    tar = bytearray()
    waiting = b""

    def flush() -> None:
        nonlocal waiting
        if waiting:
            out.extend(gzip.compress(waiting, mtime=0))
            tar.extend(waiting)
        waiting = b""

    entries: list[Json] = []
    for member in members:
        waiting += member.head
        mine = [_entry(member, whole_seconds=True)]
        parts = _parts(member, chunk)
        for k, part in enumerate(parts):
            flush()
            if k:
                mine.append({"name": mine[0]["name"], "type": "chunk"})
            mine[k] |= {"offset": len(out), "chunkDigest": f"sha256:{sha256(part)}"}
            if k:
                mine[k]["chunkOffset"] = k * chunk
            if len(part) == chunk:
                mine[k]["chunkSize"] = chunk
            waiting = part
        if member.kind is Kind.FILE:
            mine[0]["digest"] = f"sha256:{sha256(member.data)}"
        waiting += bytes(-len(member.data) % BLOCK)
        entries += mine
    if ended:
        waiting += bytes(2 * BLOCK)
    flush()
    table = {"version": 1, "entries": entries}
    edit(table)
    text = json.dumps(table, indent="\t", ensure_ascii=False).encode()
    at = len(out)
    waiting = file("stargz.index.json", text, mode=0).encode() + bytes(2 * BLOCK)
    flush()
    out += _footer(at, old=old_footer)
    annotations = {"containerd.io/snapshot/stargz/toc.digest": f"sha256:{sha256(text)}"}
    if told:
        annotations["io.containers.estargz.uncompressed-size"] = str(len(tar))
    return Blob(bytes(out), annotations, GZIP, bytes(tar))


def _footer(at: int, *, old: bool) -> bytes:
    extra = b"%016xSTARGZ" % at
    if not old:
        extra = b"SG" + len(extra).to_bytes(2, "little") + extra
    head = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff" + len(extra).to_bytes(2, "little")
    return head + extra + b"\x01\0\0\xff\xff" + bytes(8)


def chunked(
    *members: Member,
    chunk: int = 1 << 22,
    split: bool = False,
    ends: bool = True,
    prefix: str = "io.github.containers.zstd-chunked.",
    edit: Edit = unchanged,
    edit_split: Edit = unchanged,
) -> Blob:
    """A zstd:chunked blob, with a tar-split if ``split``.

    Without ``ends`` the table does not tell where contents end, and headers
    share their frames (as stargz-snapshotter writes it).
    """
    out = bytearray()
    tar = bytearray()
    waiting = b""

    def flush() -> None:
        nonlocal waiting
        if waiting:
            out.extend(zstd.compress(waiting))
            tar.extend(waiting)
        waiting = b""

    entries: list[Json] = []
    lines: list[Json] = []
    for member in members:
        waiting += member.head
        mine = [_entry(member, whole_seconds=False)]
        parts = _parts(member, chunk)
        for k, part in enumerate(parts):
            flush()
            if k:
                mine.append({"type": "chunk", "name": mine[0]["name"], "chunkOffset": k * chunk})
            mine[k]["offset"] = len(out)
            if len(parts) > 1:
                mine[k] |= {"chunkSize": len(part), "chunkDigest": f"sha256:{sha256(part)}"}
            waiting = part
        if parts:
            mine[0]["digest"] = f"sha256:{sha256(member.data)}"
            if ends:
                flush()
                mine[0]["endOffset"] = len(out)
        padding = bytes(-len(member.data) % BLOCK)
        waiting += padding
        entries += mine
        name = mine[0]["name"]
        lines += [_raw(member.head), {"type": 1, "name": name, "size": len(member.data)}]
        lines += [_raw(padding)] if padding else []
    waiting += bytes(2 * BLOCK)
    flush()
    lines.append(_raw(bytes(2 * BLOCK)))
    edit_split(lines)
    document: Json = {"version": 1, "entries": entries}
    splits = zstd.compress(unpacked := b"".join(dumps(line) + b"\n" for line in lines))
    if split:
        document["tarSplitDigest"] = f"sha256:{sha256(splits)}"
    edit(document)
    stored = zstd.compress(text := dumps(document))
    at = len(out) + 8
    out += skippable(stored)
    annotations = {
        prefix + "manifest-checksum": f"sha256:{sha256(stored)}",
        prefix + "manifest-position": f"{at}:{len(stored)}:{len(text)}:1",
    }
    if split:
        annotations[prefix + "tarsplit-position"] = f"{len(out) + 8}:{len(splits)}:{len(unpacked)}"
        out += skippable(splits)
    out += skippable(at.to_bytes(8, "little") + bytes(48) + b"GNUlInUx")
    return Blob(bytes(out), annotations, ZSTD, bytes(tar))


def _raw(data: bytes) -> Json:
    return {"type": 2, "payload": base64.b64encode(data).decode()}


def _parts(member: Member, chunk: int) -> list[bytes]:
    if member.kind is not Kind.FILE:
        return []
    return [member.data[k : k + chunk] for k in range(0, len(member.data), chunk)]


def _entry(member: Member, *, whole_seconds: bool) -> Json:
    pax = dict(member.pax)
    entry: Json = {
        "name": (pax.get(b"path") or member.name).decode("utf-8", "replace"),
        "type": _TYPES[member.kind],
        "mode": member.mode,
        "uid": int(pax.get(b"uid", member.uid)),
        "gid": int(pax.get(b"gid", member.gid)),
        "modtime": _time(pax.get(b"mtime", b"%d" % member.mtime), whole_seconds=whole_seconds),
        "size": len(member.data) if member.kind is Kind.FILE else 0,
        "devMajor": member.device[0],
        "devMinor": member.device[1],
        "linkName": (pax.get(b"linkpath") or member.linkname).decode("utf-8", "replace"),
    }
    xattrs = {
        key.removeprefix(_XATTR).decode(): base64.b64encode(value).decode()
        for key, value in pax.items()
        if key.startswith(_XATTR)
    }
    # As Go leaves out what is empty.
    entry = {key: value for key, value in entry.items() if value or key in ("name", "type")}
    return entry | ({"xattrs": xattrs} if xattrs else {})


def _time(text: bytes, *, whole_seconds: bool) -> str:
    number = Decimal(text.decode())
    whole = math.floor(number)
    shown = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    fraction = f"{number - whole:.9f}".strip("0") if number != whole else ""
    if whole_seconds:
        return f"{shown}Z" if whole else ""
    return f"{shown}{fraction}Z"


def digest_of(data: Iterable[bytes]) -> bytes:
    """The first half of the sha256 of some pieces."""
    return hashlib.sha256(b"".join(data)).digest()[:16]
