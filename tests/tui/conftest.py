"""Fixtures of all UI tests."""

from __future__ import annotations

import pytest

from layerlens.analysis.model import Analysis
from tests.tui import image


@pytest.fixture(scope="session")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """The analysis of the tests' image, without rules."""
    return image.analysis(image.write(tmp_path_factory.mktemp("tui") / "image.tar"))


@pytest.fixture(autouse=True)
def _no_blinking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
