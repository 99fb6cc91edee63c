"""A blob as it streams from a registry: raw pieces, resumed by range where a connection is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

import requests

from layerlens.errors import FormatError, LimitError
from layerlens.image.digest import Digest
from layerlens.sources.registry.answers import unreachable
from layerlens.sources.registry.client import RegistryClient, gave_up, too_short
from layerlens.sources.registry.transport import BROKEN, Tick, wake

PIECE = 1 << 18
"""Bytes that are read at once."""

MAX_RANGE = 256 << 20
"""Longest part of a blob that is read whole, in bytes: a table of contents."""

_WORTH_A_RESUME = 1 << 16
"""Bytes that a connection must bring, or its resume counts as one that brought nothing."""

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")


class BlobReader:
    """One pass over one blob of a known size in bytes."""

    def __init__(self, client: RegistryClient, digest: Digest, size: int, tick: Tick) -> None:
        self._client = client
        self._digest = digest
        self._size = size
        self._tick = tick
        self._response: requests.Response | None = None
        self._aborted = False

    def pieces(self) -> Iterator[bytes]:
        """The stored bytes, exactly ``size`` of them; their digest is left to the reader.

        Raises :class:`FormatError` for a body of another size, and
        :class:`SourceError` where resuming does not help.
        """
        have, idle = 0, 0
        while have < self._size or not self._size:
            before, ended, failure = have, False, None
            response = self._response = self._client.blob(self._digest, have, None, self._tick)
            try:
                skip = self._skip(response, have)
                while piece := response.raw.read(PIECE, decode_content=False):
                    if skip >= len(piece):
                        skip -= len(piece)
                        continue
                    piece, skip = piece[skip:], 0
                    have += len(piece)
                    if have > self._size:
                        raise self._too_long()
                    yield piece
                ended = True
            except BROKEN as error:
                failure = unreachable(
                    error,
                    self._client.address.api_host,
                    self._client.address,
                    self._client.manner.read_seconds,
                )
            finally:
                self._client.transport.release(response)
                self._response = None
            if have == self._size:
                return
            if self._aborted:
                self._tick()  # raises, or else the cut is told below
            idle = 0 if have - before >= _WORTH_A_RESUME else idle + 1
            if ended and have == before:
                raise too_short(self._digest, have, self._size, self._client.where)
            if idle > self._client.manner.idle_resumes or self._client.transport.closed:
                if failure is None:
                    raise too_short(self._digest, have, self._size, self._client.where)
                raise gave_up(self._digest, have, self._size, failure) from None
            if idle:
                self._client.transport.pause(self._client.transport.back_off(idle), self._tick)

    def abort(self) -> None:
        """Wake whoever waits for the next piece, from another thread."""
        self._aborted = True
        response = self._response
        if response is not None:
            wake(response)

    def close(self) -> None:
        """End the connection for certain, once nobody reads any more.

        A reader that was left in the middle would end it some time later, when
        it is collected, and by then the socket may have complained.
        """
        response = self._response
        if response is not None:
            self._client.transport.release(response)

    def _skip(self, response: requests.Response, have: int) -> int:
        """How many bytes of a body passed before; the size that it announces must be right."""
        if response.status_code == 206:
            start, total = _range_of(response)
            if start != have:
                raise FormatError(
                    f"the registry was asked for blob {self._digest.short} from byte {have}, "
                    f"and answers from another",
                    where=self._client.where,
                    hint="the registry has a problem of its own: try again later",
                )
            if total is not None and total != self._size:
                raise self._other_size(total)
            return 0
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced[:20]) != self._size:
            raise self._other_size(int(announced[:20]))
        return have

    def _other_size(self, size: int) -> FormatError:
        if size < self._size:
            return too_short(self._digest, size, self._size, self._client.where)
        return self._too_long()

    def _too_long(self) -> FormatError:
        return FormatError(
            f"the registry sends more than the {self._size:,} bytes of blob {self._digest.short}",
            where=self._client.where,
            hint="push the image again: the manifest and the blob do not belong together",
        )


def read_range(
    client: RegistryClient, digest: Digest, offset: int, length: int, tick: Tick
) -> bytes | None:
    """``length`` bytes of a blob, ``None`` where the registry ignores ranges.

    In that case nothing of the body is read.  Raises :class:`LimitError`
    above ``MAX_RANGE`` bytes, and :class:`SourceError`.
    """
    if length > MAX_RANGE:
        raise LimitError(
            f"{length:,} bytes of blob {digest.short} asked for, at most {MAX_RANGE:,} are read",
            where=client.where,
        )
    if length <= 0:
        return b""
    have = b""
    for attempt in range(1, client.manner.attempts + 1):
        start = offset + len(have)
        response = client.blob(digest, start, offset + length, tick)
        failure = None
        try:
            if response.status_code != 206 or _range_of(response)[0] != start:
                return None
            while len(have) < length and (
                piece := response.raw.read(length - len(have), decode_content=False)
            ):
                have += piece
        except BROKEN as error:
            failure = error
        finally:
            client.transport.release(response)
        if len(have) == length:
            return have
        if attempt == client.manner.attempts and failure is not None:
            raise unreachable(
                failure, client.address.api_host, client.address, client.manner.read_seconds
            ) from None
        client.transport.pause(client.transport.back_off(attempt), tick)
    raise too_short(digest, offset + len(have), offset + length, client.where)


def _range_of(response: requests.Response) -> tuple[int, int | None]:
    """The first byte and the blob's size of a 206, -1 where it does not say."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None:
        return -1, None
    return int(found[1]), None if found[3] == "*" else int(found[3])
