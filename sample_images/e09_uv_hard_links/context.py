"""The wheel of uv, fetched by pip."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_UV = "uv==0.9.5"


def fill(context: Path) -> None:
    """Write the build context."""
    # An environment made without pip is served by the pip of the Python that it was made from.
    python = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--platform=manylinux2014_x86_64"]
    subprocess.run(
        [python, "-m", "pip", "download", *options, f"--dest={context}/wheels", _UV], check=True
    )
