"""Who needs whom among the Python distributions of one environment.

Edges are ``Requires-Dist`` with markers judged for the image, not for this
machine.  What cannot be judged counts as needed, so that doubts keep a package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from layerlens.analysis.packages.model import Listed
from layerlens.analysis.packages.python import normalised

_REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9][A-Za-z0-9._-]{0,199})\s*(?:\[([^\]]{0,500})\])?([^;]{0,2000})(?:;(.*))?",
    re.DOTALL,
)
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w.-]{1,100})['\"]")
_KERNEL = re.compile(r"platform_(?:release|version)")
"""Variables that say on which kernel the image runs, which the image does not."""

MAX_MARKER = 2000
"""Characters of a marker that is judged; a longer one counts as true."""

_MACHINES = {
    "amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7l", "ppc64le": "ppc64le",
    "s390x": "s390x", "riscv64": "riscv64",
}  # fmt: skip
"""Go's word for an architecture -> what ``platform.machine()`` says on it."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement: the name, the extras it asks for, and its marker (``""``: always)."""

    name: str
    extras: frozenset[str]
    marker: str


def parse_requirement(text: str) -> Requirement | None:
    """A requirement as ``Requires-Dist`` has it; versions are not looked at (PEP 508)."""
    match = _REQUIREMENT.match(text)
    if match is None:
        return None
    name, extras, between, marker = match.groups()
    if between.lstrip().startswith("@"):  # a link, which may hold a semicolon itself
        marker = text.rpartition(" ;")[2] if " ;" in text else ""
    return Requirement(
        normalised(name),
        frozenset(normalised(each.strip()) for each in (extras or "").split(",") if each.strip()),
        (marker or "").strip(),
    )


def marker_environments(versions: Iterable[str], architecture: str) -> list[dict[str, str]]:
    """What markers are judged against, for the Pythons of an environment.

    A version without its patch level (``3.11``) stands for the first and the
    last: markers about patch levels then hold if they hold for one of them.
    """
    found = []
    for version in versions:
        short = ".".join(version.split(".")[:2])
        whole = [version] if version.count(".") >= 2 else [f"{short}.0", f"{short}.99"]
        found += [
            {
                "implementation_name": "cpython",
                "implementation_version": full,
                "os_name": "posix",
                "platform_machine": _MACHINES.get(architecture, architecture),
                "platform_python_implementation": "CPython",
                "platform_release": "",
                "platform_system": "Linux",
                "platform_version": "",
                "python_full_version": full,
                "python_version": short,
                "sys_platform": "linux",
            }
            for full in whole
        ]
    return found


class Graph:
    """Distributions by their place in ``dists``, and what they need of each other."""

    def __init__(self, dists: Sequence[Listed], environments: Sequence[Mapping[str, str]]) -> None:
        self.dists = dists
        self._environments = environments
        self._holds = lru_cache(maxsize=1 << 14)(self._judge)
        self.named: dict[str, list[int]] = {}
        for i, dist in enumerate(dists):
            self.named.setdefault(dist.name, []).append(i)
        self._requires = [self._parsed(dist) for dist in dists]

    def _parsed(self, dist: Listed) -> list[Requirement]:
        """Its requirements, of installed distributions only: the others lead nowhere."""
        parsed = (parse_requirement(text) for text in dist.requires)
        return [each for each in parsed if each is not None and each.name in self.named]

    def _judge(self, marker: str, extra: str) -> bool:
        if not marker:
            return not extra
        if len(marker) > MAX_MARKER or not self._environments or _KERNEL.search(marker):
            named = _EXTRA.findall(marker)
            return not named or extra in map(normalised, named)
        from packaging.markers import Marker

        try:
            parsed = Marker(marker)
            return any(parsed.evaluate({**each, "extra": extra}) for each in self._environments)
        except Exception:  # noqa: BLE001 - any text; also names and versions that cannot be compared
            return True

    def needs(self, i: int, extras: Collection[str] = ()) -> list[Requirement]:
        """What a distribution needs of the installed ones, with some extras of its own."""
        return [
            each
            for each in self._requires[i]
            if self._holds(each.marker, "")
            or any(self._holds(each.marker, extra) for extra in extras)
        ]

    def closure(self, roots: Mapping[int, Collection[str]]) -> set[int]:
        """Roots (with their extras), and all that they need."""
        extras: dict[int, set[str]] = {}
        waiting: list[int] = []

        def reach(i: int, wanted: Collection[str]) -> None:
            known = extras.get(i)
            if known is None:
                extras[i] = set(wanted)
                waiting.append(i)
            elif not known.issuperset(wanted):
                known.update(wanted)
                waiting.append(i)

        for i, wanted in roots.items():
            reach(i, wanted)
        while waiting:
            i = waiting.pop()
            for each in self.needs(i, extras[i]):
                for other in self.named[each.name]:
                    reach(other, each.extras)
        return set(extras)

    def optional(self, i: int) -> dict[str, list[Requirement]]:
        """Extras of a distribution -> what only they ask for, of the installed ones."""
        found: dict[str, list[Requirement]] = {}
        for each in self._requires[i]:
            for extra in {normalised(name) for name in _EXTRA.findall(each.marker)}:
                if self._holds(each.marker, extra) and not self._holds(each.marker, ""):
                    found.setdefault(extra, []).append(each)
        return found

    def complete_extras(self, i: int) -> dict[str, list[Requirement]]:
        """Extras whose needs are all installed: somebody may have asked for them."""
        lacking: set[str] = set()
        for text in self.dists[i].requires:
            each = parse_requirement(text)
            if each is not None and each.name not in self.named:
                lacking.update(
                    extra
                    for extra in {normalised(name) for name in _EXTRA.findall(each.marker)}
                    if self._holds(each.marker, extra)
                )
        return {extra: asked for extra, asked in self.optional(i).items() if extra not in lacking}

    def needed(self) -> set[int]:
        """Those that another one needs."""
        found: set[int] = set()
        for i in range(len(self.dists)):
            wanted = {name for each in self.needs(i) for name in self.named[each.name]} - {i}
            found |= wanted
        return found


