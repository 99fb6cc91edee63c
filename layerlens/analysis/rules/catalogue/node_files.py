"""Files of Node.js, its packages and their downloads that an image could do without."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from layerlens.analysis.packages.model import Ecosystem, Package
from layerlens.analysis.rules.catalogue.node_started import started
from layerlens.analysis.rules.catalogue.script_packages import MOST_NAMES, own
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
from layerlens.analysis.rules.words import counted, listed

PREBUILDS = Rule(
    id="node-foreign-binaries",
    title="Node.js binaries for other platforms",
    topic=Topic.CONTENT,
    why="Packages with native code may bring it for every platform, or as one package for each. "
    "The image can load that of its own platform only.",
    fix="Install on the platform of the image, with the lock file, and never copy node_modules "
    "from a workstation:\n"
    "    RUN npm ci --omit=dev --os=linux --cpu={cpu}\n"
    "What lies below prebuilds can be removed in the same step:\n"
    "    && find node_modules -path '*/prebuilds/*' -type d -prune "
    "! -name '{platform}*' -exec rm -rf {} +",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.UNNEEDED_PACKAGES,
    keep="Binaries for the operating system and processor that the image's configuration names; "
    "images whose platform is not known.",
    source="prebuildify's folder names; os and cpu of package.json (npm documentation)",
)

BROWSERS = Rule(
    id="node-browser-downloads",
    title="downloaded browsers and desktop shells",
    topic=Topic.CONTENT,
    why="Playwright, Puppeteer, Cypress and Electron download a browser when they are installed. "
    "Most projects use it for tests only.",
    fix="ENV PUPPETEER_SKIP_DOWNLOAD=1 PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 "
    "CYPRESS_INSTALL_BINARY=0 ELECTRON_SKIP_BINARY_DOWNLOAD=1",
    confidence=Confidence.HINT,
    ledger_class=LedgerClass.DEV_DEPENDENCIES,
    most=Severity.MEDIUM,
    keep="Downloads of a tool that the application depends on at run time.",
    source="the tools' documentation; not measured",
)

EXTRAS = Rule(
    id="node-package-extras",
    title="tests, examples and documents of Node.js packages",
    topic=Topic.CONTENT,
    why="Packages often publish files that nothing loads: their tests, examples, documents and "
    "sources in other languages.",
    fix="Nothing in a Dockerfile is needed for so little. Bundling the application (esbuild, ncc, "
    "Next.js with output: standalone) leaves all of it out.",
    confidence=Confidence.HINT,
    ledger_class=LedgerClass.TESTS_AND_EXAMPLES,
    severity=Severity.INFO,
    keep="Licences, type declarations, and code in folders whose name a package may load: docs, "
    "assets, images. A package can load any of its files, so this is never certain.",
    source="the list of node-prune, less what breaks packages",
)

DUPLICATES = Rule(
    id="node-duplicate-versions",
    title="Node.js packages in three or more versions",
    topic=Topic.PACKAGES,
    why="Each version is a package of its own, loaded and moved by itself. Often a lock file has "
    "kept an old one that nobody insists on.",
    fix="Run `npm dedupe` (`yarn dedupe`, `pnpm dedupe`), and update what asks for old versions.",
    confidence=Confidence.HINT,
    severity=Severity.INFO,
    keep="Versions that packages ask for in ranges that do not meet cannot be joined; no bytes are "
    "claimed.",
    source="package.json of what lies below node_modules",
)

HEADERS = Rule(
    id="node-headers",
    title="header files of Node.js",
    topic=Topic.CONTENT,
    why="node-gyp compiles native packages against them. Once these are built, nothing reads them.",
    fix="Build in a stage with the full image, and copy the application into one without headers, "
    "such as gcr.io/distroless/nodejs<major>-debian12. Removing them in a later layer frees no byte.",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.BUILD_LEFTOVERS,
    most=Severity.LOW,
    keep="Images that start npm, yarn, pnpm or node-gyp, which may compile.",
    source="layout of Node.js's releases",
)


# ---------------------------------------------------------------------- other platforms

_PROCESSORS = {
    "amd64": "x64", "arm64": "arm64", "arm": "arm", "386": "ia32", "ppc64le": "ppc64",
    "s390x": "s390x", "riscv64": "riscv64", "loong64": "loong64", "mips64le": "mips64el",
}  # fmt: skip
"""Processors as images name them, and as Node.js does."""

_SYSTEMS = {"linux": "linux", "windows": "win32", "freebsd": "freebsd"}
_FOLDER = re.compile(
    rb"(aix|android|darwin|freebsd|linux|linuxmusl|netbsd|openbsd|sunos|win32)-"
    rb"((?:x64|arm64|arm|armv6|armv7|ia32|ppc64|s390x|riscv64|loong64|mips64el)"
    rb"(?:\+(?:x64|arm64|ia32))*)"
)


def check_foreign(context: Context) -> Iterator[Draft]:
    """Native code that this platform cannot load."""
    platform = context.config.platform
    system = _SYSTEMS.get(platform.os) if platform is not None else None
    processor = _PROCESSORS.get(platform.architecture) if platform is not None else None
    if system is None or processor is None:
        return
    found = dict(_prebuilds(context, system, processor))
    for package in context.inventory.of(Ecosystem.NPM):
        details = package.listed.details
        if ("os" in details or "cpu" in details) and not (
            _fits(details.get("os", ""), system) and _fits(details.get("cpu", ""), processor)
        ):
            found.update(dict.fromkeys(own(context, package), package.name))
    for layer, versions in context.by_layer(found).items():
        names = sorted({found[version] for version in versions})
        yield Draft(
            PREBUILDS.id,
            versions,
            layer=layer,
            title=f"Node.js binaries for other platforms ({listed(names)})",
            evidence=(
                f"the image is for {system}-{processor}",
                "for others: " + listed(names, MOST_NAMES),
            ),
            values={"cpu": processor, "platform": f"{system}-{processor}"},
        )


def _prebuilds(context: Context, system: str, processor: str) -> Iterator[tuple[int, str]]:
    """Files below ``prebuilds/SYSTEM-PROCESSOR`` of other platforms, and what they are for."""
    if not context.inventory.of(Ecosystem.NPM):
        return
    joined, mark = context.files.joined, b"/prebuilds/"
    seen: set[bytes] = set()
    at = joined.find(mark)
    while at >= 0:
        end = joined.find(b"\0", at)
        folder = joined[at + len(mark) : end].partition(b"/")[0]
        path = joined[joined.rfind(b"\0", 0, at) + 1 : at + len(mark)] + folder
        at = joined.find(mark, end)
        match = _FOLDER.fullmatch(folder)
        if match is None or path in seen or b"node_modules/" not in path:
            continue
        seen.add(path)
        own_system = match[1].decode().removesuffix("musl") == system
        processors = match[2].decode().split("+")
        fits = processor in processors or (processor == "arm" and processors[0].startswith("armv"))
        if not (own_system and fits):
            for version in context.files.below(path):
                yield version, folder.decode()


def _fits(field: str, value: str) -> bool:
    """Whether ``os`` or ``cpu`` of a package allow a value: named, or none named; never ``!it``."""
    words = field.split()
    allowed = [word for word in words if not word.startswith("!")]
    return f"!{value}" not in words and (not allowed or value in allowed or "any" in allowed)


# ---------------------------------------------------------------------- browsers

_BROWSERS = (
    (b"ms-playwright", "Playwright", "PLAYWRIGHT_BROWSERS_PATH", re.compile(r"(?:.*/)?playwright(?:-.+)?|@playwright/.+")),
    (b"puppeteer", "Puppeteer", "PUPPETEER_CACHE_DIR", re.compile(r"puppeteer(?:-core)?")),
    (b"Cypress", "Cypress", "CYPRESS_CACHE_FOLDER", re.compile(r"cypress")),
    (b"electron", "Electron", "", re.compile(r"electron")),
    (b"electron-builder", "electron-builder", "", re.compile(r"electron-builder")),
)  # fmt: skip


def check_browsers(context: Context) -> Iterator[Draft]:
    """Downloads in users' caches, or where a variable puts them."""
    packages = context.inventory.of(Ecosystem.NPM, Ecosystem.PYPI)
    for name, tool, variable, pattern in _BROWSERS:
        places = [home + b"/.cache/" + name for home in context.homes]
        if variable in context.cache_variables:
            places.append(context.cache_variables[variable])
        versions = sorted({v for place in places for v in context.files.below(place)})
        if not versions:
            continue
        tools = [package for package in packages if pattern.fullmatch(package.name)]
        if any(not package.listed.dev for package in tools) or context.runs(tool.lower()):
            continue
        evidence = f"{tool} itself is not installed" if not tools else f"{tool} is for development"
        for layer, here in context.by_layer(versions).items():
            yield Draft(
                BROWSERS.id,
                here,
                layer=layer,
                title=f"what {tool} downloaded",
                evidence=(evidence,),
            )


