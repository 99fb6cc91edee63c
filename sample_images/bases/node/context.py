"""The same Node.js and npm on every machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.nodejs import NODE, NPM

if TYPE_CHECKING:
    from pathlib import Path


def fill(context: Path) -> None:
    """Write the build context."""
    shutil.copy(NODE, context / "node")
    shutil.copytree(NPM, context / "npm", symlinks=True)
