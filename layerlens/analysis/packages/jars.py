"""Maven packages in Java archives, by the list at a zip's end and the names of files.

The format is PKWARE's APPNOTE 6.3.10.  Only entries of interest are looked
for, by their names; each is believed if a header of the right shape stands
before it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from layerlens.analysis.packages.golang import live_facts
from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.view import Database
from layerlens.analysis.rules.context import Context

MAX_TAIL = 4 << 20
"""Bytes of a zip's end that are looked at."""

MAX_POMS = 500
MAX_NESTED = 5000
MAX_PROPERTIES = 1 << 16
"""Bytes of a ``pom.properties``."""

_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_ENTRY_SIZE, _LOCAL_SIZE, _END_SIZE, _END_64_SIZE = 46, 30, 22, 56
_MAX_COMMENT = 0xFFFF

# Literal beginnings, so that the search is fast; a list of entries may have megabytes.
_POM = re.compile(rb"META-INF/maven/([\w.-]{1,200})/([\w.-]{1,200})/pom\.properties")
_NESTED = re.compile(rb"lib/([^/\0]{1,250}\.jar)")
_NESTED_IN = (b"", b"BOOT-INF/", b"WEB-INF/", b"APP-INF/")
_VERSION = re.compile(
    r"(?P<artifact>.+?)-(?P<version>\d[\w.+]*-\d{8}\.\d{6}-\d+)\Z"
    r"|(?P<a>.+)-(?P<v>\d[\w.+]*(?:-[A-Za-z][\w.+]*)*)\Z"
)
_CLASSIFIER = re.compile(
    r"-(?:sources|javadoc|tests?|all|shaded|exec|boot|plain|jar-with-dependencies|no_aop"
    r"|(?:linux|osx|windows|mac|win)(?:-[\w]+)*)\Z"
)


def parse_zip(tail: bytes, size: int, head: bytes = b"") -> dict[str, Any] | None:
    """What a zip of ``size`` bytes says of Maven, from its last bytes.

    ``{"poms": [[group, artifact, version], …], "nested": [file name, …],
    "partial": whether its list begins before the tail}``; a version is ``""``
    where the file that says it is neither in the tail nor in the head.
    ``None``: it is no zip, or says nothing.
    """
    tail = tail[-MAX_TAIL:]
    place = _directory(tail, size)
    if place is None:
        return None
    start, end, shift = place
    begin = max(start, 0)
    poms: dict[tuple[str, str], str] = {}
    nested: dict[str, None] = {}
    for match in _POM.finditer(tail, begin, end):
        at = match.start() - _ENTRY_SIZE
        if len(poms) < MAX_POMS and _is_entry(tail, begin, at, len(match[0])):
            key = match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace")
            poms[key] = _version_in(_content(tail, at, size, head, shift))
    for match in _NESTED.finditer(tail, begin, end):
        for folder in _NESTED_IN:
            at = match.start() - len(folder) - _ENTRY_SIZE
            if (
                len(nested) < MAX_NESTED
                and tail.endswith(folder, 0, match.start())
                and _is_entry(tail, begin, at, len(folder) + len(match[0]))
            ):
                nested[match[1].decode("utf-8", "replace")] = None
    if not poms and not nested:
        return None
    return {
        "poms": [[group, artifact, version] for (group, artifact), version in poms.items()],
        "nested": list(nested),
        "partial": start < 0,
    }


def _is_entry(tail: bytes, begin: int, at: int, length: int) -> bool:
    """Whether an entry with a name of some length is listed at a place."""
    return (
        at >= begin
        and tail[at : at + 4] == _ENTRY
        and int.from_bytes(tail[at + 28 : at + 30], "little") == length
    )


