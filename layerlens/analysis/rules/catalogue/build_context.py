"""The folder that a build sends to its builder, where the user names it."""

from __future__ import annotations

from collections.abc import Iterable

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic

LARGE = 50_000_000
"""Bytes of a context from which sending it is felt."""

RULES = (
    Rule(
        id="build-context-junk",
        title="files in the build context that no build needs",
        topic=Topic.CACHE_ORDER,
        why="All of the context is read and sent before a build begins, a changed file spoils "
        "the cache of every COPY that takes it, and what is sent can end up in the image.",
        fix="# .dockerignore\n{lines}",
        confidence=Confidence.LIKELY,
        severity=Severity.LOW,
        also=("CopyIgnoredFile",),
        keep="A line is only suggested where it would keep something out. Patterns are anchored "
        "at the context's root, so deep names are written with **/.",
        source="docs.docker.com/build/concepts/context, a build with each kind of pattern",
    ),
    Rule(
        id="build-context-large",
        title="large build context",
        topic=Topic.CACHE_ORDER,
        why="All of the context is read and sent before a build begins.",
        fix="# .dockerignore\n{lines}",
        confidence=Confidence.CERTAIN,
        severity=Severity.INFO,
        keep="Contexts below 50 MB.",
        source="docs.docker.com/build/concepts/context",
    ),
)


def check(context: Context) -> Iterable[Draft]:
    """Compare the context with what usually belongs into a ``.dockerignore``."""
    sent = context.build_context
    if sent is None:
        return
    # Of a context's files nothing is in the image yet: these findings carry no bytes of it.
    suggested = sent.suggested()
    if suggested:
        count = sum(files for _, files, _ in suggested)
        size = sum(each for _, _, each in suggested)
        missing = "there is no .dockerignore" if sent.ignore is None else f"beside {sent.ignore}"
        yield Draft(
            "build-context-junk",
            title=f"{count:,} files in the build context that no build needs",
            evidence=(
                f"{size:,} bytes, {missing}",
                *(f"{line}: {files:,} files, {each:,} bytes" for line, files, each in suggested),
            ),
            values={"lines": "\n".join(line for line, _, _ in suggested)},
        )
    if sent.size > LARGE:
        yield Draft(
            "build-context-large",
            title=f"build context of {len(sent.files):,} files",
            evidence=(
                f"{sent.size:,} bytes are sent",
                *(f"{name}: {each:,} bytes" for name, each in sent.largest()),
            ),
            values={"lines": "\n".join(name for name, _ in sent.largest(5))},
        )


RULE_SET = RuleSet(RULES, (check,))
