"""Images of an engine: what it says at once, and the quickest way to their layers.

Inspect and history come at once and are told as a preview.  The layers come
from the engine's own files where they may be read, else from the cache where
all of them are known, else by the export stream.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import docker.errors
import requests.exceptions

from layerlens.errors import FormatError, ImageError, SourceError, UnfitStoreError
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.history import readable
from layerlens.image.model import ImageConfig
from layerlens.image.secrets import redact_text
from layerlens.layers.arrivals import Announcement, ExpectedLayer, Listed
from layerlens.layers.asked import Part
from layerlens.layers.contents import Examiner
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.reader import Counter, LayerRead
from layerlens.layers.table import HashKind, LayerTable
from layerlens.progress import Preview, Progress, Step, silent
from layerlens.sources.engine.again import export_again
from layerlens.sources.engine.connect import Engine, diff_ids
from layerlens.sources.engine.describe import (
    described,
    described_by_libpod,
    expected,
    platform_of,
    stated_sizes,
)
from layerlens.sources.engine.export import Export
from layerlens.sources.enginestore.own_files import from_docker
from layerlens.sources.image import Image, LayerBlob, ReadOptions
from layerlens.sources.store import Store

_MOST_CANDIDATES = 300
"""Local images that are asked whether they are the base."""

_PATIENCE_SECONDS = 10
"""How long the list of other images may take after the image has been read."""


def open_engine_image(
    engine: Engine,
    name: str,
    options: ReadOptions,
    *,
    reference: str | None = None,
    progress: Progress = silent,
) -> Image:
    """The image of that name or id in an engine.

    Raises :class:`SourceError` where there is no such image, or it cannot be
    read in the way that ``options.via`` insists on.
    """
    progress(Step(f"asking {engine.title}"))
    found = engine.inspect(name)
    rows = _history(engine, str(found.get("Id", name)))
    progress(Step(f"asking {engine.title}", preview=_preview(found, rows, name)))
    remarks: list[str] = []
    image = _from_own_files(engine, found, options, remarks, progress)
    if image is None:
        image = _asked(engine, name, found, rows, options, progress, reference or name)
    image.remarks += remarks
    image.reference = reference or name
    image.source = _source(engine)
    image.tags = _tags(found) or image.tags
    image.digest = image.digest or _repo_digest(found)
    size = found.get("Size")
    image.again = export_again(
        engine.scheme,
        str(found.get("Id", name)),
        diff_ids(found, engine.title),
        size if isinstance(size, int) and size > 0 else None,
        options,
    )
    return image


def _source(engine: Engine) -> str:
    return "podman" if engine.is_podman else "Docker Engine"


def _tags(found: Mapping[str, Any]) -> tuple[str, ...]:
    tags = found.get("RepoTags")
    return tuple(tag for tag in tags or () if isinstance(tag, str))


def inspect_layers(engine: Engine, name: str) -> tuple[Digest, ...]:
    """The diff_ids of an image, without its content."""
    return diff_ids(engine.inspect(name), engine.title)


def _elsewhere(found: Mapping[str, Any], options: ReadOptions) -> bool:
    """Whether only the export can give what is wanted: checked digests, another platform."""
    if options.via == "export" or options.verify is True:
        return True
    # A newer engine may have that platform too, and exports it.
    return not options.admits(platform_of(found))


def _from_own_files(
    engine: Engine,
    found: Mapping[str, Any],
    options: ReadOptions,
    remarks: list[str],
    progress: Progress,
) -> Image | None:
    """The image by the engine's own files; ``remarks`` learns why they cannot serve.

    Raises :class:`UnfitStoreError` where only they are allowed.
    """
    # Podman's files were looked at before it was asked.
    if _elsewhere(found, options) or engine.is_podman:
        if options.via == "store":
            reason = "does not check digests" if options.verify else "has no such platform"
            raise UnfitStoreError(f"reading the files of {engine.title} {reason}")
        return None
    # Of another machine's engine the paths would mean nothing here.
    told = engine.ask("/info") if engine.host.startswith("unix://") else None
    layers = diff_ids(found, engine.title)
    try:
        return from_docker(told, str(found.get("Id")), layers, options, progress)
    except UnfitStoreError as error:
        if options.via == "store":
            raise
        place = f" ({error.where.file})" if error.where.file else ""
        remarks.append(f"the files of {engine.title} are not used: {error.what}{place}")
        if options.arrivals is not None:
            options.arrivals.withdraw()
    return None


def _asked(
    engine: Engine,
    name: str,
    found: Mapping[str, Any],
    rows: list[object],
    options: ReadOptions,
    progress: Progress,
    reference: str,
) -> Image:
    """The image by the engine's answers: inspection where the cache knows the rest, else all."""
    # Asked while the layers are read, which takes longer.
    candidates = _Candidates(engine, found)
    candidates.start()
    image = None if _elsewhere(found, options) else _all_known(engine, found, rows, options)
    if image is None:
        arrivals = options.arrivals
        if arrivals is not None and options.admits(platform_of(found)):
            announced = _announcement(engine, found, rows, options, reference)
            arrivals.announce(announced)
            candidates.tell(
                lambda listed: arrivals.announce(replace(announced, base_candidates=listed))
            )
        image = Export(engine, name, found, options, progress).image(name)
    image.notes += candidates.notes()
    known = tuple(candidates.found)
    image.base_candidates = lambda: known
    return image


