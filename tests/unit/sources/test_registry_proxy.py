"""A registry behind a proxy that really relays."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from layerlens.errors import SourceError
from layerlens.sources.image import ReadOptions, RegistryAccess
from layerlens.sources.registry.source import open_registry
from tests.unit.sources.registry_fake import REPOSITORY, Registry, serving
from tests.unit.sources.test_registry import IMAGE, QUICK


class _Proxy(BaseHTTPRequestHandler):
    """Relays what is asked by whole addresses to one target, and writes down what it was."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.relayed.append(self.path)
        connection = http.client.HTTPConnection(self.server.target, timeout=60)
        try:
            kept = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy")}
            connection.request("GET", parts.path, headers=kept)
            answer = connection.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    relayed: list[str]
    target: str


@contextmanager
def proxy(target: str) -> Iterator[tuple[str, list[str]]]:
    """Its address, and what passed through it."""
    server = _Server(("127.0.0.1", 0), _Proxy)
    server.relayed, server.target = [], target
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.relayed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


HOST = "registry.invalid"
"""Never a real host (RFC 6761): only a proxy can lead anywhere."""


def layers_read(name: str, **environment: str) -> int:
    access = RegistryAccess(insecure=True, environment=environment)
    options = ReadOptions(registry=access)
    image = open_registry(f"{name}/{REPOSITORY}:1", options, manner=QUICK)
    try:
        return len(image.read(options))
    finally:
        image.close()


def test_everything_goes_through_it() -> None:
    with serving(Registry()) as registry, proxy(registry.host) as (address, relayed):
        registry.push(IMAGE)
        assert layers_read(HOST, HTTP_PROXY=address) == 2
        assert len(relayed) == len(registry.asked) >= 4
        assert all(url.startswith(f"http://{HOST}/v2/{REPOSITORY}/") for url in relayed)


def test_nothing_does_where_no_proxy_says_so() -> None:
    with serving(Registry()) as registry, proxy(registry.host) as (address, relayed):
        with pytest.raises(SourceError, match="no host of that name"):
            layers_read(HOST, http_proxy=address, NO_PROXY=".invalid")
        registry.push(IMAGE)
        assert layers_read(registry.host, http_proxy=address) == 2  # this machine itself
        assert relayed == []
