"""Which layer of the one image is which step of the other's build."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from layerlens.analysis.model import LayerFacts
from layerlens.comparison.model import Delta, LayerPair

_CHANGING = re.compile(r"[0-9a-f]{12,}|\d+")
"""What differs between two runs of one step: hashes, versions, numbers."""

_MOST_WORDS = 200
"""Words of an instruction that are looked at."""

_MOST_LAYERS = 200
"""Layers on either side that are compared with each other; engines take 127."""

_MOST_EXACT = 1000
"""Pairs of steps whose words are compared in their order; of more, which words they have must do."""

_ALIKE = 0.5
"""Share of words in common, the keyword left out, from which two instructions are one step, changed."""


def pair_layers(
    old: Sequence[LayerFacts], new: Sequence[LayerFacts], same: Mapping[int, int]
) -> tuple[LayerPair, ...]:
    """All layers of both: the same ones together, then steps with like instructions.

    ``same`` maps new layers to the old ones that they are.
    """
    pairs = dict(same)
    free_old = [k for k in range(len(old)) if k not in set(pairs.values())]
    free_new = [k for k in range(len(new)) if k not in pairs]
    steps = _equal_steps(old, new, free_old, free_new)
    pairs.update(steps)
    taken = set(steps.values())
    pairs.update(
        _like_steps(
            old,
            new,
            [k for k in free_old if k not in taken],
            [k for k in free_new if k not in steps],
        )
    )
    return tuple(_in_order(old, new, pairs, same))


def normalised(layer: LayerFacts) -> str:
    """The instruction without what changes from run to run; ``""`` where none is known."""
    instruction = layer.instruction
    return _CHANGING.sub("#", instruction.text) if instruction.keyword else ""


def _equal_steps(
    old: Sequence[LayerFacts], new: Sequence[LayerFacts], free_old: list[int], free_new: list[int]
) -> dict[int, int]:
    """Steps whose instructions are word for word the same, then those but for numbers."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    for key in (lambda layer: layer.instruction.text if normalised(layer) else "", normalised):
        waiting: dict[str, list[int]] = defaultdict(list)
        for k in reversed(free_old):
            if k not in taken:
                waiting[key(old[k])].append(k)
        for k in free_new:
            text = key(new[k])
            if k not in found and text and waiting.get(text):
                found[k] = waiting[text].pop()
                taken.add(found[k])
    return found


def _like_steps(
    old: Sequence[LayerFacts], new: Sequence[LayerFacts], free_old: list[int], free_new: list[int]
) -> dict[int, int]:
    """Steps with the same keyword and half of their words in common, the most alike first."""
    if not free_old or not free_new:
        return {}
    from difflib import SequenceMatcher  # most comparisons pair all layers before

    words = {
        (side, k): normalised(layers[k]).split()[1:_MOST_WORDS]  # without the keyword
        for side, layers, free in ((0, old, free_old), (1, new, free_new))
        for k in free[:_MOST_LAYERS]
    }
    likely = []
    is_exact = len(free_old) * len(free_new) <= _MOST_EXACT
    for n in free_new[:_MOST_LAYERS]:
        theirs = words[1, n]
        if not theirs:
            continue
        matcher = SequenceMatcher(None, b=theirs, autojunk=False)
        for o in free_old[:_MOST_LAYERS]:
            mine = words[0, o]
            if not mine or new[n].instruction.keyword != old[o].instruction.keyword:
                continue
            matcher.set_seq1(mine)
            if matcher.real_quick_ratio() < _ALIKE:
                continue
            ratio = matcher.quick_ratio()
            if ratio >= _ALIKE and is_exact:
                ratio = matcher.ratio()
            if ratio >= _ALIKE:
                likely.append((-ratio, abs(n - o), n, o))
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, n, o in sorted(likely):
        if n not in found and o not in taken:
            found[n] = o
            taken.add(o)
    return found


def _in_order(
    old: Sequence[LayerFacts],
    new: Sequence[LayerFacts],
    pairs: Mapping[int, int],
    same: Mapping[int, int],
) -> list[LayerPair]:
    """The new image's layers in order, each after the old one's own that stood before it."""
    paired = set(pairs.values())
    alone = [k for k in range(len(old)) if k not in paired]
    found: list[LayerPair] = []
    for n in range(len(new)):
        o = pairs.get(n)
        while o is not None and alone and alone[0] < o:
            found.append(_pair(old[alone.pop(0)], None, same=False))
        found.append(_pair(None if o is None else old[o], new[n], same=n in same))
    found += [_pair(old[k], None, same=False) for k in alone]
    return found


def _pair(old: LayerFacts | None, new: LayerFacts | None, *, same: bool) -> LayerPair:
    shown = new or old
    assert shown is not None
    return LayerPair(
        old=old.index if old else None,
        new=new.index if new else None,
        same=same,
        instruction=shown.instruction,
        size=Delta(old.size if old else None, new.size if new else None),
        transfer=Delta(old.compressed_size if old else None, new.compressed_size if new else None),
    )
