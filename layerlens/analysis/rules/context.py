"""What checks look at: the stacked filesystem, contents, configuration and packages."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from layerlens.analysis.build_context import BuildContext
from layerlens.analysis.packages.model import Inventory
from layerlens.analysis.rules.savings import live_names
from layerlens.filesystem.result import Filesystem
from layerlens.image.dockerfile import Dockerfile
from layerlens.image.model import BaseBoundary, ImageConfig, LayerHistory
from layerlens.image.redaction import ConfigLeak
from layerlens.layers.contents import Contents
from layerlens.layers.diagnostics import Notes
from layerlens.layers.table import Kind

if TYPE_CHECKING:
    from layerlens.analysis.rules.steps import Step

SameContent = Callable[[tuple[int, int], tuple[int, int]], bool]
Reread = Callable[[int, int], Iterator[bytes] | None]

_CACHE_VARIABLES = (
    "XDG_CACHE_HOME", "PIP_CACHE_DIR", "UV_CACHE_DIR", "POETRY_CACHE_DIR", "PIPENV_CACHE_DIR",
    "CONDA_PKGS_DIRS", "npm_config_cache", "NPM_CONFIG_CACHE", "YARN_CACHE_FOLDER", "PNPM_HOME",
    "BUN_INSTALL_CACHE_DIR", "COREPACK_HOME", "GOPATH", "GOMODCACHE", "GOCACHE", "CARGO_HOME",
    "RUSTUP_HOME", "MAVEN_USER_HOME", "GRADLE_USER_HOME", "COMPOSER_HOME", "COMPOSER_CACHE_DIR",
    "NUGET_PACKAGES", "BUNDLE_PATH", "GEM_HOME", "JULIA_DEPOT_PATH", "MIX_HOME", "HEX_HOME",
    "HF_HOME", "HF_HUB_CACHE", "TRANSFORMERS_CACHE", "TORCH_HOME", "NLTK_DATA", "KERAS_HOME",
    "TFHUB_CACHE_DIR", "PLAYWRIGHT_BROWSERS_PATH", "PUPPETEER_CACHE_DIR", "CYPRESS_CACHE_FOLDER",
    "DENO_DIR", "CCACHE_DIR",
)  # fmt: skip
"""Variables that move a tool's cache or home elsewhere."""


@dataclass(frozen=True)
class Files:
    """The regular files of the final filesystem: paths in byte order, and their versions.

    Every name of a hard-linked inode is listed.
    """

    paths: Sequence[bytes]
    versions: Sequence[int]

    def below(self, directory: bytes) -> Sequence[int]:
        """Versions of the files below a directory (no trailing slash; ``b""``: all)."""
        if not directory:
            return self.versions
        start = bisect_left(self.paths, directory + b"/")
        return self.versions[start : bisect_left(self.paths, directory + b"0", start)]

    def find(self, path: bytes) -> int | None:
        """The version of one path."""
        i = bisect_left(self.paths, path)
        return self.versions[i] if i < len(self.paths) and self.paths[i] == path else None

    @cached_property
    def joined(self) -> bytes:
        """All paths, each with a NUL before it, and one at the end: for regular expressions."""
        return b"\0" + b"\0".join(self.paths) + b"\0"


