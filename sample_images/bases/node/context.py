"""The same Node.js and npm on every machine, and what they need beside Debian's smallest system."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.nodejs import NODE, NPM

if TYPE_CHECKING:
    from pathlib import Path


def fill(context: Path) -> None:
    """Write the build context."""
    shutil.copy(NODE, context / "node")
    NPM.unpack(context).rename(context / "npm")
    (context / "libraries").mkdir()
    found = subprocess.run(["ldd", NODE], capture_output=True, text=True, check=True).stdout
    for library in re.findall(r"=> (\S+/libatomic\.so\.\d+) ", found):
        shutil.copy(library, context / "libraries")
