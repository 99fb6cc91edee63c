"""What the guide behind the rules says of builds, tried on builders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.pipeline import analyse_image, open_image
from layerlens.sources.build_context import scan_context
from layerlens.sources.image import ReadOptions
from tests.engine.engine import BASE_IMAGE, Engine, EngineError

pytestmark = pytest.mark.engine

IGNORE = "*.md\n!README.md\nnode_modules\n.env\n**/*.log\nsrc/*.py\n/docs\n"
FILES = (
    "a.md", "README.md", "a/in.md", "a/b/deep.md", "node_modules/p/i", "sub/node_modules/q/i",
    ".env", "a/.env", "x.log", "a/b/y.log", "src/k.js", "src/k.py", "src/deep/k.py",
    "docs/inner", "a/docs/inner",
)  # fmt: skip


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_what_is_sent_is_what_docker_sends(engine: Engine, tmp_path: Path, buildkit: str) -> None:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / ".dockerignore").write_text(IGNORE)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    tag = f"sent:{buildkit}"
    engine.docker(
        "build", "-q", "-t", tag, str(tmp_path), extra_environment={"DOCKER_BUILDKIT": buildkit}
    )
    saved = tmp_path.parent / f"sent-{buildkit}.tar"
    engine.docker("save", "-o", str(saved), tag)
    image = open_image(str(saved), ReadOptions())
    try:
        analysis = analyse_image(image)
    finally:
        image.close()
    files = analysis.filesystem.live
    arrived = {
        path.decode()
        for path, version in files.items()
        if analysis.filesystem.entry(version).kind == "file"
    }
    sent = set(scan_context(str(tmp_path), str(tmp_path / "Dockerfile")).files)
    assert arrived == sent
    assert "a/b/deep.md" in sent
    assert "a.md" not in sent


def test_a_group_that_adduser_does_not_make(
    engine: Engine, sample: Callable[[str], str], tmp_path: Path
) -> None:
    """``adduser --system`` puts the account into nogroup: the guide's own example fails."""
    sample("e10-copies")  # brings the base image
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "Dockerfile").write_text(
        f"FROM {BASE_IMAGE}\n"
        "RUN useradd --system --no-user-group appuser\n"
        "COPY --chown=appuser:appuser file /app/\n"
    )
    with pytest.raises(EngineError, match="appuser"):
        engine.docker(
            "build", "--network", "host", str(tmp_path), extra_environment={"DOCKER_BUILDKIT": "0"}
        )
