"""The contents of an image's files, from wherever the image lies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from layerlens.analysis.model import Analysis
from layerlens.errors import ImageError, SourceError, Where
from layerlens.layers.compression import Compression
from layerlens.layers.reader import Origin, read_stream
from layerlens.layers.table import Kind, LayerTable
from layerlens.layers.toc.hint import TocRefusedError
from layerlens.progress import Progress, silent
from layerlens.retrieval import Cost, Retrieval
from layerlens.retrieval.archive import PassedLayer, pick_from_archive
from layerlens.retrieval.picking import Wanted, content, layer_tar, other_layer, pick, wanted
from layerlens.retrieval.watching import Watch
from layerlens.retrieval.words import Piece, announce
from layerlens.sources.image import Image

Found = Iterator[tuple[Wanted, Iterator[bytes]]]

_ENGINES = {"Docker Engine": "Docker", "podman": "podman"}
"""What an image's source is called where it exports."""

_GONE = "the contents have passed and were not kept"
_SAVE = "save the image to a file and look at that"


class ImageRetrieval(Retrieval):
    """Contents of one analysed image.

    ``opened`` gives the image, when the first content is asked for; it then
    belongs to the retrieval.  ``estimate`` tells what a layer costs until then.
    ``limit`` bounds the decompressed bytes of one layer.
    """

    def __init__(
        self,
        analysis: Analysis,
        opened: Callable[[Progress], Image],
        *,
        image: Image | None = None,
        estimate: Callable[[int], Cost] | None = None,
        limit: int,
    ) -> None:
        self._fs = analysis.filesystem
        self._facts = analysis.layers
        self._source = analysis.image.source
        self._open = opened
        self._image = image
        # The tables of a image that is opened anew may be others.
        self._own_tables = image is not None
        self._estimate = estimate
        self._limit = limit
        self._costs: dict[int, Cost] = {}
        self._ranges: dict[int, bool] = {}
        self._true: dict[int, tuple[LayerTable, dict[bytes, int]]] = {}
        self._seen: set[int] = set()

    # ---------------------------------------------------------------------- what it costs

    def cost(self, version: int) -> Cost:
        layer, i = self._entry(version)
        if not self._fs.tables[layer].sizes[i]:
            return Cost.NONE
        return self._layer_cost(layer)

    def _layer_cost(self, layer: int) -> Cost:
        image = self._image
        if image is None:
            assert self._estimate is not None
            return self._estimate(layer)
        if layer not in self._costs:
            self._costs[layer] = layer_cost(image, layer)
        return self._costs[layer]

    def announcement(self, versions: Collection[int]) -> str | None:
        pieces = []
        for layer, i in {self._entry(version) for version in versions}:
            size = self._fs.tables[layer].sizes[i]
            if size:
                pieces.append(Piece(self._layer_cost(layer), layer, size))
        again = None if self._image is None else self._image.again
        engine = _ENGINES.get(self._source, "the engine")
        return announce(pieces, self._facts, engine, None if again is None else again.size)

    def _entry(self, version: int) -> tuple[int, int]:
        """Layer and index of the entry that holds a version's bytes."""
        fs = self._fs
        while True:
            version = fs.inode(version)
            source = fs.synthetic.get(version)
            if source is None:
                break
            if source < 0:
                raise ValueError("a directory has no content")
            version = source
        if fs.kinds[version] != Kind.FILE:
            raise ValueError(f"a {Kind(fs.kinds[version]).word} has no content")
        layer = fs.layer_of(version)
        return layer, version - fs.first[layer]

    # ------------------------------------------------------------------------- fetching

    def fetch(
        self, versions: Collection[int], progress: Progress = silent
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        # Each content passes once in a round: names of one content take one round each.
        waiting: dict[tuple[str, int], list[int]] = {}
        layers: dict[str, int] = {}
        for version in dict.fromkeys(versions):
            layer, i = self._entry(version)
            if not self._fs.tables[layer].sizes[i]:
                yield version, iter(())
                continue
            key = self._key(layer)
            layers.setdefault(key, layer)
            waiting.setdefault((key, i), []).append(version)
        if not waiting:
            return
        self._insist_on_there(layers.values())
        image = self._opened(progress)
        image.store.attend(progress)
        self._insist_on_there(layers.values())
        while waiting:
            now: dict[int, list[tuple[int, int]]] = {}
            for key, i in sorted(waiting, key=lambda at: (layers[at[0]], at[1])):
                now.setdefault(layers[key], []).append((waiting[key, i].pop(0), i))
            waiting = {at: left for at, left in waiting.items() if left}
            for want, pieces in self._round(image, now, progress):
                yield want.version, pieces

    def _insist_on_there(self, layers: Iterable[int]) -> None:
        for layer in layers:
            if self._layer_cost(layer) is Cost.GONE:
                label = None if self._image is None else self._image.store.label
                raise SourceError(_GONE, where=Where(file=label), hint=_SAVE)

    def _key(self, layer: int) -> str:
        """The same for layers that are one blob, whatever its name."""
        facts = self._facts[layer]
        known = facts.diff_id or facts.digest
        return f"#{layer}" if known is None else str(known)

    def _opened(self, progress: Progress) -> Image:
        if self._image is None:
            self._image = self._open(progress)
        return self._image

    def _round(
        self, image: Image, now: dict[int, list[tuple[int, int]]], progress: Progress
    ) -> Found:
        archive: dict[int, list[tuple[int, int]]] = {}
        tables = self._fs.tables
        alone = [layer for layer in now if self._in_place(image, layer)]
        total = sum(tables[layer].sizes[i] for layer in alone for _, i in now[layer])
        watch = Watch(progress, "reading contents", total)
        for layer, asked in now.items():
            where = Where(file=image.store.label, layer=image.layer_label(layer))
            name = image.layers[layer].name
            if layer in alone:
                for version, i in asked:
                    want = wanted(version, tables[layer], i)
                    yield self._direct(image, layer, want, where, watch)
            elif (stored := image.store.stored(name)) is not None:
                with closing(self._pieces(image, layer, stored, progress)) as pieces:
                    wants = self._wants(image, layer, asked, progress)
                    found = pick(layer_tar(pieces, self._limit), wants)
                    yield from _placed(self._kept(image, name, found), where)
            else:
                archive[layer] = asked
        if archive:
            yield from self._from_archive(image, archive, progress)

    def _in_place(self, image: Image, layer: int) -> bool:
        """Whether contents of a layer are had one by one."""
        if self._layer_cost(layer) is Cost.NONE:
            return True
        if not Origin(self._facts[layer].origin).is_toc:
            return False
        if layer not in self._ranges:
            self._ranges[layer] = self._gives_ranges(image, layer)
        return self._ranges[layer]

    def _gives_ranges(self, image: Image, layer: int) -> bool:
        """Whether a registry gives parts of a layer that has a table of contents."""
        table, name = self._fs.tables[layer], image.layers[layer].name
        if image.store.rereads(name):
            return True  # it has just given the table
        least = min((i for i, size in enumerate(table.sizes) if size), key=table.sizes.__getitem__)
        try:
            pieces = image.store.content(name, table, least)
            return pieces is not None and next(pieces, None) is not None
        except TocRefusedError:
            return False

    def _direct(
        self, image: Image, layer: int, want: Wanted, where: Where, watch: Watch
    ) -> tuple[Wanted, Iterator[bytes]]:
        store, name = image.store, image.layers[layer].name
        if not self._own_tables and not store.unpacked and self._layer_cost(layer) is Cost.NONE:
            self._insist_on_same(image, layer)
        pieces = store.content(name, want.table, want.i)
        if pieces is None:
            # Below a link of its own layer, or replaced by hand.
            raise SourceError(
                "the engine's files do not have it under its name",
                where=replace(where, entry=want.name),
                hint="--via export reads the engine's export instead",
            )
        found = content(want, watch.over(pieces), unpacked=store.unpacked)
        ((_, placed),) = _placed(self._kept(image, name, iter([(want, found)])), where)
        return want, placed

    def _pieces(
        self, image: Image, layer: int, stored: Iterator[bytes], progress: Progress
    ) -> Generator[bytes, None, None]:
        watch = Watch(
            progress, f"reading layer {layer} again", image.store.size(image.layers[layer].name)
        )
        return watch.over(stored)

    def _kept(self, image: Image, name: str, found: Found) -> Found:
        """The same, after a look at whether the file that they come from was written to."""
        for want, pieces in found:
            yield want, self._unchanged(image, name, pieces)

    @staticmethod
    def _unchanged(image: Image, name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        if image.store.changed(name):
            raise other_layer()
        yield from pieces
        if image.store.changed(name):
            raise other_layer()

    def _insist_on_same(self, image: Image, layer: int) -> None:
        """Make sure that a layer in an archive opened anew has its entries where they were."""
        if layer in self._seen:
            return
        table = self._fs.tables[layer]
        now = image.store.load(image.layers[layer].name, limit=self._limit).table
        if (now.names, now.sizes, now.offsets) != (table.names, table.sizes, table.offsets):
            raise other_layer().at(Where(file=image.store.label, layer=image.layer_label(layer)))
        self._seen.add(layer)

    # ------------------------------------------------------- layers that pass once more

    def _wants(
        self, image: Image, layer: int, asked: Sequence[tuple[int, int]], progress: Progress
    ) -> list[Wanted]:
        """What is wanted, at the places that it has in the layer's tar."""
        table = self._fs.tables[layer]
        wants = [wanted(version, table, i) for version, i in asked]
        if not Origin(self._facts[layer].origin).is_toc:
            return wants
        # A table of contents only reckons where entries lie, so the tar is walked first.
        true, index = self._true_table(image, layer, progress)
        found = []
        for want in wants:
            i = index.get(want.name)
            if i is None or true.sizes[i] != table.sizes[want.i]:
                raise other_layer().at(Where(entry=want.name))
            found.append(replace(want, table=true, i=i))
        return found

    def _true_table(
        self, image: Image, layer: int, progress: Progress
    ) -> tuple[LayerTable, dict[bytes, int]]:
        if layer not in self._true:
            name = image.layers[layer].name
            stored = image.store.stored(name)
            if stored is None:
                read = image.store.load(name, limit=self._limit)
            else:
                with closing(self._pieces(image, layer, stored, progress)) as pieces:
                    read = read_stream(pieces, limit=self._limit)
            table = read.table
            index = {path: i for i, path in enumerate(table.names) if table.kinds[i] == Kind.FILE}
            self._true[layer] = table, index
        return self._true[layer]

    def _from_archive(
        self, image: Image, asked: dict[int, list[tuple[int, int]]], progress: Progress
    ) -> Found:
        again = image.again
        assert again is not None, "the cost would be GONE"
        where = Where(file=image.store.label)
        wants = {
            self._key(layer): self._wants(image, layer, entries, progress)
            for layer, entries in asked.items()
        }
        try:
            with again.open(progress) as tar:
                if again.whole:
                    (only,) = wants.values()
                    found = pick(tar, only)
                else:
                    known = self._passed_layers(image, exact=again.exact)
                    found = pick_from_archive(tar, known, wants, self._limit)
                yield from _placed(found, where)
        except ImageError as error:
            raise error.at(where) from error

    def _passed_layers(self, image: Image, *, exact: bool) -> list[PassedLayer]:
        found: dict[str, PassedLayer] = {}
        for layer, blob in enumerate(image.layers):
            facts = self._facts[layer]
            if blob.absent:
                continue
            found[self._key(layer)] = PassedLayer(
                self._key(layer),
                frozenset(digest for digest in (facts.diff_id, facts.digest) if digest),
                self._fs.tables[layer].tar_size,
                image.store.passed_at(blob.name) if exact else None,
            )
        return list(found.values())

    def close(self) -> None:
        image, self._image = self._image, None
        if image is not None:
            image.close()


def estimated_cost(analysis: Analysis, layer: int) -> Cost:
    """What the contents of a layer will most likely cost, before the image is opened again."""
    facts, image = analysis.layers[layer], analysis.image
    if image.reference == "-":
        return Cost.GONE
    if image.source.startswith("registry ") or Origin(facts.origin).is_toc:
        return Cost.FETCH
    if facts.origin == Origin.TAR_SPLIT:
        return Cost.NONE
    if image.source in _ENGINES:
        return Cost.EXPORT
    # Contents were hashed if they passed, in a compressed archive that is.
    passed = facts.compression != Compression.NONE or analysis.filesystem.tables[layer].hashes
    return Cost.LAYER if passed else Cost.NONE


def insist_on_same(image: Image, analysis: Analysis, limit: int) -> None:
    """Make sure that an image that was opened is the analysed one.

    By digests of its layers, or where none are known, by names and sizes.
    Raises :class:`SourceError`.
    """
    same = len(image.layers) == len(analysis.layers)
    for blob, facts, table in zip(
        image.layers, analysis.layers, analysis.filesystem.tables, strict=False
    ):
        if not same:
            break
        if blob.diff_id is not None and facts.diff_id is not None:
            same = blob.diff_id == facts.diff_id
        elif blob.digest is not None and facts.digest is not None:
            same = blob.digest == facts.digest
        else:
            now = image.store.load(blob.name, limit=limit).table
            same = (now.names, now.sizes) == (table.names, table.sizes)
    if not same:
        raise SourceError(
            "this is another image than the one that was analysed",
            where=Where(file=image.store.label),
            hint="look at it anew",
        )


def layer_cost(image: Image, layer: int) -> Cost:
    """What the contents of a layer of an opened image cost."""
    blob, store = image.layers[layer], image.store
    if blob.absent:
        return Cost.GONE
    if store.fetches(blob.name) is not None:
        return Cost.FETCH
    if store.rereads(blob.name):
        return Cost.NONE
    if store.stored(blob.name) is not None:
        return Cost.LAYER
    if image.again is None:
        return Cost.GONE
    return Cost.EXPORT if image.again.engine else Cost.LAYER


def _placed(found: Found, where: Where) -> Found:
    """The same contents; errors, theirs too, tell their place."""
    try:
        for want, pieces in found:
            yield want, _content_placed(pieces, replace(where, entry=want.name))
    except ImageError as error:
        raise error.at(where) from error


def _content_placed(pieces: Iterable[bytes], where: Where) -> Iterator[bytes]:
    try:
        yield from pieces
    except ImageError as error:
        raise error.at(where) from error
    except OSError as error:
        raise SourceError(f"cannot read: {error.strerror or error}", where=where) from error
