"""Findings that several images have, with what a shared layer holds counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from layerlens.analysis.rules.model import Severity
from layerlens.fleet.facts import Entries, FindingPart
from layerlens.fleet.model import Blamed, CommonFinding

MOST_BLAMED = 10
"""Layers that are named for one finding, those of most images first."""


@dataclass(slots=True)
class _Group:
    rule: str
    place: str
    title: str
    severity: Severity = Severity.INFO
    images: set[int] = field(default_factory=set)
    apart: int = 0
    freed: dict[int, Entries] = field(default_factory=dict)
    blamed: dict[int, tuple[str, set[int]]] = field(default_factory=dict)
    fix: tuple[int, str] = (-1, "")


class CommonFindings:
    """Findings by rule and place, gathered image by image."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], _Group] = {}

    def add(self, image: int, layers: Sequence[int], findings: Sequence[FindingPart]) -> None:
        """Note the findings of an image, whose layers have these places."""
        for each in findings:
            group = self._groups.get((each.rule, each.place))
            if group is None:
                group = _Group(each.rule, each.place, each.title)
                self._groups[each.rule, each.place] = group
            group.images.add(image)
            group.severity = max(group.severity, each.severity)
            group.apart += each.bytes
            # Of equal ones the last in alphabetical order, whichever image comes first.
            group.fix = max(group.fix, (each.bytes, each.fix))
            if each.layer is not None:
                place = layers[each.layer]
                text, images = group.blamed.get(place, (each.instruction, set()))
                group.blamed[place] = min(text, each.instruction), images | {image}
            for layer, entries in each.freed.items():
                had = group.freed.get(layers[layer])
                group.freed[layers[layer]] = entries if had is None else _largest(had, entries)

    def common(self) -> tuple[CommonFinding, ...]:
        """Those of several images, the largest first, then by severity."""
        found = [_finding(group) for group in self._groups.values() if len(group.images) > 1]
        found.sort(
            key=lambda each: (-each.bytes, -each.severity, -len(each.images), each.rule, each.place)
        )
        return tuple(found)


def _finding(group: _Group) -> CommonFinding:
    blamed = sorted(group.blamed.items(), key=lambda item: (-len(item[1][1]), item[1][0], item[0]))
    return CommonFinding(
        rule=group.rule,
        title=group.title,
        place=group.place,
        severity=group.severity,
        images=tuple(sorted(group.images)),
        bytes=sum(sum(entries.values()) for entries in group.freed.values()),
        bytes_apart=group.apart,
        blamed=tuple(
            Blamed(layer, text, len(images)) for layer, (text, images) in blamed[:MOST_BLAMED]
        ),
        fix=group.fix[1],
    )


def _largest(one: Entries, other: Entries) -> Entries:
    if one == other:
        return one
    found = dict(one)
    for entry, size in other.items():
        found[entry] = max(size, found.get(entry, 0))
    return found
