"""Images of a Docker Engine, through the Docker SDK for Python.

Inspect and history come at once and are told as a preview.  The layers come by
the export stream, which is walked while it arrives; nothing is written to
disk.  An engine with a graph driver copies the whole image before it sends its
first byte, so waiting is normal and has no time limit here.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import docker
import docker.errors
import requests.exceptions
import urllib3.exceptions

from layerlens.errors import ImageError, SourceError, Where
from layerlens.image.digest import Digest
from layerlens.image.history import readable
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.readahead import read_ahead
from layerlens.progress import Preview, Progress, Step, silent
from layerlens.sources.flat import FlatStore
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.path import records_in
from layerlens.sources.record import build, choose
from layerlens.sources.store import StreamStore

_CONNECT_SECONDS = 20
_INSPECT_SECONDS = 120
_PLATFORM_API = (1, 48)
"""First API version whose export takes a platform; older engines ignore it silently."""

_TAR_OVERHEAD = 1.04
"""A typical export is this much larger than the image's content; only for progress."""

_MOST_CANDIDATES = 300
"""Local images that are asked whether they are the base."""

_PATIENCE_SECONDS = 10
"""How long the list of other images may take after the export has ended."""

_PIECE = 1 << 18
"""Pieces of the stream are joined up to this size: they arrive as 32 KiB."""


def open_engine(
    name: str, options: ReadOptions, *, reference: str | None = None, progress: Progress = silent
) -> Image:
    """The image of that name or id in the engine that Docker's own settings lead to.

    Raises :class:`SourceError` where there is no engine, no permission or no such image.
    """
    client = _connect()
    try:
        return _Export(client, name, options, progress).image(reference or name)
    finally:
        client.close()


def inspect_layers(name: str) -> tuple[Digest, ...]:
    """The diff_ids of an image, without its content."""
    client = _connect()
    try:
        found = _inspect(client, name)
    finally:
        client.close()
    return _diff_ids(found)


def _connect() -> Any:
    """A client by ``DOCKER_HOST``, TLS variables, or the current Docker context."""
    _knock(_configured_host())
    try:
        # The ssh program knows the user's own configuration, and needs no extra library.
        return docker.from_env(version="auto", timeout=_INSPECT_SECONDS, use_ssh_client=True)
    except Exception as error:
        # Odd settings make the SDK raise what its parsers happen to raise.
        raise _unreachable(error) from error


def _knock(host: str) -> None:
    """Try an engine's socket before the SDK does, which leaves a failed one open."""
    path = host.removeprefix("http+").removeprefix("unix://")
    if path == host or not hasattr(socket, "AF_UNIX"):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(path)
        except OSError as error:
            raise _unreachable(error) from error


def _unreachable(error: BaseException) -> SourceError:
    """Say in one line why there is no engine."""
    host = _configured_host()
    cause = _os_error(error)
    if isinstance(cause, PermissionError):
        return SourceError(
            f"no permission to talk to the Docker Engine at {host}",
            hint="join the docker group, use sudo, or give the path of a saved image",
        )
    if isinstance(cause, (FileNotFoundError, ConnectionRefusedError)):
        return SourceError(
            f"no Docker Engine answers at {host}",
            hint="start it, set DOCKER_HOST or a docker context, or give the path of a saved image",
        )
    text = " ".join(str(cause or error).split())
    return SourceError(
        f"cannot talk to the Docker Engine at {host}: {text:.300}",
        hint="check DOCKER_HOST, the docker context and the TLS settings",
    )


def _configured_host() -> str:
    from docker.context import ContextAPI
    from docker.utils import kwargs_from_env

    try:
        settings = kwargs_from_env()
        if "base_url" not in settings:
            settings = ContextAPI.kwargs_from_context()
        return str(settings.get("base_url") or "unix:///var/run/docker.sock")
    except Exception:  # noqa: BLE001 - as above; this one is about words only
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


