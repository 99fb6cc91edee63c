"""The file of a report whose image is against its reader: what a browser would parse."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from layerlens.outputs.html.image import image_data, write_html
from tests.unit.outputs.monstrous import MARK, monstrous

ELEMENTS = Counter(
    {"html": 1, "meta": 6, "title": 1, "link": 1, "script": 3, "style": 1, "body": 1, "noscript": 1,
     "main": 1, "h1": 1, "p": 1, "table": 1, "tr": 6, "th": 6, "td": 6}
)  # fmt: skip
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml")


class Elements(HTMLParser):
    """Counts elements, and keeps what their attributes and scripts say."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.attributes: set[tuple[str, str | None]] = set()
        self.texts: dict[str, list[str]] = {}
        self._at = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.attributes.update(attrs)
        self._at = tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data:.80}")

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._at, []).append(data)


@pytest.fixture(scope="module", params=[False, True], ids=["packed", "plain"])
def page(request: pytest.FixtureRequest) -> str:
    stream = io.BytesIO()
    write_html(monstrous(wide=100, deep=100, long=20_000), stream, plain=request.param)
    return stream.getvalue().decode()


def test_the_file_has_its_own_elements_and_no_others(page: str) -> None:
    parsed = Elements()
    parsed.feed(page)
    parsed.close()
    assert parsed.found == ELEMENTS
    names = {name for name, _ in parsed.attributes}
    assert not [name for name in names if name.startswith("on") or name in {"src", "style"}]
    links = [value or "" for name, value in parsed.attributes if name == "href"]
    assert all(link.startswith("data:image/svg+xml;base64,") for link in links)


def test_the_data_is_no_markup_and_says_what_the_image_says(page: str) -> None:
    """What stands in the element has no sign by which HTML begins anything."""
    found = re.search(r'<script type="[\w/]+" id="data"[^>]*>([^<]*)</script>', page)
    assert found is not None
    assert not re.search(r"[<>&\x00-\x1f\x7f-\x9f\u2028\u2029]", found[1])
    if "data-packed" not in found[0]:
        document = json.loads(found[1])["image"]["document"]
        report = monstrous(wide=100, deep=100, long=20_000)
        assert document == json.loads(json.dumps(image_data(report)["document"]))
        assert MARK in document["image"]["reference"]


def test_the_file_names_nothing_to_load(page: str) -> None:
    outside = re.sub(r'(<script type="[\w/]+" id="data"[^>]*>)[^<]*', r"\1", page)
    for namespace in NAMESPACES:
        outside = outside.replace(namespace, "")
    # The reference is the one text of the image that stands there: as text.
    text = re.compile(r"(<title>|<h1>)[^<]*")
    code = text.sub(r"\1", outside)
    assert not re.search(
        r"https?:|\bsrc\s*=\s*[\"']|@import|url\((?![\"']?(?:data:|#))|//[a-z]+\.", code
    )
    assert MARK not in code


def test_equal_reports_give_equal_bytes() -> None:
    report = monstrous(wide=100, deep=100, long=20_000)
    written = []
    for _ in range(2):
        stream = io.BytesIO()
        write_html(report, stream)
        written.append(stream.getvalue())
    assert written[0] == written[1]