# ---------------------------------------------------------------------- inside packages

_FOLDERS = frozenset(
    {b"__tests__", b"test", b"tests", b"powered-test", b"example", b"examples", b"coverage",
     b".nyc_output", b".circleci", b".github", b"website"}
)  # fmt: skip
_ENDS = (b".md", b".markdown", b".flow", b".coffee", b".tgz", b".swp", b".ts", b".tsx")
_DECLARATIONS = (b".d.ts", b".d.mts", b".d.cts")
_LEGAL = re.compile(rb"(?:licen[cs]e|copying|notice|copyright|authors|patents)", re.IGNORECASE)


_MANAGER = re.compile(rb"usr/(?:local/)?lib/node_modules/(?:npm|corepack|yarn|pnpm)(?:/|\Z)")


def _is_manager(package: Package) -> bool:
    """Whether a package is a package manager, or lies in one: that goes whole or not at all."""
    return any(_MANAGER.match(directory) for directory in package.listed.directories)


def check_extras(context: Context) -> Iterator[Draft]:
    """What packages publish beside what they load."""
    found: list[int] = []
    paths = context.fs.paths
    for package in context.inventory.of(Ecosystem.NPM):
        if package.listed.dev or package.name == "typescript" or _is_manager(package):
            continue
        for directory in package.listed.directories:
            start = len(directory) + 1
            for version in own(context, package):
                inside = paths[version][start:]
                first, slash, _ = inside.partition(b"/")
                if (
                    (slash and first in _FOLDERS)
                    or (inside.endswith(_ENDS) and not inside.endswith(_DECLARATIONS))
                ) and not _LEGAL.match(inside, inside.rfind(b"/") + 1):
                    found.append(version)
    for layer, versions in context.by_layer(found).items():
        yield Draft(EXTRAS.id, versions, layer=layer)


