"""Tools that belong into a build stage: compilers, headers, git, network and debugging tools.

A tool's bytes are those of all packages that go with it: its exclusive closure
(:meth:`layerlens.analysis.packages.closure.Dependencies.exclusive`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from layerlens.analysis.packages.closure import Dependencies, is_protected
from layerlens.analysis.packages.model import Package
from layerlens.analysis.rules.catalogue._packages import (
    SYSTEM,
    Started,
    asked_for,
    line,
    named,
    versions_of,
)
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.analysis.rules.words import counted

_STAGES = (
    "FROM <sdk> AS build\n"
    "RUN <install {packages}> && <build>\n"
    "FROM <runtime>\n"
    "COPY --from=build /out/app /app\n"
    "# or in one RUN: install {packages}, build, and remove them again"
)
_LEAVE_OUT = "# leave {packages} out of the install command, or use a stage of its own for it"
_KEEP = (
    "Packages that something else needs, that nobody asked for by name, that the system needs, "
    "and those that the entrypoint, the command, the health check or a start script names."
)
_SOURCE = "the package database; equal to apt-get -s purge --auto-remove"


def _rule(
    name: str, title: str, why: str, fix: str = _LEAVE_OUT, also: tuple[str, ...] = ()
) -> Rule:
    return Rule(
        id=name,
        title=title,
        topic=Topic.PACKAGES,
        why=why,
        fix=fix,
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.BUILD_TOOLS,
        also=also,
        keep=_KEEP,
        source=_SOURCE,
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Packages of one kind, in all distributions; ``least`` is how severe they are at least."""

    rule: Rule
    names: re.Pattern[str]
    least: Severity


GROUPS: tuple[Group, ...] = (
    Group(
        _rule(
            "compilers",
            "compilers and build tools",
            "A compiler is needed while an image is built, not while it runs. It brings hundreds "
            "of megabytes, and gives a workshop to whoever breaks in.",
            _STAGES,
        ),
        re.compile(
            r"(?:gcc|g\+\+|cpp|clang|llvm)(?:-[0-9.]+)?(?:-(?!.*base$|libs$|doc).*)?|"
            r"build-essential|build-base|gcc-c\+\+|binutils|make|cmake|ninja(?:-build)?|meson|"
            r"autoconf|automake|libtool|m4|bison|flex|patch|dpkg-dev|fakeroot|pkg-config|pkgconf|"
            r"nasm|rust|rustc|cargo|go|golang.*"
        ),
        Severity.MEDIUM,
    ),
    Group(
        _rule(
            "development-files",
            "headers and static libraries",
            "Headers, static libraries and linker files serve compilers alone; programs load the "
            "library package without -dev or -devel.",
            _STAGES,
        ),
        re.compile(r".*-(?:dev|devel)|linux-headers.*"),
        Severity.LOW,
    ),
    Group(
        _rule(
            "version-control-tools",
            "version control tools",
            "Sources are fetched while an image is built; afterwards nothing needs the tool, nor "
            "what it brings along (perl, ssh).",
            _STAGES,
        ),
        re.compile(r"git|git-man|git-lfs|subversion|mercurial"),
        Severity.LOW,
    ),
    Group(
        _rule(
            "ssh-server",
            "an SSH server",
            "A container is entered with docker exec or kubectl exec. An SSH server is one more "
            "way in, with keys and passwords of its own.",
        ),
        re.compile(r"openssh-server|dropbear"),
        Severity.HIGH,
    ),
    Group(
        _rule(
            "network-tools",
            "network tools",
            "Tools that download, connect or listen are handy for whoever breaks in, and the "
            "application rarely needs them. A debugging container brings its own.",
            also=("DL4001", "DS-0014"),
        ),
        re.compile(
            r"curl|wget|telnet|netcat.*|nmap|tcpdump|dnsutils|bind9-dnsutils|bind-tools|"
            r"bind-utils|iputils|iputils-ping|net-tools|traceroute|socat|rsync|"
            r"openssh-clients?|ftp|lftp"
        ),
        Severity.LOW,
    ),
    Group(
        _rule(
            "interactive-tools",
            "editors, pagers and monitors",
            "Nobody works inside a running container; what is edited there is lost with it.",
        ),
        re.compile(r"vim.*|nano|emacs.*|less|man-db|tmux|screen|htop|procps|procps-ng"),
        Severity.LOW,
    ),
    Group(
        _rule(
            "debuggers",
            "debuggers and tracers",
            "A debugger is better brought along when it is needed: in a container of its own that "
            "shares the process namespace.",
            "# docker run --pid=container:<name> <image with the debugger>, or kubectl debug",
        ),
        re.compile(r"gdb|strace|ltrace|valgrind|perf"),
        Severity.LOW,
    ),
    Group(
        _rule(
            "privilege-tools",
            "sudo",
            "sudo gives a process root again, which USER took away; in a container there is "
            "nobody to ask for a password.",
            "USER <name>   # and su-exec, gosu or setpriv where a start script must drop privileges",
            ("DKL-DI-0001", "DL3004", "DS-0010"),
        ),
        re.compile(r"sudo"),
        Severity.INFO,  # that it is there at all, the rule sudo tells
    ),
)  # fmt: skip

