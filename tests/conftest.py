"""What all tests share."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Time says nothing of a law: the machine has other things to do, engines among them.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

_SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "fixtures"


def shared_fixture(path: str) -> Path:
    """A file of the large collection of real archives, which is not part of the repository.

    The calling test is skipped where the collection is absent.
    """
    if not _SHARED.is_dir():
        pytest.skip("the shared collection of archives is not here")
    found = _SHARED / path
    assert found.exists(), f"{path} is not in the shared collection"
    return found


def pytest_configure(config: pytest.Config) -> None:
    """A layer cache of the tests' own: the user's is neither read nor filled."""
    config.stash[_CACHE] = os.environ["LAYERLENS_CACHE_DIR"] = tempfile.mkdtemp(prefix="ll-cache-")


def pytest_collection_finish() -> None:
    """Spare the collector what stays: thousands of tests, and the modules that they import.

    A quarter of the tests' time went into looking at them again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_CACHE], ignore_errors=True)


_CACHE = pytest.StashKey[str]()
