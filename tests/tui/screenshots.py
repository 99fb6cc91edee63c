"""Pictures of the UI for the documentation, made from runs in a real terminal.

    python -m tests.tui.screenshots [NAME ...]

writes ``docs/screenshots/NAME.svg``, all of them unless some are named.  The
images are those of ``sample_images/`` and of the tests, so anyone can run it.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.terminal import ROOT, Terminal, missing, tool
from tests.tui import shop

FOLDER = ROOT / "docs" / "screenshots"
_WEBSHOP = ROOT / "sample_images" / "webshop-docker.tar"
_DARK = TerminalTheme((18, 22, 26), (228, 232, 236), [(18, 22, 26)] * 8)
_LIGHT = TerminalTheme((250, 250, 247), (11, 15, 19), [(250, 250, 247)] * 8)
_SETTLED = 1.0


@dataclass(frozen=True)
class Shot:
    """One picture: keys by tmux's names, or ``=`` and a text to wait for; the image; the terminal.

    ``compared`` with the build before, which only the shop has.
    """

    keys: Sequence[str] = ()
    archive: str = "webshop"
    cells: int = 100
    lines: int = 30
    options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    light: bool = False
    compared: bool = False


SHOTS = {
    "layers": Shot(("Down", "=apt-get install", "Tab", "w", "=/var/lib/apt")),
    "waste": Shot(("2", "=deleted", "Enter", "=layer", "Enter", "=Packages")),
    "findings": Shot(("3", "=runs as root", "A", "=What if", *["Down"] * 4, "=apt's")),
    "packages": Shot(("4", "=nodejs", "Down", "Down", "Down", "Down", "=libcurl4"), "shop"),
    "image": Shot(("5", "=reference", "Down", "Down", "Down", "Down", "=sha256"), lines=40),
    "preview": Shot(
        ("G", "=NOTES.md", "Tab", "Down", "Down", "=server.js", "v", "=JavaScript", "=Search"), "shop"
    ),
    "diff": Shot(
        ("G", "=NOTES.md", "Tab", "Down", "Down", "Down", "=settings.json", "D", "=currency"),
        "shop",
        lines=20,
    ),
    "history": Shot(
        ("G", "=NOTES.md", "Tab", "Down", "Down", "Down", "=settings.json", "H", "=3 + added"),
        "shop",
    ),
    "compare": Shot(("=to fetch", *["Down"] * 6, "=sharing"), "shop", compared=True),
    "compare-files": Shot(
        ("=to fetch", "Down", "=live:", "Enter", "=in /", "Enter", "=in /app", "Down", "Down", "Down",
         "Down", "=content"),
        "shop", compared=True,
    ),
    "small": Shot(("Down", "=apt-get", "Tab"), cells=60, lines=20),
    "light": Shot(("Down", "=apt-get", "a", "=All up to"), options=("--theme", "layerlens-light"),
                  light=True),
    "no-color": Shot(("Down", "=apt-get", "Tab", "Down"), environment={"NO_COLOR": "1"}),
    "plain": Shot(
        ("Down", "=Changes of layer 1", "Down", "=layer 2, ", "Up", "=Changes of layer 1"),
        options=("--plain",),
    ),
}  # fmt: skip


def _take(name: str, shot: Shot, folder: Path) -> str:
    """Run the UI, press the keys, and give the screen as SVG."""
    archive = f"{shot.archive}.tar"
    if shot.archive == "shop":
        shop.write(folder / archive)
    else:
        (folder / archive).symlink_to(_WEBSHOP)
    words = [archive]
    if shot.compared:
        shop.write_older(folder / "shop-before.tar")
        words = ["compare", "shop-before.tar", archive]
    terminal = Terminal(folder, shot.cells, shot.lines, shot.environment)
    try:
        terminal.start(tool(*words, *shot.options))
        terminal.shows("1 Layers")
        terminal.settled(_SETTLED)
        for key in shot.keys:
            if key.startswith("="):
                terminal.shows(key[1:])
            else:
                terminal.keys(key)
                time.sleep(0.15)
        shown = terminal.settled(_SETTLED)
    finally:
        terminal.close()
    return picture(name, shown, shot)


def picture(name: str, shown: str, shot: Shot) -> str:
    """A screen with its escape sequences as SVG; the same for the same screen."""
    text = Text.from_ansi(shown.removesuffix("\n"))
    text.no_wrap = True
    console = Console(
        width=shot.cells,
        height=shot.lines,
        record=True,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        file=io.StringIO(),
    )
    console.print(text, crop=True)
    console.print()  # Rich cuts off the feet of the last line
    drawn = console.export_svg(
        title=f"layerlens: {name}", theme=_LIGHT if shot.light else _DARK, unique_id=f"ll-{name}"
    )
    # Who looks at a picture need not fetch a font from somewhere.
    return re.sub(r"@font-face \{[^}]*\}\s*", "", drawn)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description="pictures of the UI for the documentation")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SHOTS))
    names: list[str] = parser.parse_args(arguments).names
    problem = missing() or next(
        (f"no picture {each!r}" for each in names if each not in SHOTS), None
    )
    if problem is not None:
        sys.stderr.write(f"{problem}\n")
        return 2
    FOLDER.mkdir(exist_ok=True)
    for name in names or SHOTS:
        with tempfile.TemporaryDirectory(prefix="ll-") as folder:
            drawn = _take(name, SHOTS[name], Path(folder))
        (FOLDER / f"{name}.svg").write_text(drawn, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
