"""The colours of our own, dark and light.

Added is blue, modified yellow, removed a red that leans to orange: three
colours that people with any kind of colour blindness can tell apart.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from layerlens.tui.settings import DARK, LIGHT

THEMES = (
    Theme(
        name=DARK,
        primary="#3D8FD1",
        secondary="#7A8B99",
        success="#6CB8F0",
        warning="#F2D24B",
        error="#FF8F5A",
        accent="#C9B6F2",
        foreground="#E4E8EC",
        background="#12161A",
        surface="#1A2026",
        panel="#20272E",
        dark=True,
        variables={
            "text-success": "#6CB8F0",
            "text-warning": "#F2D24B",
            "text-error": "#FF8F5A",
            "text-accent": "#C9B6F2",
            "block-cursor-background": "#2F6FA6",
            "block-cursor-foreground": "#FFFFFF",
            "block-cursor-blurred-background": "#2A333C",
            "footer-key-foreground": "#F2D24B",
        },
    ),
    Theme(
        name=LIGHT,
        primary="#1F6FB2",
        secondary="#5B6B79",
        success="#0060B8",
        warning="#8C5E00",
        error="#700000",
        accent="#5B3FA0",
        foreground="#0B0F13",
        background="#FAFAF7",
        surface="#F1F1EC",
        panel="#E8E9E4",
        dark=False,
        variables={
            "text-success": "#0060B8",
            "text-warning": "#8C5E00",
            "text-error": "#700000",
            "text-accent": "#5B3FA0",
            "block-cursor-background": "#1F6FB2",
            "block-cursor-foreground": "#FFFFFF",
            "block-cursor-blurred-background": "#D5DDE3",
            "footer-key-foreground": "#8C5E00",
        },
    ),
)


def theme_names() -> tuple[str, ...]:
    """The themes that can be chosen, ours first; those for terminals' own colours are left out."""
    others = (name for name, theme in BUILTIN_THEMES.items() if not theme.ansi)
    return (*(theme.name for theme in THEMES), *others)
