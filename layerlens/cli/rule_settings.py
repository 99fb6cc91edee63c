"""Which rules run and how: the ``[rules]`` of the settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerlens.analysis.rules.settings import RuleSettings
    from layerlens.cli.settings_file import SettingsFile


def rule_settings(file: SettingsFile) -> RuleSettings:
    """The rules' settings of a file, or the usual ones.

    Rules are only loaded where there are settings for them.  Raises
    :class:`UsageError` for settings that cannot be used.
    """
    from layerlens.analysis.rules.settings import RuleSettings

    if "rules" not in file.tables:
        return RuleSettings()
    from layerlens.analysis.rules.registry import all_rules, rule_sets
    from layerlens.analysis.rules.user import parse_rules

    parsed = parse_rules(file.tables["rules"], all_rules(rule_sets().sets).keys())
    if parsed.problems:
        from layerlens.cli.problems import Problems
        from layerlens.cli.settling import refuse_all

        problems = Problems(file.path)
        problems.of_file(parsed.problems)
        refuse_all(problems, file)
    return parsed.settings
