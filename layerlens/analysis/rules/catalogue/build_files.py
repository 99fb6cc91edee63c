"""What builds leave beside their result: objects, headers, sources, caches of bundlers."""

from __future__ import annotations

from layerlens.analysis.rules.catalogue.advice import (
    DEFAULT_PATH,
    TWO_STAGES,
    ignored,
    same_step,
)
from layerlens.analysis.rules.catalogue.conditions import (
    all_of,
    beside,
    dependency_files,
    foreign_runtimes,
    no_header_readers,
    source_trees,
    unless_started,
    with_sibling,
)
from layerlens.analysis.rules.model import Confidence, LedgerClass, PathRule, Severity, Topic

_LEFT = LedgerClass.BUILD_LEFTOVERS

C = (
    PathRule(
        id="headers",
        title="header files and build descriptions",
        topic=Topic.CONTENT,
        why="Headers, pkg-config and cmake files serve to compile against libraries. Programs that "
        "run need the libraries only.",
        fix=TWO_STAGES + "\nand install runtime packages there, not those named -dev.",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="Images that start a compiler, and those with R, PyTorch or cppyy, which compile "
        "while they run. What a package owns is told as information.",
        source="measured on Debian 12: 9 MB",
        paths=(
            "usr/{local/,}include/**",
            "usr/**/pkgconfig/*.pc",
            "usr/**/cmake/**/*.cmake",
            "usr/share/aclocal/**",
        ),
        except_paths=("usr/{local/,}include/node/**", "usr/src/**"),
        minimum=10_000,
        owned="info",
        where=no_header_readers,
    ),
    PathRule(
        id="static-libraries",
        title="static libraries",
        topic=Topic.CONTENT,
        why="They are linked into programs when these are built.",
        fix=TWO_STAGES + "\nand install runtime packages there, not those named -dev.",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="Images that start a compiler. What a package owns is told as information.",
        source="general knowledge",
        paths=("usr/{local/,}lib/**/*.{a,la}",),
        except_paths=("usr/lib/go-*/**",),
        minimum=10_000,
        owned="info",
        where=no_header_readers,
    ),
    PathRule(
        id="object-files",
        title="object files and build directories",
        topic=Topic.CONTENT,
        why="Compilers and configure scripts leave them for the next build.",
        fix=TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="Files named .d without an object beside them: directories for settings are called so.",
        source="general knowledge",
        paths=(
            "**/*.{o,lo,gcda,gcno,d}",
            "**/CMakeFiles/**",
            "**/{autom4te.cache,.deps,.libs}/**",
            "**/CMakeCache.txt",
            "**/config.log",
        ),
        except_paths=("**/node_modules/**", "usr/local/go/**", "usr/{lib,share}/go-*/**"),
        where=dependency_files,
    ),
    PathRule(
        id="source-trees",
        title="source trees",
        topic=Topic.CONTENT,
        why="What was unpacked to be compiled is of no use once it is installed.",
        fix=same_step("tar -xf x.tar.gz && make -C x install", "x", "x.tar.gz")
        + "\nor\n"
        + TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="usr/src/app, where Node and Python images put the program; kernel headers.",
        source="general knowledge",
        paths=("usr/src/*/**", "opt/*-src/**"),
        except_paths=("usr/src/{app,php,linux*}/**",),
        where=source_trees,
    ),
)

