"""The commands of the palette: every action that is possible, the themes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.screen import Screen
from textual.types import IgnoreReturnCallbackType

from layerlens.tui.keys import names_of
from layerlens.tui.possible import possible
from layerlens.tui.screens.hosting import Host
from layerlens.tui.themes import theme_names


class _Command(NamedTuple):
    name: str
    keys: str
    run: IgnoreReturnCallbackType


class Commands(Provider):
    """Made from the bindings, so that each new one is a command by itself."""

    async def discover(self) -> Hits:
        for command in _commands(self.screen):
            yield DiscoveryHit(_line(command), command.run, text=command.name)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in _commands(self.screen):
            score = matcher.match(command.name)
            if score > 0:
                shown = matcher.highlight(command.name)
                if command.keys:
                    shown = shown.append(f"  {command.keys}")
                yield Hit(score, shown, command.run, text=command.name)


def _line(command: _Command) -> Text:
    return Text(f"{command.name}  {command.keys}".rstrip())


def _commands(screen: Screen[Any]) -> Iterator[_Command]:
    also = [screen.view, *screen.view.panes()] if isinstance(screen, Host) else []
    found = list(possible(screen, *also))
    found.sort(key=lambda each: (each.binding.id or "").startswith("list."))  # known to the hand
    seen: set[tuple[DOMNode, str]] = {(screen.app, "command_palette")}  # it is open already
    for each in found:
        does = each.node, each.binding.action
        if does in seen:  # another key for the same
            continue
        seen.add(does)
        yield _Command(
            each.binding.tooltip,
            names_of(each.keys),
            partial(screen.app.run_action, each.binding.action, each.node),
        )
    for name in theme_names():
        yield _Command(f"theme: {name}", "", partial(_set_theme, screen, name))


def _set_theme(screen: Screen[Any], name: str) -> None:
    screen.app.theme = name
