"""``layerlens config``: what is in force, and from where."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from layerlens.cli.gate_options import gate_options
from layerlens.cli.options import Parser, image_options
from layerlens.cli.tui_settings import tui_options
from layerlens.errors import UsageError, Where

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator
    from layerlens.cli.in_force import InForce, Row
    from layerlens.gate.model import Ignore

SCHEMA_VERSION = 1


def config_parser() -> Parser:
    """The grammar of the command."""
    found = Parser(
        prog="layerlens config",
        description="Show which settings are in force and from where: a flag goes before the "
        "environment, that before the settings file.  Takes the options of layerlens IMAGE, and "
        "shows what they change.",
        allow_abbrev=False,
    )
    form = found.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write JSON")
    form.add_argument(
        "--init", action="store_true",
        help="write an example of a settings file, all in comments, to .layerlens.toml",
    )  # fmt: skip
    gate_options(found)
    tui_options(found)
    image_options(found)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Show the settings, or write an example; gives the exit code."""
    if "--init" in argv:
        argv = [*argv, "--no-config"]  # what is there is told below, whatever it holds
    arguments = config_parser().parse_args(argv)
    if arguments.init:
        _write_example(narrator)
        return 0
    from layerlens.cli.in_force import in_force
    from layerlens.cli.looking import has_colour
    from layerlens.cli.output import stdout_guarded
    from layerlens.cli.settling import unknown_variables

    found = in_force(arguments)
    unheard = [name for name, _ in unknown_variables(os.environ)]
    with stdout_guarded():
        if arguments.json:
            json.dump(_document(found, unheard), sys.stdout, indent=2, default=str)
            sys.stdout.write("\n")
        else:
            colour = has_colour(arguments.color, terminal=sys.stdout.isatty())
            sys.stdout.writelines(f"{line}\n" for line in _lines(found, unheard, colour=colour))
    return 0


def _write_example(narrator: Narrator) -> None:
    from layerlens.cli.settings_example import example
    from layerlens.cli.settings_file import SETTINGS_FILE

    try:
        # "x": a file of that name stays as it is, even one that comes about just now.
        with open(SETTINGS_FILE, "x", encoding="utf-8") as file:
            file.write(example())
    except FileExistsError:
        raise UsageError(
            "is there already", where=Where(file=SETTINGS_FILE), hint="move it away first"
        ) from None
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror or error}", where=Where(file=SETTINGS_FILE)
        ) from error
    narrator.tell(f"layerlens: wrote {SETTINGS_FILE}")


# ------------------------------------------------------------------------------------- JSON


def _document(found: InForce, unheard: list[str]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "file": found.file,
        "dive": None
        if found.dive is None
        else {
            name: {"limit": limit.text, "origin": limit.origin}
            for name, limit in found.dive.rules()
        },
        "settings": [_fields(row) for row in found.rows],
        "ignores": [
            {
                "rule": each.rule or None,
                "paths": list(each.paths),
                "reason": each.reason,
                "expires": each.expires.isoformat() if each.expires else None,
                "expired": _expired(each),
                "place": each.origin,
            }
            for each in found.gate.ignores
        ],
        "unknown_variables": unheard,
    }


def _fields(row: Row) -> dict[str, Any]:
    setting = row.setting
    return {
        "table": setting.table,
        "key": setting.key,
        "subject": row.subject or None,
        "value": row.value,
        "origin": row.origin.value,
        "place": row.place or None,
        "flag": setting.flag or None,
        "variable": setting.variable or None,
    }


def _expired(ignore: Ignore) -> bool:
    return ignore.expires is not None and ignore.expires < datetime.now(UTC).date()


# ------------------------------------------------------------------------------------- text


def _lines(found: InForce, unheard: list[str], *, colour: bool) -> Iterator[str]:
    from layerlens.cli.in_force import told
    from layerlens.outputs.display import escape

    yield f"settings file  {'none' if found.file is None else escape(found.file)}"
    cells = [
        (row, _name(row), escape(told(row)), escape(row.place or row.origin.value))
        for row in found.rows
    ]
    first = max(len(name) for _, name, _, _ in cells)
    second = min(max(len(value) for _, _, value, _ in cells), _WIDEST)
    shown = ""
    for row, name, value, place in cells:
        table = row.setting.table
        if table != shown:
            if shown == "ci":
                yield from _ignores(found.gate.ignores, colour=colour)
            yield ""
            yield _bold(f"[{table}]", colour=colour)
            shown = table
        yield f"  {name:<{first}}  {value:<{second}}  {_dim(place, row, colour=colour)}"
    if found.dive is not None:
        yield ""
        yield _bold("dive's rules, which with --ci count too", colour=colour)
        for name, limit in found.dive.rules():
            cell = f"{escape(limit.text):<{second}}"
            yield f"  {name:<{first}}  {cell}  {escape(limit.origin)}"
    for name in unheard:
        yield ""
        yield f"{escape(name)[:200]} is no setting, and has no effect"


_WIDEST = 40
"""Columns of values; what is wider pushes the origin to the right."""


def _name(row: Row) -> str:
    from layerlens.outputs.display import escape

    return f"{row.setting.key} {escape(row.subject)}" if row.subject else row.setting.key


def _ignores(ignores: Sequence[Ignore], *, colour: bool) -> Iterator[str]:
    from layerlens.outputs.display import escape

    if not ignores:
        return
    yield ""
    yield _bold("[[ignore]]", colour=colour)
    for each in ignores:
        what = each.rule or "anything"
        if each.paths:
            what += f" at {', '.join(each.paths)}"
        until = ""
        if each.expires is not None:
            until = (
                f" (expired on {each.expires})" if _expired(each) else f" (until {each.expires})"
            )
        yield f"  {escape(what)}: {escape(each.reason)}{until}"


def _bold(text: str, *, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text


def _dim(text: str, row: Row, *, colour: bool) -> str:
    """What nobody has set steps back."""
    return f"\x1b[2m{text}\x1b[0m" if colour and not row.place else text
