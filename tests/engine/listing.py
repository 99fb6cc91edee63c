"""Filesystems as sets of rows: what an engine exports, and what the tool lists."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tarfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import forked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.engine.engine import Engine

ROOT = Path(__file__).resolve().parent.parent.parent

ENGINES_OWN = frozenset(
    (
        b".dockerenv",
        b"dev/console",
        b"dev/pts",
        b"dev/shm",
        b"etc/hostname",
        b"etc/hosts",
        b"etc/mtab",
        b"etc/resolv.conf",
    )
)
"""What an engine puts into every container, or over what the image has there."""

_ENGINES_FOLDERS = frozenset((b"dev", b"etc", b"proc", b"sys"))
"""Folders that an engine adds where the image has none; those of an image stay as they are."""


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One name of a filesystem."""

    path: bytes
    type: str
    mode: int
    uid: int
    gid: int
    size: int
    target: bytes = b""


_TYPES = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.LNKTYPE: "hardlink",
    tarfile.SYMTYPE: "symlink",
    tarfile.DIRTYPE: "dir",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
    tarfile.FIFOTYPE: "fifo",
}


def exported(engine: Engine, image: str) -> list[Row]:
    """What ``docker export`` says of a container of an image that was never started."""
    container = engine.docker("create", image, "/none").stdout.strip()
    try:
        stream = engine.stream("export", container)
        assert stream.stdout is not None
        assert stream.stderr is not None
        with tarfile.open(
            fileobj=stream.stdout, mode="r|", encoding="utf-8", errors="surrogateescape"
        ) as archive:
            rows = [_exported_row(entry) for entry in archive]
        rest = stream.stdout.read()
        message = stream.stderr.read()
        assert stream.wait() == 0, message
        assert not rest.strip(b"\0"), "the reader stopped before the end of the export"
        stream.stdout.close()
        stream.stderr.close()
    finally:
        engine.docker("rm", container)
    return rows


def _exported_row(entry: tarfile.TarInfo) -> Row:
    kind = _TYPES[entry.type]
    target = os.fsencode(entry.linkname) if kind in ("symlink", "hardlink") else b""
    return Row(
        os.fsencode(entry.name).strip(b"/"),
        kind,
        entry.mode & 0o7777,
        entry.uid,
        entry.gid,
        entry.size if kind == "file" else 0,
        target.strip(b"/") if kind == "hardlink" else target,
    )


def listed(*arguments: str, environment: Mapping[str, str] | None = None) -> list[Row]:
    """What ``layerlens files … --format ndjson`` says."""
    result = tool("files", *arguments, "--format", "ndjson", environment=environment)
    assert result.returncode == 0, result.stderr
    return [_listed_row(json.loads(line)) for line in result.stdout.splitlines()]


def _listed_row(record: dict[str, Any]) -> Row:
    kind = str(record["type"])
    target = _exact(record, "target") if record.get("target") is not None else b""
    return Row(
        _exact(record, "path"),
        kind,
        int(record["mode"], 8),
        int(record["uid"]),
        int(record["gid"]),
        int(record["size"]),
        target.strip(b"/") if kind == "hardlink" else target,
    )


def _exact(record: dict[str, Any], field: str) -> bytes:
    encoded = record.get(f"{field}_base64")
    return base64.b64decode(encoded) if encoded is not None else str(record[field]).encode()


def comparable(rows: Iterable[Row], image_has: Iterable[Row]) -> list[Row]:
    """Rows without what engines add, and with hard links as groups.

    Which name of an inode counts as the file and which as its links depends on
    the order of a walk; so the file's row goes to the group's first name, and
    every other name points there.  Links to what is no regular file are shown
    as further ones of its kind.  ``image_has`` tells which of the folders
    that an engine makes are the image's.
    """
    own = {row.path for row in image_has}
    kept = [
        row
        for row in rows
        if row.path
        and row.path not in ENGINES_OWN
        and (row.path not in _ENGINES_FOLDERS or row.path in own)
    ]
    files = {row.path: row for row in kept if row.type != "hardlink"}
    groups: dict[bytes, list[bytes]] = defaultdict(list)
    for row in kept:
        if row.type == "hardlink":
            assert row.target in files, f"{row.path!r} links to {row.target!r}, which is no file"
            groups[row.target].append(row.path)
    result = dict(files)
    for target, names in groups.items():
        file = result.pop(target)
        if file.type != "file":
            result |= {name: replace(file, path=name) for name in (target, *names)}
            continue
        first, *others = sorted((target, *names))
        result[first] = replace(file, path=first)
        for name in others:
            result[name] = replace(file, path=name, type="hardlink", size=0, target=first)
    assert len(result) == len(kept), "a name occurs twice"
    return sorted(result.values())


def links_as_files(rows: Iterable[Row]) -> list[Row]:
    """Rows with every hard link shown as a file of its own."""
    known = list(rows)
    files = {row.path: row for row in known}
    return sorted(
        replace(files[row.target], path=row.path) if row.type == "hardlink" else row
        for row in known
    )


def content_bytes(rows: Iterable[Row]) -> int:
    """Content of a filesystem, each inode once."""
    return sum(row.size for row in rows if row.type == "file")


def differences(expected: Iterable[Row], found: Iterable[Row]) -> str:
    """The first rows that only one side has, for a message; empty when both are equal."""
    missing, extra = set(expected) - set(found), set(found) - set(expected)
    lines = [f"  engine {row}" for row in sorted(missing)[:12]]
    lines += [f"  tool   {row}" for row in sorted(extra)[:12]]
    head = f"{len(missing)} rows of the engine missing, {len(extra)} rows of the tool too many"
    return "\n".join([head, *lines]) if lines else ""


# ---------------------------------------------------------------------- the tool


def tool(
    *arguments: str | Path,
    environment: Mapping[str, str] | None = None,
    before: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does; ``before`` is a program that runs it.

    Without an ``environment`` it is the caller's, less what coverage puts there:
    hundreds of small runs would take twice as long for lines that others cover.
    Each run is a process of its own, forked (``tests.forked``) where nothing forbids it, and has a layer cache of its own: what it says, it has read.
    """
    if environment is None:
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")
        }
    own_cache = os.path.join(environment["LAYERLENS_CACHE_DIR"], os.urandom(8).hex())
    environment = {**environment, "LAYERLENS_CACHE_DIR": own_cache}
    if not before and forked.can_fork(environment):
        return forked.run([*map(str, arguments)], environment=environment, cwd=ROOT)
    return subprocess.run(
        [*before, sys.executable, "-m", "layerlens", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment,
        check=False,
    )


def analysed(*arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What ``--json -`` says."""
    result = tool(*arguments, "--json", "-", environment=environment)
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


def tool_environment(engine: Engine) -> dict[str, str]:
    """The environment in which the tool finds the private engine, and keeps nothing of it."""
    return {**engine.environment, "LAYERLENS_CACHE_DIR": str(engine.directory / "cache")}
