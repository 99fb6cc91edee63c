"""The cases on which dive and the truth differ: here the exact answers."""

from __future__ import annotations

from collections import Counter

import pytest

from layerlens.analysis.figures import account, ledger, scores
from layerlens.filesystem.changes import Cause
from tests.dive_cases import CASES, Case
from tests.members import table
from tests.stacking import stacked


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.partition(":")[0])
def test_exact_answer(case: Case) -> None:
    fs = stacked(*(table(*members) for members in case.layers))
    dead: Counter[Cause] = Counter()
    for inode, cause in zip(fs.deaths.inode, fs.deaths.cause, strict=True):
        dead[Cause(cause)] += fs.size(inode)
    assert {cause: size for cause, size in dead.items() if size} == dict(case.dead)
    assert {path for path in fs.live if fs.kinds[fs.live[path]] != 0x35} == {
        path for path in case.visible if path in fs.live and fs.kinds[fs.live[path]] != 0x35
    }
    assert case.visible <= fs.live.keys()

    sums = account(fs)
    found = scores(fs, sums, 0)
    assert found.dead_bytes == sum(case.dead.values())
    assert sum(row.bytes for row in ledger(sums, 0)) == found.total_bytes
    if found.total_bytes:
        assert found.efficiency == found.live_bytes / found.total_bytes
    else:
        assert found.efficiency == 1.0
