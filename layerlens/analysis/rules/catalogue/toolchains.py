"""Compilers and kits that lie in an image as plain directories."""

from __future__ import annotations

from layerlens.analysis.rules.catalogue.advice import DEFAULT_PATH, TWO_STAGES
from layerlens.analysis.rules.catalogue.conditions import java_extras, unless_started
from layerlens.analysis.rules.catalogue.language_caches import DOTNET_AT_RUN_TIME
from layerlens.analysis.rules.model import Confidence, LedgerClass, PathRule, Severity, Topic

_TOOLS = LedgerClass.BUILD_TOOLS

RULES = (
    PathRule(
        id="go-toolchain",
        title="the Go toolchain",
        topic=Topic.CONTENT,
        why="A compiled Go program needs neither the compiler nor the standard library's sources.",
        fix="FROM golang:<version> AS build\n"
        'RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/app .\n'
        "FROM scratch\n"
        "COPY --from=build /out/app /app",
        ledger_class=_TOOLS,
        keep="Images that start go. What a package of the distribution owns: the package is what "
        "can be removed, and told (compilers).",
        source="measured with Go 1.19: 456 MB",
        paths=("usr/local/go/**", "usr/{lib,share}/go-*/**"),
        where=unless_started("go"),
    ),
    PathRule(
        id="rust-toolchain",
        title="the Rust toolchain",
        topic=Topic.CONTENT,
        why="A compiled Rust program does not need the compiler.",
        fix=TWO_STAGES,
        ledger_class=_TOOLS,
        keep="Images that start cargo or rustc.",
        source="rustup's documentation",
        paths=("{~/.rustup,usr/local/rustup}/**",),
        where=unless_started("cargo|rustc|rustup"),
        moved_by={"RUSTUP_HOME": ("**",)},
    ),
    PathRule(
        id="dotnet-sdk",
        title="the .NET SDK",
        topic=Topic.CONTENT,
        why="A published program needs the runtime only, or nothing where it is self-contained.",
        fix="FROM mcr.microsoft.com/dotnet/sdk:<version> AS build\n"
        "RUN dotnet publish -c Release -o /out\n"
        "FROM mcr.microsoft.com/dotnet/aspnet:<version>\n"
        "COPY --from=build /out /app",
        ledger_class=_TOOLS,
        keep="Images that start dotnet run, build, test or the like.",
        source="Microsoft's documentation of .NET images",
        paths=(
            "usr/{share,lib}/dotnet/sdk/*/**",
            "usr/{share,lib}/dotnet/{packs,templates,sdk-manifests}/**",
        ),
        owned="info",
        where=unless_started(DOTNET_AT_RUN_TIME),
    ),
    PathRule(
        id="haskell-toolchain",
        title="the Haskell toolchain",
        topic=Topic.CONTENT,
        why="A compiled Haskell program does not need the compiler.",
        fix=TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_TOOLS,
        keep="Images that start ghc, cabal or stack.",
        source=DEFAULT_PATH,
        paths=("~/.ghcup/**", "opt/ghc/**"),
        where=unless_started("ghci?|runghc|cabal|stack"),
    ),
    PathRule(
        id="jdk-files",
        title="parts of a JDK that only a compiler needs",
        topic=Topic.CONTENT,
        why="A packaged Java program needs a runtime. The compiler, its symbols and the modules "
        "for linking are for builds.",
        fix="Use an image with a JRE (eclipse-temurin:<version>-jre), or make a runtime with jlink "
        "in an earlier stage.",
        confidence=Confidence.LIKELY,
        ledger_class=_TOOLS,
        keep="Images that start javac, mvn, gradle, Jenkins or Spark: these compile.",
        source=DEFAULT_PATH,
        paths=("**/bin/javac", "**/lib/ct.sym", "**/jmods/*.jmod"),
        owned="info",
        where=unless_started(r"javac|jlink|mvnw?|gradlew?|sbt|jshell|jenkins[\w.-]*|spark[\w.-]*"),
    ),
    PathRule(
        id="jdk-extras",
        title="sources, demos and manuals of a JDK",
        topic=Topic.CONTENT,
        why="No program reads them.",
        fix="Use an image with a JRE, or jlink --strip-debug --no-man-pages --no-header-files.",
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.DOCUMENTATION,
        source=DEFAULT_PATH,
        paths=("**/lib/src.zip", "**/{demo,sample,man}/**"),
        owned="info",
        where=java_extras,
    ),
    PathRule(
        id="composer-program",
        title="composer in an image that runs",
        topic=Topic.CONTENT,
        why="composer installs packages; a program that has them does not need it.",
        fix="FROM composer AS vendor\n"
        "COPY composer.json composer.lock ./\n"
        "RUN composer install --no-dev --no-cache\n"
        "FROM php:<version>\n"
        "COPY --from=vendor /app/vendor /app/vendor",
        confidence=Confidence.LIKELY,
        ledger_class=_TOOLS,
        keep="Images that start composer.",
        source="composer's documentation",
        paths=("usr/{local/,}bin/composer",),
        where=unless_started("composer"),
    ),
    PathRule(
        id="php-sources",
        title="PHP's sources",
        topic=Topic.CONTENT,
        why="Sources serve to compile extensions, which are compiled by now.",
        fix="RUN docker-php-ext-install <extensions> && docker-php-source delete && rm -rf /tmp/pear",
        ledger_class=LedgerClass.BUILD_LEFTOVERS,
        keep="The official image has php.tar.xz on purpose: of a base it is information.",
        source="docker-library's php image",
        paths=("usr/src/php.tar.xz*", "usr/src/php/**", "tmp/pear/**"),
        base_most=Severity.INFO,
    ),
    PathRule(
        id="cuda-development-files",
        title="parts of CUDA for development",
        topic=Topic.CONTENT,
        why="Headers, static libraries, profilers and the compiler are for builds.",
        fix="FROM nvidia/cuda:<version>-runtime-<system>   # instead of -devel",
        confidence=Confidence.LIKELY,
        ledger_class=_TOOLS,
        keep="Images that start nvcc. Extensions that are compiled while a program runs need it.",
        source="NVIDIA's documentation of its images",
        paths=(
            "usr/local/cuda*/{include,nsight*,compute-sanitizer,extras,doc}/**",
            "usr/local/cuda*/targets/*/include/**",
            "usr/local/cuda*/**/*_static*.a",
            "usr/local/cuda*/**/nvcc",
        ),
        owned="info",
        where=unless_started("nvcc"),
    ),
)