def _directory(tail: bytes, size: int) -> tuple[int, int, int] | None:
    """Where the list of entries begins and ends in the tail, and what is put before the zip.

    The beginning is negative where it lies before the tail.
    """
    at = tail.rfind(_END, max(0, len(tail) - _END_SIZE - _MAX_COMMENT))
    if at < 0 or at + _END_SIZE > len(tail):
        return None
    length, offset = struct.unpack_from("<II", tail, at + 12)
    end = at
    if 0xFFFFFFFF in (length, offset) or tail[at + 10 : at + 12] == b"\xff\xff":
        at_64 = tail.rfind(_END_64, 0, at)
        if at_64 >= 0 and at_64 + _END_64_SIZE <= at and tail[at - 20 : at - 16] == _LOCATOR_64:
            length, offset = struct.unpack_from("<QQ", tail, at_64 + 40)
            end = at_64
    start = end - length
    before = size - len(tail) + start - offset  # scripts that start the archive, for one
    return start, end, before


def _content(tail: bytes, at: int, size: int, head: bytes, shift: int) -> bytes:
    """The content of the entry listed at ``at``, if its bytes are at hand; else nothing."""
    method = int.from_bytes(tail[at + 10 : at + 12], "little")
    packed = int.from_bytes(tail[at + 20 : at + 24], "little")
    local = int.from_bytes(tail[at + 42 : at + 46], "little") + shift
    if packed > MAX_PROPERTIES or method not in {0, 8} or local < 0:
        return b""
    data = head
    if local + _LOCAL_SIZE > len(head):
        data, local = tail, local - (size - len(tail))
    if local < 0 or data[local : local + 4] != _LOCAL or local + _LOCAL_SIZE > len(data):
        return b""
    names = sum(struct.unpack_from("<HH", data, local + 26))
    begin = local + _LOCAL_SIZE + names
    raw = data[begin : begin + packed]
    if method == 0:
        return raw
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, MAX_PROPERTIES)
    except zlib.error:
        return b""


def _version_in(properties: bytes) -> str:
    """The ``version`` of a ``pom.properties``."""
    for line in properties.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "version" and "$" not in value:
            return value.strip()[:200]
    return ""


def name_and_version(file_name: str) -> tuple[str, str]:
    """Artifact and version, as a jar is called (``guava-31.1-jre.jar``); a version may be lacking."""
    stem = re.sub(r"\.[jwe]ar\Z", "", file_name)
    short = _CLASSIFIER.sub("", stem)
    match = _VERSION.fullmatch(short)
    if match is None:
        return stem, ""
    return match["artifact"] or match["a"], match["version"] or match["v"]


def packages(path: bytes, fact: Mapping[str, Any]) -> list[Listed]:
    """The Maven packages of one archive: itself, what is unpacked in it, and the jars in it.

    The archive is not a file of theirs: as a package's own, a jar in a build's
    cache would be shielded from the rules about caches.
    """
    rows = [row for row in _rows(fact.get("poms")) if isinstance(row, list) and len(row) == 3]
    artifact, version = name_and_version(_shown(path.rpartition(b"/")[2]))
    found: dict[tuple[str, str], Listed] = {}
    for group, name, written in rows:
        known = str(written) or (version if name == artifact else "")
        if known:
            found[f"{group}:{name}", known] = _listed(f"{group}:{name}", known)
    if version and not any(name == artifact or len(rows) == 1 for _, name, _ in rows):
        found[artifact, version] = _listed(artifact, version)
    for inner in _rows(fact.get("nested")):
        name, known = name_and_version(str(inner))
        if known:
            found.setdefault((name, known), _listed(name, known))
    return list(found.values())


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _listed(name: str, version: str) -> Listed:
    return Listed(ecosystem=Ecosystem.MAVEN, name=name, version=version)


def read_facts(context: Context) -> Iterable[Database]:
    """The packages of every live archive; the archive is the database that lists them."""
    for path, fact in live_facts(context, "jar"):
        listed = packages(path, fact)
        if listed:
            yield Database(path, tuple(listed))


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")