SHARED = _rule(
    "shared-tool-packages",
    "packages that only several tools together need",
    "Each of these is needed by more than one of the tools, so that it goes with the last of them.",
    "# goes when all of these go: {packages}",
)

BUILDPACK = Rule(
    id="full-base-image",
    alternative=True,
    title="a base image with compilers and headers for everything",
    topic=Topic.BASE,
    why=(
        "The full variants of language images hold compilers, version control and the headers of "
        "dozens of libraries, so that any extension builds. At run time nothing needs them."
    ),
    fix="FROM <the same image and version>-slim   # and build extensions in a stage of their own",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.BUILD_TOOLS,
    keep=_KEEP,
    source=_SOURCE,
)

UNPACKAGED = _rule(
    "unpackaged-tools",
    "build tools outside any package",
    "Compilers and version control are needed while an image is built, not while it runs.",
    _STAGES,
)

_FINGERPRINT = tuple(
    re.compile(name)
    for name in (
        r"g\+\+", r"make", r"imagemagick.*", r"libpq-dev", r"libmariadb-dev.*", r"mercurial",
        r"subversion", r"git",
    )
)  # fmt: skip
"""Packages of the base that the full variants of Docker's official language images share."""

_FEWEST_MARKS = 4
_FURTHER = re.compile(r"imagemagick.*|file|unzip|xz-utils|bzip2|gnupg|netbase|sq")
_RUNTIMES = (
    b"usr/local/bin/node", b"usr/local/bin/python3", b"usr/local/bin/ruby",
    b"usr/local/bin/go", b"usr/local/go/bin/go", b"usr/local/bin/php",
)  # fmt: skip
_TOOLS = tuple(b"cc gcc g++ clang ld as make cmake cargo rustc go javac git svn hg".split())
_PLACES = (b"bin/", b"usr/bin/", b"usr/local/bin/")


def check_tools(context: Context) -> Iterator[Draft]:
    """Tools that somebody installed, in groups; what only they need goes with them."""
    packages = context.inventory.of(*SYSTEM)
    groups: dict[int, Group] = {}
    for index, package in enumerate(packages):
        group = _group(package)
        if group is not None:
            groups[index] = group
    if not groups:
        return
    tools = _Tools(context, packages)
    for index, place in tools.used.items():
        if index in groups:
            yield from tools.in_use(groups[index].rule, index, place)
    idle = {index: group for index, group in groups.items() if index not in tools.used}
    yield from tools.full_base(idle)
    sets: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, group in idle.items():
        if index not in tools.told:
            sets[group.rule.id, packages[index].layer].append(index)
    for (_, layer), members in sorted(sets.items(), key=lambda row: (row[0][1], row[1])):
        yield from tools.group(idle[members[0]], members, layer)
    yield from tools.shared()


def _group(package: Package) -> Group | None:
    """The group of a tool that somebody asked for; the system's own are none."""
    listed = package.listed
    if listed.manual is False or is_protected(listed):
        return None
    return next((group for group in GROUPS if group.names.fullmatch(listed.name)), None)


