"""The stream's tape: any question forward, with pieces of any size."""

from __future__ import annotations

import random

import pytest
import xxhash

from layerlens.errors import FormatError
from layerlens.layers.tape import StreamTape
from tests.unit.layers.reading import pieces

DATA = random.Random(5).randbytes(20_000)  # noqa: S311 - repeatable
STEPS = (1, 7, 511, 512, 513, 4096, 50_000)


@pytest.mark.parametrize("step", STEPS)
class TestTape:
    def test_fetch(self, step: int) -> None:
        tape = StreamTape(pieces(DATA, step))
        for pos in (0, 0, 512, 1000, 5000, 5001, len(DATA) - 512, len(DATA) - 100):
            assert tape.fetch(pos) == DATA[pos : pos + 512]
        assert tape.fetch(len(DATA)) == b""
        assert tape.fetch(len(DATA) + 5000) == b""

    def test_read_twice_at_one_place(self, step: int) -> None:
        tape = StreamTape(pieces(DATA, step))
        assert tape.read(100, 50) == DATA[100:150]
        assert tape.read(100, 9000) == DATA[100:9100]
        assert tape.fetch(100) == DATA[100:612]
        assert tape.read(19_990, 500) == DATA[19_990:]

    def test_hash(self, step: int) -> None:
        tape = StreamTape(pieces(DATA, step))
        for pos, count in ((0, 0), (3, 10), (600, 5000), (5600, 1), (6000, 14_000)):
            assert tape.hash(pos, count) == xxhash.xxh3_128_digest(DATA[pos : pos + count])

    def test_hash_beyond_the_end(self, step: int) -> None:
        with pytest.raises(FormatError, match="needs 50 more bytes"):
            StreamTape(pieces(DATA, step)).hash(19_000, 1050)

    def test_pieces(self, step: int) -> None:
        tape = StreamTape(pieces(DATA, step))
        assert b"".join(tape.pieces(10, 7000)) == DATA[10:7010]
        assert b"".join(tape.pieces(7010, 0)) == b""
        assert b"".join(tape.pieces(19_000, 5000)) == DATA[19_000:]
        assert b"".join(tape.pieces(30_000, 10)) == b""

    def test_pieces_may_be_abandoned(self, step: int) -> None:
        tape = StreamTape(pieces(DATA, step))
        assert bytes(next(tape.pieces(10, 15_000)))[:1] == DATA[10:11]
        assert tape.fetch(16_000) == DATA[16_000:16_512]

    def test_drain(self, step: int) -> None:
        assert StreamTape(pieces(DATA, step)).drain() == len(DATA)
        tape = StreamTape(pieces(DATA, step))
        tape.fetch(5000)
        assert tape.drain() == len(DATA)
        assert tape.drain() == len(DATA)
        tape = StreamTape(pieces(DATA, step))
        tape.fetch(50_000)
        assert tape.drain() == len(DATA)


def test_it_cannot_go_back() -> None:
    tape = StreamTape(pieces(DATA, 512))
    tape.fetch(5120)
    with pytest.raises(ValueError, match="go back"):
        tape.read(0, 10)
    with pytest.raises(ValueError, match="go back"):
        list(tape.pieces(0, 10))


def test_random_walks() -> None:
    for seed in range(200):
        choose = random.Random(seed)  # noqa: S311 - repeatable
        tape = StreamTape(pieces(DATA, choose.choice(STEPS)))
        pos = 0
        while pos < len(DATA):
            count = choose.choice((0, 1, 100, 512, 3000))
            wanted = DATA[pos : pos + count]
            way = choose.randrange(3)
            if way == 0:
                assert tape.read(pos, count) == wanted
            elif way == 1:
                assert b"".join(tape.pieces(pos, count)) == wanted
            else:
                assert tape.hash(pos, len(wanted)) == xxhash.xxh3_128_digest(wanted)
            pos += count + choose.choice((0, 1, 512, 4000))


def test_nothing() -> None:
    tape = StreamTape([])
    assert tape.fetch(0) == b""
    assert tape.drain() == 0
