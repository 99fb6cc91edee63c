"""The recipes of docs/ci, run as far as that goes without their services.

The shell steps are taken from the files as they stand.  What they expect of a runner
is small: variables, a few expressions, files to append values to.  Three programs are
stood in for: ``python3 -m venv`` and its pip (which would fetch us from PyPI) give this
checkout, ``gh`` keeps comments and artefacts in a folder.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.unit.cli.running import ROOT, environment

RECIPES = ROOT / "docs" / "ci"
ACTION = RECIPES / "github-action" / "action.yml"

_PYTHON = """\
#!/bin/sh
if [ "$1" = -m ] && [ "$2" = venv ]; then
    mkdir -p "$3/bin" && cp "{bin}/fake-pip" "$3/bin/pip" && exit
fi
exec {python} "$@"
"""
_PIP = """\
#!/bin/sh
echo "$@" >> "{bin}/pip.log"
cp "{bin}/layerlens" "$(dirname "$0")/layerlens"
"""
_LAYERLENS = """\
#!/bin/sh
exec {python} -m layerlens "$@"
"""
_GH = '''\
#!{python}
"""gh api, as far as the recipes need it; jq answers --jq, as gh's own does."""
import json, os, pathlib, subprocess, sys
state = pathlib.Path("{bin}", "gh-state")
assert os.environ["GH_TOKEN"], "no token"
words, method, query, body = sys.argv[1:], "GET", None, None
assert words.pop(0) == "api"
urls = []
while words:
    word = words.pop(0)
    if word in ("--paginate", "--silent"): continue
    elif word == "--method": method = words.pop(0)
    elif word == "--jq": query = words.pop(0)
    elif word == "-F":
        key, _, value = words.pop(0).partition("=")
        assert key == "body" and value.startswith("@")
        body = pathlib.Path(value[1:]).read_text()
    else: urls.append(word)
[url] = urls
with (state / "log").open("a") as log: log.write(f"{{method}} {{url}}\\n")
if (state / "refuses").exists(): sys.exit("gh: Resource not accessible by integration (HTTP 403)")
if url.endswith("/zip"):
    sys.stdout.buffer.write((state / "artifact.zip").read_bytes())
    sys.exit()
name = "artifacts.json" if "/artifacts?" in url else "comments.json"
data = json.loads((state / name).read_text())
if name == "artifacts.json":
    wanted = url.partition("name=")[2]
    data = {{"artifacts": [each for each in data if each["name"] == wanted]}}
if method == "POST":
    data.append({{"id": 100 + len(data), "user": {{"type": "Bot"}}, "body": body}})
elif method == "PATCH":
    [one] = [each for each in data if str(each["id"]) == url.rpartition("/")[2]]
    one["body"] = body
if method != "GET": (state / name).write_text(json.dumps(data))
elif query is not None:
    sys.exit(subprocess.run(["jq", "-r", query], input=json.dumps(data), text=True).returncode)
