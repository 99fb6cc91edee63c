"""Development packages of Python, against environments that never had them.

It takes a package index, as pip of this machine is set up to find one.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.analysis.rules.catalogue.python import RULE_SET
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence
from layerlens.pipeline import Rules, analyse_image, open_image
from tests.builders import Image
from tests.engine.archives import Archives
from tests.engine.engine import Engine
from tests.judging import Looked

pytestmark = [pytest.mark.engine, pytest.mark.slow]

RUNTIME = ("flask==3.1.0",)
TOOLS = ("pytest==8.3.4", "mypy==1.14.1", "black==24.10.0")
CONSTRAINTS = """
blinker==1.9.0
click==8.1.8
iniconfig==2.0.0
itsdangerous==2.2.0
Jinja2==3.1.5
MarkupSafe==3.0.2
mypy_extensions==1.0.0
packaging==24.2
pathspec==0.12.1
platformdirs==4.3.6
pluggy==1.5.0
typing_extensions==4.12.2
Werkzeug==3.1.3
"""
ONLY = {
    "black", "iniconfig", "mypy", "mypy-extensions", "packaging", "pathspec", "platformdirs",
    "pluggy", "pytest", "typing-extensions",
}  # fmt: skip

Make = Callable[..., Path]


def pip(environment: Path, *arguments: str) -> None:
    """Call pip of the interpreter below this one, working on an environment."""
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    command = [str(base), "-m", "pip", "--disable-pip-version-check", "--quiet", "--python",
               str(environment / "bin" / "python"), *arguments]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
            pytest.fail(done.stderr)
        pytest.skip(f"pip cannot install: {done.stderr[-300:]}")


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes an environment with some packages; all have paths of the same length."""
    cache = tmp_path_factory.mktemp("pip")

    def environment(*packages: str, options: tuple[str, ...] = ()) -> Path:
        made = tmp_path_factory.mktemp("environment") / "venv"
        constraints = made.parent / "constraints.txt"
        constraints.write_text(CONSTRAINTS)
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", "--copies", str(made)], check=True
        )
        kept = f"--cache-dir={cache}"  # what several environments have is fetched once
        pip(made, "install", kept, "-c", str(constraints), *options, *packages)
        return made

    return environment


@pytest.fixture(scope="module")
def full(make: Make) -> Path:
    return make(*RUNTIME, *TOOLS)


def sizes(root: Path) -> dict[str, int]:
    """Regular files of a tree."""
    return {
        str(path.relative_to(root)): path.stat().st_size
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def development(environment: Path) -> Finding:
    """The finding about an image whose only layer is the environment."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(environment, "app/venv")
    image = Looked(Image([buffer.getvalue()], ["COPY venv /app/venv"]), 0)
    (finding,) = image.findings([RULE_SET])["python-dev-dependencies"]
    return finding


def paths(environment: Path, finding: Finding) -> set[str]:
    """All paths of a finding; its versions are places in the layer's tar, in its order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(environment, "app/venv")
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        names = tar.getnames()
    return {names[version].removeprefix("app/venv/") for version in finding.versions}


def test_the_development_packages_are_the_difference_of_two_environments(
    make: Make, full: Path
) -> None:
    more, less = sizes(full), sizes(make(*RUNTIME))
    difference = {path: size for path, size in more.items() if path not in less}
    assert {path: size for path, size in more.items() if path in less} == less
    finding = development(full)
    assert finding.confidence is Confidence.CERTAIN
    assert finding.title.startswith(f"{len(ONLY)} development packages (")
    assert paths(full, finding) == set(difference)
    assert finding.bytes == finding.claimed == sum(difference.values())


def test_pip_frees_the_same_bytes(full: Path, tmp_path: Path) -> None:
    finding = development(full)
    before = sizes(full)
    copy = tmp_path / "venv"
    shutil.copytree(full, copy, symlinks=True)
    pip(copy, "uninstall", "-y", *sorted(ONLY))
    assert sum(before.values()) - sum(sizes(copy).values()) == finding.bytes


def test_what_ran_leaves_bytecode_that_goes_too(make: Make) -> None:
    """Nothing lists what a program compiles when it starts; an uninstaller takes it along."""
    environment = make(*RUNTIME, TOOLS[0], options=("--no-compile",))
    finding = development(environment)
    before = finding.bytes
    program = environment / "bin" / "pytest"
    subprocess.run([program, "--version"], check=True, capture_output=True, cwd=environment, env={})
    compiled = sum(size for path, size in sizes(environment).items() if path.endswith(".pyc"))
    finding = development(environment)
    assert before < finding.bytes <= before + compiled
    kept, gone = sizes(environment), paths(environment, finding)
    left = {path: size for path, size in kept.items() if path not in gone}
    pip(environment, "uninstall", "-y", "pytest", "iniconfig", "packaging", "pluggy")
    assert left == sizes(environment)


def test_frozen_requirements_are_only_likely(make: Make) -> None:
    """With every package asked for by name, only the graph tells who came for whom."""
    pins = [line for line in CONSTRAINTS.split() if line]
    finding = development(make(*RUNTIME, *TOOLS, *pins, options=("--no-compile",)))
    assert finding.confidence is Confidence.LIKELY
    assert finding.title.startswith(f"{len(ONLY)} development packages (")


def test_the_sample_image(engine: Engine, sample: Callable[[str], str], archives: Archives) -> None:
    """Against ``pip uninstall`` in a container of it."""
    tag = sample("e08-python-dev")
    image = open_image(str(archives("e08-python-dev")))
    try:
        analysis = analyse_image(image, rules=Rules())
    finally:
        image.close()
    (finding,) = (f for f in analysis.findings if f.rule.id == "python-dev-dependencies")
    assert finding.instruction.startswith("RUN pip install -r requirements-dev.txt")
    count = "find / -xdev -type f -printf '%s\\n' | awk '{ s += $1 } END { print s }'"
    removed = "pytest mypy ruff iniconfig packaging pluggy mypy-extensions typing-extensions"
    script = f"{count}; pip uninstall -qy --break-system-packages {removed} 2>/dev/null; {count}"
    ran = engine.docker("run", "--rm", "--network", "host", tag, "sh", "-c", script)
    words = ran.stdout.split()
    assert int(words[0]) - int(words[-1]) == finding.bytes
