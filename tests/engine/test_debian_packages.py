"""Sets of Debian packages and their sizes, against what apt, dpkg and stat say in the image."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.closure import Dependencies
from layerlens.analysis.packages.model import Package
from layerlens.analysis.rules.findings import Finding
from layerlens.pipeline import Rules, analyse_image, open_image
from tests.engine.archives import Archives
from tests.engine.engine import BASE_IMAGE, Engine

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_REAL_BYTES = r"""
dpkg -L {packages} | sort -u | while read -r path; do
    if [ -f "$path" ] && [ ! -L "$path" ]; then stat -c '%i %s' "$path"; fi
done | sort -u | awk '{{ total += $2 }} END {{ printf "%d\n", total }}'
"""
"""Prints the bytes of packages' regular files, each inode once."""


@dataclass(frozen=True)
class Sampled:
    """A sample image on the engine, and its analysis."""

    engine: Engine
    tag: str
    analysis: Analysis

    def run(self, command: str, *, image: str = "", network: str = "none") -> list[str]:
        """The lines that a shell command prints in a container."""
        arguments = ("run", "--rm", f"--network={network}", image or self.tag, "sh", "-ec", command)
        return self.engine.docker(*arguments).stdout.splitlines()

    def real_bytes(self, packages: Iterable[str], *, image: str = "") -> int:
        names = " ".join(map(shlex.quote, sorted(packages)))
        (total,) = self.run(_REAL_BYTES.format(packages=names), image=image)
        return int(total)

    def findings(self, rule: str) -> list[Finding]:
        return [each for each in self.analysis.findings if each.rule.id == rule]

    @property
    def packages(self) -> Sequence[Package]:
        return self.analysis.inventory.packages

    @property
    def graph(self) -> Dependencies:
        return Dependencies([package.listed for package in self.packages])

    def names(self, indexes: Iterable[int]) -> set[str]:
        return {self.packages[index].name for index in indexes}


def sampled(engine: Engine, tag: str, archive: Path) -> Sampled:
    image = open_image(str(archive))
    try:
        return Sampled(engine, tag, analyse_image(image, rules=Rules()))
    finally:
        image.close()


@pytest.fixture(scope="module")
def split(engine: Engine, sample: Callable[[str], str], archives: Archives) -> Sampled:
    name = "e06-apt-split"
    return sampled(engine, sample(name), archives(name))


@pytest.fixture(scope="module")
def purged(engine: Engine, sample: Callable[[str], str], archives: Archives) -> Sampled:
    name = "e07-purge-later"
    return sampled(engine, sample(name), archives(name))


def test_the_inventory_is_dpkgs(split: Sampled) -> None:
    rows = split.run(r"dpkg-query -W -f '${Package} ${Version} ${Architecture}\n'")
    found = [f"{each.name} {each.version} {each.listed.arch}" for each in split.packages]
    assert sorted(found) == sorted(rows)
    manual = {row.partition(":")[0] for row in split.run("apt-mark showmanual")}
    assert {each.name for each in split.packages if each.listed.manual} == manual


def test_all_packages_together_have_their_real_bytes(split: Sampled) -> None:
    total = split.real_bytes(each.name for each in split.packages)
    assert sum(each.bytes for each in split.packages) == total


def test_recommended_packages_are_those_that_apt_would_leave_out(split: Sampled) -> None:
    command = (
        "apt-get update -qq >&2; "
        "apt-get -s install curl git | sed -n 's/^Inst \\([^ ]*\\) .*/with \\1/p'; "
        "apt-get -s install --no-install-recommends curl git "
        "| sed -n 's/^Inst \\([^ ]*\\) .*/without \\1/p'"
    )
    rows = [row.split() for row in split.run(command, image=BASE_IMAGE, network="host")]
    both = {name for way, name in rows if way == "with"}
    without = {name for way, name in rows if way == "without"}
    assert without < both
    assert split.names(split.graph.recommends_only()) == both - without
    (finding,) = split.findings("apt-recommends")
    assert finding.layer == 2
    assert finding.bytes == split.real_bytes(both - without)


@pytest.mark.parametrize("tools", [("git",), ("curl",), ("git", "curl")])
def test_what_goes_with_a_tool_is_what_apt_would_remove(
    split: Sampled, tools: tuple[str, ...]
) -> None:
    command = (
        "apt-get -s -o APT::AutoRemove::SuggestsImportant=false purge --auto-remove "
        f"{' '.join(tools)} | sed -n 's/^Purg \\([^ ]*\\) .*/\\1/p'"
    )
    expected = set(split.run(command))
    indexes = [i for i, package in enumerate(split.packages) if package.name in tools]
    found = split.graph.exclusive(indexes)
    assert split.names(found) == expected
    assert len(expected) > len(tools)
    versions = {v for index in found for v in split.packages[index].versions}
    fs = split.analysis.filesystem
    size = sum(fs.size(inode) for inode in {fs.inode(version) for version in versions})
    assert size == split.real_bytes(expected)


def test_nothing_is_an_orphan_where_apt_would_remove_nothing(split: Sampled) -> None:
    rows = split.run("apt-get -s autoremove")
    assert not [row for row in rows if row.startswith("Remv")]
    assert split.findings("apt-orphans") == []


def test_purged_packages_are_those_of_dpkgs_log(purged: Sampled) -> None:
    rows = [row.split() for row in purged.run("cat /var/log/dpkg.log")]
    installed = {row[3].partition(":")[0] for row in rows if row[2] == "install"}
    removed = {row[3].partition(":")[0] for row in rows if row[2] == "remove"}
    assert removed
    changes = {change.layer: change for change in purged.analysis.inventory.changes}
    assert sorted(changes) == [0, 1, 4]
    assert {each.name for each in changes[4].removed} == removed
    assert {each.name for each in changes[1].added} == installed & removed
    (finding,) = purged.findings("packages-purged-later")
    assert finding.title == f"{len(removed)} packages installed in layer 1, purged in layer 4"
    # The classic builder keeps an image for each instruction: the third from the top still has them.
    history = purged.engine.docker("history", "--format={{.ID}}", purged.tag).stdout.split()
    assert finding.bytes == purged.real_bytes(removed, image=history[2])
