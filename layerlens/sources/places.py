"""From a reference to the place that it means: paths, engines, registries.

A bare name is asked of the Docker Engine, then of podman, then of a registry.
The heavy parts (the Docker SDK, HTTP) are imported by whoever needs them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from layerlens.errors import NotStoredError, SourceError, UnfitStoreError, UsageError, Where
from layerlens.image.digest import Digest
from layerlens.image.platforms import PlatformRow
from layerlens.image.reference import Reference, Scheme
from layerlens.layers.diagnostics import Diagnostic
from layerlens.progress import Progress, silent
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.path import open_path, open_stdin
from layerlens.sources.platforms import image_row, path_platforms

if TYPE_CHECKING:
    from layerlens.sources.engine.connect import Engine

_T = TypeVar("_T")
_PATHS = (Scheme.PATH, Scheme.DOCKER_ARCHIVE, Scheme.OCI_ARCHIVE, Scheme.OCI_DIR)


def open_reference(reference: Reference, options: ReadOptions, progress: Progress) -> Image:
    """Open an image wherever it lies.  Raises :class:`LayerLensError`."""
    if reference.scheme in _PATHS:
        return open_path(
            reference.location,
            options,
            scheme=reference.scheme,
            selector=reference.selector,
            reference=reference.text,
            progress=progress,
        )
    if reference.scheme is Scheme.STDIN:
        return open_stdin(options, progress)
    return _opener(reference, options, progress)()


def _opener(reference: Reference, options: ReadOptions, progress: Progress) -> Callable[[], Image]:
    """How to open an image that has a name; nothing is imported before that is done."""
    name, text = reference.location, reference.text

    def from_docker() -> Image:
        with closing(_docker()) as engine:
            return _of_engine(engine, reference, options, progress)

    def from_podman() -> Image:
        return _podman(reference, options, progress)

    def from_containerd() -> Image:
        from layerlens.sources.enginestore.containerd_store import configured, open_containerd

        containerd = configured(options.registry.environment)
        return open_containerd(name, options, containerd=containerd, reference=text)

    def from_registry() -> Image:
        from layerlens.sources.registry.source import open_registry

        return open_registry(name, options, reference=text, progress=progress)

    def from_anywhere() -> Image:
        image, missing = _first(name, from_docker, from_podman, from_registry)
        if missing:
            image.notes.append(
                Diagnostic("read-from-registry", f"{missing}, so it was read from a registry")
            )
        return image

    return {
        Scheme.DOCKER: from_docker,
        Scheme.PODMAN: from_podman,
        Scheme.CONTAINERD: from_containerd,
        Scheme.REGISTRY: from_registry,
        Scheme.NAME: from_anywhere,
    }[reference.scheme]


def _docker() -> Engine:
    # Late: the Docker SDK brings a whole HTTP stack.
    from layerlens.sources.engine.connect import connect_docker

    return connect_docker()


def _podman_service(options: ReadOptions) -> Engine:
    from layerlens.sources.engine.connect import connect_podman

    return connect_podman(options.registry.environment)


def _of_engine(
    engine: Engine, reference: Reference, options: ReadOptions, progress: Progress
) -> Image:
    from layerlens.sources.engine.open import open_engine_image

    return open_engine_image(
        engine, reference.location, options, reference=reference.text, progress=progress
    )


def _podman(reference: Reference, options: ReadOptions, progress: Progress) -> Image:
    """Podman's image: by its files, which need no service, else by its service."""
    remark = None
    if options.via != "export" and options.verify is not True and not _remote_podman(options):
        from layerlens.sources.enginestore.own_files import from_podman

        try:
            image = from_podman(
                reference.location, options, options.registry.environment, _uid(), progress
            )
        except UnfitStoreError as error:
            if options.via == "store" or (
                isinstance(error, NotStoredError) and reference.scheme is Scheme.NAME
            ):
                raise
            if options.arrivals is not None:
                options.arrivals.withdraw()
            remark = f"the files of podman are not used: {error.what}"
        else:
            from layerlens.sources.engine.again import export_again

            image.reference = reference.text
            if image.id is not None:
                image.again = export_again(
                    "podman", image.id.hex, image.config.diff_ids, None, options
                )
            return image
    with closing(_podman_service(options)) as engine:
        image = _of_engine(engine, reference, options, progress)
    if remark is not None:
        image.remarks.append(remark)
    return image


def _uid() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _remote_podman(options: ReadOptions) -> bool:
    """Whether the user points podman at a service, which may be another machine's."""
    environment = options.registry.environment
    return bool(environment.get("CONTAINER_HOST") or environment.get("CONTAINER_CONNECTION"))