@dataclass
class Context:
    """An image, for checks.  Nothing here changes once it is made.

    ``contents`` has what was learnt from each layer's contents;
    ``base_layers`` is how many of the lowest layers are the base's.
    ``reread`` gives a content again where it is at hand, else ``None``.
    ``notes`` takes diagnostics (code, message, path).  ``lines`` maps history rows
    to lines of a Dockerfile that the user gave; ``dockerfile`` is that file and
    ``build_context`` the folder that it is built in.
    ``config`` and ``histories`` have no secret's value any more; ``leaks`` says
    where some were.
    """

    fs: Filesystem
    config: ImageConfig
    histories: Sequence[LayerHistory]
    base: BaseBoundary
    contents: Sequence[Contents]
    same_content: SameContent
    reread: Reread
    notes: Notes
    tags: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    inventory: Inventory = field(default_factory=Inventory)
    lines: Mapping[int, int] = field(default_factory=dict)
    dockerfile: Dockerfile | None = None
    build_context: BuildContext | None = None
    leaks: Sequence[ConfigLeak] = ()

    # ------------------------------------------------------------- the final filesystem

    @cached_property
    def files(self) -> Files:
        """The live regular files."""
        kinds, inodes = self.fs.kinds, self.fs.inodes
        found = sorted(
            (path, version)
            for path, version in self.fs.live.items()
            if kinds[inodes.get(version, version)] == Kind.FILE
        )
        return Files([path for path, _ in found], array("q", (version for _, version in found)))

    def path(self, version: int) -> bytes:
        """The path of a version."""
        return self.fs.paths[version]

    def size(self, version: int) -> int:
        """Content bytes of a version's inode."""
        return self.fs.size(version)

    def exists(self, path: bytes) -> bool:
        """Whether anything is at a path of the final filesystem (links in it not followed)."""
        return path in self.fs.live

    @cached_property
    def base_layers(self) -> int:
        """How many of the lowest layers count as a base.

        Where no base is known, a lowest layer that holds a whole distribution is
        one: it is another's work, whatever image it stands in.
        """
        if self.base.layers or not self.fs.tables:
            return self.base.layers
        names = set(self.fs.paths[: self.fs.first[1]])
        has_release = names & {b"etc/os-release", b"usr/lib/os-release"}
        return int(bool(has_release and names & _DISTRIBUTIONS))

    def is_base(self, version: int) -> bool:
        """Whether a version's bytes lie in the base image's layers."""
        return self.fs.inode(version) < self.fs.first[self.base_layers]

    @cached_property
    def names_of(self) -> Mapping[int, Sequence[int]]:
        """Inode -> all live versions that name it, for those with several names."""
        return live_names(self.fs)

    # ------------------------------------------------------------- contents

    def content(self, version: int) -> bytes | None:
        """The kept content of a version (see :mod:`layerlens.analysis.contents.names`)."""
        inode = self.fs.inode(version)
        layer = self.fs.layer_of(inode)
        return self.contents[layer].kept.get(inode - self.fs.first[layer])

    def text(self, path: bytes) -> bytes | None:
        """The kept content of a path of the final filesystem; symbolic links are followed."""
        for _ in range(8):
            version = self.fs.live.get(path)
            if version is None:
                return None
            if self.fs.kind(version) is not Kind.SYMLINK:
                return self.content(version)
            target = self.fs.entry(version).target or b""
            path = _joined(path, target)
        return None

    def facts(self, kind: str) -> Mapping[int, Any]:
        """Facts of one kind: version -> value, over all layers, dead versions too."""
        if kind not in self._facts:
            self._facts[kind] = {
                first + i: value
                for first, each in zip(self.fs.first, self.contents, strict=False)
                for i, value in each.facts.get(kind, {}).items()
            }
        return self._facts[kind]

    @cached_property
    def _facts(self) -> dict[str, dict[int, Any]]:
        return {}

    def kept_versions(self, matches: Callable[[bytes], Any]) -> list[int]:
        """All versions, dead ones too, whose content was kept and whose path matches."""
        paths = self.fs.paths
        return [
            first + i
            for first, each in zip(self.fs.first, self.contents, strict=False)
            for i in each.kept
            if matches(paths[first + i])
        ]

    # ------------------------------------------------------------- configuration

    @cached_property
    def env(self) -> Mapping[str, str]:
        """The environment that the image sets; of a name set twice the last counts."""
        found = self.config.settings.get("Env")
        rows = found if isinstance(found, list) else []
        return dict(row.split("=", 1) for row in rows if isinstance(row, str) and "=" in row)

    @cached_property
    def homes(self) -> tuple[bytes, ...]:
        """Home directories, without a leading slash: root's, passwd's, ``home/*`` and ``$HOME``."""
        found = {b"root"}
        for row in (self.text(b"etc/passwd") or b"").split(b"\n"):
            fields = row.split(b":")
            home = fields[5].strip(b"/") if len(fields) == 7 else b""
            if home and home.count(b"/") < 5 and home not in _NO_HOMES:
                found.add(home)
        found |= {
            path for path in self.fs.live if path.startswith(b"home/") and path.count(b"/") == 1
        }
        if self.env.get("HOME", "").strip("/"):
            found.add(self.env["HOME"].strip("/").encode("utf-8", "surrogateescape"))
        return tuple(sorted(found))

    @cached_property
    def cache_variables(self) -> Mapping[str, bytes]:
        """Where variables put tools' caches and homes: name -> path without a leading slash."""
        return {
            name: self.env[name].strip("/").encode("utf-8", "surrogateescape")
            for name in _CACHE_VARIABLES
            if self.env.get(name, "").startswith("/") and self.env[name].strip("/")
        }

    def words(self, key: str) -> list[str]:
        """``Entrypoint``, ``Cmd`` or the test of ``Healthcheck``, as a list of words."""
        found: object = self.config.settings.get(key)
        if key == "Healthcheck":
            found = found.get("Test") if isinstance(found, dict) else None
        return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []

    @cached_property
    def started(self) -> str:
        """All that the image runs by itself, in one text.

        The command, the health check, and the scripts among them that were
        kept.  A tool named here is in use.
        """
        words = [*self.words("Entrypoint"), *self.words("Cmd"), *self.words("Healthcheck")]
        scripts = [self.text(word.strip("/").encode("utf-8", "surrogateescape")) for word in words]
        return "\n".join(
            [*words, *(script.decode("utf-8", "replace") for script in scripts if script)]
        )

    def runs(self, tool: str) -> bool:
        """Whether :attr:`started` names a tool, as a word of its own."""
        import re

        return bool(re.search(rf"(?<![\w.-]){re.escape(tool)}(?![\w.-])", self.started))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The history as steps, secrets' values hidden, oldest first."""
        from layerlens.analysis.rules.steps import steps_of

        return steps_of(self.config, self.histories, self.base_layers)

    # ------------------------------------------------------------- grouping

    def by_layer(self, versions: Iterable[int]) -> dict[int, list[int]]:
        """Versions by the layer in which their bytes lie."""
        groups: dict[int, list[int]] = defaultdict(list)
        for version in versions:
            groups[self.fs.layer_of(self.fs.inode(version))].append(version)
        return dict(sorted(groups.items()))

    def total(self, versions: Iterable[int]) -> int:
        """Content bytes of versions, each inode once, whether or not other names keep it."""
        return sum(self.fs.size(inode) for inode in {self.fs.inode(v) for v in versions})


