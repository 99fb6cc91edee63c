"""An opened image: its description, and layers that can be read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from threading import Lock
from typing import Any, BinaryIO

import xxhash

from layerlens.errors import DigestError, FormatError, ImageError, Interrupted, LimitError, Where
from layerlens.image.digest import Digest
from layerlens.image.manifest import platform_matches
from layerlens.image.model import ImageConfig, Platform
from layerlens.layers import limits
from layerlens.layers.arrivals import Announcement, Arrivals, ExpectedLayer, Listed
from layerlens.layers.asked import Asked, Part
from layerlens.layers.compare import same_by_tables
from layerlens.layers.compression import Compression
from layerlens.layers.contents import Contents, Examiner
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.known import KnownLayers
from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HASH_SIZE, HashKind, LayerTable
from layerlens.progress import Progress, Step, silent
from layerlens.sources.again import Again
from layerlens.sources.examine import examine_stored
from layerlens.sources.store import Store


@dataclass(frozen=True, slots=True)
class RegistryAccess:
    """How to reach registries, besides what credential files and ``certs.d`` say.

    ``insecure`` allows plain http and certificates that nobody vouches for;
    ``ca_file`` is a bundle to trust in addition; ``environment`` the caller's
    variables (proxies, ``DOCKER_CONFIG``, ``REGISTRY_AUTH_FILE``, …).
    """

    insecure: bool = False
    ca_file: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read.

    ``verify``: ``None`` checks digests where the bytes pass anyway, ``True``
    also reads plain archives through for that, ``False`` turns a mismatch into
    a diagnostic.  ``max_layer`` bounds the decompressed size of a layer in
    bytes.  ``select`` names one of several images in an archive.  ``cache``
    remembers layers; with ``verify`` it is filled, but not believed.  ``via``
    says how an engine's image is read: ``export`` (its stream), ``store``
    (its files on this machine), or ``auto``.  ``tocs`` allows a layer's own
    table of contents to stand for the layer.  ``registry`` says how to reach
    registries; ``stdin`` is what ``-`` is read from.  ``examiner`` looks into
    contents that pass; see :meth:`examining`.  ``arrivals`` is told of the one
    image that is opened with these options while it is read.  ``certain`` are
    diff_ids of layers that other images have too: their digests are computed even
    where the bytes need not pass, so that the cache may know them by these.
    """

    verify: bool | None = None
    max_layer: int = limits.MAX_LAYER
    platform: Platform | None = None
    select: str | None = None
    workers: int = field(default_factory=lambda: min(8, os.cpu_count() or 1))
    cache: KnownLayers | None = None
    via: str = "auto"
    tocs: bool = True
    registry: RegistryAccess = field(default_factory=RegistryAccess)
    stdin: BinaryIO | None = None
    examiner: Examiner | None = None
    arrivals: Arrivals | None = None
    certain: frozenset[Digest] = frozenset()

    def examining(self, examiner: Examiner) -> ReadOptions:
        """These options with an examiner; of a cache only layers that it has seen count."""
        # Late: listing entries needs none of it.
        from layerlens.cache.examined import ExaminedLayers
        from layerlens.cache.layers import LayerCache

        cache = self.cache
        if isinstance(cache, LayerCache):
            cache = ExaminedLayers(cache, examiner.version)
        return replace(self, examiner=examiner, cache=cache)

    def admits(self, have: Platform | None) -> bool:
        """Whether an image of a platform (``None``: not known) is what was asked for."""
        return self.platform is None or (have is not None and platform_matches(self.platform, have))


@dataclass(frozen=True, slots=True)
class LayerBlob:
    """Where one layer lies in a store, and what was promised of it.

    ``compressed_size`` is the stored size that a descriptor states; ``absent``
    says why there are no contents (a foreign layer).
    """

    name: str
    diff_id: Digest | None
    digest: Digest | None = None
    media_type: str | None = None
    compressed_size: int | None = None
    absent: str | None = None


