"""An image with findings and packages, and texts that are worth looking at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.builders import Image, Member, directory, file, layer, symlink, whiteout
from tests.debian import Deb, contents, databases, system

LAYERS = 6

SERVER = """\
// The shop: a list of articles, and a cart.
import express from "express";
import { readFileSync } from "node:fs";

const settings = JSON.parse(readFileSync("settings.json", "utf8"));
const shop = express();
const carts = new Map();

shop.get("/articles", (request, response) => {
  const wanted = request.query.text ?? "";
  response.json(settings.articles.filter((each) => each.name.includes(wanted)));
});

shop.post("/cart/:user/:article", (request, response) => {
  const { user, article } = request.params;
  const cart = carts.get(user) ?? [];
  carts.set(user, [...cart, article]);
  response.status(201).json({ articles: cart.length + 1 });
});

shop.listen(settings.port, () => console.log(`port ${settings.port}`));
"""

RUN = "#!/bin/sh\nexec node /app/src/server.js\n"

SETTINGS = """\
{
  "port": 8080,
  "log": "debug",
  "articles": [
    { "name": "kettle", "price": 29.9 },
    { "name": "teapot", "price": 34.5 }
  ]
}
"""

LATER_SETTINGS = """\
{
  "port": 8080,
  "log": "warning",
  "currency": "EUR",
  "articles": [
    { "name": "kettle", "price": 27.9 },
    { "name": "teapot", "price": 34.5 }
  ]
}
"""

NOTES = """\
# What is left to do