_DISTRIBUTIONS = frozenset(
    {b"var/lib/dpkg/status", b"lib/apk/db/installed", b"usr/lib/apk/db/installed",
     b"var/lib/rpm/Packages", b"var/lib/rpm/rpmdb.sqlite", b"var/lib/rpm/Packages.db",
     b"usr/lib/sysimage/rpm/rpmdb.sqlite", b"usr/lib/sysimage/rpm/Packages.db",
     b"var/lib/pacman/local/ALPM_DB_VERSION"}
)  # fmt: skip
"""Databases of packages that only a whole distribution has."""

_NO_HOMES = frozenset(
    {b"bin", b"dev", b"etc", b"lib", b"proc", b"run", b"sbin", b"sys", b"tmp", b"usr", b"var",
     b"usr/sbin", b"usr/bin", b"usr/games", b"var/cache/man", b"var/lib", b"nonexistent",
     b"var/spool", b"var/mail", b"var/run", b"var/empty"}
)  # fmt: skip
"""Homes of system accounts that are nobody's home."""


def _joined(path: bytes, target: bytes) -> bytes:
    """Where a symbolic link at ``path`` leads, without a leading slash."""
    import posixpath

    base = b"/" if target.startswith(b"/") else b"/" + posixpath.dirname(path)
    return posixpath.normpath(posixpath.join(base, target)).lstrip(b"/")
