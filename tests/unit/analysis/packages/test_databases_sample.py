"""The sample image of three systems, put together here without an engine."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from typing import Any

from layerlens.analysis.rules.catalogue.distributions import RULE_SET
from tests.builders import Image, file, layer
from tests.judging import Looked

_SAMPLES = Path(__file__).parents[4] / "sample_images"
_SYSTEMS = ("root", "fedora", "alpine", "arch")


def _filled(context: Path) -> None:
    path = _SAMPLES / "e14_databases" / "context.py"
    specification = importlib.util.spec_from_file_location("context_e14_databases", path)
    assert specification is not None
    assert specification.loader is not None
    module: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.fill(context)


def test_packages_and_findings_are_the_expected(tmp_path: Path) -> None:
    expected = tomllib.loads((_SAMPLES / "expected.toml").read_text(encoding="utf-8"))
    sample = expected["samples"]["e14-databases"]
    _filled(tmp_path)
    layers = [
        layer(
            *(
                file(str(path.relative_to(tmp_path / system)), path.read_bytes())
                for path in sorted((tmp_path / system).rglob("*"))
                if path.is_file()
            )
        )
        for system in _SYSTEMS
    ]
    looked = Looked(Image(layers, [f"COPY {system} /" for system in _SYSTEMS]), 0)
    inventory = looked.context.inventory
    assert inventory.problems == ()
    assert {package.name: package.bytes for package in inventory.packages} == sample["packages"]
    for package in inventory.packages:
        assert package.bytes == package.listed.declared
    layer_of = {package.name: package.layer for package in inventory.packages}
    assert (layer_of["lens-tool"], layer_of["musl"], layer_of["app"]) == (1, 2, 3)
    found = looked.findings([RULE_SET])
    assert {name: sum(one.bytes for one in each) for name, each in found.items()} == (
        sample["findings"]
    )
