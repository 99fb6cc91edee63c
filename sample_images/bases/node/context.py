"""Node.js and npm of this machine, where it has them as plain files."""

from __future__ import annotations

import shutil
from pathlib import Path

_NODE = Path("/usr/bin/node")
_NPM = Path("/usr/lib/node_modules/npm")


def usable() -> bool:
    """Whether both can be copied: Debian's own node is a small program with many libraries."""
    return _NPM.is_dir() and _NODE.is_file() and _NODE.stat().st_size > 20_000_000


def fill(context: Path) -> None:
    """Write the build context."""
    if usable():
        shutil.copy(_NODE, context / "node")
        shutil.copytree(_NPM, context / "npm", symlinks=True)
