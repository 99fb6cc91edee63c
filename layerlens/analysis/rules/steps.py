"""The history of an image as steps of a build: which made which layer, and what each ran."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from layerlens.image.history import LINE_BREAK, readable
from layerlens.image.model import ImageConfig, Instruction, LayerHistory
from layerlens.image.shell import Command, commands

_FLAG = re.compile(r"--([a-z][a-z-]*)(?:=(\S*))?\s+")


@dataclass(frozen=True)
class Step:
    """One row of the history.

    ``row`` its index in the history, ``None`` for a layer without a row; ``layer`` the layer
    that it made, if any; ``instruction`` with the values of secrets hidden, so
    that it may be shown.
    """

    row: int | None
    layer: int | None
    instruction: Instruction
    is_base: bool

    @property
    def keyword(self) -> str:
        return self.instruction.keyword

    @property
    def history(self) -> int | None:
        """The row as :attr:`Draft.history` wants it: where no layer is to blame."""
        return self.row if self.layer is None else None

    @cached_property
    def body(self) -> str:
        """What follows the keyword, original line breaks in place."""
        text = self.instruction.text.removeprefix(self.keyword).strip()
        return text.replace(f" {LINE_BREAK} ", "\n")

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The commands of a ``RUN``; none of other steps."""
        return tuple(commands(self.body)) if self.keyword == "RUN" else ()

    @cached_property
    def flags(self) -> dict[str, str]:
        """Flags of a ``COPY`` or ``ADD`` as far as the builder recorded them."""
        found: dict[str, str] = {}
        text = self.body
        while match := _FLAG.match(text):
            found[match[1]] = match[2] or ""
            text = text[match.end() :]
        return found

    @cached_property
    def copied(self) -> tuple[tuple[str, ...], str]:
        """Sources and destination of a ``COPY`` or ``ADD``.

        The classic builder records a checksum (``dir:1a2b…``) for the sources.
        """
        text = self.body
        while match := _FLAG.match(text):
            text = text[match.end() :]
        words = text.split()
        return tuple(words[:-1]), words[-1] if words else ""

    @property
    def source(self) -> str:
        """The sources of a ``COPY`` as a Dockerfile could name them."""
        sources, _ = self.copied
        if not sources or any(re.match(r"(?:file|dir|multi):", each) for each in sources):
            return "<source>"
        return " ".join(sources)

    def runs(self, program: str, *subcommands: str) -> list[Command]:
        """The calls of a program, with one of some first arguments where they are given."""
        return [
            command
            for command in self.commands
            if command.program == program
            and (not subcommands or (command.arguments or ("",))[0] in subcommands)
        ]


def steps_of(
    config: ImageConfig, histories: Sequence[LayerHistory], base_layers: int
) -> tuple[Step, ...]:
    """All rows of a configuration without secrets' values, and before them the layers without one."""
    made = {each.row: layer for layer, each in enumerate(histories) if each.row is not None}
    last = max((row for row, layer in made.items() if layer < base_layers), default=-1)
    without = [layer for layer, each in enumerate(histories) if each.row is None]
    steps = [
        Step(None, layer, histories[layer].instruction, layer < base_layers) for layer in without
    ]
    for index, row in enumerate(config.history):
        instruction = readable(row.created_by, row.comment)
        steps.append(Step(index, made.get(index), instruction, index <= last))
    return tuple(steps)


def last_step(
    steps: Sequence[Step], keyword: str, accept: Callable[[str], bool] | None = None
) -> Step | None:
    """The last step of an instruction, which set what counts."""
    for step in reversed(steps):
        if step.keyword == keyword and (accept is None or accept(step.instruction.text)):
            return step
    return None
