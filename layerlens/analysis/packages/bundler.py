"""Bundler's own files: which gems of a ``Gemfile.lock`` only development groups want.

A Gemfile is a Ruby program; it is never run.  Its common form is read: lines
``gem "name", …``, blocks ``group :development, :test do … end``, and options
``group: :test``.  A gem that is written in any other way counts as needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from layerlens.analysis.packages.view import View

DEV_GROUPS = frozenset({"development", "test", "ci", "lint", "rubocop", "debug"})
"""Groups that no running application loads."""

MAX_LINES = 100_000
MAX_GEMFILE = 1 << 18
MAX_LINE = 500

_GEM = re.compile(r"\s{0,200}gem[\s(]{1,20}(['\"])([^'\"\s]{1,200})\1(.{0,2000})")
_GROUP_OPTION = re.compile(r"(?:\bgroups?:|:groups?\s{0,9}=>)\s{0,9}(\[[^\]]{0,300}\]|:\w{1,50}|['\"]\w{1,50}['\"])")  # fmt: skip
_GROUP_BLOCK = re.compile(r"\s{0,200}group[\s(]{1,20}(.{1,300}?)\)?\s{1,20}do\b")
_OPENS = re.compile(r"\s{0,200}(?:if|unless|case|begin|while|until|def|module|class)\b")
_DO = re.compile(r"\bdo(?:\s{0,9}\|[^|]{0,99}\|)?\Z")
_END = re.compile(r"\s{0,200}end\b")
_SYMBOL = re.compile(r":(\w{1,50})|['\"](\w{1,50})['\"]")
_SPEC = re.compile(r"    (\S{1,200}) \(([^)\s]{1,200})\)$")
_NEED = re.compile(r"      (\S{1,200})(?: \(.*\))?$")
_DEPENDENCY = re.compile(r"  ([^\s!]{1,200})!?(?: \(.*\))?$")


@dataclass(frozen=True, slots=True)
class Bundle:
    """One ``Gemfile.lock`` with its ``Gemfile``.

    ``dev`` maps (name, version) to whether only groups for development want it,
    or such as ``.bundle/config`` leaves out: Bundler lets nobody load these.
    """

    lock: bytes
    dev: Mapping[tuple[str, str], bool]


def read_bundles(view: View) -> list[Bundle]:
    """All bundles of which both files are there.

    Those inside of installed gems are their authors'.
    """
    found = []
    for path in view.kept(lambda path: path.endswith(b"Gemfile.lock")):
        if b"/gems/" in path or path.rpartition(b"/")[2] != b"Gemfile.lock":
            continue
        base = path[: path.rfind(b"/") + 1]
        gemfile = view.text(base + b"Gemfile")
        lock = view.text(path)
        if gemfile is None or lock is None:
            continue
        config = view.text(base + b".bundle/config") or b""
        idle = DEV_GROUPS | _without(config.decode("utf-8", "replace"))
        groups = gem_groups(gemfile[:MAX_GEMFILE].decode("utf-8", "replace"))
        needs, versions, roots = read_lock(lock.decode("utf-8", "replace"))
        # A gem that no line of the Gemfile names counts as needed.
        wanted = {name for name in roots if not groups.get(name, {"default"}) <= idle}
        needed = _closure(wanted, needs)
        dev = {
            (name, version): name not in needed
            for name, several in versions.items()
            for version in several
        }
        found.append(Bundle(path, dev))
    return found


def gem_groups(gemfile: str) -> dict[str, set[str]]:
    """Gem -> its groups, over all lines that name it; no group is ``default``."""
    found: dict[str, set[str]] = {}
    blocks: list[tuple[str, ...]] = []
    for whole in gemfile.split("\n"):
        line = whole[:MAX_LINE].partition(" #")[0].rstrip()
        group = _GROUP_BLOCK.match(line)
        if group is not None:
            blocks.append(_symbols(group[1]))
            continue
        gem = _GEM.match(line)
        if gem is not None:
            option = _GROUP_OPTION.search(gem[3])
            groups = {name for block in blocks for name in block}
            groups |= set(_symbols(option[1])) if option is not None else set()
            found.setdefault(gem[2], set()).update(groups or {"default"})
        elif _OPENS.match(line) or _DO.search(line):
            blocks.append(())
        elif _END.match(line) and blocks:
            blocks.pop()
    return found


def _symbols(text: str) -> tuple[str, ...]:
    return tuple(symbol or word for symbol, word in _SYMBOL.findall(text))


def read_lock(lock: str) -> tuple[dict[str, set[str]], dict[str, set[str]], set[str]]:
    """A ``Gemfile.lock``: gem -> needs, gem -> versions, and what the Gemfile asks for.

    Versions are without platform: ``1.15.0-x86_64-linux`` is ``1.15.0``.
    """
    needs: dict[str, set[str]] = {}
    versions: dict[str, set[str]] = {}
    roots: set[str] = set()
    section, gem = "", ""
    for line in lock.split("\n")[:MAX_LINES]:
        if line and not line[0].isspace():
            section = line.strip()
        elif section == "DEPENDENCIES":
            match = _DEPENDENCY.match(line)
            if match is not None:
                roots.add(match[1])
        elif section in ("GEM", "GIT", "PATH", "PLUGIN SOURCE"):
            spec, need = _SPEC.match(line), _NEED.match(line)
            if spec is not None:
                gem = spec[1]
                versions.setdefault(gem, set()).add(spec[2].partition("-")[0])
                needs.setdefault(gem, set())
            elif need is not None and gem:
                needs[gem].add(need[1])
    return needs, versions, roots


def _closure(wanted: set[str], needs: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs.get(name, ())
    return found


_CONFIG = re.compile(r"^BUNDLE_WITHOUT:[ \t]{0,9}[\"']?([\w:. -]{1,500}?)[\"']?\s*$", re.MULTILINE)


def _without(config: str) -> frozenset[str]:
    """The groups of ``BUNDLE_WITHOUT`` in ``.bundle/config``."""
    match = _CONFIG.search(config[: 1 << 16])
    return split_groups(match[1]) if match is not None else frozenset()


def split_groups(text: str) -> frozenset[str]:
    """Groups as Bundler writes them: by colons or spaces."""
    return frozenset(text.replace(":", " ").split())
