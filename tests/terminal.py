"""A real terminal: tmux, a shell, the command line, real keys."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[1]


def missing() -> str | None:
    """What keeps this machine from running a terminal, or ``None``."""
    return None if shutil.which("tmux") else "tmux is missing"


def tool(*words: str | Path) -> str:
    """The command line of layerlens with some arguments, for a shell."""
    return shlex.join([sys.executable, "-m", "layerlens", *map(str, words)])


class Terminal:
    """One terminal on a tmux server of its own, which ends with :meth:`close`.

    ``folder`` is where the server's socket and the tool's cache lie, and the
    commands run.  ``environment`` is added to what they get.
    """

    def __init__(
        self,
        folder: Path,
        cells: int = 80,
        lines: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._size = ["-x", str(cells), "-y", str(lines)]
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DOCKER_", "LAYERLENS_", "TMUX"))
            # The test runner's workers have a width of their own, which would go before tmux's.
            and name not in ("NO_COLOR", "COLUMNS", "LINES")
        }
        self._environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "COLORTERM": "truecolor",
            "PS1": "ready> ",
            "LAYERLENS_CACHE_DIR": str(folder / "cache"),
            "TEXTUAL_ANIMATIONS": "none",
            **(environment or {}),
        }

    def tmux(self, *arguments: str) -> str:
        """Run a command of tmux, and give what it prints."""
        # The server has its environment from the command that starts it.
        command = ["tmux", "-S", str(self.folder / "tmux"), "-f", os.devnull, *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=self._environment
        ).stdout

    def start(self, command: str) -> None:
        """Run a shell command, and print its exit code."""
        self._session(f'{command}; echo "exit code $?"; sleep 600')

    def start_shell(self) -> None:
        """A shell to type into, with job control."""
        self._session("exec sh -i")

    def _session(self, script: str) -> None:
        self.tmux("new-session", "-d", *self._size, "-c", str(self.folder), "sh", "-c", script)

    def close(self) -> None:
        """End the server, and with it all that runs in the terminal."""
        subprocess.run(
            ["tmux", "-S", str(self.folder / "tmux"), "kill-server"],
            check=False, capture_output=True,
        )  # fmt: skip

    # ------------------------------------------------------------------ what is done

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names: ``Down``, ``C-c``, ``Escape``, ``a``.

        Wait for what Escape does before the next key: a terminal cannot tell
        the two from one key with Alt.
        """
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text, letter by letter."""
        self.tmux("send-keys", "-l", "--", text)

    def resize(self, cells: int, lines: int) -> None:
        self.tmux("resize-window", "-x", str(cells), "-y", str(lines))

    # ------------------------------------------------------------------ what is seen

    def screen(self) -> str:
        """The text on the screen."""
        return self.tmux("capture-pane", "-p")

    def coloured(self) -> str:
        """The screen with its escape sequences, and the blanks at the ends of lines."""
        return self.tmux("capture-pane", "-p", "-e", "-N")

    def cursor(self) -> tuple[int, int] | None:
        """Column and line of the terminal's cursor, ``None`` where it is hidden."""
        shown, column, line = self.tmux(
            "display-message", "-p", "#{cursor_flag} #{cursor_x} #{cursor_y}"
        ).split()
        return (int(column), int(line)) if shown == "1" else None

    def wait(self, what: Callable[[str], bool], wanted: str = "what was waited for") -> str:
        """Wait until the screen is such, and give it."""
        end = time.monotonic() + PATIENCE
        while True:
            shown = self.screen()
            if what(shown):
                return shown
            if time.monotonic() > end:
                raise AssertionError(f"{wanted} did not come; the screen shows\n{shown}")
            time.sleep(0.04)

    def shows(self, *texts: str) -> str:
        """Wait until all these texts are on the screen."""
        return self.wait(lambda shown: all(text in shown for text in texts), f"{texts}")

    def lacks(self, *texts: str) -> str:
        """Wait until none of these texts is on the screen."""
        return self.wait(lambda shown: not any(text in shown for text in texts), f"none of {texts}")

    def matches(self, pattern: str) -> str:
        """Wait until a regular expression matches somewhere on the screen."""
        return self.wait(lambda shown: re.search(pattern, shown) is not None, pattern)

    def settled(self, seconds: float = 0.4) -> str:
        """Wait until the screen has not changed for so long; with its escape sequences."""
        end = time.monotonic() + PATIENCE
        shown = self.coloured()
        while time.monotonic() < end:
            time.sleep(seconds)
            before, shown = shown, self.coloured()
            if before == shown:
                return shown
        raise AssertionError(f"the screen does not come to rest\n{self.screen()}")
