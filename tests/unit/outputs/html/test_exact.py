"""Numbers that a browser would round."""

from __future__ import annotations

from layerlens.layers.limits import MAX_ARCHIVE, MAX_LAYER, MAX_SPARSE
from layerlens.outputs.html.exact import MOST_EXACT, beyond, exact
from layerlens.outputs.html.image import image_data
from layerlens.outputs.report import Report
from tests.members import sparse
from tests.unit.outputs import samples


def test_numbers_beyond_what_is_exact_are_told_by_their_place() -> None:
    document = {
        "a": [1, 2**53 - 1, {"b": 2**53, "c": "9007199254740993"}], "d": -(2**62) - 1, "e": True,
        "f": None, "g": 0.5,
    }  # fmt: skip
    assert beyond(document) == [
        [["a", 2, "b"], "9007199254740992"],
        [["d"], "-4611686018427387905"],
    ]


def test_owners_beyond_are_told_by_their_digits() -> None:
    assert exact(2**53 - 1) == 2**53 - 1
    assert exact(2**53) == "9007199254740992"


def test_only_holes_sum_up_beyond() -> None:
    """What is read is bounded by its layer; a sparse file of few bytes may claim 16 TiB."""
    assert MAX_SPARSE < MOST_EXACT
    assert MAX_LAYER < MAX_ARCHIVE < MOST_EXACT
    analysis = samples.build([[sparse(f"h/{k}", ((0, b"x"),), MAX_SPARSE) for k in range(600)]])
    assert analysis.scores.total_bytes == 600 * MAX_SPARSE > MOST_EXACT
    data = image_data(Report(analysis))
    told = {tuple(map(str, keys)): digits for keys, digits in data["exact"]}
    assert told["scores", "total_bytes"] == str(600 * MAX_SPARSE)
