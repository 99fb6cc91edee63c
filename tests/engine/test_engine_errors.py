"""An engine that is not there, will not let us in, or does not have the image."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.listing import tool, tool_environment

pytestmark = pytest.mark.engine

_IMAGE_NOT_READ = 3


def _one_line(result: subprocess.CompletedProcess[str]) -> str:
    """The error's line, after checking that there is nothing else."""
    assert result.returncode == _IMAGE_NOT_READ, (result.stdout, result.stderr)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in lines[0]
    return lines[0]


def _elsewhere(engine: Engine, host: str) -> dict[str, str]:
    return {**tool_environment(engine), "DOCKER_HOST": host}


@pytest.mark.parametrize("command", [(), ("files",)], ids=["summary", "files"])
def test_no_such_image(engine: Engine, command: tuple[str, ...]) -> None:
    reference = "docker://no-such-image:1"
    line = _one_line(tool(*command, reference, environment=tool_environment(engine)))
    assert "no-such-image:1" in line


def test_no_partial_json_is_left(engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    _one_line(
        tool("docker://no-such-image:1", "--json", target, environment=tool_environment(engine))
    )
    assert list(tmp_path.iterdir()) == []


def test_no_engine_at_the_socket(engine: Engine, tmp_path: Path) -> None:
    missing = tmp_path / "docker.sock"
    line = _one_line(tool("docker://any:1", environment=_elsewhere(engine, f"unix://{missing}")))
    assert str(missing) in line


def test_nobody_listens_at_the_socket(engine: Engine) -> None:
    left_over = engine.directory / "left-over.sock"
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(left_over))
    try:
        result = tool("docker://any:1", environment=_elsewhere(engine, f"unix://{left_over}"))
        assert str(left_over) in _one_line(result)
    finally:
        left_over.unlink()


def test_nobody_listens_at_the_address(engine: Engine) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    result = tool("docker://any:1", environment=_elsewhere(engine, f"tcp://127.0.0.1:{port}"))
    assert f"127.0.0.1:{port}" in _one_line(result)


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv takes root's powers away")
def test_no_permission_on_the_socket(engine: Engine) -> None:
    guarded = engine.directory / "guarded.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(guarded))
        listener.listen()
        # Another user's socket, and root without the power to pass over that.
        os.chown(guarded, 65534, 65534)
        guarded.chmod(0o600)
        powerless = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
        environment = _elsewhere(engine, f"unix://{guarded}")
        result = tool("docker://any:1", environment=environment, before=powerless)
    guarded.unlink()
    line = _one_line(result)
    assert "ermission" in line
    assert str(guarded) in line


def test_a_bare_name_finds_the_engines_image(engine: Engine, tmp_path: Path) -> None:
    """The counterpart: the same command with an image that is there."""
    rootfs = tmp_path / "rootfs"
    rootfs.mkdir()
    (rootfs / "hello").write_bytes(b"good day")
    archive = tmp_path / "rootfs.tar"
    subprocess.run(["tar", "-C", rootfs, "-cf", archive, "."], check=True)
    engine.docker("import", archive, "hello-there:1")
    result = tool("files", "hello-there:1", environment=tool_environment(engine))
    assert result.returncode == 0, result.stderr
    assert "hello" in result.stdout
