"""What changed against another image, in short, as Markdown for a comment."""

from __future__ import annotations

from collections.abc import Iterator

from layerlens.analysis.rules.words import counted
from layerlens.comparison.model import Comparison, Delta
from layerlens.outputs.display import percent_of
from layerlens.outputs.markdown_fit import Section
from layerlens.outputs.markdown_text import md_cell, md_code, md_path
from layerlens.units import human_change, human_size

_PATHS = 10
"""Paths that changed the most."""

_FINDINGS = 10
"""Findings that are new."""

_TITLE = 160
_NAME = 120


def change_sections(comparison: Comparison) -> Iterator[Section]:
    """The section, in as many parts as may shrink apart."""
    old = md_code(comparison.old.image.reference, most=_NAME) or "the other image"
    rows = [
        _delta("size", comparison.size),
        _delta("transfer", comparison.transfer),
        _delta("live", comparison.live),
        _delta("wasted", comparison.dead),
    ]
    pull = comparison.pull
    fetched = len(pull.fetched)
    told = (
        f"Who has it downloads {human_size(pull.bytes)}{'' if pull.exact else ' (uncompressed)'}"
        f" in {counted(fetched, 'layer')} for this one; {counted(len(pull.reused), 'layer')} stay."
    )
    yield Section(
        rows,
        before=f"### Compared with {old}\n\n| | before | now | change |\n|---|---:|---:|---:|",
        after=f"\n{told}",
        weight=80,
    )
    matched, findings = comparison.findings, comparison.new.findings
    if matched.new or matched.fixed:
        yield Section(
            [
                f"| {findings[k].severity.word} | {human_size(findings[k].bytes)} "
                f"| {md_cell(findings[k].title, most=_TITLE)} |"
                for k in matched.new[:_FINDINGS]
            ],
            before=f"{counted(len(matched.new), 'finding')} new, {len(matched.fixed):,} fixed"
            + ("\n\n| severity | bytes | new finding |\n|---|---:|---|" if matched.new else ""),
            hidden=max(0, len(matched.new) - _FINDINGS),
            more=lambda left: f"\n… and {left:,} more",
            weight=40,
            optional=True,
        )
    paths = [each for each in comparison.paths[: 4 * _PATHS] if each.bytes][:_PATHS]
    if paths:
        yield Section(
            [
                f"| {_signed(each.bytes)} | {each.change.value} "
                f"| {md_path(each.path, cell=True, most=_NAME)} |"
                for each in paths
            ],
            before="<details><summary>Paths that changed the most</summary>\n\n"
            "| bytes | change | path |\n|---:|---|---|",
            after="\n</details>",
            hidden=len(comparison.paths) - len(paths),
            more=lambda left: f"\n… and {counted(left, 'more path')}",
            weight=15,
            optional=True,
        )


def _delta(name: str, delta: Delta) -> str:
    before, now = (
        "not known" if each is None else human_size(each) for each in (delta.old, delta.new)
    )
    change = ""
    if delta.change is not None:
        change = _signed(delta.change)
        if delta.change and delta.old:
            share = percent_of(abs(delta.change), delta.old)
            change += f" ({'+' if delta.change > 0 else '-'}{share})"
    return f"| {name} | {before} | {now} | {change} |"


def _signed(size: int) -> str:
    """``+1.2 MB``, ``-3 B``, ``±0 B``."""
    return human_change(size) if size else "±0 B"
