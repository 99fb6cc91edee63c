"""Comparisons and trends of images that attack their reader."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison
from layerlens.outputs.html.trend import write_trend_html
from layerlens.outputs.report import Report
from layerlens.trend.model import ClassMove
from tests.browser.opening import Opener
from tests.browser.test_hostile import look
from tests.builders import file, whiteout
from tests.golden.test_many_images import moving
from tests.unit.comparison.twoimages import blind, by_hashes
from tests.unit.outputs.monstrous import NAMES, PAYLOADS, TEXT, monstrous
from tests.unit.outputs.samples import build

PARTS = ("", "files", "layers", "packages", "findings", "why")


@cache
def monstrous_changes() -> Comparison:
    """Hostile names that came, moved, and are gone, from hostile steps."""
    new = monstrous(wide=300, deep=100, long=20_000).analysis
    names = [name for name in NAMES if name.strip(b"/")]
    old = build(
        [
            [file(b"moved/" + name, b"x" * (100 + k)) for k, name in enumerate(names)],
            [file(b"n/" + name, b"o" * 7) for name in names[1::2]],
            [file(b"gone/" + name, b"g" * (50 + k)) for k, name in enumerate(names)],
            [whiteout("a")],
        ],
        [*PAYLOADS[:3], "x" * 5_000],
        reference=TEXT,
        tags=PAYLOADS,
    )
    return compare(old, new, by_hashes(old, new))


async def walk(page: Page, places: tuple[str, ...]) -> None:
    for place in places:
        await page.evaluate("(place) => { location.hash = place; }", place)
        await page.evaluate("new Promise(requestAnimationFrame)")
        await expect(page.locator("main h1")).to_be_visible()
        assert await look(page) == [], place


async def test_every_part_of_changes_shows_attacks_as_text(opener: Opener) -> None:
    comparison = monstrous_changes()
    report = Report(comparison.new, comparison=comparison)
    page = await opener.open(report, "#/changes", width=360)
    await walk(
        page,
        (
            *(f"#/changes?part={part}" for part in PARTS),
            "#/changes?part=files&list=all&sort=path",
            "#/changes?part=files&at=n",
            "#/changes?part=files&at=gone&area=whole",
            "#/changes?part=files&q=<img src=x onerror=alert(1)>",
            "#/changes?part=files&at=__proto__&hide=__proto__&area=toString&sort=constructor",
            "#/changes?part=__proto__",
        ),
    )
    moved = [each for each in comparison.paths if each.moved_from is not None]
    assert moved, "there is something to walk to"


async def test_a_comparison_with_a_monster_as_the_old_image(opener: Opener) -> None:
    forth = monstrous_changes()
    back = compare(forth.new, forth.old, blind)
    page = await opener.open(Report(back.new, comparison=back), "#/changes", width=360)
    await walk(page, tuple(f"#/changes?part={part}" for part in PARTS))


OWN_WORDS = {"change", "kind", "ecosystem"}
"""Fields whose texts are this tool's own, as are all texts of classes."""


def attacking(value: Any) -> Any:
    """The same with an attack in place of every text that an image or a registry brings."""
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(map(attacking, value))
    if not is_dataclass(value) or isinstance(value, ClassMove):
        return value
    changed = {}
    for each in fields(value):
        now = getattr(value, each.name)
        if isinstance(now, str) and each.name not in OWN_WORDS and not isinstance(now, StrEnum):
            changed[each.name] = TEXT
        elif isinstance(now, tuple) or is_dataclass(now):
            changed[each.name] = attacking(now)
    return replace(value, **changed)  # type: ignore[type-var]


async def test_a_trend_shows_attacks_as_text(opener: Opener, tmp_path: Path) -> None:
    path = tmp_path / "trend.html"
    with path.open("wb") as stream:
        write_trend_html(attacking(moving()), stream)
    page = await opener.open_file(path, "#/trend", width=360)
    await walk(page, ("#/trend?at=0", "#/trend?at=1", "#/trend?at=__proto__", "#/guide"))
