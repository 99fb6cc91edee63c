"""``layerlens build`` with real builders: Docker's two, and podman."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.listing import tool, tool_environment
from tests.engine.podman import Podman
from tests.engine.registry import need

pytestmark = pytest.mark.engine

_SIZES = (30_000, 20_000)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A build context of two files, of which the second takes the place of the first."""
    for name, size in zip("ab", _SIZES, strict=True):
        (tmp_path / name).write_bytes(name.encode() * size)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY a /a\nCOPY b /a\n")
    return tmp_path


def _environment(engine: Engine, **more: str) -> dict[str, str]:
    """Where the distribution's builders come first on the path, as for the engine."""
    found = tool_environment(engine) | more
    return found | {"PATH": f"/usr/bin:{found.get('PATH', '')}"}


def _figures(text: str) -> tuple[int, int]:
    scores = json.loads(text)["scores"]
    return scores["total_bytes"], scores["dead_bytes"]


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_docker(buildkit: str, engine: Engine, context: Path) -> None:
    environment = _environment(engine, DOCKER_BUILDKIT=buildkit)
    result = tool("build", "--json", "-", "--", "-t", "built:1", context, environment=environment)
    assert result.returncode == 0, result.stderr
    assert _figures(result.stdout) == (sum(_SIZES), _SIZES[0])
    document = json.loads(result.stdout)
    shown = engine.docker("image", "inspect", "--format={{.Id}}", "built:1").stdout.strip()
    assert document["image"]["reference"] == f"docker://{shown}"
    assert "FROM scratch" in result.stderr or "COPY a /a" in result.stderr  # the builder's words
    assert [layer["keyword"] for layer in document["layers"]] == ["COPY", "COPY"]


def test_a_failing_build(engine: Engine, context: Path) -> None:
    (context / "Dockerfile").write_text("FROM scratch\nCOPY missing /a\n")
    result = tool("build", context, environment=_environment(engine))
    assert (result.returncode, result.stdout) == (3, "")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("layerlens: docker build failed with exit code 1")
    assert "missing" in result.stderr  # in the builder's own words


def test_a_result_that_goes_elsewhere(engine: Engine, context: Path, tmp_path: Path) -> None:
    """Docker 20.10 itself refuses to tell the id; a newer one leaves the file empty."""
    environment = _environment(engine, DOCKER_BUILDKIT="1")
    out = tmp_path / "out.tar"
    result = tool(
        "build", "--output", f"type=tar,dest={out}", context, environment=environment
    )  # fmt: skip
    assert result.returncode == 3
    assert result.stderr.splitlines()[-1].startswith("layerlens: docker build")


@pytest.fixture
def podman() -> Iterator[tuple[Podman, Path]]:
    """Podman on storage of its own, and the configuration that leads others there."""
    need("podman")
    with tempfile.TemporaryDirectory(prefix="ll-p-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        own = Podman(folder)
        storage = folder / "storage.conf"
        storage.write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{own.root}"\nrunroot = "{folder}/run"\n'
        )
        yield own, storage
        subprocess.run(["umount", "--lazy", own.root / "overlay"], check=False, capture_output=True)


def test_podman(podman: tuple[Podman, Path], engine: Engine, context: Path) -> None:
    own, storage = podman
    environment = _environment(engine, CONTAINERS_STORAGE_CONF=str(storage))
    result = tool(
        "build", "--with", "podman", "--json", "-", "--", "--layers", "-t", "built:1", context,
        environment=environment,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert _figures(result.stdout) == (sum(_SIZES), _SIZES[0])
    shown = own("image", "inspect", "--format={{.Id}}", "localhost/built:1").strip()
    assert json.loads(result.stdout)["image"]["reference"] == f"podman://sha256:{shown}"
