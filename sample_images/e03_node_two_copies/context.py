"""The Node.js application as it is in version control."""

from __future__ import annotations

import shutil
from pathlib import Path

_APP = Path(__file__).parent.parent / "node_app"


def fill(context: Path) -> None:
    """Write the build context."""
    shutil.copytree(_APP, context, dirs_exist_ok=True)
