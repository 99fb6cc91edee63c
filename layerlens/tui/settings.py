"""What a user chooses about the UI; whoever starts it reads that from somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.dom import DOMNode

DARK, LIGHT = "layerlens-dark", "layerlens-light"
"""The themes of our own."""

KEYS = ("default", "dive")
"""The keymaps to start from."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Known to be good.

    ``theme``   a name of :func:`layerlens.tui.themes.theme_names`
    ``keys``    the keymap to start from, one of :data:`KEYS`
    ``keymap``  binding ids and their keys, which go before those of ``keys``
    ``plain``   lines of words instead of drawings, for screen readers
    ``colour``  whether there is any
    ``unicode`` whether the terminal shows more than ASCII; counts in plain mode only
    """

    theme: str = DARK
    keys: str = "default"
    keymap: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    plain: bool = False
    colour: bool = True
    unicode: bool = True


def settings_of(node: DOMNode) -> Settings:
    """The settings of the app that a widget is in; the usual ones in another app."""
    found = getattr(node.app, "settings", None)
    return found if isinstance(found, Settings) else Settings()
