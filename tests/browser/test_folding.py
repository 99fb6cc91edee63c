"""What the page says of an image with more files than it can name."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from layerlens.outputs.html import folding
from tests.browser import axe
from tests.browser.opening import Opener
from tests.builders import file
from tests.unit.outputs import samples


async def test_small_files_are_sums_and_the_page_says_so(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "MOST_RECORDS", 50)
    image = samples.build([[file(f"usr/lib/{k:03}", b"x" * (k + 1)) for k in range(200)]])
    page = await opener.open(image)
    notice = page.get_by_role("complementary", name="About small files")
    await expect(notice).to_contain_text("smallest of 200 files")
    assert await axe.violations(page) == []


async def test_nothing_is_said_where_every_file_is_named(opener: Opener) -> None:
    page = await opener.open(samples.shop())
    await expect(page.get_by_text("are not named here")).to_have_count(0)
