"""Makes the small ready archives of this folder, byte for byte the same each time.

    python sample_images/make_archives.py [DIRECTORY]

Two images of an imaginary web shop: ``webshop``, built the way a first
Dockerfile is, and ``webshop-lean``, the same application after the waste was
taken out.  Every size below is chosen by hand, so that the figures in
``expected.toml`` can be checked by adding them up.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import sys
import tarfile
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_BUILT = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)
_BASE_BUILT = datetime(2025, 2, 24, tzinfo=UTC)
_APP = 10001  # uid and gid of the application's user

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
    folders = [f"{_PIP}/{'/'.join(digest[:depth])}" for depth in range(1, 6)]
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
    folder = f"{_PACKAGES}/{name}-{version}.dist-info"
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
        f"{member.name.removeprefix(_PACKAGES + '/')},sha256={_digest(member.content)},"
        f"{len(member.content)}\n"
        for member in members
        if member.kind == tarfile.REGTYPE
    ]
    rows.append(f"{folder.removeprefix(_PACKAGES + '/')}/RECORD,,\n")
    return written(f"{folder}/RECORD", "".join(rows))


def _digest(content: bytes) -> str:
    """As RECORD writes a SHA-256."""
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def whiteout(name: str) -> Member:
    folder, _, last = name.rpartition("/")
    return Member(f"{folder}/.wh.{last}" if folder else f".wh.{last}", mode=0)


def opaque(name: str) -> Member:
    return Member(f"{name}/.wh..wh..opq", mode=0)


def _layer(members: Iterable[Member], changed: datetime) -> bytes:
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


_NOTHING = bytes(1024)
"""What BuildKit stores for an instruction that changes no file: the end of a tar, and no more."""

# ---------------------------------------------------------------------- an image


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the history, with its layer or with ``None``."""

    instruction: str
    layer: tuple[Member, ...] | None = None
    comment: str = "buildkit.dockerfile.v0"


@dataclass(frozen=True, slots=True)
class Image:
    """An image before it is written in one form or another."""

    tag: str
    config: dict[str, Any]
    layers: tuple[bytes, ...]  # uncompressed tars

    @property
    def config_bytes(self) -> bytes:
        return _json(self.config)

    @property
    def id(self) -> str:
        return _sha256(self.config_bytes)


def _image(tag: str, runtime: dict[str, Any], steps: Sequence[Step]) -> Image:
    layers: list[bytes] = []
    history: list[dict[str, Any]] = []
    for number, step in enumerate(steps):
        base = not step.comment
        changed = _BASE_BUILT if base else _BUILT + timedelta(seconds=7 * number)
        entry: dict[str, Any] = {"created": _stamp(changed), "created_by": step.instruction}
        if step.comment:
            entry["comment"] = step.comment
        if step.layer is None:
            entry["empty_layer"] = True
        else:
            layers.append(_layer(step.layer, changed) if step.layer else _NOTHING)
        history.append(entry)
    config = {
        "architecture": "amd64",
        "config": runtime,
        "created": history[-1]["created"],
        "history": history,
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_sha256(layer)}" for layer in layers]},
    }
    return Image(tag, config, tuple(layers))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ---------------------------------------------------------------------- the two images

_LISTS = "var/lib/apt/lists/mirror.example_debian_dists_bookworm"
_PIP = "root/.cache/pip/http-v2"
_WHEELS = "https://files.example/packages"
_PACKAGES = "usr/local/lib/python3.11/dist-packages"

