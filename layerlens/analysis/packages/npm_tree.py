"""Which packages a project's dependencies reach, by the way in which Node.js finds packages.

A package that asks for ``debug`` gets ``node_modules/debug`` of its own folder,
else of the nearest folder above that has one (Node.js documentation, "Loading
from node_modules folders").  No lock file is needed for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from layerlens.analysis.packages.jsontext import mapping, texts

MAX_STEPS = 5_000_000
"""Places that are tried before giving up: 10,000 packages take a few hundred thousand."""

Manifests = Mapping[bytes, Mapping[str, Any]]


def reach(folders: Manifests, projects: Manifests) -> dict[bytes, bool] | None:
    """Directory -> whether only ``devDependencies`` of projects lead there.

    ``folders`` are the packages' directories, ``projects`` the folders of the
    projects' own manifests (each ends in a slash, the root's is empty).
    Directories that nothing leads to are left out.  Peers count as needed,
    except optional ones.  ``None``: too much to follow.
    """
    holders = {path[: path.rfind(b"node_modules/")] for path in folders}
    budget = [MAX_STEPS]
    needed: set[bytes] = set()
    for base, manifest in projects.items():
        if not _follow(folders, holders, base, _run_time(manifest), needed, budget):
            return None
    wanted = set(needed)
    for base, manifest in projects.items():
        asked = texts(manifest.get("devDependencies"))
        if not _follow(folders, holders, base, asked, wanted, budget):
            return None
    return {path: path not in needed for path in wanted}


def _run_time(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What a package asks for when it runs."""
    optional = mapping(manifest.get("peerDependenciesMeta"))
    peers = {
        name: wanted
        for name, wanted in texts(manifest.get("peerDependencies")).items()
        if mapping(optional.get(name)).get("optional") is not True
    }
    return peers | texts(manifest.get("optionalDependencies")) | texts(manifest.get("dependencies"))


def _follow(
    folders: Manifests,
    holders: AbstractSet[bytes],
    base: bytes,
    names: Mapping[str, str],
    found: set[bytes],
    budget: list[int],
) -> bool:
    """Add to ``found`` what ``names`` lead to from a folder; ``False``: the budget is spent.

    ``holders`` are the folders that have a ``node_modules`` with packages.
    """
    waiting = [(base, names)]
    while waiting:
        start, asked = waiting.pop()
        places = [each for each in _upwards(start) if each in holders] if asked else []
        budget[0] -= 1 + start.count(b"/") + len(places) * len(asked)
        if budget[0] < 0:
            return False
        for name in asked:
            last = b"node_modules/" + name.encode("utf-8", "surrogatepass")
            for place in places:
                path = place + last
                if path in folders:
                    if path not in found:
                        found.add(path)
                        waiting.append((path + b"/", _run_time(folders[path])))
                    break
    return True


def _upwards(base: bytes) -> Iterator[bytes]:
    """A folder and all above it, the nearest first; each ends in a slash, the root is empty."""
    while base:
        yield base
        base = base[: base.rfind(b"/", 0, -1) + 1]
    yield base
