"""Python distributions that an image could do without, as its own metadata tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from layerlens.analysis.packages.model import Ecosystem, Package
from layerlens.analysis.packages.pyrecord import bytecode, site_of
from layerlens.analysis.packages.python_graph import (
    PACKAGING,
    Development,
    Graph,
    development,
    marker_environments,
)
from layerlens.analysis.packages.python_manifests import (
    Declared,
    read_project,
    read_requirements,
)
from layerlens.analysis.packages.python_tools import (
    is_development_tool,
    is_surely_development,
)
from layerlens.analysis.rules.catalogue.python_places import (
    Environment,
    encoded,
    environments,
    path_ending_at,
    shadowed,
    system_owned,
)
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.inodes import counted
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.analysis.rules.words import listed

_PACKAGING_SPEC = (
    "https://packaging.python.org/en/latest/specifications/recording-installed-packages/"
)

DEVELOPMENT = Rule(
    id="python-dev-dependencies",
    title="Python packages for development",
    topic=Topic.PACKAGES,
    why="Test runners, linters, type checkers and what only they need take part in nothing that "
    "the image runs. They add bytes to every pull, and code that a scanner reports on.",
    fix="Keep what runs and what tests apart, and install only the first in the image that ships:\n"
    "    COPY requirements.txt .\n"
    "    RUN pip install --no-cache-dir -r requirements.txt\n"
    "With a lock file: `uv sync --frozen --no-dev`, `poetry install --only main`, "
    "`pdm sync --prod`, `pipenv install --deploy --system`.",
    ledger_class=LedgerClass.DEV_DEPENDENCIES,
    keep="What a package that stays needs (with its extras), what the application's own "
    "pyproject.toml or requirements.txt names, packages whose command the image starts, and "
    "packages of the distribution.",
    source=_PACKAGING_SPEC,
)

_UV_FIX = (
    "Lend uv to the steps that install, so that no layer holds it:\n"
    "RUN --mount=from=ghcr.io/astral-sh/uv,source=/uv,target=/bin/uv \\\n"
    "    uv pip install --system --no-cache -r requirements.txt"
)

TOOLS = Rule(
    id="python-packaging-tools",
    title="pip, setuptools and wheel",
    topic=Topic.PACKAGES,
    why="They install packages; once everything is installed, a running application hardly ever "
    "needs them.",
    fix="Install in one stage and copy what was installed into another that never had pip, and has "
    "the same Python at the same place:\n"
    "    FROM debian:12-slim AS build\n"
    "    RUN apt-get update && apt-get install -y --no-install-recommends python3-pip python3-venv\n"
    "    RUN python3 -m venv --without-pip /venv\n"
    "    COPY requirements.txt .\n"
    "    RUN pip --python /venv/bin/python install --no-cache-dir -r requirements.txt\n"
    "    FROM gcr.io/distroless/python3-debian12\n"
    "    COPY --from=build /venv /venv\n"
    '    ENTRYPOINT ["/venv/bin/python", "<program>"]',
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.BUILD_TOOLS,
    most=Severity.LOW,
    trade_off="Nothing can be installed into the running container any more, and old packages "
    "that import pkg_resources without saying so stop working.",
    keep="Tools that an installed package requires, that the image starts, or that belong to the "
    "distribution.",
    source="https://docs.python.org/3/library/ensurepip.html",
)

DUPLICATES = Rule(
    id="python-duplicate-distributions",
    title="Python packages installed twice for one interpreter",
    topic=Topic.PACKAGES,
    why="An interpreter imports a package from the first directory on its path that has it. The "
    "other copy is never used, and looks like a second version to scanners.",
    fix="Install into a virtual environment of its own, which sees nothing of the system's "
    "packages:\n"
    "    RUN python3 -m venv /venv\n"
    '    ENV PATH="/venv/bin:$PATH"\n'
    "or leave out the system's packages ({packages}).",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.UNNEEDED_PACKAGES,
    keep="Packages of different interpreters, and virtual environments.",
    source="https://docs.python.org/3/library/site.html",
)


# ---------------------------------------------------------------------- development packages


def check_development(context: Context) -> Iterator[Draft]:
    """Development packages of every environment, and what only they need."""
    packages = context.inventory.of(Ecosystem.PYPI)
    if not packages:
        return
    declared = _declared(context)

    def is_tool(name: str) -> bool:
        if is_surely_development(name):
            return True
        named = is_development_tool(name) or name in declared.development
        return named and name not in declared.runtime

    if not any(is_tool(package.name) for package in packages):
        return
    for environment in environments(context, packages):
        yield from _development(context, environment, declared, is_tool)


def _development(
    context: Context,
    environment: Environment,
    declared: Declared,
    is_tool: Callable[[str], bool],
) -> Iterator[Draft]:
    dists = [package.listed for package in environment.packages]
    if not any(is_tool(dist.name) for dist in dists):
        return
    platform = context.config.platform
    markers = marker_environments(
        environment.pythons, platform.architecture if platform is not None else "amd64"
    )

    def is_kept(i: int) -> bool:
        package = environment.packages[i]
        return environment.is_system(package) or is_started(context, package)

    found = development(
        Graph(dists, markers), lambda dist: is_tool(dist.name), is_kept, declared.runtime
    )
    if not found.roots:
        return
    going = [environment.packages[i] for i in found.only]
    versions = _exclusive(context, environment.packages, going)
    yield from _told(context, environment, found, versions)


def _told(
    context: Context, environment: Environment, found: Development, versions: Sequence[int]
) -> Iterator[Draft]:
    """One draft for each layer that holds some of the files."""
    packages = environment.packages
    tools = sorted(found.roots, key=lambda i: (-packages[i].bytes, packages[i].name))
    rest = sorted(
        set(found.only) - set(tools), key=lambda i: (-packages[i].bytes, packages[i].name)
    )
    order = [packages[i] for i in (*tools, *rest)]
    roots = {packages[i].name for i in found.roots}
    wanted = set(versions)
    owner = {
        v: package.name
        for package in order
        for v in (*package.versions, *_optimised(context, package))
        if v in wanted
    }
    for layer, here in context.by_layer(versions).items():
        held = {owner[version] for version in here}
        shown = [package.name for package in order if package.name in held]
        followers = [name for name in shown if name not in roots]
        evidence = [f"environment: /{environment.shown}"]
        if followers:
            evidence.append("only they need: " + listed(followers, 12))
        if followers and not found.known:
            evidence.append(
                "nothing says which packages were asked for by name, so that what only "
                "development packages need is taken to be there for them"
            )
        sure = all(is_surely_development(name) for name in held & roots) and (
            found.known or not followers
        )
        yield Draft(
            DEVELOPMENT.id,
            here,
            layer=layer,
            title=f"{counted(len(shown), 'development package')} ({listed(shown, 3)})",
            evidence=tuple(evidence),
            confidence=None if sure else Confidence.LIKELY,
            fix=_UV_FIX if shown == ["uv"] else "",
        )


def _declared(context: Context) -> Declared:
    """What manifests in the image, outside of installed packages, say the application needs."""
    found = Declared()
    live = context.fs.live
    for version in context.kept_versions(_is_manifest):
        path = context.path(version)
        data = context.content(version)
        if live.get(path) != version or data is None:
            continue
        if path.endswith(b"pyproject.toml"):
            problem = read_project(data, found)
            if problem:
                context.notes.add("package-database", problem, path=path)
        else:
            read_requirements(data, found)
    return found


def _is_manifest(path: bytes) -> bool:
    return (
        path.endswith((b"pyproject.toml", b"requirements.txt"))
        and path.count(b"/") <= 5
        and not re.search(
            rb"(?:^|/)(?:(?:site|dist)-packages|node_modules|\.cache|usr/share)/", path
        )
    )


def is_started(context: Context, package: Package) -> bool:
    """Whether the image starts one of a package's commands, or a module of it with ``-m``."""
    details = package.listed.details
    if any(context.runs(script) for script in details.get("scripts", "").split()[:50]):
        return True
    modules = {package.name, *details.get("modules", "").split()}
    started = re.findall(r"(?<!\S)-m\s+([\w-]+)", context.started)
    return any(module in modules for module in started)


