"""History, contents, differences and extraction, on a real archive under a pilot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from layerlens.pipeline import analyse_image, open_image, retrieve
from layerlens.tui.reading import Opened
from layerlens.tui.screens.diff import DiffScreen
from layerlens.tui.screens.history import HistoryScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.preview import PreviewScreen
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.screens.working import WorkingScreen
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.views.base import View
from layerlens.tui.widgets.file_tree import FileTree
from tests.builders import Image, directory, file, layer, symlink, whiteout
from tests.tui.piloting import notices, opened, text_of, until

FIRST = b"port = 80\nhost = a\n"
SECOND = b"port = 8080\nhost = a\n"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Opened]:
    """A file that is added, written anew, made executable and deleted; one that stays."""
    layers = [
        layer(directory("app"), file("app/conf", FIRST), file("app/keep", b"kept\n", mode=0o4755)),
        layer(file("app/conf", SECOND)),
        layer(file("app/conf", SECOND, mode=0o755)),
        layer(whiteout("app/conf"), symlink("app/link", "keep"), symlink("app/out", "/etc/passwd")),
    ]
    path = Image(layers, instructions=["ADD one", "COPY two", "RUN chmod", "RUN rm"]).save_25(
        tmp_path / "shop.tar"
    )
    image = open_image(str(path))
    analysis = analyse_image(image)
    retrieval = retrieve(image, analysis)
    yield Opened(analysis, retrieval)
    retrieval.close()


async def go_to(
    pilot: Pilot[Any], screen: MainScreen, browser: Browser, path: bytes, layer: int
) -> None:
    """Put the cursor on a path in the changes of a layer."""
    screen.post_message(View.ShowInTree(path, layer))
    tree = screen.query_one(FileTree)
    await until(
        pilot,
        lambda: (
            screen.focused is tree
            and browser.layer == layer
            and browser.rows.path(tree.cursor) == path
        ),
    )


def shows(pilot: Pilot[Any], kind: type, *texts: str) -> Any:
    return lambda: (
        isinstance(pilot.app.screen, kind) and all(text in text_of(pilot.app) for text in texts)
    )


async def test_the_history_of_a_path(shop: Opened) -> None:
    async with opened(shop, (130, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/conf", 1)
        await pilot.press("H")
        await until(pilot, shows(pilot, HistoryScreen, "added 19 B", "RUN chmod"))
        shown = text_of(pilot.app)
        assert "/app/conf" in shown
        assert "19 B → 21 B" in shown
        assert "mode 0644 → 0755" in shown
        assert "deleted" in shown
        await pilot.press("g", "j", "enter")
        await until(pilot, shows(pilot, MainScreen))
        assert browser.layer == 1
        assert browser.rows.path(screen.query_one(FileTree).cursor) == b"app/conf"


async def test_from_the_history_to_contents_and_back(shop: Opened) -> None:
    async with opened(shop, (130, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/conf", 1)
        await pilot.press("H")
        await until(pilot, shows(pilot, HistoryScreen))
        await pilot.press("g", "v")
        await until(pilot, shows(pilot, PreviewScreen, "port = 80", "replaced in layer 1"))
        await pilot.press("escape")
        await until(pilot, shows(pilot, HistoryScreen))
        # The first version, picked, against the third.
        await pilot.press("g", "space", "j", "j", "D")
        await until(pilot, shows(pilot, DiffScreen, "port = 8080"))
        assert "0644" in text_of(pilot.app) or "rw-r--r--" in text_of(pilot.app)
        await pilot.press("escape")
        await until(pilot, shows(pilot, HistoryScreen))
        await pilot.press("g", "D")
        await pilot.pause()
        assert "no other version" in notices(pilot.app)
        await pilot.press("escape")
        await until(pilot, shows(pilot, MainScreen))


async def test_the_content_of_a_deleted_file(shop: Opened) -> None:
    async with opened(shop, (100, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/conf", 3)
        await pilot.press("v")
        await until(pilot, shows(pilot, PreviewScreen, "port = 8080", "deleted in layer 3"))
        await pilot.press("escape")
        await until(pilot, shows(pilot, MainScreen))


async def test_what_a_layer_changed_in_a_file(shop: Opened) -> None:
    async with opened(shop, (100, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/conf", 1)
        await pilot.press("D")
        await until(pilot, shows(pilot, DiffScreen, "port = 8080", "port = 80"))
        await pilot.press("escape")
        await until(pilot, shows(pilot, MainScreen))
        await go_to(pilot, screen, browser, b"app/keep", 0)
        await pilot.press("D")
        await pilot.pause()
        assert "only one version" in notices(pilot.app)


async def test_what_has_no_content_says_so(shop: Opened) -> None:
    async with opened(shop, (100, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/link", 3)
        await pilot.press("v")
        await pilot.pause()
        assert "has no content" in notices(pilot.app)
        await pilot.press("shift+tab", "v")
        await pilot.pause()
        assert "no path under the cursor" in notices(pilot.app)


async def test_without_a_retrieval_nothing_can_be_looked_at(shop: Opened) -> None:
    async with opened(Opened(shop.analysis), (100, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/keep", 0)
        for key in ("v", "x"):
            await pilot.press(key)
            await pilot.pause()
        assert "contents cannot be had" in notices(pilot.app)
        assert isinstance(pilot.app.screen, MainScreen)


async def extract(pilot: Pilot[Any], into: str, *, key: str = "x", again: bool = False) -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
    pilot.app.screen.query_one(Input).value = into
    await pilot.pause()
    await pilot.press("enter")
    if again:
        await pilot.pause()
        assert "replace what is in the way?" in text_of(pilot.app)
        await pilot.press("enter")
    await until(
        pilot,
        lambda: not isinstance(pilot.app.screen, PromptScreen | WorkingScreen),
    )


@pytest.mark.parametrize("key", ["x", "ctrl+e"])
async def test_extract_a_folder(shop: Opened, tmp_path: Path, key: str) -> None:
    into = tmp_path / "out"
    async with opened(shop, (100, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app", 3)
        await extract(pilot, str(into), key=key)
        said = notices(pilot.app)
        assert "1 file, 5 B" in said
        assert "/app/out" in said, "the link that leads outside is left out, and told"
    assert sorted(os.listdir(into / "app")) == ["keep", "link"]
    assert (into / "app/keep").read_bytes() == b"kept\n"
    assert (into / "app/keep").stat().st_mode & 0o7777 == 0o755, "no setuid"
    assert os.readlink(into / "app/link") == "keep"


async def test_extract_a_deleted_file(shop: Opened, tmp_path: Path) -> None:
    async with opened(shop, (100, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/conf", 3)
        await extract(pilot, str(tmp_path))
    assert (tmp_path / "conf").read_bytes() == SECOND


async def test_extract_over_what_is_there(shop: Opened, tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("mine")
    async with opened(shop, (100, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/conf", 0)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        pilot.app.screen.query_one(Input).value = str(tmp_path)
        await pilot.pause()
        await pilot.press("enter", "escape")
        await until(pilot, shows(pilot, MainScreen))
        assert (tmp_path / "conf").read_text() == "mine"
        await extract(pilot, str(tmp_path), again=True)
    assert (tmp_path / "conf").read_bytes() == FIRST


async def test_where_nothing_can_be_extracted_to(shop: Opened, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("x")
    async with opened(shop, (100, 30)) as (pilot, screen, browser):
        await go_to(pilot, screen, browser, b"app/conf", 0)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        for value, said in (
            (str(tmp_path / "a file"), "no folder"),
            (str(tmp_path / "no/such"), "is not there"),
            ("", "name a folder"),
        ):
            pilot.app.screen.query_one(Input).value = value
            await pilot.pause()
            assert said in text_of(pilot.app)
            await pilot.press("enter")
            assert isinstance(pilot.app.screen, PromptScreen)
        await pilot.press("escape")


async def test_an_archive_that_changed_is_told(shop: Opened, tmp_path: Path) -> None:
    async with opened(shop, (100, 30)) as (pilot, screen, browser):
        os.utime(tmp_path / "shop.tar", (1, 1))
        await go_to(pilot, screen, browser, b"app/conf", 0)
        await extract(pilot, str(tmp_path))
        assert "changed" in notices(pilot.app)
    assert not (tmp_path / "conf").exists()