def check_duplicates(context: Context) -> Iterator[Draft]:
    """Packages of one tree in several versions."""
    versions: defaultdict[tuple[bytes, str], dict[str, Package]] = defaultdict(dict)
    for package in context.inventory.of(Ecosystem.NPM):
        if not package.listed.dev and package.version and not _is_manager(package):
            versions[package.database, package.name].setdefault(package.version, package)
    trees: defaultdict[bytes, dict[str, dict[str, Package]]] = defaultdict(dict)
    for (database, name), several in versions.items():
        if len(several) >= 3:
            trees[database][name] = several
    for database, names in sorted(trees.items()):
        packages = [package for several in names.values() for package in several.values()]
        packages.sort(key=lambda package: (-package.bytes, package.name, package.version))
        most = sorted(names, key=lambda name: (-len(names[name]), name))
        yield Draft(
            DUPLICATES.id,
            layer=max(package.layer for package in packages),
            paths=[path for package in packages for path in package.listed.directories],
            title=f"{counted(len(names), 'Node.js package')} in three or more versions "
            f"({listed(most)})",
            evidence=(
                "in the tree of /" + database.decode("utf-8", "replace"),
                *(f"{name}: {', '.join(sorted(names[name]))}" for name in most[:10]),
            ),
        )


# ---------------------------------------------------------------------- headers


def check_headers(context: Context) -> Iterator[Draft]:
    """Headers of Node.js in images that compile nothing."""
    versions = [
        version
        for base in (b"usr/include/node", b"usr/local/include/node")
        for version in context.files.below(base)
    ]
    versions = list(context.inventory.unowned(versions))
    if not versions:
        return
    text = started(context)
    tools = ("npm", "npx", "yarn", "pnpm", "node-gyp")
    if any(re.search(rf"(?<![\w.-]){tool}(?![\w.-])", text) for tool in tools):
        return
    for layer, here in context.by_layer(versions).items():
        yield Draft(HEADERS.id, here, layer=layer)


RULE_SET = RuleSet(
    rules=(PREBUILDS, BROWSERS, EXTRAS, DUPLICATES, HEADERS),
    checks=(check_foreign, check_browsers, check_extras, check_duplicates, check_headers),
)
