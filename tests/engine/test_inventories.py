"""Packages, name by name, against syft, another reader of the same databases."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.archives import Archives
from tests.engine.engine import Engine
from tests.engine.listing import tool, tool_environment

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_KINDS = {
    "deb": "deb", "apk": "apk", "rpm": "rpm", "alpm": "alpm", "python": "pypi", "npm": "npm",
    "gem": "gem", "php-composer": "composer", "go-module": "golang", "java-archive": "maven",
}  # fmt: skip
"""syft's kinds, and ours."""


_NOT_COMPARED = ("binary-classifier", "elf-binary-package", "linux-kernel")
"""syft's readers of what is none of these kinds."""


def _syft() -> str:
    beside = Path(sys.executable).parent / "syft"
    found = str(beside) if beside.exists() else shutil.which("syft")
    if found is None:
        pytest.fail("syft is missing: it comes with the development dependencies")
    return found


Row = tuple[str, str, str]


def _theirs(archive: Path) -> set[Row]:
    command = [
        _syft(), "-q", "-o", "json", f"docker-archive:{archive}",
        # What is no package of ours: half of its time goes into guessing at programs.
        "--select-catalogers", ",".join(f"-{each}-cataloger" for each in _NOT_COMPARED),
    ]  # fmt: skip
    environment = os.environ | {
        "SYFT_CHECK_FOR_APP_UPDATE": "false",
        "SYFT_FILE_METADATA_SELECTION": "none",  # and the rest into digests of all files
        "GOGC": "400",
    }
    result = subprocess.run(command, capture_output=True, env=environment, check=True)
    return {
        _row(_KINDS[each["type"]], each["name"], each["version"])
        for each in json.loads(result.stdout)["artifacts"]
        if each["type"] in _KINDS
    }


def _ours(engine: Engine, tag: str) -> set[Row]:
    result = tool(
        "packages", f"docker://{tag}", "--format", "json", environment=tool_environment(engine)
    )
    assert result.returncode == 0, result.stderr
    return {
        _row(each["ecosystem"], each["name"], each["version"])
        for each in json.loads(result.stdout)["packages"]
    }


def _row(kind: str, name: str, version: str) -> Row:
    if kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name).lower()
    if kind == "maven":
        name = name.rpartition(":")[2]
    if name == "stdlib":
        version = version.removeprefix("go")
    return kind, name, version


_NOT_INSTALLED = {("npm", "parcel-tracker", "1.4.0"), ("npm", "transport", "0.0.1")}
"""What syft takes for packages: the application itself, and a test's package.json inside one."""


@pytest.mark.parametrize(
    "name",
    ["e01-node-bad", "e06-apt-split", "e08-python-dev", "e09-uv-hard-links",
     "e12-go-lean", "e13-distroless", "e14-databases"],
)  # fmt: skip
def test_names_and_versions(
    name: str, engine: Engine, sample: Callable[[str], str], archives: Archives
) -> None:
    ours, theirs = _ours(engine, sample(name)), _theirs(archives(name))
    assert sorted(theirs - ours - _NOT_INSTALLED) == []
    assert sorted(ours - theirs) == []
    assert ours


def test_the_bill_of_materials_is_read_by_another(
    engine: Engine, sample: Callable[[str], str], tmp_path: Path
) -> None:
    tag = sample("e08-python-dev")
    bill = tmp_path / "bom.json"
    result = tool(f"docker://{tag}", "--sbom", str(bill), environment=tool_environment(engine))
    assert result.returncode == 0, result.stderr
    read = subprocess.run(
        [_syft(), "convert", str(bill), "-q", "-o", "json"], capture_output=True, check=True
    )
    document = json.loads(read.stdout)
    rows = {
        _row(_KINDS[each["type"]], each["name"], each["version"])
        for each in document["artifacts"]
        if each["type"] in _KINDS
    }
    assert rows == _ours(engine, tag)
    assert (document["distro"]["id"], document["distro"]["versionID"]) == ("debian", "12")
