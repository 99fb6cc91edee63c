"""What a set of findings frees, found quickly: the same as one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from layerlens.analysis.rules.savings import Savings, live_names
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import stack
from layerlens.layers.transfer import TransferMap
from tests.builders import directory, file, hardlink, sparse, table, whiteout

FILES = 200


@dataclass
class Group:
    """What would go."""

    versions: Sequence[int] = ()
    parts: Mapping[int, Mapping[str, int]] = field(default_factory=dict)


def image(*, plain: bool = False) -> Filesystem:
    """Two layers with hard links across them, a sparse file and dead files."""
    tables = [
        table(*(file(f"a/{k}", b"x" * (k * 7 % 50)) for k in range(FILES)), hardlink("h", "a/9")),
        table(
            directory("b"),
            *(file(f"b/{k}", b"y" * (k % 30)) for k in range(FILES)),
            hardlink("b/h", "a/5"),
            sparse("b/s", [(0, b"z" * 512), (4096, b"z" * 512)], 8192),
            whiteout("a/3"),
        ),
    ]
    for each in tables:
        end = each.offsets[-1] + 2048
        each.transfer = TransferMap()
        for k in range(1, 6):
            each.transfer.note(end * k // 5, end * k * k // 50)
    if plain:
        tables[1].transfer = None
    return stack(tables, lambda _one, _other: True)


def freed_slowly(fs: Filesystem, groups: Iterable[Group]) -> dict[int, int]:
    names = live_names(fs)
    groups = list(groups)
    whole = {version for group in groups for version in group.versions}
    found = {
        fs.inode(version): fs.size(version)
        for version in whole
        if whole.issuperset(names.get(fs.inode(version), ()))
    }
    for group in groups:
        for version, parts in group.parts.items():
            if fs.inode(version) not in found:
                found[fs.inode(version)] = min(sum(parts.values()), fs.size(version))
    return found


def wire_slowly(fs: Filesystem, freed: Mapping[int, int]) -> int | None:
    total = 0
    for inode, size in freed.items():
        if size:
            entries, i = fs.slot(inode)
            part = entries.wire(i, size)
            if part is None:
                return None
            total += part
    return total


@pytest.mark.parametrize("step", [1, 2, 7, 50, 150])
@pytest.mark.parametrize("plain", [False, True])
def test_many_are_freed_as_each_one_is(step: int, *, plain: bool) -> None:
    fs = image(plain=plain)
    savings = Savings(fs, live_names(fs))
    versions = [v for v in fs.live.values() if fs.kind(v).word == "file"]
    assert fs.live[b"b/h"] in versions
    few = Group(versions[::step])
    parts = Group(parts={fs.live[b"b/29"]: {"debug": 7}, fs.live[b"a/9"]: {"debug": 10_000}})
    dead = Group(list(fs.deaths.inode))
    assert 3 in savings.dead == set(fs.deaths.inode)
    for groups in ([few], [few, parts], [parts], [few, parts, dead], []):
        for _ in range(2):  # what is remembered changes nothing
            freed = savings.freed(groups)
            assert freed == freed_slowly(fs, groups)
            assert savings.wire(freed) == wire_slowly(fs, freed)


def test_a_hard_link_goes_with_its_last_name() -> None:
    fs = image()
    savings = Savings(fs, live_names(fs))
    one, other = fs.live[b"a/9"], fs.live[b"h"]
    assert savings.freed([Group([one])]) == {}
    assert savings.freed([Group([one]), Group([other])]) == {fs.inode(one): 13}


@pytest.mark.parametrize("step", [1, 7, 150])
@pytest.mark.parametrize("plain", [False, True])
def test_what_goes_adds_up_to_what_is_freed(step: int, *, plain: bool) -> None:
    fs = image(plain=plain)
    savings = Savings(fs, live_names(fs))
    groups = [
        Group([v for v in fs.live.values() if fs.kind(v).word == "file"][::step]),
        Group(parts={fs.live[b"b/29"]: {"debug": 7}}),
    ]
    claims = {inode: ("a class", fs.size(inode) // 2) for inode in range(0, fs.first[-1], 3)}
    freed = savings.freed(groups)
    gone, parts = savings.going(groups)
    assert gone | parts.keys() == freed.keys()
    assert savings.size(gone) + sum(parts.values()) == sum(freed.values())
    for some in (claims, dict.fromkeys(gone, ("a class", 1)), claims):
        assert savings.wire_of(gone, parts) == wire_slowly(fs, freed)
        expected = sum(some[inode][1] for inode in gone if inode in some)
        assert savings.claimed(gone, some) == expected