_DEVELOPMENT_EXTRAS = re.compile(
    r"(?:all-?)?(?:dev|devel|develop|development|tests?|testing|docs?|documentation|lint|linting"
    r"|typing|mypy|type|types|ci|check|checks|cover|coverage|build|release|style|format|enabler)"
    r"(?:-.*)?"
)


def is_for_development(name: str) -> bool:
    """Whether an extra or a group of requirements is for developing, by its name."""
    return _DEVELOPMENT_EXTRAS.fullmatch(normalised(name)) is not None


@dataclass(frozen=True, slots=True)
class Development:
    """What of an environment is there for development only; places in ``dists``.

    ``roots``  development tools that nothing else keeps
    ``only``   they and what only they need
    ``known``  whether it is written down who was asked for by name; else those
               that nothing needs are taken to be
    """

    roots: tuple[int, ...]
    only: tuple[int, ...]
    known: bool


def asked_for(dists: Sequence[Listed]) -> tuple[dict[int, bool], bool]:
    """Who was asked for by name, where that is written down, and whether it is for all.

    uv marks every distribution, and so does pip with a list of frozen
    requirements: a mark that all have says nothing.  Each installer counts by itself.
    """
    groups: dict[str, list[int]] = {}
    for i, dist in enumerate(dists):
        if not dist.details.get("source"):
            groups.setdefault(dist.details.get("installer", ""), []).append(i)
    found: dict[int, bool] = {}
    known = True
    for installer, members in groups.items():
        marks = {dists[i].manual for i in members if dists[i].name not in PACKAGING}
        if installer != "uv" and True in marks and False in marks:
            found.update((i, bool(dists[i].manual)) for i in members)
        elif marks:
            known = False
    return found, known


PACKAGING = frozenset({"pip", "setuptools", "wheel"})
"""What environments are made with."""


def development(
    graph: Graph,
    is_tool: Callable[[Listed], bool],
    is_kept: Callable[[int], bool] = lambda _: False,
    wanted: Collection[str] = (),
) -> Development:
    """What goes with the development tools.

    ``is_tool`` knows their names; ``is_kept`` are distributions that stay
    whatever they are called (the system's, commands that the image starts), and
    ``wanted`` names that the application itself declares.
    """
    dists = graph.dists
    everyone = range(len(dists))
    asked, known = asked_for(dists)
    tools = {i for i in everyone if is_tool(dists[i]) and not is_kept(i)}
    if not tools:
        return Development((), (), known)
    needed = graph.needed()
    roots = {
        i
        for i in everyone
        if is_kept(i)
        or (i not in tools and (asked.get(i, i not in needed) or dists[i].name in wanted))
        or dists[i].name in PACKAGING
    }
    of_tools = graph.closure(dict.fromkeys(tools, ()))
    kept_roots: dict[int, Collection[str]] = {i: _assumed(graph, i, is_tool) for i in roots}
    # What nobody asked for and nothing needs came with an extra, or with a package that is gone,
    # such as the application itself when only its requirements were wanted: it stays.
    kept_roots.update((i, ()) for i in everyone if i not in needed and i not in tools | roots)
    kept = graph.closure(kept_roots)
    kept = graph.closure({**kept_roots, **{i: () for i in everyone if i not in kept | of_tools}})
    only = [i for i in everyone if i not in kept]
    return Development(tuple(i for i in only if i in tools), tuple(only), known)


def _assumed(graph: Graph, i: int, is_tool: Callable[[Listed], bool]) -> list[str]:
    """Extras that may have been asked for with a distribution: that is not written down.

    Those for its own development are not, nor those that bring a development tool.
    """
    return [
        extra
        for extra, asked in graph.complete_extras(i).items()
        if not is_for_development(extra)
        and not any(
            is_tool(graph.dists[other]) for each in asked for other in graph.named[each.name]
        )
    ]
