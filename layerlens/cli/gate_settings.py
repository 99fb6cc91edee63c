"""Which demands are in force: the settings' ``[ci]``, the environment, flags."""

from __future__ import annotations

import argparse

from layerlens.cli.settings_file import SettingsFile
from layerlens.gate.model import GateSettings


def gate_settings(
    arguments: argparse.Namespace, file: SettingsFile, *, with_defaults: bool = True
) -> GateSettings:
    """What is demanded, and from where.

    ``with_defaults``: whether ``DEFAULTS`` count where nothing else is asked for.
    Raises :class:`UsageError` that tells all problems.
    """
    raise NotImplementedError
