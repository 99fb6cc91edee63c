"""The recipes of docs/ci: their shape, and their shell steps on an archive."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.recipes import ACTION, RECIPES, Runner, action, recipe, scripts
from tests.unit.cli.running import ROOT

SCRIPTS = scripts()
WEBSHOP = ROOT / "sample_images" / "webshop-docker.tar"
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq stands in for gh's own")


class TestShape:
    @pytest.mark.parametrize("name", SCRIPTS)
    def test_shells_can_read_the_scripts(self, name: str) -> None:
        shell, text = SCRIPTS[name]
        subprocess.run([shell, "-n", "-c", text], check=True, timeout=60)

    @pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
    @pytest.mark.parametrize("name", SCRIPTS)
    def test_shellcheck_has_nothing_to_say(self, name: str) -> None:
        shell, text = SCRIPTS[name]
        result = subprocess.run(
            ["shellcheck", f"--shell={shell}", "-"], input=text, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        assert not result.stdout

    @pytest.mark.parametrize("name", SCRIPTS)
    def test_nothing_is_written_into_a_script(self, name: str) -> None:
        """A branch or an input that is named like a command must not become one."""
        assert "${{" not in SCRIPTS[name][1]
        assert "eval" not in SCRIPTS[name][1]

    def test_the_action_is_one(self) -> None:
        found = action()
        assert found["runs"]["using"] == "composite"
        assert all(set(step) <= {"name", "id", "shell", "env", "run"} and step["shell"] == "bash"
                   for step in found["runs"]["steps"])  # fmt: skip
        text = ACTION.read_text()
        for name, about in found["inputs"].items():
            assert about["description"]
            assert about.get("required") or "default" in about
            assert f"${{{{ inputs.{name} }}}}" in text
        used = set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", text))
        assert used == set(found["inputs"])
        for name, about in found["outputs"].items():
            assert about["value"] == f"${{{{ steps.look.outputs.{name} }}}}"

    def test_the_workflow_gives_the_action_what_it_takes(self) -> None:
        found = recipe("github-workflow.yml")
        [call] = [
            step for step in found["jobs"]["image"]["steps"]
            if step.get("uses", "").endswith("/docs/ci/github-action@v1")
        ]  # fmt: skip
        assert set(call["with"]) <= set(action()["inputs"])
        assert found["permissions"]["pull-requests"] == "write"
        for step in found["jobs"]["image"]["steps"]:
            assert "run" in step or re.fullmatch(r"[\w./-]+@v\d+", step["uses"])

    def test_other_services_find_the_reports(self) -> None:
        job = recipe("gitlab.yml")[".layerlens"]
        assert job["artifacts"]["when"] == "always"
        for place in job["artifacts"]["reports"].values():
            assert place in SCRIPTS["gitlab"][1]
        jenkins = (RECIPES / "Jenkinsfile").read_text()
        for place in re.findall(r"(?:testResults|pattern): '([^']+)'", jenkins):
            assert jenkins.count(place) == 2
        steps = recipe("circleci.yml")["jobs"]["image"]["steps"]
        results = [step["store_test_results"]["path"] for step in steps
                   if isinstance(step, dict) and "store_test_results" in step]  # fmt: skip
        assert results[0] in SCRIPTS["circleci: LayerLens"][1]
        [hook] = recipe("pre-commit-config.yaml")["repos"][0]["hooks"]
        assert hook["stages"] == ["pre-push"]
        assert hook["entry"] in (RECIPES / "pre-push").read_text()

    def test_the_page_tells_of_every_recipe(self) -> None:
        page = (RECIPES / "README.md").read_text()
        for path in RECIPES.iterdir():
            assert path.name == "README.md" or path.name in page
        for name in [*action()["inputs"], *action()["outputs"]]:
            assert f"`{name}`" in page


class TestAction:
    """The steps of the composite action, in their order."""

    @pytest.fixture
    def runner(self, tmp_path: Path) -> Runner:
        inputs = {f"inputs.{name}": str(about.get("default", ""))
                  for name, about in action()["inputs"].items()}  # fmt: skip
        found = Runner(tmp_path, expressions={**inputs, "inputs.token": "secret"})
        found.expressions["inputs.image"] = str(WEBSHOP)
        found.expressions["github.event.pull_request.number"] = "7"
        found.expressions["github.event.pull_request.head.repo.full_name"] = "octo/shop"
        (found.workspace / "Dockerfile").write_text("FROM debian\nCOPY . /app\n")
        return found

    def run(self, runner: Runner) -> list[subprocess.CompletedProcess[str]]:
        """Every step; as a runner does, none after one that fails."""
        results = []
        for step in action()["runs"]["steps"]:
            results.append(runner.step(step))
            if results[-1].returncode:
                break
        return results

    @needs_jq
    def test_a_gate_that_fails_comments_and_fails(self, runner: Runner) -> None:
        runner.expressions["inputs.dockerfile"] = "Dockerfile"
        runner.expressions["inputs.args"] = "--lowest-efficiency=99%\n--max-layers 100  *\n"
        results = self.run(runner)
        assert [each.returncode for each in results] == [0, 0, 0, 2], results[1].stderr
        runner.expressions["inputs.args"] = "--lowest-efficiency=99%\n--max-layers 100\n"
        runner.comments = [
            {"id": 1, "user": {"type": "User"}, "body": "<!-- layerlens:"},
            {"id": 2, "user": {"type": "Bot"}, "body": "something else"},
        ]
        results = self.run(runner)
        assert [each.returncode for each in results] == [0, 0, 0, 1], results[-2].stderr
        assert runner.pip_log.splitlines()[-1].endswith("-- layerlens-image")
        [mine] = [each for each in runner.comments if each["id"] == 102]
        assert "❌ LayerLens" in mine["body"]
        assert runner.summary.startswith(mine["body"].split("\n")[0])
        outputs = runner.outputs["look"]
        assert (outputs["passed"], outputs["code"], outputs["reports"]) == (
            "false",
            "1",
            "layerlens",
        )
        reports = {path.name for path in (runner.workspace / "layerlens").iterdir()}
        assert reports == {
            "layerlens.md",
            "layerlens.html",
            "layerlens.sarif",
            "layerlens.json",
            "layerlens.junit.xml",
        }
        assert "::error file=" in results[1].stderr or "::error title=" in results[1].stderr
        # Once more, and now it passes: the comment is the same one.
        runner.expressions["inputs.args"] = "--max-size=1GB"
        results = self.run(runner)
        assert [each.returncode for each in results] == [0, 0, 0, 0], results[-1].stderr
        assert len(runner.comments) == 3
        assert "✅ LayerLens" in runner.comments[2]["body"]
        assert [line.split()[0] for line in runner.gh_log] == ["GET", "POST", "GET", "PATCH"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("github.event.pull_request.head.repo.full_name", "stranger/shop"),
            ("github.event.pull_request.number", ""),
            ("inputs.comment", "false"),
        ],
    )
    def test_who_may_not_comment_has_the_summary(
        self, name: str, value: str, runner: Runner
    ) -> None:
        runner.expressions[name] = value
        runner.expressions["inputs.args"] = "--max-size=1GB"
        assert [each.returncode for each in self.run(runner)] == [0, 0, 0, 0]
        assert runner.gh_log == []
        assert "✅ LayerLens" in runner.summary

    def test_a_comment_that_is_refused_fails_nothing(self, runner: Runner) -> None:
        (runner.bin / "gh-state" / "refuses").touch()
        runner.expressions["inputs.args"] = "--max-size=1GB"
        results = self.run(runner)
        assert [each.returncode for each in results] == [0, 0, 0, 0]
        assert "needs the permission pull-requests write" in results[2].stdout

    def test_an_image_that_is_not_there_fails_without_a_comment(self, runner: Runner) -> None:
        runner.expressions["inputs.image"] = "docker-archive:missing.tar"
        results = self.run(runner)
        assert [each.returncode for each in results] == [0, 0, 0, 3]
        assert runner.gh_log == []

    def test_inputs_are_words_and_never_commands(self, runner: Runner) -> None:
        evil = "$(touch gone) `touch gone`; touch gone"
        for name in ("image", "args", "dockerfile", "baseline", "reports", "comment"):
            runner.expressions[f"inputs.{name}"] = evil
        results = self.run(runner)
        assert results[-1].returncode != 0
        assert not (runner.workspace / "gone").exists()

    def test_baselines_go_from_run_to_run(self, runner: Runner) -> None:
        runner.expressions["inputs.args"] = "--max-size=1GB"
        runner.expressions["inputs.write-baseline"] = "baseline.json"
        assert self.run(runner)[-1].returncode == 0
        runner.expressions["inputs.write-baseline"] = ""
        runner.expressions["inputs.baseline"] = "baseline.json"
        runner.expressions["inputs.args"] = "--max-size=+1%"
        assert self.run(runner)[-1].returncode == 0
        assert "compared with `baseline.json`" in runner.summary


class TestWorkflow:
    @pytest.fixture
    def runner(self, tmp_path: Path) -> Runner:
        return Runner(tmp_path, expressions={"github.token": "secret"})

    @needs_jq
    def test_the_baseline_is_the_branch_points(self, runner: Runner) -> None:
        """The newest of the main branch's own runs that the branch has, and nobody else's."""

        def git(*words: str) -> str:
            identity = ("-c", "user.name=a", "-c", "user.email=a@example")
            result = subprocess.run(
                ["git", *identity, *words], cwd=runner.workspace, check=True, capture_output=True,
                text=True, timeout=60,
            )  # fmt: skip
            return result.stdout.strip()

        git("init", "-q", "-b", "main")
        commits = []
        for k in range(4):
            git("commit", "-q", "--allow-empty", "-m", f"main {k}")
            commits.append(git("rev-parse", "HEAD"))
        git("checkout", "-q", "-b", "change", commits[2])
        git("commit", "-q", "--allow-empty", "-m", "change")
        runner.expressions["github.event.pull_request.base.sha"] = commits[3]
        runner.expressions["github.event.pull_request.head.sha"] = git("rev-parse", "HEAD")

        def artifact(number: int, commit: str, **more: Any) -> dict[str, Any]:
            run = {"head_sha": commit, "repository_id": 1, "head_repository_id": 1, **more}
            return {"id": number, "name": f"layerlens-baseline-{commit}",
                    "expired": more.get("expired", False), "workflow_run": run}  # fmt: skip

        state = runner.bin / "gh-state"
        with zipfile.ZipFile(state / "artifact.zip", "w") as file:
            file.writestr("baseline.json", "{}")
        found = [
            artifact(1, commits[0]), artifact(2, commits[1]), artifact(4, commits[3]),
            artifact(5, commits[2], head_repository_id=666), artifact(6, commits[2], expired=True),
            {**artifact(7, commits[0]), "name": f"layerlens-baseline-{commits[2]}"},
        ]  # fmt: skip
        (state / "artifacts.json").write_text(json.dumps(found))
        [step] = [each for each in recipe("github-workflow.yml")["jobs"]["image"]["steps"]
                  if each.get("id") == "baseline"]  # fmt: skip
        result = runner.step(step)
        assert result.returncode == 0, result.stderr
        assert runner.gh_log[-1] == "GET repos/octo/shop/actions/artifacts/2/zip"
        assert Path(runner.outputs["baseline"]["file"]).read_text() == "{}"
        (state / "artifacts.json").write_text("[]")
        result = runner.step(step)
        assert "only absolute limits are judged" in result.stdout
        assert runner.outputs["baseline"] == {}


class TestGitlab:
    def test_the_job_writes_all_reports(self, tmp_path: Path) -> None:
        runner = Runner(tmp_path)
        job = recipe("gitlab.yml")[".layerlens"]
        (runner.workspace / "Dockerfile").write_text("FROM debian\nCOPY . /app\n")
        runner.variables = {
            **{name: str(value) for name, value in job["variables"].items()},
            "LL_IMAGE": str(WEBSHOP), "LL_ARGS": "--lowest-efficiency=99%",
            "CI_PROJECT_DIR": str(runner.workspace), "CI_REGISTRY": "registry.example",
            "CI_REGISTRY_USER": "ci", "CI_REGISTRY_PASSWORD": 'p"w',
        }  # fmt: skip
        result = runner.shell("\n".join(job["script"]))
        assert result.returncode == 1, result.stderr
        assert "efficiency" in result.stdout
        for place in job["artifacts"]["reports"].values():
            assert (runner.workspace / place).stat().st_size
        login = runner.workspace / ".layerlens-docker" / "config.json"
        assert json.loads(login.read_text())["auths"]["registry.example"]["auth"] == "Y2k6cCJ3"
        runner.shell("\n".join(job["after_script"]))
        assert not login.exists()


def test_yaml_has_no_key_twice() -> None:
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        pairs = [(loader.construct_object(key), loader.construct_object(value, deep=True))
                 for key, value in node.value]  # fmt: skip
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    Strict.add_constructor("tag:yaml.org,2002:map", mapping)
    for path in [*RECIPES.glob("*.y*ml"), ACTION]:
        yaml.load(path.read_text(), Strict)  # noqa: S506 - a SafeLoader
