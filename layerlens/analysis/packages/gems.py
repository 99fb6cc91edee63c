"""Packages of RubyGems: ``specifications/*.gemspec``, and what Bundler's files say of them.

A gemspec is a Ruby program; it is never run.  Installed ones are written by
RubyGems in one style, of which single lines are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from layerlens.analysis.packages.bundler import Bundle, read_bundles
from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.view import Database, View

_SPECIFICATION = re.compile(
    rb"((?:.*/)?)specifications/(default/)?([^/]+)\.gemspec\Z", re.DOTALL
)  # fmt: skip
_FILE_NAME = re.compile(r"(?P<name>.+?)-(?P<version>\d[\w.]*)(?:-(?P<platform>[\w.-]+))?\Z")
_NAME = re.compile(rb"^\s{0,80}\w{1,20}\.name = \"([^\"\n]{1,200})\"", re.MULTILINE)
_VERSION = re.compile(
    rb"^\s{0,80}\w{1,20}\.version = (?:Gem::Version\.new\()?\"([^\"\n]{1,200})\"", re.MULTILINE
)
_LICENCES = re.compile(rb"^\s{0,80}\w{1,20}\.licenses = \[([^\]\n]{0,500})\]", re.MULTILINE)
_COMMANDS = re.compile(rb"^\s{0,80}\w{1,20}\.executables = \[([^\]\n]{0,2000})\]", re.MULTILINE)
_DEPENDENCY = re.compile(
    rb"^\s{0,80}\w{1,20}\.add_(?:runtime_)?dependency\(%q<([^>\n]{1,200})>"
    rb"(?:\.freeze)?(?:, \[([^\]\n]{0,500})\])?",
    re.MULTILINE,
)
_QUOTED = re.compile(rb"\"([^\"]*)\"")

MAX_GEMSPEC = 1 << 20

_WITH_RUBY = frozenset(
    {"bigdecimal", "debug", "matrix", "minitest", "net-ftp", "net-imap", "net-pop", "net-smtp",
     "power_assert", "prime", "racc", "rake", "rbs", "rexml", "rss", "test-unit", "typeprof"}
)  # fmt: skip
"""Gems that Ruby's own installation brings beside its default gems ("bundled gems")."""


def read(view: View) -> Iterable[Database]:
    """The gems of each gem folder (``usr/local/bundle``), default gems included."""
    homes: dict[bytes, list[Listed]] = {}
    bundles: list[Bundle] | None = None
    for path in view.kept(lambda path: path.endswith(b".gemspec")):
        match = _SPECIFICATION.match(path)
        if match is None:
            continue
        if bundles is None:
            bundles = read_bundles(view)
        text = (view.text(path) or b"")[:MAX_GEMSPEC]
        listed = _listed(path, match[1], match[3], text, bundles, default=match[2] is not None)
        if listed is not None:
            homes.setdefault(match[1] + b"specifications", []).append(listed)
    for home, found in homes.items():
        yield Database(home, tuple(found))


def _listed(
    path: bytes,
    home: bytes,
    stem: bytes,
    text: bytes,
    bundles: Iterable[Bundle],
    *,
    default: bool,
) -> Listed | None:
    parts = _FILE_NAME.match(stem.decode("utf-8", "replace"))
    name, version = _first(_NAME, text), _first(_VERSION, text)
    if parts is not None and not (name and version):
        name, version = parts["name"], parts["version"]
    if not name or not version:
        return None
    with_ruby = default or (b"lib/ruby/gems/" in home and name in _WITH_RUBY)
    details = {
        "manager": "bundler",
        "gem": "default" if default else "bundled" if with_ruby else "",
    }
    commands = _several(_COMMANDS, text)
    if commands:
        details["bin"] = " ".join(commands[:50])
    dev = None if with_ruby else _dev(name, version, bundles)
    if dev is not None:
        details["dev-by"] = "tree"
    return Listed(
        ecosystem=Ecosystem.GEM,
        name=name,
        version=version,
        licence=" OR ".join(_several(_LICENCES, text)[:10]),
        files=(path,),
        # A default gem's files lie in Ruby's own library.
        directories=() if default else (home + b"gems/" + stem,),
        requires=tuple(_requires(text)),
        dev=dev,
        essential=default,
        details={key: value for key, value in details.items() if value},
    )


def _dev(name: str, version: str, bundles: Iterable[Bundle]) -> bool | None:
    """Whether only groups for development want a gem; ``None`` where no bundle has it."""
    found: bool | None = None
    for bundle in bundles:
        said = bundle.dev.get((name, version))
        if said is False:
            return False
        found = said if said is not None else found
    return found


def _first(pattern: re.Pattern[bytes], text: bytes) -> str:
    match = pattern.search(text)
    return match[1].decode("utf-8", "replace") if match is not None else ""


def _several(pattern: re.Pattern[bytes], text: bytes) -> list[str]:
    match = pattern.search(text)
    rows = _QUOTED.findall(match[1]) if match is not None else []
    return [row.decode("utf-8", "replace") for row in rows]


def _requires(text: bytes) -> Iterable[str]:
    needs: Mapping[str, str] = {
        name.decode("utf-8", "replace"): ", ".join(
            each.decode("utf-8", "replace") for each in _QUOTED.findall(wanted)
        )
        for name, wanted in _DEPENDENCY.findall(text)
    }
    return [f"{name} ({wanted})" if wanted else name for name, wanted in needs.items()]
