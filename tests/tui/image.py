"""One fixed image for the tests of the terminal UI."""

from __future__ import annotations

from pathlib import Path

from layerlens.analysis.model import Analysis
from layerlens.pipeline import analyse_image, open_image
from layerlens.progress import Progress, silent
from tests.builders import (
    Image,
    Member,
    directory,
    file,
    hardlink,
    layer,
    symlink,
    whiteout,
)

LAYERS = 5


def write(path: Path) -> Path:
    """A small image with waste, hostile names and every kind of change."""
    base = layer(
        directory("bin"), file("bin/busybox", b"b" * 812_345, mode=0o4755), symlink("bin/sh", "busybox"),
        directory("etc"), file("etc/passwd", b"root:x:0:0", mode=0o644), file("etc/motd", b"hello"),
        directory("tmp", 0o1777),
        file("usr/share/names/\x1b[31mred\n.txt", b"12"), file("usr/share/names/[bold]markup[/]", b"1"),
        file("usr/share/names/\u202egnp.exe", b"1"), file(b"usr/share/names/\xff\xfe", b"1"),
        file("usr/share/names/日本語", b"1"),
    )  # fmt: skip
    update = layer(
        *(file(f"var/lib/apt/lists/deb{k}_Packages", b"L" * 60_000) for k in range(5)),
        file("usr/bin/curl", b"c" * 240_000, mode=0o755),
    )
    cleanup = layer(whiteout("var/lib/apt/lists"))
    modules = layer(
        *(
            file(f"app/node_modules/{package}/lib/{name}.js", b"j" * (1000 + 37 * k))
            for package in ("express", "lodash", "react")
            for k, name in enumerate(("index", "utils", "errors", "router"))
        ),
        _server(),
    )
    owner = layer(
        file("app/server.js", b"s" * 2_000, mode=0o600, uid=1000, gid=1000),
        hardlink("app/server-copy.js", "app/server.js", mode=0o600, uid=1000, gid=1000),
        file("etc/motd", b"other"),
        symlink("etc/passwd", "shadow"),
        whiteout("app/node_modules/react"),
    )
    return Image(
        [base, update, cleanup, modules, owner],
        instructions=[
            "/bin/sh -c #(nop) ADD file:4f1c in / ",
            "RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit",
            "RUN /bin/sh -c rm -rf /var/lib/apt/lists/* # buildkit",
            "RUN /bin/sh -c npm ci --omit=dev # buildkit",
            "RUN /bin/sh -c chown -R node:node /app/server.js && rm -r /app/node_modules/react # buildkit",
        ],
        tag="shop/web:2.4",
    ).save_25(path)  # fmt: skip


def _server() -> Member:
    return file("app/server.js", b"s" * 2_000)


def analysis(path: Path, progress: Progress = silent) -> Analysis:
    """The analysis of the image, read from ``path``."""
    image = open_image(str(path), progress=progress)
    try:
        return analyse_image(image, progress=progress)
    finally:
        image.close()
