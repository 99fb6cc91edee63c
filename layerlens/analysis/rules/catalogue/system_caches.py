"""What the package managers of distributions leave behind."""

from __future__ import annotations

from layerlens.analysis.rules.catalogue.advice import mounted, same_step
from layerlens.analysis.rules.model import (
    Confidence,
    LedgerClass,
    PathRule,
    Severity,
    Topic,
)

_CACHE = LedgerClass.PACKAGE_CACHES

_APT = same_step(
    "apt-get update && apt-get install -y --no-install-recommends <packages>",
    "/var/lib/apt/lists/*",
)
_APT_CLEAN = (
    "RUN apt-get update && apt-get install -y --no-install-recommends <packages> "
    "&& apt-get clean && rm -rf /var/lib/apt/lists/*"
)
_DNF = same_step("dnf install -y <packages> && dnf clean all", "/var/cache/dnf", "/var/cache/yum")

RULES = (
    PathRule(
        id="apt-lists",
        title="apt package lists",
        topic=Topic.CONTENT,
        why="apt-get update downloads what can be installed. Installed programs never read it, "
        "and it is out of date on the next day.",
        fix=f"{_APT}\nor keep the lists in a mount:\n"
        + mounted("apt-get update && apt-get install -y <packages>", "/var/lib/apt/lists"),
        ledger_class=_CACHE,
        also=("DL3009", "DKL-DI-0005"),
        keep="The lock and the empty directories partial and auxfiles; less than 100 kB in a layer.",
        source="debuerreotype's minimizing-config; dockle; hadolint; measured with apt 2.6",
        paths=("var/lib/apt/lists/**",),
        except_paths=("var/lib/apt/lists/lock", "var/lib/apt/lists/{partial,auxfiles}/**"),
        minimum=100_000,
    ),
    PathRule(
        id="apt-archives",
        title="downloaded deb packages",
        topic=Topic.CONTENT,
        why="apt keeps the package files that it has installed from. The programs in them are in "
        "the image a second time, unpacked.",
        fix=f"{_APT_CLEAN}\nOfficial Debian and Ubuntu images clean by themselves "
        "(/etc/apt/apt.conf.d/docker-clean).",
        ledger_class=_CACHE,
        keep="The lock.",
        source="debuerreotype's minimizing-config; measured with apt 2.6",
        paths=("var/cache/apt/archives/{*.deb,partial/*}",),
    ),
    PathRule(
        id="apt-binary-caches",
        title="apt's binary caches",
        topic=Topic.CONTENT,
        why="apt writes its lists a second time in a form that is quick to load, often larger than "
        "the packages. Every call of apt writes these files anew, so each layer has a copy.",
        fix=_APT_CLEAN,
        ledger_class=_CACHE,
        source="debuerreotype's minimizing-config; measured: two files of 40 MB",
        paths=("var/cache/apt/{pkgcache,srcpkgcache}.bin",),
    ),
    PathRule(
        id="dpkg-backups",
        title="backups of system databases",
        topic=Topic.CONTENT,
        why="dpkg, debconf and the user tools keep the state before their last change. Nothing "
        "reads it in a container.",
        fix=same_step(
            "apt-get install -y <packages>",
            "/var/lib/dpkg/*-old",
            "/var/cache/debconf/*-old",
            "/etc/*-",
        ),
        ledger_class=LedgerClass.LOGS_AND_TEMPORARY,
        most=Severity.INFO,
        keep="Less than 10 kB in a layer: a new user rewrites the files of users.",
        source="measured with dpkg 1.21: 1.2 MB",
        paths=(
            "var/lib/dpkg/{status,available,diversions,statoverride}-old",
            "var/cache/debconf/*-old",
            "etc/{passwd,group,shadow,gshadow,subuid,subgid}-",
        ),
        minimum=10_000,
        owned="flag",
    ),
    PathRule(
        id="dpkg-symbols",
        title="dpkg's data for building packages",
        topic=Topic.CONTENT,
        why="Symbols and shlibs files serve to build other packages, templates to ask questions "
        "at installation.",
        fix=same_step(
            "apt-get install -y <packages>",
            "/var/lib/dpkg/info/*.symbols",
            "/var/lib/dpkg/info/*.shlibs",
        ),
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.OTHER,
        most=Severity.INFO,
        keep="dpkg's status, lists and md5sums: without them scanners see no packages and report "
        "a clean image.",
        source="dpkg's manual pages",
        paths=("var/lib/dpkg/info/*.{symbols,shlibs,templates}",),
        minimum=100_000,
        owned="flag",
    ),
    PathRule(
        id="debconf-database",
        title="debconf's database",
        topic=Topic.CONTENT,
        why="It holds the questions that packages ask at installation, and their answers. Only "
        "further installations read it.",
        fix=same_step("apt-get install -y <packages>", "/var/cache/debconf/*"),
        confidence=Confidence.HINT,
        ledger_class=_CACHE,
        most=Severity.INFO,
        keep="Leave it where images based on this one install packages.",
        source="measured: 0.8 MB",
        paths=("var/cache/debconf/{templates,config}.dat",),
        minimum=100_000,
    ),
    PathRule(
        id="apk-cache",
        title="apk's cache",
        topic=Topic.CONTENT,
        why="apk keeps its index and the packages that it has downloaded, where --no-cache is "
        "not given.",
        fix="RUN apk add --no-cache <packages>",
        ledger_class=_CACHE,
        also=("DL3019", "DKL-DI-0004", "DS-0025"),
        keep="apk's database of installed packages and /etc/apk/world.",
        source="dockle; hadolint",
        paths=(
            "var/cache/apk/{APKINDEX.*.tar.gz,*.apk}",
            "etc/apk/cache/{APKINDEX.*.tar.gz,*.apk}",
        ),
        moved_by={"/etc/apk/cache": ("APKINDEX.*.tar.gz", "*.apk")},
    ),
    PathRule(
        id="dnf-cache",
        title="dnf's and yum's cache",
        topic=Topic.CONTENT,
        why="dnf, yum and microdnf keep metadata of repositories and downloaded packages. "
        "Installed programs do not read them.",
        fix=_DNF,
        ledger_class=_CACHE,
        also=("DL3040", "DL3032", "DS-0019", "DS-0015", "DS-0027"),
        source="hadolint; trivy-checks",
        paths=("var/cache/{dnf,yum}/**",),
    ),
    PathRule(
        id="libdnf5-cache",
        title="dnf5's cache",
        topic=Topic.CONTENT,
        why="dnf5 keeps metadata of repositories and downloaded packages. Installed programs do "
        "not read them.",
        fix="RUN dnf5 install -y <packages> && dnf5 clean all\nor\n"
        + mounted("dnf5 install -y <packages>", "/var/cache/libdnf5"),
        ledger_class=_CACHE,
        also=("DL3040",),
        source="hadolint; dnf5-caching(7)",
        paths=("var/cache/libdnf5/**", "~/.cache/libdnf5/**"),
    ),
    PathRule(
        id="dnf-history",
        title="dnf's history",
        topic=Topic.CONTENT,
        why="dnf remembers its transactions, and which packages were asked for by name. Only "
        "further work with dnf reads it.",
        fix=same_step("dnf install -y <packages> && dnf clean all", "/var/lib/dnf"),
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.OTHER,
        most=Severity.INFO,
        keep="The rpm database. Without the history LayerLens and dnf cannot tell wanted packages "
        "from dependencies.",
        source="dnf's documentation",
        paths=("var/lib/dnf/{history.sqlite*,repos/**}", "usr/lib/sysimage/libdnf5/**"),
        minimum=100_000,
        owned="flag",
    ),
    PathRule(
        id="rpm-database-leftovers",
        title="working files of the rpm database",
        topic=Topic.CONTENT,
        why="The database's lock and shared memory files are made anew when rpm runs.",
        fix=same_step("dnf install -y <packages> && dnf clean all", "/var/lib/rpm/__db.*"),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.LOGS_AND_TEMPORARY,
        keep="The database, and its write-ahead log (rpmdb.sqlite-wal), which holds data.",
        source="rpm's documentation",
        paths=("{var/lib,usr/lib/sysimage}/rpm/{__db.*,rpmdb.sqlite-shm}",),
        owned="flag",
    ),
    PathRule(
        id="rhsm-data",
        title="data of the subscription manager",
        topic=Topic.CONTENT,
        why="A container takes its subscription from the host; what a build registered is of no "
        "use later.",
        fix=same_step("dnf install -y <packages> && dnf clean all", "/var/lib/rhsm/*"),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.LOGS_AND_TEMPORARY,
        source="general knowledge",
        paths=("var/lib/rhsm/**",),
    ),
    PathRule(
        id="zypper-cache",
        title="zypper's cache",
        topic=Topic.CONTENT,
        why="zypper keeps metadata of repositories and downloaded packages. Installed programs do "
        "not read them.",
        fix="RUN zypper --non-interactive install --no-recommends <packages> && zypper clean -a",
        ledger_class=_CACHE,
        also=("DL3036", "DS-0020"),
        source="hadolint",
        paths=("var/cache/zypp/{packages,raw,solv}/**",),
    ),
    PathRule(
        id="pacman-cache",
        title="pacman's downloaded packages",
        topic=Topic.CONTENT,
        why="pacman keeps the package files that it has installed from.",
        fix="RUN pacman -Syu --noconfirm <packages> && pacman -Scc --noconfirm",
        ledger_class=_CACHE,
        source="pacman(8)",
        paths=("var/cache/pacman/pkg/*",),
    ),
    PathRule(
        id="pacman-sync-databases",
        title="pacman's lists of what can be installed",
        topic=Topic.CONTENT,
        why="pacman downloads them before each installation. Installed programs never read them.",
        fix=same_step("pacman -Syu --noconfirm <packages>", "/var/lib/pacman/sync/*"),
        ledger_class=_CACHE,
        keep="/var/lib/pacman/local, the database of installed packages.",
        source="pacman(8); syft's reader of the database",
        paths=("var/lib/pacman/sync/*.db",),
    ),
    PathRule(
        id="system-index-caches",
        title="indexes for interactive use",
        topic=Topic.CONTENT,
        why="Indexes of the linker's auxiliary cache, of systemd's messages, of commands that "
        "could be installed and of the software centre are made anew or never used in a container.",
        fix=same_step(
            "apt-get install -y <packages>",
            "/var/cache/ldconfig/aux-cache",
            "/var/lib/command-not-found",
            "/var/lib/swcatalog",
        ),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.LOGS_AND_TEMPORARY,
        source="general knowledge",
        paths=(
            "var/cache/ldconfig/aux-cache",
            "var/lib/systemd/catalog/database",
            "var/lib/{command-not-found,swcatalog}/**",
        ),
    ),
)
