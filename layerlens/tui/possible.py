"""What can be done from where the focus is: bindings, their keys, and who acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textual.actions import parse
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen
from textual.widget import Widget

from layerlens.tui.bindings import bindings_of, live_keys, own_bindings
from layerlens.tui.keymaps import keymap_of
from layerlens.tui.keys import keys_of
from layerlens.tui.settings import settings_of


@dataclass(frozen=True, slots=True)
class Possible:
    """An action with the keys that it has now, who acts, and the class that binds it."""

    node: DOMNode
    scope: type
    binding: Binding
    keys: list[str]


def possible(screen: Screen[Any], *also: DOMNode) -> Iterator[Possible]:
    """From the focused widget up to the app, nearest first; then what else is named.

    Every id comes once, from the nearest that has it.  A key that something
    nearer has is left out, as pressing it would not do this.
    """
    focused = screen.focused
    nodes = list(focused.ancestors_with_self if focused is not None else (screen, screen.app))
    keymap = keymap_of(settings_of(screen))
    seen: set[str | None] = set()
    taken: set[str] = {
        key
        for node in nodes
        for binding in bindings_of(type(node))
        if binding.priority and _is_possible(screen, node, binding)
        for key in live_keys(binding, keymap)
    }
    for node in (*nodes, *(each for each in also if each not in nodes)):
        reachable = node in nodes
        nearer: set[str] = set()
        for scope in type(node).__mro__:
            own = own_bindings(scope)
            for binding in own:
                if binding.id in seen or not _is_possible(screen, node, binding):
                    continue
                if nearer.issuperset(keys_of(binding)) and keys_of(binding):
                    continue  # the class does something else in its place
                seen.add(binding.id)
                keys = live_keys(binding, keymap) if reachable else []
                if not binding.priority:
                    keys = [key for key in keys if key not in taken]
                    if focused is not None and node is not focused:
                        keys = [key for key in keys if not _is_typed(focused, key)]
                taken.update(keys)
                yield Possible(node, scope, binding, keys)
            nearer.update(key for binding in own for key in keys_of(binding))


def _is_typed(focused: Widget, key: str) -> bool:
    """Whether a key is a letter of what is being typed."""
    return focused.check_consume_key(key, key_to_character(key))


def _is_possible(screen: Screen[Any], node: DOMNode, binding: Binding) -> bool:
    namespace, name, parameters = parse(binding.action)
    owner: DOMNode = node
    if namespace == "app":
        owner = screen.app
    elif namespace == "screen":
        owner = screen
    return bool(owner.check_action(name, parameters))
