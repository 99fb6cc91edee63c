"""Files that say nothing: dumps of crashed processes, one byte over and over, macOS's shadows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import xxhash

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.inodes import Told, by_layer, counted, owned, told
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.layers.table import HASH_SIZE, HashKind

_MOST = 16 << 30
"""Bytes of filled files that are looked at in one image."""

_BLOCK = 1 << 20

CORE_DUMPS = Rule(
    id="core-dumps",
    title="memory dumps of crashed processes",
    topic=Topic.CONTENT,
    why=(
        "A process that crashed while the image was built left its memory behind. It is of no use "
        "in the image, and may hold passwords and keys."
    ),
    fix=(
        "Find out what crashes in this step, and let it leave no dump:\n"
        "RUN ulimit -c 0 && <command> && rm -f {paths}"
    ),
    ledger_class=LedgerClass.LOGS_AND_TEMPORARY,
    keep=(
        "By content, not by name: ELF files of type ET_CORE and heap dumps of Java. Java's crash "
        "reports (hs_err_pid*.log) by name."
    ),
    source="core(5); HPROF format",
)

ZERO_FILLED = Rule(
    id="zero-filled-files",
    title="files of one byte over and over",
    topic=Topic.CONTENT,
    why=(
        "Every byte of these files is the same. Compressed layers shrink them to almost nothing, "
        "but on disk and in an unpacked image they take their full size: layers keep no holes."
    ),
    fix="Make them when the container starts: truncate -s <size> {paths} (or fallocate -l).",
    ledger_class=LedgerClass.OTHER,
    keep="Files below 1 MiB, and those of packages.",
    source="the bytes themselves, all of them compared",
)

APPLE_DOUBLE = Rule(
    id="appledouble",
    title="macOS's shadow files (._*)",
    topic=Topic.CONTENT,
    why=(
        "macOS writes a ._ file beside each file whose attributes a file system or an archive "
        "cannot hold. Nothing on Linux reads them; some programs take them for plug-ins or "
        "migrations and fail."
    ),
    fix="Add to .dockerignore:\n**/._*\nArchives made on macOS: COPYFILE_DISABLE=1 tar …",
    ledger_class=LedgerClass.VCS_AND_EDITOR,
    keep="Only files that begin with AppleDouble's magic number.",
    source="RFC 1740, AppleDouble",
)


def check_dumps(context: Context) -> Iterable[Draft]:
    """Core dumps and Java heap dumps."""
    files = [file for file in told(context, "core") if not owned(context, file)]
    for layer, group in by_layer(context, files).items():
        words = {"elf": "core dump", "java": "Java heap dump"}
        yield Draft(
            CORE_DUMPS.id,
            versions=[name for file in group for name in file.names],
            layer=layer,
            title=" and ".join(
                counted(number, words[kind])
                for kind in words
                if (number := sum(file.fact == kind for file in group))
            ),
        )
    if b"hs_err_pid" in context.files.joined:
        reports = [
            version
            for path, version in zip(context.files.paths, context.files.versions, strict=True)
            if path.endswith(b".log") and path.rpartition(b"/")[2].startswith(b"hs_err_pid")
        ]
        for layer, versions in context.by_layer(context.inventory.unowned(reports)).items():
            yield Draft(
                CORE_DUMPS.id,
                versions=versions,
                layer=layer,
                title=counted(len(versions), "crash report") + " of Java",
                confidence=Confidence.LIKELY,
            )


def check_filled(context: Context) -> Iterable[Draft]:
    """Files whose bytes are all the same."""
    left = _MOST
    files = []
    for file in told(context, "fill"):
        size = context.size(file.inode)
        if size <= left:
            left -= size
            if _is_filled(context, file):
                files.append(file)
    for is_owned in (False, True):
        chosen = [file for file in files if owned(context, file) is is_owned]
        for layer, group in by_layer(context, chosen).items():
            yield Draft(
                ZERO_FILLED.id,
                versions=[name for file in group for name in file.names],
                layer=layer,
                title=_filled_title(group),
                evidence=(_TWO_SIZES,),
                confidence=Confidence.HINT if is_owned else None,
                most=Severity.INFO if is_owned else None,
            )


_TWO_SIZES = "next to nothing on the wire where the layer is compressed, all of it on disk"


def _filled_title(group: list[Told]) -> str:
    if all(file.fact == 0 for file in group):
        return f"{counted(len(group), 'file')} of zeros"
    return counted(len(group), "file of one byte over and over", "files of one byte over and over")


def _is_filled(context: Context, file: Told) -> bool:
    """Whether the whole file is one byte: by its hash where there is one, else by its bytes."""
    table, i = context.fs.slot(file.inode)
    if i in table.sparse:
        return False
    size, byte = table.sizes[i], bytes([file.fact])
    known = table.hash(i)
    digest = _DIGESTS.get(table.hash_kind)
    if known is not None and digest is not None:
        state = digest()
        for piece in _constant(byte, size):
            state.update(piece)
        return bool(state.digest()[:HASH_SIZE] == known)
    pieces = context.reread(context.fs.layer_of(file.inode), i)
    if pieces is None:
        return False
    block = byte * _BLOCK
    return all(
        piece == (block[: len(piece)] if len(piece) <= _BLOCK else byte * len(piece))
        for piece in pieces
    )


def _constant(byte: bytes, size: int) -> Iterator[bytes]:
    block = byte * _BLOCK
    for _ in range(size // _BLOCK):
        yield block
    yield block[: size % _BLOCK]


_DIGESTS: dict[HashKind, Callable[[], Any]] = {
    HashKind.XXH3: xxhash.xxh3_128,
    HashKind.SHA256: hashlib.sha256,
}


def check_apple_double(context: Context) -> Iterable[Draft]:
    """AppleDouble files."""
    files = told(context, "appledouble")
    for is_owned in (False, True):
        chosen = [file for file in files if owned(context, file) is is_owned]
        for layer, group in by_layer(context, chosen).items():
            yield Draft(
                APPLE_DOUBLE.id,
                versions=[name for file in group for name in file.names],
                layer=layer,
                title=counted(len(group), "shadow file") + " of macOS (._*)",
                confidence=Confidence.HINT if is_owned else None,
                most=Severity.INFO if is_owned else None,
            )


RULE_SET = RuleSet(
    rules=(CORE_DUMPS, ZERO_FILLED, APPLE_DOUBLE),
    checks=(check_dumps, check_filled, check_apple_double),
)