def _exclusive(
    context: Context, packages: Sequence[Package], going: Sequence[Package]
) -> list[int]:
    """Versions of some packages' files that no other package lists and no system's owns."""
    gone = {id(package) for package in going}
    kept: set[int] = set()
    for package in packages:
        if id(package) not in gone:
            kept.update(package.versions)
    found = {version for package in going for version in package.versions} - kept
    for package in going:
        found.update(_optimised(context, package))
    return sorted(version for version in found if not system_owned(context, version))


def _optimised(context: Context, package: Package) -> Iterator[int]:
    """Bytecode of a package that ``python -O`` and ``-OO`` left: nothing lists it."""
    site = site_of(encoded(package.listed.details.get("site", "")))
    paths = {context.path(version) for version in package.versions}
    for level in (".opt-1", ".opt-2"):
        for path in bytecode(site, paths, level):
            version = context.files.find(path) if path in context.fs.live else None
            if version is not None:
                yield version


# ---------------------------------------------------------------------- pip and its like

_WHEEL = re.compile(rb"\.whl(?=\0)")
_BUNDLES = (b"ensurepip/_bundled", b"usr/share/python-wheels")


def check_packaging_tools(context: Context) -> Iterator[Draft]:
    """pip, setuptools and wheel where nothing needs them, and the wheels that Python has of them."""
    packages = context.inventory.of(Ecosystem.PYPI)
    going: dict[str, list[int]] = {}
    if any(package.name in PACKAGING for package in packages):
        for environment in environments(context, packages):
            for package in _idle_tools(context, environment):
                versions = _exclusive(context, environment.packages, [package])
                going.setdefault(package.name, []).extend(versions)
    joined = context.files.joined
    for match in _WHEEL.finditer(joined):
        path = path_ending_at(joined, match.end())
        version = context.files.find(path)
        if version is None or not path.rpartition(b"/")[0].endswith(_BUNDLES):
            continue
        if not system_owned(context, version):
            going.setdefault("ensurepip's wheels", []).append(version)
    owner = {version: name for name, versions in going.items() for version in versions}
    for layer, versions in context.by_layer(owner).items():
        names = sorted({owner[version] for version in versions})
        title = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        yield Draft(TOOLS.id, versions, layer=layer, title=title)


