"""Keys as users write them, as they are told, and as they are compared.

A key is a name (``f1``, ``pageup``, ``slash``) or a character (``/``, ``G``),
with ``ctrl+``, ``alt+`` or ``shift+`` in front where it is held with one.
"""

from __future__ import annotations

import unicodedata

from textual.binding import Binding
from textual.keys import (
    KEY_NAME_REPLACEMENTS,
    KEY_TO_UNICODE_NAME,
    Keys,
    _character_to_key,
    format_key,
)

NO_KEY = "none"
"""Stands for a key where an action has none; no terminal sends it."""

_SHOWN = {
    "minus": "-", "underscore": "_", "at": "@", "space": "Space", "pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc", "enter": "Enter", "tab": "Tab",
    "home": "Home", "end": "End", "up": "↑", "down": "↓", "left": "←", "right": "→",
}  # fmt: skip
_ALIASES = {
    "pgup": "pageup", "pgdn": "pagedown", "pgdown": "pagedown", "esc": "escape", "return": "enter",
    "del": "delete", "equals": "equals_sign", "-": "minus", "ctrl+i": "tab",
    "ctrl+at": "ctrl+space",
}  # fmt: skip
_SENT_AS = {"ctrl+space": "ctrl+@", "ctrl+slash": "ctrl+underscore"}
"""What most terminals send for a key; newer ones send the key itself."""

_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_NAMES = (
    {key.value for key in Keys} | set(KEY_TO_UNICODE_NAME) | set(KEY_NAME_REPLACEMENTS.values())
)


def read_keys(text: str) -> list[str]:
    """The keys of a list with commas, as Textual calls them; none for ``""`` and ``"none"``.

    Raises :class:`ValueError` with the part that is no key.
    """
    found: list[str] = []
    if text.strip() in ("", NO_KEY):
        return found
    for part in text.split(","):
        name = _read(part.strip())
        found.append(name)
        if name in _SENT_AS:
            found.append(_SENT_AS[name])
    return list(dict.fromkeys(found))


def _read(key: str) -> str:
    if len(key) > 1:
        key = key.lower()
    if key.endswith("++") or key == "+":
        key = key[:-1] + "plus"
    *modifiers, last = key.split("+")
    modifiers.sort()
    last = _ALIASES.get(last, last)
    if len(last) == 1 and not last.isalnum():
        last = _character_to_key(last)
    if not set(modifiers) <= _MODIFIERS or not _is_key(last):
        raise ValueError(key or ",")
    whole = "+".join([*modifiers, last])
    return _ALIASES.get(whole, whole)


def _is_key(name: str) -> bool:
    if len(name) == 1:
        return name.isprintable()
    if name in _NAMES:
        return True
    try:
        return bool(unicodedata.lookup(name.replace("_", " ")))
    except KeyError:
        return False


def keys_of(binding: Binding) -> list[str]:
    """The keys of a binding; none where it has none until somebody gives it one."""
    keys = (key.strip() for key in binding.key.split(","))
    return [_character_to_key(key) if len(key) == 1 else key for key in keys if key != NO_KEY]


def key_name(key: str) -> str:
    """A key as it stands on the keyboard."""
    *modifiers, last = key.split("+")
    named = _SHOWN.get(last) or format_key(last)
    if len(named) > 1:
        named = named[0].upper() + named[1:]
    elif modifiers:
        named = named.upper()
    return "+".join([*(each.capitalize() for each in modifiers), named])


def names_of(keys: list[str]) -> str:
    """Keys in one text, without those that only stand for another."""
    sent = {_SENT_AS[key] for key in keys if key in _SENT_AS}
    return "  ".join(key_name(key) for key in keys if key not in sent)