def _first(
    name: str, docker: Callable[[], _T], podman: Callable[[], _T], registry: Callable[[], _T]
) -> tuple[_T, str]:
    """What the first place gives that knows the image; and why no engine does, or ``""``.

    Raises the engine's error where nobody has the image, with the registry's beside it.
    """
    from layerlens.sources.engine.connect import NoEngineError, NoSuchImageError

    first: SourceError | None = None
    for ask in (docker, podman):
        try:
            return ask(), ""
        except (NoEngineError, NoSuchImageError, NotStoredError) as error:
            # Where Docker answers, what it says is the news.
            first = first or error
    assert first is not None
    try:
        return registry(), first.what
    except SourceError as error:
        raise SourceError(
            f"{first.what}; {error.what}", where=Where(file=name), hint=first.hint
        ) from error


def diff_ids_of(reference: Reference, options: ReadOptions) -> tuple[Digest, ...]:
    """The diff_ids of an image, without reading its layers where that can be avoided."""

    def of_docker() -> tuple[Digest, ...]:
        from layerlens.sources.engine.open import inspect_layers

        with closing(_docker()) as engine:
            return inspect_layers(engine, reference.location)

    def of_podman() -> tuple[Digest, ...]:
        from layerlens.sources.engine.open import inspect_layers
        from layerlens.sources.enginestore.own_files import podman_layers

        if not _remote_podman(options):
            with suppress(UnfitStoreError):
                return podman_layers(reference.location, options.registry.environment, _uid())
        with closing(_podman_service(options)) as engine:
            return inspect_layers(engine, reference.location)

    def of_registry() -> tuple[Digest, ...]:
        from layerlens.sources.registry.source import registry_layers

        return registry_layers(reference.location, options)

    if reference.scheme is Scheme.STDIN:
        raise UsageError("the base image cannot come from stdin", hint="give its name or a path")
    if reference.scheme is Scheme.NAME:
        return _first(reference.location, of_docker, of_podman, of_registry)[0]
    if reference.scheme is Scheme.DOCKER:
        return of_docker()
    if reference.scheme is Scheme.PODMAN:
        return of_podman()
    if reference.scheme is Scheme.REGISTRY:
        return of_registry()
    image = open_reference(reference, options, silent)
    try:
        return image.config.diff_ids
    finally:
        image.close()


def platforms_of(
    reference: Reference, options: ReadOptions, *, read: bool = False, progress: Progress = silent
) -> list[PlatformRow]:
    """The platforms of an image, whether their content is there or not.

    What is on this machine is read for its content; a registry's layers are
    only fetched with ``read``.  Raises :class:`LayerLensError`.
    """
    if reference.scheme in _PATHS:
        return path_platforms(
            reference.location,
            options,
            scheme=reference.scheme,
            selector=reference.selector,
            progress=progress,
        )

    def from_registry() -> list[PlatformRow]:
        from layerlens.sources.registry.source import list_platforms as listed

        rows = listed(reference.location, options, progress=progress)
        if not read:
            return rows
        return [_read_row(reference, row, options, progress) for row in rows]

    if reference.scheme is Scheme.REGISTRY:
        return from_registry()
    if reference.scheme is Scheme.NAME:
        docker, podman = (replace(reference, scheme=s) for s in (Scheme.DOCKER, Scheme.PODMAN))
        return _first(
            reference.location,
            lambda: _platform_of(docker, options, progress),
            lambda: _platform_of(podman, options, progress),
            from_registry,
        )[0]
    return _platform_of(reference, options, progress)


def _platform_of(
    reference: Reference, options: ReadOptions, progress: Progress
) -> list[PlatformRow]:
    """The one platform that an engine or a stream gives."""
    if reference.scheme is Scheme.STDIN:
        image = open_stdin(options, progress)
    else:
        image = _opener(reference, options, progress)()
    try:
        return [image_row(image, options, progress)]
    finally:
        image.close()


def _read_row(
    reference: Reference, row: PlatformRow, options: ReadOptions, progress: Progress
) -> PlatformRow:
    """A registry's platform with its content read."""
    if row.absent or row.platform is None:
        return row
    there = replace(reference, scheme=Scheme.REGISTRY)
    image = open_reference(there, replace(options, platform=row.platform), progress)
    try:
        found = image_row(image, options, progress)
    finally:
        image.close()
    return replace(row, total_bytes=found.total_bytes, layers=found.layers)
