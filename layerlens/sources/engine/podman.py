"""Where podman's API is: the same places, in the same order, as podman itself.

podman(1) and podman-remote(1): ``CONTAINER_HOST``, ``CONTAINER_CONNECTION``,
then the user's own socket and the system's, then the default connection of
``podman-connections.json`` or containers.conf(5) ``active_service``.  Podman
needs no service to work, so where none runs and the program is there, one is
started on a private socket (podman-system-service(1)).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerlens import interrupts
from layerlens.errors import SourceError, UsageError
from layerlens.image.jsondoc import parse_object
from layerlens.opening import open_to_read

_START_SECONDS = 20.0
_IDLE_SECONDS = 30
"""After this long without a request a service ends by itself, should we be killed."""

_CONFIG_LIMIT = 1 << 20
_SYSTEM_SOCKET = "/run/podman/podman.sock"
_SYSTEM_CONFIGS = ("/usr/share/containers/containers.conf", "/etc/containers/containers.conf")


@dataclass(slots=True)
class Service:
    """A podman service that was started for one read."""

    address: str
    process: subprocess.Popen[bytes]
    folder: str

    def stop(self) -> None:
        """End it, and take its socket away."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def find_service(environment: Mapping[str, str]) -> str | Service | None:
    """The address of podman's API, or a service that was started, or ``None``.

    Raises :class:`UsageError` for a connection that is not defined, and
    :class:`SourceError` for one that cannot be used.
    """
    address = environment.get("CONTAINER_HOST")
    if address:
        return _usable(address)
    name = environment.get("CONTAINER_CONNECTION")
    if name:
        known = dict(_connections(environment)[1])
        if name not in known:
            raise UsageError(
                f"podman has no connection {name!r:.100}",
                hint="see podman system connection list, or unset CONTAINER_CONNECTION",
            )
        return _usable(known[name])
    for path in sockets(environment):
        if _listens(path):
            return f"unix://{path}"
    default, known = _connections(environment)
    if default in known:
        return _usable(known[default])
    return _start(environment)


def sockets(environment: Mapping[str, str]) -> list[str]:
    """Podman's usual sockets, the user's own first."""
    found = []
    runtime = environment.get("XDG_RUNTIME_DIR")
    if os.geteuid() != 0:
        found.append(f"{runtime or f'/run/user/{os.geteuid()}'}/podman/podman.sock")
    elif runtime:
        found.append(f"{runtime}/podman/podman.sock")
    return [*found, _SYSTEM_SOCKET]


def _usable(address: str) -> str:
    if address.startswith("ssh://"):
        raise SourceError(
            f"podman at {address!r:.200} is reached over ssh, which layerlens does not do",
            hint="forward its socket with ssh -L /tmp/podman.sock:/run/user/UID/podman/podman.sock "
            "and set CONTAINER_HOST=unix:///tmp/podman.sock",
        )
    return address


def _listens(path: str) -> bool:
    if not hasattr(socket, "AF_UNIX"):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(5)
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def _start(environment: Mapping[str, str]) -> Service | None:
    program = shutil.which("podman", path=environment.get("PATH", ""))
    if program is None:
        return None
    folder = tempfile.mkdtemp(prefix="layerlens-podman-")
    path, log = os.path.join(folder, "podman.sock"), os.path.join(folder, "log")
    service = None
    try:
        with interrupts.held():
            service = _serve(program, folder, path, log, environment)
        _wait(service, path, log)
    except BaseException:
        if service is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            service.stop()
        raise
    return service


def _serve(
    program: str, folder: str, path: str, log: str, environment: Mapping[str, str]
) -> Service:
    # What it says goes into a file: it would not survive a pipe that nobody reads.
    with open(log, "wb") as words:
        try:
            # Its own session: a Ctrl-C is for us, and stop() ends it.
            process = subprocess.Popen(  # noqa: S603 - a program of the user's own PATH
                [program, "system", "service", f"--time={_IDLE_SECONDS}", f"unix://{path}"],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                env=dict(environment),
                start_new_session=True,
            )
        except OSError as error:
            raise SourceError(
                f"podman cannot be started: {error.strerror or error}",
                hint="try podman info, or give the path of a saved image",
            ) from error
    return Service(f"unix://{path}", process, folder)


def _wait(service: Service, path: str, log: str) -> None:
    """Until the service answers.  Raises :class:`SourceError` with its own words."""
    deadline = time.monotonic() + _START_SECONDS
    while not _listens(path):
        ended = service.process.poll() is not None
        if ended or time.monotonic() > deadline:
            told = " ".join((_read(log) or b"").decode("utf-8", "replace").split())
            raise SourceError(
                f"podman's service does not {'start' if ended else 'answer'}: {told:.300}",
                hint="try podman info, or give the path of a saved image",
            )
        time.sleep(0.02)


# ------------------------------------------------------------------------- connections


def _connections(environment: Mapping[str, str]) -> tuple[str | None, dict[str, str]]:
    """The default connection's name, and the address of each."""
    default: str | None = None
    known: dict[str, str] = {}
    for name in _files(environment):
        content = _read(name)
        if content is not None:
            chosen, found = _from_json(content) if name.endswith(".json") else _from_toml(content)
            default = chosen or default
            known |= found
    return default, known


def _files(environment: Mapping[str, str]) -> list[str]:
    """The files that define connections, weakest first."""
    home = (
        environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '/nonexistent')}/.config"
    )
    return [
        *_SYSTEM_CONFIGS,
        environment.get("CONTAINERS_CONF") or f"{home}/containers/containers.conf",
        environment.get("PODMAN_CONNECTIONS_CONF") or f"{home}/containers/podman-connections.json",
    ]


def _read(path: str) -> bytes | None:
    try:
        with open_to_read(path) as file:
            return file.read(_CONFIG_LIMIT)
    except OSError:
        return None


def _from_toml(content: bytes) -> tuple[str | None, dict[str, str]]:
    try:
        engine = tomllib.loads(content.decode()).get("engine")
    except (ValueError, RecursionError):
        return None, {}
    if not isinstance(engine, dict):
        return None, {}
    active = engine.get("active_service")
    return (active if isinstance(active, str) else None), _addresses(
        engine.get("service_destinations"), "uri"
    )


def _from_json(content: bytes) -> tuple[str | None, dict[str, str]]:
    try:
        found = parse_object(content, "podman-connections.json", _CONFIG_LIMIT).get("Connection")
    except Exception:  # noqa: BLE001 - a broken file of the user's defines nothing
        return None, {}
    if not isinstance(found, dict):
        return None, {}
    default = found.get("Default")
    return (default if isinstance(default, str) else None), _addresses(
        found.get("Connections"), "URI"
    )


def _addresses(table: Any, key: str) -> dict[str, str]:
    if not isinstance(table, dict):
        return {}
    return {
        name: entry[key]
        for name, entry in table.items()
        if isinstance(entry, dict) and isinstance(entry.get(key), str)
    }
