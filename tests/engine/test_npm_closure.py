"""Development packages, against what the package managers themselves leave out.

Each manager installs the sample's application with and without development
packages; the difference of the two trees, without the managers' own notes, is
what the finding has to say, to the byte.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from layerlens.analysis.rules.catalogue import node
from layerlens.analysis.rules.model import Confidence
from tests.builders import Image, file, layer
from tests.judging import Looked
from tests.nodejs import NODE, npm

pytestmark = [pytest.mark.engine, pytest.mark.slow]

APP = Path(__file__).parents[2] / "sample_images" / "node_app"
NOTES = frozenset({".package-lock.json", ".yarn-integrity", ".modules.yaml", "lock.yaml"})
"""Files that managers write for themselves; they differ, and are no package's."""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    """npm, Yarn 1 and pnpm in a folder of their own, and the environment to run them in."""
    home = tmp_path_factory.mktemp("tools")
    caches = ("npm_config_cache", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    environment = {**os.environ, **{name: str(home / name) for name in caches}}
    environment["PATH"] = f"{NODE.parent}:{os.environ['PATH']}"
    wanted = ("yarn@1.22.22", "pnpm@9.15.9", "pnpm8@npm:pnpm@8.15.9")
    (home / "others").mkdir()
    done = _run(npm("install", *wanted), home / "others", environment)
    if done.returncode:
        if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
            pytest.fail(done.stderr)
        pytest.skip(f"no packages from the registry: {done.stderr[-200:]}")
    return home, environment


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip


def _install(
    folder: Path, lock: Path | None, command: Sequence[str], environment: Mapping[str, str]
) -> Path:
    folder.mkdir()
    shutil.copy(APP / "package.json", folder)
    if lock is not None:
        shutil.copy(lock, folder)
    done = _run(command, folder, environment)
    assert done.returncode == 0, done.stderr
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def _package_bytes(files: Mapping[str, bytes]) -> int:
    """Bytes of packages: without managers' notes and without the commands that they write."""
    return sum(
        len(data)
        for name, data in files.items()
        if Path(name).name not in NOTES and "/.bin/" not in name and "node_modules/" in name
    )


@pytest.mark.parametrize("manager", ["npm", "yarn", "pnpm", "pnpm8"])
def test_development_bytes_are_the_difference(
    manager: str, tools: tuple[Path, Mapping[str, str]], tmp_path: Path
) -> None:
    home, environment = tools
    modules = home / "others" / "node_modules"
    lock: Path | None = None
    if manager == "npm":
        lock = APP / "package-lock.json"
        full, lean = npm("ci"), npm("ci", "--omit=dev")
    elif manager == "yarn":
        yarn = ["node", str(modules / "yarn" / "bin" / "yarn.js"), "install", "--no-progress"]
        full, lean = yarn, [*yarn, "--production", "--frozen-lockfile"]
    else:
        pnpm = ["node", str(modules / manager / "bin" / "pnpm.cjs"), "install"]
        full, lean = pnpm, [*pnpm, "--prod", "--frozen-lockfile"]
    everything = _install(tmp_path / "all", lock, full, environment)
    written = "yarn.lock" if manager == "yarn" else "pnpm-lock.yaml"
    lean_lock = lock if lock is not None else everything / written
    needed = _install(tmp_path / "prod", lean_lock, lean, environment)

    files = _files(everything)
    image = Looked(Image([layer(*(file(f"app/{name}", data) for name, data in files.items()))]), 0)
    (finding,) = image.findings([node.RULE_SET])["node-dev-dependencies"]
    assert finding.confidence is Confidence.CERTAIN
    # pnpm writes commands into the packages that need them, as files: these go with the package.
    commands = sum(
        image.context.size(version)
        for version in finding.versions
        if b"/.bin/" in image.context.path(version)
    )
    difference = _package_bytes(files) - _package_bytes(_files(needed))
    assert finding.bytes - commands == difference > 1_000_000
    assert commands < 50_000

    production = _files(needed)
    lean_image = Image([layer(*(file(f"app/{name}", data) for name, data in production.items()))])
    assert "node-dev-dependencies" not in Looked(lean_image, 0).findings([node.RULE_SET])
