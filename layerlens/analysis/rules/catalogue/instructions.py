"""Instructions that a Dockerfile would better have otherwise, told from the history."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.ecosystems import INSTALLED, is_npm_install, is_pip_install
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic
from layerlens.analysis.rules.steps import Step
from layerlens.image.shell import Command
from layerlens.layers.table import Kind

_HISTORY = "history of the image"


def _rule(
    name: str, title: str, severity: Severity, why: str, fix: str, *also: str, keep: str = "",
    confidence: Confidence = Confidence.CERTAIN, source: str = _HISTORY,
) -> Rule:  # fmt: skip
    return Rule(
        id=name, title=title, topic=Topic.STRUCTURE, why=why, fix=fix, severity=severity,
        confidence=confidence, also=also, keep=keep, source=source,
    )  # fmt: skip


RULES = (
    _rule(
        "add-instead-of-copy", "ADD where COPY does", Severity.LOW,
        "ADD also unpacks archives and fetches addresses, whether that is meant or not. COPY does "
        "one thing.",
        "COPY <source> <place>",
        "CIS 4.9", "CIS-DI-0009", "DS-0005", "DL3020",
        keep="The root filesystem that an image begins with, addresses, Git repositories, and "
        "archives that ADD unpacks.",
        confidence=Confidence.LIKELY,
    ),
    _rule(
        "remote-add", "ADD from an address without a checksum", Severity.MEDIUM,
        "What the server has on that day goes into the image, and its layer keeps a download even "
        "if a later step deletes it.",
        "ADD --checksum=sha256:<digest> https://… <place>",
        keep="Git repositories, which are fetched by commit. Builders that do not record flags "
        "hide a checksum that is there.",
        confidence=Confidence.LIKELY,
    ),
    _rule(
        "cd-in-run", "RUN that begins with cd", Severity.LOW,
        "The change of directory ends with the instruction; the next one starts elsewhere again.",
        "WORKDIR {directory}\nRUN <command>",
        "DL3003", "DS-0013",
        keep="cd in a subshell or behind other commands than set.",
    ),
    _rule(
        "relative-workdir", "a relative WORKDIR", Severity.LOW,
        "Where it leads depends on the WORKDIR before it, the base image's too.",
        "WORKDIR /{directory}",
        "DL3000", "DS-0009", "WorkdirRelativePath",
        keep="Directories that variables name.",
        source="the Dockerfile, or the history",
    ),
    _rule(
        "npm-install-not-ci", "npm install where npm ci is meant", Severity.LOW,
        "npm install may write the lock file anew and install other versions than those that were "
        "tested. npm ci installs what the lock file says, or fails.",
        "RUN npm ci --omit=dev",
        keep="Installs of named packages, and projects without a lock file.",
        confidence=Confidence.LIKELY,
    ),
    _rule(
        "npm-production-option", "an old option of npm install", Severity.INFO,
        "--production and --only=production are old names, and npm warns of them.",
        "RUN npm ci --omit=dev",
    ),
    _rule(
        "shell-form-command", "a command that runs in a shell", Severity.LOW,
        "/bin/sh is process 1 and passes no signals on: docker stop waits ten seconds and kills. "
        "It also needs a shell in the image.",
        'CMD ["<program>", "<argument>"]',
        "DL3025", "JSONArgsRecommended",
        keep="Commands that begin with exec, and those of the base image.",
        source="the image's configuration",
    ),
    _rule(
        "dist-upgrade", "an upgrade of the whole distribution", Severity.LOW,
        "It writes much of the base image a second time, and each build gives another result.",
        "FROM <newer base image>\nRUN apt-get update && apt-get install -y <packages>",
        "DKL-DI-0003", "DS-0024", "DL3035",
    ),
    _rule(
        "apt-without-no-recommends", "apt-get install without --no-install-recommends",
        Severity.INFO,
        "apt also installs what packages recommend, which a container seldom needs.",
        "RUN apt-get update && apt-get install -y --no-install-recommends <packages> "
        "&& rm -rf /var/lib/apt/lists/*",
        "DL3015", "DS-0029",
        keep="Images whose apt configuration turns recommended packages off.",
    ),
    _rule(
        "apk-without-no-cache", "apk add without --no-cache", Severity.INFO,
        "apk keeps its index in the layer.",
        "RUN apk add --no-cache <packages>",
        "DL3019", "DKL-DI-0004", "DS-0025",
        keep="Steps that delete the cache themselves.",
    ),
    _rule(
        "pip-without-no-cache-dir", "pip install without --no-cache-dir", Severity.INFO,
        "pip keeps what it downloads and builds in the layer.",
        "RUN pip install --no-cache-dir <packages>\nor\n"
        "RUN --mount=type=cache,target=/root/.cache/pip pip install <packages>",
        "DL3042",
        keep="PIP_NO_CACHE_DIR. The history does not tell cache mounts.",
        confidence=Confidence.HINT,
    ),
    _rule(
        "dnf-without-clean", "dnf or yum without cleaning", Severity.INFO,
        "dnf keeps the metadata of its repositories in the layer.",
        "RUN dnf install -y <packages> && dnf clean all && rm -rf /var/cache/dnf",
        "DL3032", "DL3040", "DL3036", "DS-0015", "DS-0019", "DS-0020", "DS-0027",
        keep="Steps that delete the cache themselves.",
    ),
    _rule(
        "classic-builder", "built with Docker's classic builder", Severity.INFO,
        "The classic builder is deprecated. BuildKit builds stages in parallel, skips those that "
        "nothing needs, and has cache and secret mounts.",
        "# syntax=docker/dockerfile:1\nDOCKER_BUILDKIT=1 docker build .",
    ),
)  # fmt: skip


def _own(context: Context, *keywords: str) -> Iterator[Step]:
    return (step for step in context.steps if not step.is_base and step.keyword in keywords)


def _told(rule: str, step: Step, **more: object) -> Draft:
    return Draft(rule, layer=step.layer, history=step.row, **more)  # type: ignore[arg-type]


# ------------------------------------------------------------- ADD

_ADDRESS = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_GIT = re.compile(r"(?:git@|git://|ssh://)|\.git(?:#\S*)?\Z", re.IGNORECASE)


_UNPACKED = re.compile(r"\.(?:tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz|tzst)\Z")
"""What ``ADD`` unpacks: tar, plain or compressed; never zip."""


def check_add(context: Context) -> Iterator[Draft]:
    """``ADD`` that copies, and ``ADD`` that downloads."""
    for step in _own(context, "ADD"):
        sources, _ = step.copied
        remote = [each for each in sources if _ADDRESS.match(each) and not _GIT.search(each)]
        if remote and "checksum" not in step.flags:
            yield _told("remote-add", step, evidence=tuple(remote[:5]))
        if remote or not sources or any(_GIT.search(each) for each in sources):
            continue
        if step.layer == 0 and context.base_layers == 0:
            continue  # the root filesystem of an image made from nothing
        if not _unpacks(context, step, sources):
            yield _told("add-instead-of-copy", step)


def _unpacks(context: Context, step: Step, sources: tuple[str, ...]) -> bool:
    """Whether an ``ADD`` unpacked an archive, as far as can be told."""
    if any(_UNPACKED.search(each) for each in sources):
        return True
    if sources[0].startswith("file:"):
        # The classic builder does not record the name; an archive gives other than one file.
        if step.layer is None:
            return True
        return context.fs.tables[step.layer].kinds.count(Kind.FILE) != 1
    return False


# ------------------------------------------------------------- RUN


def check_run(context: Context) -> Iterator[Draft]:
    """What ``RUN`` steps do."""
    recommends = _recommends(context)
    cached_pip = _PIP_UNCACHED.fullmatch(_PIP_NAME + context.env.get(_PIP_NAME[:-1], "")) is None
    for step in _own(context, "RUN"):
        found = step.commands
        first = next((command for command in found if command.program != "set"), None)
        if first is not None and first.program == "cd" and first.joiner != "(":
            directory = first.arguments[0] if first.arguments else "/"
            yield _told("cd-in-run", step, values={"directory": directory})
        yield from _npm(context, step)
        if any(_upgrades_all(command) for command in found):
            yield _told("dist-upgrade", step)
        if recommends and any(map(_with_recommends, found)):
            yield _told("apt-without-no-recommends", step)
        if any(map(_apk_keeps, found)) and not _deletes(step, "/var/cache/apk"):
            yield _told("apk-without-no-cache", step)
        if cached_pip and any(map(_pip_keeps, found)) and not _pip_cleans(step):
            yield _told("pip-without-no-cache-dir", step)
        if _dnf_keeps(step):
            yield _told("dnf-without-clean", step)


def _recommends(context: Context) -> bool:
    """Whether apt installs recommended packages unless told otherwise."""
    off = re.compile(rb"Install-Recommends\"?\s+\"?(?:false|0|no)\b", re.IGNORECASE)
    live = context.fs.live
    return not any(
        off.search(context.content(version) or b"")
        for version in context.kept_versions(
            lambda path: path.startswith((b"etc/apt/apt.conf.d/", b"etc/apt/apt.conf"))
        )
        if live.get(context.path(version)) == version
    )


def _with_recommends(command: Command) -> bool:
    return (
        command.program in ("apt-get", "apt", "aptitude")
        and command.arguments[:1] == ("install",)
        and not command.has("--no-install-recommends", "--without-recommends", "-R")
        and not any("Install-Recommends" in word for word in command.words)
    )


def _apk_keeps(command: Command) -> bool:
    return (
        command.program == "apk"
        and "add" in command.arguments
        and not command.has("--no-cache", "--cache-dir")
    )


def _pip_keeps(command: Command) -> bool:
    return is_pip_install(command) and not command.has("--no-cache-dir", "--cache-dir")


_PIP_NAME = "PIP_NO_CACHE_DIR="
_PIP_UNCACHED = re.compile(rf"{_PIP_NAME}(?!(?:0|off|no|false)?\Z).*")


def _pip_cleans(step: Step) -> bool:
    """Whether a step keeps no cache of pip: told by a variable of its own, or by deleting it."""
    given = [*step.instruction.args]
    for command in step.commands:
        given += [*command.assignments, *command.words]
    return any(map(_PIP_UNCACHED.fullmatch, given)) or _deletes(step, ".cache")


def _dnf_keeps(step: Step) -> bool:
    programs = ("dnf", "dnf5", "yum", "microdnf", "tdnf", "zypper")
    calls = [command for command in step.commands if command.program in programs]
    installs = any({"install", "in", "update", "upgrade"} & set(c.arguments[:1]) for c in calls)
    cleans = any({"clean", "cc"} & set(call.arguments[:1]) for call in calls)
    return installs and not cleans and not _deletes(step, "/var/cache")


def _deletes(step: Step, part: str) -> bool:
    return any(
        command.program in ("rm", "find") and any(part in word for word in command.words)
        for command in step.commands
    )


def _upgrades_all(command: Command) -> bool:
    first = command.arguments[:1]
    return (
        command.program in ("apt-get", "apt", "aptitude")
        and first in (("dist-upgrade",), ("full-upgrade",))
    ) or (command.program == "zypper" and first in (("dup",), ("dist-upgrade",)))


def _npm(context: Context, step: Step) -> Iterator[Draft]:
    plain = [
        command
        for command in step.commands
        if is_npm_install(command) and command.arguments[0] in ("install", "i")
    ]
    if plain and _locked_below(context, step):
        yield _told("npm-install-not-ci", step)
    if any(
        command.program == "npm"
        and (
            command.has("--production") or {"--only=prod", "--only=production"} & set(command.words)
        )
        for command in step.commands
    ):
        yield _told("npm-production-option", step)


def _locked_below(context: Context, step: Step) -> bool:
    """Whether npm found a lock file when it ran."""
    fs = context.fs
    end = fs.first[step.layer] if step.layer is not None else len(fs.paths)
    return any(
        path.endswith((b"/package-lock.json", b"/npm-shrinkwrap.json"))
        and INSTALLED.search(path) is None
        for path in fs.paths[fs.first[context.base_layers] : end]
    )


# ------------------------------------------------------------- the rest


def check_command(context: Context) -> Iterator[Draft]:
    """A start command in the shell form."""
    for key, keyword in (("Entrypoint", "ENTRYPOINT"), ("Cmd", "CMD")):
        words = context.words(key)
        if words[:2] not in (["/bin/sh", "-c"], ["sh", "-c"]) or len(words) != 3:
            continue
        if re.match(r"\s*exec\s", words[2]):
            continue
        rows = [step for step in context.steps if step.keyword == keyword]
        if rows and rows[-1].is_base:
            continue
        yield Draft(
            "shell-form-command",
            history=rows[-1].row if rows else None,
            title=f"{keyword} runs in a shell",
            is_base=False,
        )
        return


def check_workdir(context: Context) -> Iterator[Draft]:
    """Working directories that do not begin at the root."""
    found = [(step.row, step.body) for step in _own(context, "WORKDIR")]
    if context.dockerfile is not None:
        rows = {line: row for row, line in context.lines.items()}
        found = [
            (rows.get(step.line), step.text)
            for step in context.dockerfile.chain()
            if step.keyword == "WORKDIR"
        ]
    for row, directory in found:
        # Windows's directories begin with a letter and a colon.
        if directory and not re.match(r"[\"']?(?:[/$\\]|[A-Za-z]:)", directory):
            yield Draft(
                "relative-workdir",
                history=row,
                title=f"WORKDIR {directory[:80]} is relative",
                values={"directory": directory},
                is_base=False,
            )


def check_builder(context: Context) -> Iterator[Draft]:
    """The builder that made the steps above the base."""
    steps = [
        step for step in context.steps if not step.is_base and "#(nop)" in step.instruction.raw
    ]
    if steps:
        yield Draft(
            "classic-builder",
            title=f"{len(steps)} step{'' if len(steps) == 1 else 's'} built with Docker's classic builder",
            is_base=False,
        )


RULE_SET = RuleSet(
    rules=RULES, checks=(check_add, check_run, check_command, check_workdir, check_builder)
)