NODE = (
    PathRule(
        id="node-addon-leftovers",
        title="leftovers of compiled Node addons",
        topic=Topic.CONTENT,
        why="node-gyp leaves objects and makefiles beside the addon that it compiles.",
        fix="Install in an earlier stage, or: RUN npm ci --omit=dev && "
        "find node_modules -path '*/build/Release/obj.target' -prune -exec rm -rf {} +",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="build/Release/*.node, the addon itself.",
        source="node-gyp's documentation",
        paths=(
            "**/node_modules/**/build/Release/{obj.target,.deps}/**",
            "**/node_modules/**/build/Makefile",
            "**/node_modules/**/*.{o,a}",
        ),
        owned="info",
    ),
    PathRule(
        id="web-build-caches",
        title="caches of bundlers",
        topic=Topic.CONTENT,
        why="Next, Turborepo, Parcel, Angular, Vite, Babel and webpack keep results for the next "
        "build. What they built does not read them.",
        fix="RUN --mount=type=cache,target=/app/.next/cache npm run build, or\n" + TWO_STAGES,
        ledger_class=_LEFT,
        keep=".next/server, static and standalone, which are the program.",
        source="the tools' documentation",
        paths=(
            "**/{.next/cache,.turbo,.parcel-cache,.angular/cache,.vite}/**",
            "**/.cache/{babel-loader,terser-webpack-plugin,webpack}/**",
            "**/node_modules/{.cache,.vite}/**",
        ),
        owned="flag",
    ),
    PathRule(
        id="web-framework-output",
        title="working directories of web frameworks",
        topic=Topic.CONTENT,
        why="Nuxt and SvelteKit write them while building; the result lies elsewhere as a rule.",
        fix="Build in an earlier stage, and copy .output or build only.",
        confidence=Confidence.HINT,
        ledger_class=_LEFT,
        most=Severity.INFO,
        keep="With Nuxt 2 .nuxt is the program.",
        source="the tools' documentation",
        paths=("**/{.nuxt,.svelte-kit}/**",),
    ),
    PathRule(
        id="source-maps",
        title="source maps",
        topic=Topic.CONTENT,
        why="They lead from bundled code back to sources, often as large as the code itself.",
        fix="Switch them off where the bundle is made (devtool: false), or keep them where errors "
        "are looked at.",
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.DEBUG_INFORMATION,
        most=Severity.LOW,
        trade_off="Stack traces name places in the bundle and not in the sources.",
        keep="Images that set --enable-source-maps in NODE_OPTIONS.",
        source="measured: 1.2 MB in five files",
        paths=("**/*.{js,mjs,cjs,css}.map",),
        owned="info",
        where=lambda context, versions: (
            ()
            if "source-maps" in context.env.get("NODE_OPTIONS", "") + context.started
            else versions
        ),
    ),
)

PYTHON = (
    PathRule(
        id="python-build-leftovers",
        title="leftovers of Python builds",
        topic=Topic.CONTENT,
        why="Building a package leaves copies of its sources and the archives beside the project.",
        fix="RUN pip wheel --no-deps -w /out . in an earlier stage, and install the wheel in the last.",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="*.egg-info, which editable installations need; build and dist of other tools.",
        source="setuptools' documentation",
        paths=(
            "**/build/{lib,lib.*,bdist.*,temp.*}/**",
            "**/dist/*.{whl,tar.gz}",
            "**/.eggs/**",
            "{tmp,var/tmp}/pip-*/**",
        ),
        except_paths=("**/{site-packages,dist-packages,node_modules}/**",),
        where=lambda context, versions: [
            *_BESIDE_PROJECT(context, [v for v in versions if not _in_temporary(context.path(v))]),
            *(v for v in versions if _in_temporary(context.path(v))),
        ],
    ),
    PathRule(
        id="python-tool-leftovers",
        title="caches of Python's test and lint tools",
        topic=Topic.CONTENT,
        why="pytest, mypy, ruff, tox, nox, hypothesis and coverage keep results for the next call.",
        fix=ignored(
            "**/.pytest_cache",
            "**/.mypy_cache",
            "**/.ruff_cache",
            "**/.tox",
            "**/.nox",
            "**/.hypothesis",
            "**/htmlcov",
            "**/.coverage",
        ),
        ledger_class=_LEFT,
        keep=".coveragerc, which is configuration.",
        source="the tools' documentation",
        paths=(
            "**/{.pytest_cache,.mypy_cache,.ruff_cache,.tox,.nox,.hypothesis,htmlcov}/**",
            "**/.ipynb_checkpoints/**",
            "**/.coverage",
            "**/.coverage.*",
        ),
    ),
)