- a cart that outlives a restart
- prices without rounding
"""

_DEBIAN = (
    Deb("base-files", {"etc/debian_version": 5, "usr/lib/os-release": 260}, priority="required"),
    Deb("bash", {"usr/bin/bash": 240_000}, needs="libc6 (>= 2.36)", priority="required",
        version="5.2.15-2+b7", essential=True),
    Deb("libc6", {"usr/lib/x86_64-linux-gnu/libc.so.6": 390_000}, version="2.36-9+deb12u10"),
    Deb("nodejs", {"usr/bin/node": 1_900_000}, needs="libc6 (>= 2.34)", version="18.20.4"),
)  # fmt: skip
_CURL = (
    Deb("curl", {"usr/bin/curl": 120_000}, needs="libc6, libcurl4", version="7.88.1-10+deb12u8"),
    Deb("libcurl4", {"usr/lib/x86_64-linux-gnu/libcurl.so.4": 310_000}, needs="libc6",
        version="7.88.1-10+deb12u8", auto=True),
)  # fmt: skip


def _package(
    name: str, version: str, script: int, licence: str = "MIT", **more: Any
) -> list[Member]:
    """A package of npm: its manifest, and a script of that many bytes."""
    told = {"name": name, "version": version, "license": licence, **more}
    line = f"// {name}: nothing to see here, go on\n"
    return [
        file(f"app/node_modules/{name}/package.json", json.dumps(told, indent=2)),
        file(f"app/node_modules/{name}/index.js", (line * (script // len(line) + 1))[:script]),
    ]


_LOCK = {
    "node_modules/express": {"version": "4.21.0", "dependencies": {"qs": "6.13.0"}},
    "node_modules/qs": {"version": "6.13.0"},
    "node_modules/eslint": {"version": "9.12.0", "dev": True},
}

_STEPS = (
    "RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit",
    "RUN /bin/sh -c rm -rf /var/lib/apt/lists/* # buildkit",
    "COPY . /app # buildkit",
    "RUN /bin/sh -c npm ci # buildkit",
    "RUN /bin/sh -c sed -i s/debug/warning/ src/settings.json && chown -R node src && rm NOTES.md # buildkit",
)


def _history() -> list[dict[str, Any]]:
    base = {"created": "2024-04-20T00:00:00Z"}
    rows: list[dict[str, Any]] = [
        {**base, "created_by": "/bin/sh -c #(nop) ADD file:4f1c in / "},
        {**base, "created_by": '/bin/sh -c #(nop)  CMD ["bash"]', "empty_layer": True},
    ]
    rows += [
        {
            "created": f"2024-05-01T12:0{k}:00Z",
            "created_by": step,
            "comment": "buildkit.dockerfile.v0",
        }
        for k, step in enumerate(_STEPS)
    ]
    return rows


def _lower() -> list[bytes]:
    """The layers that both builds have: the base, curl, the lists that are removed again."""
    base = layer(directory("tmp", 0o1777), directory("app"), *system(*_DEBIAN))
    curl = layer(
        *(file(f"var/lib/apt/lists/deb{k}_Packages", b"L" * 90_000) for k in range(4)),
        *contents(_CURL),
        *databases(*_DEBIAN, *_CURL),
    )
    return [base, curl, layer(whiteout("var/lib/apt/lists"))]


def older() -> Image:
    """The build before: another express, other settings, a script elsewhere, no cache left."""
    sources = layer(
        file("app/package.json", json.dumps(
            {"name": "shop", "version": "2.3.0", "dependencies": {"express": "^4.0.0"}}, indent=2)),
        file("app/src/server.js", SERVER.replace("201", "200")),
        file("app/src/settings.json", SETTINGS), file("app/bin/run", RUN, mode=0o755),
        file("app/TODO.md", NOTES * 3),
    )  # fmt: skip
    locked = {
        "node_modules/express": {"version": "4.18.2", "dependencies": {"qs": "6.13.0"}},
        "node_modules/qs": {"version": "6.13.0"},
        "node_modules/left-pad": {"version": "1.3.0"},
    }
    modules = layer(
        file("app/node_modules/.package-lock.json", json.dumps(
            {"name": "shop", "lockfileVersion": 3, "packages": locked})),
        *_package("express", "4.18.2", 190_000, dependencies={"qs": "6.13.0"}),
        *_package("qs", "6.13.0", 48_000, "BSD-3-Clause"),
        *_package("left-pad", "1.3.0", 31_000),
    )  # fmt: skip
    tidied = layer(file("app/src/settings.json", SETTINGS, uid=1000, gid=1000))
    return Image(
        [*_lower(), sources, modules, tidied],
        history=_history(),
        settings={"WorkingDir": "/app", "Cmd": ["/app/bin/run"], "Env": ["NODE_ENV=production"]},
        tag="shop:2.3",
    )


def image() -> Image:
    """Six layers, of which the first is the base's by the look of its history."""
    sources = layer(
        file("app/package.json", json.dumps(
            {"name": "shop", "version": "2.4.0", "dependencies": {"express": "^4.0.0"},
             "devDependencies": {"eslint": "^9.0.0"}}, indent=2)),
        file("app/src/server.js", SERVER), file("app/src/settings.json", SETTINGS),
        file("app/src/run", RUN, mode=0o755), symlink("app/src/start", "run"),
        file("app/NOTES.md", NOTES),
    )  # fmt: skip
    modules = layer(
        file("app/node_modules/.package-lock.json", json.dumps(
            {"name": "shop", "lockfileVersion": 3, "packages": _LOCK})),
        *_package("express", "4.21.0", 210_000, dependencies={"qs": "6.13.0"}),
        *_package("qs", "6.13.0", 48_000, "BSD-3-Clause"),
        *_package("eslint", "9.12.0", 640_000),
        file("root/.npm/_cacache/content-v2/sha512/1c/9a/2f", b"c" * 330_000),
    )  # fmt: skip
    tidied = layer(
        file("app/src/server.js", SERVER, uid=1000, gid=1000),
        file("app/src/settings.json", LATER_SETTINGS, uid=1000, gid=1000),
        whiteout("app/NOTES.md"),
    )
    return Image(
        [*_lower(), sources, modules, tidied],
        history=_history(),
        settings={"WorkingDir": "/app", "Cmd": ["/app/src/run"], "Env": ["NODE_ENV=production"]},
        tag="shop:2.4",
    )


def write(path: Path) -> Path:
    """The image as ``docker save`` writes it."""
    return image().save_25(path)


def write_older(path: Path) -> Path:
    """The build before, as ``docker save`` writes it."""
    return older().save_25(path)
