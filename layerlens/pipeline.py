"""The library's face: open a reference, analyse the image behind it.

    image = open_image("docker-archive:app.tar")
    try:
        analysis = analyse_image(image)
    finally:
        image.close()

Nothing here prints, exits or reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from layerlens.analysis.analyse import Described, analyse
from layerlens.analysis.model import Analysis
from layerlens.errors import SourceError, UsageError
from layerlens.filesystem.stack import Semantics
from layerlens.image.base import find_base
from layerlens.image.digest import Digest
from layerlens.image.platforms import PlatformRow
from layerlens.image.reference import Reference, Scheme, parse_reference
from layerlens.layers.diagnostics import Diagnostic
from layerlens.progress import Progress, Step, silent
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.path import open_path, open_stdin
from layerlens.sources.platforms import image_row, path_platforms

if TYPE_CHECKING:
    from layerlens.sources.engine.connect import Engine

_T = TypeVar("_T")
_DEFAULT = ReadOptions()
_IMAGE_FILES = ("oci-layout", "index.json", "manifest.json")
_PATHS = (Scheme.PATH, Scheme.DOCKER_ARCHIVE, Scheme.OCI_ARCHIVE, Scheme.OCI_DIR)


def open_image(text: str, options: ReadOptions = _DEFAULT, progress: Progress = silent) -> Image:
    """Open what a user typed.  Raises :class:`LayerLensError`.

    An image that can only be read in one pass (an engine's export, a compressed
    archive, stdin) is read here; the layers of others are read by analysing.
    """
    reference = parse_reference(text, _is_there)
    if reference.scheme in _PATHS:
        return open_path(
            reference.location,
            options,
            scheme=reference.scheme,
            selector=reference.selector,
            reference=text,
            progress=progress,
        )
    if reference.scheme is Scheme.STDIN:
        return open_stdin(options, progress)
    if reference.scheme is Scheme.NAME:
        return _by_name(reference, options, progress)
    if reference.scheme is Scheme.REGISTRY:
        from layerlens.sources.registry.source import open_registry

        return open_registry(reference.location, options, reference=text, progress=progress)
    with closing(_engine(reference.scheme, options)) as engine:
        return _of_engine(engine, reference, options, progress)


def _engine(scheme: Scheme, options: ReadOptions) -> Engine:
    # Late: the Docker SDK brings a whole HTTP stack.
    from layerlens.sources.engine.connect import connect_docker, connect_podman

    if scheme is Scheme.PODMAN:
        return connect_podman(options.registry.environment)
    return connect_docker()


def _of_engine(
    engine: Engine, reference: Reference, options: ReadOptions, progress: Progress
) -> Image:
    from layerlens.sources.engine.open import open_engine_image

    return open_engine_image(
        engine, reference.location, options, reference=reference.text, progress=progress
    )


def _by_name(reference: Reference, options: ReadOptions, progress: Progress) -> Image:
    """A bare name: the Docker Engine's image, else podman's, else a registry's."""

    def from_registry() -> Image:
        from layerlens.sources.registry.source import open_registry

        return open_registry(
            reference.location, options, reference=reference.text, progress=progress
        )

    image, missing = _first(
        options,
        lambda engine: _of_engine(engine, reference, options, progress),
        from_registry,
    )
    if missing:
        image.notes.append(
            Diagnostic("read-from-registry", f"{missing}, so it was read from a registry")
        )
    return image


def _first(
    options: ReadOptions, of_engine: Callable[[Engine], _T], from_registry: Callable[[], _T]
) -> tuple[_T, str]:
    """What the first place has that knows an image; and why no engine had it, or ``""``.

    Raises the engine's error where nobody has the image, with the registry's beside it.
    """
    from layerlens.sources.engine.connect import NoEngineError, NoSuchImageError

    first: SourceError | None = None
    for scheme in (Scheme.DOCKER, Scheme.PODMAN):
        try:
            with closing(_engine(scheme, options)) as engine:
                return of_engine(engine), ""
        except (NoEngineError, NoSuchImageError) as error:
            # Where Docker answers, what it says is the news.
            first = first or error
    assert first is not None
    try:
        return from_registry(), first.what
    except SourceError as error:
        raise SourceError(f"{first.what}; {error.what}", hint=first.hint) from error


