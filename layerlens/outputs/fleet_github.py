"""What a step of GitHub Actions hears of many images; see :mod:`layerlens.outputs.github`."""

from __future__ import annotations

from collections.abc import Iterator

from layerlens.fleet.model import Fleet
from layerlens.gate.model import Outcome
from layerlens.outputs.fleet import held_back, verdict_of
from layerlens.outputs.github import ANNOTATIONS, command
from layerlens.outputs.problems import clipped
from layerlens.units import human_size

_RANK = {Outcome.FAIL: 0, Outcome.WARN: 1}


def annotate_fleet(fleet: Fleet, limit: int | None) -> list[str]:
    """An annotation for each image that could not be read, failed or was warned of, at most ten."""
    found = [
        (0, _command(image.reference, clipped(f"cannot be read: {image.problem}"), fails=True))
        for image in fleet.unread
    ]
    if limit is not None and fleet.disk_bytes > limit:
        message = f"all distinct layers {human_size(fleet.disk_bytes)}, limit {human_size(limit)}"
        found.append((0, _command("the fleet", message, fails=True)))
    for image in fleet.images:
        if image.verdict is None or image.verdict.outcome not in _RANK:
            continue
        outcome = image.verdict.outcome
        lines = "\n".join(clipped(text) for _, text in held_back(image.verdict))
        found.append(
            (_RANK[outcome], _command(image.reference, lines, fails=outcome is Outcome.FAIL))
        )
    found.sort(key=lambda each: each[0])
    return [text for _, text in found[:ANNOTATIONS]]


def _command(image: str, message: str, *, fails: bool) -> str:
    return command([("title", f"LayerLens: {clipped(image, 200)}")], message, fails=fails)


def fleet_values(fleet: Fleet, limit: int | None) -> Iterator[tuple[str, str]]:
    """Values for later steps, as names and texts; bytes where it is sizes."""
    passed = verdict_of(fleet, limit)
    if passed is not None:
        yield "passed", "true" if passed and not fleet.unread else "false"
    judged = [image.verdict for image in fleet.images if image.verdict is not None]
    yield "images", str(len(fleet.images) + len(fleet.unread))
    yield "unread_images", str(len(fleet.unread))
    yield "failed_images", str(sum(not verdict.passed for verdict in judged))
    yield "disk_bytes", str(fleet.disk_bytes)
