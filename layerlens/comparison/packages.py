"""Packages that came, went, or changed their version or size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

from layerlens.analysis.packages.model import Ecosystem, Package
from layerlens.comparison.model import PackageDelta

_Key = tuple[Ecosystem, str, str]


def package_deltas(old: Iterable[Package], new: Iterable[Package]) -> tuple[PackageDelta, ...]:
    """Match packages by ecosystem, name and architecture; the largest change first.

    Of several installed versions those that both images have go together first, then
    the others in the order of their versions.  The deltas add up to the difference of
    all packages' bytes.
    """
    before, after = _by_key(old), _by_key(new)
    found: list[PackageDelta] = []
    for key in before.keys() | after.keys():
        _match(before.get(key, []), after.get(key, []), found)
    found.sort(key=_order)
    return tuple(found)


def _order(delta: PackageDelta) -> tuple[object, ...]:
    it = delta.package
    return -abs(delta.bytes), it.ecosystem, it.name, it.version, it.database


def _by_key(packages: Iterable[Package]) -> dict[_Key, list[Package]]:
    found: dict[_Key, list[Package]] = defaultdict(list)
    for package in packages:
        found[package.ecosystem, package.name, package.listed.arch].append(package)
    return found


def _match(old: list[Package], new: list[Package], found: list[PackageDelta]) -> None:
    waiting: dict[str, list[Package]] = defaultdict(list)
    for package in reversed(old):
        waiting[package.version].append(package)
    left = []
    for package in new:
        same = waiting.get(package.version)
        if not same:
            left.append(package)
            continue
        # A copy at the same place rather than another one.
        at = next(
            (k for k in reversed(range(len(same))) if same[k].database == package.database),
            len(same) - 1,
        )
        before = same.pop(at)
        if before.bytes != package.bytes:
            found.append(PackageDelta(before, package))
    gone = [package for packages in waiting.values() for package in packages]
    gone.sort(key=lambda package: (package.version, package.database))
    left.sort(key=lambda package: (package.version, package.database))
    found += [PackageDelta(before, after) for before, after in zip_longest(gone, left)]
