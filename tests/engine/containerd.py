"""A private containerd for the tests that read its content store."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.engine.engine import EngineError

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_SETTINGS = """\
version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{address}"
"""


class PrivateContainerd:
    """One containerd with root, state and socket below a folder, which needs a short path."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "root"
        self.address = directory / "c.sock"
        self._state = directory / "state"
        self._settings = directory / "config.toml"
        self._log = directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers.  It ends with the thread that started it."""
        missing = [name for name in ("containerd", "ctr") if shutil.which(name) is None]
        if missing or sys.platform != "linux" or os.geteuid() != 0:
            raise EngineError(
                "containerd is missing (Debian: apt-get install containerd), or not root"
            )
        self._settings.write_text(
            _SETTINGS.format(root=self.root, state=self._state, address=self.address)
        )
        command = ["containerd", "--config", str(self._settings)]
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while self._run("version").returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = self._log.read_text(errors="replace")[-2000:]
                raise EngineError(f"containerd does not answer:\n{tail}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it, by process id."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_STOP_SECONDS)

    def ctr(self, *arguments: str | Path) -> str:
        """Run a command of containerd's client; gives what it writes."""
        result = self._run(*arguments)
        if result.returncode:
            shown = " ".join(map(str, arguments))
            raise EngineError(f"ctr {shown}: {result.returncode}\n{result.stderr[-3000:]}")
        return result.stdout

    def _run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["ctr", "--address", str(self.address), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
