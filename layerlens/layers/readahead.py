"""Let a producer of bytes run ahead in a thread of its own.

Decompression and hashing release the interpreter's lock, so a decompressor
and whoever walks its output keep two cores busy.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable

_PARCEL = 1 << 19
"""Bytes that are handed over at once: each hand-over costs two switches of threads."""

_PATIENCE = 0.25
_GRACE = 2.0
"""Seconds between two idle calls, and those that a stopped producer gets to end."""


def read_ahead(
    pieces: Iterable[bytes],
    depth: int = 8,
    *,
    parcel: int = _PARCEL,
    idle: Callable[[], None] | None = None,
    abandon: Callable[[], None] | None = None,
) -> Generator[bytes, None, None]:
    """The same pieces, produced ahead by a thread: ``depth`` parcels of ``parcel`` bytes.

    What the producer raises is raised here.  ``idle`` is called a few times a
    second while nothing comes, and may raise to stop.  Closing the iterator
    stops the thread at its next piece; ``abandon`` is called before, to wake a
    producer that waits for a piece.
    """
    ready: queue.Queue[list[bytes] | BaseException | None] = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: list[bytes] | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def produce() -> None:
        held: list[bytes] = []
        size = 0
        try:
            for piece in pieces:
                held.append(piece)
                size += len(piece)
                if size >= parcel:
                    put(held)
                    held, size = [], 0
                if stopped.is_set():
                    return
            put(held)
            put(None)
        except BaseException as error:  # noqa: BLE001 - handed over to the consumer
            put(held)
            put(error)

    thread = threading.Thread(target=produce, name="read-ahead", daemon=True)
    thread.start()
    finished = False
    try:
        while True:
            try:
                item = ready.get(timeout=_PATIENCE)
            except queue.Empty:
                if idle is not None:
                    idle()
                continue
            if item is None:
                break
            if isinstance(item, BaseException):
                raise item
            yield from item
        finished = True
    finally:
        stopped.set()
        if abandon is not None and not finished:
            abandon()
        # A producer that hangs in a system call is left behind; it is a daemon.
        thread.join(_GRACE)