class _Tools:
    """The packages of the system, and which of them were told as tools."""

    def __init__(self, context: Context, packages: Sequence[Package]) -> None:
        self.context = context
        self.packages = packages
        started = Started(context)
        self.used = {  # what the image itself runs -> where it is named
            index: place
            for index, package in enumerate(packages)
            if (place := started.place(package)) is not None
        }
        self.graph = Dependencies([package.listed for package in packages])
        self.told: set[int] = set()  # tools that should go
        self._gone: set[int] = set()  # what goes with one group of them

    def _names(self, which: Iterable[int]) -> list[str]:
        return sorted({self.packages[index].name for index in which})

    def _draft(
        self,
        rule: Rule,
        tools: Iterable[int],
        gone: set[int],
        layer: int | None,
        least: Severity | None = None,
        notes: Sequence[str] = (),
    ) -> Draft:
        """What goes with some tools; those that stay because something needs them are not told."""
        going = gone.intersection(tools)
        names, others = self._names(going), self._names(gone - going)
        evidence = [line("tools", names)]
        if others:
            evidence.append(line("go with them", others))
        is_base = layer is not None and layer < self.context.base_layers
        return Draft(
            rule.id,
            versions_of(self.packages[index] for index in sorted(gone)),
            layer=layer,
            title=_title(names, len(gone - going)),
            evidence=(*evidence, *notes),
            values={"packages": asked_for(self.packages[index].listed for index in sorted(going))},
            least=None if is_base else least,
        )

    def in_use(self, rule: Rule, index: int, place: str) -> Iterator[Draft]:
        """A tool that the image itself runs: told, but not asked to go."""
        gone = self.graph.exclusive([index], wanted=self.used)
        if index not in gone:
            return
        note = f"in use: named in {place}"
        draft = self._draft(rule, [index], gone, self.packages[index].layer, notes=(note,))
        yield replace(
            draft,
            title=f"{draft.title}; in use: named in {place}",
            fix=f"# {place} names it; where that can do without, leave {{packages}} out",
            confidence=Confidence.HINT,
            severity=Severity.INFO,
        )

    def group(self, group: Group, tools: Sequence[int], layer: int) -> Iterator[Draft]:
        """The tools of one group that one layer brought."""
        self.told.update(tools)
        gone = self.graph.exclusive(tools, wanted=self.used)
        if gone.intersection(tools):
            self._gone |= gone
            yield self._draft(group.rule, tools, gone, layer, group.least)

    def full_base(self, idle: Iterable[int]) -> Iterator[Draft]:
        """The base image of a language that holds all that any extension may need to build."""
        context, packages = self.context, self.packages
        live = context.fs.live
        found = [context.fs.layer_of(live[path]) for path in _RUNTIMES if path in live]
        if not found:
            return
        top = min(found)  # the runtime lies on the layers with the tools
        if context.base_layers and top >= context.base_layers:
            return
        below = {package.name for package in packages if package.layer < top}
        marks = [each for each in _FINGERPRINT if any(map(each.fullmatch, below))]
        if len(marks) < _FEWEST_MARKS:
            return
        tools = {index for index in idle if packages[index].layer < top}
        tools |= {
            index
            for index, package in enumerate(packages)
            if package.layer < top
            and package.listed.manual is not False
            and not is_protected(package.listed)
            and _FURTHER.fullmatch(package.name)
            and index not in self.used
        }
        gone = self.graph.exclusive(tools, wanted=self.used)
        if not gone:
            return
        self.told |= tools
        self._gone |= gone
        yield replace(
            self._draft(BUILDPACK, tools, gone, None),
            title=f"a full base image: {counted(len(gone), 'package')} for building extensions",
            least=Severity.MEDIUM,
            is_base=True,
        )

    def shared(self) -> Iterator[Draft]:
        """What goes only when the tools of several groups do."""
        rest = self.graph.exclusive(self.told, wanted=self.used) - self._gone
        for is_base in (True, False):
            gone = {
                index
                for index in rest
                if (self.packages[index].layer < self.context.base_layers) is is_base
            }
            if gone:
                names = self._names(gone)
                yield Draft(
                    SHARED.id,
                    versions_of(self.packages[index] for index in sorted(gone)),
                    title=f"{counted(len(gone), 'package')} that only these tools need together: "
                    f"{named(self._names(self.told), 5)}",
                    evidence=(
                        line("packages", names),
                        line("go when all of these go", self._names(self.told)),
                    ),
                    values={"packages": " ".join(self._names(self.told)[:20])},
                )


def _title(names: Sequence[str], more: int) -> str:
    """Such as ``git and 19 packages``, ``g++, gcc, make, 2 more tools and 40 packages``."""
    parts = list(names[:3])
    if len(names) > len(parts):
        parts.append(counted(len(names) - len(parts), "more tool"))
    if more:
        parts.append(counted(more, "package"))
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


# ---------------------------------------------------------------------- without a package


def check_unpackaged(context: Context) -> Iterator[Draft]:
    """Tools that no package owns, in the directories where commands are looked for."""
    owners = context.inventory.owners
    found = [
        version
        for place in _PLACES
        for tool in _TOOLS
        if (version := context.files.find(place + tool)) is not None and version not in owners
    ]
    if not found:
        return
    started = Started(context)
    idle = [each for each in found if started.names(_command(context, each)) is None]
    for layer, versions in context.by_layer(idle).items():
        names = sorted({_command(context, version) for version in versions})
        yield Draft(
            UNPACKAGED.id,
            versions,
            layer=layer,
            title=f"{named(names, 5)}, which no package owns",
            values={"packages": " ".join(names)},
        )


def _command(context: Context, version: int) -> str:
    return context.path(version).rpartition(b"/")[2].decode("utf-8", "replace")


RULE_SET = RuleSet(
    rules=(BUILDPACK, *(group.rule for group in GROUPS), SHARED, UNPACKAGED),
    checks=(check_tools, check_unpackaged),
)