_USERS = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
_GROUPS = (
    "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nmail:x:8:\nwww-data:x:33:\nnogroup:x:65534:\n"
)
_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"""

_BASH = Debian(
    "bash",
    "5.2.15-2+b7",
    "Essential: yes\nPriority: required\nSection: shells\nPre-Depends: libc6 (>= 2.36)\n",
    "GNU Bourne Again SHell",
    (
        "bin/bash",
        "usr/share/doc/bash/copyright",
        "usr/share/locale/de/LC_MESSAGES/bash.mo",
        "usr/share/locale/fr/LC_MESSAGES/bash.mo",
    ),
)
_PERL = Debian(
    "perl-base",
    "5.36.0-7+deb12u1",
    "Essential: yes\nPriority: required\nSection: perl\nPre-Depends: libc6 (>= 2.35)\n",
    "minimal Perl system",
    ("usr/bin/perl", "usr/bin/perl5.36.0"),
)
_LIBC = Debian(
    "libc6",
    "2.36-9+deb12u9",
    "Priority: optional\nSection: libs\nMulti-Arch: same\n",
    "GNU C Library: Shared libraries",
    ("lib/x86_64-linux-gnu/libc.so.6",),
)
_CURL = Debian(
    "curl",
    "7.88.1-10+deb12u8",
    "Priority: optional\nSection: web\nDepends: libc6 (>= 2.34)\n",
    "command line tool for transferring data with URL syntax",
    ("usr/bin/curl",),
)
_PYTHON = Debian(
    "python3",
    "3.11.2-1+b1",
    "Priority: optional\nSection: python\nDepends: python3.11 (>= 3.11.2-1~)\n",
    "interactive high-level object-oriented language (default python3 version)",
    ("usr/bin/python3",),
)
_PYTHON_3_11 = Debian(
    "python3.11",
    "3.11.2-6+deb12u5",
    "Priority: optional\nSection: python\nDepends: libc6 (>= 2.36)\n",
    "Interactive high-level object-oriented language (version 3.11)",
    ("usr/bin/python3.11", "usr/lib/python3.11/json/__init__.py"),
)
_GIT = Debian(
    "git",
    "1:2.39.5-0+deb12u2",
    "Priority: optional\nSection: vcs\nDepends: libc6 (>= 2.34), perl-base\n",
    "fast, scalable, distributed revision control system",
    ("usr/bin/git", "usr/lib/git-core/git"),
)
_SYSTEM = (_BASH, _LIBC, _PERL)
_BY_APT = written(
    "var/lib/apt/extended_states", "Package: python3.11\nArchitecture: amd64\nAuto-Installed: 1\n\n"
)

# Sizes stay round sums: a program gives up the bytes of the lists and files that go with it.
_BASE = (
    Step(
        "/bin/sh -c #(nop) ADD file:3d2a4b1f5c9e8d70615243f6e7a8b9c0d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60 in / ",
        (
            symlink("bin", "usr/bin"),
            directory("etc"),
            written("etc/group", _GROUPS),
            written("etc/os-release", _RELEASE),
            written("etc/passwd", _USERS),
            symlink("lib", "usr/lib"),
            directory("root", 0o700),
            directory("tmp", 0o1777),
            directory("usr"),
            directory("usr/bin"),
            program("usr/bin/bash", 140_000 - _BASH.listed),
            program("usr/bin/perl", 60_000 - _PERL.listed),
            hard_link("usr/bin/perl5.36.0", "usr/bin/perl"),
            directory("usr/lib"),
            directory("usr/lib/x86_64-linux-gnu"),
            program("usr/lib/x86_64-linux-gnu/libc.so.6", 100_000 - _LIBC.listed),
            directory("usr/share"),
            directory("usr/share/doc"),
            directory("usr/share/doc/bash"),
            text("usr/share/doc/bash/copyright", 5_300 - len(_USERS) - len(_GROUPS)),
            directory("usr/share/locale"),
            directory("usr/share/locale/de"),
            directory("usr/share/locale/de/LC_MESSAGES"),
            data("usr/share/locale/de/LC_MESSAGES/bash.mo", 12_000),
            directory("usr/share/locale/fr"),
            directory("usr/share/locale/fr/LC_MESSAGES"),
            data("usr/share/locale/fr/LC_MESSAGES/bash.mo", 12_000),
            directory("var"),
            directory("var/lib"),
            directory("var/lib/dpkg"),
            directory("var/lib/dpkg/info"),
            *(package.list for package in _SYSTEM),
            status(9_000, *_SYSTEM),
        ),
        comment="",
    ),
    Step('/bin/sh -c #(nop)  CMD ["bash"]', comment=""),
)

_PYTHON_AND_CURL = (
    program("usr/bin/curl", 40_000 - _CURL.listed),
    program(
        "usr/bin/python3.11",
        150_000 - _PYTHON.listed - _PYTHON_3_11.listed - len(_BY_APT.content),
    ),
    symlink("usr/bin/python3", "python3.11"),
    directory("usr/lib/python3.11"),
    directory("usr/lib/python3.11/json"),
    text("usr/lib/python3.11/json/__init__.py", 14_000),
)
_WRITTEN_BY_DPKG = (
    directory("var/lib/dpkg"),
    directory("var/lib/dpkg/info"),
    *(package.list for package in (_CURL, _PYTHON, _PYTHON_3_11)),
)

_DEPENDENCIES = (
    directory(_PACKAGES),
    *wheel(
        "flask",
        "3.0.3",
        "Requires-Dist: Jinja2>=3.1.2\n",
        directory(f"{_PACKAGES}/flask"),
        text(f"{_PACKAGES}/flask/__init__.py", 3_000),
        text(f"{_PACKAGES}/flask/app.py", 30_000),
    ),
    *wheel(
        "jinja2",
        "3.1.5",
        "",
        directory(f"{_PACKAGES}/jinja2"),
        text(f"{_PACKAGES}/jinja2/environment.py", 40_000),
    ),
)

_REQUIREMENTS = """\
# What the shop needs to run: whoever changes any version here tries the shop out first.
flask == 3.0.3
jinja2 == 3.1.5
"""

_ENVIRONMENT = """\
PORT=8000
SHOP_NAME=Examples
SHOP_CURRENCY=EUR
SHOP_LANGUAGE=en
"""

_SHOP = (
    directory("app/webshop"),
    text("app/webshop/__init__.py", 200),
    text("app/webshop/shop.py", 8_000),
)

_RUNTIME: dict[str, Any] = {
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PORT=8000"],
    "Cmd": ["python3", "-m", "webshop"],
    "ExposedPorts": {"8000/tcp": {}},
    "WorkingDir": "/app",
}


def webshop() -> Image:
    """The image as it was first built, with one mistake of each kind."""
    steps = (
        *_BASE,
        Step("ENV PORT=8000"),
        Step(
            "RUN /bin/sh -c apt-get update && apt-get install -y python3 curl git # buildkit",
            (
                directory("usr/bin"),
                *_PYTHON_AND_CURL,
                program("usr/bin/git", 80_000 - _GIT.listed),
                directory("usr/lib/git-core"),
                hard_link("usr/lib/git-core/git", "usr/bin/git"),
                directory("var/cache"),
                directory("var/cache/apt"),
                directory("var/cache/apt/archives"),
                data("var/cache/apt/archives/curl_7.88.1-10+deb12u8_amd64.deb", 30_000),
                data("var/cache/apt/pkgcache.bin", 50_000),
                directory("var/lib/apt"),
                _BY_APT,
                directory("var/lib/apt/lists"),
                text(f"{_LISTS}_InRelease", 10_000),
                text(f"{_LISTS}_main_binary-amd64_Packages", 90_000),
                *_WRITTEN_BY_DPKG,
                _GIT.list,
                status(12_000, *_SYSTEM, _CURL, _PYTHON, _PYTHON_3_11, _GIT),
            ),
        ),
        Step("WORKDIR /app", (directory("app"),)),
        Step(
            "COPY requirements.txt . # buildkit",
            (directory("app"), written("app/requirements.txt", _REQUIREMENTS)),
        ),
        Step(
            "RUN /bin/sh -c pip install -r requirements.txt # buildkit",
            (
                directory("root", 0o700),
                directory("root/.cache"),
                directory("root/.cache/pip"),
                directory(_PIP),
                *downloads(f"{_WHEELS}/flask-3.0.3-py3-none-any.whl", 13_000),
                *downloads(f"{_WHEELS}/jinja2-3.1.5-py3-none-any.whl", 20_000),
                *_DEPENDENCIES,
            ),
        ),
        Step(
            "COPY . . # buildkit",
            (
                directory("app"),
                written("app/.env", _ENVIRONMENT),
                directory("app/.git"),
                written("app/.git/HEAD", "ref: refs/heads/main\n"),
                directory("app/.git/objects"),
                directory("app/.git/objects/pack"),
                data(f"app/.git/objects/pack/pack-{_sha256(b'webshop')[:40]}.pack", 60_000),
                written("app/requirements.txt", _REQUIREMENTS),
                text("app/settings.toml", 700),
                directory("app/static"),
                text("app/static/app.js", 45_000),
                text("app/static/logo.svg", 5_000),
                directory("app/tests"),
                text("app/tests/test_shop.py", 6_000),
                *_SHOP,
            ),
        ),
        Step(
            "RUN /bin/sh -c apt-get clean && rm -rf /var/lib/apt/lists/* # buildkit",
            (
                directory("var/cache/apt"),
                whiteout("var/cache/apt/archives"),
                whiteout("var/cache/apt/pkgcache.bin"),
                directory("var/lib/apt/lists"),
                whiteout(f"{_LISTS}_InRelease"),
                whiteout(f"{_LISTS}_main_binary-amd64_Packages"),
            ),
        ),
        Step(
            "RUN /bin/sh -c chmod -R g+w webshop static # buildkit",
            (
                directory("app"),
                directory("app/static", 0o775),
                text("app/static/app.js", 45_000, mode=0o664),
                text("app/static/logo.svg", 5_000, mode=0o664),
                directory("app/webshop", 0o775),
                text("app/webshop/__init__.py", 200, mode=0o664),
                text("app/webshop/shop.py", 8_000, mode=0o664),
            ),
        ),
        Step(
            "RUN /bin/sh -c python3 build_assets.py --fresh static # buildkit",
            (
                directory("app"),
                directory("app/static"),
                opaque("app/static"),
                text("app/static/app.min.js", 21_000),
                text("app/static/logo.svg", 5_000),
            ),
        ),
        Step(
            "RUN /bin/sh -c mv settings.toml /etc/webshop.toml"
            " && ln -s /etc/webshop.toml settings.toml # buildkit",
            (
                directory("app"),
                symlink("app/settings.toml", "/etc/webshop.toml"),
                directory("etc"),
                replace(text("app/settings.toml", 700), name="etc/webshop.toml"),
            ),
        ),
        # The first Dockerfile checks twice and changes nothing: the same empty layer two times.
        Step("RUN /bin/sh -c pip check # buildkit", ()),
        Step("RUN /bin/sh -c python3 -m webshop --self-test # buildkit", ()),
        Step(
            "RUN /bin/sh -c apt-get purge -y git && rm /usr/bin/perl5.36.0 # buildkit",
            (
                directory("usr/bin"),
                whiteout("usr/bin/git"),
                whiteout("usr/bin/perl5.36.0"),
                directory("usr/lib"),
                whiteout("usr/lib/git-core"),
                directory("var/lib/dpkg"),
                directory("var/lib/dpkg/info"),
                whiteout(_GIT.list.name),
                status(11_000, *_SYSTEM, _CURL, _PYTHON, _PYTHON_3_11),
            ),
        ),
        Step("EXPOSE map[8000/tcp:{}]"),
        Step('CMD ["python3" "-m" "webshop"]'),
    )
    return _image("webshop:1.0", _RUNTIME, steps)


def webshop_lean() -> Image:
    """The same application without what the first image throws away."""
    owned = tuple(replace(member, owner=_APP) for member in _SHOP)
    steps = (
        *_BASE,
        Step("ENV PORT=8000"),
        Step(
            "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends"
            " python3 curl && rm -rf /var/lib/apt/lists/* # buildkit",
            (
                directory("usr/bin"),
                *_PYTHON_AND_CURL,
                directory("var/lib/apt"),
                _BY_APT,
                directory("var/lib/apt/lists"),
                *_WRITTEN_BY_DPKG,
                status(11_500, *_SYSTEM, _CURL, _PYTHON, _PYTHON_3_11),
            ),
        ),
        Step("WORKDIR /app", (directory("app"),)),
        Step(f"COPY /{_PACKAGES} /{_PACKAGES} # buildkit", _DEPENDENCIES),
        Step(
            f"COPY --chown={_APP}:{_APP} webshop static /app/ # buildkit",
            (
                directory("app", owner=_APP),
                directory("app/static", owner=_APP),
                text("app/static/app.min.js", 21_000, owner=_APP),
                text("app/static/logo.svg", 5_000, owner=_APP),
                *owned,
                text("etc/webshop.toml", 700),
            ),
        ),
        Step(f"USER {_APP}"),
        Step("EXPOSE map[8000/tcp:{}]"),
        Step('CMD ["python3" "-m" "webshop"]'),
    )
    return _image("webshop:1.1", {**_RUNTIME, "User": str(_APP)}, steps)


# ---------------------------------------------------------------------- the forms

Files = dict[str, "bytes | str"]
"""The members of an archive; a ``str`` is the target of a symbolic link."""


def _archive(files: Files) -> bytes:
    """A tar of files in the order of their names, with the directories that they need."""
    buffer = io.BytesIO()
    written: set[str] = set()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            for end in (i for i, c in enumerate(name) if c == "/"):
                if name[:end] not in written:
                    written.add(name[:end])
                    folder = tarfile.TarInfo(name[:end])
                    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
                    folder.mtime = int(_BUILT.timestamp())
                    archive.addfile(folder)
            header = tarfile.TarInfo(name)
            header.mtime = int(_BUILT.timestamp())
            if isinstance(content, str):
                header.type, header.mode, header.linkname = tarfile.SYMTYPE, 0o777, content
                archive.addfile(header)
            else:
                header.size = len(content)
                archive.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def docker_legacy(images: Sequence[Image]) -> bytes:
    """What ``docker save`` wrote until Docker 24: a directory for each layer.

    A layer that occurs again is a symbolic link to its first occurrence.
    """
    files: Files = {}
    manifest: list[dict[str, Any]] = []
    repositories: dict[str, dict[str, str]] = {}
    first_place: dict[str, str] = {}
    for image in images:
        paths: list[str] = []
        parent = ""
        for layer, diff_id in zip(image.layers, image.config["rootfs"]["diff_ids"], strict=True):
            identity = _sha256(f"{parent} {diff_id}".encode())
            about = {"id": identity, "created": _stamp(_BUILT), "os": "linux"}
            files[f"{identity}/VERSION"] = b"1.0"
            files[f"{identity}/json"] = _json({**about, "parent": parent} if parent else about)
            place = first_place.setdefault(diff_id, identity)
            files[f"{identity}/layer.tar"] = layer if place == identity else f"../{place}/layer.tar"
            paths.append(f"{identity}/layer.tar")
            parent = identity
        files[f"{image.id}.json"] = image.config_bytes
        manifest.append({"Config": f"{image.id}.json", "RepoTags": [image.tag], "Layers": paths})
        name, _, tag = image.tag.partition(":")
        repositories.setdefault(name, {})[tag] = parent
    files["manifest.json"] = _json(manifest)
    files["repositories"] = _json(repositories)
    return _archive(files)


def docker_blobs(images: Sequence[Image]) -> bytes:
    """What ``docker save`` writes since Docker 25: an OCI layout with a manifest.json."""
    files: Files = {"oci-layout": _json({"imageLayoutVersion": "1.0.0"})}
    manifest: list[dict[str, Any]] = []
    index: list[dict[str, Any]] = []
    for image in images:
        media_type = "application/vnd.oci.image.layer.v1.tar"
        layers = [_blob(files, layer, media_type) for layer in image.layers]
        config = _blob(files, image.config_bytes, "application/vnd.oci.image.config.v1+json")
        manifest.append(
            {
                "Config": _blob_path(config),
                "RepoTags": [image.tag],
                "Layers": [_blob_path(layer) for layer in layers],
                "LayerSources": {layer["digest"]: layer for layer in layers},
            }
        )
        annotations = {
            "io.containerd.image.name": f"docker.io/library/{image.tag}",
            "org.opencontainers.image.ref.name": image.tag.partition(":")[2],
        }
        index.append({**_oci_manifest(files, config, layers), "annotations": annotations})
    files["manifest.json"] = _json(manifest)
    files["index.json"] = _oci_index(index)
    return _archive(files)


def oci_archive(image: Image, compress: Callable[[bytes], bytes], suffix: str) -> bytes:
    """An OCI layout as BuildKit's and skopeo's exporters write it, with compressed layers."""
    files: Files = {"oci-layout": _json({"imageLayoutVersion": "1.0.0"})}
    media_type = f"application/vnd.oci.image.layer.v1.tar+{suffix}"
    layers = [_blob(files, compress(layer), media_type) for layer in image.layers]
    config = _blob(files, image.config_bytes, "application/vnd.oci.image.config.v1+json")
    entry = _oci_manifest(files, config, layers)
    entry["annotations"] = {"org.opencontainers.image.ref.name": image.tag}
    files["index.json"] = _oci_index([entry])
    return _archive(files)


def _blob(files: Files, content: bytes, media_type: str) -> dict[str, Any]:
    digest = _sha256(content)
    files[f"blobs/sha256/{digest}"] = content
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def _blob_path(descriptor: dict[str, Any]) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/")


def _oci_manifest(
    files: Files, config: dict[str, Any], layers: list[dict[str, Any]]
) -> dict[str, Any]:
    media_type = "application/vnd.oci.image.manifest.v1+json"
    body = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}
    return _blob(files, _json(body), media_type)


def _oci_index(entries: list[dict[str, Any]]) -> bytes:
    media_type = "application/vnd.oci.image.index.v1+json"
    return _json({"schemaVersion": 2, "mediaType": media_type, "manifests": entries})


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _zstd(content: bytes) -> bytes:
    """Two frames and a skippable one, as chunked exporters write them."""
    half = len(content) // 2
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"
    return zstd.compress(content[:half], 9) + skippable + zstd.compress(content[half:], 9)


def archives() -> dict[str, bytes]:
    """Every ready archive by its file name."""
    shop, lean = webshop(), webshop_lean()
    return {
        "webshop-docker.tar": docker_legacy([shop]),
        "webshop-docker25.tar": docker_blobs([shop]),
        "webshop-oci-gzip.tar": oci_archive(shop, _gzip, "gzip"),
        "webshop-oci-zstd.tar": oci_archive(shop, _zstd, "zstd"),
        "webshop-lean-oci.tar": oci_archive(lean, _gzip, "gzip"),
        "webshop-both.tar.gz": _gzip(docker_blobs([shop, lean])),
    }


def main() -> None:
    """Write them into a directory, this one unless another is named."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    target.mkdir(parents=True, exist_ok=True)
    for name, content in archives().items():
        (target / name).write_bytes(content)
        print(f"{len(content):>10,}  {target / name}")


if __name__ == "__main__":
    main()
