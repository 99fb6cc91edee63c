"""The pictures of the documentation: there, small, and all of them made by the script."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from tests.terminal import ROOT
from tests.tui.screenshots import FOLDER, SHOTS, picture

_LARGEST = 200_000


@pytest.mark.parametrize("name", SHOTS)
def test_a_picture_is_there(name: str) -> None:
    data = (FOLDER / f"{name}.svg").read_bytes()
    assert len(data) < _LARGEST
    assert ET.fromstring(data).tag.endswith("svg")  # noqa: S314 - our own
    assert b"url(http" not in data


def test_pages_show_pictures_that_are_made() -> None:
    shown = set()
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        shown |= set(re.findall(r"screenshots/([\w-]+)\.svg", page.read_text("utf-8")))
    assert shown <= set(SHOTS)
    assert {each.name for each in FOLDER.iterdir() if each.is_file()} == {
        f"{name}.svg" for name in SHOTS
    }


def test_a_screen_becomes_the_same_picture_each_time() -> None:
    screen = "\x1b[38;2;255;0;0mred\x1b[0m <b>&  \n\x1b[7mreverse\x1b[0m\n"
    made = picture("layers", screen, SHOTS["layers"])
    assert made == picture("layers", screen, SHOTS["layers"])
    assert "#ff0000" in made
    assert "&lt;b&gt;&amp;" in made
