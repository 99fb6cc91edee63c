"""The working directory of a developer, with everything that should have stayed there."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

_APP = Path(__file__).parent.parent / "node_app"


def fill(context: Path) -> None:
    """Write the build context."""
    shutil.copytree(_APP, context, dirs_exist_ok=True)
    noise = random.Random("e01 git objects")
    for number in range(30):  # 300,000 bytes of history that no container asks for
        name = f"{noise.getrandbits(160):040x}"
        folder = context / ".git" / "objects" / name[:2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name[2:]}{number}").write_bytes(noise.randbytes(10_000))
    (context / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (context / ".env").write_text("SESSION_SECRET=example-session-secret-0c44\n")
    (context / ".vscode").mkdir()
    (context / ".vscode" / "settings.json").write_text('{"editor.tabSize": 2}\n')
    (context / ".DS_Store").write_bytes(b"\x00\x00\x00\x01Bud1" + noise.randbytes(6_140))
