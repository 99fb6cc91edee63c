"""Images that could stand on one base, and do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from layerlens.fleet.model import BaseAdvice, BaseChoice, FleetImage, FleetLayer


def base_advice(
    images: Sequence[FleetImage],
    layers: Sequence[FleetLayer],
    distributions: Sequence[tuple[str, str, str]],
) -> tuple[BaseAdvice, ...]:
    """Images of one distribution release on different lowest layers, the largest saving first.

    ``distributions`` are the images' (id, version, name).  Only lowest layers are counted:
    what stands between them and the image (a language's runtime) may be needed again.
    """
    releases: dict[tuple[str, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    names: dict[tuple[str, str], str] = {}
    for place, image in enumerate(images):
        ident, version, name = distributions[place]
        lowest = next((layer for layer in image.layers if layers[layer].size), None)
        if not ident or lowest is None:
            continue
        releases[ident, version][lowest].append(place)
        # Point releases share their version; of their names the last one stands for all.
        names[ident, version] = max(names.get((ident, version), ""), name)
    found = []
    for release, roots in releases.items():
        if len(roots) < 2:
            continue
        order = sorted(
            roots, key=lambda root: (-len(roots[root]), layers[root].size, layers[root].id or "")
        )
        choices = tuple(
            BaseChoice(root, _name(images, roots[root]), tuple(roots[root])) for root in order
        )
        saved = sum(layers[root].size for root in order[1:])
        found.append(BaseAdvice(names[release] or " ".join(release).strip(), choices, saved))
    found.sort(key=lambda each: (-each.saved, each.distribution))
    return tuple(found)


def _name(images: Sequence[FleetImage], places: Sequence[int]) -> str:
    """The base that most of these images name."""
    counts: dict[str, int] = defaultdict(int)
    for place in places:
        if images[place].base:
            counts[images[place].base] += 1
    return min(counts, key=lambda name: (-counts[name], name), default="")
