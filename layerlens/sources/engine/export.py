"""An engine's export stream, walked while it arrives.

Nothing is written to disk.  An engine with a graph driver copies the whole
image before it sends its first byte, so waiting is normal, is named as such,
and has no time limit here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import docker.errors
import requests.exceptions
import urllib3.exceptions

from layerlens.errors import ImageError, SourceError, Where
from layerlens.layers.readahead import read_ahead
from layerlens.progress import Progress, Step
from layerlens.sources.engine.connect import CONNECT_SECONDS, Engine
from layerlens.sources.flat import FlatStore
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.path import records_in
from layerlens.sources.record import build, choose
from layerlens.sources.stream_store import StreamStore

_PLATFORM_API = (1, 48)
"""First API version whose export takes a platform; older engines ignore it silently."""

_TAR_OVERHEAD = 1.04
"""A typical export is this much larger than the image's content; only for progress."""

_PIECE = 1 << 18
"""Pieces of the stream are joined up to this size: they arrive as 32 KiB."""


class Export:
    """One image on its way out of an engine; ``found`` is its inspection."""

    def __init__(
        self,
        engine: Engine,
        name: str,
        found: Mapping[str, Any],
        options: ReadOptions,
        progress: Progress,
    ) -> None:
        self._engine = engine
        self._name = name
        self._options = options
        self._progress = progress
        self._tail = b""
        size = found.get("Size")
        # podman's size is that of the tars already.
        factor = 1 if engine.is_podman else _TAR_OVERHEAD
        self.expected = int(size * factor) if isinstance(size, int) and size > 0 else None

    def image(self, reference: str) -> Image:
        """Read the stream to its end."""
        title = self._engine.title
        label = f"{self._engine.scheme}://{self._name}"
        store = self._stored(label)
        try:
            store_, records = records_in(store, self._options)
            if isinstance(store_, FlatStore):  # it said that it would send an image
                raise SourceError(
                    f"{title} sent no image: its export ended early",
                    hint="try again; the engine's log tells more",
                )
            record = choose(records, store, replace(self._options, select=None), None)
            return build(record, store_, reference, self._options)
        except ImageError as error:
            raise error.at(Where(file=label)) from error

    def _stored(self, label: str) -> StreamStore:
        with self.stream() as pieces:
            return StreamStore(
                pieces,
                label,
                limit=self._options.max_layer,
                examiner=self._options.examiner,
                arrivals=self._options.arrivals,
                announced=True,
            )

    @contextmanager
    def stream(self) -> Iterator[Iterator[bytes]]:
        """The export while it arrives; it may be left early.

        What breaks inside because the engine broke off is raised as that.
        """
        response = self._request()
        pieces = read_ahead(self._pieces(response), idle=self._waiting, abandon=response.close)
        try:
            yield self._metered(pieces)
        except ImageError as error:
            told = _told_error(self._tail)
            if told:
                raise SourceError(f"{self._engine.title} broke off: {told}") from error
            raise
        finally:
            pieces.close()
            response.close()

    def _request(self) -> Any:
        api = self._engine.api
        params: dict[str, str] = {}
        wanted = self._options.platform
        if wanted is not None and self._engine.version >= _PLATFORM_API:
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
                    timeout=(CONNECT_SECONDS, None),
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
        try:
            while thread.is_alive():
                thread.join(0.25)
                if thread.is_alive():
                    self._waiting()
        except BaseException:
            abandoned.set()
            raise
        if isinstance(answer[0], docker.errors.DockerException):
            raise self._engine.refused(answer[0]) from answer[0]
        if isinstance(answer[0], Exception):
            raise self._engine.unreachable(answer[0]) from answer[0]
        return answer[0]

    def _waiting(self) -> None:
        self._progress(
            Step(f"waiting for {self._engine.title} to copy the image", 0, self.expected)
        )

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
                f"the connection to {self._engine.title} broke: {' '.join(str(error).split()):.300}",
                hint="try again; the engine's log tells more",
            ) from error
        if held:
            joined = b"".join(held)
            self._tail = (self._tail + joined)[-4096:]
            yield joined
        told = _told_error(self._tail)
        if told:
            raise SourceError(f"{self._engine.title} broke off: {told}")

    def _metered(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        done = 0
        for piece in pieces:
            done += len(piece)
            self._progress(Step(f"reading from {self._engine.title}", done, self.expected))
            yield piece


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