@dataclass(slots=True)
class Image:
    """One image, chosen and described; :meth:`read` reads its layers.

    ``source`` is a phrase for people (``docker archive``); ``provenance`` the
    base image that a build attestation names; ``attestation_bytes`` what such
    attestations take, which no figure includes; ``as_pulled`` says that the
    blobs are those that a registry sends; ``remarks`` how it came to be
    read in this way, for those who ask; ``again`` how contents that its store
    cannot give are had.
    """

    reference: str
    source: str
    store: Store
    config: ImageConfig
    layers: tuple[LayerBlob, ...]
    id: Digest | None = None
    digest: Digest | None = None
    tags: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    provenance: str | None = None
    attestation_bytes: int = 0
    as_pulled: bool = False
    notes: list[Diagnostic] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    base_candidates: Callable[[], Sequence[tuple[str, tuple[Digest, ...]]]] = tuple
    again: Again | None = None

    _reads: dict[str, LayerRead] = field(default_factory=dict)
    _asked: Asked = field(default_factory=Asked, repr=False, compare=False)
    _closing: Lock = field(default_factory=Lock, repr=False, compare=False)
    _closed: bool = False

    def layer_label(self, index: int) -> str:
        """``layer 3/7 sha256:ab12…``: counted from 1, as people count."""
        blob = self.layers[index]
        known = blob.diff_id or blob.digest
        tail = f" {known.algorithm}:{known.short}…" if known else ""
        return f"layer {index + 1}/{len(self.layers)}{tail}"

    def read(self, options: ReadOptions, progress: Progress = silent) -> list[LayerRead]:
        """Read every layer, side by side where that helps; a repeated one once.

        Raises :class:`ImageError` with file, layer, entry and offset.
        """
        if options.arrivals is not None:
            self.announce(options.arrivals)
        unique = {
            blob.name: i for i, blob in reversed(list(enumerate(self.layers))) if not blob.absent
        }
        promised: dict[str, list[int]] = {}
        for i, blob in enumerate(self.layers):
            promised.setdefault(blob.name, []).append(i)
        todo = []
        for name in sorted(unique, key=lambda name: unique[name]):
            if name in self._reads:
                continue  # by whoever had to know whether it can be read
            known = self._known(name, unique[name], options)
            if known is None:
                todo.append(name)
            else:
                self._count(known, unique[name])
                self._take(name, known, promised[name], options)
        total = sum(self.store.size(name) for name in todo)
        meter = _Meter(progress, total, len(todo))

        def load(name: str) -> None:
            index = unique[name]
            try:
                read = self._load(name, index, options, meter.counter(name), self._asked.part())
                self._take(name, read, promised[name], options)
                meter.end(name)
                self._remember(name, read, options)
            except ImageError as error:
                raise error.at(
                    Where(file=self.store.label, layer=self.layer_label(index))
                ) from error

        if self._gains_by_threads(todo):
            workers = min(options.workers, self.store.parallel or options.workers)
            self._load_side_by_side(todo, load, workers, meter.stop)
        else:
            for name in todo:
                load(name)
        return [
            self._reads[blob.name] if not blob.absent else _absent(blob) for blob in self.layers
        ]

    def _count(self, known: LayerRead, index: int) -> None:
        """What a layer asks for counts as well where it need not be read."""
        try:
            self._asked.part().settle(known.table)
        except LimitError as error:
            raise error.at(Where(file=self.store.label, layer=self.layer_label(index))) from error

    def _known(self, name: str, index: int, options: ReadOptions) -> LayerRead | None:
        """The layer from the cache, where that says all that this store's reading would.

        What an archive promises is believed here as an engine believes it; the
        sizes must agree, and ``--verify`` reads for itself.
        """
        cache, store, blob = options.cache, self.store, self.layers[index]
        if cache is None or options.verify is True or store.has_read(name):
            return None
        place = store.place(name)
        if place is not None:
            found = cache.by_place(place)
            if found is not None and found.origin is Origin.TAR_SPLIT:
                return replace(found, digest=blob.diff_id, diff_id=blob.diff_id)
            if found is not None:
                return found
        # Hashes that do not compare with others' help only where contents are at hand.
        hashes = store.hashes or (None if store.rereads(name) else HashKind.XXH3)
        plain = not store.compressed(name)
        found = None
        if blob.digest is not None:
            found = cache.by_blob(blob.digest, hashes=hashes)
        if found is None and plain and blob.diff_id is not None:
            found = cache.by_diff_id(blob.diff_id, hashes=hashes)
        toc = store.toc(name)
        if found is None and toc is not None and options.tocs:
            found = cache.by_toc(toc)
        if found is None:
            return None
        if store.exact_sizes and found.compressed_size != store.size(name):
            return None
        if plain and place is not None:
            # As a plain archive is read: nobody has computed the digests of this file.
            return replace(found, digest=None, diff_id=None)
        return found

    def _remember(self, name: str, read: LayerRead, options: ReadOptions) -> None:
        """Keep a layer under what is certain: digests that were computed here, or its place."""
        if options.cache is None:
            return
        if read.origin is Origin.TAR_SPLIT:
            # Its digests are what the engine says of a tar that it has thrown away.
            read = replace(read, digest=None, diff_id=None)
        options.cache.keep(read, toc=self.store.toc(name), place=self.store.place(name))

    def _take(
        self, name: str, read: LayerRead, serves: Sequence[int], options: ReadOptions
    ) -> None:
        """Check a layer against what each of its places in the image promises, and use it."""
        for index in serves:
            try:
                self._check(read, index, options)
            except DigestError as error:
                raise error.at(
                    Where(file=self.store.label, layer=self.layer_label(index))
                ) from error
        self._reads[name] = read
        if options.arrivals is not None:
            options.arrivals.arrived(read, [i for i in serves if not self.layers[i].absent])

    def _gains_by_threads(self, names: Sequence[str]) -> bool:
        """Plain archives are read in place, which is all interpreter: one thread is best."""
        return len(names) > 1 and any(self.store.compressed(name) for name in names)

    def _load_side_by_side(
        self,
        todo: Sequence[str],
        load: Callable[[str], None],
        workers: int,
        stop: Callable[[], None],
    ) -> None:
        from concurrent.futures import ThreadPoolExecutor  # brings logging; rarely needed

        # Largest first, so that no big layer is left for the end.
        order = sorted(todo, key=self.store.size, reverse=True)
        with ThreadPoolExecutor(max_workers=min(workers, len(order))) as pool:
            tasks = {name: pool.submit(load, name) for name in order}
            try:
                for name in todo:  # the lowest layer's error is the one that is told
                    tasks[name].result()
            except BaseException:
                stop()  # else an interrupt waits until the largest layer is done
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _load(
        self,
        name: str,
        index: int,
        options: ReadOptions,
        count: Callable[[int], None],
        asked: Part,
    ) -> LayerRead:
        blob = self.layers[index]
        read = self.store.load(
            name, limit=options.max_layer, count=count, examiner=options.examiner, asked=asked
        )
        asked.settle(read.table)
        if read.contents is not None:
            from layerlens.cache.contents import normal

            normal(read.contents)
        certain = options.verify or blob.diff_id in options.certain
        if certain and read.diff_id is None and (blob.diff_id or blob.digest):
            digest = self.store.digest(name)
            read = replace(read, digest=digest, diff_id=digest)
        return read

    def _check(self, read: LayerRead, index: int, options: ReadOptions) -> None:
        """Compare with what was promised of one layer: a blob may serve as several."""
        blob = self.layers[index]
        if _differ(read.diff_id, blob.diff_id):
            self._mismatch(
                f"the layer's content has the digest {read.diff_id}, its diff_id is {blob.diff_id}",
                index,
                options,
            )
        if _differ(read.digest, blob.digest):
            self._mismatch(
                f"the stored layer has the digest {read.digest}, {blob.digest} is promised",
                index,
                options,
            )

    def _mismatch(self, what: str, index: int, options: ReadOptions) -> None:
        if options.verify is not False:
            raise DigestError(
                what,
                hint="the image is damaged: fetch or save it again, "
                "or look at it anyway with --no-verify",
            )
        self.notes.append(Diagnostic("digest-mismatch", what, index))

    # ------------------------------------------------------------- arrivals

    def announcement(self) -> Announcement:
        """All that is known besides the layers' contents."""
        return Announcement(
            reference=self.reference,
            source=self.source,
            config=self.config,
            layers=tuple(
                ExpectedLayer(blob.diff_id, blob.digest, blob.media_type, blob.compressed_size)
                for blob in self.layers
            ),
            id=self.id,
            digest=self.digest,
            tags=self.tags,
            annotations=self.annotations,
            provenance=self.provenance,
            attestation_bytes=self.attestation_bytes,
            as_pulled=self.as_pulled,
            notes=self.notes,
            base_candidates=self.base_candidates,
            same_content=self.known_same,
        )

    def announce(self, arrivals: Arrivals) -> None:
        """Tell of the image, and of the layers that are already read or will never be."""
        # Asked once, here: whoever is told must not use the store beside the reading.
        self.base_candidates = Listed(tuple(self.base_candidates()))
        arrivals.announce(self.announcement())
        for index, blob in enumerate(self.layers):
            if blob.absent:
                arrivals.arrived(_absent(blob), [index])
            elif blob.name in self._reads:
                arrivals.arrived(self._reads[blob.name], [index])

    def known_same(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        """:meth:`same_content` for another thread than the one that reads and closes.

        What cannot be compared now is not the same: a layer that has not arrived,
        contents that a network would have to fetch, or an image that is closed.
        """
        with self._closing:
            names = [self.layers[layer].name for layer, _ in (one, other)]
            if self._closed or any(
                name not in self._reads or self.store.fetches(name) is not None for name in names
            ):
                return False
            try:
                return self.same_content(one, other)
            except (ImageError, OSError):
                return False

    # ------------------------------------------------------------- contents

    def same_content(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        """Whether two regular-file entries, each (layer, index), hold the same bytes.

        Contents that passed were hashed then; those in a plain archive are
        read now, only as far as they agree.
        """
        (a, i), (b, j) = one, other
        table, with_table = self._table(a), self._table(b)
        told = same_by_tables(table, i, with_table, j)
        if told is not None:
            return told
        known, other_known = table.hash(i), with_table.hash(j)
        if known is not None and table.hash_kind in _DIGESTS:
            found = self._hash(b, j, table.hash_kind)
            if found is not None:
                return found == known
        if other_known is not None and with_table.hash_kind in _DIGESTS:
            found = self._hash(a, i, with_table.hash_kind)
            if found is not None:
                return found == other_known
        return _equal(self.stored_content(a, i), self.stored_content(b, j))

    def _table(self, layer: int) -> LayerTable:
        return self._reads[self.layers[layer].name].table

    def _hash(self, layer: int, i: int, kind: HashKind) -> bytes | None:
        """The hash of one content that can be had again, ``None`` where it cannot."""
        pieces = self.reread(layer, i)
        if pieces is None:
            return None
        state = _DIGESTS[kind]()
        for piece in pieces:
            state.update(piece)
        return bytes(state.digest()[:HASH_SIZE])

    def stored_content(self, layer: int, i: int) -> Iterator[bytes]:
        """The stored bytes of one entry.

        Raises :class:`FormatError` where they have passed and are not kept.
        """
        pieces = self.reread(layer, i)
        if pieces is None:
            raise FormatError(
                "the content has passed and was not kept",
                where=Where(file=self.store.label, entry=self._table(layer).names[i]),
            )
        return pieces

    def reread(self, layer: int, i: int) -> Iterator[bytes] | None:
        """The stored bytes of one entry, ``None`` where they have passed."""
        return self.store.content(self.layers[layer].name, self._table(layer), i)

    def identities(self) -> list[str] | None:
        """What each layer is, by a computed digest or by its place; the layers have been read.

        ``None`` where of one layer nothing is certain.
        """
        found = []
        for blob in self.layers:
            read = self._reads.get(blob.name)
            if blob.absent or read is None or read.origin.is_toc:
                return None
            computed = read.origin is Origin.TAR and read.diff_id is not None
            known = str(read.diff_id) if computed else self.store.place(blob.name)
            if known is None:
                return None
            # A finding tells transfer bytes, too, which depend on how a layer is stored.
            found.append(f"{known} {read.compression.value} {read.digest}")
        return found

    def examine(self, options: ReadOptions) -> list[Contents]:
        """What the options' examiner finds in each layer's contents; the layers have been read.

        Contents that passed were examined then, others are now.
        """
        examiner = options.examiner
        if examiner is None:
            raise ValueError("no examiner")
        from layerlens.cache.contents import normal

        found: dict[str, Contents] = {}
        for index, blob in enumerate(self.layers):
            if blob.absent or blob.name in found:
                continue
            read = self._reads[blob.name]
            if read.contents is None:
                bound = self.store.fetches(blob.name)
                contents = examine_stored(
                    read.table,
                    examiner,
                    partial(self.reread, index),
                    partial(self.store.span, blob.name, read.table),
                    most=bound,
                )
                read = self._reads[blob.name] = replace(read, contents=normal(contents))
                self._remember(blob.name, read, options)
            assert read.contents is not None
            found[blob.name] = read.contents
        return [
            Contents(missing="not in the archive") if blob.absent else found[blob.name]
            for blob in self.layers
        ]

    def close(self) -> None:
        """Let go of files."""
        with self._closing:  # no comparison may find another file under a number that is free again
            self._closed = True
            self.store.close()


_DIGESTS: Mapping[HashKind, Callable[[], Any]] = {
    HashKind.XXH3: xxhash.xxh3_128,
    HashKind.SHA256: hashlib.sha256,
}
"""What can be computed here; a CRC cannot, and whoever has one has the contents too."""


def _equal(one: Iterator[bytes], other: Iterator[bytes]) -> bool:
    return all(a == b for a, b in zip_longest(one, other))


def _differ(found: Digest | None, promised: Digest | None) -> bool:
    """Only sha256 is computed, so promises in other algorithms cannot be checked."""
    return (
        found is not None
        and promised is not None
        and found.algorithm == promised.algorithm
        and found != promised
    )


def _absent(blob: LayerBlob) -> LayerRead:
    table = LayerTable()
    table.notes.add("foreign-layer", f"contents not in the archive: {blob.absent}")
    return LayerRead(table, Compression.NONE, blob.compressed_size or 0)


class _Meter:
    """Adds up what several layers' readers have read, and reports it."""

    def __init__(self, progress: Progress, total: int, layers: int) -> None:
        self._progress = progress
        self._total = total
        self._layers = layers
        self._ended = 0
        self._done: dict[str, int] = {}
        self._lock = Lock()
        self._stopped = False

    def stop(self) -> None:
        """Make all counters raise, so that their readers end soon."""
        self._stopped = True

    def end(self, name: str) -> None:
        """One layer is done."""
        with self._lock:
            self._ended += 1

    def counter(self, name: str) -> Callable[[int], None]:
        def count(done: int) -> None:
            if self._stopped:
                raise Interrupted
            with self._lock:
                self._done[name] = done
                so_far = sum(self._done.values())
            try:
                self._progress(
                    Step("reading layers", so_far, self._total, layers=(self._ended, self._layers))
                )
            except BaseException:
                self.stop()
                raise

        return count


def checked_layers(config: ImageConfig, count: int, label: str) -> None:
    """Make sure that layers and diff_ids pair up.  Raises :class:`FormatError`."""
    if count != len(config.diff_ids):
        raise FormatError(
            f"the manifest lists {count} layers, the configuration {len(config.diff_ids)} diff_ids",
            where=Where(file=label),
            hint="the image is inconsistent: build or save it again",
        )
