"""The command line in a process of its own, forked from one that has its modules loaded.

Arguments, environment, folder, streams and exit code are those of a real run;
only the start of the interpreter and the imports, the most of a small run's
time, are done once for all.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import NoReturn

_ROOT = Path(__file__).resolve().parent.parent
_LONGEST = 1 << 20
"""Bytes of a request at most."""

_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "COVERAGE_")
"""Variables that the interpreter reads when it starts."""


def can_fork(environment: Mapping[str, str]) -> bool:
    """Whether a run with these variables differs in nothing from one that starts anew."""
    if sys.platform != "linux" or any(name.startswith("COVERAGE_") for name in environment):
        return False
    return _at_start(environment) == _at_start(os.environ)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_AT_START) and name != "PYTHONPATH"
    }


def run(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: str | os.PathLike[str] | None = None,
    encoding: str = "utf-8",
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``layerlens ARGUMENTS`` with an empty stdin, and capture what it writes as text."""
    return _parent().run(arguments, environment, cwd, encoding, timeout)


@cache
def _parent() -> _Parent:
    parent = _Parent()
    atexit.register(parent.close)
    return parent


@dataclass
class _Parent:
    """The caller's end of the process that is forked."""

    process: subprocess.Popen[bytes] = field(init=False)
    _socket: socket.socket = field(init=False)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for each in (self._socket, theirs):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
                stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], cwd=_ROOT,
                start_new_session=True,
            )  # fmt: skip

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        cwd: str | os.PathLike[str] | None,
        encoding: str,
        timeout: float | None,
    ) -> subprocess.CompletedProcess[str]:
        request = json.dumps([list(arguments), dict(environment), os.path.abspath(cwd or ".")])
        with (
            open(os.devnull, "rb") as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            self._lock,
        ):
            streams = [nothing.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(self._socket, [request.encode("ascii")], streams)
            self._socket.settimeout(timeout)
            try:
                code = int(self._socket.recv(16))
            except TimeoutError:
                os.killpg(self.process.pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(arguments), timeout or 0) from None
            shown = []
            for stream in (out, err):
                stream.seek(0)
                shown.append(stream.read().decode(encoding).replace("\r\n", "\n"))
        return subprocess.CompletedProcess(["layerlens", *arguments], code, *shown)

    def close(self) -> None:
        self._socket.close()
        self.process.wait()


# ---------------------------------------------------------------------- the forked process


def _serve(requests: socket.socket) -> None:
    """Fork for each request, and answer with the exit code; until the caller is gone."""
    while True:
        message, streams, _, _ = socket.recv_fds(requests, _LONGEST, 3)
        if not message:
            return
        child = os.fork()
        if child == 0:
            requests.close()
            arguments, environment, cwd = json.loads(message)
            _become(arguments, environment, cwd, streams)
        for each in streams:
            os.close(each)
        _, status = os.waitpid(child, 0)
        requests.send(b"%d" % os.waitstatus_to_exitcode(status))


def _become(
    arguments: list[str], environment: dict[str, str], cwd: str, streams: Iterable[int]
) -> NoReturn:
    """Be a run of the command line."""
    from layerlens.cli import main

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["layerlens", *arguments]
    main.run()


def _load() -> None:
    """Load what runs need, but for the terminal UI."""
    for name in ("docker", "humanize", "requests", "rich.console", "rich.table"):
        import_module(name)
    for folder in ("analysis", "cache", "cli", "gate", "image", "layers", "outputs", "sources"):
        for path in (_ROOT / "layerlens" / folder).rglob("*.py"):
            module = ".".join(path.relative_to(_ROOT).with_suffix("").parts)
            if path.stem != "__init__" and module not in _NOT_BEFORE:
                import_module(module)
    gc.freeze()


_NOT_BEFORE = {"layerlens.cli.browse", "layerlens.outputs.sbom"}
"""Modules that load libraries which few runs need, or that are an extra."""


if __name__ == "__main__":
    _load()
    _serve(socket.socket(fileno=int(sys.argv[1])))
