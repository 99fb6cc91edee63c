"""An image that is still being read: what is there of it, as an analysis.

    arriving = Arriving()
    image = open_image(name, replace(options, arrivals=arriving), progress)
    analyse_image(image, replace(options, arrivals=arriving), progress=progress)

and meanwhile, from any other thread, ``arriving.analysis()``.  Layers that have
arrived stay when the reading is interrupted or fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from layerlens.analysis.analyse import FindBase, analyse
from layerlens.analysis.model import Analysis, Partial, Unread
from layerlens.described import base_finder, describe
from layerlens.errors import UsageError
from layerlens.filesystem.stack import Semantics
from layerlens.image.digest import Digest
from layerlens.image.model import BaseBoundary, ImageConfig, LayerHistory
from layerlens.layers.arrivals import Announcement, Arrivals, ExpectedLayer
from layerlens.layers.compare import same_by_tables
from layerlens.layers.compression import Compression
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import LayerTable


class Arriving(Arrivals):
    """Collects what readers tell, and makes analyses of it; safe to use from any thread.

    ``reference`` names the image until it is announced.  Nothing here waits for
    the reading, nor makes it wait; making an analysis takes its share of the
    interpreter, though, so do not ask for one at each arrival of a large image.
    """

    def __init__(self, reference: str = "", semantics: Semantics = Semantics.DOCKER) -> None:
        self._reference = reference
        self._semantics = semantics
        self._lock = Lock()
        self._generation = 0
        self._image: Announcement | None = None
        self._base: tuple[str, tuple[Digest, ...]] | None = None
        # By their places; before the image is announced, in the order of arrival.
        self._reads: dict[int, LayerRead] = {}
        self._loose: list[LayerRead] = []
        self._making = Lock()
        self._made: tuple[int, Analysis | None] = (0, None)

    # ------------------------------------------------------------- what readers tell

    def announce(self, image: Announcement) -> None:
        if not image.reference:
            image = replace(image, reference=self._reference)
        with self._lock:
            before, self._image = self._image, image
            if before is None or _identities(before) != _identities(image):
                pool = [*self._loose, *self._reads.values()]
                self._loose, self._reads = [], {}
                for read in pool:
                    self._place(read, _places(image, read))
            if before != image:
                self._generation += 1

    def named_base(self, name: str, layers: tuple[Digest, ...]) -> None:
        with self._lock:
            self._base = (name, layers)
            self._generation += 1

    def arrived(self, read: LayerRead, indexes: Sequence[int] = ()) -> None:
        with self._lock:
            if self._image is not None:
                self._place(read, indexes or _places(self._image, read))
            elif all(read.diff_id != other.diff_id for other in self._loose):
                self._loose.append(read)
                self._generation += 1

    def withdraw(self) -> None:
        with self._lock:
            if self._reads or self._loose:
                self._reads, self._loose = {}, []
                self._generation += 1

    def _place(self, read: LayerRead, indexes: Iterable[int]) -> None:
        """Put a layer at its places; one that has none is not the image's."""
        for index in indexes:
            known = self._reads.get(index)
            if known is None or known.table is not read.table:
                self._reads[index] = read
                self._generation += 1

    # ------------------------------------------------------------- what is there

    @property
    def generation(self) -> int:
        """Grows whenever there is more (or less) to be seen than before."""
        return self._generation

    def counted(self) -> tuple[int, int | None]:
        """How many layers have been read, and of how many; ``None`` where nobody knows yet."""
        with self._lock:
            if self._image is None:
                return len(self._loose), None
            return len(self._reads), len(self._image.layers)

    def analysis(self) -> Analysis | None:
        """What is there now, without rules; the same object while nothing arrives.

        Layers that are announced and have not been read are there without
        contents, each with a diagnostic ``not-read``; :attr:`Analysis.partial`
        lists them, and is ``None`` once all layers are there.  While nothing is
        announced, layers stand in the order of their arrival, which a diagnostic
        ``partial`` says.  ``None`` while there is neither an announcement nor a
        layer.

        Files of equal size that have no hashes are compared in the image's own
        file while that is open; what cannot be compared counts as new content.
        Raises :class:`ImageError` where the analysis of the whole image would, for
        a bound that the layers meet.
        """
        with self._making:
            with self._lock:
                generation, image, base = self._generation, self._image, self._base
                reads, loose = dict(self._reads), list(self._loose)
            if generation == self._made[0]:
                return self._made[1]
            partial: Partial | None
            if image is not None:
                partial = _partial(image, reads)
            elif loose:
                image, reads = _unannounced(self._reference, loose), dict(enumerate(loose))
                partial = Partial(len(loose), ordered=False)
            else:
                return None
            found = self._analyse(image, reads, base, partial)
            self._made = generation, found
            return found

    def _analyse(
        self,
        image: Announcement,
        reads: Mapping[int, LayerRead],
        base: tuple[str, tuple[Digest, ...]] | None,
        partial: Partial | None,
    ) -> Analysis:
        every = [
            reads[index] if index in reads else _not_read(layer)
            for index, layer in enumerate(image.layers)
        ]

        def same_content(one: tuple[int, int], other: tuple[int, int]) -> bool:
            (a, i), (b, j) = one, other
            told = same_by_tables(every[a].table, i, every[b].table, j)
            if told is None:
                return image.same_content is not None and image.same_content(one, other)
            return told

        return analyse(
            # The list of notes may grow at any moment.
            describe(replace(image, notes=tuple(image.notes)), every, partial),
            same_content,
            _base_finder(image, base),
            self._semantics,
        )


def _identities(image: Announcement) -> list[tuple[Digest | None, Digest | None]]:
    return [(layer.diff_id, layer.digest) for layer in image.layers]


def _places(image: Announcement, read: LayerRead) -> list[int]:
    """The places of a layer in an image, by its digests."""
    return [
        index
        for index, layer in enumerate(image.layers)
        if (read.diff_id is not None and read.diff_id == layer.diff_id)
        or (read.digest is not None and read.digest == layer.digest)
    ]


def _partial(image: Announcement, reads: Mapping[int, LayerRead]) -> Partial | None:
    unread = tuple(
        Unread(index, layer.size, layer.compressed_size)
        for index, layer in enumerate(image.layers)
        if index not in reads
    )
    return Partial(len(reads), unread) if unread else None


def _not_read(layer: ExpectedLayer) -> LayerRead:
    """What stands for a layer that has not been read."""
    table = LayerTable()
    table.notes.add("not-read", "its contents have not been read")
    return LayerRead(table, Compression.NONE, layer.compressed_size or 0)


def _unannounced(reference: str, reads: Sequence[LayerRead]) -> Announcement:
    """Layers of which nobody has said yet what image they make."""
    return Announcement(
        reference=reference,
        source="an archive whose manifest is still to come",
        config=ImageConfig(
            platform=None,
            diff_ids=tuple(read.diff_id for read in reads if read.diff_id is not None),
        ),
        layers=tuple(ExpectedLayer(read.diff_id, read.digest) for read in reads),
        notes=(Diagnostic("partial", "the order of layers is not known yet"),),
    )


def _base_finder(image: Announcement, base: tuple[str, tuple[Digest, ...]] | None) -> FindBase:
    """By the named base where it is one: that it is not is told when the image has been read."""

    def find(histories: Sequence[LayerHistory]) -> BaseBoundary:
        if base is not None:
            name, layers = base
            try:
                return base_finder(image, layers, name)(histories)
            except UsageError:
                pass
        return base_finder(image, None, None)(histories)

    return find
