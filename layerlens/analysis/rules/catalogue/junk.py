"""What nobody meant to ship: repositories, editors' files, logs, temporary files, tests."""

from __future__ import annotations

from layerlens.analysis.rules.catalogue.advice import ignored, same_step
from layerlens.analysis.rules.catalogue.conditions import (
    all_of,
    application,
    beside,
    large_scripts,
    unless_named,
    unless_started,
)
from layerlens.analysis.rules.model import Confidence, LedgerClass, PathRule, Severity, Topic

_EDITOR = LedgerClass.VCS_AND_EDITOR
_LOGS = LedgerClass.LOGS_AND_TEMPORARY
_TESTS = LedgerClass.TESTS_AND_EXAMPLES
_INSTALLED = (
    "**/{node_modules,site-packages,dist-packages}/**",
    "**/gems/*/**",
    "**/vendor/*/*/**",
)
"""Where packages of languages lie: what is in them is theirs."""

_TOOLS = (
    *_INSTALLED,
    "**/lib/{python*,ruby,perl5,node_modules}/**",
    "~/.{pyenv,rbenv,nvm,asdf,sdkman,rustup,cargo,npm,local,cache,gradle,m2,nuget,dotnet}/**",
)
"""Those, and where tools install themselves or each other."""

_RUNNERS = (
    r"pytest|py\.test|unittest|tox|nox|behave|robot|jest|vitest|mocha|ava|tap|karma|cypress"
    r"|playwright|rspec|cucumber|phpunit|pest|(?:npm|yarn|pnpm|bun|deno|go|cargo|mix|dotnet|mvn"
    r"|gradle|make|manage\.py)\s+(?:run\s+)?test"
)
"""Commands that run tests."""

_ARCHIVES = (
    "{root/,tmp/,opt/,}*.{deb,rpm,whl,run,tar,tgz,zip,jar.asc}",
    "{root/,tmp/,opt/,}*.tar.{gz,xz,bz2,zst,lz,lzma,Z}",
    "usr/src/*.tar.{gz,xz,bz2}",
)

