"""How languages' dependencies are installed: manifests, lock files, and the commands for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from layerlens.image.lazypattern import LazyPattern
from layerlens.image.shell import Command


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """One language's way.

    ``manifests`` and ``locks`` match last segments of paths; ``installs`` says
    whether a command installs all of a project's dependencies; ``order`` is the
    Dockerfile text that does it before the sources come in.
    """

    name: str
    manifests: LazyPattern[bytes]
    locks: LazyPattern[bytes] | None
    lock: str
    installs: Callable[[Command], bool]
    order: str


def _first(command: Command) -> str:
    return command.arguments[0] if command.arguments else ""


def _npm(command: Command) -> bool:
    if command.program == "npm":
        plain = _first(command) in ("install", "i") and len(command.arguments) == 1
        everywhere = command.has("-g", "--global")
        return (plain and not everywhere) or _first(command) in ("ci", "clean-install")
    return False


def _node(command: Command) -> bool:
    if command.program == "yarn":
        return _first(command) in ("", "install") and not command.has("--version", "-v")
    if command.program in ("pnpm", "bun"):
        return _first(command) in ("install", "i") and len(command.arguments) == 1
    return _npm(command)


def is_pip_install(command: Command) -> bool:
    """Whether it is ``pip install``, called in any way."""
    words = command.called
    if re.fullmatch(r"pip[0-9.]*", command.program):
        return _first(command) == "install"
    return (
        re.fullmatch(r"python[0-9.]*", command.program) is not None
        and words[1:3] == ("-m", "pip")
        and "install" in words[3:]
    )


def _python(command: Command) -> bool:
    if is_pip_install(command):
        words = command.called
        return any(
            word in (".", "-e", "--editable", "-r", "--requirement")
            or word.startswith((".[", "-r"))
            for word in words
        )
    if command.program == "uv":
        return _first(command) == "sync" or (
            command.arguments[:2] == ("pip", "install") and command.has("-r", "--requirement")
        )
    return _locked_python(command)


def _locked_python(command: Command) -> bool:
    return command.program in ("poetry", "pipenv", "pdm", "uv") and _first(command) in (
        "install", "sync",
    )  # fmt: skip


def _call(*programs: str, first: tuple[str, ...]) -> Callable[[Command], bool]:
    def installs(command: Command) -> bool:
        return command.program in programs and any(
            argument in first for argument in command.arguments
        )

    return installs


def _go(command: Command) -> bool:
    words = command.arguments
    return command.program == "go" and (
        words[:2] == ("mod", "download") or words[:1] in (("build",), ("install",), ("get",))
    )


ECOSYSTEMS: tuple[Ecosystem, ...] = (
    Ecosystem(
        "Node.js", LazyPattern(rb"package\.json"),
        LazyPattern(rb"package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?"),
        "package-lock.json", _node,
        "COPY package.json package-lock.json ./\nRUN npm ci --omit=dev\nCOPY . .",
    ),
    Ecosystem(
        "Python", LazyPattern(rb"requirements[^/]*\.txt"), None, "", _python,
        "COPY requirements.txt ./\nRUN pip install --no-cache-dir -r requirements.txt\nCOPY . .",
    ),
    Ecosystem(
        "Python", LazyPattern(rb"pyproject\.toml|Pipfile"),
        LazyPattern(rb"uv\.lock|poetry\.lock|Pipfile\.lock|pdm\.lock"), "uv.lock", _locked_python,
        "COPY pyproject.toml uv.lock ./\nRUN uv sync --frozen --no-dev --no-install-project\n"
        "COPY . .\nRUN uv sync --frozen --no-dev",
    ),
    Ecosystem(
        "Go", LazyPattern(rb"go\.mod"), LazyPattern(rb"go\.sum"), "go.sum", _go,
        "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build -o /out/app .",
    ),
    Ecosystem(
        "Rust", LazyPattern(rb"Cargo\.toml"), LazyPattern(rb"Cargo\.lock"), "Cargo.lock",
        _call("cargo", first=("build", "install", "fetch")),
        "COPY Cargo.toml Cargo.lock ./\nRUN mkdir src && touch src/lib.rs && cargo fetch --locked\n"
        "COPY . .\nRUN cargo build --release --locked",
    ),
    Ecosystem(
        "Maven", LazyPattern(rb"pom\.xml"), None, "",
        _call("mvn", "mvnw", first=("package", "install", "verify", "compile")),
        "COPY pom.xml ./\nRUN mvn -B dependency:go-offline\nCOPY src ./src\nRUN mvn -B package",
    ),
    Ecosystem(
        "Gradle", LazyPattern(rb"build\.gradle(?:\.kts)?"), None, "",
        _call("gradle", "gradlew", first=("build", "assemble", "bootJar", "shadowJar", "installDist")),
        "COPY build.gradle settings.gradle ./\nRUN gradle --no-daemon dependencies\nCOPY src ./src\n"
        "RUN gradle --no-daemon build",
    ),
    Ecosystem(
        "Ruby", LazyPattern(rb"Gemfile"), LazyPattern(rb"Gemfile\.lock"), "Gemfile.lock",
        _call("bundle", "bundler", first=("install",)),
        "COPY Gemfile Gemfile.lock ./\nRUN bundle install\nCOPY . .",
    ),
    Ecosystem(
        "PHP", LazyPattern(rb"composer\.json"), LazyPattern(rb"composer\.lock"), "composer.lock",
        _call("composer", "composer.phar", first=("install",)),
        "COPY composer.json composer.lock ./\nRUN composer install --no-dev --no-scripts "
        "--no-autoloader\nCOPY . .\nRUN composer dump-autoload --optimize",
    ),
    Ecosystem(
        ".NET", LazyPattern(rb"[^/]+\.(?:cs|fs|vb)proj"), None, "",
        _call("dotnet", first=("restore", "build", "publish")),
        "COPY *.csproj ./\nRUN dotnet restore\nCOPY . .\nRUN dotnet publish -c Release -o /out",
    ),
    Ecosystem(
        "Elixir", LazyPattern(rb"mix\.exs"), LazyPattern(rb"mix\.lock"), "mix.lock",
        _call("mix", first=("deps.get",)),
        "COPY mix.exs mix.lock ./\nRUN mix deps.get --only prod\nCOPY . .",
    ),
)  # fmt: skip


def is_manifest_or_lock(path: bytes) -> bool:
    """Whether a path is that of a manifest or a lock file."""
    last = path[path.rfind(b"/") + 1 :]
    return any(
        pattern.fullmatch(last) is not None
        for each in ECOSYSTEMS
        for pattern in (each.manifests, each.locks)
        if pattern is not None
    )


INSTALLED = LazyPattern(
    rb"(?:\A|/)(?:node_modules|(?:site|dist)-packages|vendor|pkg/mod|\.cargo|gems)/"
)
"""Directories whose manifests are those of dependencies."""

is_npm_install = _npm
