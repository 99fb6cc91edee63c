"""An HTTP server on loopback that answers as a Docker Engine does, or as a broken one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.builders import Image


@dataclass
class Engine:
    """What the engine says.

    ``export`` is the archive; ``cut`` ends the answer after so many bytes
    without its proper end; ``appended`` follows the archive; ``stall`` holds
    back the first byte until it is set; ``status`` maps a path's end to an
    error and its message.
    """

    image: Image
    export: bytes = b""
    cut: int | None = None
    appended: bytes = b""
    stall: threading.Event | None = None
    status: dict[str, tuple[int, str]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    api: str = "1.41"
    asked: list[str] = field(default_factory=list)
    host: str = ""

    def inspected(self) -> dict[str, Any]:
        return {
            "Id": f"sha256:{self.image.id}",
            "RepoTags": [self.image.tag],
            "RepoDigests": [f"repo/demo@sha256:{'d' * 64}"],
            "Size": sum(map(len, self.image.layers)),
            "Architecture": "amd64",
            "Os": "linux",
            "RootFS": {"Type": "layers", "Layers": [f"sha256:{d}" for d in self.image.diff_ids]},
        }

    def answer(self, path: str) -> Any:
        """The JSON for a path without its version."""
        for end, value in self.answers.items():
            if path.endswith(end):
                return value
        if path == "/version":
            return {"ApiVersion": self.api, "MinAPIVersion": "1.12", "Version": "20.10.24"}
        if path == "/images/json":
            return [{"Id": f"sha256:{self.image.id}"}]
        if path.endswith("/history"):
            return [
                {"Id": "x", "Size": len(data), "CreatedBy": f"RUN step {k}", "Comment": ""}
                for k, data in reversed(list(enumerate(self.image.layers)))
            ]
        return self.inspected()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
        pass

    def do_GET(self) -> None:
        engine = self.server.engine
        parts = urlsplit(self.path)
        engine.asked.append(self.path)
        path = parts.path
        if path.startswith("/v1."):
            path = "/" + path.split("/", 2)[2]
        for end, (status, message) in engine.status.items():
            if path.endswith(end):
                self._json({"message": message}, status)
                return
        if path.endswith("/get"):
            self._export(engine, parse_qs(parts.query))
            return
        self._json(engine.answer(path))

    def _json(self, value: Any, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _export(self, engine: Engine, query: dict[str, list[str]]) -> None:
        if engine.stall is not None:
            engine.stall.wait(60)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-tar")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        data = engine.export[: engine.cut] + engine.appended
        try:
            for start in range(0, len(data), 32768):
                piece = data[start : start + 32768]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if engine.cut is None or engine.appended:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # the client has gone
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    engine: Engine


@contextmanager
def serving(engine: Engine) -> Iterator[Engine]:
    """Run the engine; ``host`` is then what DOCKER_HOST has to be."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.engine = engine
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    engine.host = f"tcp://127.0.0.1:{server.server_address[1]}"
    try:
        yield engine
    finally:
        if engine.stall is not None:
            engine.stall.set()
        server.shutdown()
        server.server_close()
        thread.join()