def _idle_tools(context: Context, environment: Environment) -> Iterator[Package]:
    """Packaging tools of an environment that no other package needs and the image does not start."""
    tools = [
        package
        for package in environment.packages
        if package.name in PACKAGING
        and package.versions
        and not environment.is_system(package)
        and not is_started(context, package)
    ]
    if not tools:
        return
    platform = context.config.platform
    graph = Graph(
        [package.listed for package in environment.packages],
        marker_environments(
            environment.pythons, platform.architecture if platform is not None else "amd64"
        ),
    )
    others = {
        i: () for i, package in enumerate(environment.packages) if package.name not in PACKAGING
    }
    needed = {environment.packages[i].name for i in graph.closure(others)}
    yield from (package for package in tools if package.name not in needed)


# ---------------------------------------------------------------------- installed twice


def check_duplicates(context: Context) -> Iterator[Draft]:
    """Packages that an interpreter finds in two directories, the later one in vain."""
    packages = context.inventory.of(Ecosystem.PYPI)
    if len(packages) < 2:
        return
    pairs = shadowed(packages)
    lost: dict[int, str] = {}
    beside: list[tuple[Package, Package]] = []
    for first, second in pairs:
        if system_owned(context, context.files.find(_metadata(second))):
            beside.append((first, second))
            continue
        lost.update(
            (version, second.name) for version in second.versions
            if not system_owned(context, version)
        )  # fmt: skip
    for layer, versions in context.by_layer(lost).items():
        names = sorted({lost[version] for version in versions})
        yield Draft(
            DUPLICATES.id,
            versions,
            layer=layer,
            title=f"{counted(len(names), 'Python package')} installed twice ({listed(names, 3)})",
            values={"packages": listed(names, 5)},
            evidence=tuple(_pair(first, second) for first, second in pairs[:10]),
        )
    if beside:
        names = sorted({second.name for _, second in beside})
        # The distribution's own copy cannot go by itself, so that no bytes are claimed.
        yield Draft(
            DUPLICATES.id,
            layer=beside[0][0].layer,
            paths=[_metadata(first) for first, _ in beside],
            title=f"{counted(len(names), 'Python package')} beside the distribution's own "
            f"({listed(names, 3)})",
            values={"packages": listed([f"python3-{name}" for name in names], 5)},
            evidence=tuple(_pair(first, second) for first, second in beside[:10]),
            severity=Severity.INFO,
        )


def _metadata(package: Package) -> bytes:
    return package.listed.details.get("metadata", "").encode("utf-8", "surrogateescape")


def _pair(first: Package, second: Package) -> str:
    return (
        f"{first.name} {first.version} in /{first.listed.details.get('site', '')} hides "
        f"{second.version} in /{second.listed.details.get('site', '')}"
    )


RULE_SET = RuleSet(
    rules=(DEVELOPMENT, TOOLS, DUPLICATES),
    checks=(check_development, check_packaging_tools, check_duplicates),
)
