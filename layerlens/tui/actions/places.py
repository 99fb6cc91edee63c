"""Places on this machine that a user types."""

from __future__ import annotations

import os

from layerlens.tui.viewmodel.text import safe_text


def current_folder() -> str:
    """The folder that relative paths are in, in safe words."""
    try:
        return safe_text(os.getcwd(), 300)
    except OSError:
        return "a folder that has been deleted"


def problem_of(path: str) -> str:
    """Why nothing of that name can be, ``""`` where it can."""
    return "a name holds no NUL" if "\0" in path else ""
