"""What holds for every output over more than one report: nothing that it is read by obeys an image."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import BinaryIO, TextIO

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from layerlens.analysis.model import Analysis
from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison
from layerlens.fleet.gather import Gatherer
from layerlens.outputs import fleet, fleet_text, github, trend, trend_text
from layerlens.outputs.compare_json import write_comparison_json
from layerlens.outputs.compare_markdown import write_comparison_markdown
from layerlens.outputs.compare_text import write_comparison
from layerlens.outputs.html.image import write_comparison_html
from layerlens.outputs.markdown import write_markdown
from layerlens.outputs.report import Report
from layerlens.outputs.verdict import write_verdict
from layerlens.trend.gather import TrendGatherer
from tests.unit.outputs import samples, verdicts, wicked
from tests.unit.outputs.test_every_output import check_csv, check_text
from tests.unit.saved.test_secrets import PLANTED

WICKED = wicked.TEXT
SUFFIXES = {"json": ".json", "csv": ".csv", "markdown": ".md"}

plain = cache(samples.packaged)


def written(write: Callable[[BinaryIO], None]) -> bytes:
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def printed(write: Callable[[TextIO], None]) -> bytes:
    stream = io.StringIO()
    write(stream)
    return stream.getvalue().encode("utf-8", "backslashreplace")


def of_two(old: Analysis, new: Analysis) -> Iterator[tuple[str, bytes]]:
    """The outputs of a comparison, and of a verdict over the new image."""
    found: Comparison = compare(old, new, lambda _old, _new: None)
    yield ".json", written(partial(write_comparison_json, found))
    yield ".md", written(partial(write_comparison_markdown, found, dockerfile=WICKED))
    whole = Report(new, verdicts.MIXED, found, dockerfile=WICKED)
    yield ".html", written(partial(write_comparison_html, whole))
    for width in (40, 100):
        page = partial(write_comparison, width=width, colour=False, most=1000, table_only=False)
        yield ".txt", printed(partial(page, found))
    for verdict in (verdicts.wicked(WICKED), verdicts.MIXED):
        report = Report(new, verdict, found, dockerfile=WICKED)
        yield ".txt", printed(partial(write_verdict, report, width=100, colour=False, now=1e9))
        yield ".md", written(partial(write_markdown, report))
        yield ".md", (github.step_summary(report, 0) or "").encode()
        yield ".out", github.delimited(github.step_values(report), "never-guessed").encode()
        yield ".commands", "\n".join(github.annotate(report)).encode()


def of_many(images: list[Analysis]) -> Iterator[tuple[str, bytes]]:
    """The outputs of a fleet and of a trend, with one image that could not be read."""
    gatherer, points = Gatherer(), TrendGatherer()
    for k, image in enumerate(images):
        verdict = verdicts.wicked(WICKED)
        gatherer.add(image, reference=f"{WICKED}{k}", verdict=verdict, hasher=None)
        points.add(image, reference=f"{WICKED}{k}")
    gatherer.failed(WICKED, WICKED)
    points.failed(WICKED, WICKED)
    ships, course = gatherer.fleet(), points.trend()
    for form, suffix in SUFFIXES.items():
        stream = io.BytesIO()
        fleet.WRITERS[form](ships, stream, 5)
        yield suffix, stream.getvalue()
        yield suffix, written(partial(trend.WRITERS[form], course))
    yield ".txt", printed(partial(fleet_text.write_text, ships, width=90, colour=False))
    yield ".txt", printed(partial(trend_text.write_text, course, width=90, colour=False))


ORDERS: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "to wicked": lambda: of_two(plain(), wicked.wicked()),
    "from wicked": lambda: of_two(wicked.wicked(), plain()),
    "same": lambda: of_two(wicked.wicked(), wicked.wicked()),
    "to secret": lambda: of_two(plain(), wicked.secret()),
    "from secret": lambda: of_two(wicked.secret(), plain()),
    "many": lambda: of_many([wicked.wicked(), plain(), wicked.secret(), wicked.wicked()]),
}


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_obeys_an_image(order: str) -> None:
    checked = 0
    for suffix, data in ORDERS[order]():
        checked += 1
        if suffix == ".commands":
            check_commands(data)
        else:
            check_text(data)
        if suffix == ".csv":
            check_csv(data)
        elif suffix == ".json":
            json.loads(data)
        elif suffix == ".md":
            check_markdown(data)
            assert len(data) < 60_000
        for value in PLANTED:
            assert value.encode() not in data, (suffix, value)
    assert checked > 7


def check_commands(data: bytes) -> None:
    """A command a line, of two kinds; what stands in it is no other."""
    for line in data.decode().split("\n"):
        assert line.startswith(("::error ", "::warning "))
        rest = line[2:]
        check_text(rest.encode())
        head, _, _ = rest.partition("::")
        for pair in head.partition(" ")[2].split(","):
            assert pair.partition("=")[0] in ("file", "line", "title"), line


_OWN = {"br", "details", "summary", "!--"}


def check_markdown(data: bytes) -> None:
    """Nothing from an image is markup: no link, picture or emphasis but ours, no HTML but ours."""
    waiting: list[Token] = MarkdownIt("commonmark").enable("table").parse(data.decode())
    depth = 0
    while waiting:
        token = waiting.pop()
        waiting += token.children or []
        assert token.type not in ("link_open", "image", "code_block", "hr", "blockquote_open")
        if token.type.startswith("html"):
            for part in token.content.split("<")[1:]:
                name = part.lstrip("/").split(">")[0].split(" ")[0]
                assert name in _OWN, token.content
            depth += token.content.count("<details>") - token.content.count("</details>")
    assert depth == 0
