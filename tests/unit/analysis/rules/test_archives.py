"""Archives that stayed."""

from __future__ import annotations

import pytest

from layerlens.analysis.rules.catalogue import archives
from tests.builders import Image, file, layer
from tests.judging import Looked

BIG = b"0123456789" * 20_000


@pytest.mark.parametrize(
    ("path", "command", "told"),
    [
        ("app/data.tar.gz", "tar -xzf /app/data.tar.gz -C /app", True),
        ("app/data.tar.gz", "cd /app && tar xf data.tar.gz", True),
        ("app/data.tar.gz", "node data.js", False),
        ("app/w/x-1.0.whl", "pip install /app/w/*.whl", True),
        ("app/w/x-1.0.whl", "echo /app/w/x-1.0.whl", False),
        ("app/model.zip", "true", True),  # a directory stands beside it
        ("root/.cache/pip/x.whl", "pip install x.whl", False),
        ("app/node_modules/a/model.zip", "unzip model.zip", False),
        ("usr/lib/python3.11/ensurepip/_bundled/pip.whl", "pip install pip.whl", False),
        ("tmp/data.tar.gz", "tar xf /tmp/data.tar.gz", False),  # the rule for installers
    ],
)
def test_archives_that_stayed(path: str, command: str, told: bool) -> None:
    image = Image(
        [layer(file(path, BIG), file("app/model/a", b"1")), layer(file("out", b"1"))],
        ["COPY . /", f"RUN {command}"],
    )
    found = Looked(image, 0).findings([archives.RULE_SET])
    assert ("archives-left" in found) is told
    if told:
        (finding,) = found["archives-left"]
        assert (finding.bytes, finding.claimed, finding.layer) == (200_000, 200_000, 0)
        assert finding.title == "1 archive left after unpacking"


def test_small_ones_stay_untold() -> None:
    image = Image([layer(file("a.zip", b"1"), file("a/b", b"1"))], ["COPY . /"])
    assert Looked(image, 0).findings([archives.RULE_SET]) == {}
