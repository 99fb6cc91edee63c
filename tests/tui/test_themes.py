"""Colours that can be read, that everybody can tell apart, and the screen without any."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets._footer import FooterKey

from layerlens.analysis.model import Analysis
from layerlens.tui.settings import DARK, LIGHT, Settings
from layerlens.tui.themes import THEMES, theme_names
from layerlens.tui.views.catalogue import VIEWS
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.layer_list import LayerList
from tests.tui.piloting import SETTLED, TYPED, opened, until

READABLE = 4.5
"""Contrast of text by WCAG 2, level AA."""


def segments(app: App[Any], inside: str | None = None) -> Iterator[Segment]:
    """What the screen shows, or the part of it that a widget covers."""
    region = app.screen.region if inside is None else app.screen.query_one(inside).region
    for strip in app.screen._compositor.render_strips(app.size)[region.y : region.bottom]:
        yield from strip.crop(region.x, region.right)


def rows(app: App[Any]) -> list[list[Segment]]:
    return [list(strip) for strip in app.screen._compositor.render_strips(app.size)]


def luminance(color: Color) -> float:
    parts = (part / 255 for part in color.rgb)
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def unreadable(app: App[Any], inside: str | None = None) -> dict[str, float]:
    """Texts of the screen that stand out too little from what is behind them."""
    found = {}
    for text, style, _ in segments(app, inside):
        if not any(char.isalnum() for char in text) or style is None:
            continue
        if style.color is None or style.bgcolor is None or style.color.is_default:
            continue
        ahead, behind = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
        value = contrast(ahead, behind)
        if value < READABLE:
            found[f"{text.strip()} ({ahead.hex} on {behind.hex})"] = round(value, 2)
    return found


@pytest.mark.parametrize("theme", [DARK, LIGHT])
async def test_all_text_can_be_read(analysis: Analysis, theme: str) -> None:
    async with opened(analysis, (120, 40), Settings(theme=theme)) as (pilot, screen, _browser):
        await pilot.press("G", "e", "p")
        await pilot.pause(SETTLED)
        assert unreadable(pilot.app) == {}
        await pilot.press("tab", "a", "e")
        assert unreadable(pilot.app) == {}
        await pilot.press("slash", *"js")
        await pilot.pause(TYPED)
        assert unreadable(pilot.app) == {}
        await pilot.press("escape", "question_mark")
        assert unreadable(pilot.app, "#help") == {}
        await pilot.press("escape")
        for view in range(1, len(VIEWS) + 1):
            await pilot.press(str(view))
            await pilot.pause(TYPED)
            assert unreadable(pilot.app) == {}, view
        await pilot.press("ctrl+p")
        assert isinstance(pilot.app.screen, CommandPalette)
        await pilot.pause(TYPED)
        assert unreadable(pilot.app, "#--results") == {}
        await pilot.press("escape")
        assert screen.is_active


# ---------------------------------------------------------------------- colour blindness

# Machado, Oliveira, Fernandes 2009, severity 1.0: linear RGB as people without one kind of cone see it.
BLIND = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
TELLS_APART = 20
"""A distance in CIE L*a*b* that is seen at a glance; 2.3 is just noticed."""


def lab(linear: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = (min(1.0, max(0.0, part)) for part in linear)
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (p ** (1 / 3) if p > 0.008856 else 7.787 * p + 16 / 116 for p in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(color: str, blind: str) -> tuple[float, float, float]:
    parts = (part / 255 for part in Color.parse(color).rgb)
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return lab(tuple(sum(k * p for k, p in zip(row, linear, strict=True)) for row in BLIND[blind]))


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("blind", BLIND)
def test_kinds_of_change_look_different_to_everybody(theme: Any, blind: str) -> None:
    kinds = ("text-success", "text-warning", "text-error")  # added, modified, removed
    for one, other in itertools.combinations(kinds, 2):
        ahead, behind = (seen(theme.variables[each], blind) for each in (one, other))
        distance = sum((a - b) ** 2 for a, b in zip(ahead, behind, strict=True)) ** 0.5
        assert distance > TELLS_APART, (one, other, distance)


# ---------------------------------------------------------------------- choice


async def test_every_theme_can_be_chosen(analysis: Analysis) -> None:
    async with opened(analysis, settings=Settings(theme="gruvbox")) as (pilot, _screen, _browser):
        assert pilot.app.theme == "gruvbox"
        for name in theme_names():
            pilot.app.theme = name
            await pilot.pause()
            assert pilot.app.theme == name
    assert theme_names()[:2] == (DARK, LIGHT)


# ---------------------------------------------------------------------- without colours


def reversed_text(app: App[Any]) -> list[str]:
    """What of each row is in reverse, for the rows where something is."""
    found = (
        "".join(text for text, style, _ in row if style is not None and style.reverse)
        for row in rows(app)
    )
    return [text for text in found if any(char.isalnum() for char in text)]


def underlined(app: App[Any]) -> list[str]:
    """What of the palette's rows is underlined, for the rows where something is."""
    found = (
        "".join(text for text, style, _ in row if style is not None and style.underline)
        for row in rows(app)[3:]
    )
    return [text for text in found if text.strip()]


