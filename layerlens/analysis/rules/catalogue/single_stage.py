"""Tools that built a program, left around it: a build of one stage."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.rules.catalogue.node_started import started
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.inodes import counted
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Topic

_SYSTEM = (Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM, Ecosystem.ALPM)

_NOT_YOURS = re.compile(
    rb"(?:.*/)?(?:node_modules|site-packages|dist-packages|vendor|\.cargo|\.rustup|rustup|pkg/mod"
    rb"|testdata)/|usr/(?:lib|share|include|local/(?:go|lib|share|include|cargo))/",
    re.DOTALL,
)
"""Where sources belong to a language or a package, not to the application."""


_GLOBAL = (b"usr/lib/node_modules/", b"usr/local/lib/node_modules/")
"""Packages of npm itself and of tools that are installed for all."""


@dataclass(frozen=True, slots=True)
class Language:
    """How a language's single-stage builds are told.

    ``tools`` are beginnings of paths below which a toolchain lies; ``packages``
    matches the names of system packages that hold one; ``runs`` matches a
    command that needs them at run time; ``marks`` are ends of
    paths in whose directories one lies; ``sources`` are ends of the names of
    sources; ``built`` matches a command that builds; ``caches`` are directories
    that a build leaves.
    """

    name: str
    tools: tuple[bytes, ...]
    marks: tuple[bytes, ...]
    packages: str
    sources: tuple[bytes, ...]
    built: str
    runs: str
    caches: tuple[bytes, ...]
    fix: str


_GO = Language(
    "Go",
    (b"usr/local/go/", b"usr/lib/go/", b"usr/lib/go-1", b"usr/share/go-1"),
    (),
    r"golang(?:-.*)?|go(?:-[0-9.]+)?|golang-bin",
    (b".go", b"/go.sum"),
    r"go\s+(?:build|install)\b",
    r"go|dlv|air|reflex|gow",
    (b"go/pkg/mod", b"root/go/pkg/mod", b"root/.cache/go-build"),
    "FROM golang:<version> AS build\n"
    "WORKDIR /src\n"
    "COPY go.mod go.sum ./\n"
    "RUN --mount=type=cache,target=/go/pkg/mod go mod download\n"
    "COPY . .\n"
    "RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \\\n"
    '    CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/app .\n'
    "FROM scratch\n"
    "COPY --from=build /out/app /app\n"
    "USER 65532:65532\n"
    'ENTRYPOINT ["/app"]',
)

_RUST = Language(
    "Rust",
    (b"usr/local/rustup/", b"usr/local/cargo/", b"root/.rustup/", b"root/.cargo/"),
    (),
    r"rustc|cargo|rust|libstd-rust.*|rust-std-static",
    (b".rs", b"/Cargo.toml", b"/Cargo.lock"),
    r"cargo\s+(?:build|install)\b",
    r"cargo|rustc|bacon",
    (),
    "FROM rust:<version> AS build\n"
    "WORKDIR /src\n"
    "COPY . .\n"
    "RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \\\n"
    "    cargo build --release --locked && cp target/release/app /app\n"
    "FROM gcr.io/distroless/cc-debian13:nonroot\n"
    "COPY --from=build /app /app\n"
    'ENTRYPOINT ["/app"]',
)

_JAVA = Language(
    "Java",
    (b"usr/share/maven/", b"opt/gradle", b"opt/maven", b"usr/share/gradle/"),
    (b"/jmods/java.base.jmod",),
    r"openjdk-[0-9]+-jdk.*|java-[0-9.]+-openjdk-devel|openjdk[0-9]+-jdk|maven|gradle|ant",
    (b".java", b".kt", b"/pom.xml", b"/build.gradle", b"/build.gradle.kts"),
    r"(?:mvnw?|gradlew?|javac|ant)\b",
    r"mvnw?|gradlew?|javac|jshell|ant|sbt|jenkins[\w.-]*",
    (b"root/.m2", b"root/.gradle"),
    "FROM maven:<version>-eclipse-temurin-21 AS build\n"
    "WORKDIR /src\n"
    "COPY . .\n"
    "RUN --mount=type=cache,target=/root/.m2 mvn -B package\n"
    "FROM eclipse-temurin:21-jre\n"
    "COPY --from=build /src/target/*.jar /app.jar\n"
    'ENTRYPOINT ["java", "-jar", "/app.jar"]',
)

_DOTNET = Language(
    ".NET",
    (b"usr/share/dotnet/sdk/", b"usr/lib/dotnet/sdk/", b"root/.dotnet/sdk/"),
    (),
    r"dotnet-sdk-.*",
    (b".cs", b".fs", b".csproj", b".fsproj", b".sln"),
    r"dotnet\s+(?:build|publish)\b",
    r"dotnet\s+(?:run|watch|build|test|msbuild)",
    (b"root/.nuget/packages",),
    "FROM mcr.microsoft.com/dotnet/sdk:<version> AS build\n"
    "WORKDIR /src\n"
    "COPY . .\n"
    "RUN dotnet publish -c Release -o /out\n"
    "FROM mcr.microsoft.com/dotnet/aspnet:<version>\n"
    "COPY --from=build /out /app\n"
    'ENTRYPOINT ["dotnet", "/app/app.dll"]',
)

_NODE = Language(
    "Node.js",
    (),
    tuple(
        b"/node_modules/" + name + b"/package.json"
        for name in (
            b"typescript",
            b"webpack",
            b"vite",
            b"rollup",
            b"parcel",
            b"esbuild",
            b"@angular/cli",
            b"@vue/cli-service",
            b"@babel/core",
        )
    ),
    r"(?!)",
    (b".ts", b".tsx", b".vue", b".svelte", b"/tsconfig.json"),
    r"(?:(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?build|(?:npx\s+)?(?:tsc|(?:vite|next|ng)\s+build|webpack))\b",
    r"ts-node(?:-dev)?(?:/[\w/.-]+)?|tsx(?:/[\w/.-]+)?|tsc|esbuild-register|@swc-node/register|@babel/register|babel-node|webpack|vite|rollup"
    r"|parcel|ng|nest|vue-cli-service|(?:next|nuxt|astro|remix)\s+dev",
    (),
    "FROM node:<version> AS build\n"
    "WORKDIR /src\n"
    "COPY package.json package-lock.json ./\n"
    "RUN --mount=type=cache,target=/root/.npm npm ci\n"
    "COPY . .\n"
    "RUN npm run build && npm prune --omit=dev\n"
    "FROM node:<version>-slim\n"
    "WORKDIR /app\n"
    "COPY --from=build /src/package.json ./\n"
    "COPY --from=build /src/node_modules ./node_modules\n"
    "COPY --from=build /src/dist ./dist\n"
    'CMD ["node", "dist/server.js"]',
)

_C = Language(
    "C or C++",
    (),
    (),
    r"(?:gcc|g\+\+|cpp|clang)(?:-[0-9.]+)?|gcc-c\+\+|build-base|build-essential|binutils|make|cmake",
    (b".c", b".cc", b".cpp", b".cxx", b"/CMakeLists.txt"),
    r"(?:gcc|g\+\+|cc|c\+\+|clang|make|cmake|ninja)\s",
    r"gcc|g\+\+|cc|c\+\+|clang|make|cmake|ninja",
    (),
    "FROM <image with the compiler> AS build\n"
    "COPY . /src\n"
    "RUN make -C /src install DESTDIR=/out\n"
    "FROM <the same distribution, without it>\n"
    "COPY --from=build /out /",
)

_LANGUAGES = (_GO, _RUST, _JAVA, _DOTNET, _NODE, _C)

SINGLE_STAGE = Rule(
    id="single-stage-build",
    alternative=True,
    title="the tools that built a program, left in the image",
    topic=Topic.STRUCTURE,
    why=(
        "The image holds a toolchain and what was built with it. Only the result is needed at run "
        "time: a build of two stages leaves tools, sources and caches behind."
    ),
    fix="FROM <image with the tools> AS build\nRUN <build>\nFROM <image that only runs>\n"
    "COPY --from=build /out /app",
    confidence=Confidence.LIKELY,
    keep=(
        "Images that are toolchains: without sources and without a build instruction of their own "
        "nothing is said, and those that start a tool (go run, ts-node, …). What is counted are tools, sources and build caches; packages that only "
        "the tools need are told by the rules for packages."
    ),
    source="Docker documentation, multi-stage builds",
)


_COMMAND = (
    r"(?:^RUN(?:\s+--\S+)*|&&|;|\||\()\s*"  # where a command begins
    r"(?:[A-Za-z_][A-Za-z_0-9]{0,60}=[^\s&|;()]{0,200}\s+){0,20}"  # variables for it alone
    r"(?:[^\s&|;()]{0,200}/)?"  # its directory
)

_LONGEST_STEP = 20_000
"""Characters of an instruction that are looked at."""


def check_single_stage(context: Context) -> Iterable[Draft]:
    """A toolchain, and what it was there for."""
    steps = "\n".join(
        step.text[:_LONGEST_STEP]
        for history in context.histories[context.base_layers :]
        for step in (history.instruction, *history.group)
        if step.keyword == "RUN"
    )
    running: str | None = None
    for language in _LANGUAGES:
        tools = _tools(context, language)
        if not tools:
            continue
        running = started(context) if running is None else running
        if re.search(rf"(?<![\w.-])(?:{language.runs})(?![\w./-])", running):
            continue
        sources = _sources(context, language)
        own = any(not context.is_base(version) for version in sources)
        if not own and re.search(_COMMAND + language.built, steps, re.MULTILINE) is None:
            continue
        evidence = f"{counted(len(tools), 'file')} of tools"
        if sources:
            evidence += f", {counted(len(sources), 'file')} of sources"
        yield Draft(
            SINGLE_STAGE.id,
            versions=sorted({*tools, *sources, *_caches(context, language)}),
            title=f"tools of {language.name} are left beside what they built",
            evidence=(evidence,),
            fix=language.fix,
            is_base=False,
        )


def _tools(context: Context, language: Language) -> list[int]:
    """The files of a toolchain."""
    files = context.files
    found: set[int] = set()
    for beginning in language.tools:
        start = bisect_left(files.paths, beginning)
        end = bisect_left(files.paths, beginning[:-1] + bytes([beginning[-1] + 1]), start)
        found.update(files.versions[start:end])
    for mark in language.marks:
        at = files.joined.find(mark + b"\0")
        while at >= 0:
            path = files.joined[files.joined.rfind(b"\0", 0, at) + 1 : at + len(mark)]
            if not path.startswith(_GLOBAL):
                found.update(files.below(path.rpartition(b"/")[0]))
            at = files.joined.find(mark + b"\0", at + 1)
    wanted = re.compile(language.packages)
    for package in context.inventory.of(*_SYSTEM):
        if wanted.fullmatch(package.name):
            found.update(package.versions)
    return sorted(found)


def _sources(context: Context, language: Language) -> list[int]:
    """The application's own sources."""
    owners = context.inventory.owners
    return [
        version
        for path, version in zip(context.files.paths, context.files.versions, strict=True)
        if path.endswith(language.sources)
        and not path.endswith(b".d.ts")
        and version not in owners
        and not _NOT_YOURS.match(path)
    ]


def _caches(context: Context, language: Language) -> set[int]:
    return {version for path in language.caches for version in context.files.below(path)}


RULE_SET = RuleSet(rules=(SINGLE_STAGE,), checks=(check_single_stage,))
