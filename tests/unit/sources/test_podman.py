"""Where podman's API is looked for, and the programs that do not start."""

from __future__ import annotations

import json
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from layerlens.errors import SourceError, UsageError
from layerlens.pipeline import open_image
from layerlens.sources.engine import podman
from layerlens.sources.image import ReadOptions, RegistryAccess
from tests.builders import Image, file, layer
from tests.unit.sources.fake_engine import Engine, serving
from tests.unit.sources.looking import analysis, figures
from tests.unit.starting import interrupted


@pytest.fixture(autouse=True)
def _no_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(podman, "_SYSTEM_SOCKET", str(tmp_path / "system.sock"))
    monkeypatch.setattr(podman, "_SYSTEM_CONFIGS", ())


@pytest.fixture
def listen() -> Iterator[ListenAt]:
    with ExitStack() as stack:
        yield ListenAt(stack)


class ListenAt:
    """Makes sockets that somebody listens at."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(self, path: Path) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        listener = self._stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        listener.listen()
        return f"unix://{path}"


def config(home: Path, text: str, name: str = "containers.conf") -> dict[str, str]:
    folder = home / ".config" / "containers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return {"HOME": str(home)}


CONNECTIONS = json.dumps(
    {
        "Connection": {
            "Default": "machine",
            "Connections": {
                "machine": {"URI": "unix:///machine.sock", "Identity": "/key"},
                "far": {"URI": "ssh://core@127.0.0.1:5000/run/podman/podman.sock"},
                "odd": 5,
            },
        }
    }
)
CONF = """
[engine]
active_service = "work"
[engine.service_destinations.work]
uri = "tcp://10.0.0.1:8080"
[engine.service_destinations.odd]
url = "x"
"""


class TestOrder:
    def test_container_host_comes_first(self, tmp_path: Path, listen: ListenAt) -> None:
        listen(tmp_path / "run/podman/podman.sock")
        environment = {"CONTAINER_HOST": "tcp://h:1", "XDG_RUNTIME_DIR": str(tmp_path / "run")}
        assert podman.find_service(environment) == "tcp://h:1"

    def test_a_named_connection(self, tmp_path: Path) -> None:
        environment = config(tmp_path, CONNECTIONS, "podman-connections.json")
        environment["CONTAINER_CONNECTION"] = "machine"
        assert podman.find_service(environment) == "unix:///machine.sock"
        environment["CONTAINER_CONNECTION"] = "none"
        with pytest.raises(UsageError, match="no connection 'none'"):
            podman.find_service(environment)

    def test_own_socket_before_the_systems(self, tmp_path: Path, listen: ListenAt) -> None:
        environment = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
        system = listen(tmp_path / "system.sock")
        assert podman.find_service(environment) == system
        own = listen(tmp_path / "run/podman/podman.sock")
        assert podman.find_service(environment) == own

    @pytest.mark.skipif(os.geteuid() != 0, reason="another user has a runtime directory anyway")
    def test_root_needs_no_runtime_directory(self, tmp_path: Path) -> None:
        assert podman.sockets({}) == [str(tmp_path / "system.sock")]

    def test_a_dead_socket_does_not_count(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tmp_path / "system.sock"))
        assert podman.find_service({}) is None

    @pytest.mark.parametrize(
        ("name", "text", "wanted"),
        [
            ("podman-connections.json", CONNECTIONS, "unix:///machine.sock"),
            ("containers.conf", CONF, "tcp://10.0.0.1:8080"),
        ],
    )
    def test_the_default_connection(
        self, name: str, text: str, wanted: str, tmp_path: Path
    ) -> None:
        assert podman.find_service(config(tmp_path, text, name)) == wanted

    @pytest.mark.parametrize("name", ["podman-connections.json", "containers.conf"])
    @pytest.mark.parametrize(
        "text",
        ["", "{", "[]", '{"Connection": 5}', '{"Connection": {"Connections": []}}',
         "engine = 5", "[engine]\nservice_destinations = 5\nactive_service = 1", "\0\xff"],
    )  # fmt: skip
    def test_odd_files_define_nothing(self, text: str, name: str, tmp_path: Path) -> None:
        assert podman.find_service(config(tmp_path, text, name)) is None

    def test_ssh_is_said_to_need_a_forward(self, tmp_path: Path) -> None:
        environment = config(tmp_path, CONNECTIONS, "podman-connections.json")
        environment["CONTAINER_CONNECTION"] = "far"
        with pytest.raises(SourceError, match="over ssh") as caught:
            podman.find_service(environment)
        assert "ssh -L" in str(caught.value.hint)


def program(folder: Path, script: str) -> dict[str, str]:
    """An environment whose podman is this script."""
    made = folder / "bin" / "podman"
    made.parent.mkdir()
    made.write_text(f"#!/bin/sh\n{script}\n")
    made.chmod(0o755)
    return {"PATH": f"{made.parent}:/usr/bin:/bin"}


class TestStart:
    def test_its_own_words(self, tmp_path: Path) -> None:
        environment = program(tmp_path, "echo cannot set up >&2; echo namespace >&2; exit 125")
        with pytest.raises(SourceError, match="does not start: cannot set up namespace"):
            podman.find_service(environment)

    def test_one_that_hangs_is_ended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(podman, "_START_SECONDS", 0.3)
        environment = program(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
        with pytest.raises(SourceError, match="does not answer"):
            podman.find_service(environment)
        pid = int((tmp_path / "pid").read_text())
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_ctrl_c_while_it_starts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
        (tmp_path / "temporary").mkdir()
        with interrupted() as started, pytest.raises(KeyboardInterrupt):
            podman.find_service(program(tmp_path, "exec sleep 60"))
        assert started[0].poll() == -signal.SIGTERM
        assert not list((tmp_path / "temporary").iterdir())

    def test_one_that_cannot_be_started_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
        (tmp_path / "temporary").mkdir()
        environment = program(tmp_path, "")
        (tmp_path / "bin" / "podman").write_bytes(b"\x7fELF neither script nor program")
        with pytest.raises(SourceError, match=r"podman cannot be started: .*ormat"):
            podman.find_service(environment)
        assert not list((tmp_path / "temporary").iterdir())

    def test_neither_socket_nor_program(self) -> None:
        with pytest.raises(SourceError, match="no podman answers") as caught:
            open_image("podman://demo:1")
        assert "podman.socket" in str(caught.value.hint)


IMAGE = Image([layer(file("a", b"content"))], ["RUN step 0"], tag="demo:1")


def test_an_image_by_container_host(tmp_path: Path) -> None:
    archive = IMAGE.podman_archive(tmp_path / "export.tar")
    with serving(Engine(IMAGE, archive.read_bytes())) as engine:
        access = RegistryAccess(environment={"CONTAINER_HOST": engine.host})
        found = analysis("podman://demo:1", registry=access)
        expected = analysis(archive)
        assert figures(found) == figures(expected)
        assert found.image.source == "podman"
        engine.status = {"/json": (404, "no such image")}
        with pytest.raises(SourceError, match="no image 'demo:2' in podman at tcp://") as caught:
            open_image("podman://demo:2", ReadOptions(registry=access))
        assert "podman pull" in str(caught.value.hint)


def test_a_bare_name_that_only_podman_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    archive = IMAGE.podman_archive(tmp_path / "export.tar")
    with serving(Engine(IMAGE, archive.read_bytes())) as engine:
        access = RegistryAccess(environment={"CONTAINER_HOST": engine.host})
        assert analysis("demo:1", registry=access).image.source == "podman"