def _inspect(client: Any, name: str) -> dict[str, Any]:
    try:
        found = client.api.inspect_image(name)
    except docker.errors.NotFound as error:
        raise SourceError(
            f"no image {name!r:.200} in the Docker Engine at {_configured_host()}",
            hint="docker pull it first, check the name with docker images, "
            "or give the path of a saved image",
        ) from error
    except docker.errors.DockerException as error:
        raise _refused(error) from error
    except requests.exceptions.RequestException as error:
        raise _unreachable(error) from error
    if not isinstance(found, dict):
        raise SourceError(f"the Docker Engine describes {name!r:.200} in no known form")
    return found


def _refused(error: Exception) -> SourceError:
    text = " ".join(str(getattr(error, "explanation", None) or error).split())
    return SourceError(f"the Docker Engine says: {text:.500}")


def _diff_ids(found: dict[str, Any]) -> tuple[Digest, ...]:
    rootfs = found.get("RootFS")
    listed = rootfs.get("Layers") if isinstance(rootfs, dict) else None
    try:
        return tuple(Digest.parse(text) for text in listed or ())
    except ValueError as error:
        raise SourceError(f"the Docker Engine lists a bad layer: {error}") from error


class _Export:
    """One image on its way out of an engine."""

    def __init__(self, client: Any, name: str, options: ReadOptions, progress: Progress) -> None:
        self._client = client
        self._name = name
        self._options = options
        self._progress = progress
        self._tail = b""
        self._unlisted = False

    def image(self, reference: str) -> Image:
        self._progress(Step("asking the Docker Engine"))
        found = _inspect(self._client, self._name)
        size = found.get("Size")
        expected = int(size * _TAR_OVERHEAD) if isinstance(size, int) and size > 0 else None
        self._progress(
            Step("waiting for the Docker Engine", 0, expected, preview=self._preview(found))
        )
        label = f"docker://{self._name}"
        # Asked while the engine copies the image, which takes it much longer.
        candidates: list[tuple[str, tuple[Digest, ...]]] = []
        asking = threading.Thread(
            target=self._list_candidates, args=(found, candidates), name="engine-list", daemon=True
        )
        asking.start()
        store = self._stored(label, expected)
        try:
            store_, records = records_in(store, self._options)
            if isinstance(store_, FlatStore):  # it said that it would send an image
                raise SourceError(
                    "the Docker Engine sent no image: its export ended early",
                    hint="try again; the engine's log tells more",
                )
            record = choose(records, store, replace(self._options, select=None), None)
            image = build(record, store_, reference, self._options)
        except ImageError as error:
            raise error.at(Where(file=label)) from error
        image.source = "Docker Engine"
        tags = found.get("RepoTags")
        image.tags = tuple(t for t in tags or () if isinstance(t, str)) or image.tags
        image.digest = image.digest or _repo_digest(found)
        asking.join(_PATIENCE_SECONDS)
        if asking.is_alive() or self._unlisted:
            image.notes.append(
                Diagnostic("base-unknown", "the engine's other images could not be listed")
            )
        known = tuple(candidates)
        image.base_candidates = lambda: known
        return image

    def _preview(self, found: dict[str, Any]) -> Preview:
        try:
            rows = self._client.api.history(found.get("Id", self._name))
        except (docker.errors.DockerException, requests.exceptions.RequestException):
            rows = []
        if not isinstance(rows, list):
            rows = []
        layers = tuple(
            (
                row["Size"] if isinstance(row.get("Size"), int) else 0,
                readable(row.get("CreatedBy"), row.get("Comment")).text,
            )
            for row in reversed(rows)
            if isinstance(row, dict)
        )
        tags = found.get("RepoTags") or [self._name]
        size = found.get("Size")
        return Preview(str(tags[0]), size if isinstance(size, int) else None, layers)

    def _stored(self, label: str, expected: int | None) -> StreamStore:
        response = self._request()
        pieces = read_ahead(
            self._pieces(response), idle=self._idle(expected), abandon=response.close
        )
        try:
            return StreamStore(
                self._metered(pieces, expected), label, limit=self._options.max_layer
            )
        except ImageError as error:
            told = _told_error(self._tail)
            if told:
                raise SourceError(f"the Docker Engine broke off: {told}") from error
            raise
        finally:
            pieces.close()
            response.close()

    def _request(self) -> Any:
        api = self._client.api
        params: dict[str, str] = {}
        wanted = self._options.platform
        version = tuple(int(part) for part in str(api._version).split(".")[:2])  # noqa: SLF001
        if wanted is not None and version >= _PLATFORM_API:
            parts = {"os": wanted.os, "architecture": wanted.architecture}
            if wanted.variant:
                parts["variant"] = wanted.variant
            params["platform"] = json.dumps(parts)
        answer: list[Any] = []
        abandoned = threading.Event()

        def ask() -> None:
            try:
                # The SDK's own get_image has no platform, and its time limit would
                # cut off an engine that is still copying the image.
                got = api._get(  # noqa: SLF001
                    api._url("/images/{0}/get", self._name),  # noqa: SLF001
                    params=params,
                    stream=True,
                    timeout=(_CONNECT_SECONDS, None),
                )
                api._raise_for_status(got)  # noqa: SLF001
                answer.append(got)
                if abandoned.is_set():
                    got.close()
            except Exception as error:  # noqa: BLE001 - handed to the waiting thread
                answer.append(error)

        # In a thread, so that the user can stop the wait.
        thread = threading.Thread(target=ask, name="engine-export", daemon=True)
        thread.start()
        idle = self._idle(None)
        try:
            while thread.is_alive():
                thread.join(0.25)
                if thread.is_alive():
                    idle()
        except BaseException:
            abandoned.set()
            raise
        if isinstance(answer[0], docker.errors.DockerException):
            raise _refused(answer[0]) from answer[0]
        if isinstance(answer[0], Exception):
            raise _unreachable(answer[0]) from answer[0]
        return answer[0]

    def _idle(self, expected: int | None) -> Callable[[], None]:
        def waiting() -> None:
            self._progress(Step("waiting for the Docker Engine to copy the image", 0, expected))

        return waiting

    def _pieces(self, response: Any) -> Iterator[bytes]:
        """The export in larger pieces, its last bytes remembered for an error message."""
        held: list[bytes] = []
        size = 0
        try:
            for piece in response.iter_content(_PIECE):
                if not piece:
                    continue
                held.append(piece)
                size += len(piece)
                if size >= _PIECE:
                    joined = b"".join(held)
                    self._tail = joined[-4096:]
                    yield joined
                    held, size = [], 0
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
        ) as error:
            raise SourceError(
                f"the connection to the Docker Engine broke: {' '.join(str(error).split()):.300}",
                hint="try again; the engine's log tells more",
            ) from error
        if held:
            joined = b"".join(held)
            self._tail = (self._tail + joined)[-4096:]
            yield joined
        told = _told_error(self._tail)
        if told:
            raise SourceError(f"the Docker Engine broke off: {told}")

    def _metered(self, pieces: Iterator[bytes], expected: int | None) -> Iterator[bytes]:
        done = 0
        for piece in pieces:
            done += len(piece)
            self._progress(Step("reading from the Docker Engine", done, expected))
            yield piece

    def _list_candidates(
        self, found: dict[str, Any], candidates: list[tuple[str, tuple[Digest, ...]]]
    ) -> None:
        """Local images that could be the base: their names and layers."""
        try:
            for listed in (self._client.api.images() or [])[:_MOST_CANDIDATES]:
                if listed.get("Id") == found.get("Id"):
                    continue
                other = self._client.api.inspect_image(listed["Id"])
                names = other.get("RepoTags") or [str(listed["Id"])[:19]]
                candidates.append((str(names[0]), _diff_ids(other)))
        except (docker.errors.DockerException, requests.exceptions.RequestException, SourceError):
            self._unlisted = True


def _repo_digest(found: dict[str, Any]) -> Digest | None:
    for text in found.get("RepoDigests") or ():
        try:
            return Digest.parse(str(text).partition("@")[2])
        except ValueError:
            continue
    return None


def _told_error(tail: bytes) -> str | None:
    """The message that an engine appends to a broken export, after its 200 answer."""
    at = tail.rfind(b'{"errorDetail"')
    if at < 0:
        at = tail.rfind(b'{"message"')
    if at < 0:
        return None
    try:
        told, _ = json.JSONDecoder().raw_decode(tail[at:].decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    detail = told.get("errorDetail") if isinstance(told, dict) else None
    message = detail.get("message") if isinstance(detail, dict) else told.get("message")
    return " ".join(str(message).split())[:500] if message else None