def _announcement(
    engine: Engine,
    found: Mapping[str, Any],
    rows: list[object],
    options: ReadOptions,
    reference: str,
) -> Announcement:
    """What the engine says of an image before it sends a byte of it."""
    layers = diff_ids(found, engine.title)
    config = _config(engine, found, rows, layers, None, options) or expected(found, rows, layers)
    sizes = stated_sizes(config, rows)
    return Announcement(
        reference=reference,
        source=_source(engine),
        config=config,
        layers=tuple(
            ExpectedLayer(diff_id=diff_id, size=size)
            for diff_id, size in zip(layers, sizes, strict=True)
        ),
        id=image_id(found),
        digest=_repo_digest(found),
        tags=_tags(found),
    )


def _all_known(
    engine: Engine, found: Mapping[str, Any], rows: list[object], options: ReadOptions
) -> Image | None:
    """The image whose layers are all in the cache: inspection is enough."""
    cache = options.cache
    if cache is None:
        return None
    layers = diff_ids(found, engine.title)
    reads: dict[str, LayerRead] = {}
    for diff_id in layers:
        read = cache.by_diff_id(diff_id, hashes=HashKind.XXH3)
        if read is None:
            return None
        reads[str(diff_id)] = read
    sizes = [reads[str(diff_id)].table.content_bytes for diff_id in layers]
    config = _config(engine, found, rows, layers, sizes, options)
    if config is None:
        return None
    return Image(
        reference="",
        source="",
        store=KnownStore(f"{engine.scheme}://{found.get('Id')}", reads),
        config=config,
        layers=tuple(LayerBlob(str(diff_id), diff_id) for diff_id in layers),
        id=image_id(found),
    )


def _config(
    engine: Engine,
    found: Mapping[str, Any],
    rows: list[object],
    layers: tuple[Digest, ...],
    sizes: Sequence[int] | None,
    options: ReadOptions,
) -> ImageConfig | None:
    """The configuration: as it was once read, or put together from what the engine says.

    For the latter a Docker Engine's answers do not do without the layers' ``sizes``.
    """
    known = image_id(found)
    parsed = options.cache.config(known) if options.cache is not None and known else None
    if parsed is not None and parsed.diff_ids == layers:
        return parsed
    data = options.cache.document(known) if options.cache is not None and known else None
    if data is not None:
        with suppress(ImageError):  # an id that is a manifest's leads to something else
            config = parse_config(data)
            if config.diff_ids == layers:
                return config
    if engine.is_podman:
        told = engine.ask(f"/v4.0.0/libpod/images/{found.get('Id')}/json")
        return described_by_libpod(told, layers) if isinstance(told, dict) else None
    return None if sizes is None else described(found, rows, layers, sizes)


