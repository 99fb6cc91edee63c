"""What has no end, or nothing in it, and is no file."""

from __future__ import annotations

import gzip
import io
import os
import threading
from pathlib import Path

import pytest

from layerlens import opening
from layerlens.errors import ImageError, LimitError, SourceError
from layerlens.layers import limits
from layerlens.pipeline import open_image
from layerlens.sources.image import ReadOptions
from tests.builders import Image, file, layer
from tests.unit.sources.looking import analysis, figures

IMAGE = Image([layer(file("a", b"a" * 3000))], tag="demo:1")


class Endless(io.RawIOBase):
    """Some bytes, then zeros for ever."""

    def __init__(self, first: bytes) -> None:
        self._first = io.BytesIO(first)
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._first.read(size) or bytes(size)
        self.given += len(piece)
        return piece


def test_zeros_from_stdin() -> None:
    stream = Endless(b"")
    with pytest.raises(LimitError, match="follow the end of the archive") as caught:
        open_image("-", ReadOptions(stdin=stream))  # type: ignore[arg-type]
    assert caught.value.where.file == "stdin"
    assert stream.given < 4 * limits.MAX_EMPTY_TAIL


def test_zeros_after_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TAIL", 1 << 22)
    data = IMAGE.save_25(tmp_path / "x.tar").read_bytes()
    with pytest.raises(LimitError, match="follow the end of the archive"):
        open_image("-", ReadOptions(stdin=Endless(data)))  # type: ignore[arg-type]
    padded = io.BytesIO(data + bytes(1 << 21))
    open_image("-", ReadOptions(stdin=padded)).close()


def test_packed_zeros(tmp_path: Path) -> None:
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(bytes(2 * limits.MAX_EMPTY_TAIL), 1))
    with pytest.raises(LimitError, match="follow the end of the archive"):
        open_image(str(path))


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is none")
def test_a_device_of_zeros() -> None:
    with pytest.raises(LimitError, match="follow the end of the archive") as caught:
        open_image("/dev/zero")
    assert caught.value.where.file == "/dev/zero"


def test_a_terminal() -> None:
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    try:
        with pytest.raises(SourceError, match="is a terminal"):
            open_image(os.ttyname(follower))
    finally:
        os.close(leader)
        os.close(follower)


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_pipe_that_nobody_writes_to(fifo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.0)
    with pytest.raises(SourceError, match="nobody writes to"):
        open_image(str(fifo))


@pytest.mark.parametrize("compressed", [False, True])
def test_a_pipe_that_is_written_to(fifo: Path, tmp_path: Path, compressed: bool) -> None:
    archive = IMAGE.save_25(tmp_path / "x.tar")
    data = archive.read_bytes()
    data = gzip.compress(data) if compressed else data
    writer = threading.Thread(target=lambda: fifo.write_bytes(data))
    writer.start()
    try:
        assert figures(analysis(fifo)) == figures(analysis(archive))
    finally:
        writer.join()


def test_a_pipe_that_is_closed_at_once(fifo: Path) -> None:
    writer = threading.Thread(target=lambda: fifo.write_bytes(b""))
    writer.start()
    try:
        with pytest.raises(ImageError):
            open_image(str(fifo))
    finally:
        writer.join()
