"""Podman on storage of its own, for the tests that read that storage."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.engine.engine import EngineError

_DRIVERS = ("--storage-driver=overlay", "--events-backend=none", "--cgroup-manager=cgroupfs")


class Podman:
    """The program on a private root below a folder; there is no process that stays."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "root"
        self._run = directory / "run"
        if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("podman") is None:
            raise EngineError("podman is missing (Debian: apt-get install podman), or not root")

    def __call__(self, *arguments: str | Path) -> str:
        """Run a command; gives what it writes."""
        result = subprocess.run(
            [
                "podman",
                f"--root={self.root}",
                f"--runroot={self._run}",
                *_DRIVERS,
                *map(str, arguments),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            shown = " ".join(map(str, arguments))
            raise EngineError(f"podman {shown}: {result.returncode}\n{result.stderr[-3000:]}")
        return result.stdout
