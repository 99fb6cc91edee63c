"""Builds the sample images of this folder on a Docker Engine.

    python sample_images/build.py                        all, on the engine of DOCKER_HOST
    python sample_images/build.py e06-apt-split e10-copies
    python sample_images/build.py --private-engine --save DIRECTORY

Every sample has a folder with its Dockerfile; a ``context.py`` beside it makes
what the build context holds in addition.  No image is pulled: all of them rest
on a Debian root filesystem that mmdebstrap makes.  The classic builder is used
wherever the sample is not about BuildKit, because its layers hold exactly what
an instruction changed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.engine.engine import Engine, EngineError, cache_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType

FOLDER = Path(__file__).resolve().parent
REPOSITORY = "layerlens-samples"
_NOT_CONTEXT = shutil.ignore_patterns("Dockerfile*", "context.py", "__pycache__")


@dataclass(frozen=True, slots=True)
class Sample:
    """One image: its name, where its Dockerfile lies, and what must be built before."""

    name: str
    folder: str
    dockerfile: str = "Dockerfile"
    needs: tuple[str, ...] = ()
    buildkit: tuple[str, ...] | None = None
    """Options of a build with BuildKit; ``None`` for the classic builder."""

    @property
    def tag(self) -> str:
        return f"{REPOSITORY}/{self.name}:latest"

    @property
    def base(self) -> str:
        """The image that its last stage starts from; ``scratch`` for none."""
        lines = (FOLDER / self.folder / self.dockerfile).read_text(encoding="utf-8").splitlines()
        return [line.split()[1] for line in lines if line.startswith("FROM ")][-1]


_BASES = (
    Sample("node-base", "bases/node"),
    Sample("python-base", "bases/python"),
)

SAMPLES = (
    Sample("e01-node-bad", "e01_node_bad", needs=("node-base",)),
    Sample("e03-node-two-copies", "e03_node_two_copies", needs=("node-base",)),
    Sample("e04-node-good", "e04_node_good", needs=("node-base",)),
    Sample("e05-clean-later", "e05_clean_later", needs=("node-base",)),
    Sample("e06-apt-split", "e06_apt_split"),
    Sample("e07-purge-later", "e07_purge_later"),
    Sample("e08-python-dev", "e08_python_dev", needs=("python-base",)),
    Sample("e09-uv-hard-links", "e09_uv_hard_links", needs=("python-base",)),
    Sample("e10-copies", "e10_copies"),
    Sample("e11-secrets", "e11_secrets"),
    Sample(
        "e11-secrets-buildkit",
        "e11_secrets",
        "Dockerfile.buildkit",
        buildkit=(
            "--secret=id=netrc,src={context}/netrc",
            "--build-arg=NPM_TOKEN=example-npm-token-91d2",
        ),
    ),
    Sample("e12-go", "e12_go"),
    Sample("e12-go-lean", "e12_go", "Dockerfile.lean", needs=("e12-go",)),
    Sample("e13-distroless", "e13_distroless"),
    Sample("e14-databases", "e14_databases"),
    Sample("e20-monorepo", "e20_monorepo", needs=("node-base", "e12-go")),
)

_BY_NAME = {sample.name: sample for sample in (*_BASES, *SAMPLES)}


def build(engine: Engine, name: str, *, cache: Path | None = None) -> str:
    """Build one sample and what it rests on, unless the engine has it; return its tag."""
    sample = _BY_NAME[name]
    if engine.has(sample.tag):
        return sample.tag
    engine.import_base(cache or cache_directory())
    for needed in sample.needs:
        build(engine, needed, cache=cache)
    with tempfile.TemporaryDirectory(prefix="layerlens-context-") as temporary:
        context = Path(temporary)
        dockerfile = _fill(sample, context)
        options = [part.format(context=context) for part in sample.buildkit or ()]
        engine.docker(
            "build",
            "--network=host",
            "--quiet",
            f"--file={dockerfile}",
            f"--tag={sample.tag}",
            *options,
            context,
            extra_environment={"DOCKER_BUILDKIT": "0" if sample.buildkit is None else "1"},
        )
    return sample.tag


def save(engine: Engine, name: str, directory: Path) -> Path:
    """Write a sample as ``docker save`` does; return the archive's path."""
    archive = directory / f"{name}.tar"
    engine.docker("save", f"--output={archive}", _BY_NAME[name].tag)
    return archive


def _fill(sample: Sample, context: Path) -> Path:
    """Write the build context, files without anyone's umask, and return the Dockerfile's path."""
    folder = FOLDER / sample.folder
    shutil.copytree(folder, context, ignore=_NOT_CONTEXT, dirs_exist_ok=True)
    if (folder / "context.py").exists():
        _load(folder / "context.py").fill(context)
    for path in context.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
    return folder / sample.dockerfile


def _load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"context_{path.parent.name}", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _build_all(engine: Engine, names: Iterable[str], directory: Path | None, cache: Path) -> None:
    for name in names:
        begin = time.monotonic()
        tag = build(engine, name, cache=cache)
        size = int(engine.docker("image", "inspect", "--format={{.Size}}", tag).stdout)
        print(f"{tag:44} {size:>15,} bytes {time.monotonic() - begin:7.1f} s", flush=True)
        if directory is not None:
            print(f"  {save(engine, name, directory)}", flush=True)


class _Given(Engine):
    """The engine that the caller's environment points to, neither started nor stopped here."""

    @property
    def environment(self) -> dict[str, str]:
        return dict(os.environ)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is asked for."""
    parser = argparse.ArgumentParser(description="build LayerLens's sample images")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="samples; all of them when none is named"
    )
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--save", type=Path, metavar="DIR", help="also write docker-save archives")
    parser.add_argument(
        "--private-engine", action="store_true", help="start an engine for this and remove it after"
    )
    parser.add_argument("--cache", type=Path, default=cache_directory(), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.list:
        print("\n".join(sample.name for sample in SAMPLES))
        return 0
    names = chosen.names or [sample.name for sample in SAMPLES]
    unknown = [name for name in names if name not in _BY_NAME]
    if unknown:
        parser.error(f"no such sample: {', '.join(unknown)}; --list names them")
    if chosen.save is not None:
        chosen.save.mkdir(parents=True, exist_ok=True)
    try:
        if not chosen.private_engine:
            _build_all(_Given(Path("/")), names, chosen.save, chosen.cache)
            return 0
        engine = Engine(Path(tempfile.mkdtemp(prefix="ll-")))
        try:
            engine.start()
            _build_all(engine, names, chosen.save, chosen.cache)
        finally:
            engine.remove()
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
