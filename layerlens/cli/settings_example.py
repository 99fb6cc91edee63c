"""An example of a settings file, in which nothing is in force yet."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from layerlens.cli.settings import TABLES, Setting, all_settings

_ABOUT = {
    "ci": "What layerlens --ci demands.  A limit carries its unit (20MB, 5%), may be a share of the "
    "image (5%) or what may come on top of a baseline (+10MB, +5%), and only warns with warn: "
    "before it.  Several go in a list.",
    "ignore": "What gates shall not count, once for each.  Either of rule and paths is enough.",
    "rules": "Which rules run, and how; layerlens rules lists them.",
    "reading": "How images are read.",
    "registries": "Whom to trust.  These count only in a file that --config or LAYERLENS_CONFIG "
    "names.",
    "cache": "The memory of layers.",
    "output": "What is printed.",
    "tui": "The terminal UI.",
}
"""What stands above each table."""


def example() -> str:
    """The text of a settings file with every setting in a comment, under what it means."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from _prose(
        "Settings of LayerLens.  Variables go before this file, flags before both; layerlens config "
        "shows what is in force.  Delete the # before what you want."
    )
    for table in TABLES:
        settings = [each for each in all_settings() if each.table == table]
        yield ""
        yield from _prose(_ABOUT[table])
        yield f"#[[{table}]]" if table == "ignore" else f"[{table}]"
        for setting in settings:
            yield ""
            yield from _setting(setting)


def _setting(setting: Setting) -> Iterator[str]:
    default = "" if setting.default in ("none", "required") else f" (default: {setting.default})"
    guarded = ""
    if setting.guarded and setting.table != "registries":
        what = "" if setting.harmless is None else f"{str(not setting.harmless).lower()} "
        guarded = f"; {what}counts only in a file that is named"
    yield from _prose(f"{setting.help}{default}{guarded}")
    yield f"#{setting.key} = {setting.example}"


def _prose(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")
