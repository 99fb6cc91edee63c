"""An opened image: its description, and layers that can be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from threading import Lock

import xxhash

from layerlens.errors import DigestError, FormatError, ImageError, Interrupted, Where
from layerlens.image.digest import Digest
from layerlens.image.model import ImageConfig, Platform
from layerlens.layers import limits
from layerlens.layers.compression import Compression
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import LayerTable
from layerlens.progress import Progress, Step, silent
from layerlens.sources.store import Store


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read.

    ``verify``: ``None`` checks digests where the bytes pass anyway, ``True``
    also reads plain archives through for that, ``False`` turns a mismatch into
    a diagnostic.  ``max_layer`` bounds the decompressed size of a layer in
    bytes.  ``select`` names one of several images in an archive.
    """

    verify: bool | None = None
    max_layer: int = limits.MAX_LAYER
    platform: Platform | None = None
    select: str | None = None
    workers: int = field(default_factory=lambda: min(8, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class LayerBlob:
    """Where one layer lies in a store, and what was promised of it.

    ``compressed_size`` is the stored size that a descriptor states;
    ``absent`` says why there are no contents (a foreign layer).
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
    attestations take, which no figure includes.
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
    notes: list[Diagnostic] = field(default_factory=list)
    base_candidates: Callable[[], Sequence[tuple[str, tuple[Digest, ...]]]] = tuple

    _reads: dict[str, LayerRead] = field(default_factory=dict)

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
        unique = {
            blob.name: i for i, blob in reversed(list(enumerate(self.layers))) if not blob.absent
        }
        promised: dict[str, list[int]] = {}
        for i, blob in enumerate(self.layers):
            promised.setdefault(blob.name, []).append(i)
        total = sum(self.store.size(name) for name in unique)
        meter = _Meter(progress, total)

        def load(name: str) -> None:
            index = unique[name]
            try:
                read = self._load(name, index, options, meter.counter(name))
                for index in promised[name]:
                    self._check(read, index, options)
                self._reads[name] = read
            except ImageError as error:
                raise error.at(
                    Where(file=self.store.label, layer=self.layer_label(index))
                ) from error

        todo = sorted(unique, key=lambda name: unique[name])
        if self._gains_by_threads(todo):
            self._load_side_by_side(todo, load, options.workers, meter.stop)
        else:
            for name in todo:
                load(name)
        return [
            self._reads[blob.name] if not blob.absent else _absent(blob) for blob in self.layers
        ]

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
        self, name: str, index: int, options: ReadOptions, count: Callable[[int], None]
    ) -> LayerRead:
        blob = self.layers[index]
        read = self.store.load(name, limit=options.max_layer, count=count)
        if options.verify and read.diff_id is None and (blob.diff_id or blob.digest):
            digest = self.store.digest(name)
            read = LayerRead(read.table, read.compression, read.compressed_size, digest, digest)
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

    # ------------------------------------------------------------- contents

    def same_content(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        """Whether two regular-file entries, each (layer, index), hold the same bytes.

        Contents that passed were hashed then; those in a plain archive are
        read now, only as far as they agree.
        """
        (a, i), (b, j) = one, other
        table, with_table = self._table(a), self._table(b)
        if i in table.sparse or j in with_table.sparse:
            # A map and stored bytes; another map of the same content counts as new.
            mine, theirs = table.sparse.get(i), with_table.sparse.get(j)
            if mine is None or theirs is None or mine.segments != theirs.segments:
                return False
        size = table.sizes[i]
        if size != with_table.sizes[j] or not size:
            return size == with_table.sizes[j]
        known, other_known = table.hash(i), with_table.hash(j)
        if i in table.sparse and (known is None) != (other_known is None):
            return False  # a hash covers what is stored, which may begin with a map
        if known is not None and other_known is not None:
            return known == other_known
        if known is None and other_known is None:
            return _equal(self.stored_content(a, i), self.stored_content(b, j))
        return (known or self._hash(a, i)) == (other_known or self._hash(b, j))

    def _table(self, layer: int) -> LayerTable:
        return self._reads[self.layers[layer].name].table

    def _hash(self, layer: int, i: int) -> bytes:
        state = xxhash.xxh3_128()
        for piece in self.stored_content(layer, i):
            state.update(piece)
        return state.digest()

    def stored_content(self, layer: int, i: int) -> Iterator[bytes]:
        """The stored bytes of one entry.

        Raises :class:`FormatError` where they have passed and are not kept.
        """
        table = self._table(layer)
        pieces = self.store.content(self.layers[layer].name, table, i)
        if pieces is None:
            raise FormatError(
                "the content has passed and was not kept",
                where=Where(file=self.store.label, entry=table.names[i]),
            )
        return pieces

    def close(self) -> None:
        """Let go of files."""
        self.store.close()


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

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done: dict[str, int] = {}
        self._lock = Lock()
        self._stopped = False

    def stop(self) -> None:
        """Make all counters raise, so that their readers end soon."""
        self._stopped = True

    def counter(self, name: str) -> Callable[[int], None]:
        def count(done: int) -> None:
            if self._stopped:
                raise Interrupted
            with self._lock:
                self._done[name] = done
                so_far = sum(self._done.values())
            try:
                self._progress(Step("reading layers", so_far, self._total))
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
