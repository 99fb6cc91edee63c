"""The pull delta against what a Docker Engine fetches: every byte of a layer that passes is counted."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from layerlens.cli.main import main
from tests.archives import Image
from tests.engine.engine import Engine
from tests.engine.registry import running
from tests.members import directory, file, layer

pytestmark = pytest.mark.engine


@contextmanager
def counting(registry: str) -> Iterator[tuple[str, dict[str, int]]]:
    """A registry's address through a proxy, and the bytes of each layer that was fetched by it."""
    fetched: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            upstream = http.client.HTTPConnection(registry)
            upstream.request(self.command, self.path, headers=dict(self.headers.items()))
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            # Besides layers there is the configuration, which everyone fetches.
            if self.command == "GET" and "/blobs/" in self.path and content[:1] != b"{":
                digest = self.path.rpartition("/")[2]
                fetched[digest] = fetched.get(digest, 0) + len(content)
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = pass_on  # noqa: N815 - the server's names

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", fetched
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def images(folder: Path) -> None:
    """Two builds of one Dockerfile: one file changed, and the step behind it ran again."""
    noise = Random(6)  # noqa: S311 - the same bytes every time
    base, data = noise.randbytes(300_000), noise.randbytes(200_000)
    for tag, text in (("old", b"print(1)\n"), ("new", b"print(2)\n")):
        made = file("srv/made", data, mtime=1 if tag == "old" else 2)
        Image(
            [
                layer(directory("etc"), file("etc/base", base)),
                layer(directory("app"), file("app/main.py", text)),
                layer(directory("srv"), made),
            ],
            ["ADD base /", "COPY app /app # buildkit", "RUN /bin/sh -c make # buildkit"],
        ).save_legacy(folder / f"{tag}.tar")


def test_the_pull_delta_is_what_an_engine_fetches(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images(tmp_path)
    with running(tmp_path / "registry") as registry, counting(registry.address) as (at, fetched):
        for tag in ("old", "new"):
            registry.push(f"docker-archive:{tmp_path / f'{tag}.tar'}", f"team/delta:{tag}")
        names = [f"{at}/team/delta:{tag}" for tag in ("old", "new")]
        words = ["compare", *(f"registry://{name}" for name in names), "--json", "-", "--no-cache"]
        assert main(words) == 0
        pull = json.loads(capsys.readouterr().out)["pull"]
        assert (pull["exact"], pull["broke_at"]) == (True, 1)
        assert (pull["fetched"], pull["reused"]) == ([1, 2], [0])
        assert pull["why"].endswith("its content changed: /app/main.py")
        try:
            engine.docker("pull", "--quiet", names[0])
            fetched.clear()
            engine.docker("pull", "--quiet", names[1])
        finally:
            engine.docker("rmi", "--force", *names)
        assert (len(fetched), sum(fetched.values())) == (2, pull["bytes"])
