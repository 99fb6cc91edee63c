"""What the image stands on: how large, how old, how well named, and whether less would do."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from datetime import date

from layerlens.analysis.packages.purl import Distribution, distribution
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic
from layerlens.analysis.rules.support import day, distribution_end, language_end
from layerlens.image.lazypattern import LazyPattern

_LARGE_SHARE, _LARGE = 0.8, 100_000_000
_OLD_DAYS, _VERY_OLD_DAYS = 180, 365

RULES = (
    Rule(
        id="base-share",
        title="the base image's share",
        topic=Topic.BASE,
        why="No other choice decides as much about an image's size as the one of its base.",
        fix="FROM <name>:<version>-slim   # or alpine, distroless, scratch",
        severity=Severity.INFO,
        keep="Told as low if the base is four fifths of the image and has 100 MB.",
        source="live bytes by layer",
    ),
    Rule(
        id="leaner-base",
        alternative=True,
        title="a leaner variant of the base image",
        topic=Topic.BASE,
        why="The official image of the language comes in a full variant, with compilers and "
        "headers for building extensions, and in variants without.",
        fix="FROM {leaner}",
        confidence=Confidence.HINT,
        severity=Severity.INFO,
        keep="Slim variants (their dpkg configuration leaves documentation out), Alpine, and "
        "images that the variables of official images do not name.",
        trade_off="What has to be built from source needs the full variant in a build stage.",
        source="Docker official images: variables and tags; distroless: README",
    ),
    Rule(
        id="no-shell",
        title="an image without a shell",
        topic=Topic.BASE,
        why="There is neither a shell nor a package manager: little to update, and little for "
        "whoever breaks in. This is a good sign, not a defect.",
        fix="Nothing to do.",
        severity=Severity.INFO,
        source="names of shells and package managers in the directories of commands",
    ),
    Rule(
        id="debug-variant",
        title="a debug variant of a shell-less image",
        topic=Topic.BASE,
        why="The debug variants of distroless images add busybox with a shell, for looking around.",
        fix="FROM gcr.io/distroless/<name>:nonroot   # without debug",
        severity=Severity.LOW,
        source="distroless: README, debug images",
    ),
    Rule(
        id="retired-distroless",
        title="a retired distroless image",
        topic=Topic.BASE,
        why="Distroless images on Debian 11 and older are built no more: they get no updates.",
        fix="FROM gcr.io/distroless/static-debian13:nonroot",
        confidence=Confidence.LIKELY,
        severity=Severity.LOW,
        source="distroless: README of August 2026 lists Debian 12 and 13",
    ),
    Rule(
        id="latest-tag",
        title="a name that moves",
        topic=Topic.BASE,
        why="latest is another image tomorrow: nobody can tell which one runs, or go back to it.",
        fix="docker build -t <name>:<version> .",
        severity=Severity.INFO,
        also=("CIS 4.2", "DKL-DI-0006"),
        keep="Images that have another tag as well, or none.",
        source="names in the archive or engine",
    ),
    Rule(
        id="unpinned-base",
        title="a base image that is not pinned",
        topic=Topic.BASE,
        why="A tag is moved to other images. Two builds of one Dockerfile may stand on different "
        "bases, and nobody sees when.",
        fix="FROM {name}@sha256:<digest>   # and a bot that renews it",
        severity=Severity.INFO,
        also=("DL3006", "DL3007", "DS-0001"),
        keep="Stages of the same Dockerfile, scratch, and names with variables in them.",
        source="the Dockerfile, or the labels org.opencontainers.image.base.*",
    ),
    Rule(
        id="end-of-life",
        title="support has ended",
        topic=Topic.BASE,
        why="Nobody mends its security holes any more.",
        fix="FROM <a supported release>",
        severity=Severity.MEDIUM,
        also=("CIS 4.4",),
        keep="Releases without a settled date. Of Debian the long term support counts; paid "
        "support is not known.",
        source="the projects' published dates",
    ),
    Rule(
        id="old-base",
        title="an old base image",
        topic=Topic.BASE,
        why="When the image was built, its base was old already: updates since then are missing.",
        fix="docker build --pull .",
        confidence=Confidence.LIKELY,
        severity=Severity.LOW,
        keep="Bases of less than 180 days, and builds that set their times by hand.",
        source="times in the history",
    ),
    Rule(
        id="node-env",
        title="NODE_ENV is not production",
        topic=Topic.BASE,
        why="Many packages for Node.js do extra checks and log more unless NODE_ENV says "
        "production, and npm installs development packages.",
        fix="ENV NODE_ENV=production",
        confidence=Confidence.HINT,
        severity=Severity.INFO,
        keep="Images that start no node.",
        source="Express: performance best practices",
    ),
    Rule(
        id="sbom-present",
        title="a bill of materials",
        topic=Topic.BASE,
        why="The image brings a list of what is in it. This is a good sign, not a defect.",
        fix="Nothing to do.",
        severity=Severity.INFO,
        source="names of files",
    ),
)  # fmt: skip


def _distribution(context: Context) -> Distribution:
    return distribution(context.text(b"etc/os-release") or context.text(b"usr/lib/os-release"))


# ------------------------------------------------------------- size


def check_share(context: Context) -> Iterator[Draft]:
    """How much of what is seen comes from the base."""
    if not context.base_layers or context.base_layers == len(context.fs.tables):
        return
    fs = context.fs
    live = [table.content_bytes for table in fs.tables]
    for inode in fs.deaths.inode:
        live[fs.layer_of(inode)] -= fs.size(inode)
    total, below = sum(live), sum(live[: context.base_layers])
    if not below:
        return
    share = below / total
    found = _distribution(context).name
    packages = sum(1 for each in context.inventory.packages if each.layer < context.base_layers)
    evidence = [f"{below:,} of {total:,} bytes of the final filesystem"]
    if found:
        evidence.append(found)
    if packages:
        evidence.append(f"{packages:,} packages")
    yield Draft(
        "base-share",
        title=f"{share:.0%} of the image comes from its base",
        evidence=tuple(evidence),
        # A large base under a small application is often the best there is: worth a look, no more.
        severity=Severity.LOW if share >= _LARGE_SHARE and below >= _LARGE else None,
        confidence=Confidence.LIKELY if context.base.boundary == "guessed" else None,
        is_base=True,
    )


_OFFICIAL = (
    ("NODE_VERSION", "node", b"usr/local/bin/node", "Node.js", "nodejs{major}-debian12"),
    ("PYTHON_VERSION", "python", b"usr/local/bin/python3", "Python", "python3-debian12"),
    ("GOLANG_VERSION", "golang", b"usr/local/go/bin/go", "Go", "static-debian13"),
    ("RUBY_VERSION", "ruby", b"usr/local/bin/ruby", "Ruby", ""),
    ("PHP_VERSION", "php", b"usr/local/bin/php", "PHP", ""),
    ("RUST_VERSION", "rust", b"usr/local/cargo/bin/rustc", "Rust", "cc-debian13"),
    ("JAVA_VERSION", "eclipse-temurin", b"opt/java/openjdk/bin/java", "Java", ""),
    ("DOTNET_VERSION", "dotnet", b"usr/share/dotnet/dotnet", ".NET", ""),
    ("ASPNET_VERSION", "aspnet", b"usr/share/dotnet/dotnet", ".NET", ""),
)
"""Variable, name, program, language and distroless image, of Docker's official images."""

