"""Keys in place of the default ones: dive's, and a user's own on top of either."""

from __future__ import annotations

import difflib

from layerlens.tui.bindings import Keymap, all_bindings, clashes
from layerlens.tui.keys import NO_KEY, read_keys
from layerlens.tui.settings import Settings

DIVE: Keymap = {
    "app.palette": "f2,colon",
    "panes.next": "tab,right,l",
    "panes.previous": "shift+tab,left,h",
    "panes.zoom": "z,ctrl+p",
    "filter.open_control": "ctrl+f,ctrl+slash",
    "list.page_up": "pageup,u",
    "tree.aggregate": "a",
    "tree.show_aggregate": "ctrl+a",
    "tree.show_changes": "ctrl+l",
    "tree.added": "plus",
    "tree.added_here": "ctrl+a",
    "tree.removed": "minus,ctrl+r",
    "tree.modified": "tilde,ctrl+m",
    "tree.unchanged": "equals_sign,ctrl+u",
    "tree.collapse_all": "c,ctrl+space",
    "tree.sort_other": "ctrl+o",
}
"""What differs from the default keys: dive's go first, and what dive leaves free stays."""

_KEYMAPS: dict[str, Keymap] = {"default": {}, "dive": DIVE}


def keymap_of(settings: Settings) -> dict[str, str]:
    """What differs from the default keys, as Textual wants it."""
    return {
        name: ",".join(read_keys(keys)) or NO_KEY
        for name, keys in {**_KEYMAPS[settings.keys], **settings.keymap}.items()
    }


def problems_of(keys: str, keymap: Keymap) -> list[str]:
    """What is wrong with a user's keys on top of a named keymap: names, keys, clashes."""
    known = all_bindings()
    problems = []
    good: dict[str, str] = {}
    for name, text in keymap.items():
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(f"tui.bindings: no action {name!r:.100}{hint}")
            continue
        try:
            read_keys(text)
        except ValueError as error:
            problems.append(f"tui.bindings.{name}: {str(error)!r:.100} is no key")
        else:
            good[name] = text
    base = _KEYMAPS[keys]
    return problems + [f"tui.bindings: {each}" for each in clashes({**base, **good})]
