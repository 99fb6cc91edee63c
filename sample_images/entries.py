"""Entries of the layers of ready archives: files that look like real ones, of sizes chosen by hand."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

PACKAGES = "usr/local/lib/python3.11/dist-packages"
"""Where pip installs."""

PIP = "root/.cache/pip/http-v2"
"""Where pip keeps what it has fetched."""

# ---------------------------------------------------------------------- content


def _binary(name: str, size: int) -> bytes:
    """Bytes that look like a program to a compressor: they shrink to less than a half."""
    generator = random.Random(f"binary {name}")
    return bytes(generator.choices(b"\x00\x01\x48\x89\x8b\xe8\xff\x0f", k=size))


def _text(name: str, size: int) -> bytes:
    """Lines of words; they shrink well."""
    generator = random.Random(f"text {name}")
    words = ("shop", "cart", "order", "price", "import", "return", "class", "self", "def", "page")
    parts: list[str] = []
    length = 0
    while length < size:
        word = generator.choice(words) + generator.choice((" ", " ", " ", ", ", "\n"))
        parts.append(word)
        length += len(word)
    return "".join(parts).encode()[:size]


# ---------------------------------------------------------------------- members of a layer


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a layer tar."""

    name: str
    kind: bytes = tarfile.REGTYPE
    mode: int = 0o644
    owner: int = 0
    content: bytes = b""
    target: str = ""


def written(name: str, content: str) -> Member:
    return Member(name, content=content.encode())


def directory(name: str, mode: int = 0o755, owner: int = 0) -> Member:
    return Member(name, tarfile.DIRTYPE, mode, owner)


def program(name: str, size: int) -> Member:
    return Member(name, mode=0o755, content=_binary(name, size))


def data(name: str, size: int, *, mode: int = 0o644) -> Member:
    return Member(name, mode=mode, content=_binary(name, size))


def text(name: str, size: int, *, version: str = "", mode: int = 0o644, owner: int = 0) -> Member:
    return Member(name, mode=mode, owner=owner, content=_text(name + version, size))


def symlink(name: str, target: str) -> Member:
    return Member(name, tarfile.SYMTYPE, 0o777, target=target)


def hard_link(name: str, target: str) -> Member:
    return Member(name, tarfile.LNKTYPE, 0o755, target=target)


def downloads(of: str, body: int) -> tuple[Member, ...]:
    """What pip keeps of an address: 1,000 bytes of headers, and the body.

    Both are named by a digest of the address, and lie below its first five digits.
    """
    digest = hashlib.sha224(of.encode()).hexdigest()
    folders = [f"{PIP}/{'/'.join(digest[:depth])}" for depth in range(1, 6)]
    path = f"{folders[-1]}/{digest}"
    return (*map(directory, folders), data(path, 1_000), data(f"{path}.body", body))


# ---------------------------------------------------------------------- packages


@dataclass(frozen=True, slots=True)
class Debian:
    """A Debian package, as dpkg writes it down."""

    name: str
    version: str
    says: str  # further fields of its paragraph
    about: str
    paths: tuple[str, ...]

    @property
    def list(self) -> Member:
        """``info/NAME.list``: the paths, and the directories that lead to them."""
        found = {"."}
        for path in self.paths:
            found |= {path, *(path[:end] for end, c in enumerate(path) if c == "/")}
        arch = ":amd64" if "Multi-Arch: same" in self.says else ""
        return written(
            f"var/lib/dpkg/info/{self.name}{arch}.list",
            "".join(f"/{path}\n" for path in sorted(found)),
        )

    @property
    def listed(self) -> int:
        """Bytes of that list."""
        return len(self.list.content)

    def paragraph(self, size: int) -> str:
        """Its paragraph of the status file, made that long by its description."""
        start = (
            f"Package: {self.name}\nStatus: install ok installed\n{self.says}"
            f"Architecture: amd64\nVersion: {self.version}\nDescription: {self.about}\n "
        )
        words = _text(self.name, size - len(start) - 2).decode().replace("\n", "\n ")
        return (start + words)[: size - 3].rstrip().ljust(size - 2, ".") + "\n\n"


def status(size: int, *packages: Debian) -> Member:
    """The status file of dpkg, of exactly so many bytes."""
    share, rest = divmod(size, len(packages))
    parts = [each.paragraph(share + (rest if i == 0 else 0)) for i, each in enumerate(packages)]
    return written("var/lib/dpkg/status", "".join(parts))


def wheel(name: str, version: str, needs: str, *modules: Member) -> tuple[Member, ...]:
    """What pip installs of a wheel: the modules, and what it writes down of them.

    The last module gives up as many bytes as pip's own files take, so that sizes still add up.
    """
    folder = f"{PACKAGES}/{name}-{version}.dist-info"
    info = (
        written(f"{folder}/INSTALLER", "pip\n"),
        written(
            f"{folder}/METADATA",
            f"Metadata-Version: 2.1\nName: {name.capitalize()}\nVersion: {version}\n{needs}",
        ),
        written(f"{folder}/REQUESTED", ""),
        written(
            f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    )
    *others, last = modules
    own = sum(len(member.content) for member in (*info, _record(folder, (*modules, *info))))
    kept = (*others, text(last.name, len(last.content) - own))
    return (*kept, directory(folder), *info, _record(folder, (*kept, *info)))


def _record(folder: str, members: Sequence[Member]) -> Member:
    """RECORD: every file with its digest and size, but for its own."""
    rows = [
        f"{member.name.removeprefix(PACKAGES + '/')},sha256={_digest(member.content)},"
        f"{len(member.content)}\n"
        for member in members
        if member.kind == tarfile.REGTYPE
    ]
    rows.append(f"{folder.removeprefix(PACKAGES + '/')}/RECORD,,\n")
    return written(f"{folder}/RECORD", "".join(rows))


def _digest(content: bytes) -> str:
    """As RECORD writes a SHA-256."""
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def whiteout(name: str) -> Member:
    folder, _, last = name.rpartition("/")
    return Member(f"{folder}/.wh.{last}" if folder else f".wh.{last}", mode=0)


def opaque(name: str) -> Member:
    return Member(f"{name}/.wh..wh..opq", mode=0)


def layer_tar(members: Iterable[Member], changed: datetime) -> bytes:
    """The layer that holds these, all changed at that time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            header = tarfile.TarInfo(member.name)
            header.type = member.kind
            header.mode = member.mode
            header.uid = header.gid = member.owner
            header.size = len(member.content)
            header.linkname = member.target
            header.mtime = int(changed.timestamp())
            archive.addfile(header, io.BytesIO(member.content))
    return buffer.getvalue()
