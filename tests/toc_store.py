"""A store of blobs with tables of contents, and whole analyses through it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from backports import zstd

from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.layers.asked import Part
from layerlens.layers.contents import Examiner
from layerlens.layers.reader import Counter, LayerRead, read_stream
from layerlens.layers.table import LayerTable
from layerlens.layers.toc.content import toc_content
from layerlens.layers.toc.hint import find_toc
from layerlens.layers.toc.read import read_toc
from layerlens.outputs.schema import analysis_document
from layerlens.pipeline import analyse_image
from layerlens.sources.image import Image, LayerBlob, ReadOptions
from layerlens.sources.store import Store
from tests.archives import config
from tests.toc_writers import Blob

Json = dict[str, Any]


class TocStore(Store):
    """Blobs by number; those of ``listed`` are read by their tables of contents.

    As from a registry, the contents of a blob that was read in full have passed.
    """

    label = "blobs of a test"

    def __init__(self, blobs: Sequence[Blob], listed: Collection[int]) -> None:
        self._blobs = {str(k): blob for k, blob in enumerate(blobs)}
        self._listed = set(map(str, listed))
        self.asked: dict[str, list[int]] = {name: [] for name in self._blobs}

    def names(self) -> Iterable[str]:
        return list(self._blobs)

    def has(self, name: str) -> bool:
        return name in self._blobs

    def size(self, name: str) -> int:
        return len(self._blobs[name].data)

    def compressed(self, name: str) -> bool:
        return True

    def document(self, name: str, limit: int = 0) -> bytes:
        raise NotImplementedError

    def digest(self, name: str) -> Digest:
        return Digest.of(self._blobs[name].data)

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        blob = self._blobs[name]
        if name not in self._listed:
            return read_stream(
                [blob.data], limit=limit, count=count, examiner=examiner, asked=asked
            )
        hint = find_toc(blob.annotations, len(blob.data), blob.media_type, least=0)
        assert hint is not None
        return read_toc(hint, len(blob.data), lambda at, n: self._fetch(name, at, n), limit=limit)

    def _fetch(self, name: str, offset: int, length: int) -> bytes:
        self.asked[name].append(length)
        return self._blobs[name].data[offset : offset + length]

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        return toc_content(table, i, lambda at, n: self._fetch(name, at, n))

    def close(self) -> None:
        """Nothing is open."""


def analysed(blobs: Sequence[Blob], listed: Collection[int]) -> tuple[Json, TocStore]:
    """The complete analysis of an image of these blobs, and the store it was read from."""
    store = TocStore(blobs, listed)
    layers = tuple(
        LayerBlob(
            name=str(k),
            diff_id=Digest.of(blob.tar),
            digest=Digest.of(blob.data),
            media_type=blob.media_type,
            compressed_size=len(blob.data),
        )
        for k, blob in enumerate(blobs)
    )
    image = Image(
        reference="test",
        source="test",
        store=store,
        config=parse_config(config([blob.tar for blob in blobs])),
        layers=layers,
    )
    document = analysis_document(analyse_image(image, ReadOptions(workers=1)))
    for layer in document["layers"]:
        del layer["read"]  # the one difference that is meant
    for row in document["sizes"]:
        del row["approximate"]
    return document, store


def oci_blobs(path: Path) -> list[Blob]:
    """The layers of the one image of an OCI directory, with their annotations."""

    def blob(descriptor: Json) -> bytes:
        algorithm, _, hexa = str(descriptor["digest"]).partition(":")
        return (path / "blobs" / algorithm / hexa).read_bytes()

    index = json.loads((path / "index.json").read_bytes())
    manifest = json.loads(blob(index["manifests"][0]))
    return [made_blob(each, blob(each)) for each in manifest["layers"]]


def made_blob(descriptor: Json, data: bytes) -> Blob:
    """A blob that some program wrote."""
    # As a file: what decompresses a bytes object copies the rest of it at each of its frames.
    opener: Any = zstd if descriptor["mediaType"].endswith("zstd") else gzip
    with opener.open(BytesIO(data)) as stream:
        tar = stream.read()
    return Blob(data, descriptor["annotations"], descriptor["mediaType"], tar)