_SLIM = frozenset({"node", "python", "ruby", "rust"})
"""Official images with a variant of their tags that ends in ``-slim``."""

_NODE_LINES = frozenset({"20", "22", "24"})
"""Lines of Node.js that distroless has images of."""


def check_leaner(context: Context) -> Iterator[Draft]:
    """The full variant of an official image."""
    system = _distribution(context)
    if system.id not in ("debian", "ubuntu") or _is_slim(context):
        return
    for variable, name, program, language, distroless in _OFFICIAL:
        version = context.env.get(variable, "")
        if not re.match(r"\d", version) or not context.exists(program):
            continue
        leaner = [f"{name}:{version}-slim"] if name in _SLIM else []
        major = version.partition(".")[0]
        if distroless and (language != "Node.js" or major in _NODE_LINES):
            leaner.append(f"gcr.io/distroless/{distroless.format(major=major)}:nonroot")
        if not leaner:
            continue
        yield Draft(
            "leaner-base",
            title=f"the full image of {language} {version}, where a leaner one exists",
            evidence=tuple(f"leaner: {each}" for each in leaner),
            values={"leaner": leaner[0]},
            is_base=True,
        )


def _is_slim(context: Context) -> bool:
    """Whether dpkg leaves documentation out, as in slim variants."""
    return bool(
        context.kept_versions(
            lambda path: (
                path.startswith(b"etc/dpkg/dpkg.cfg.d/") and b"docker" in path.rpartition(b"/")[2]
            )
        )
    ) and any(
        b"path-exclude" in (context.content(version) or b"")
        for version in context.kept_versions(lambda path: path.startswith(b"etc/dpkg/dpkg.cfg.d/"))
    )


