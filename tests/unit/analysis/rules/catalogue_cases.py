"""For each path rule: files that it flags, files that only look so, and what stands beside them."""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    """Paths, parted by blanks; ``beside`` are there and belong to neither."""

    flagged: str
    kept: str = ""
    beside: str = ""
    settings: dict[str, Any] = {}  # noqa: RUF012 - never changed
    unless: dict[str, Any] = {}  # noqa: RUF012 - with these settings nothing is flagged


def started(*words: str) -> dict[str, Any]:
    return {"Cmd": list(words)}


def env(*rows: str) -> dict[str, Any]:
    return {"Env": list(rows)}


CASES: dict[str, Case] = {
    "apt-lists": Case(
        "var/lib/apt/lists/deb_InRelease",
        "var/lib/apt/lists/lock var/lib/apt/lists/partial/a var/lib/apt/listsx",
    ),
    "apt-archives": Case(
        "var/cache/apt/archives/a.deb var/cache/apt/archives/partial/b",
        "var/cache/apt/archives/lock",
    ),
    "apt-binary-caches": Case("var/cache/apt/pkgcache.bin var/cache/apt/srcpkgcache.bin"),
    "dpkg-backups": Case(
        "var/lib/dpkg/status-old var/cache/debconf/templates.dat-old etc/passwd-",
        "var/lib/dpkg/status etc/passwd",
    ),
    "dpkg-symbols": Case(
        "var/lib/dpkg/info/a.symbols", "var/lib/dpkg/info/a.list var/lib/dpkg/info/a.md5sums"
    ),
    "debconf-database": Case("var/cache/debconf/config.dat", "var/cache/debconf/passwords.dat"),
    "apk-cache": Case(
        "var/cache/apk/APKINDEX.1.tar.gz var/cache/apk/a.apk", "lib/apk/db/installed etc/apk/world"
    ),
    "dnf-cache": Case("var/cache/dnf/a/b var/cache/yum/c", "var/lib/dnf/x"),
    "libdnf5-cache": Case("var/cache/libdnf5/a root/.cache/libdnf5/b"),
    "dnf-history": Case("var/lib/dnf/history.sqlite", "var/lib/rpm/rpmdb.sqlite"),
    "rpm-database-leftovers": Case(
        "var/lib/rpm/__db.001 usr/lib/sysimage/rpm/rpmdb.sqlite-shm",
        "var/lib/rpm/rpmdb.sqlite var/lib/rpm/rpmdb.sqlite-wal",
    ),
    "rhsm-data": Case("var/lib/rhsm/facts/f", "etc/rhsm/rhsm.conf"),
    "zypper-cache": Case("var/cache/zypp/packages/a var/cache/zypp/solv/b", "var/lib/zypp/c"),
    "pacman-cache": Case("var/cache/pacman/pkg/a.pkg.tar.zst", "var/lib/pacman/local/a/desc"),
    "pacman-sync-databases": Case("var/lib/pacman/sync/core.db", "var/lib/pacman/local/a/desc"),
    "system-index-caches": Case("var/cache/ldconfig/aux-cache var/lib/command-not-found/commands.db"),
    "pip-cache": Case("root/.cache/pip/http-v2/a root/.cache/pip/wheels/b", "root/.cache/pip/x"),
    "uv-cache": Case("root/.cache/uv/archive-v0/a c/b", "", "", env("UV_CACHE_DIR=/c")),
    "poetry-cache": Case(
        "root/.cache/pypoetry/artifacts/a", "root/.cache/pypoetry/virtualenvs/app/lib.py"
    ),
    "pipenv-cache": Case("root/.cache/pipenv/a", "root/.local/share/virtualenvs/app/b"),
    "python-project-tool-caches": Case(
        "root/.cache/hatch/a root/.local/share/pdm/b", "root/.local/share/hatch/env/virtual/c"
    ),
    "conda-archives": Case(
        "opt/conda/pkgs/a.conda opt/conda/pkgs/cache/1.json m/b.tar.bz2",
        "srv/pkgs/c.conda",
        "opt/conda/conda-meta/history",
        env("CONDA_PKGS_DIRS=/m"),
    ),
    "conda-unpacked-packages": Case(
        "opt/conda/pkgs/python-3/bin/python m/numpy/a", "srv/pkgs/x/y",
        "opt/conda/conda-meta/history", env("CONDA_PKGS_DIRS=/m"),
    ),
    "npm-cache": Case(
        "root/.npm/_cacache/a root/.npm/_npx/b/c root/.npm/_update-notifier-last-checked n/_cacache/d",
        "root/.npm/anonymous-cli-metrics.json n/e", "", env("npm_config_cache=/n"),
    ),
    "npm-logs": Case("root/.npm/_logs/a.log", "root/.npm/x"),
    "yarn-cache": Case("usr/local/share/.cache/yarn/v6/a root/.cache/yarn/b"),
    "yarn-berry-cache": Case("root/.yarn/berry/cache/a.zip", "root/.yarn/releases/y.cjs"),
    "yarn-project-cache": Case("app/.yarn/cache/a.zip", "pnp/.yarn/cache/b.zip", "pnp/.pnp.cjs"),
    "pnpm-store": Case("root/.local/share/pnpm/store/v3/a app/.pnpm-store/b"),
    "bun-cache": Case("root/.bun/install/cache/a", "root/.bun/bin/bun"),
    "deno-cache": Case("root/.cache/deno/a deno-dir/b"),
    "node-gyp-cache": Case("root/.cache/node-gyp/20/a.h root/.node-gyp/b"),
    "go-module-cache": Case(
        "go/pkg/mod/a/b.go root/go/pkg/mod/c.go", "go/bin/app", unless=started("go", "run", ".")
    ),
    "go-build-cache": Case("root/.cache/go-build/00/a g/b", "", "", env("GOCACHE=/g")),
    "cargo-registry": Case(
        "usr/local/cargo/registry/cache/a root/.cargo/git/db/b", "usr/local/cargo/bin/cargo"
    ),
    "compiler-caches": Case("root/.ccache/a root/.cache/bazel/b root/.conan2/c"),
    "maven-repository": Case(
        "root/.m2/repository/a.jar", "root/.m2/settings.xml", unless=started("mvn", "jetty:run")
    ),
    "gradle-caches": Case(
        "root/.gradle/caches/a home/gradle/.gradle/daemon/b", "root/.gradle/gradle.properties",
        unless=started("./gradlew", "run"),
    ),
    "scala-caches": Case("root/.ivy2/a root/.cache/coursier/b", unless=started("sbt", "run")),
    "haskell-caches": Case("root/.stack/a root/.cabal/packages/b", "root/.cabal/bin/c"),
    "dart-package-cache": Case("root/.pub-cache/a", unless=started("dart", "run")),
    "gem-cache": Case(
        "usr/local/bundle/cache/a.gem usr/lib/ruby/gems/3.1.0/cache/b.gem",
        "app/vendor/cache/c.gem usr/local/bundle/gems/d.rb",
    ),
    "bundled-gems": Case("app/vendor/cache/c.gem"),
    "composer-cache": Case(
        "root/.composer/cache/a tmp/cache/files/b", "tmp/cache/c", "tmp/cache/repo/d"
    ),
    "nuget-cache": Case(
        "root/.nuget/packages/a root/.local/share/NuGet/http-cache/b tmp/NuGetScratch1/c",
        "root/.nuget/NuGet/NuGet.Config", unless=started("dotnet", "run"),
    ),
    "r-caches": Case("tmp/Rtmpab/a root/.cache/R/b", "usr/lib/R/c"),
    "julia-caches": Case(
        "root/.julia/registries/a", "root/.julia/packages/b root/.julia/compiled/c"
    ),
    "elixir-caches": Case("root/.hex/packages/a root/.mix/archives/b", unless=started("mix", "run")),
    "helm-and-kubectl-caches": Case("root/.cache/helm/a root/.kube/cache/b", "root/.kube/config"),
    "terraform-providers": Case(
        "infra/.terraform/providers/a", "infra/.terraform/modules/b", unless=started("terraform")
    ),
    "other-caches": Case(
        "root/.cache/thing/a var/cache/thing/b",
        "root/.cache/pip/wheels/c var/cache/fontconfig/d root/.cache/pypoetry/virtualenvs/e",
    ),
    "huggingface-models": Case(
        "root/.cache/huggingface/hub/models--a/snapshots/1/b", "root/.cache/huggingface/token"
    ),
    "huggingface-leftovers": Case(
        "root/.cache/huggingface/hub/models--a/blobs/1.incomplete root/.cache/huggingface/xet/a",
        "root/.cache/huggingface/hub/models--a/blobs/22",
        "root/.cache/huggingface/hub/models--a/snapshots/1/m->../../blobs/22",
    ),
    "model-duplicate-formats": Case(
        "m/tf_model.h5 m/pytorch_model.bin root/.cache/huggingface/hub/models--a/blobs/33",
        "n/tf_model.h5 root/.cache/huggingface/hub/models--a/blobs/22",
        "m/model.safetensors "
        "root/.cache/huggingface/hub/models--a/snapshots/1/m.safetensors->../../blobs/22 "
        "root/.cache/huggingface/hub/models--a/snapshots/1/pytorch_model.bin->../../blobs/33",
    ),
    "torch-cache": Case("root/.cache/torch/kernels/a root/.cache/torch/hub/b.zip"),
    "torch-models": Case("root/.cache/torch/hub/checkpoints/a.pt", "root/.cache/torch/hub/b.zip"),
    "cuda-libraries": Case(
        "usr/lib/python3/site-packages/nvidia/a.so x/torch/lib/libtorch_cuda_linalg.so",
        "x/torch/lib/libtorch_cpu.so", unless=env("NVIDIA_VISIBLE_DEVICES=all"),
    ),
    "nltk-archives": Case(
        "usr/share/nltk_data/corpora/a.zip", "usr/share/nltk_data/b.zip",
        "usr/share/nltk_data/corpora/a/words",
    ),
    "model-caches": Case("root/.keras/a root/.cache/whisper/b root/.cache/paddlehub/c"),
    "compiled-kernels": Case("root/.triton/cache/a tmp/torchinductor_root/b"),
    "go-toolchain": Case(
        "usr/local/go/bin/go usr/lib/go-1.19/a", "usr/local/gobject/b", unless=started("go", "run")
    ),
    "rust-toolchain": Case("usr/local/rustup/toolchains/a", unless=started("cargo", "run")),
    "dotnet-sdk": Case(
        "usr/share/dotnet/sdk/8.0/a.dll usr/lib/dotnet/packs/b", "usr/share/dotnet/shared/c.dll",
        settings=started("dotnet", "app.dll"), unless=started("dotnet", "run"),
    ),
    "haskell-toolchain": Case("root/.ghcup/a opt/ghc/9/b"),
    "jdk-files": Case(
        "opt/java/bin/javac opt/java/lib/ct.sym opt/java/jmods/a.jmod", "opt/java/bin/java",
        unless=started("sh", "-c", "mvn package"),
    ),
    "jdk-extras": Case(
        "opt/java/lib/src.zip opt/java/man/man1/java.1",
        "srv/man/a srv/lib/src.zip usr/lib/npm/man/b",
        "opt/java/bin/java usr/bin/java",
    ),
    "composer-program": Case("usr/bin/composer", unless=started("composer", "serve")),
    "php-sources": Case("usr/src/php.tar.xz usr/src/php/a.c tmp/pear/b", "usr/src/app/c.php"),
    "cuda-development-files": Case(
        "usr/local/cuda-12/include/a.h usr/local/cuda-12/lib64/libx_static.a usr/local/cuda-12/bin/nvcc",
        "usr/local/cuda-12/lib64/libx.so",
    ),
    "headers": Case(
        "usr/include/a.h usr/lib/x/pkgconfig/b.pc usr/share/cmake/c/d.cmake",
        "usr/lib/x/libb.so app/include/e.h usr/include/node/f.h", unless=started("gcc", "x.c"),
    ),
    "static-libraries": Case("usr/lib/x/a.a usr/local/lib/b.la", "app/c.a usr/lib/go-1.19/d.a"),
    "object-files": Case(
        "src/a.o src/a.d src/CMakeFiles/b src/config.log",
        "etc/apt/sources.list.d/c.list etc/x.d node_modules/x/d.o", "etc/y",
    ),
    "source-trees": Case(
        "usr/src/x-1.0/a.c usr/src/x-1.0/configure opt/y-src/b.c",
        "usr/src/app/a.js usr/src/linux-headers/Makefile opt/z-src/c", "opt/y-src/Makefile*"
        " usr/src/app/Makefile*",
    ),
    "node-addon-leftovers": Case(
        "app/node_modules/x/build/Release/obj.target/a app/node_modules/x/b.o",
        "app/node_modules/x/build/Release/x.node",
    ),
    "web-build-caches": Case(
        "app/.next/cache/a app/node_modules/.cache/b app/.turbo/c", "app/.next/server/d"
    ),
    "web-framework-output": Case("app/.nuxt/a app/.svelte-kit/b"),
    "source-maps": Case(
        "app/a.js.map app/b.css.map", "app/c.map", unless=env("NODE_OPTIONS=--enable-source-maps")
    ),
    "python-build-leftovers": Case(
        "src/build/lib/a.py src/dist/a.whl tmp/pip-build-1/b",
        "src/a.egg-info/PKG-INFO other/build/lib/c src/dist/index.html", "src/pyproject.toml",
    ),
    "python-tool-leftovers": Case(
        "app/.pytest_cache/a app/.mypy_cache/b app/.coverage app/.coverage.host", "app/.coveragerc"
    ),
    "cargo-target": Case(
        "app/target/release/deps/a app/target/x86_64-unknown-linux-musl/release/build/b",
        "app/target/release/app other/target/release/deps/c", "app/Cargo.toml",
    ),
    "go-sources": Case(
        "app/main.go", "go/pkg/mod/a.go usr/local/go/src/b.go", unless=started("go", "run", ".")
    ),
    "maven-output": Case(
        "app/target/classes/A.class", "app/target/app.jar other/target/classes/B.class",
        "app/pom.xml", unless=started("java", "-cp", "target/classes", "A"),
    ),
    "gradle-output": Case(
        "app/build/classes/A.class app/.gradle/b", "app/build/libs/app.jar x/build/classes/B.class",
        "app/build.gradle.kts",
    ),
    "gem-build-leftovers": Case(
        "usr/local/bundle/gems/x-1/ext/x/a.o usr/local/bundle/gems/x-1/ext/x/mkmf.log",
        "usr/local/bundle/gems/x-1/ext/x/x.so usr/local/bundle/gems/x-1/lib/x.rb",
    ),
    "rails-leftovers": Case(
        "app/node_modules/a/b.js app/tmp/cache/c app/log/development.log", "js/node_modules/d.js",
        "app/config/application.rb app/public/assets/e",
    ),
    "dotnet-build-output": Case("src/obj/a.dll", "other/obj/b", "src/app.csproj"),
    "dotnet-symbols": Case("app/a.pdb", "app/b.pdb", "app/a.dll"),
    "dotnet-api-documents": Case("app/a.xml", "app/b.xml", "app/a.dll"),
    "dotnet-foreign-runtimes": Case(
        "app/runtimes/win-x64/native/a.dll app/runtimes/linux-arm64/native/b.so",
        "app/runtimes/linux-x64/native/c.so app/runtimes/unix/lib/d.dll",
    ),
    "elixir-build-output": Case(
        "app/_build/dev/a app/deps/x/src/b", "app/_build/prod/lib/c x/_build/dev/d",
        "app/mix.exs app/_build/prod/rel/e",
    ),
    "haskell-build-output": Case("app/dist-newstyle/a app/.stack-work/b"),
    "dart-and-swift-build-output": Case(
        "app/.build/a d/.dart_tool/b", "x/.build/c", "app/Package.swift d/pubspec.yaml"
    ),
    "git-directory": Case("app/.git/config sub/.git svn/.svn/a", "app/.gitignore"),
    "repository-files": Case(
        "app/.gitignore app/.github/a.yml", "app/node_modules/x/.gitignore usr/share/x/.gitignore"
    ),
    "editor-files": Case("app/.vscode/a app/x.iml", "app/node_modules/x/.idea/b"),
    "eclipse-settings": Case("app/.settings/a", "x/.settings/b", "app/.project"),
    "backup-files": Case("app/a.swp app/b~ etc/c.bak app/.#d", "tmp/e.tmp app/x"),
    "desktop-files": Case("app/.DS_Store app/__MACOSX/a", "app/._x"),
    "build-context-files": Case(
        "app/Dockerfile app/docker-compose.dev.yml app/Makefile",
        "app/node_modules/x/Makefile usr/share/x/Dockerfile",
    ),
    "project-documents": Case("app/README.md app/docs/a.html", "usr/share/x/README.md"),
    "app-tests": Case(
        "app/test/a app/src/b.spec.ts usr/src/app/tests/c",
        "app/node_modules/x/test/d usr/lib/x/tests/e app/contest/f opt/py/lib/python3.12/test/g "
        "root/.pyenv/test/h app/src/features/counter.js app/shop/fixtures/first.json "
        "app/spec/openapi.yaml",
        settings={"WorkingDir": "/usr/src/app"}, unless=started("python", "-m", "pytest", "tests"),
    ),
    "app-logs": Case(
        "app/debug.log app/npm-debug.log.1", "app/tests/a.log app/testdata/c.log var/log/b.log"
    ),
    "notebook-files": Case("root/.jupyter/a root/.ipython/b", unless=started("jupyter", "lab")),
    "log-files": Case("var/log/dpkg.log var/log/apt/a", "var/log/lastlog"),
    "login-records": Case("var/log/lastlog:1200000", "var/log/btmp"),
    "temporary-files": Case("tmp/a var/tmp/b/c tmp/e.sh", "tmp/sess_1 app/tmp/d tmp/f.tar.gz"),
    "installers": Case(
        "root/a.deb opt/b.tar.gz c.zip tmp/d.sh:1200000", "root/e.sh app/f.zip opt/x/g.tgz h.zip",
        settings=started("unzip", "-p", "/h.zip"),
    ),
    "shell-history": Case("root/.bash_history root/.viminfo", "root/.bashrc"),
    "python-package-tests": Case(
        "v/site-packages/x/tests/a.py v/site-packages/x/y/test/b.py", "v/site-packages/x/testing/c.py"
    ),
    "gem-tests": Case("usr/local/bundle/gems/x-1/spec/a.rb", "usr/local/bundle/gems/x-1/lib/b.rb"),
    "composer-package-tests": Case(
        "app/vendor/a/b/tests/T.php", "x/vendor/a/b/tests/T.php", "app/vendor/autoload.php"
    ),
    "docs": Case("usr/share/doc/a/changelog.gz usr/local/share/doc/b", "usr/share/doc/a/copyright"),
    "man-pages": Case("usr/share/man/man1/a.1.gz var/cache/man/b", "app/man/c"),
    "info-pages": Case("usr/share/info/a.gz usr/share/gtk-doc/b"),
    "locales": Case(
        "usr/share/locale/uk/LC_MESSAGES/a.mo",
        "usr/share/locale/de/LC_MESSAGES/a.mo usr/share/locale/de_AT/LC_MESSAGES/a.mo "
        "usr/share/locale/en_GB/LC_MESSAGES/a.mo usr/share/locale/locale.alias",
        settings=env("LANG=de_CH.UTF-8"),
    ),
    "system-locales": Case(
        "usr/lib/locale/fr_FR.utf8/a usr/share/i18n/charmaps/b", "usr/lib/locale/C.utf8/c"
    ),
    "packaging-notes": Case("usr/share/lintian/overrides/a usr/share/bug/b/c"),
    "time-zone-copies": Case("usr/share/zoneinfo/right/UTC", "usr/share/zoneinfo/UTC"),
    "examples": Case("usr/share/examples/a v/site-packages/x/examples/b", "app/examples/c"),
    "fonts-and-icons": Case("usr/share/fonts/a.ttf usr/share/icons/b"),
    "gem-documents": Case("usr/local/bundle/doc/x-1/ri/a.ri", "srv/doc/x/b"),
    "r-package-documents": Case(
        "usr/lib/R/library/x/help/a", "srv/library/y/help/b", "usr/lib/R/library/x/DESCRIPTION"
    ),
}  # fmt: skip
