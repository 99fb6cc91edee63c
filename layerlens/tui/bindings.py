"""All bindings there are: found, looked up by id, and searched for clashes.

A scope is a class that can have bindings.  A scope's bindings are its own and
those it inherits; a key that the focused widget has goes before the same key
of the view around it, so two scopes may well share one.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

import layerlens.tui
from layerlens.tui.keys import key_name, keys_of, read_keys
from layerlens.tui.views.base import View

Keymap = Mapping[str, str]
"""Binding ids and their keys, separated by commas."""


EVERYWHERE = "Everywhere"
"""The place of what works wherever the focus is."""


def own_bindings(scope: type) -> list[Binding]:
    """What a class of ours binds itself."""
    if not scope.__module__.startswith("layerlens."):
        return []
    return [each for each in vars(scope).get("BINDINGS", ()) if isinstance(each, Binding)]


def bindings_of(scope: type) -> list[Binding]:
    """What a class binds and what it has from its bases, as far as those are ours."""
    return [binding for base in scope.__mro__ for binding in own_bindings(base)]


@cache
def scopes() -> tuple[type[DOMNode], ...]:
    """Every class of the UI that has bindings, by name."""
    for module in pkgutil.walk_packages(layerlens.tui.__path__, "layerlens.tui."):
        importlib.import_module(module.name)
    found = [scope for scope in _below(DOMNode) if bindings_of(scope)]
    return tuple(sorted(set(found), key=lambda scope: (scope.__module__, scope.__name__)))


def _below(scope: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for below in scope.__subclasses__():
        if below.__module__.startswith("layerlens."):
            yield below
        yield from _below(below)


def title_of(scope: type) -> str:
    """What people call a place that has keys: its own words, or what its class is called."""
    own = vars(scope).get("KEYS_TITLE")
    if isinstance(own, str):
        return own
    if issubclass(scope, View):
        return f"In the view {scope.TITLE}"
    if issubclass(scope, App):
        return EVERYWHERE
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", scope.__name__.strip("_").removesuffix("Screen"))
    return words.capitalize()


def all_bindings() -> dict[str, Binding]:
    """Every binding by its id."""
    return {
        binding.id: binding
        for scope in scopes()
        for binding in own_bindings(scope)
        if binding.id is not None
    }


def live_keys(binding: Binding, keymap: Keymap) -> list[str]:
    """The keys that a binding has under a keymap."""
    given = keymap.get(binding.id or "")
    return keys_of(binding) if given is None else read_keys(given)


def clashes(keymap: Keymap) -> list[str]:
    """Keys that a keymap gives two meanings: in one scope, or because one of them has priority.

    What shares a key by default is left out: only one of the two is possible at
    a time, or a class puts something in the place of what its base does.
    """
    by_default = {(first, second) for _, first, second in shared_keys({})}
    return list(
        dict.fromkeys(
            f"{key_name(key)} is both {first} and {second}"
            for key, first, second in shared_keys(keymap)
            if (first, second) not in by_default
        )
    )


def shared_keys(keymap: Keymap) -> Iterator[tuple[str, str, str]]:
    """Keys with the ids of two actions that have it."""
    for scope in scopes():
        taken: dict[str, str] = {}
        for over in scopes():
            if over is not scope and _is_over(over, scope):
                ahead = [binding for binding in own_bindings(over) if binding.priority]
                taken.update(
                    (key, binding.id or "")
                    for binding in ahead
                    for key in live_keys(binding, keymap)
                )
        for binding in bindings_of(scope):
            for key in live_keys(binding, keymap):
                first = taken.setdefault(key, binding.id or "")
                if first != binding.id:
                    yield key, first, binding.id or ""


def _is_over(over: type, scope: type) -> bool:
    """Whether a class is around another one, as far as classes tell."""
    if issubclass(over, App):
        return True
    return issubclass(over, Screen) and not issubclass(scope, Screen | App)