def image_id(found: Mapping[str, Any]) -> Digest | None:
    """The id of an inspected image, which is its configuration's digest (or its manifest's)."""
    text = str(found.get("Id"))
    try:
        return Digest.parse(text if ":" in text else f"sha256:{text}")
    except ValueError:
        return None


class KnownStore(Store):
    """Layers that the cache gave; their contents are not at hand."""

    def __init__(self, label: str, reads: Mapping[str, LayerRead]) -> None:
        self._label = label
        self._reads = reads

    @property
    def label(self) -> str:
        return self._label

    def names(self) -> Iterable[str]:
        return list(self._reads)

    def has(self, name: str) -> bool:
        return name in self._reads

    def size(self, name: str) -> int:
        return self._reads[name].compressed_size

    def compressed(self, name: str) -> bool:
        return False

    def document(self, name: str, limit: int = 0) -> bytes:
        raise SourceError(f"{name!r:.200} is not kept")

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        return self._reads[name]

    def digest(self, name: str) -> Digest:
        found = self._reads[name].digest
        if found is None:
            raise FormatError("the layer's digest is not known")
        return found

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


# ------------------------------------------------------------------------ what comes at once


def _history(engine: Engine, name: str) -> list[object]:
    """The history rows, newest first; none where the engine will not tell."""
    try:
        rows = engine.api.history(name)
    except (docker.errors.DockerException, requests.exceptions.RequestException):
        return []
    return rows if isinstance(rows, list) else []


def _preview(found: Mapping[str, Any], rows: list[object], name: str) -> Preview:
    layers = tuple(
        (
            row["Size"] if isinstance(row.get("Size"), int) else 0,
            redact_text(readable(row.get("CreatedBy"), row.get("Comment")).text),
        )
        for row in reversed(rows)
        if isinstance(row, dict)
    )
    tags = found.get("RepoTags") or [name]
    size = found.get("Size")
    return Preview(str(tags[0]), size if isinstance(size, int) else None, layers)


class _Candidates:
    """Local images that could be the base: their names and layers, listed by a thread."""

    def __init__(self, engine: Engine, found: Mapping[str, Any]) -> None:
        self.found: list[tuple[str, tuple[Digest, ...]]] = []
        self._engine = engine
        self._own = found.get("Id")
        self._failed = False
        self._lock = threading.Lock()
        self._ended = False
        self._tell: Callable[[Listed], None] | None = None
        self._thread = threading.Thread(target=self._list, name="engine-list", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def tell(self, tell: Callable[[Listed], None]) -> None:
        """Have this called with the list as soon as it is there."""
        with self._lock:
            self._tell = tell
            if self._ended:
                tell(Listed(tuple(self.found)))

    def notes(self) -> list[Diagnostic]:
        """Wait for the end of the list; what to say where it did not come."""
        self._thread.join(_PATIENCE_SECONDS)
        with self._lock:
            self._tell = None  # the image itself tells more from now on
        if self._thread.is_alive() or self._failed:
            return [Diagnostic("base-unknown", "the engine's other images could not be listed")]
        return []

    def _list(self) -> None:
        try:
            for listed in (self._engine.api.images() or [])[:_MOST_CANDIDATES]:
                if listed.get("Id") == self._own:
                    continue
                other = self._engine.api.inspect_image(listed["Id"])
                names = other.get("RepoTags") or [str(listed["Id"])[:19]]
                self.found.append((str(names[0]), diff_ids(other, self._engine.title)))
        except (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            SourceError,
        ):
            self._failed = True
        with self._lock:
            self._ended = True
            if self._tell is not None:
                self._tell(Listed(tuple(self.found)))


def _repo_digest(found: Mapping[str, Any]) -> Digest | None:
    for text in found.get("RepoDigests") or ():
        try:
            return Digest.parse(str(text).partition("@")[2])
        except ValueError:
            continue
    return None
