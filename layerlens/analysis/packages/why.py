"""Why each package is there, in one word and by the chain of those that need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from layerlens.analysis.packages.closure import Dependencies
from layerlens.analysis.packages.model import Listed, Package


class Reason(StrEnum):
    """The value is how it is said; ``NEEDED`` is said with the names of the chain."""

    DEVELOPMENT = "development"
    ASKED_FOR = "asked for"
    ESSENTIAL = "essential"
    NEEDED = "there for another"
    ORPHAN = "needed by nothing"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Why:
    """``chain`` are indexes of packages, from one that was asked for down to the package itself.

    It is empty where nothing that was asked for leads to the package.
    """

    reason: Reason
    chain: tuple[int, ...]


def reasons(packages: Sequence[Package], dependencies: Dependencies | None = None) -> list[Why]:
    """The reason of each package; ``dependencies`` are theirs, where somebody has them."""
    if dependencies is None:
        dependencies = Dependencies([package.listed for package in packages])
    return [
        Why(_reason(package.listed, chain), chain)
        for package, chain in zip(packages, dependencies.chains(), strict=True)
    ]


def _reason(listed: Listed, chain: Sequence[int]) -> Reason:
    if listed.dev:
        return Reason.DEVELOPMENT
    if listed.manual:
        return Reason.ASKED_FOR
    if listed.essential:
        return Reason.ESSENTIAL
    if len(chain) > 1:
        return Reason.NEEDED
    return Reason.UNKNOWN if listed.manual is None else Reason.ORPHAN