COPIED = (
    PathRule(
        id="git-directory",
        title="version control directories",
        topic=Topic.CONTENT,
        why="The repository holds the whole history: every file that was ever committed, secrets "
        "too, and perhaps a token in the address of a remote.",
        fix=ignored("**/.git", "**/.hg", "**/.svn")
        + "\nA program that tells its version takes it as a build argument.",
        ledger_class=_EDITOR,
        also=("DKL-LI-0003",),
        source="dockle",
        paths=("**/{.git,.hg,.svn,.bzr,CVS,_darcs}/**", "**/.git"),
    ),
    PathRule(
        id="repository-files",
        title="files of the repository's host",
        topic=Topic.CONTENT,
        why="Descriptions of pipelines and rules for git say nothing to the program.",
        fix=ignored("**/.gitignore", "**/.gitattributes", ".github", ".gitlab-ci.yml", ".circleci"),
        confidence=Confidence.LIKELY,
        ledger_class=_EDITOR,
        keep="What packages bring; files that no COPY or ADD of yours put there.",
        source="general knowledge",
        paths=(
            "**/{.gitignore,.gitattributes,.gitmodules}",
            "**/{.gitlab-ci.yml,.travis.yml,Jenkinsfile,azure-pipelines.yml}",
            "**/{.github,.circleci}/**",
        ),
        except_paths=_TOOLS,
        where=application,
    ),
    PathRule(
        id="editor-files",
        title="settings of editors",
        topic=Topic.CONTENT,
        why="They belong to the desk of whoever built the image.",
        fix=ignored("**/.idea", "**/.vscode", "**/.vs", "**/*.iml"),
        confidence=Confidence.LIKELY,
        ledger_class=_EDITOR,
        also=("DKL-LI-0003",),
        keep="What packages bring; .settings without .project beside it.",
        source="dockle",
        paths=(
            "**/{.idea,.vscode,.vs,.fleet}/**",
            "**/{*.iml,.project,.classpath,*.sublime-project,*.sublime-workspace}",
        ),
        except_paths=_INSTALLED,
    ),
    PathRule(
        id="eclipse-settings",
        title="settings of Eclipse",
        topic=Topic.CONTENT,
        why="They belong to the desk of whoever built the image.",
        fix=ignored("**/.settings", "**/.project", "**/.classpath"),
        confidence=Confidence.LIKELY,
        ledger_class=_EDITOR,
        keep=".settings without .project beside it.",
        source="dockle",
        paths=("**/.settings/**",),
        where=beside((".settings",), (".project",)),
    ),
    PathRule(
        id="backup-files",
        title="backups and swap files of editors",
        topic=Topic.CONTENT,
        why="Editors and patch leave older states beside files, perhaps with what was taken out "
        "of them on purpose.",
        fix=ignored("**/*.swp", "**/*.swo", "**/*~", "**/*.bak", "**/*.orig", "**/*.rej"),
        confidence=Confidence.LIKELY,
        ledger_class=_EDITOR,
        keep="What packages own.",
        source="general knowledge",
        paths=("**/{*.swp,*.swo,*~,*.bak,*.orig,*.rej,.#*,#*#,*.tmp}",),
        except_paths=("{tmp,var,dev,proc,sys,run}/**", *_INSTALLED),
    ),
    PathRule(
        id="desktop-files",
        title="files that desktops leave",
        topic=Topic.CONTENT,
        why="Finder and Explorer keep views and thumbnails in directories that people open.",
        fix=ignored("**/.DS_Store", "**/Thumbs.db", "**/desktop.ini", "**/__MACOSX"),
        ledger_class=_EDITOR,
        also=("DKL-LI-0003",),
        keep="._ files, which need a look into them to be known as AppleDouble.",
        source="dockle",
        paths=(
            "**/{.DS_Store,Thumbs.db,desktop.ini}",
            "**/{.Spotlight-V100,.Trashes,__MACOSX}/**",
        ),
    ),
    PathRule(
        id="build-context-files",
        title="descriptions of the build",
        topic=Topic.CONTENT,
        why="Dockerfiles, compose files and makefiles say how the image is made; it does not need "
        "them itself.",
        fix=ignored("**/Dockerfile*", "**/docker-compose*.y*ml", "**/.dockerignore", "Makefile"),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.BUILD_LEFTOVERS,
        also=("DKL-LI-0003",),
        keep="What packages bring; files that no COPY or ADD of yours put there.",
        source="dockle",
        paths=(
            "**/{Dockerfile*,Containerfile*,docker-compose*.y*ml,compose*.y*ml,.dockerignore}",
            "**/{Makefile,Vagrantfile,skaffold.yaml,*.tf}",
        ),
        except_paths=_TOOLS,
        where=application,
    ),
    PathRule(
        id="project-documents",
        title="documents of the project",
        topic=Topic.CONTENT,
        why="Readers find them in the repository, and not in a container.",
        fix=ignored("**/*.md", "docs"),
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.DOCUMENTATION,
        most=Severity.LOW,
        keep="What packages bring. Some programs show or parse such files.",
        source="general knowledge",
        paths=("**/*.md", "**/docs/**"),
        except_paths=_TOOLS,
        where=application,
    ),
    PathRule(
        id="app-tests",
        title="tests of the project",
        topic=Topic.CONTENT,
        why="Tests run before an image is made. They also tell how the program is looked after, "
        "and their data may hold credentials.",
        fix=ignored(
            "**/test", "**/tests", "**/__tests__", "**/*.spec.*", "**/*.test.*", "coverage"
        ),
        confidence=Confidence.LIKELY,
        ledger_class=_TESTS,
        keep="Tests of packages; files that no COPY or ADD of yours put there; images that start a "
        "test runner; descriptions of interfaces in a directory named spec; directories named "
        "features or fixtures, which hold code and first data of some applications.",
        source="general knowledge",
        paths=(
            "**/{test,tests,spec,__tests__,e2e,cypress,coverage}/**",
            "**/features/**/*.feature",
            "**/features/{step_definitions,steps}/**",
            "**/*.{spec,test}.{js,jsx,ts,tsx,mjs,cjs}",
        ),
        except_paths=("**/spec/**/*.{json,yaml,yml,proto,graphql}", *_TOOLS),
        where=all_of(unless_started(_RUNNERS), application),
    ),
    PathRule(
        id="app-logs",
        title="logs of the project",
        topic=Topic.CONTENT,
        why="Logs of your machine went into the image with the project.",
        fix=ignored("**/*.log", "**/npm-debug.log*"),
        confidence=Confidence.LIKELY,
        ledger_class=_LOGS,
        keep="Logs among tests, which are their data.",
        source="general knowledge",
        paths=("**/{npm-debug.log*,yarn-error.log*,yarn-debug.log*,pnpm-debug.log*,*.log}",),
        except_paths=("**/{test,tests,spec,__tests__,testdata,fixtures}/**", *_TOOLS),
        where=application,
    ),
    PathRule(
        id="notebook-files",
        title="settings of notebooks",
        topic=Topic.CONTENT,
        why="IPython, Jupyter and Kaggle keep histories and settings in the user's home; Kaggle's "
        "hold a token.",
        fix=ignored("**/.ipynb_checkpoints", ".kaggle", ".ipython", ".jupyter"),
        confidence=Confidence.LIKELY,
        ledger_class=_LOGS,
        keep="Images that start jupyter or ipython: what they keep may be meant.",
        source="the tools' documentation",
        paths=("~/.{kaggle,ipython,jupyter}/**",),
        where=lambda context, versions: (
            () if context.runs("jupyter") or context.runs("ipython") else versions
        ),
    ),
)

