"""Dockerfile text that avoids dead bytes, written from the instructions of the image itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.dead.fates import Group
from layerlens.analysis.rules.steps import Step
from layerlens.filesystem.changes import Change
from layerlens.image.history import wrap_run
from layerlens.image.shell import commands

_LONGEST = 400
_KEYWORDS = re.compile(r"(?<![\w-])(?:if|for|while|until|case|function)(?![\w-])|[{}]")
_OCTAL = re.compile(r"[0-7]{3,4}")
_SYMBOLIC = re.compile(r"[ugoa]*(?:[-+=][rwxXst]*)+(?:,[ugoa]*(?:[-+=][rwxXst]*)+)*")
_ERREXIT = re.compile(r"set\s+-[a-z]*e")
_COPYING = frozenset({"COPY", "ADD"})

MOST_BETWEEN = 2
"""Steps between making and deleting that a fix takes along; of more it says only where they go."""

USERS = "<what needs them>"
"""What stands in a fix for the steps between."""


def shortened(text: str) -> str:
    """A command that is not too long for a fix."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 2].rstrip() + " …"


def merged_run(bodies: Sequence[str]) -> str:
    """One ``RUN`` that does what several did, and fails where one of them failed."""
    if any("\n" in body for body in bodies):
        lines = "\n".join(shortened(body) for body in bodies)
        return f"RUN <<RUN\nset -e\n{lines}\nRUN"
    return "RUN " + " \\\n && ".join(part for body in bodies for part in _parts(body))


def written(step: Step) -> str:
    """A step as a Dockerfile could have it: without the classic builder's checksums."""
    return re.sub(r"\b(?:file|dir|multi):[0-9a-f]{12}\b", "<source>", step.instruction.text)


def merged_steps(steps: Sequence[Step]) -> str:
    """All commands of some steps in one ``RUN``, behind what else the steps did."""
    others = [shortened(written(step)) for step in steps if step.keyword != "RUN"]
    run = merged_run([step.body for step in steps if step.keyword == "RUN" and step.body])
    return "\n".join([*others, run])


def _parts(body: str) -> list[str]:
    """A command line as links of an ``&&`` chain."""
    if len(body) > _LONGEST:
        return [shortened(body)]
    found = commands(body)
    joiners = {command.joiner for command in found[1:]}
    if joiners <= {"&&", "|"} and ";" not in body:
        return [body]
    if _ERREXIT.match(body) and not _KEYWORDS.search(body) and joiners <= {"&&", ";", "|"}:
        # Inside a chain a shell does not heed "set -e", so each command becomes a link.
        pieces = [piece.removeprefix("&&").rstrip(";").strip() for piece in wrap_run(body)]
        return [piece for piece in pieces if piece]
    return [f"{{ {body.rstrip('; ')}; }}"]


def step_of(context: Context, layer: int) -> Step:
    """The step that made a layer."""
    for step in context.steps:
        if step.layer == layer:
            return step
    return Step(None, layer, context.histories[layer].instruction, layer < context.base_layers)


def removal_in_time(making: Step, between: Sequence[Step], deleting: Step) -> str:
    """One ``RUN`` for files that one step made and a later one deleted.

    Few steps between are taken along.  Many are not: which of them need the files is for
    whoever wrote them to say, and one ``RUN`` of them all would cost the builder its cache.
    """
    if len(between) <= MOST_BETWEEN:
        return merged_steps([making, *between, deleting])
    return merged_run([making.body, USERS, deleting.body])


def earlier_removal(context: Context, group: Group, *, is_cache: bool = False) -> str:
    """How to get rid of files in time that a later layer deleted; ``""`` for the usual advice.

    What is a cache is needed only by steps that run the program that filled it.
    """
    added, lost = step_of(context, group.added), step_of(context, group.lost)
    if group.added < context.base_layers:
        if group.lost >= context.base_layers:
            return (
                "Deleting files of the base image only hides them. Start from a base without them:\n"
                "FROM <smaller base>\n"
                "or copy what is needed out of this one:\n"
                "FROM scratch\nCOPY --from=<stage> /path /path"
            )
        return ""
    if added.keyword == "RUN" and lost.keyword == "RUN" and group.added < group.lost:
        between = [step_of(context, layer) for layer in range(group.added + 1, group.lost)]
        if is_cache:
            fillers = _programs(added)
            between = [step for step in between if fillers & _programs(step)]
        run = removal_in_time(added, between, lost)
        return f"Delete in the step that makes the files:\n{run}"
    if added.keyword in _COPYING and lost.keyword == "RUN":
        place = _place(added)
        return (
            "Use the files without copying them:\n"
            f"RUN --mount=type=bind,source={added.source},target={place} "
            "<command that needs them>\n"
            "or leave them out of what is copied (.dockerignore), or do this step in a build stage."
        )
    return ""


