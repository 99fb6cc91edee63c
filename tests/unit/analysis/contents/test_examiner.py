"""What is looked at: the quick way out must dismiss nothing that a part asks for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from layerlens.analysis.contents import jars, secrets
from layerlens.analysis.contents.examiner import ImageExaminer, default_examiner
from layerlens.analysis.contents.heads import Heads
from layerlens.analysis.contents.programs import Programs

_PARTS = st.sampled_from(
    [
        "usr",
        "lib",
        "share",
        "bin",
        "local",
        "python3.11",
        "site-packages",
        "node_modules",
        "app",
        "src",
        ".git",
        "vendor",
        "root",
        ".cache",
        "x",
        "test",
        "__pycache__",
        "left-pad.js",
        "a.dist-info",
        "var",
        "dpkg",
        "etc",
        ".bin",
        "sbin",
        "start",
    ]
)
_LAST = st.sampled_from(
    [
        "index.js",
        "run.py",
        "start.sh",
        "._x.js",
        ".env",
        "id_rsa",
        "package.json",
        "libx.so.1",
        "a.map",
        "METADATA",
        "entrypoint.py",
        "core.js",
        ".npmrc",
        "x.md",
        "x.gz",
        "docker-entrypoint.rb",
        ".js",
        "a.jar",
        "RECORD",
        "x.pyc",
        "x",
        "config",
        "tool.dat",
    ]
)


@given(st.lists(_PARTS, max_size=5), _LAST, st.sampled_from([1, 5000, 1 << 20, 3 << 20]))
def test_the_quick_way_out_changes_nothing(parts: list[str], last: str, size: int) -> None:
    slow = ImageExaminer((secrets,), (Programs(), Heads(), jars))
    name = "/".join([*parts, last]).encode()
    assert default_examiner().wants(name, size) == slow.wants(name, size)
