"""Which demands are in force: the settings' ``[ci]``, the environment, flags."""

from __future__ import annotations

import argparse

from layerlens.cli.settings_file import SettingsFile
from layerlens.gate.model import GateSettings


def gate_settings(arguments: argparse.Namespace, file: SettingsFile) -> GateSettings:
    """What is demanded, and from where.  Raises :class:`UsageError` that tells all problems."""
    raise NotImplementedError
