"""The UI in a terminal, on an image that an engine exports bit by bit."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image
from layerlens.tui.viewmodel.layers import figures
from tests.engine.engine import Engine
from tests.engine.registry import need
from tests.terminal import ROOT, Terminal, tool

pytestmark = pytest.mark.engine

_ARCHIVE = ROOT / "sample_images" / "webshop-docker.tar"
_TAG = "webshop:1.0"
_FIRST = 900_000
"""Bytes of the export that come before it stops: some layers, and not all."""
_EXPORT = re.compile(rb"^GET [^ ]*/images/[^ ]*get[? ]")


class SlowEngine:
    """A socket in front of an engine's that holds exports up.

    An export begins after :meth:`begin`, and stops after some bytes until
    :meth:`go_on`.
    """

    def __init__(self, engine: Path, here: Path) -> None:
        self.host = f"unix://{here}"
        self.exports = 0
        self._engine = engine
        self._begun = threading.Event()
        self._going = threading.Event()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(here))
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def begin(self) -> None:
        self._begun.set()

    def go_on(self) -> None:
        self._begun.set()
        self._going.set()

    def close(self) -> None:
        self.go_on()
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(str(self._engine))
        exporting = threading.Event()

        def ask() -> None:
            with suppress(OSError):
                while data := client.recv(1 << 16):
                    if _EXPORT.match(data):
                        self.exports += 1
                        exporting.set()
                    upstream.sendall(data)
                upstream.shutdown(socket.SHUT_WR)

        threading.Thread(target=ask, daemon=True).start()
        sent = 0
        with closing(client), closing(upstream), suppress(OSError):
            while data := upstream.recv(1 << 14):
                if exporting.is_set():
                    self._begun.wait(120)
                    if sent > _FIRST:
                        self._going.wait(120)
                    sent += len(data)
                client.sendall(data)


@pytest.fixture
def slow(engine: Engine) -> Iterator[SlowEngine]:
    engine.docker("load", "--quiet", "--input", _ARCHIVE)
    with tempfile.TemporaryDirectory(prefix="ll-b-") as folder:
        made = SlowEngine(engine.socket, Path(folder) / "socket")
        yield made
        made.close()


def test_an_export_is_browsed_while_it_runs(slow: SlowEngine, tmp_path: Path) -> None:
    need("tmux")
    terminal = Terminal(tmp_path, 120, 30, {"DOCKER_HOST": slow.host})
    try:
        terminal.start(tool(f"docker://{_TAG}", "--via", "export", "--no-cache"))
        _browse(terminal, slow)
    finally:
        terminal.close()


def _browse(terminal: Terminal, slow: SlowEngine) -> None:
    terminal.shows(_TAG, "RUN apt-get update", "RUN chmod -R g+w webshop static")
    assert "1 Layers" not in terminal.screen(), "the engine has sent nothing yet"

    slow.begin()
    terminal.matches(r"\d+ of 13 layers")
    terminal.shows("Esc stops", "1 Layers", "RUN apt-get update")
    terminal.keys("v")
    terminal.shows("there is no path under the cursor")
    terminal.keys("3")
    terminal.shows("Findings come when reading is done")
    terminal.keys("1")

    slow.go_on()
    options = looking_inside()
    opened = open_image(str(_ARCHIVE), options)
    with closing(opened):
        whole = analyse_image(opened, options, rules=Rules())
    told = figures(whole)
    terminal.shows(
        f"total {told.total}", f"efficiency {told.efficiency}", f"wasted {told.wasted}",
        f"lean score {told.lean}", f"3 Findings {len(whole.findings)}", "13 layers · 51 files",
    )  # fmt: skip
    terminal.lacks("Esc stops")

    assert slow.exports == 1
    terminal.keys("g", "Down", "Down", "Down")
    terminal.shows("ayer 3 · ", "requirements.txt")
    terminal.keys("Tab", "Down", "v")
    terminal.shows("exports the whole image again", "Enter goes on")
    assert slow.exports == 1, "it waits for an answer"
    terminal.keys("Enter")
    content = subprocess.run(
        shlex.split(tool("extract", _ARCHIVE, "app/requirements.txt", "-o", "-")),
        check=True, capture_output=True, text=True, cwd=ROOT,
    ).stdout  # fmt: skip
    terminal.shows(*content.splitlines()[:3])
    assert slow.exports == 2
    terminal.keys("Escape")
    terminal.shows("1 Layers")
    terminal.keys("q")
    terminal.shows("exit code 0")
