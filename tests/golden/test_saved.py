"""Files that were saved by form 1: every later version opens them, with the same outputs.

They are never written anew.  Who changes a record's form keeps reading the old
one; a sample that changes needs its file saved by the version before.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.analysis.model import Analysis
from layerlens.saved.load import load
from tests.unit.outputs import samples
from tests.unit.outputs.samples import packaged
from tests.unit.saved.again import AT, outputs

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("name", "make"),
    [("packages", packaged), ("shop", samples.shop), ("hostile", samples.hostile)],
)
def test_a_file_of_form_1(name: str, make: Callable[[], Analysis]) -> None:
    found = load(str(HERE / f"saved-1-{name}.lls"))
    assert found.image.saved_at == AT
    assert outputs(found) == outputs(make())
