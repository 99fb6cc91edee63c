"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

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
