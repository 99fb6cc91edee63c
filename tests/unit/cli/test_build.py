"""``layerlens build`` with builders that are scripts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from layerlens.cli import build
from layerlens.cli.build import split
from tests.builders import Image, file, layer
from tests.unit.cli.running import environment, layerlens, line
from tests.unit.sources.fake_engine import Engine, serving
from tests.unit.starting import interrupted
from tests.waiting import PATIENCE, until

IMAGE = Image([layer(file("a", b"content"))], ["COPY a /"], tag="demo:1")


@pytest.mark.parametrize(
    ("argv", "own", "theirs"),
    [
        (["-t", "x", "."], [], ["-t", "x", "."]),
        (["--json", "f", "--", "-t", "x", "."], ["--json", "f"], ["-t", "x", "."]),
        (["--", "."], [], ["."]),
        (["--help"], ["--help"], []),
        (["--help", "."], [], ["--help", "."]),
        (["--text", "--", ".", "--", "x"], ["--text"], [".", "--", "x"]),
    ],
)
def test_split(argv: list[str], own: list[str], theirs: list[str]) -> None:
    assert split(argv) == (own, theirs)


def program(folder: Path, name: str, script: str) -> None:
    """A builder that is this shell script; ``$IID`` is where its image's id belongs."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(
        "#!/bin/sh\n"
        f'echo "${{0##*/}} $*" >> {folder}/calls\n'
        'if [ "$1 $2" = "image inspect" ]; then exit 0; fi\n'
        'prev=""; for word in "$@"; do\n'
        '  [ "$prev" = --iidfile ] && IID="$word"\n'
        '  case "$word" in --iidfile=*) IID="${word#--iidfile=}";; esac; prev="$word"; done\n'
        f"{script}\n"
    )
    path.chmod(0o755)


BUILT = f'echo "step 1"; echo "warning" >&2; printf sha256:{IMAGE.id} > "$IID"'


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


