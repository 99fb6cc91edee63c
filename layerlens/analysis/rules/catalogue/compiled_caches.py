"""What the builds of compiled languages leave in their caches."""

from __future__ import annotations

from layerlens.analysis.rules.catalogue.advice import DEFAULT_PATH, TWO_STAGES, mounted
from layerlens.analysis.rules.catalogue.conditions import unless_started
from layerlens.analysis.rules.model import Confidence, LedgerClass, PathRule, Topic

_CACHE = LedgerClass.PACKAGE_CACHES

RULES = (
    PathRule(
        id="go-module-cache",
        title="Go's module cache",
        topic=Topic.CONTENT,
        why="Sources of modules go into a program when it is compiled; the program does not need "
        "them.",
        fix=TWO_STAGES + "\nor\n" + mounted("go build -o /out/app .", "/go/pkg/mod"),
        ledger_class=_CACHE,
        keep="Images that start go run.",
        source="Go's documentation of modules",
        paths=("go/pkg/mod/**", "~/go/pkg/mod/**"),
        where=unless_started(r"go\s+run"),
        moved_by={"GOPATH": ("pkg/mod/**",), "GOMODCACHE": ("**",)},
    ),
    PathRule(
        id="go-build-cache",
        title="Go's build cache",
        topic=Topic.CONTENT,
        why="go build keeps compiled packages for the next build.",
        fix=TWO_STAGES + "\nor\n" + mounted("go build -o /out/app .", "/root/.cache/go-build"),
        ledger_class=_CACHE,
        source="measured with Go 1.19: 16.6 MB for a small server",
        paths=("~/.cache/go-build/**",),
        moved_by={"GOCACHE": ("**",)},
    ),
    PathRule(
        id="cargo-registry",
        title="cargo's registry and git checkouts",
        topic=Topic.CONTENT,
        why="Sources of crates go into a program when it is compiled; the program does not need "
        "them.",
        fix=TWO_STAGES
        + "\nor\n"
        + mounted("cargo build --release", "/usr/local/cargo/registry", "/app/target"),
        ledger_class=_CACHE,
        source="cargo's documentation",
        paths=("{~/.cargo,usr/local/cargo}/{registry/{cache,index,src},git/{db,checkouts}}/**",),
        moved_by={"CARGO_HOME": ("{registry/{cache,index,src},git/{db,checkouts}}/**",)},
    ),
    PathRule(
        id="compiler-caches",
        title="caches of compilers and build tools",
        topic=Topic.CONTENT,
        why="ccache, sccache, bazel, zig, vcpkg and conan keep results for the next build.",
        fix=mounted("make", "/root/.cache/ccache"),
        ledger_class=_CACHE,
        source="the tools' documentation",
        paths=(
            "~/{.cache/ccache,.ccache}/**",
            "~/.cache/{sccache,bazel,zig,vcpkg,conan}/**",
            "~/.conan*/**",
        ),
        moved_by={"CCACHE_DIR": ("**",)},
    ),
    PathRule(
        id="maven-repository",
        title="Maven's local repository",
        topic=Topic.CONTENT,
        why="Maven keeps the libraries and plug-ins of its builds. A packaged program has its own.",
        fix=mounted("mvn -B package", "/root/.m2") + "\nor\n" + TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_CACHE,
        keep="Images that start mvn.",
        source=DEFAULT_PATH,
        paths=("~/.m2/{repository,wrapper/dists}/**",),
        where=unless_started("mvnw?"),
        moved_by={"MAVEN_USER_HOME": ("{repository,wrapper/dists}/**",)},
    ),
    PathRule(
        id="gradle-caches",
        title="Gradle's caches",
        topic=Topic.CONTENT,
        why="Gradle keeps libraries, its own distributions and logs of its daemon for later "
        "builds. A packaged program has its own libraries.",
        fix=mounted("gradle --no-daemon build", "/home/gradle/.gradle") + "\nor\n" + TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_CACHE,
        keep="Images that start gradle.",
        source=DEFAULT_PATH,
        paths=(
            "{~,home/gradle}/.gradle/{caches,daemon,wrapper/dists,native,.tmp,notifications,jdks}/**",
        ),
        where=unless_started("gradlew?"),
        moved_by={
            "GRADLE_USER_HOME": ("{caches,daemon,wrapper/dists,native,.tmp,notifications,jdks}/**",)
        },
    ),
    PathRule(
        id="scala-caches",
        title="caches of sbt, ivy and coursier",
        topic=Topic.CONTENT,
        why="They keep libraries of builds. A packaged program has its own.",
        fix=TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_CACHE,
        keep="Images that start sbt, or a program through coursier.",
        source=DEFAULT_PATH,
        paths=("~/.{ivy2,sbt,cache/coursier}/**",),
        where=unless_started("sbt|cs|coursier"),
    ),
    PathRule(
        id="haskell-caches",
        title="caches of cabal and stack",
        topic=Topic.CONTENT,
        why="They keep sources and compiled packages for later builds.",
        fix=TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_CACHE,
        keep="Images that start cabal or stack.",
        source=DEFAULT_PATH,
        paths=("~/.{cabal/packages,cache/cabal,stack}/**",),
        where=unless_started("cabal|stack"),
    ),
    PathRule(
        id="dart-package-cache",
        title="Dart's package cache",
        topic=Topic.CONTENT,
        why="Packages go into a program that is compiled ahead of time; it does not need them.",
        fix="RUN dart compile exe bin/server.dart -o /out/server\nand copy /out into a small image",
        confidence=Confidence.LIKELY,
        ledger_class=_CACHE,
        keep="Images that start dart or flutter.",
        source=DEFAULT_PATH,
        paths=("~/.pub-cache/**",),
        where=unless_started("dart|flutter"),
    ),
)
