"""The recipes of docs/ci that build an image, with a real Docker Engine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.recipes import RECIPES, Runner, action, jenkins_scripts, recipe, scripts

pytestmark = pytest.mark.engine

DOCKERFILE = "FROM scratch\nCOPY a /a\nCOPY b /a\nUSER 10001:10001\n"
"""The second file takes the place of the first: a third of all is wasted."""


@pytest.fixture
def runner(engine: Engine, tmp_path: Path) -> Iterator[Runner]:
    """A workspace with what the image is built from, and the engine's variables."""
    found = Runner(tmp_path)
    for name, size in (("a", 1_000_000), ("b", 2_000_000)):
        (found.workspace / name).write_bytes(name.encode() * size)
    (found.workspace / "Dockerfile").write_text(DOCKERFILE)
    found.variables = {
        name: value for name, value in engine.environment.items() if name.startswith("DOCKER_")
    }
    yield found
    engine.docker("image", "rm", "--force", "app:ci", check=False)


def gates(runner: Runner, *limits: str) -> None:
    (runner.workspace / ".layerlens.toml").write_text("\n".join(("[ci]", *limits, "")))


FAILS = ('lowest-efficiency = "95%"',)
PASSES = ('lowest-efficiency = "50%"', 'highest-user-wasted-percent = "50%"')


def test_the_workflow_builds_and_the_action_judges(runner: Runner) -> None:
    steps = {step["name"]: step for step in recipe("github-workflow.yml")["jobs"]["image"]["steps"]
             if "name" in step}  # fmt: skip
    runner.variables["LL_IMAGE"] = "app:ci"
    assert runner.step({**steps["Build"], "env": {}}).returncode == 0
    call = steps["LayerLens"]["with"]
    inputs = {name: str(about.get("default", "")) for name, about in action()["inputs"].items()}
    inputs |= {**call, "image": "docker://app:ci", "baseline": "", "write-baseline": ""}
    runner.expressions = {f"inputs.{name}": value for name, value in inputs.items()}
    results = [runner.step(step) for step in action()["runs"]["steps"]]
    assert [each.returncode for each in results] == [0, 0, 0, 1], results[1].stderr
    assert runner.outputs["look"]["wasted_bytes"] == "1000000"
    assert runner.outputs["look"]["size"] == "3000000"
    assert "::error file=Dockerfile,line=" in results[1].stderr
    assert "❌ LayerLens: `docker://app:ci` fails" in runner.summary


def test_jenkins(runner: Runner) -> None:
    build, look = jenkins_scripts()
    runner.variables |= {"LL_IMAGE": "app:ci", "LL_PACKAGE": "layerlens-image", "LL_BASELINE": ""}
    assert runner.shell(build).returncode == 0
    result = runner.shell(look)
    assert result.returncode == 1, result.stderr
    assert "efficiency" in result.stdout
    reports = {path.name for path in (runner.workspace / "layerlens").iterdir()}
    assert reports == {
        "junit.xml",
        "layerlens.sarif",
        "layerlens.md",
        "layerlens.html",
        "layerlens.json",
    }
    (runner.workspace / "a").write_bytes(b"a")
    assert runner.shell(build).returncode == 0
    assert runner.shell(look).returncode == 0


def test_circleci(runner: Runner) -> None:
    job = recipe("circleci.yml")["jobs"]["image"]
    runner.variables |= {name: str(value) for name, value in job["environment"].items()}
    found = [scripts()[f"circleci: {name}"][1] for name in ("Build", "LayerLens")]
    shell = ("bash", "-eo", "pipefail")
    assert runner.shell(found[0], *shell).returncode == 0
    result = runner.shell(found[1], *shell)
    assert result.returncode == 1, result.stderr
    runner.variables["LL_ARGS"] = "--max-size=1GB"
    assert runner.shell(found[1], *shell).returncode == 0
    assert (runner.workspace / "layerlens" / "junit.xml").stat().st_size


def test_the_hook_keeps_a_push_back(runner: Runner) -> None:
    """Through Git itself, to a repository beside it."""
    remote = runner.folder / "remote.git"
    hook = runner.workspace / ".git" / "hooks" / "pre-push"

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        return runner.shell(" ".join(["exec git -c user.name=a -c user.email=a@example", *words]))

    assert git("init", "-q", "--bare", str(remote)).returncode == 0
    assert git("init", "-q", "-b", "main", ".").returncode == 0
    hook.write_bytes((RECIPES / "pre-push").read_bytes())
    hook.chmod(0o755)
    gates(runner, *FAILS)
    assert git("add", ".").returncode == 0
    assert git("commit", "-q", "-m", "first").returncode == 0
    result = git("push", str(remote), "main")
    assert result.returncode == 1
    assert "efficiency" in result.stdout + result.stderr
    assert git("--git-dir", str(remote), "rev-parse", "main").returncode != 0
    gates(runner, *PASSES)
    result = git("push", str(remote), "main")
    assert result.returncode == 0, result.stderr
    # What takes a branch away builds nothing.
    (runner.workspace / "Dockerfile").write_text("FROM missing\n")
    assert git("push", str(remote), "main:other", "--no-verify").returncode == 0
    assert git("push", str(remote), ":other").returncode == 0
    assert git("push", str(remote), "main:third").returncode != 0


def test_pre_commits_entry_is_the_hooks(runner: Runner) -> None:
    gates(runner, *FAILS)
    assert runner.shell(scripts()["pre-commit"][1]).returncode == 1
