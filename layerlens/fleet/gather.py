"""Images one after the other, and in the end what they are together.

    gatherer = Gatherer()
    for reference in references:
        gatherer.add(analysis)       # and the analysis may go
    fleet = gatherer.fleet()

The order in which images come decides the order of rows, never a sum.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from layerlens.analysis.model import Analysis
from layerlens.fleet.bases import base_advice
from layerlens.fleet.common import CommonFindings
from layerlens.fleet.duplicates import duplicates
from layerlens.fleet.facts import CLASSES, Hasher, ImagePart, boil_down
from layerlens.fleet.model import (
    Fleet,
    FleetImage,
    FleetLayer,
    FleetRow,
    Sharing,
    Spread,
    UnreadImage,
)
from layerlens.fleet.pool import Pool, PooledLayer
from layerlens.gate.model import Verdict


@dataclass(frozen=True, slots=True)
class _Kept:
    """An image of which the layers, the waste and the findings are in their pools already."""

    part: ImagePart
    layers: tuple[int, ...]
    verdict: Verdict | None


class Gatherer:
    """Takes analyses, and keeps of each only what the fleet needs."""

    def __init__(self) -> None:
        self._pool = Pool()
        self._findings = CommonFindings()
        self._kept: list[_Kept] = []
        self._unread: list[UnreadImage] = []

    def add(
        self,
        analysis: Analysis,
        *,
        reference: str | None = None,
        verdict: Verdict | None = None,
        hasher: Hasher | None = None,
    ) -> None:
        """Take an image, by the ``reference`` that the user gave.

        ``hasher`` is asked for the hashes of large files in layers that are new.
        """
        part = boil_down(analysis, hasher, self._pool.ids)
        number = len(self._kept)
        places = self._pool.add(number, part.layers)
        for at, found in part.candidates.items():
            contents = self._pool.layers[places[at]].contents
            for candidate in found:
                known = contents.get(candidate.content)
                if known is None or candidate.entry < known.entry:
                    contents[candidate.content] = candidate
        self._findings.add(number, places, part.findings)
        self._kept.append(_Kept(_slim(part, reference), tuple(places), verdict))

    def failed(self, reference: str, problem: str) -> None:
        """Note an image that could not be read."""
        place = len(self._kept) + len(self._unread)
        self._unread.append(UnreadImage(place, reference, problem))

    def fleet(self) -> Fleet:
        """What the images that were added are together."""
        pool = self._pool.layers
        images = tuple(_row(kept, pool) for kept in self._kept)
        layers = tuple(_layer(each) for each in pool)
        found, cut = duplicates(pool)
        return Fleet(
            images=images,
            unread=tuple(self._unread),
            layers=layers,
            sum_bytes=sum(image.size for image in images),
            disk_bytes=sum(layer.size for layer in layers),
            sum_transfer=_sum(image.transfer for image in images),
            disk_transfer=_sum(_stored(each) for each in pool),
            spread=_spread(layers),
            sharing=_sharing(layers),
            ledger=_ledger(pool),
            wasted_somewhere=sum(layer.wasted_somewhere for layer in layers),
            findings=self._findings.common(),
            duplicates=found,
            duplicates_cut=cut,
            bases=base_advice(images, layers, [kept.part.distribution for kept in self._kept]),
        )


def _slim(part: ImagePart, reference: str | None) -> ImagePart:
    """The part without what is in the pools."""
    return replace(
        part, reference=reference or part.reference, layers=(), findings=(), candidates={}
    )


def _row(kept: _Kept, pool: list[PooledLayer]) -> FleetImage:
    part = kept.part
    mine = set(kept.layers)
    shared = sum(pool[place].size for place in mine if len(pool[place].images) > 1)
    unique = sum(pool[place].size for place in mine if len(pool[place].images) == 1)
    ident, version, name = part.distribution
    return FleetImage(
        reference=part.reference,
        id=part.id,
        created=part.created,
        size=part.size,
        transfer=part.transfer,
        live=part.live,
        dead=part.dead,
        removable=part.removable,
        efficiency=part.efficiency,
        lean_score=part.lean_score,
        files=part.files,
        layers=kept.layers,
        shared_bytes=shared,
        unique_bytes=unique,
        repeated_bytes=part.size - shared - unique,
        base=part.base,
        base_layers=part.base_layers,
        distribution=name or f"{ident} {version}".strip(),
        findings=part.severities,
        verdict=kept.verdict,
    )


def _layer(each: PooledLayer) -> FleetLayer:
    return FleetLayer(
        id=each.id,
        size=each.size,
        transfer=each.transfer,
        images=tuple(sorted(each.images)),
        instruction=each.instruction,
        is_base=each.is_base,
        wasted=each.wasted,
        wasted_somewhere=each.wasted_somewhere,
    )


def _stored(each: PooledLayer) -> int | None:
    """Stored bytes of all forms in which a layer lies: a registry keeps each of them."""
    return _sum(each.blobs.values())


def _sum(sizes: Iterable[int | None]) -> int | None:
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


def _spread(layers: tuple[FleetLayer, ...]) -> tuple[Spread, ...]:
    counts: Counter[int] = Counter()
    sizes: Counter[int] = Counter()
    for layer in layers:
        counts[len(layer.images)] += 1
        sizes[len(layer.images)] += layer.size
    return tuple(Spread(n, counts[n], sizes[n]) for n in sorted(counts, reverse=True))


def _sharing(layers: tuple[FleetLayer, ...]) -> tuple[Sharing, ...]:
    # Layers with the same images are one in this: most stand below the same ones.
    together: dict[tuple[int, ...], list[int]] = defaultdict(lambda: [0, 0])
    for layer in layers:
        if len(layer.images) > 1:
            found = together[layer.images]
            found[0] += 1
            found[1] += layer.size
    pairs: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for images, (count, size) in together.items():
        for k, one in enumerate(images):
            for other in images[k + 1 :]:
                found = pairs[one, other]
                found[0] += count
                found[1] += size
    return tuple(
        Sharing(one, other, count, size) for (one, other), (count, size) in sorted(pairs.items())
    )


def _ledger(pool: list[PooledLayer]) -> tuple[FleetRow, ...]:
    """Every byte on disk once: what is kept, and the waste that all images agree on."""
    whole: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    for layer in pool:
        classes = Counter(layer.by_class())
        classes["live"] = layer.size - sum(classes.values())
        whole.update(classes)
        if len(layer.images) > 1:
            shared.update(classes)
    rows = [FleetRow("kept", "live", whole["live"], shared["live"])]
    if whole["dead"]:
        rows.append(FleetRow("dead", "dead", whole["dead"], shared["dead"]))
    rows += [
        FleetRow("removable", each.value, whole[each.value], shared[each.value])
        for each in CLASSES
        if whole[each.value]
    ]
    return tuple(rows)
