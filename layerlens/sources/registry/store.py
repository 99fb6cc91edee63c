"""The blobs of one repository as a store, so that layouts work on it as on any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from layerlens.errors import FormatError, LimitError
from layerlens.image.digest import Digest
from layerlens.image.manifest import Descriptor, is_foreign, layer_compression
from layerlens.layers.asked import Part
from layerlens.layers.contents import Examiner
from layerlens.layers.readahead import read_ahead
from layerlens.layers.reader import Counter, LayerRead, digest_of, read_stream
from layerlens.layers.table import LayerTable
from layerlens.layers.toc.hint import TocHint, TocRefusedError, find_toc
from layerlens.progress import Progress, Step
from layerlens.sources.image import ReadOptions
from layerlens.sources.oci_layout import blob_name
from layerlens.sources.registry.blob import BlobReader, read_range
from layerlens.sources.registry.client import RegistryClient
from layerlens.sources.store import MAX_DOCUMENT, WORTH_A_THREAD, Store, missing

MOST_FETCHES = 200
"""Files of a layer with a table of contents that are fetched one by one."""


class RegistryStore(Store):
    """Blobs by the names that an OCI layout gives them (``blobs/sha256/…``).

    Sizes and compressions are what descriptors claim, since asking costs a
    request; what a layer really is shows when it is read.
    """

    def __init__(self, client: RegistryClient, options: ReadOptions, progress: Progress) -> None:
        self.client = client
        self._options = options
        self._progress = progress
        self._known: dict[str, Descriptor] = {}
        self._there: dict[str, bool] = {}
        self._by_toc: set[str] = set()
        self.remarks: list[str] = []

    @property
    def parallel(self) -> int:
        """Two: more streams slow a busy link down, and registries count them."""
        return 2

    @property
    def label(self) -> str:
        return self.client.address.shown

    def expect(self, descriptors: Iterable[Descriptor]) -> None:
        """Learn of blobs from a manifest."""
        for descriptor in descriptors:
            self._known[blob_name(descriptor.digest)] = descriptor

    def names(self) -> Iterable[str]:
        return list(self._known)

    def has(self, name: str) -> bool:
        """Whether a manifest lists it; of foreign layers the registry is asked."""
        descriptor = self._known.get(name)
        if descriptor is None or not is_foreign(descriptor.media_type):
            return descriptor is not None
        if name not in self._there:
            self._there[name] = self.client.has_blob(descriptor.digest, self.tick)
        return self._there[name]

    def size(self, name: str) -> int:
        return self._descriptor(name).size

    def _descriptor(self, name: str) -> Descriptor:
        descriptor = self._known.get(name)
        if descriptor is None:
            raise missing(name, self.label)
        return descriptor

    def compressed(self, name: str) -> bool:
        return layer_compression(self._descriptor(name).media_type) != "none"

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        """A configuration or a statement, from the cache where it is there."""
        descriptor = self._descriptor(name)
        if descriptor.size > limit:
            raise LimitError(
                f"blob {descriptor.digest.short} has {descriptor.size:,} bytes, "
                f"the limit for such a document is {limit:,}",
                where=self.client.where,
            )
        return self.cached(
            descriptor.digest,
            lambda: self.client.document(descriptor.digest, limit, self.tick),
        )

    def cached(self, digest: Digest, fetch: Callable[[], bytes]) -> bytes:
        """A document by its digest, from the cache or by ``fetch``, and then kept."""
        cache = self._options.cache
        known = None if cache is None else cache.document(digest)
        if known is not None:
            return known
        data = fetch()
        if cache is not None and digest == Digest.of(data):
            cache.keep_document(data)
        return data

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        """Stream a layer through the walker; it is checked by whoever knows its promises."""
        descriptor = self._descriptor(name)
        listed = self._listed(name, limit)
        if listed is not None:
            if count is not None:
                count(descriptor.size)
            return listed
        done = 0

        def passing(total: int) -> None:
            nonlocal done
            done = total
            if count is not None:
                count(total)

        def tick() -> None:
            if count is not None:
                count(done)

        blob = BlobReader(self.client, descriptor.digest, descriptor.size, tick)
        # The network has a thread of its own, so that a stalled one can be given up at once.
        arriving = read_ahead(blob.pieces(), idle=tick, abandon=blob.abort)
        large = descriptor.size > WORTH_A_THREAD
        try:
            read = read_stream(
                arriving,
                limit=limit,
                count=passing,
                ahead=partial(read_ahead, idle=tick) if large else None,
                examiner=examiner,
                asked=asked,
            )
            passing(read.compressed_size)  # a layer of one piece ends before it is counted
            return read
        finally:
            arriving.close()
            blob.close()

    def toc(self, name: str) -> Digest | None:
        hint = self._hint(name)
        return None if hint is None else hint.digest

    def rereads(self, name: str) -> bool:
        return name in self._by_toc

    def fetches(self, name: str) -> int | None:
        return MOST_FETCHES

    def _hint(self, name: str) -> TocHint | None:
        """The table of contents that the manifest vouches for, where it may be used."""
        if not self._options.tocs or self._options.verify is True:
            return None
        descriptor = self._descriptor(name)
        return find_toc(descriptor.annotations, descriptor.size, descriptor.media_type)

    def _listed(self, name: str, limit: int) -> LayerRead | None:
        """The layer by its own table of contents; ``None`` where it has to be read in full."""
        hint = self._hint(name)
        if hint is None:
            return None
        from layerlens.layers.toc.read import read_toc  # most layers have no such table

        try:
            read = read_toc(hint, self.size(name), partial(self._fetched, name), limit=limit)
        except (TocRefusedError, FormatError, LimitError) as error:
            short = self._descriptor(name).digest.short
            self.remarks.append(f"the table of contents of layer {short} is not used: {error.what}")
            return None
        self._by_toc.add(name)
        return read

    def _fetched(self, name: str, offset: int, length: int) -> bytes:
        data = self.read_range(name, offset, length)
        if data is None:
            raise TocRefusedError("the registry gives whole blobs only")
        return data

    def read_range(self, name: str, offset: int, length: int) -> bytes | None:
        """A part of a blob, ``None`` where the registry gives whole blobs only."""
        return read_range(self.client, self._descriptor(name).digest, offset, length, self.tick)

    def digest(self, name: str) -> Digest:
        descriptor = self._descriptor(name)
        blob = BlobReader(self.client, descriptor.digest, descriptor.size, self.tick)
        try:
            return digest_of(blob.pieces())
        finally:
            blob.close()

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        """One file of a layer with a table of contents; of others it costs the whole layer."""
        from layerlens.layers.toc.content import toc_content

        return toc_content(table, i, partial(self._fetched, name))

    def stored(self, name: str) -> Iterator[bytes] | None:
        """A blob as it streams; the network has a thread of its own, as when it is read."""
        return self._streamed(self._descriptor(name))

    def _streamed(self, descriptor: Descriptor) -> Iterator[bytes]:
        blob = BlobReader(self.client, descriptor.digest, descriptor.size, self.tick)
        arriving = read_ahead(blob.pieces(), idle=self.tick, abandon=blob.abort)
        try:
            yield from arriving
        finally:
            arriving.close()
            blob.close()

    def attend(self, progress: Progress) -> None:
        self._progress = progress

    def tick(self) -> None:
        """Report that the registry is being waited for; may raise to stop."""
        self._progress(asking(self.client))

    def close(self) -> None:
        self.client.close()


def asking(client: RegistryClient) -> Step:
    """The step that is told while a registry's answer is awaited."""
    return Step(f"asking the registry {client.address.registry}")
