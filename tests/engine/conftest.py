"""The private Docker Engines that the tests of this folder share.

``LAYERLENS_REQUIRE_ENGINE=1`` (set in CI) turns the skip into a failure.
``LAYERLENS_TEST_ENGINE=DIRECTORY`` takes the engine that
``python tests/engine/engine.py start DIRECTORY`` has started, with the images
that it has: repeated runs need not build again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from sample_images import build
from tests.engine.archives import Archives
from tests.engine.engine import BASE_IMAGE, Engine, EngineError
from tests.engine.listing import tool, tool_environment


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups; it comes first where this folder is named
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what needs the same images in one process: they are built once.

    One engine has the sample images; another one, beside it, serves all other tests.
    What needs other programs of this machine only passes beside them, a module together.
    """
    for item in items:
        if item.get_closest_marker("engine") is not None:
            needs = getattr(item, "fixturenames", ())
            group = "samples" if "sample" in needs else "engine" if "engine" in needs else ""
            item.add_marker(pytest.mark.xdist_group(group or item.path.stem))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A running engine; a private one is gone when the session ends."""
    running = os.environ.get("LAYERLENS_TEST_ENGINE")
    if running:
        yield Engine(Path(running))
        return
    # Not pytest's own folder: a socket's path must be short.
    private = Engine(Path(tempfile.mkdtemp(prefix="ll-")))
    try:
        try:
            private.start()
        except EngineError as error:
            if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
                raise
            pytest.skip(str(error))
        yield private
    finally:
        private.remove()


@pytest.fixture(scope="session")
def sample(engine: Engine) -> Callable[[str], str]:
    """Build a sample image unless the engine has it, and give its tag."""

    def built(name: str) -> str:
        return build.build(engine, name)

    return built


@pytest.fixture(scope="session")
def archives(
    engine: Engine, sample: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archives]:
    """The archives of sample images; none outlives the session."""
    folder = tmp_path_factory.mktemp("archives")
    yield Archives(engine, sample, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def told(engine: Engine, sample: Callable[[str], str]) -> Callable[[str], str]:
    """What ``--json -`` says of a sample image (or of the base) on the engine, read once."""

    @cache
    def read(name: str) -> str:
        tag = BASE_IMAGE if name == BASE_IMAGE else sample(name)
        result = tool(f"docker://{tag}", "--json", "-", environment=tool_environment(engine))
        assert result.returncode == 0, result.stderr
        return result.stdout

    return read
