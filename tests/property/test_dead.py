"""Every dead byte stands in exactly one structure finding."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.rules.catalogue import debian, structure
from layerlens.analysis.rules.dead.fates import fates
from tests.builders import Image, layer
from tests.judging import Looked
from tests.members import Member, file
from tests.property.test_stacking import ANY_LAYERS, PATHS

SIZED = st.builds(
    file, PATHS, st.sampled_from([b"x" * 20_000, b"y" * 20_000, b"z" * 1_100_000]),
    mtime=st.integers(0, 1), mode=st.sampled_from([0o644, 0o755]), uid=st.integers(0, 1),
)  # fmt: skip
LARGER = st.lists(st.lists(SIZED, max_size=4), min_size=1, max_size=4)
WORDS = st.sampled_from(["RUN x", "COPY a /b", ""])


@settings(max_examples=200, deadline=None)
@given(ANY_LAYERS, LARGER, st.lists(WORDS, min_size=4, max_size=4), st.integers(0, 2))
def test_every_dead_byte_has_one_reason(
    layers: list[list[Member]], larger: list[list[Member]], words: list[str], base: int
) -> None:
    made = [
        layer(*(layers[k] if k < len(layers) else []), *(larger[k] if k < len(larger) else []))
        for k in range(max(len(layers), len(larger)))
    ]
    looked = Looked(Image(made, words[: len(made)]), min(base, len(made)))
    dead = list(looked.context.fs.deaths.inode)
    sorted_out = [inode for group in fates(looked.context) for inode in group.inodes]
    assert sorted(sorted_out) == sorted(dead)
    analysis = looked.analysis([structure.RULE_SET, debian.RULE_SET])
    assert not [note for note in analysis.diagnostics if note.code == "rule-failed"]
    assert sum(finding.bytes for finding in analysis.findings) == analysis.scores.dead_bytes
    assert analysis.what_if(analysis.findings).dead_bytes == 0
