"""Packages of npm, Yarn, pnpm and Bun that a running application does not need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerlens.analysis.packages.model import Ecosystem, Package
from layerlens.analysis.rules.catalogue.node_started import (
    MANAGERS,
    started,
    started_manager,
    starts_node,
    without_manager,
)
from layerlens.analysis.rules.catalogue.script_packages import MOST_NAMES, development, own, used
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

_FIXES = {
    "npm": "COPY package.json package-lock.json ./\n"
    "RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev\n"
    "A build that needs them: build in an earlier stage, and install again in the last one, or "
    "run `npm prune --omit=dev` there before its node_modules is copied.",
    "yarn": "COPY package.json yarn.lock ./\n"
    "RUN yarn install --production --frozen-lockfile && yarn cache clean\n"
    "With Yarn 2 and newer:\nRUN yarn workspaces focus --all --production",
    "pnpm": "COPY package.json pnpm-lock.yaml ./\n"
    "RUN pnpm install --prod --frozen-lockfile\n"
    "In a workspace, where /out is copied to the last stage:\n"
    "RUN pnpm --filter=<package> deploy --prod /out",
    "bun": "COPY package.json bun.lock ./\nRUN bun install --production --frozen-lockfile",
}

DEVELOPMENT = Rule(
    id="node-dev-dependencies",
    title="Node.js packages for development",
    topic=Topic.PACKAGES,
    why="Packages that the project lists under devDependencies, and what only these need, build "
    "and test the application. It does not load them when it runs, but each pull moves them and "
    "scanners report on them.",
    fix=_FIXES["npm"],
    ledger_class=LedgerClass.DEV_DEPENDENCIES,
    keep="Packages that an optional dependency needs too, and those whose command the image "
    "starts, directly or by a script of package.json.",
    source="lock data below node_modules; measured to the byte against npm ci, yarn install and "
    "pnpm install with and without development packages",
)

NAMES = Rule(
    id="node-dev-names",
    title="Node.js packages that usually serve development",
    topic=Topic.PACKAGES,
    why="Test runners, linters, bundlers and type definitions are seldom needed when an "
    "application runs. No lock data in the image says what these are for: only their names do.",
    fix="List them under devDependencies, and install without these: npm ci --omit=dev, "
    "yarn install --production, pnpm install --prod.",
    confidence=Confidence.HINT,
    ledger_class=LedgerClass.DEV_DEPENDENCIES,
    most=Severity.LOW,
    keep="TypeScript, esbuild, Babel, swc and Vite may compile while the application runs. "
    "Trees with lock data or with their project's package.json are judged by these instead.",
    source="general knowledge",
)

MANAGER = Rule(
    id="npm-in-runtime",
    title="package managers of Node.js",
    topic=Topic.PACKAGES,
    why="The image starts node itself. npm, Yarn and corepack install packages, and bring a "
    "few hundred packages of their own on which scanners report.",
    fix="Build in an image with npm, and run in one without:\n"
    "    FROM node:<major>-slim AS build\n"
    "    WORKDIR /app\n"
    "    COPY package.json package-lock.json ./\n"
    "    RUN npm ci --omit=dev\n"
    "    FROM gcr.io/distroless/nodejs<major>-debian12:nonroot\n"
    "    COPY --from=build /app /app\n"
    "Removing them in a later layer frees no byte of the base image.",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.BUILD_TOOLS,
    most=Severity.LOW,
    trade_off="Nothing can be installed into a running container any more, and scripts that call "
    "npm or npx by hand stop working.",
    keep="Images that start npm, npx, yarn, pnpm or corepack.",
    source="measured: npm 11 has 12 MB of files",
)

START = Rule(
    id="npm-start",
    title="a package manager as the first process",
    topic=Topic.POSTURE,
    why="It stays as the parent of the application: it takes memory and time to start, must be in "
    "the image for this alone, and depending on its version the application does not see the "
    "SIGTERM of `docker stop` and is killed after ten seconds.",
    fix="{command}",
    severity=Severity.LOW,
    source="https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#cmd",
)


# ---------------------------------------------------------------------- development packages

_MANAGER_WORDS = {"npm": " of npm", "yarn": " of Yarn", "pnpm": " of pnpm", "bun": " of Bun"}


def check_development(context: Context) -> Iterator[Draft]:
    """Packages that lock data, or the project's own dependencies, tell for development."""
    packages = context.inventory.of(Ecosystem.NPM)
    if not any(package.listed.dev for package in packages):
        return
    yield from development(
        context,
        DEVELOPMENT.id,
        packages,
        started(context),
        lambda manager: _FIXES.get(manager, _FIXES["npm"]),
        _MANAGER_WORDS,
        lambda package: package.listed.details.get("dev-by") == "lock",
    )


