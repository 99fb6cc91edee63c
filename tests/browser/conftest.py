"""One Chromium for all tests of the report, and a page of their own for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.opening import Opener

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))),
    None,
)
"""The same browser without its windows starts and draws several times as fast."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one event loop, as the browser lives in it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.browser)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    if CHROMIUM is None:
        if os.environ.get("LAYERLENS_REQUIRE_BROWSER"):
            pytest.fail("there is no chromium here")
        pytest.skip("there is no chromium here")
    async with async_playwright() as playwright:
        # As root it only runs without its sandbox; what it opens is ours.
        launched = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def opener(browser: Browser, tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens reports, and fails the test for whatever they should not have done."""
    found = Opener(browser, tmp_path)
    yield found
    await found.close()
    found.check()
