"""A working directory and an environment of one's own, for tests of settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def alone(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a directory where no settings of the machine are heard."""
    monkeypatch.chdir(directory)
    for name in list(os.environ):
        if name.startswith("LAYERLENS_") or name in ("NO_COLOR", "COLORFGBG"):
            monkeypatch.delenv(name)
