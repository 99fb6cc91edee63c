"""The two images of an imaginary web shop, and how their configuration is made.

``webshop`` is built the way a first Dockerfile is, ``webshop_lean`` is the same
application after the waste was taken out.  Every size is chosen by hand, so that the
figures in ``expected.toml`` can be checked by adding them up.  It is one long table:
what stands in which layer belongs together.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sample_images.entries import (
    PACKAGES,
    PIP,
    Debian,
    Member,
    data,
    directory,
    downloads,
    hard_link,
    layer_tar,
    opaque,
    program,
    status,
    symlink,
    text,
    wheel,
    whiteout,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

BUILT = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)
_BASE_BUILT = datetime(2025, 2, 24, tzinfo=UTC)
_APP = 10001  # uid and gid of the application's user

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
        return compact(self.config)

    @property
    def id(self) -> str:
        return sha256(self.config_bytes)


def _image(tag: str, runtime: dict[str, Any], steps: Sequence[Step]) -> Image:
    layers: list[bytes] = []
    history: list[dict[str, Any]] = []
    for number, step in enumerate(steps):
        base = not step.comment
        changed = _BASE_BUILT if base else BUILT + timedelta(seconds=7 * number)
        entry: dict[str, Any] = {"created": stamp(changed), "created_by": step.instruction}
        if step.comment:
            entry["comment"] = step.comment
        if step.layer is None:
            entry["empty_layer"] = True
        else:
            layers.append(layer_tar(step.layer, changed) if step.layer else _NOTHING)
        history.append(entry)
    config = {
        "architecture": "amd64",
        "config": runtime,
        "created": history[-1]["created"],
        "history": history,
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer)}" for layer in layers]},
    }
    return Image(tag, config, tuple(layers))


def stamp(moment: datetime) -> str:
    """A time as configurations write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def compact(value: object) -> bytes:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def sha256(content: bytes) -> str:
    """The digest in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


# ---------------------------------------------------------------------- the two images

_LISTS = "var/lib/apt/lists/mirror.example_debian_dists_bookworm"
_WHEELS = "https://files.example/packages"

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
    directory(PACKAGES),
    *wheel(
        "flask",
        "3.0.3",
        "Requires-Dist: Jinja2>=3.1.2\n",
        directory(f"{PACKAGES}/flask"),
        text(f"{PACKAGES}/flask/__init__.py", 3_000),
        text(f"{PACKAGES}/flask/app.py", 30_000),
    ),
    *wheel(
        "jinja2",
        "3.1.5",
        "",
        directory(f"{PACKAGES}/jinja2"),
        text(f"{PACKAGES}/jinja2/environment.py", 40_000),
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
                directory(PIP),
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
                data(f"app/.git/objects/pack/pack-{sha256(b'webshop')[:40]}.pack", 60_000),
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
        Step(f"COPY /{PACKAGES} /{PACKAGES} # buildkit", _DEPENDENCIES),
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
