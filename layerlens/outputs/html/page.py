"""The page around the data: one HTML file with its own style, script and policy.

The policy (Content Security Policy, level 3) lets nothing be fetched and only the
page's own script and style run, by their hashes; a report that somebody edited shows
nothing rather than what they put in.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, BinaryIO

from layerlens import __version__
from layerlens.outputs.display import escape
from layerlens.outputs.html.join import bare_style, join

Json = dict[str, Any]

_PACK_LEVEL = 6
"""Of gzip: level 9 takes four times as long for one percent."""

_STYLES_OF_IMAGE = (
    "overview.css",
    "layers.css",
    "files.css",
    "facts.css",
    "fixparts.css",
    "packages.css",
    "image.css",
    "diagnostics.css",
    "guide.css",
    "findings.css",
)
STYLES = {
    "image": ("base.css", "export.css", *_STYLES_OF_IMAGE, "print.css"),
    "comparison": ("base.css", "export.css", *_STYLES_OF_IMAGE, "changes.css", "print.css"),
    "trend": ("base.css", "export.css", "facts.css", "guide.css", "trend.css", "print.css"),
}
"""What a report is of -> its style sheets, in the order of the cascade."""


def write_page(
    stream: BinaryIO, data: Json, *, title: str, summary: Sequence[tuple[str, str]], plain: bool
) -> None:
    """Write a report: ``data`` is what ``page/report.js`` reads, an image, a comparison or a trend.

    ``summary`` are the rows that a reader without JavaScript sees.  ``plain`` leaves the
    data as JSON text, for browsers without ``DecompressionStream`` and for people who
    want to read it.
    """
    of = next(each for each in ("trend", "comparison", "image") if data.get(each) is not None)
    style, early, script = _style(of), _part("theme.js"), _script(of)
    policy = "; ".join((
        "default-src 'none'",
        f"script-src {_hash(early)} {_hash(script)}",
        f"style-src {_hash(style)}",
        "img-src data:",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ))  # fmt: skip
    shown = html.escape(escape(title))
    rows = "".join(
        f"<tr><th scope=row>{html.escape(escape(name))}<td>{html.escape(escape(value))}\n"
        for name, value in summary
    )
    head = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="layerlens {html.escape(__version__)}">
<title>{shown}</title>
<link rel="icon" href="data:image/svg+xml;base64,{_icon()}">
<script>{early}</script>
<style>{style}</style>
<body>
<noscript>
<main>
<h1>{shown}</h1>
<p>This report needs JavaScript; it runs from this file alone and fetches nothing. In short:
<table>
{rows}</table>
</main>
</noscript>
"""
    stream.write(head.encode())
    write_data(stream, data, plain=plain)
    stream.write(f"<script>{script}</script>\n</html>\n".encode())


def write_data(stream: BinaryIO, data: Json, *, plain: bool) -> None:
    """The element that holds the data: gzip in base64, or JSON in which nothing is markup."""
    raw = _encoded(data)
    if plain:
        # Inside strings these mean the same; elsewhere in JSON they do not stand.
        for char in (b"<", b">", b"&"):
            raw = raw.replace(char, b"\\u%04x" % char[0])
        stream.write(b'<script type="application/json" id="data">')
        stream.write(raw)
    else:
        stream.write(b'<script type="text/plain" id="data" data-packed="gzip">')
        stream.write(base64.b64encode(gzip.compress(raw, _PACK_LEVEL, mtime=0)))
    stream.write(b"</script>\n")


def _encoded(data: Json) -> bytes:
    import msgspec

    try:
        return msgspec.json.encode(data)
    except UnicodeEncodeError:
        # Texts that are no Unicode: escapes carry them, as in --json.
        return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _part(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text("utf-8")


@cache
def _script(of: str) -> str:
    """Only what shows what the report is of."""
    return join(f"entries/{of}.js", _part)


@cache
def _style(of: str) -> str:
    return "".join(bare_style(_part(name)) for name in STYLES[of])


@cache
def _icon() -> str:
    return base64.b64encode(_part("icon.svg").encode()).decode()