def border_of(pilot: Pilot[Any], kind: type[Widget]) -> str:
    region = pilot.app.screen.query_one(kind).region
    row = "".join(segment.text for segment in rows(pilot.app)[region.y])
    return row[region.x]


async def test_without_colours_all_is_told_by_other_means(
    analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(analysis, (100, 30), Settings(colour=False)) as (pilot, _screen, _browser):
        await pilot.press("G")
        await pilot.pause(SETTLED)
        for _, style, _ in segments(pilot.app):
            if style is not None:
                assert style.color is None or style.color.is_default
                assert style.bgcolor is None or style.bgcolor.is_default
        tab, row = reversed_text(pilot.app)
        assert tab.strip() == "1 Layers"
        assert row.lstrip("┃ ").startswith("4 "), "the cursor's row of the focused pane"
        assert (border_of(pilot, LayerList), border_of(pilot, FileTree)) == ("┏", "╭")
        await pilot.press("tab")
        assert (border_of(pilot, LayerList), border_of(pilot, FileTree)) == ("╭", "┏")
        await pilot.press("slash")
        # The cursor stands, and blinks, on the first letter of the hint.
        await until(pilot, lambda: "t" in reversed_text(pilot.app))
        await pilot.press("escape", "ctrl+p", *"open or")
        await until(pilot, lambda: len(underlined(pilot.app)) == 1)
        assert underlined(pilot.app)[0].lstrip().startswith("Open or close")


async def test_an_empty_no_color_says_nothing(
    analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with opened(analysis) as (pilot, _screen, _browser):
        colours = {style.color for _, style, _ in segments(pilot.app) if style is not None}
        assert any(c is not None and c.triplet and len(set(c.triplet)) > 1 for c in colours)
        assert pilot.app.screen.query(FooterKey)


async def test_styles_of_pieces_follow_the_theme_and_the_focus(analysis: Analysis) -> None:
    """Lists keep the styles that they have worked out, as long as those are right."""
    async with opened(analysis) as (pilot, screen, _browser):
        layers = screen.query_one(LayerList)
        await until(pilot, lambda: layers.has_focus)
        dark, focused = layers._style("added"), layers._style("cursor")
        assert dark.color != layers.rich_style.color
        await pilot.press("tab")
        await until(pilot, lambda: not layers.has_focus)
        assert layers._style("cursor") != focused
        assert layers._style("added") == dark
        pilot.app.theme = "textual-light"
        await until(pilot, lambda: layers._style("added") != dark)
        with pytest.raises(KeyError):
            layers._style("no such style")