# ------------------------------------------------------------- shells

_PLACES = (b"bin/", b"usr/bin/", b"sbin/", b"usr/sbin/", b"usr/local/bin/", b"usr/local/sbin/")
_SHELLS = (b"sh", b"bash", b"dash", b"ash", b"zsh", b"ksh", b"busybox", b"toybox")
_MANAGERS = (b"apt-get", b"dpkg", b"apk", b"dnf", b"yum", b"microdnf", b"rpm", b"zypper", b"pacman")


def check_shell(context: Context) -> Iterator[Draft]:
    """Images without a shell, and those with nothing but a debugger's."""
    if not context.files.paths or any(each.missing for each in context.contents):
        return
    shells = [p + s for p in _PLACES for s in _SHELLS if context.exists(p + s)]
    managers = [p + m for p in _PLACES for m in _MANAGERS if context.exists(p + m)]
    debug = [path for path in (b"busybox/sh", b"busybox/busybox") if context.exists(path)]
    if shells or managers:
        return
    if debug:
        yield Draft("debug-variant", paths=debug, layer=_layer(context, debug[0]))
        return
    system = _distribution(context).name
    yield Draft(
        "no-shell",
        title="no shell and no package manager",
        evidence=(f"distribution: {system}",) if system else (),
        is_base=False,
    )


def _layer(context: Context, path: bytes) -> int:
    return context.fs.layer_of(context.fs.live[path])


# ------------------------------------------------------------- names

_FLOATING = re.compile(r"v?\d+(?:-[a-z][\w.-]*)?\Z")
_RETIRED = re.compile(r"gcr\.io/distroless/[a-z0-9-]+-debian(?:9|10|11)(?![0-9])")


def check_names(context: Context) -> Iterator[Draft]:
    """Tags that move, of the image and of its base."""
    tags = [name.rpartition("/")[2].partition("@")[0].partition(":")[2] for name in context.tags]
    if tags and all(tag in ("", "latest") for tag in tags):
        yield Draft(
            "latest-tag", title=f"the only tag is latest ({context.tags[0]})", is_base=False
        )
    names = _base_names(context)
    for name in dict.fromkeys(names):
        if _RETIRED.match(name):
            yield Draft("retired-distroless", title=f"{name} is built no more", is_base=True)
        if "@" in name or name == "scratch" or "$" in name:
            continue
        tag = name.rpartition("/")[2].partition(":")[2]
        why = "has no tag" if not tag else "is the tag latest" if tag == "latest" else "is a tag"
        floating = not tag or tag == "latest"
        if _FLOATING.match(tag):
            why = "is a tag of a whole line of versions"
        yield Draft(
            "unpinned-base",
            title=f"FROM {name}: {why}",
            values={"name": name},
            severity=Severity.MEDIUM if floating else None,
            is_base=True,
        )
    system = _distribution(context)
    if system.name == "Distroless" and system.version in ("9", "10", "11") and not any(
        map(_RETIRED.match, names)
    ):  # fmt: skip
        yield Draft(
            "retired-distroless",
            title=f"a distroless image of Debian {system.version}, built no more",
            confidence=Confidence.CERTAIN,
            is_base=True,
        )


