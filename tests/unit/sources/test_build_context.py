"""What a build would send, and what its ``.dockerignore`` lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerlens.analysis.analyse import Look
from layerlens.analysis.build_context import BuildContext
from layerlens.analysis.rules.catalogue import build_context
from layerlens.errors import UsageError
from layerlens.sources.build_context import scan_context
from tests.builders import Image, file, layer
from tests.judging import Looked


def put(root: Path, **files: int) -> None:
    for name, size in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, **{
        "Dockerfile": 10, "app/main.py": 20, "app/.env": 3, ".env.example": 4,
        "node_modules/a/index.js": 500, "app/node_modules/b/x": 60, ".git/HEAD": 7,
        "README.md": 8, "sub/deep.md": 9,
    })  # fmt: skip
    return tmp_path


def test_everything_is_sent_without_an_ignore_file(folder: Path) -> None:
    found = scan_context(str(folder))
    assert found.ignore is None
    assert found.size == 10 + 20 + 3 + 4 + 500 + 60 + 7 + 8 + 9
    assert found.suggested() == [
        ("**/node_modules", 2, 560),
        ("Dockerfile*", 1, 10),
        (".git", 1, 7),
        ("**/.env*", 1, 3),
    ]
    assert found.largest(1) == [("node_modules", 500)]


def test_patterns_are_anchored(folder: Path) -> None:
    (folder / ".dockerignore").write_text("# a comment\n*.md\nnode_modules\n\n.env\n.git\n")
    found = scan_context(str(folder), str(folder / "Dockerfile"))
    assert found.ignore == ".dockerignore"
    assert set(found.files) == {
        ".dockerignore", "Dockerfile", "app/main.py", "app/.env", ".env.example",
        "app/node_modules/b/x", "sub/deep.md",
    }  # fmt: skip


def test_an_ignore_file_of_the_dockerfiles_own_goes_first(folder: Path) -> None:
    (folder / ".dockerignore").write_text("app\n")
    (folder / "Dockerfile.dockerignore").write_text("sub\nnode_modules\n.git\n")
    found = scan_context(str(folder), str(folder / "Dockerfile"))
    assert found.ignore == "Dockerfile.dockerignore"
    assert "app/main.py" in found.files
    assert "sub/deep.md" not in found.files


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        scan_context(str(tmp_path / "none"))


def test_findings() -> None:
    looked = Looked(Image([layer(file("a", b"a"))]))
    context = looked.context
    assert list(build_context.check(context)) == []
    context.build_context = BuildContext("x", {".git/HEAD": 60_000_000, "a": 1}, None)
    junk, large = build_context.check(context)
    assert junk.values == {"lines": ".git"}
    assert junk.evidence[0] == "60,000,000 bytes, there is no .dockerignore"
    assert large.evidence[0] == "60,000,001 bytes are sent"
    assert isinstance(looked.look(()), Look)
