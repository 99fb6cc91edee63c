"""Files whose whole content is kept for parsers, by name.

Everything else passes.  A pattern names the end of a path: it matches behind
a slash or at the beginning.
"""

from __future__ import annotations

import re

SYSTEM = (
    rb"etc/os-release", rb"usr/lib/os-release",
    rb"etc/(?:passwd|group|shadow|gshadow|login\.defs|debian_version|alpine-release)",
    rb"var/lib/dpkg/status", rb"var/lib/dpkg/status\.d/[^/]+", rb"var/lib/dpkg/info/[^/]+\.list",
    rb"var/lib/dpkg/info/[^/]+\.conffiles",
    rb"var/lib/dpkg/diversions",
    rb"var/lib/apt/extended_states",
    rb"etc/dpkg/dpkg\.cfg\.d/[^/]+", rb"etc/apt/apt\.conf\.d/[^/]+",
    rb"(?:usr/)?lib/apk/db/installed", rb"etc/apk/(?:world|repositories)",
    rb"(?:var/lib|usr/lib/sysimage|usr/share)/rpm/(?:Packages|Packages\.db|rpmdb\.sqlite(?:-wal)?)",
    rb"var/lib/rpmmanifest/container-manifest-2",
    rb"var/lib/dnf/history\.sqlite(?:-wal)?", rb"usr/lib/sysimage/libdnf5/packages\.toml",
    rb"var/lib/pacman/local/[^/]+/(?:desc|files)",
)  # fmt: skip
"""Distributions and their package managers; anchored at the root."""

LANGUAGES = (
    rb"[^/]+\.(?:dist|egg)-info/(?:METADATA|PKG-INFO|RECORD|INSTALLER|REQUESTED|direct_url\.json|entry_points\.txt|top_level\.txt|installed-files\.txt|requires\.txt)",
    rb"[^/]+\.egg-info",
    rb"pyvenv\.cfg", rb"uv\.lock", rb"poetry\.lock", rb"Pipfile\.lock", rb"pdm\.lock",
    rb"pyproject\.toml", rb"requirements\.txt",
    rb"package\.json", rb"(?:\.?package-lock|npm-shrinkwrap)\.json", rb"yarn\.lock",
    rb"\.yarn-integrity", rb"\.yarn-state\.yml", rb"\.modules\.yaml", rb"pnpm-lock\.yaml",
    rb"\.pnpm/lock\.yaml", rb"bun\.lock", rb"pnpm-workspace\.yaml",
    rb"composer/installed\.json", rb"composer\.(?:json|lock)",
    rb"Gemfile(?:\.lock)?", rb"gems\.locked", rb"specifications/(?:default/)?[^/]+\.gemspec", rb"\.bundle/config",
    rb"go\.mod", rb"vendor/modules\.txt", rb"Cargo\.lock",
)  # fmt: skip
"""Lock files and package metadata of languages; anywhere."""

SCRIPTS = (
    rb"(?:[^/]+/)?(?:docker-)?(?:entrypoint|start|run|init|cmd|boot|healthcheck)[^/]*",
    rb"(?:[^/]+/)?[^/]+\.sh",
    rb"usr/local/bin/(?:[^/]*(?:entrypoint|start|run|healthcheck)[^/]*|[^/]+\.sh)",
)
"""What an image may start, at most 64 KiB; anchored at the root."""

_WHOLE = re.compile(rb"(?:" + rb"|".join(SYSTEM) + rb")\Z")
_SCRIPT = re.compile(rb"(?:" + rb"|".join(SCRIPTS) + rb")\Z")
_ENDS = re.compile(rb"(?:.*/)?(?:" + rb"|".join(LANGUAGES) + rb")\Z", re.DOTALL)

_LAST = frozenset(
    rb"""METADATA PKG-INFO RECORD INSTALLER REQUESTED direct_url.json entry_points.txt top_level.txt
    installed-files.txt requires.txt pyvenv.cfg uv.lock poetry.lock Pipfile.lock pdm.lock
    pyproject.toml package.json .package-lock.json package-lock.json npm-shrinkwrap.json yarn.lock
    .yarn-integrity .yarn-state.yml .modules.yaml pnpm-lock.yaml lock.yaml bun.lock
    pnpm-workspace.yaml installed.json composer.json composer.lock Gemfile Gemfile.lock
    gems.locked config requirements.txt go.mod modules.txt Cargo.lock""".split()
)
"""Last segments that :data:`LANGUAGES` can match, besides its suffixes: most names have none."""
_SUFFIXES = (b".gemspec", b".egg-info")

_ROOTS = (b"etc/", b"var/lib/", b"lib/apk/", b"usr/lib/", b"usr/share/rpm/")

MAX_SCRIPT = 1 << 16
MAX_METADATA = 32 << 20
"""Bytes of a kept file that is no system database."""


def kept(name: bytes, size: int) -> bool:
    """Whether a regular file's content is kept."""
    last = name[name.rfind(b"/") + 1 :]
    if size <= MAX_METADATA and (last in _LAST or last.endswith(_SUFFIXES)):
        return _ENDS.match(name) is not None
    if name.startswith(_ROOTS) and _WHOLE.match(name):
        return True
    return size <= MAX_SCRIPT and name.count(b"/") <= 3 and _SCRIPT.match(name) is not None