_DEV_NAME = re.compile(
    r"@(?:types|eslint|typescript-eslint|jest|playwright|testing-library|storybook|rollup|vitejs"
    r"|esbuild|swc|babel)/.+"
    r"|(?:eslint|jest|playwright|ts-node|webpack|rollup|gulp|grunt|karma)(?:-.+)?|babel-.+"
    r"|prettier|mocha|chai|sinon|vitest|cypress|nodemon|ts-jest|husky|lint-staged|nyc|c8|storybook"
    r"|vite|parcel|lerna|nx|turbo|typescript|esbuild"
)


def check_names(context: Context) -> Iterator[Draft]:
    """Packages without lock data whose name usually stands for development."""
    packages = context.inventory.of(Ecosystem.NPM)
    found = [
        package
        for package in packages
        if package.listed.dev is None
        and "dev-by" not in package.listed.details
        and _DEV_NAME.fullmatch(package.name)
        and _is_outermost(package)
    ]
    if not found:
        return
    in_use = used(packages, started(context))
    owner = {
        version: package
        for package in found
        if id(package) not in in_use
        for version in own(context, package)
    }
    for layer, versions in context.by_layer(owner).items():
        names = sorted({owner[version].name for version in versions})
        yield Draft(
            NAMES.id,
            versions,
            layer=layer,
            title=f"{counted(len(names), 'package')} with names of development tools "
            f"({listed(names)})",
            evidence=("by name: " + listed(names, MOST_NAMES),) if len(names) > 3 else (),
        )


def _is_outermost(package: Package) -> bool:
    """Whether a package lies in no other package's own ``node_modules``."""
    return all(
        (b"/" + directory).count(b"/node_modules/") <= (2 if b"/.pnpm/" in directory else 1)
        for directory in package.listed.directories
    )


# ---------------------------------------------------------------------- package managers

_MODULES = (b"usr/lib/node_modules", b"usr/local/lib/node_modules")
_GLOBAL = (b"npm", b"corepack", b"yarn", b"pnpm")


def check_manager(context: Context) -> Iterator[Draft]:
    """npm, Yarn, pnpm and corepack in images that start node and none of these."""
    trees = [base + b"/" + name for base in _MODULES for name in _GLOBAL]
    trees += [home + b"/.cache/node/corepack" for home in context.homes]
    trees += sorted(
        {b"/".join(path.split(b"/", 2)[:2]) for v in context.files.below(b"opt")
         if (path := context.path(v)).startswith(b"opt/yarn-v")}
    )  # fmt: skip
    versions = [version for tree in trees for version in context.files.below(tree)]
    if not versions or not starts_node(context):
        return
    text = started(context)
    if any(re.search(rf"(?<![\w.-]){name}(?![\w.-])", text) for name in MANAGERS):
        return
    owner = context.inventory.owner
    owned = [v for v in versions if (o := owner(v)) is not None and o.ecosystem is not _NPM]
    free = sorted(set(versions).difference(owned))
    for some, most in ((free, None), (owned, Severity.INFO)):
        for layer, here in context.by_layer(some).items():
            held = [tree for tree in trees if _any_below(context, tree, here)]
            names = sorted({_manager_name(tree) for tree in held})
            yield Draft(
                MANAGER.id,
                here,
                layer=layer,
                paths=held,
                title=f"{' and '.join(names)}, which the command does not use",
                most=most,
            )


_NPM = Ecosystem.NPM


def _any_below(context: Context, tree: bytes, versions: list[int]) -> bool:
    return any(context.path(version).startswith(tree + b"/") for version in versions)


def _manager_name(tree: bytes) -> str:
    last = tree.rpartition(b"/")[2]
    return "yarn" if last.startswith(b"yarn") else last.decode("ascii", "replace")


def check_start(context: Context) -> Iterator[Draft]:
    """``CMD ["npm", "start"]`` and its like."""
    words = started_manager(context)
    if not words:
        return
    exec_form = ", ".join(f'"{word}"' for word in without_manager(context, words))
    yield Draft(
        START.id,
        history=_command_row(context),
        title=f"{words[0]} is the first process",
        values={"command": f"CMD [{exec_form}]"},
        is_base=False,
    )


def _command_row(context: Context) -> int | None:
    """The history row that set the command."""
    for step in reversed(context.steps):
        if step.row is not None and step.keyword in ("CMD", "ENTRYPOINT"):
            return step.row
    return None


RULE_SET = RuleSet(
    rules=(DEVELOPMENT, NAMES, MANAGER, START),
    checks=(check_development, check_names, check_manager, check_start),
)
