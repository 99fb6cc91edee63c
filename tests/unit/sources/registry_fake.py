"""An HTTP server on loopback that answers as a registry does, or as a broken one."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from layerlens.image.manifest import OCI_INDEX, OCI_MANIFEST
from tests.archives import Image, gzipped, sha256
from tests.waiting import PATIENCE

REPOSITORY = "team/app"


@dataclass
class Asked:
    """One request: ``form`` is the body of a POST."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Answer:
    """A scripted answer instead of the usual one; ``cut`` ends the body after so many bytes.

    ``stall`` holds back the rest of a body that is cut until it is set, or until
    patience ends.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: threading.Event | None = None


@dataclass
class Registry:
    """What a registry has, and how it misbehaves.

    ``manifests`` are by tag and by digest, ``blobs`` by digest.  ``script``
    may give an :class:`Answer` for a request, or ``None`` for the usual one.
    ``bearer`` is the one bearer token that is good, ``basic`` the one
    Authorization header.  ``cuts`` are consumed one by blob request: bytes
    after which the connection ends.  ``stalling`` is set when an answer is held back,
    ``overslept`` counts those that were for so long that patience ended.
    """

    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    script: Callable[[Asked], Answer | None] = lambda _: None
    bearer: str | None = None
    issuer: str = "/token"
    basic: str | None = None
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    redirect: str | None = None
    asked: list[Asked] = field(default_factory=list)
    host: str = ""
    stalling: threading.Event = field(default_factory=threading.Event)
    overslept: int = 0

    def push(self, image: Image, tag: str = "1", **options: Any) -> str:
        """Add an image with gzip layers; gives its manifest's digest."""
        return self.push_blobs(image, [gzipped(data) for data in image.layers], tag, **options)

    def push_blobs(
        self, image: Image, stored: list[bytes], tag: str | None = "1", kind: str = "tar+gzip"
    ) -> str:
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": self.put(image.config, "application/vnd.oci.image.config.v1+json"),
            "layers": [
                self.put(data, f"application/vnd.oci.image.layer.v1.{kind}") for data in stored
            ],
        }
        return self.put_manifest(document, tag, OCI_MANIFEST)

    def put(self, data: bytes, media_type: str) -> dict[str, Any]:
        digest = f"sha256:{sha256(data)}"
        self.blobs[digest] = data
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def put_manifest(self, document: dict[str, Any], tag: str | None, media_type: str) -> str:
        data = json.dumps(document).encode()
        digest = f"sha256:{sha256(data)}"
        self.manifests[digest] = (media_type, data)
        if tag is not None:
            self.manifests[tag] = (media_type, data)
        return digest

    def put_index(self, children: list[dict[str, Any]], tag: str | None = "1") -> str:
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children}
        return self.put_manifest(document, tag, OCI_INDEX)

    def child(self, digest: str, platform: str | None = None, **more: Any) -> dict[str, Any]:
        """The descriptor of a manifest for an index."""
        media_type, data = self.manifests[digest]
        found: dict[str, Any] = {"mediaType": media_type, "digest": digest, "size": len(data)}
        if platform is not None:
            system, architecture = platform.split("/")
            found["platform"] = {"os": system, "architecture": architecture}
        return {**found, **more}

    @property
    def name(self) -> str:
        """The image's name, without a tag."""
        return f"{self.host}/{REPOSITORY}"

    def paths(self, part: str = "") -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked if part in asked.path]

    def answer(self, asked: Asked) -> Answer:
        scripted = self.script(asked)
        if scripted is not None:
            return scripted
        if asked.path.startswith(self.issuer):
            return Answer(body=json.dumps({"token": self.bearer}).encode())
        refused = self._refused(asked)
        if refused is not None:
            return refused
        found = re.fullmatch(rf"/v2/{REPOSITORY}/(manifests|blobs)/(.+)", asked.path)
        if found is None:
            return Answer()
        if found[1] == "manifests":
            if found[2] not in self.manifests:
                return error(404, "manifest unknown")
            media_type, data = self.manifests[found[2]]
            digest = f"sha256:{sha256(data)}"
            return Answer(
                body=data, headers={"Content-Type": media_type, "Docker-Content-Digest": digest}
            )
        if found[2] not in self.blobs:
            return error(404, "blob unknown to registry")
        if self.redirect is not None:
            return Answer(307, headers={"Location": f"{self.redirect}{asked.path}"})
        return self._blob(self.blobs[found[2]], asked)

    def _refused(self, asked: Asked) -> Answer | None:
        given = asked.headers.get("authorization")
        if self.bearer is not None and given != f"Bearer {self.bearer}":
            realm = f'realm="http://{self.host}{self.issuer}",service="fake"'
            scope = f'scope="repository:{REPOSITORY}:pull"'
            return error(401, "authentication required", f"Bearer {realm},{scope}")
        if self.basic is not None and given != self.basic:
            return error(401, "authentication required", 'Basic realm="fake"')
        return None

    def _blob(self, data: bytes, asked: Asked) -> Answer:
        cut = self.cuts.pop(0) if self.cuts else None
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("range", ""))
        if wanted is None or not self.ranges:
            return Answer(body=data, cut=cut)
        start, end = int(wanted[1]), int(wanted[2] or len(data) - 1) + 1
        shown = f"bytes {start}-{end - 1}/{len(data)}"
        return Answer(206, data[start:end], {"Content-Range": shown}, cut)


def error(status: int, message: str, challenge: str | None = None) -> Answer:
    """A refusal as registries word it."""
    body = json.dumps({"errors": [{"code": "X", "message": message}]}).encode()
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return Answer(status, body, headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
        pass

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._serve(parse_qs(body.decode()))

    def _serve(self, form: dict[str, list[str]]) -> None:
        parts = urlsplit(self.path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        path = self.path if parts.query else parts.path
        asked = Asked(self.command, path, headers, form)
        self.server.registry.asked.append(asked)
        answer = self.server.registry.answer(asked)
        self.send_response(answer.status)
        for key, value in answer.headers.items():
            self.send_header(key, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        if answer.stall is not None:
            self.wfile.flush()
            self.server.registry.stalling.set()
            self.server.registry.overslept += not answer.stall.wait(PATIENCE)
        if answer.cut is not None:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    registry: Registry

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave early are part of the tests."""


@contextmanager
def serving(registry: Registry, tls: ssl.SSLContext | None = None) -> Iterator[Registry]:
    """Serve a registry on a free port of loopback while the context lasts."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.registry = registry
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    registry.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
