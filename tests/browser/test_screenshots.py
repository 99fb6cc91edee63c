"""The pictures of the report: there, small, and all of them made by the script."""

from __future__ import annotations

import re

from tests.browser.screenshots import FOLDER, names
from tests.terminal import ROOT

_LARGEST_TOGETHER = 4_000_000


async def test_pictures_are_there_and_small() -> None:
    files = {each.name: each.read_bytes() for each in FOLDER.iterdir()}
    assert files.keys() == set(names())
    assert sum(map(len, files.values())) < _LARGEST_TOGETHER
    for data in files.values():
        assert data[:4] + data[8:12] == b"RIFFWEBP"


async def test_pages_show_pictures_that_are_made() -> None:
    shown = set()
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        shown |= set(re.findall(r"screenshots/html/([^)\s]+)", page.read_text("utf-8")))
    assert shown
    assert shown <= set(names())
