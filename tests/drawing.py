"""What laws draw, with few choices for each: hypothesis takes longer to choose than laws to test."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from hypothesis import strategies as st


def paths(parts: Sequence[str], longest: int) -> st.SearchStrategy[str]:
    """Every path of one to ``longest`` of the parts, each length as often as any other."""
    return st.sampled_from(
        [
            "/".join(chosen)
            for length in range(1, longest + 1)
            for chosen in product(parts, repeat=length)
            for _ in range(len(parts) ** (longest - length))
        ]
    )
