"""What the tests of the report stand on."""

from __future__ import annotations

import asyncio

from playwright.async_api import Error, expect

from tests.browser.opening import Opener, Pages
from tests.unit.outputs import samples


async def test_a_browser_that_dies_takes_no_other_test_with_it(
    opener: Opener, pages: Pages
) -> None:
    await opener.open(samples.shop())
    await opener.open(samples.shop(), java_script_enabled=False)
    first = await pages.browser()
    gone = asyncio.Event()
    first.on("disconnected", lambda _: gone.set())
    session = await first.new_browser_cdp_session()
    # It is gone before it could answer.
    answer = asyncio.gather(session.send("Browser.crash"), return_exceptions=True)
    await gone.wait()
    assert isinstance((await answer)[0], Error)
    page = await opener.open(samples.shop(), "#/layers")
    await expect(page.locator("h1:visible")).to_have_count(1)
    assert await pages.browser() is not first
