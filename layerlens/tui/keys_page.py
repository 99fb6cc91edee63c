"""The page of all keys in ``docs/``, made from the bindings."""

from __future__ import annotations

from textual.binding import Binding

from layerlens.tui.bindings import EVERYWHERE, live_keys, own_bindings, scopes, title_of
from layerlens.tui.keymaps import DIVE
from layerlens.tui.keys import names_of

_HEAD = """\
# Keys of the terminal UI

Every action has an id. `[tui.bindings]` of `.layerlens.toml` (or `[tool.layerlens.tui.bindings]` of
`pyproject.toml`) gives it other keys, in place of all those that it has; an empty text takes them away:

```toml
[tui]
theme = "layerlens-light"     # LAYERLENS_THEME, --theme
keys = "dive"                 # the keys to start from; LAYERLENS_KEYS, --keys
plain = false                 # LAYERLENS_PLAIN, --plain

[tui.bindings]
"filter.open" = "ctrl+g, /"
"tree.fold" = ["F", "alt+f"]
"tree.bars" = ""
```

A flag goes before the environment, the environment before the file. A key is a character (`/`, `G`) or a
name (`f1`, `pageup`, `slash`, `comma`), with `ctrl+`, `alt+` or `shift+` in front. Two actions of one place
cannot have one key; the pane with the focus goes before the view around it, that before everything else.
What is wrong is told before the UI starts.

Where a column is empty the action has no key of its own; the command palette offers it all the same.
[Which key of dive does what here](from-dive.md) is a page of its own.
"""

_COLUMNS = "| id | keys | `--keys dive` | action |\n|---|---|---|---|\n"


def keys_page() -> str:
    """The page: one table for each place that has keys."""
    places: dict[str, list[Binding]] = {}
    for scope in scopes():
        places.setdefault(title_of(scope), []).extend(own_bindings(scope))
    parts = [_HEAD]
    for title, bindings in sorted(places.items(), key=lambda place: place[0] != EVERYWHERE):
        if bindings:
            parts.append(f"\n## {title}\n\n{_COLUMNS}")
            parts += map(_row, bindings)
    return "".join(parts)


def _row(binding: Binding) -> str:
    usual, dive = live_keys(binding, {}), live_keys(binding, DIVE)
    changed = _cell(names_of(dive)) if dive != usual else ""
    return f"| `{binding.id}` | {_cell(names_of(usual))} | {changed} | {binding.tooltip} |\n"


def _cell(keys: str) -> str:
    """Keys as code; a bar would end the cell, and so would a backtick."""
    return " ".join(f"`{key}`" for key in keys.replace("|", "\\|").split())


def write_page(path: str) -> None:
    """Write the page anew: ``docs/tui-keys.md``."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(keys_page())
