"""Four versions of one image, made by hand."""

from __future__ import annotations

from layerlens.analysis.model import Analysis
from tests import fleets
from tests.builders import file, whiteout
from tests.fleets import KB

BASE = [file("bin/sh", b"s" * 90 * KB)]
ADD, INSTALL, COPY, CLEAN = "ADD rootfs.tar /", "RUN install", "COPY app /app", "RUN rm -rf lists"
LISTS = file("var/lib/apt/lists/all", b"l" * 40 * KB)


def versions() -> list[Analysis]:
    """It grows by lists, then hides them in a further layer, then never has them."""
    app = [file("app/x", b"x" * 3 * KB)]
    return [
        fleets.image("app:1", [BASE, app], [ADD, COPY]),
        fleets.image("app:2", [BASE, [LISTS], app], [ADD, INSTALL, COPY]),
        fleets.image(
            "app:3",
            [BASE, [LISTS], app, [whiteout("var/lib/apt/lists/all")]],
            [ADD, INSTALL, COPY, CLEAN],
        ),
        fleets.image("app:4", [BASE, [file("app/x", b"y" * 2 * KB)]], [ADD, COPY]),
    ]
