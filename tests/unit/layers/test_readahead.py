"""A producer in a thread of its own: order, errors, stopping."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from layerlens.errors import FormatError, Interrupted
from layerlens.layers.readahead import read_ahead
from tests.waiting import until


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "read-ahead"]


def test_the_same_pieces_in_order() -> None:
    made = [b"%d" % k for k in range(1000)]
    assert list(read_ahead(made, depth=3)) == made
    assert list(read_ahead([])) == []
    until(lambda: not threads())


def test_it_runs_in_another_thread() -> None:
    seen: list[str] = []

    def made() -> Iterator[bytes]:
        seen.append(threading.current_thread().name)
        yield b"x"

    assert list(read_ahead(made())) == [b"x"]
    assert seen == ["read-ahead"]


def test_it_runs_ahead_by_its_depth_and_no_more() -> None:
    made = 0

    def endless() -> Iterator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield b"x"

    ahead = read_ahead(endless(), depth=4, parcel=1)
    next(ahead)
    until(lambda: made >= 6)
    time.sleep(0.3)
    assert made <= 7
    ahead.close()
    until(lambda: not threads())


def test_errors_are_handed_over_after_the_pieces() -> None:
    def broken() -> Iterator[bytes]:
        yield b"one"
        raise FormatError("broken")

    ahead = read_ahead(broken(), parcel=1)
    assert next(ahead) == b"one"
    with pytest.raises(FormatError, match="broken"):
        next(ahead)
    with pytest.raises(StopIteration):
        next(ahead)


def test_closing_early_stops_the_thread() -> None:
    closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    ahead = read_ahead(endless(), parcel=1)
    next(ahead)
    ahead.close()
    until(lambda: not threads())
    until(closed.is_set)


def test_idle_is_called_while_nothing_comes_and_may_stop() -> None:
    release = threading.Event()
    calls: list[int] = []
    abandoned: list[bool] = []

    def stuck() -> Iterator[bytes]:
        yield b"one"
        release.wait(30)
        yield b"two"

    def idle() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Interrupted

    def abandon() -> None:
        abandoned.append(True)
        release.set()

    ahead = read_ahead(stuck(), parcel=1, idle=idle, abandon=abandon)
    assert next(ahead) == b"one"
    with pytest.raises(Interrupted):
        next(ahead)
    assert (len(calls), abandoned) == (2, [True])
    until(lambda: not threads())


def test_abandon_is_not_called_at_a_natural_end() -> None:
    called: list[bool] = []
    assert list(read_ahead([b"x"], abandon=lambda: called.append(True))) == [b"x"]
    assert called == []


def test_what_came_before_an_error_is_not_lost_in_a_parcel() -> None:
    def broken() -> Iterator[bytes]:
        yield b"one"
        yield b"two"
        raise FormatError("broken")

    seen: list[bytes] = []
    with pytest.raises(FormatError):
        seen.extend(iter(read_ahead(broken())))
    assert seen == [b"one", b"two"]
