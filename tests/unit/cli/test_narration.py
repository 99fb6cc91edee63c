"""The line of progress on a terminal: one line, never wider, never empty in between."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TextIO

import pytest

from layerlens.cli import diagnostics
from layerlens.cli.diagnostics import Narrator
from layerlens.progress import Step


class Screen:
    """A pseudo-terminal of a certain width behind stderr."""

    def __init__(self) -> None:
        self._master, slave = pty.openpty()
        self.stderr: TextIO = os.fdopen(slave, "w", encoding="utf-8")
        self.resize(60)

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self.stderr.fileno(), termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))

    def written(self) -> str:
        """All that came; a terminal may hand it out in parts."""
        self.stderr.flush()
        data = b""
        while select.select([self._master], [], [], 0.2)[0]:
            data += os.read(self._master, 1 << 16)
        return data.decode()

    def close(self) -> None:
        self.stderr.close()
        os.close(self._master)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    found = Screen()
    # Not sys.stderr itself, which pytest takes back before the test begins.
    monkeypatch.setattr(diagnostics, "sys", SimpleNamespace(stderr=found.stderr))
    yield found
    found.close()


def narrator(*, quiet: bool = False) -> Narrator:
    return Narrator(quiet=quiet, verbose=False, debug=False)


def test_a_line_takes_the_place_of_the_one_before(screen: Screen) -> None:
    shown = narrator()
    shown.progress(Step("asking the Docker Engine"))
    shown.progress(Step("reading layers", 250_000, 1_000_000, layers=(1, 4)))
    shown.clear()
    assert screen.written() == (
        "\rasking the Docker Engine\x1b[K"
        "\rreading layers  250.0 kB of 1.0 MB  25.0%  1 of 4 layers\x1b[K"
        "\r\x1b[K"
    )


def test_a_narrower_window_gets_a_shorter_line(screen: Screen) -> None:
    shown = narrator()
    step = Step("reading layers", 250_000, 1_000_000, layers=(1, 4))
    for columns in (60, 30, 10):
        screen.resize(columns)
        shown.progress(Step(f"stage {columns}"))
        shown.progress(step)
    for columns, line in zip((60, 60, 30, 30, 10, 10), _lines(screen), strict=True):
        assert len(line) < columns


def _lines(screen: Screen) -> list[str]:
    return re.findall(r"\r([^\r\x1b]+)\x1b\[K", screen.written())


def test_many_steps_are_few_lines(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = narrator()
    # A step each millisecond, a line each tenth of a second.
    clock = (1000 + k / 1000 for k in range(350))
    monkeypatch.setattr(diagnostics, "time", SimpleNamespace(monotonic=clock.__next__))
    for done in range(1, 351):
        shown.progress(Step("reading layers", done, 10**9))
    assert len(_lines(screen)) == 4


def test_threads_do_not_mix_their_lines(screen: Screen) -> None:
    shown = narrator()

    def work(name: str) -> None:
        for k in range(50):
            shown.progress(Step(f"stage {name} {k}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = screen.written()
    assert re.fullmatch(r"(?:\rstage [abcd] \d+\x1b\[K)+", text)


def test_a_word_takes_the_line_away_first(screen: Screen) -> None:
    shown = narrator()
    shown.progress(Step("reading layers", 1))
    shown.tell("layerlens: 1 diagnostic")
    assert screen.written().endswith("\r\x1b[Klayerlens: 1 diagnostic\r\n")


def test_quiet_is_quiet(screen: Screen) -> None:
    shown = narrator(quiet=True)
    shown.progress(Step("reading layers", 1))
    shown.tell("a word")
    shown.clear()
    screen.stderr.write("end")
    assert screen.written() == "end"