LEFT_BEHIND = (
    PathRule(
        id="log-files",
        title="log files",
        topic=Topic.CONTENT,
        why="Logs of the build tell nothing about the container, and each image has them anew.",
        fix=same_step("<the command that logs>", "{paths}"),
        ledger_class=_LOGS,
        keep="Directories, their owners, and links to /dev/stdout.",
        source="measured: dpkg.log, apt, alternatives.log, bootstrap.log",
        paths=("var/log/**",),
        except_paths=("var/log/{lastlog,faillog,tallylog}",),
        minimum=4096,
        owned="info",
    ),
    PathRule(
        id="login-records",
        title="large records of logins",
        topic=Topic.CONTENT,
        why="lastlog and faillog have a place for every user id. A user with a large number makes "
        "them sparse files of gigabytes, which layers store in full.",
        fix="RUN useradd --no-log-init --uid 10001 app",
        ledger_class=_LOGS,
        also=("DL3046",),
        keep="Records below 1 MB.",
        source="hadolint; not reproduced with Debian 12",
        paths=("var/log/{lastlog,faillog,tallylog}",),
        minimum=1_000_000,
        owned="flag",
    ),
    PathRule(
        id="temporary-files",
        title="temporary files",
        topic=Topic.CONTENT,
        why="A container begins with what the build left in /tmp.",
        fix="RUN --mount=type=tmpfs,target=/tmp <command>\nor\n"
        + same_step("<command>", "{paths}"),
        ledger_class=_LOGS,
        keep="The directories with their mode; sessions of PHP; installers, which a rule of their own "
        "tells.",
        source="file system hierarchy standard",
        paths=("{tmp,var/tmp}/**",),
        except_paths=("tmp/sess_*", *_ARCHIVES),
    ),
    PathRule(
        id="installers",
        title="installers and archives",
        topic=Topic.CONTENT,
        why="What was downloaded to be installed or unpacked is in the image a second time.",
        fix="RUN --mount=type=bind,source=x.tgz,target=/mnt/x.tgz tar -xzf /mnt/x.tgz -C /opt\n"
        "or fetch, unpack and remove in one step.",
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.INSTALLERS,
        also=("DL3010",),
        keep="Scripts of less than 1 MB: they do not unpack anything. What the command, or a script "
        "that it starts, names.",
        source="general knowledge",
        paths=(*_ARCHIVES, "{root/,tmp/,opt/,}*.sh"),
        except_paths=("usr/src/php.tar.xz",),
        where=all_of(large_scripts, unless_named),
    ),
    PathRule(
        id="shell-history",
        title="histories of shells and clients",
        topic=Topic.CONTENT,
        why="They show what was typed, passwords on command lines too.",
        fix=same_step("<command>", "{paths}") + "\nor leave them out of what is copied",
        confidence=Confidence.LIKELY,
        ledger_class=_LOGS,
        source="general knowledge",
        paths=(
            "~/.{bash,zsh,ash,python,mysql,psql,node_repl}_history",
            "~/.{viminfo,lesshst,wget-hsts}",
        ),
    ),
)

INSIDE_PACKAGES = (
    PathRule(
        id="python-package-tests",
        title="tests inside Python packages",
        topic=Topic.CONTENT,
        why="Packages ship their tests. They are the packages' own, so only a smaller release of a "
        "package would leave them out.",
        fix="Ask the package to leave tests out of its wheels. Removing them by hand breaks "
        "packages that import them.",
        confidence=Confidence.HINT,
        ledger_class=_TESTS,
        most=Severity.INFO,
        keep="Directories named testing, which programs use.",
        source="general knowledge",
        paths=("**/{site,dist}-packages/*/**/{test,tests}/**",),
        minimum=100_000,
        owned="flag",
    ),
    PathRule(
        id="gem-tests",
        title="tests and examples inside gems",
        topic=Topic.CONTENT,
        why="Gems ship their tests. They are the gems' own.",
        fix="RUN bundle install && rm -rf /usr/local/bundle/gems/*/{spec,test,features,examples}",
        confidence=Confidence.HINT,
        ledger_class=_TESTS,
        most=Severity.INFO,
        source="general knowledge",
        paths=("**/gems/*/{spec,test,features,examples}/**",),
        minimum=100_000,
        owned="flag",
    ),
    PathRule(
        id="composer-package-tests",
        title="tests and documents inside composer packages",
        topic=Topic.CONTENT,
        why="Packages ship their tests. They are the packages' own.",
        fix="RUN composer install --no-dev --prefer-dist\nArchives leave out what a package marks "
        "as export-ignore",
        confidence=Confidence.HINT,
        ledger_class=_TESTS,
        most=Severity.INFO,
        source="composer's documentation",
        paths=("**/vendor/*/*/{tests,Tests,docs,examples,.github}/**",),
        minimum=100_000,
        owned="flag",
        where=beside(("vendor",), ("vendor/autoload.php",)),
    ),
)

RULES = (*COPIED, *LEFT_BEHIND, *INSIDE_PACKAGES)
