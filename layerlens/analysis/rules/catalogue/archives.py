"""Archives that stayed in the image although what they hold was unpacked or installed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.dead.archives import in_cache, stem
from layerlens.analysis.rules.ecosystems import INSTALLED
from layerlens.analysis.rules.model import Confidence, Draft, LedgerClass, Rule, RuleSet, Topic
from layerlens.analysis.rules.words import counted
from layerlens.image.lazypattern import LazyPattern
from layerlens.image.shell import Command

LEAST = 100_000
"""Bytes of an archive that is worth a finding."""

_ENDS = LazyPattern(
    rb"\.(?:tar|tgz|tbz2?|txz|tzst|tar\.[a-zA-Z0-9]{1,4}|zip|7z|rar|whl|deb|rpm|apk|run)(?=\0)"
)
_UNPACKERS = frozenset(
    {"tar", "bsdtar", "unzip", "7z", "7za", "unrar", "gunzip", "unxz", "dpkg", "dpkg-deb", "apt-get",
     "apt", "rpm", "dnf", "yum", "microdnf", "apk", "pip", "pip3", "uv", "sh", "bash"}
)  # fmt: skip
_ELSEWHERE = LazyPattern(rb"(?:(?:root|tmp|opt)/[^/]+|usr/src/[^/]+|.*/ensurepip/_bundled/.*)\Z")
"""Told by the rule for installers, or part of Python."""

ARCHIVES_LEFT = Rule(
    id="archives-left",
    title="archives beside what was unpacked from them",
    topic=Topic.CONTENT,
    why="What the archive holds is in the image a second time, unpacked or installed.",
    fix="RUN --mount=type=bind,source=<archive>,target=/tmp/<archive> "
    "tar -xf /tmp/<archive> -C <place>\n"
    "or, for a download:\n"
    "RUN curl -fsSL <address> | tar -xz -C <place>",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.INSTALLERS,
    also=("DL3010",),
    keep="Archives that no command of the history unpacks and that have no directory of their "
    "name beside them; those of packages and in caches; less than 100 kB.",
    source="paths of the final filesystem and commands of the history",
)


def check(context: Context) -> Iterator[Draft]:
    """Live archives that a command unpacked, or whose directory stands beside them."""
    joined = context.files.joined
    unpackers = [
        command
        for step in context.steps
        for command in step.commands
        if command.program in _UNPACKERS
    ]
    found: list[int] = []
    for match in _ENDS.finditer(joined):
        path = joined[joined.rfind(b"\0", 0, match.start()) + 1 : match.end()]
        version = context.files.find(path)
        if version is None or context.size(version) < LEAST or version in context.inventory.owners:
            continue
        if in_cache(path) or INSTALLED.search(path) or _ELSEWHERE.match(path):
            continue
        if context.files.below(stem(path)) or _is_unpacked(path, unpackers):
            found.append(version)
    for layer, versions in context.by_layer(found).items():
        count = len(versions)
        yield Draft(
            ARCHIVES_LEFT.id,
            versions,
            layer=layer,
            title=f"{counted(count, 'archive')} left after unpacking",
        )


def _is_unpacked(path: bytes, commands: Sequence[Command]) -> bool:
    text = "/" + path.decode("utf-8", "replace")
    last = text.rpartition("/")[2]
    return any(
        word.rpartition("/")[2] == last
        or ("*" in word and word.startswith("/") and fnmatch.fnmatchcase(text, word))
        for command in commands
        for word in command.called[1:]
    )


RULE_SET = RuleSet(rules=(ARCHIVES_LEFT,), checks=(check,))
