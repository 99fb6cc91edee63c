"""``layerlens rules [ID]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerlens.cli.options import Parser, narration
from layerlens.cli.words import some
from layerlens.errors import UsageError

if TYPE_CHECKING:
    from layerlens.analysis.rules.model import Rule
    from layerlens.cli.diagnostics import Narrator


def rules_parser() -> Parser:
    """The grammar of the command."""
    from layerlens.analysis.rules.model import Topic
    from layerlens.cli.settings_file import config_option

    found = Parser(
        prog="layerlens rules",
        description="List the rules, or show one: why it is there, what it flags and keeps, and "
        "how to fix what it finds.",
        allow_abbrev=False,
    )
    found.add_argument(
        "id", metavar="ID", nargs="?", help="a rule, or its name in another tool, such as DL3009"
    )
    found.add_argument(
        "--topic", choices=[each.value for each in Topic], help="only the rules of a topic"
    )
    form = found.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write JSON")
    form.add_argument(
        "--pages", metavar="DIR", type=some,
        help="write a page for each rule that comes with LayerLens, and their index",
    )  # fmt: skip
    config_option(found)
    narration(found)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """List the rules or show some; gives the exit code."""
    from layerlens.cli.output import stdout_guarded
    from layerlens.outputs.display import escape
    from layerlens.outputs.rules import find_rules, write_rules

    arguments = rules_parser().parse_args(argv)
    if arguments.pages is not None:
        return _write_pages(arguments.pages, narrator)
    rules, problems = _known(arguments)
    for problem in problems:
        narrator.tell(f"layerlens: {escape(problem)}")
    if arguments.topic is not None:
        rules = [rule for rule in rules if rule.topic.value == arguments.topic]
    if arguments.id is not None:
        rules = find_rules(arguments.id, rules) or _no_rule(arguments.id, rules)
    with stdout_guarded():
        write_rules(
            rules,
            sys.stdout,
            in_full=arguments.id is not None,
            fmt="json" if arguments.json else "text",
        )
    return 0


def _known(arguments: argparse.Namespace) -> tuple[list[Rule], tuple[str, ...]]:
    """All rules, the user's too, as the settings have them."""
    from dataclasses import replace

    from layerlens.analysis.rules.registry import all_rules, rule_sets
    from layerlens.cli.rule_settings import rule_settings
    from layerlens.cli.settings_file import settings_of

    settings = rule_settings(settings_of(arguments))
    found = rule_sets(settings)
    rules = all_rules(found.sets).values()
    return [replace(rule, enabled=settings.runs(rule)) for rule in rules], found.problems


def _no_rule(word: str, rules: Sequence[Rule]) -> list[Rule]:
    from difflib import get_close_matches

    names = [rule.id for rule in rules]
    near = get_close_matches(word.lower(), names, n=3, cutoff=0.5)
    near += [name for name in names if word.lower() in name and name not in near][: 3 - len(near)]
    raise UsageError(
        f"no rule {word!r}",
        hint=f"did you mean {', '.join(near)}?" if near else "layerlens rules lists them all",
    )


def _write_pages(directory: str, narrator: Narrator) -> int:
    from layerlens.analysis.rules.registry import all_rules, own_rule_sets
    from layerlens.outputs.rule_pages import write_pages

    try:
        count = write_pages(list(all_rules(own_rule_sets()).values()), directory)
    except OSError as error:
        raise UsageError(f"cannot write to {directory}: {error.strerror or error}") from error
    narrator.tell(f"layerlens: {count} pages in {directory}")
    return 0