OTHERS = (
    PathRule(
        id="cargo-target",
        title="cargo's intermediate results",
        topic=Topic.CONTENT,
        why="cargo keeps compiled crates beside the program for the next build.",
        fix=TWO_STAGES,
        ledger_class=_LEFT,
        keep="The program itself, in target/release or target/debug.",
        source="cargo's documentation",
        paths=("**/target/{*/,}{debug,release}/{deps,build,incremental,.fingerprint}/**",),
        where=beside(("target",), ("Cargo.toml",)),
    ),
    PathRule(
        id="go-sources",
        title="Go sources",
        topic=Topic.CONTENT,
        why="A compiled program does not read the sources that it was made of.",
        fix=TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="Sources of the toolchain and of the module cache, which have rules of their own; "
        "images that start go.",
        source="Go's documentation",
        paths=("**/*.go", "**/vendor/modules.txt"),
        except_paths=("usr/local/go/**", "usr/{lib,share}/go-*/**", "**/node_modules/**"),
        where=unless_started("go"),
        last=True,
    ),
    PathRule(
        id="maven-output",
        title="Maven's intermediate results",
        topic=Topic.CONTENT,
        why="Classes and reports are packed into the archive that is run.",
        fix="FROM maven AS build\nRUN mvn -B package\nFROM eclipse-temurin:<version>-jre\n"
        "COPY --from=build /app/target/app.jar /app.jar",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="target/*.jar and *.war; images that start mvn, or java with target/classes.",
        source=DEFAULT_PATH,
        paths=("**/target/{classes,test-classes,surefire-reports,generated-*,maven-*}/**",),
        where=all_of(beside(("target",), ("pom.xml",)), unless_started(r"mvnw?|target/classes")),
    ),
    PathRule(
        id="gradle-output",
        title="Gradle's intermediate results",
        topic=Topic.CONTENT,
        why="Classes are packed into the archive that is run; .gradle keeps state for the next build.",
        fix="FROM gradle AS build\nRUN gradle --no-daemon build\nFROM eclipse-temurin:<version>-jre\n"
        "COPY --from=build /app/build/libs/app.jar /app.jar",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="build/libs; images that start gradle, or java with build/classes.",
        source=DEFAULT_PATH,
        paths=("**/build/{tmp,classes,kotlin}/**", "**/.gradle/**"),
        where=all_of(
            beside(
                ("build", ".gradle"),
                ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
            ),
            unless_started(r"gradlew?|build/classes"),
        ),
    ),
    PathRule(
        id="gem-build-leftovers",
        title="leftovers of compiled gems",
        topic=Topic.CONTENT,
        why="Native extensions leave their sources, objects and logs beside the library.",
        fix="RUN bundle install && find /usr/local/bundle -name '*.[cho]' -delete",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="*.so and *.rb.",
        source="general knowledge",
        paths=(
            "**/gems/*/ext/**/*.{c,o,h,log}",
            "**/{gems,extensions}/**/{gem_make.out,mkmf.log}",
        ),
        owned="info",
    ),
    PathRule(
        id="rails-leftovers",
        title="leftovers of a Rails build",
        topic=Topic.CONTENT,
        why="With compiled assets in public/assets the packages of the bundler, the cache and the "
        "logs are not read.",
        fix="RUN bin/rails assets:precompile && rm -rf node_modules tmp/cache log/*.log",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        source="general knowledge",
        paths=("**/{tmp/cache,node_modules}/**", "**/log/*.log"),
        owned="flag",
        where=all_of(
            beside(("tmp", "node_modules", "log"), ("config/application.rb",)),
            beside(("tmp", "node_modules", "log"), ("public/assets",)),
        ),
    ),
    PathRule(
        id="dotnet-build-output",
        title=".NET's intermediate results",
        topic=Topic.CONTENT,
        why="obj holds what the compiler needs for the next build.",
        fix="RUN dotnet publish -c Release -o /out in an earlier stage, and copy /out.",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        source="Microsoft's documentation",
        paths=("**/obj/**",),
        where=beside(("obj",), (), suffix=".csproj"),
    ),
    PathRule(
        id="dotnet-symbols",
        title=".NET debug symbols",
        topic=Topic.CONTENT,
        why="Programs run without .pdb files.",
        fix="RUN dotnet publish -c Release -p:DebugType=none -o /out",
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.DEBUG_INFORMATION,
        trade_off="Stack traces lose file names and line numbers.",
        source="Microsoft's documentation",
        paths=("**/*.pdb",),
        where=with_sibling(".pdb", ".dll"),
    ),
    PathRule(
        id="dotnet-api-documents",
        title="API documentation beside .NET libraries",
        topic=Topic.CONTENT,
        why="Editors read these XML files; programs do not.",
        fix="RUN dotnet publish -c Release -p:GenerateDocumentationFile=false -o /out",
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.DOCUMENTATION,
        keep="XML files without a library of the same name.",
        source="Microsoft's documentation",
        paths=("**/*.xml",),
        where=with_sibling(".xml", ".dll"),
    ),
    PathRule(
        id="dotnet-foreign-runtimes",
        title=".NET libraries for other systems",
        topic=Topic.CONTENT,
        why="Packages bring native parts for every system; a container runs on one.",
        fix="RUN dotnet publish -c Release -r linux-x64 -o /out",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="The image's own platform, unix and any.",
        source="Microsoft's documentation of runtime identifiers",
        paths=("**/runtimes/*/{lib,native}/**",),
        where=foreign_runtimes,
    ),
    PathRule(
        id="elixir-build-output",
        title="Elixir's and Erlang's build directories",
        topic=Topic.CONTENT,
        why="Results for development and tests, and sources of dependencies, are not part of a release.",
        fix="RUN MIX_ENV=prod mix release, and copy _build/prod/rel into a small image",
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="_build/prod, which is run; images that start mix or rebar3.",
        source=DEFAULT_PATH,
        paths=("**/_build/{dev,test}/**", "**/deps/*/{src,test,.git}/**"),
        where=all_of(
            unless_started("mix|rebar3|iex"),
            beside(("_build", "deps"), ("mix.exs", "rebar.config")),
            lambda context, versions: [
                *(v for v in versions if b"/_build/" in b"/" + context.path(v)),
                *beside(("deps",), ("_build/prod/rel",))(
                    context, [v for v in versions if b"/_build/" not in b"/" + context.path(v)]
                ),
            ],
        ),
    ),
    PathRule(
        id="haskell-build-output",
        title="Haskell's build directories",
        topic=Topic.CONTENT,
        why="cabal and stack keep compiled modules beside the program for the next build.",
        fix=TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="Images that start a program out of the directory.",
        source=DEFAULT_PATH,
        paths=("**/{dist-newstyle,.stack-work}/**",),
        where=unless_started(r"cabal|stack|dist-newstyle|\.stack-work"),
    ),
    PathRule(
        id="dart-and-swift-build-output",
        title="Dart's and Swift's build directories",
        topic=Topic.CONTENT,
        why="They hold intermediate results for the next build.",
        fix=TWO_STAGES,
        confidence=Confidence.LIKELY,
        ledger_class=_LEFT,
        keep="Images that start a program out of the directory.",
        source=DEFAULT_PATH,
        paths=("**/.dart_tool/**", "**/.build/**"),
        where=all_of(
            beside((".dart_tool", ".build"), ("pubspec.yaml", "Package.swift")),
            unless_started(r"dart|flutter|swift|\.build"),
        ),
    ),
)

_BESIDE_PROJECT = beside(("build", "dist", ".eggs"), ("pyproject.toml", "setup.py", "setup.cfg"))


def _in_temporary(path: bytes) -> bool:
    return path.startswith((b"tmp/", b"var/tmp/"))


RULES = (*C, *NODE, *PYTHON, *OTHERS)
