"""Clients of engines that speak Docker's API: which address, and why there is none.

Docker's own settings (``DOCKER_HOST``, TLS variables, the current context, so
Docker Desktop, colima and rootless engines too) are read by the Docker SDK.
Podman's address comes from :mod:`layerlens.sources.engine.podman`.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import docker
import docker.errors
import requests.exceptions

from layerlens.errors import SourceError
from layerlens.image.digest import Digest
from layerlens.sources.engine.podman import Service, find_service

CONNECT_SECONDS = 20
INSPECT_SECONDS = 120


class NoSuchImageError(SourceError):
    """The engine answers, and does not have the image."""


class NoEngineError(SourceError):
    """No engine answers."""


@dataclass(slots=True)
class Engine:
    """A client of one engine.

    ``scheme`` is ``docker`` or ``podman``; ``title`` names the engine in
    messages; ``host`` is its address.  ``service`` is a podman that was
    started for this, and ends with :meth:`close`.
    """

    scheme: str
    title: str
    host: str
    client: Any
    service: Service | None = field(default=None)

    @property
    def api(self) -> Any:
        """The SDK's low-level client."""
        return self.client.api

    @property
    def version(self) -> tuple[int, ...]:
        """The API version that was agreed on."""
        return tuple(int(part) for part in str(self.api._version).split(".")[:2])  # noqa: SLF001

    @property
    def is_podman(self) -> bool:
        return self.scheme == "podman"

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine says of an image.

        Raises :class:`NoSuchImageError` where it has none, else :class:`SourceError`.
        """
        try:
            found = self.api.inspect_image(name)
        except docker.errors.NotFound as error:
            pull = f"{self.scheme} pull"
            raise NoSuchImageError(
                f"no image {name!r:.200} in {self.title} at {self.host}",
                hint=f"{pull} it first, check the name with {self.scheme} images, "
                "or give the path of a saved image",
            ) from error
        except docker.errors.DockerException as error:
            raise self.refused(error) from error
        except requests.exceptions.RequestException as error:
            raise _unreachable(error, self.title, self.host, self.scheme) from error
        if not isinstance(found, dict):
            raise SourceError(f"{self.title} describes {name!r:.200} in no known form")
        return found

    def ask(self, path: str) -> Any:
        """Any JSON answer of the API; ``None`` where there is none."""
        try:
            api = self.api
            answer = api._get(f"{api.base_url}{path}")  # noqa: SLF001 - the SDK knows no libpod
            return api._result(answer, json=True)  # noqa: SLF001
        except (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            ValueError,
        ):
            return None

    def refused(self, error: Exception) -> SourceError:
        """The engine's own words for why it will not."""
        text = " ".join(str(getattr(error, "explanation", None) or error).split())
        return SourceError(f"{self.title} says: {text:.500}")

    def unreachable(self, error: BaseException) -> SourceError:
        """The connection failed."""
        return _unreachable(error, self.title, self.host, self.scheme)

    def close(self) -> None:
        """Let go of the client, and of a podman that was started."""
        self.client.close()
        if self.service is not None:
            self.service.stop()


def connect_docker() -> Engine:
    """A client by ``DOCKER_HOST``, TLS variables, or the current Docker context.

    Raises :class:`NoEngineError`, :class:`SourceError`.
    """
    host = _configured_host()
    title = "the Docker Engine"
    _knock(host, title, "docker")
    try:
        # The ssh program knows the user's own configuration, and needs no extra library.
        client = docker.from_env(version="auto", timeout=INSPECT_SECONDS, use_ssh_client=True)
    except Exception as error:
        # Odd settings make the SDK raise what its parsers happen to raise.
        raise _unreachable(error, title, host, "docker") from error
    return Engine("docker", title, host, client)


def connect_podman(environment: Mapping[str, str]) -> Engine:
    """A client of podman's service, found as podman finds it, or started for this.

    Raises :class:`NoEngineError`, :class:`SourceError`.
    """
    found = find_service(environment)
    if found is None:
        raise NoEngineError(
            "no podman answers: there is neither its socket nor the program",
            hint="start it with systemctl --user start podman.socket, set CONTAINER_HOST, "
            "or give the path of a saved image",
        )
    service = found if isinstance(found, Service) else None
    host = found.address if isinstance(found, Service) else found
    try:
        if service is None:
            _knock(host, "podman", "podman")
        client = docker.DockerClient(base_url=host, version="auto", timeout=INSPECT_SECONDS)
    except Exception as error:
        if service is not None:
            service.stop()
        if isinstance(error, SourceError):
            raise
        raise _unreachable(error, "podman", host, "podman") from error
    return Engine("podman", "podman", host, client, service)


def diff_ids(found: Mapping[str, Any], title: str) -> tuple[Digest, ...]:
    """The layers that an inspection lists.  Raises :class:`SourceError`."""
    rootfs = found.get("RootFS")
    listed = rootfs.get("Layers") if isinstance(rootfs, dict) else None
    try:
        return tuple(Digest.parse(text) for text in listed or ())
    except (ValueError, TypeError) as error:
        raise SourceError(f"{title} lists a bad layer: {error}") from error


def _knock(host: str, title: str, scheme: str) -> None:
    """Try an engine's socket before the SDK does, which leaves a failed one open."""
    path = host.removeprefix("http+").removeprefix("unix://")
    if path == host or not hasattr(socket, "AF_UNIX"):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_SECONDS)
        try:
            probe.connect(path)
        except OSError as error:
            raise _unreachable(error, title, host, scheme) from error


_START = {
    "docker": "start it, set DOCKER_HOST or a docker context, or give the path of a saved image",
    "podman": "start it with systemctl --user start podman.socket, set CONTAINER_HOST, "
    "or give the path of a saved image",
}
_ALLOW = {
    "docker": "join the docker group, use sudo, or give the path of a saved image",
    "podman": "use sudo, or your own podman.socket, or give the path of a saved image",
}
_CHECK = {
    "docker": "check DOCKER_HOST, the docker context and the TLS settings",
    "podman": "check CONTAINER_HOST and podman system connection list",
}


def _unreachable(error: BaseException, title: str, host: str, scheme: str) -> SourceError:
    """Say in one line why there is no engine."""
    cause = _os_error(error)
    if isinstance(cause, PermissionError):
        return NoEngineError(
            f"no permission to talk to {title} at {host}",
            hint=_ALLOW[scheme],
        )
    if isinstance(cause, (FileNotFoundError, ConnectionRefusedError)):
        # "the Docker Engine" answers; "no Docker Engine" does.
        return NoEngineError(
            f"no {title.removeprefix('the ')} answers at {host}", hint=_START[scheme]
        )
    text = " ".join(str(cause or error).split())
    return NoEngineError(f"cannot talk to {title} at {host}: {text:.300}", hint=_CHECK[scheme])


def _configured_host() -> str:
    from docker.context import ContextAPI
    from docker.utils import kwargs_from_env

    try:
        settings = kwargs_from_env()
        if "base_url" not in settings:
            settings = ContextAPI.kwargs_from_context()
        return str(settings.get("base_url") or "unix:///var/run/docker.sock")
    except Exception:  # noqa: BLE001 - odd settings again; this one is about words only
        return "the configured host"


def _os_error(error: BaseException) -> OSError | None:
    """The operating system's error at the bottom of a chain of wrappers."""
    seen: set[int] = set()
    todo: list[BaseException] = [error]
    while todo:
        at = todo.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, OSError) and at.errno is not None:
            return at
        todo += [found for found in (at.__cause__, at.__context__) if found is not None]
        todo += [found for found in at.args if isinstance(found, BaseException)]
    return None
