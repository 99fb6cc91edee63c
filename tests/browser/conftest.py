"""One Chromium for all tests of the report."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.browser.opening import PATIENCE, Opener, Pages, Reports

if TYPE_CHECKING:
    from playwright.async_api import Browser

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))),
    None,
)
"""The same browser without its windows starts and draws several times as fast."""

FLAGS = (
    # As root it only runs without its sandbox; what it opens is ours.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    # What no test looks at costs a third of its time: a process for drawing, calls home.
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--renderer-process-limit=1",
)


def pytest_pycollect_makemodule() -> None:
    """Without playwright these modules cannot be imported: the folder is skipped."""
    if not os.environ.get("LAYERLENS_REQUIRE_BROWSER"):
        pytest.importorskip("playwright.async_api")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one event loop, as the browser lives in it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.browser)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pages() -> AsyncIterator[Pages]:
    """Pages of a Chromium without a window, and of another one should it die."""
    from playwright.async_api import async_playwright, expect

    if CHROMIUM is None:
        if os.environ.get("LAYERLENS_REQUIRE_BROWSER"):
            pytest.fail("there is no chromium here")
        pytest.skip("there is no chromium here")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:

        async def launch() -> Browser:
            return await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        found = Pages(launch)
        yield found
        await found.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return Reports(tmp_path_factory.mktemp("reports"))


@pytest_asyncio.fixture(loop_scope="session")
async def opener(reports: Reports, pages: Pages) -> AsyncIterator[Opener]:
    """Opens reports, and fails the test for whatever they should not have done."""
    found = Opener(reports, pages)
    yield found
    await found.close()
    found.check()