def _base_names(context: Context) -> list[str]:
    """Names of the bases: the Dockerfile's, else the labels', where they give no digest."""
    if context.dockerfile is not None:
        stages = {stage.name.lower() for stage in context.dockerfile.stages if stage.name}
        return [
            stage.base
            for stage in context.dockerfile.stages
            if stage.base.lower() not in stages and stage.base
        ]
    key = "org.opencontainers.image.base."
    for source in (context.config.labels, context.annotations):
        name = source.get(key + "name", "")
        if name:
            return [name if not source.get(key + "digest") else f"{name}@{source[key + 'digest']}"]
    return []


# ------------------------------------------------------------- age


def _today(context: Context) -> date | None:
    """The day to judge by: the caller's clock if there is one, else the day of the build."""
    today = getattr(context, "today", None)
    return today if isinstance(today, date) else day(context.config.created)


def check_age(context: Context) -> Iterator[Draft]:
    """Releases whose support has ended, and bases that were old when they were used."""
    today = _today(context)
    if today is None:
        return
    for name, version, end in _releases(context):
        if end is not None and end < today:
            yield Draft(
                "end-of-life",
                title=f"{name} {version}: support ended on {end}",
                evidence=(f"judged on {today}",),
                is_base=True,
            )
    built = day(context.config.created)
    base = [
        found
        for step in context.steps
        if step.is_base and step.row is not None
        and (found := day(context.config.history[step.row].created)) is not None
    ]  # fmt: skip
    if built is None or not base:
        return
    age = (built - max(base)).days
    if age > _OLD_DAYS:
        yield Draft(
            "old-base",
            title=f"the base was {age:,} days old when the image was built",
            evidence=(f"base of {max(base)}, image of {built}",),
            severity=Severity.MEDIUM if age > _VERY_OLD_DAYS else None,
            is_base=True,
        )


def _releases(context: Context) -> Iterator[tuple[str, str, date | None]]:
    """The distribution and the languages of official images: name, version, end of support."""
    system = _distribution(context)
    known = "centos stream" if "Stream" in system.name else system.id
    shown = "Debian" if system.name == "Distroless" else system.name.partition(" ")[0] or system.id
    yield shown, system.version, distribution_end(known, system.version)
    told = set()
    for variable, _, program, language, _ in _OFFICIAL:
        version = re.sub(r"\A(?:jdk-?|v)", "", context.env.get(variable, ""))
        if version and language not in told and context.exists(program):
            told.add(language)
            yield language, version, language_end(language, version)


# ------------------------------------------------------------- the rest

_SBOM = LazyPattern(
    rb"\0((?:usr/(?:local/)?share/)?sboms?/[^\0]{1,300}\.(?:spdx|cdx|cyclonedx|syft)[^\0/]{0,20}\.?json"
    rb"|opt/bitnami/[^\0]{1,200}/\.spdx-[^\0/]{1,80}\.spdx"
    rb"|var/lib/db/sbom/[^\0]{1,200}\.spdx\.json)(?=\0)"
)


def check_others(context: Context) -> Iterator[Draft]:
    """``NODE_ENV``, and bills of materials."""
    if context.runs("node") and context.env.get("NODE_ENV") != "production":
        program = posixpath.basename((context.words("Entrypoint") or context.words("Cmd"))[0])
        value = context.env.get("NODE_ENV")
        yield Draft(
            "node-env",
            title="NODE_ENV is not set" if value is None else f"NODE_ENV is {value[:40]}",
            evidence=(f"starts {program}",),
            is_base=False,
        )
    joined = context.files.joined
    if b"sbom" in joined or b".spdx" in joined:
        found = [match[1] for match in _SBOM.finditer(joined)]
        if found:
            yield Draft(
                "sbom-present",
                paths=found[:20],
                layer=_layer(context, found[0]),
                title=f"{len(found)} file{'' if len(found) == 1 else 's'} with bills of materials",
            )


RULE_SET = RuleSet(
    rules=RULES,
    checks=(check_share, check_leaner, check_shell, check_names, check_age, check_others),
)