def test_the_image_is_looked_at(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    program(programs, "docker", BUILT)
    export = IMAGE.save_legacy(tmp_path / "x.tar").read_bytes()
    with serving(Engine(IMAGE, export)) as engine:
        env = {"DOCKER_HOST": engine.host, "PATH": f"{programs}:/usr/bin:/bin"}
        result = layerlens("build", "-t", "demo", "a b", env=env)
        assert result.returncode == 0, result.stderr
        assert "demo:1" in result.stdout
        assert "step 1" not in result.stdout
        assert "step 1" in result.stderr
        first, second = calls(programs)
        assert first.startswith("docker build --iidfile ")
        assert first.endswith(" -t demo a b")
        assert second == f"docker image inspect sha256:{IMAGE.id}"
        assert not Path(first.split()[3]).parent.exists()
        out = tmp_path / "out.json"
        result = layerlens("build", "--json", out, "--", ".", env=env)
        assert result.returncode == 0, result.stderr
        assert result.stdout == ""
        assert json.loads(out.read_text())["scores"]["total_bytes"] == 7


def test_an_iidfile_of_the_users_own(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    program(programs, "docker", BUILT)
    export = IMAGE.save_legacy(tmp_path / "x.tar").read_bytes()
    with serving(Engine(IMAGE, export)) as engine:
        env = {"DOCKER_HOST": engine.host, "PATH": f"{programs}:/usr/bin:/bin"}
        for words in (["--iidfile", tmp_path / "iid"], [f"--iidfile={tmp_path}/iid"]):
            assert layerlens("build", *words, ".", env=env).returncode == 0
        assert "build --iidfile" in calls(programs)[0]
        assert calls(programs)[0].count("--iidfile") == 1


def test_podman_where_there_is_no_docker(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    program(programs, "podman", BUILT)
    for name in ("sh", "env"):
        (programs / name).symlink_to(f"/bin/{name}")
    export = IMAGE.podman_archive(tmp_path / "x.tar").read_bytes()
    with serving(Engine(IMAGE, export)) as engine:
        env = {"CONTAINER_HOST": engine.host, "PATH": str(programs)}
        result = layerlens("build", ".", env=env)
        assert result.returncode == 0, result.stderr
        assert "podman" in result.stdout
        assert "docker is not installed" in line(
            layerlens("build", "--with", "docker", "--", ".", env=env), 3
        )


def test_failures(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    env = {"PATH": f"{programs}:/usr/bin:/bin"}
    program(programs, "docker", "exit 17")
    assert "docker build failed with exit code 17" in line(layerlens("build", ".", env=env), 3)
    program(programs, "docker", "exit 0")
    assert "--load" in line(layerlens("build", ".", env=env), 3)
    program(programs, "docker", f'[ "$1" = image ] && exit 1\n{BUILT} 2>/dev/null >/dev/null')
    script = programs / "docker"
    script.write_text(script.read_text().replace("then exit 0", "then exit 1"))
    result = layerlens("build", ".", env=env)
    assert result.returncode == 3
    assert "--load" in result.stderr
    assert "nothing to build" in line(layerlens("build", env=env), 2)
    assert "nothing to build" in line(layerlens("build", "--text", "--", env=env), 2)
    empty = tmp_path / "empty"
    empty.mkdir()
    result = layerlens("build", ".", env={"PATH": str(empty)})
    assert "neither docker nor podman is installed" in line(result, 3)
    assert "usage: layerlens build" in layerlens("build", "--help").stdout


def test_wrong_arguments_are_found_before_the_build(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    program(programs, "docker", BUILT)
    env = {"PATH": f"{programs}:/usr/bin:/bin"}
    for words in (["--json", "/nonexistent/x"], ["--text", "--json", "-"], ["--nonsense"]):
        line(layerlens("build", *words, "--", ".", env=env), 2)
    assert not (programs / "calls").exists()


def test_the_builders_own_flags_do_not_make_us_silent(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    program(programs, "docker", "exit 1")
    env = {"PATH": f"{programs}:/usr/bin:/bin"}
    result = layerlens("build", "--debug", "-q", "-v", ".", env=env)
    assert "exit code 1" in line(result, 3)  # no traceback, which our --debug would show
    assert "Traceback" in layerlens("build", "--debug", "--", ".", env=env).stderr


@pytest.mark.parametrize("end", ["exit 130", "kill -INT $$", "trap - INT; kill -INT $$"])
def test_a_builder_that_was_interrupted(end: str, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    program(programs, "docker", end)
    result = layerlens("build", ".", env={"PATH": f"{programs}:/usr/bin:/bin"})
    assert line(result, 130) == "layerlens: interrupted"


@pytest.mark.parametrize("runner", ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION", None])
def test_no_command_of_a_build_reaches_a_runner(runner: str | None, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    lines = ["::error::one", "##vso[task.complete]", "##teamcity[x]", "plain: line"]
    program(programs, "docker", f"printf '%s\\n' '{lines[0]}' '{lines[3]}'; "
            f"printf '%s\\n' '{lines[1]}' '{lines[2]}' >&2; exit 1")  # fmt: skip
    env = {"PATH": f"{programs}:/usr/bin:/bin"} | ({runner: "1"} if runner else {})
    result = layerlens("build", ".", env=env, capture_output=True, text=True)  # through pipes
    assert result.returncode == 3
    told = result.stderr.splitlines()
    assert "exit code 1" in told[-1]
    assert "plain: line" in told
    assert [each in told for each in lines[:3]] == [runner is None] * 3


def test_a_builder_that_was_killed(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    program(programs, "docker", "kill -KILL $$")
    result = layerlens("build", ".", env={"PATH": f"{programs}:/usr/bin:/bin"})
    assert "docker build was ended by signal 9" in line(result, 3)


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "only us"])
def test_ctrl_c_ends_the_builder_and_leaves_nothing(tmp_path: Path, *, whole_group: bool) -> None:
    programs, temporary = tmp_path / "bin", tmp_path / "temporary"
    temporary.mkdir()
    program(programs, "docker", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    process = subprocess.Popen(
        [sys.executable, "-m", "layerlens", "build", "."],
        env=environment(PATH=f"{programs}:/usr/bin:/bin", TMPDIR=str(temporary)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )  # fmt: skip
    pid = tmp_path / "pid"
    try:
        until(lambda: pid.exists() and bool(pid.read_text().strip()), "the builder")
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    assert process.returncode == 130
    assert told.decode().splitlines()[-1] == "layerlens: interrupted"
    assert not list(temporary.iterdir())
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_ctrl_c_while_the_builder_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "log").open("w") as log, interrupted() as started:
        monkeypatch.setattr(sys, "stderr", log)
        with pytest.raises(KeyboardInterrupt):
            build._call(["sleep", "60"])
    assert started[0].poll() == -signal.SIGINT


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-t", "x", "{folder}"], ("{folder}/Dockerfile", None, "{folder}")),
        (["-f", "{folder}/other", "{folder}"], ("{folder}/other", None, "{folder}")),
        (["--file={folder}/other", "{folder}"], ("{folder}/other", None, "{folder}")),
        (["-f{folder}/other", "--target=a", "{folder}"], ("{folder}/other", "a", "{folder}")),
        (["--target", "a", "{folder}"], ("{folder}/Dockerfile", "a", "{folder}")),
        (["-f", "{folder}/none", "{folder}"], (None, None, "{folder}")),
        (["https://example.org/x.git"], (None, None, None)),
        (["-"], (None, None, None)),
    ],
)
def test_findings_learn_of_the_dockerfile(
    words: list[str], expected: tuple[str | None, ...], tmp_path: Path
) -> None:
    for name in ("Dockerfile", "other"):
        (tmp_path / name).write_text("FROM scratch AS a\n")
    arguments = build.build_parser().parse_args([])
    build._tell_sources(arguments, [word.format(folder=tmp_path) for word in words])
    found = (arguments.dockerfile, arguments.target, arguments.context)
    assert found == tuple(part and part.format(folder=tmp_path) for part in expected)
