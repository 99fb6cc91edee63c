"""Which rules run and how: settings files, and packages that bring rules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from layerlens.errors import UsageError, Where

if TYPE_CHECKING:
    import argparse

    from layerlens.analysis.rules.settings import RuleSettings

SETTINGS_FILE = ".layerlens.toml"
MAX_SETTINGS = 1 << 20
"""Bytes of a settings file, at most."""


def config_option(found: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """``--config FILE``."""
    from layerlens.cli.options import some

    found.add_argument(
        "--config", metavar="FILE", type=some,
        help=f"settings (default: {SETTINGS_FILE}, else [tool.layerlens] of pyproject.toml, in "
        "the working directory)",
    )  # fmt: skip


def read_settings(config: str | None) -> RuleSettings:
    """The settings of ``config``, or of the working directory, or the usual ones.

    Rules are only loaded where there are settings for them.  Raises
    :class:`UsageError` for settings that cannot be used.
    """
    from layerlens.analysis.rules.settings import RuleSettings

    path, document = _document(config)
    if path is None or "rules" not in document:
        return RuleSettings()
    from layerlens.analysis.rules.registry import all_rules, rule_sets
    from layerlens.analysis.rules.user import parse_rules

    parsed = parse_rules(document["rules"], all_rules(rule_sets().sets).keys())
    if parsed.problems:
        raise UsageError("; ".join(parsed.problems), where=Where(file=path))
    return parsed.settings


def _document(config: str | None) -> tuple[str | None, dict[str, Any]]:
    """The settings file and what it holds for us; ``None`` where there is none."""
    if config is not None:
        document = _read(config)
        is_project = os.path.basename(config) == "pyproject.toml"
        return config, _tool_table(config, document) if is_project else document
    if os.path.isfile(SETTINGS_FILE):
        return SETTINGS_FILE, _read(SETTINGS_FILE)
    if os.path.isfile("pyproject.toml"):
        document = _read("pyproject.toml", only_naming=b"layerlens")
        return "pyproject.toml", _tool_table("pyproject.toml", document)
    return None, {}


def _tool_table(path: str, document: dict[str, Any]) -> dict[str, Any]:
    tools = document.get("tool", {})
    table = tools.get("layerlens", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise UsageError("tool.layerlens: must be a table", where=Where(file=path))
    return table


def _read(path: str, only_naming: bytes = b"") -> dict[str, Any]:
    """A file as TOML; one that does not name a word is none of our business."""
    import tomllib

    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SETTINGS + 1)
        if len(data) > MAX_SETTINGS:
            raise UsageError(f"settings of more than {MAX_SETTINGS} bytes", where=Where(file=path))
        return tomllib.loads(data.decode()) if only_naming in data else {}
    except OSError as error:
        raise UsageError(
            f"settings cannot be read: {error.strerror or error}", where=Where(file=path)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"not TOML: {error}", where=Where(file=path)) from error
