"""A private registry for tests: Debian's docker-registry on a free port of loopback.

with running(tmp_path) as registry:
registry.push("docker-archive:app.tar", "team/app:1")
…  f"{registry.address}/team/app:1"
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.certificates import Pair

USER, WORD = "tester", "open-sesame"
_START_SECONDS = 60.0
_ISSUER, _SERVICE = "layerlens-tests", "registry"


@dataclass(frozen=True)
class Registry:
    """One that runs; ``address`` is ``127.0.0.1:PORT``, ``folder`` is where it keeps things."""

    address: str
    folder: Path
    login: bool = False

    def push(self, source: str, name: str, *options: str) -> None:
        """Copy an image to it by skopeo, with the given options."""
        credentials = ("--dest-creds", f"{USER}:{WORD}") if self.login else ()
        policy = self.folder / "policy.json"
        policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        target = f"docker://{self.address}/{name}"
        command = ["skopeo", "--policy", str(policy), "copy", "--quiet", "--dest-tls-verify=false"]
        subprocess.run(
            [*command, *credentials, *options, source, target], check=True, capture_output=True
        )

    def put_manifest(self, name: str, tag: str, document: dict[str, Any]) -> None:
        """Store a manifest or an index as it stands."""
        connection = http.client.HTTPConnection(self.address)
        try:
            connection.request(
                "PUT",
                f"/v2/{name}/manifests/{tag}",
                json.dumps(document),
                {"Content-Type": document["mediaType"]},
            )
            answer = connection.getresponse()
            assert answer.status == 201, answer.read()
        finally:
            connection.close()


def need(*programs: str) -> None:
    """Skip where one is missing, unless CI insists on all."""
    for program in programs:
        if shutil.which(program) is None:
            if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
                pytest.fail(f"{program} is missing")
            pytest.skip(f"{program} is missing")


@contextmanager
def running(folder: Path, auth: dict[str, Any] | None = None) -> Iterator[Registry]:
    """A registry while the context lasts; ``auth`` is that section of its configuration."""
    need("docker-registry", "skopeo")
    folder.mkdir(parents=True, exist_ok=True)
    address = f"127.0.0.1:{free_port()}"
    settings: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "data")},
            "delete": {"enabled": True},
        },
        "http": {"addr": address},
    }
    if auth is not None:
        settings["auth"] = auth
    config = folder / "config.yml"
    config.write_text(json.dumps(settings))  # JSON is YAML
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", config],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"},
        )
    try:
        _wait(process, address, folder / "log")
        yield Registry(address, folder, login=auth is not None)
    finally:
        process.terminate()
        process.wait(10)


def with_passwords(folder: Path) -> dict[str, Any]:
    """The ``auth`` section for Basic logins by htpasswd."""
    need("htpasswd")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "htpasswd"
    subprocess.run(["htpasswd", "-Bbc", file, USER, WORD], check=True, capture_output=True)
    return {"htpasswd": {"realm": "tests", "path": str(file)}}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    host, port = address.split(":")
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"docker-registry: {log.read_text()}") from None
            time.sleep(0.05)
        else:
            return


# --------------------------------------------------------------------------- a token server


class TokenServer(ThreadingHTTPServer):
    """Gives tokens that docker-registry accepts, to the one user, or for pulls to anybody."""

    daemon_threads = True

    def __init__(self, signer: Pair, *, anonymous: bool, seconds: int = 60) -> None:
        super().__init__(("127.0.0.1", 0), _TokenHandler)
        self.signer = signer
        self.anonymous = anonymous
        self.seconds = seconds
        self.given = 0

    @property
    def auth(self) -> dict[str, Any]:
        """The ``auth`` section of a registry that sends clients here."""
        return {
            "token": {
                "realm": f"http://127.0.0.1:{self.server_address[1]}/token",
                "service": _SERVICE,
                "issuer": _ISSUER,
                "rootcertbundle": str(self.signer.certificate),
            }
        }

    def token(self, scopes: list[str], *, push: bool) -> str:
        """A JSON web token (RFC 7519) with its certificate in the header (x5c)."""
        text = self.signer.certificate.read_text()
        inner = "".join(line for line in text.splitlines() if "-----" not in line)
        now = int(time.time())
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            granted = [each for each in actions.split(",") if push or each == "pull"]
            access.append({"type": kind, "name": name, "actions": granted})
        self.given += 1
        claims = {
            "iss": _ISSUER, "sub": USER, "aud": _SERVICE, "iat": now, "nbf": now - 30,
            "exp": now + self.seconds, "jti": str(self.given), "access": access,
        }  # fmt: skip
        head = {"typ": "JWT", "alg": "RS256", "x5c": [inner]}
        signed = b".".join(_coded(json.dumps(part).encode()) for part in (head, claims))
        command = ["openssl", "dgst", "-sha256", "-sign", str(self.signer.key)]
        made = subprocess.run(command, input=signed, check=True, capture_output=True)
        return (signed + b"." + _coded(made.stdout)).decode()


class _TokenHandler(BaseHTTPRequestHandler):
    server: TokenServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
        pass

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        pair = base64.b64encode(f"{USER}:{WORD}".encode()).decode()
        known = self.headers.get("Authorization") == f"Basic {pair}"
        if not known and not self.server.anonymous:
            self.send_error(401)
            return
        scopes = [one for text in query.get("scope", []) for one in text.split()]
        body = json.dumps({"token": self.server.token(scopes, push=known)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def giving_tokens(server: TokenServer) -> Iterator[TokenServer]:
    """Serve while the context lasts."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _coded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