def _programs(step: Step) -> set[str]:
    return {command.program for command in step.commands}


def metadata_at_once(context: Context, group: Group) -> str:
    """How to set owners or modes where the files come in; ``""`` for the usual advice."""
    layers = _rewriters(context, group)
    origin, lost = step_of(context, layers[0]), step_of(context, group.lost)
    if layers[0] < context.base_layers:
        return (
            "These are files of the base image: change only what has to be changed, for example "
            "the directories that are written to."
        )
    changing = [step_of(context, layer) for layer in layers[1:]]
    if origin.keyword in _COPYING and all(step.keyword == "RUN" for step in changing):
        return _copy_with_flags(context, group, origin, changing)
    if origin.keyword == "RUN" and lost.keyword == "RUN":
        bodies = [step_of(context, layer).body for layer in layers]
        return "Change them in the step that makes them:\n" + merged_run(bodies)
    return ""


def _copy_with_flags(context: Context, group: Group, copy: Step, changing: Sequence[Step]) -> str:
    owner = next(filter(None, (_argument(step, "chown", "chgrp") for step in changing)), "")
    asked = next(filter(None, (_argument(step, "chmod") for step in changing)), "")
    # In letters it stays: digits that are right for files would close the directories.
    letters = _SYMBOLIC.fullmatch(asked) is not None
    mode = asked if letters or _OCTAL.fullmatch(asked) else _common_mode(context, group)
    place = _place(copy)
    if asked and not mode:
        commands_ = " && ".join(shortened(step.body) for step in changing)
        return (
            "COPY --chmod gives all files one mode. Change them in a stage of their own:\n"
            f"FROM <image> AS files\nCOPY {copy.source} {place}\nRUN {commands_}\n"
            f"FROM <image>\nCOPY --from=files {place} {place}"
        )
    flags = (f" --chown={owner}" if owner else "") + (f" --chmod={mode}" if asked else "")
    if not flags:
        return ""
    instead = "\n".join(shortened(step.instruction.text) for step in changing)
    # BuildKit's release notes: "COPY --chmod now allows non-octal values", Dockerfile 1.14.
    syntax = "# syntax=docker/dockerfile:1.14\n" if letters else ""
    return f"{syntax}{copy.keyword}{flags} {copy.source} {place}\ninstead of\n{instead}"


def _rewriters(context: Context, group: Group) -> list[int]:
    """The layer that brought the files' content, and those that wrote it again, lowest first."""
    fs = context.fs
    version = group.inodes[0]
    layers = [group.lost]
    while True:
        layers.append(fs.layer_of(version))
        if fs.changes[version] != Change.METADATA:
            return layers[::-1]
        version = fs.inode(fs.previous[version])


def _place(copy: Step) -> str:
    """Where a copy goes, as far as it says so."""
    _, destination = copy.copied
    return destination if destination.startswith("/") else "<place>"


def _argument(step: Step, *programs: str) -> str:
    """The owner or mode that a step sets, where it sets one only."""
    found = {
        (f":{command.arguments[0]}" if command.program == "chgrp" else command.arguments[0])
        for command in step.commands
        if command.program in programs and len(command.arguments) > 1
    }
    return found.pop() if len(found) == 1 else ""


def _common_mode(context: Context, group: Group) -> str:
    """The mode of the files afterwards, where all have one."""
    fs = context.fs
    modes: Counter[int] = Counter()
    for version in group.successors:
        inode = fs.inode(version)
        table, i = fs.slot(fs.headers.get(inode, inode))
        modes[table.mode(i)] += 1
    return f"{next(iter(modes)):04o}" if len(modes) == 1 else ""
