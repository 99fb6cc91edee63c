"""The UI in a real terminal: tmux, the command line, real keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui import image

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """A terminal of one size on a tmux server of its own."""

    def __init__(self, folder: Path, cells: int, lines: int) -> None:
        self._folder = folder
        self._size = ["-x", str(cells), "-y", str(lines)]

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self._folder / "tmux"), "-f", os.devnull, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def start(self, archive: Path, *, piped: bool = False) -> None:
        tool = f'"{sys.executable}" -m layerlens'
        command = f'cat "$ARCHIVE" | {tool} -' if piped else f'{tool} "$ARCHIVE"'
        script = f'{command}; echo "exit code $?"; sleep 60'
        environment = {
            "ARCHIVE": str(archive),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "LAYERLENS_CACHE_DIR": str(self._folder / "cache"),
        }
        settings = [part for key, value in environment.items() for part in ("-e", f"{key}={value}")]
        self.tmux("new-session", "-d", *self._size, *settings, "sh", "-c", script)

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def wait(self, what: Callable[[str], bool]) -> str:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            shown = self.screen()
            if what(shown):
                return shown
            time.sleep(0.1)
        raise AssertionError(f"it did not come to that; the screen shows\n{self.screen()}")

    def shows(self, *texts: str) -> str:
        return self.wait(lambda shown: all(text in shown for text in texts))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
            pytest.fail("tmux is missing")
        pytest.skip("tmux is missing")
    made = Terminal(tmp_path, 80, 24)
    yield made
    made.tmux("kill-server")


def test_a_walk_through_the_views(terminal: Terminal, tmp_path: Path) -> None:
    terminal.start(image.write(tmp_path / "image.tar"))
    terminal.shows("shop/web:2.4", "efficiency", "Changes of layer 0", "busybox")
    terminal.keys("Down")
    terminal.shows("Changes of layer 1", "apt-get", "curl")
    terminal.keys("G")
    terminal.shows("Layer 4 · 4 files", "~", "motd", "gone 4.2 kB")
    terminal.keys("a")
    terminal.shows("All up to layer 4 · 20 files, 1.1 MB")
    terminal.keys("Tab", "e", "p")
    terminal.shows("-rwsr-xr-x")
    terminal.keys("p")
    terminal.wait(lambda shown: "-rwsr-xr-x" not in shown)
    terminal.keys("/", "*.js", "Enter")
    terminal.wait(lambda shown: "router.js" in shown and "busybox" not in shown)
    terminal.keys("Escape")
    terminal.shows("busybox")
    terminal.keys("?")
    terminal.shows("Keys", "Open or close the directory")
    terminal.keys("Escape")
    terminal.wait(lambda shown: "Open or close" not in shown)
    terminal.keys("q")
    terminal.shows("exit code 0")


def test_an_image_on_stdin_and_keys_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    terminal.start(image.write(tmp_path / "image.tar"), piped=True)
    terminal.shows("shop/web:2.4", "efficiency", "Changes of layer 0", "busybox")
    terminal.keys("Down")
    terminal.shows("Changes of layer 1", "apt-get", "curl")
    terminal.keys("q")
    terminal.shows("exit code 0")


def test_an_error_ends_with_exit_code_3(terminal: Terminal, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"this is no archive at all " * 100)
    terminal.start(archive)
    terminal.shows("Quit")
    terminal.keys("q")
    terminal.shows("exit code 3")