'''


def stand_ins(folder: Path) -> Path:
    """A folder with those programs, to be put before the path."""
    folder.mkdir()
    places = {"bin": folder, "python": sys.executable}
    for name, text in (
        ("python3", _PYTHON), ("fake-pip", _PIP), ("layerlens", _LAYERLENS), ("gh", _GH),
    ):  # fmt: skip
        program = folder / name
        program.write_text(text.format(**places))
        program.chmod(0o755)
    (folder / "gh-state").mkdir()
    return folder


@dataclass
class Runner:
    """A runner of steps, in a workspace of its own.

    ``expressions`` are what stands between ``${{`` and ``}}``, and its value;
    ``outputs`` what steps with an id have written.
    """

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    expressions: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workspace = self.folder / "work"
        self.workspace.mkdir()
        self.temporary = self.folder / "temp"
        self.temporary.mkdir()
        self.bin = stand_ins(self.folder / "bin")
        self.paths = [str(self.bin)]
        self.comments = []

    @property
    def comments(self) -> list[dict[str, Any]]:
        found = json.loads((self.bin / "gh-state" / "comments.json").read_text())
        assert isinstance(found, list)
        return found

    @comments.setter
    def comments(self, comments: list[dict[str, Any]]) -> None:
        (self.bin / "gh-state" / "comments.json").write_text(json.dumps(comments))

    @property
    def gh_log(self) -> list[str]:
        log = self.bin / "gh-state" / "log"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def pip_log(self) -> str:
        return (self.bin / "pip.log").read_text()

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text()

    def shell(
        self, script: str, *shell: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script in the workspace."""
        paths = [*self.paths, "/usr/bin", os.environ["PATH"]]
        changes: dict[str, str | None] = {
            "PATH": ":".join(paths), "HOME": str(self.folder), **self.variables, **variables,
        }  # fmt: skip
        return subprocess.run(
            [*(shell or ("sh", "-e")), "-c", script],
            cwd=self.workspace, env=environment(**changes), input=stdin, capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip

    def step(self, step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """Run a step of GitHub's with ``run``."""
        assert step["shell"] == "bash"
        output, path = self.folder / "output", self.folder / "path"
        for file in (output, path):
            file.write_text("")
        result = self.shell(
            step["run"], "bash", "--noprofile", "--norc", "-eo", "pipefail",
            **{name: self.value(text) for name, text in step.get("env", {}).items()},
            GITHUB_OUTPUT=str(output), GITHUB_PATH=str(path),
            GITHUB_STEP_SUMMARY=str(self.folder / "summary"), GITHUB_ACTIONS="true",
            GITHUB_WORKSPACE=str(self.workspace), RUNNER_TEMP=str(self.temporary),
            GITHUB_REPOSITORY="octo/shop",
        )  # fmt: skip
        if "id" in step:
            self.outputs[step["id"]] = read_output(output.read_text())
        self.paths[:0] = path.read_text().split()
        return result

    def value(self, text: str) -> str:
        """A text with its expressions worked out; unknown ones are empty, as GitHub has it."""
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda match: self._expression(match[1]), text)

    def _expression(self, text: str) -> str:
        if text.startswith("steps."):
            _, step, _, name = text.split(".")
            return self.outputs.get(step, {}).get(name, "")
        return self.expressions.get(text, "")


def read_output(text: str) -> dict[str, str]:
    """What a step has written to ``GITHUB_OUTPUT``."""
    found = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if "<<" in line:
            name, _, delimiter = line.partition("<<")
            value = []
            for part in lines:
                if part == delimiter:
                    break
                value.append(part)
            found[name] = "\n".join(value)
        elif line:
            name, _, found[name] = line.partition("=")
    return found


def recipe(name: str) -> dict[Any, Any]:
    """A YAML file of docs/ci."""
    found = yaml.safe_load((RECIPES / name).read_text())
    assert isinstance(found, dict)
    return found


def action() -> dict[str, Any]:
    return recipe("github-action/action.yml")


def jenkins_scripts() -> list[str]:
    """The scripts of the Jenkinsfile, as Groovy reads them."""
    text = (RECIPES / "Jenkinsfile").read_text()
    scripts = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
    return [textwrap.dedent(script.replace("\\\n", "")) for script in scripts]


def scripts() -> dict[str, tuple[str, str]]:
    """Every shell script of every recipe: its shell and its text, by name."""
    found = {}
    for step in action()["runs"]["steps"]:
        found[f"action: {step['name']}"] = ("bash", step["run"])
    for step in recipe("github-workflow.yml")["jobs"]["image"]["steps"]:
        if "run" in step:
            found[f"workflow: {step['name']}"] = ("bash", step["run"])
    job = recipe("gitlab.yml")[".layerlens"]
    found["gitlab"] = ("sh", "\n".join(job["script"]))
    found["gitlab: after"] = ("sh", "\n".join(job["after_script"]))
    for k, script in enumerate(jenkins_scripts()):
        found[f"jenkins {k}"] = ("sh", script)
    for step in recipe("circleci.yml")["jobs"]["image"]["steps"]:
        if isinstance(step, dict) and "run" in step:
            found[f"circleci: {step['run']['name']}"] = ("bash", step["run"]["command"])
    [hook] = recipe("pre-commit-config.yaml")["repos"][0]["hooks"]
    found["pre-commit"] = ("sh", hook["entry"])
    found["pre-push"] = ("sh", (RECIPES / "pre-push").read_text())
    return found
