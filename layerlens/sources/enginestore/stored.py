"""What every engine's own store gives: an image described, and layers by recorded headers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerlens.errors import ImageError, UnfitStoreError, Where
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT
from layerlens.layers.asked import Part
from layerlens.layers.contents import Examiner
from layerlens.layers.reader import Counter, LayerRead
from layerlens.layers.table import HashKind, LayerTable
from layerlens.layers.tarsplit import read_tar_split
from layerlens.sources.enginestore.files import entry_content, read_pieces, read_small
from layerlens.sources.image import Image, LayerBlob
from layerlens.sources.place import file_place
from layerlens.sources.store import MAX_DOCUMENT, Store, missing


@dataclass(frozen=True, slots=True)
class KeptLayer:
    """One layer of an engine's store.

    ``record`` is the file with its tar's headers (tar-split), ``contents`` the
    folder that it was unpacked to, ``None`` where that is not known; ``size``
    is in bytes: the tar's length where ``exact``, else a little less.
    """

    diff_id: Digest
    record: str
    contents: str | None
    size: int
    exact: bool


class TarSplitStore(Store):
    """The layers of one image in an engine's store, each named by its diff_id.

    Headers come from the engine's record, contents from the folder that the
    layer was unpacked to.  A layer's place is that of its record's file: the
    digests are only what the engine says.  Nothing stays open between calls.
    """

    def __init__(self, label: str, layers: Iterable[KeptLayer]) -> None:
        self._label = label
        # The same layer at two places of an image is there twice; either serves.
        self._layers = {str(layer.diff_id): layer for layer in layers}

    @property
    def label(self) -> str:
        return self._label

    @property
    def exact_sizes(self) -> bool:
        """Whether :meth:`size` is what a layer's read will state."""
        return all(layer.exact for layer in self._layers.values())

    @property
    def hashes(self) -> HashKind:
        """Those of the records: of a rootless engine's contents not all may be read."""
        return HashKind.CRC64

    def rereads(self, name: str) -> bool:
        return self._layer(name).contents is not None

    def place(self, name: str) -> str | None:
        record = self._layer(name).record
        try:
            return file_place(record, os.stat(record), time.time_ns())
        except OSError:
            return None

    def names(self) -> Iterable[str]:
        return list(self._layers)

    def has(self, name: str) -> bool:
        return name in self._layers

    def _layer(self, name: str) -> KeptLayer:
        found = self._layers.get(name)
        if found is None:
            raise missing(name, self._label)
        return found

    def size(self, name: str) -> int:
        return self._layer(name).size

    def compressed(self, name: str) -> bool:
        return False

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        """Never there: whoever opened the store has the documents."""
        raise missing(name, self._label)

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        """Read a layer by its record.  Raises :class:`UnfitStoreError`, then the export is left.

        ``limit`` bounds the record, too, which is smaller than the tar but for
        layers of nothing but tiny files.
        """
        layer = self._layer(name)
        read = read_tar_split(
            read_pieces(layer.record),
            layer.diff_id,
            limit=limit,
            count=None if count is None else lambda done: count(min(done, layer.size)),
        )
        if layer.exact and read.compressed_size != layer.size:
            raise UnfitStoreError(
                f"the record of the layer's tar gives {read.compressed_size} bytes,"
                f" {layer.size} are stated",
                where=Where(file=layer.record),
            )
        return read

    def digest(self, name: str) -> Digest:
        """What the engine has computed; the tar itself is gone."""
        return self._layer(name).diff_id

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        """The content as it was unpacked.

        ``None`` where it does not lie under its name: below a link of the same
        layer, or replaced by hand.
        """
        folder = self._layer(name).contents
        if folder is None:
            return None
        if not table.names[i]:
            return None
        return entry_content(folder, table.names[i], table.sizes[i])

    @property
    def unpacked(self) -> bool:
        """The engine has written the holes of sparse files."""
        return True

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image of an engine's store: its layers, and what is said of it.

    ``config`` are the bytes of its configuration, whose sha256 is ``id``;
    ``digest`` is the manifest's, where the store knows one.  ``others`` lists
    the store's other images, of which one may be the base.
    """

    store: Store
    config: bytes
    layers: tuple[LayerBlob, ...]
    id: Digest
    digest: Digest | None = None
    tags: tuple[str, ...] = ()
    others: Callable[[], Sequence[tuple[str, tuple[Digest, ...]]]] = tuple

    def image(self, reference: str, source: str) -> Image:
        """The image, ready to be read.  ``source`` is a phrase for people."""
        return Image(
            reference=reference,
            source=source,
            store=self.store,
            config=parse_config(self.config),
            layers=self.layers,
            id=self.id,
            digest=self.digest,
            tags=self.tags,
            base_candidates=self.others,
        )


def blobs(diff_ids: Sequence[Digest]) -> tuple[LayerBlob, ...]:
    """The layers of an image as a :class:`TarSplitStore` names them."""
    return tuple(LayerBlob(name=str(diff_id), diff_id=diff_id) for diff_id in diff_ids)


def read_config(at: str, digest: Digest) -> tuple[bytes, tuple[Digest, ...]]:
    """A configuration of a known digest, and its diff_ids.

    Raises :class:`UnfitStoreError` where the file holds anything else.
    """
    config = read_small(at, CONFIG_LIMIT)
    if Digest.of(config) != digest:
        raise UnfitStoreError(f"not the configuration {digest}", where=Where(file=at))
    try:
        return config, parse_config(config).diff_ids
    except ImageError as error:
        raise UnfitStoreError(error.what, where=Where(file=at)) from error


def absolute(root: str) -> str:
    """A store's root as it is shown and joined; it must be a readable directory."""
    if not root or not os.path.isabs(root) or "\0" in root:
        raise UnfitStoreError(f"the engine's folder is {root!r:.200}, which is no absolute path")
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        raise UnfitStoreError(
            f"cannot read the engine's folder: {error.strerror or error}", where=Where(file=root)
        ) from error
    return os.path.normpath(root)
