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


@pytest.fixture(autouse=True)
def _few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw ten times a second at most: a pilot that pauses has the screen drawn anyway."""
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 0.1)
