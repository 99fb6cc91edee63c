"""The engine's source against a server that answers as engines do, through the real SDK."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.errors import DigestError, ImageError, Interrupted, SourceError
from layerlens.image.manifest import parse_platform
from layerlens.pipeline import analyse_image, base_layers, open_image
from layerlens.progress import Step, silent
from layerlens.sources.image import ReadOptions
from tests.builders import Image, file, gzipped, header, layer, whiteout
from tests.unit.sources.fake_engine import Engine, serving
from tests.unit.sources.looking import analysis, dumps, figures, pack

IMAGE = Image(
    [layer(file("a", os.urandom(400_000)), file("b", b"b")), layer(whiteout("b"), file("c", b"c"))],
    ["RUN step 0", "RUN step 1"],
    tag="demo:1",
)


# The SDK does not close a socket that it could not connect.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket.socket fd=.* family=1,")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker-config"))
    yield
    gc.collect()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with serving(Engine(IMAGE, IMAGE.save_legacy(tmp_path / "export.tar").read_bytes())) as found:
        monkeypatch.setenv("DOCKER_HOST", found.host)
        yield found


def refused(reference: str = "docker://demo:1", **options: Any) -> ImageError:
    with pytest.raises(ImageError) as caught:
        analysis(reference, **options)
    assert "\n" not in caught.value.what
    return caught.value


class TestWhole:
    def test_same_as_from_an_archive(self, engine: Engine, tmp_path: Path) -> None:
        expected = analysis(IMAGE.save_25(tmp_path / "x.tar"))
        for reference in ("docker://demo:1", "demo:1"):
            found = analysis(reference)
            assert figures(found) == figures(expected)
            assert found.image.source == "Docker Engine"
            assert found.image.tags == ("demo:1",)
            assert found.image.id == expected.image.id
            assert str(found.image.digest) == f"sha256:{'d' * 64}"

    @pytest.mark.parametrize("shape", ["save_25", "containerd_save", "podman_archive"])
    def test_archives_of_all_engines(self, shape: str, engine: Engine, tmp_path: Path) -> None:
        expected = figures(analysis("demo:1"))
        engine.export = getattr(IMAGE, shape)(tmp_path / "x.tar").read_bytes()
        assert figures(analysis("demo:1")) == expected

    def test_steps(self, engine: Engine) -> None:
        steps: list[Step] = []
        image = open_image("demo:1", ReadOptions(), steps.append)
        analyse_image(image, progress=steps.append)
        image.close()
        previews = [step.preview for step in steps if step.preview]
        assert len(previews) == 1
        assert previews[0].name == "demo:1"
        assert previews[0].size == sum(map(len, IMAGE.layers))
        assert [text for _, text in previews[0].layers] == ["RUN step 0", "RUN step 1"]
        reading = [step.done for step in steps if step.stage.startswith("reading from")]
        assert reading == sorted(reading)
        assert reading[-1] == len(engine.export)

    def test_odd_answers_beside_the_image(self, engine: Engine) -> None:
        engine.answers = {"/history": None, "/images/json": None}
        assert analysis("demo:1").image.tags == ("demo:1",)
        engine.answers = {}
        engine.status = {"/history": (500, "no history"), "/images/json": (500, "no list")}
        found = analysis("demo:1")
        assert [note.code for note in found.diagnostics] == ["base-unknown"]

    def test_base_layers_come_by_inspect_alone(self, engine: Engine) -> None:
        found = base_layers("docker://demo:1")
        assert [digest.hex for digest in found] == IMAGE.diff_ids
        assert not any(path.endswith("/get") for path in engine.asked)

    @pytest.mark.parametrize(("api", "sent"), [("1.41", False), ("1.48", True)])
    def test_platform(self, engine: Engine, api: str, sent: bool) -> None:
        engine.api = api
        options = ReadOptions(platform=parse_platform("linux/amd64"))
        image = open_image("demo:1", options)
        image.close()
        (asked,) = [path for path in engine.asked if "/get" in path]
        assert ("platform=" in asked) is sent

    def test_another_platform_than_asked_for(self, engine: Engine) -> None:
        error = refused(platform="linux/arm64")
        assert "no image for linux/arm64; there is linux/amd64" in error.what


class TestContexts:
    """Docker Desktop, colima, OrbStack and rootless engines are found by their contexts."""

    @pytest.fixture
    def contexts(self, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.delenv("DOCKER_HOST")
        folder = tmp_path / "docker-config"
        for name, host in (("colima", engine.host), ("other", f"unix://{tmp_path}/none.sock")):
            meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
            meta.mkdir(parents=True)
            endpoint = {"Host": host, "SkipTLSVerify": False}
            (meta / "meta.json").write_text(
                json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}})
            )
        return folder

    def test_the_current_one(self, contexts: Path) -> None:
        (contexts / "config.json").write_text('{"currentContext": "colima"}')
        assert analysis("docker://demo:1").image.tags == ("demo:1",)

    def test_by_the_variable(self, contexts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (contexts / "config.json").write_text('{"currentContext": "other"}')
        assert "none.sock" in refused("docker://demo:1").what
        monkeypatch.setenv("DOCKER_CONTEXT", "colima")
        assert analysis("docker://demo:1").image.tags == ("demo:1",)


class TestBroken:
    @pytest.mark.parametrize("at", [0, 100, 512, 3000, 200_000, 400_000])
    def test_cut_in_the_middle(self, at: int, engine: Engine) -> None:
        engine.cut = at
        error = refused()
        assert isinstance(error, SourceError)
        assert "the connection to the Docker Engine broke" in error.what
        assert error.where.file == "docker://demo:1"
        assert error.hint is not None

    @pytest.mark.parametrize("at", [0, 1024, 200_000])
    def test_ends_with_an_error(self, at: int, engine: Engine) -> None:
        engine.cut = at
        engine.appended = (
            b'{"errorDetail":{"message":"no space\\nleft \\u001b[31m"},"error":"x"}\r\n'
        )
        error = refused()
        assert isinstance(error, SourceError)
        assert "the Docker Engine broke off: no space left" in error.what

    def test_an_error_after_the_end(self, engine: Engine) -> None:
        engine.appended = b'{"errorDetail":{"message":"late"}}'
        assert "broke off: late" in refused().what

    @pytest.mark.parametrize("at", [1024, 200_000])
    def test_ends_early_and_says_nothing(self, at: int, engine: Engine) -> None:
        engine.export = engine.export[:at]
        error = refused()
        assert error.where.file == "docker://demo:1"

    def test_an_empty_answer(self, engine: Engine) -> None:
        engine.export = b""
        assert isinstance(refused(), ImageError)

    @pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
    @pytest.mark.parametrize("end", ["/demo:1/get", "/demo:1/json"])
    def test_error_answers(self, end: str, status: int, engine: Engine) -> None:
        engine.status = {end: (status, "what the\nengine says")}
        error = refused()
        assert isinstance(error, SourceError)
        if status == 404 and end.endswith("json"):
            assert "no image 'demo:1'" in error.what
            assert "docker pull" in str(error.hint)
        else:
            assert "what the engine says" in error.what

    def test_no_such_image(self, engine: Engine) -> None:
        engine.status = {"/json": (404, "No such image: demo:1")}
        error = refused("demo:1")
        assert engine.host in error.what

    @pytest.mark.parametrize("value", [None, [], "text", 5])
    def test_inspect_of_another_form(self, value: object, engine: Engine) -> None:
        engine.answers = {"/demo:1/json": value}
        assert "no known form" in refused().what

    def test_a_wrong_layer(self, engine: Engine, tmp_path: Path) -> None:
        names = ["0", "1"]
        entry = {"Config": "c", "RepoTags": [], "Layers": names}
        files = {"0": IMAGE.layers[0], "1": layer(file("evil")), "c": IMAGE.config}
        engine.export = pack(
            tmp_path / "x.tar", files | {"manifest.json": dumps([entry])}
        ).read_bytes()
        error = refused()
        assert isinstance(error, DigestError)
        assert str(error.where.layer).startswith("layer 2/2")
        assert analysis("demo:1", verify=False).image.tags == ("demo:1",)

    def test_a_broken_tar(self, engine: Engine) -> None:
        engine.export = engine.export[:512] + header("bad", checksum=1) + engine.export[512:]
        assert "checksum" in refused().what

    def test_no_http(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer() -> None:
                peer, _ = listener.accept()
                with peer:
                    peer.recv(1000)
                    peer.sendall(b"SSH-2.0-OpenSSH\r\n" * 10)

            thread = threading.Thread(target=answer)
            thread.start()
            monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{listener.getsockname()[1]}")
            error = refused()
            thread.join()
        assert "cannot talk to the Docker Engine" in error.what


class TestStall:
    def test_waiting_is_told_and_can_be_stopped(self, engine: Engine) -> None:
        engine.stall = threading.Event()
        stages: list[str] = []

        def progress(step: Step) -> None:
            stages.append(step.stage)
            if "copy the image" in step.stage:
                raise Interrupted

        with pytest.raises(Interrupted):
            open_image("demo:1", ReadOptions(), progress)
        assert stages[0] == "asking the Docker Engine"
        assert stages[-1] == "waiting for the Docker Engine to copy the image"

    def test_a_late_first_byte_is_fine(self, engine: Engine) -> None:
        engine.stall = stall = threading.Event()
        threading.Timer(0.6, stall.set).start()
        found: Analysis = analysis("demo:1")
        assert len(found.layers) == 2

    def test_stopping_while_bytes_come(self, engine: Engine) -> None:
        def progress(step: Step) -> None:
            if step.stage.startswith("reading from"):
                raise Interrupted

        with pytest.raises(Interrupted):
            open_image("demo:1", ReadOptions(), progress)


class TestNoEngine:
    def test_no_socket(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
        error = refused("docker://demo:1")
        assert error.what == f"no Docker Engine answers at unix://{tmp_path}/none.sock"
        assert "start it" in str(error.hint)

    def test_a_bare_name_is_asked_of_a_registry_then(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        error = refused(f"127.0.0.1:{port}/demo:1")
        assert error.what == (
            f"no Docker Engine answers at unix://{tmp_path}/none.sock; "
            f"no answer from 127.0.0.1:{port}: the connection was refused"
        )
        assert "start it" in str(error.hint)

    def test_nobody_listens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        error = refused()
        assert f"no Docker Engine answers at tcp://127.0.0.1:{port}" in error.what

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may open every socket")
    def test_no_permission(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        path = tmp_path / "engine.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            path.chmod(0)
            monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
            error = refused()
        assert "no permission" in error.what
        assert str(path) in error.what
        assert "docker group" in str(error.hint)

    @pytest.mark.parametrize("host", ["gopher://x", "nonsense", "tcp://", "unix://", "http://[::1"])
    def test_odd_hosts(self, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", host)
        assert isinstance(refused(), SourceError)

    def test_tls_without_certificates(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
        assert "TLS settings" in str(refused().hint)

    def test_a_context_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_CONTEXT", "no-such-context")
        assert isinstance(refused(), SourceError)

    @pytest.mark.parametrize("text", ["{", "[]", '{"currentContext": "gone"}', '{"credsStore": 5}'])
    def test_odd_configuration(
        self, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "docker-config"
        folder.mkdir()
        (folder / "config.json").write_text(text)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
        assert isinstance(refused(), SourceError)

    def test_inspect_layers_too(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
        with pytest.raises(SourceError, match="no Docker Engine"):
            base_layers("docker://demo:1")


def test_compressed_layers_of_a_store(engine: Engine, tmp_path: Path) -> None:
    engine.export = IMAGE.containerd_save(tmp_path / "x.tar", "gzip").read_bytes()
    found = analysis("demo:1")
    assert [each.compressed_size for each in found.layers] == [
        len(gzipped(d)) for d in IMAGE.layers
    ]
    assert json.loads(IMAGE.config)["os"] == "linux"
    silent(Step("nobody listens"))
