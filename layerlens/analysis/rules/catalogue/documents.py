"""Documentation and translations: mostly the system packages', and that is the point."""

from __future__ import annotations

from layerlens.analysis.rules.catalogue.advice import DEFAULT_PATH
from layerlens.analysis.rules.catalogue.conditions import (
    beside,
    unwanted_languages,
    unwanted_system_locales,
    without_files,
)
from layerlens.analysis.rules.model import Confidence, LedgerClass, PathRule, Severity, Topic


def _excluded(*lines: str) -> str:
    """A step that tells dpkg what not to unpack."""
    quoted = " ".join(f"'{line}'" for line in lines)
    return (
        f"RUN printf '%s\\n' {quoted} > /etc/dpkg/dpkg.cfg.d/01-small\n"
        "before packages are installed (rpm: --setopt=tsflags=nodocs; apk has packages named -doc), "
        "or use a -slim base"
    )


_SLIM = "debuerreotype's lists for slim images; measured"

RULES = (
    PathRule(
        id="docs",
        title="documentation of packages",
        topic=Topic.CONTENT,
        why="Changelogs, READMEs and examples of packages are for people at a shell.",
        fix=_excluded("path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright"),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.DOCUMENTATION,
        keep="Copyright files: licences ask for them, and scanners read them.",
        source=f"{_SLIM}: 14.9 MB on Debian 12, of which 2.2 MB are copyright files",
        paths=("usr/{local/,}share/doc/**",),
        except_paths=("usr/{local/,}share/doc/**/copyright",),
        owned="flag",
        base_most=Severity.INFO,
    ),
    PathRule(
        id="man-pages",
        title="manual pages",
        topic=Topic.CONTENT,
        why="Nobody reads manuals in a container.",
        fix=_excluded("path-exclude=/usr/share/man/*"),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.DOCUMENTATION,
        keep="The directories: scripts of some packages fail without man1.",
        source=_SLIM,
        paths=("usr/{local/,}share/man/**", "usr/local/man/**", "var/cache/man/**"),
        owned="flag",
        base_most=Severity.INFO,
    ),
    PathRule(
        id="info-pages",
        title="info pages and help of desktops",
        topic=Topic.CONTENT,
        why="Nobody reads manuals in a container.",
        fix=_excluded("path-exclude=/usr/share/info/*", "path-exclude=/usr/share/help/*"),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.DOCUMENTATION,
        source=_SLIM,
        paths=("usr/share/info/**", "usr/share/{gtk-doc,help,gnome/help,omf,devhelp}/**"),
        owned="flag",
        base_most=Severity.INFO,
    ),
    PathRule(
        id="locales",
        title="translations of programs",
        topic=Topic.CONTENT,
        why="Messages of system programs in languages that the image does not use.",
        fix=_excluded(
            "path-exclude=/usr/share/locale/*", "path-include=/usr/share/locale/locale.alias"
        ),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.LOCALES,
        keep="English, and the languages of LANG, LANGUAGE, LC_ALL and LC_MESSAGES.",
        source=f"{_SLIM}: 32 to 42 MB on Debian 12",
        paths=("usr/{local/,}share/locale/*/LC_MESSAGES/**",),
        owned="flag",
        base_most=Severity.INFO,
        where=unwanted_languages,
    ),
    PathRule(
        id="system-locales",
        title="the C library's locales",
        topic=Topic.CONTENT,
        why="Rules for dates, sorting and letters of languages. Programs use the one that LANG names.",
        fix="ENV LANG=C.UTF-8\nand install no locales; or localedef the single one that is needed",
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.LOCALES,
        most=Severity.LOW,
        keep="C.utf8, and what LANG and LC_ALL name.",
        source="glibc's manual",
        paths=("usr/lib/locale/**", "usr/share/i18n/**"),
        owned="info",
        base_most=Severity.INFO,
        where=unwanted_system_locales,
    ),
    PathRule(
        id="packaging-notes",
        title="notes for package maintainers",
        topic=Topic.CONTENT,
        why="Overrides for lintian and scripts for bug reports are for those who make packages.",
        fix=_excluded("path-exclude=/usr/share/lintian/*", "path-exclude=/usr/share/bug/*"),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.DOCUMENTATION,
        source=_SLIM,
        paths=("usr/share/{lintian,linda,bug}/**",),
        minimum=10_000,
        owned="flag",
        base_most=Severity.INFO,
    ),
    PathRule(
        id="time-zone-copies",
        title="second and third copies of time zones",
        topic=Topic.CONTENT,
        why="right and posix repeat all zones, with and without leap seconds. Programs use the zones "
        "above them.",
        fix=_excluded(
            "path-exclude=/usr/share/zoneinfo/right/*", "path-exclude=/usr/share/zoneinfo/posix/*"
        ),
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.DOCUMENTATION,
        keep="The zones themselves.",
        source="tzdata; measured",
        paths=("usr/share/zoneinfo/{right,posix}/**",),
        owned="flag",
        base_most=Severity.INFO,
    ),
    PathRule(
        id="examples",
        title="examples of packages",
        topic=Topic.CONTENT,
        why="Examples and documents that packages install are seldom read by programs.",
        fix="In the step that installs them:\nrm -rf {paths}",
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.TESTS_AND_EXAMPLES,
        most=Severity.INFO,
        source="general knowledge",
        paths=("usr/share/examples/**", "**/{site,dist}-packages/**/{docs,examples}/**"),
        owned="flag",
    ),
    PathRule(
        id="fonts-and-icons",
        title="fonts, icons and sounds",
        topic=Topic.CONTENT,
        why="Nothing in the image is known to draw or play.",
        fix="RUN apt-get install -y --no-install-recommends <packages>",
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.OTHER,
        most=Severity.LOW,
        keep="Images with X11, GTK, Qt, Cairo, Java, Chromium, LibreOffice, wkhtmltopdf, matplotlib, "
        "ImageMagick or a TeX.",
        source="general knowledge",
        paths=("usr/share/{fonts,icons,themes,sounds,wallpapers,backgrounds}/**",),
        owned="info",
        where=without_files(
            rb"/lib(?:X11|gtk-|Qt\d|cairo|fontconfig|pango|MagickCore|gd)[^\0/]*\.so|/bin/java\0|/chrom"
            rb"|wkhtmltopdf|/matplotlib/|/libreoffice/|/texlive/"
        ),
    ),
    PathRule(
        id="gem-documents",
        title="documentation of gems",
        topic=Topic.CONTENT,
        why="gem install makes documentation for ri, which is for people at a shell.",
        fix="RUN gem install --no-document <gem>\nor\nRUN echo 'gem: --no-document' >> /etc/gemrc",
        ledger_class=LedgerClass.DOCUMENTATION,
        source="RubyGems' documentation",
        paths=("**/doc/*/{ri,rdoc}/**",),
    ),
    PathRule(
        id="r-package-documents",
        title="documentation and tests of R packages",
        topic=Topic.CONTENT,
        why="Help pages, demos and tests are for interactive sessions.",
        fix='RUN R -e \'install.packages("...", INSTALL_opts = c("--no-docs", "--no-help", "--no-demo"))\'',
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.DOCUMENTATION,
        most=Severity.INFO,
        keep="Needed where people work in the container.",
        source=DEFAULT_PATH,
        paths=("**/library/*/{doc,html,help,tests,demo}/**",),
        owned="flag",
        where=beside(("doc", "html", "help", "tests", "demo"), ("DESCRIPTION",)),
    ),
)