def _is_there(path: str) -> bool:
    """Whether a word is a path: a file, or a directory that holds an image.

    A folder that happens to be called like an image does not hide it, unless
    the word is plainly a path.
    """
    if not os.path.isdir(path):
        return os.path.exists(path)
    return path.startswith((".", "/")) or any(
        os.path.exists(os.path.join(path, name)) for name in _IMAGE_FILES
    )


def list_platforms(
    text: str,
    options: ReadOptions = _DEFAULT,
    *,
    read: bool = False,
    progress: Progress = silent,
) -> list[PlatformRow]:
    """The platforms of an image, whether their content is there or not.

    What is on this machine is read for its content; a registry's layers are
    only fetched with ``read``.  Raises :class:`LayerLensError`.
    """
    reference = parse_reference(text, _is_there)
    if reference.scheme in _PATHS:
        return path_platforms(
            reference.location,
            options,
            scheme=reference.scheme,
            selector=reference.selector,
            progress=progress,
        )

    def single() -> list[PlatformRow]:
        image = open_image(text, options, progress)
        try:
            return [image_row(image, options, progress)]
        finally:
            image.close()

    def from_registry() -> list[PlatformRow]:
        from layerlens.sources.registry.source import list_platforms as listed

        rows = listed(reference.location, options, progress=progress)
        if not read:
            return rows
        return [_read_row(text, row, options, progress) for row in rows]

    if reference.scheme is Scheme.REGISTRY:
        return from_registry()
    if reference.scheme is Scheme.NAME:

        def of_engine(engine: Engine) -> list[PlatformRow]:
            image = _of_engine(engine, reference, options, progress)
            try:
                return [image_row(image, options, progress)]
            finally:
                image.close()

        return _first(options, of_engine, from_registry)[0]
    return single()


def _read_row(text: str, row: PlatformRow, options: ReadOptions, progress: Progress) -> PlatformRow:
    """A registry's platform with its content read."""
    if row.absent or row.platform is None:
        return row
    image = open_image(text, replace(options, platform=row.platform), progress)
    try:
        found = image_row(image, options, progress)
    finally:
        image.close()
    return replace(row, total_bytes=found.total_bytes, layers=found.layers)


def base_layers(text: str, options: ReadOptions = _DEFAULT) -> tuple[Digest, ...]:
    """The diff_ids of a base image that the user names, without reading its layers."""
    reference = parse_reference(text, _is_there)

    def of_engine(engine: Engine) -> tuple[Digest, ...]:
        from layerlens.sources.engine.open import inspect_layers

        return inspect_layers(engine, reference.location)

    def from_registry() -> tuple[Digest, ...]:
        from layerlens.sources.registry.source import registry_layers

        return registry_layers(reference.location, options)

    if reference.scheme is Scheme.NAME:
        return _first(options, of_engine, from_registry)[0]
    if reference.scheme is Scheme.REGISTRY:
        return from_registry()
    if reference.scheme in (Scheme.DOCKER, Scheme.PODMAN):
        with closing(_engine(reference.scheme, options)) as engine:
            return of_engine(engine)
    if reference.scheme is Scheme.STDIN:
        raise UsageError("the base image cannot come from stdin", hint="give its name or a path")
    image = open_image(text, options)
    try:
        return image.config.diff_ids
    finally:
        image.close()


def analyse_image(
    image: Image,
    options: ReadOptions = _DEFAULT,
    *,
    base: str | None = None,
    semantics: Semantics = Semantics.DOCKER,
    progress: Progress = silent,
) -> Analysis:
    """Read the layers of an opened image and make its analysis.

    ``base`` is the reference of the base image, where the user names one.
    Raises :class:`ImageError`; :class:`UsageError` where ``base`` is not the base.
    """
    given = None
    if base:
        given = base_layers(base, replace(options, platform=image.config.platform, select=None))
    reads = image.read(options, progress)
    progress(Step("stacking layers"))
    described = Described(
        reference=image.reference,
        source=image.source,
        config=image.config,
        reads=reads,
        layers=[(blob.diff_id, blob.digest, blob.media_type) for blob in image.layers],
        id=image.id,
        digest=image.digest,
        tags=image.tags,
        annotations=image.annotations,
        attestation_bytes=image.attestation_bytes,
        notes=image.notes,
    )
    return analyse(
        described,
        image.same_content,
        lambda histories: find_base(
            image.config,
            histories,
            given=given,
            given_name=base,
            candidates=image.base_candidates(),
            annotations=image.annotations,
            provenance=image.provenance,
        ),
        semantics,
    )
