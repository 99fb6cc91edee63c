"""The images with planted secrets: every one is found, and none of the values is ever shown."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.catalogue import posture, posture_commands, posture_files, secrets
from layerlens.pipeline import Rules, analyse_image, open_image
from tests.engine.archives import Archives
from tests.engine.listing import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.slow]

MINE = {
    rule.id
    for module in (secrets, posture, posture_files, posture_commands)
    for rule in module.RULE_SET.rules
}
PLANTED = [
    "example-db-password-7f3a",
    "exampleExampleKey/K7MDENG/bPxRfiCYEXAMPLE",
    "example-netrc-55b1",
    "example-url-password",
    "example0000000000000000",
    "example-npm-token-91d2",
    "example-mount",
]
EVERYWHERE = {
    ("info", "no-healthcheck", None, ()),
    ("info", "missing-labels", None, ()),
}


def _key_lines(directory: Path) -> list[str]:
    """The lines of the private key that the sample's context has."""
    path = ROOT / "sample_images" / "e11_secrets" / "context.py"
    spec = importlib.util.spec_from_file_location("e11_context", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.fill(directory)
    return (directory / "id_rsa").read_text().splitlines()[1:-1]


@pytest.fixture(scope="module", params=["e11-secrets", "e11-secrets-buildkit"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def analysis(name: str, archives: Archives) -> Iterator[Analysis]:
    image = open_image(str(archives(name)))
    try:
        yield analyse_image(image, rules=Rules())
    finally:
        image.close()


def test_the_findings_are_those_that_were_planted(name: str, analysis: Analysis) -> None:
    found = {
        (each.severity.word, each.rule.id, each.layer, each.paths)
        for each in analysis.findings
        if each.rule.id in MINE and not (each.rule.id == "setuid" and each.severity.word == "info")
    }
    planted = {
        ("critical", "secret-private-key", 1, (b"root/.ssh/id_rsa",)),
        ("critical", "secret-netrc", 4, (b"root/.netrc",)),
        ("critical", "secret-in-env", None, ()),
        ("high", "secret-env-file", 2, (b"srv/.env",)),
        ("high", "secret-in-arg", None, ()),
        ("high", "secret-in-command", 4, ()),
        ("high", "secret-in-command", None, ()),
        ("high", "root-user", None, ()),
        ("medium", "ssh-port", None, ()),
        ("medium", "setuid", 5, (b"usr/local/bin/list",)),
        ("medium", "world-writable", 5, (b"srv/uploads",)),
    }
    if name == "e11-secrets-buildkit":
        planted = {("high", "secret-in-arg", 1, ())}
    assert found == planted | EVERYWHERE


def test_removed_secrets_are_told_with_the_layer_that_removed_them(analysis: Analysis) -> None:
    gone = {each.rule.id: each for each in analysis.findings if each.title.endswith("extractable")}
    for each in gone.values():
        assert each.evidence[0].endswith("removed in layer 3, still extractable")
        assert each.claimed == 0
    assert sum(each.bytes for each in gone.values()) in {0, 1_726}  # as expected.toml says


def test_no_value_is_shown(
    name: str, analysis: Analysis, told: Callable[[str], str], tmp_path: Path
) -> None:
    shown = {
        "findings": repr(analysis.findings),
        "image": repr(analysis.image),
        "layers": repr(analysis.layers),
        "history": repr(analysis.history),
        "diagnostics": repr(analysis.diagnostics),
        "json": told(name),
    }
    for value in [*PLANTED, *_key_lines(tmp_path)]:
        assert [where for where, text in shown.items() if value in text] == []
