"""An engine's image once more: its export, when contents are asked for after an analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from layerlens.errors import SourceError
from layerlens.image.digest import Digest
from layerlens.progress import Progress
from layerlens.sources.again import Again
from layerlens.sources.image import ReadOptions


def export_again(
    scheme: str,
    image_id: str,
    layers: tuple[Digest, ...],
    size: int | None,
    options: ReadOptions,
) -> Again:
    """How to have an image of an engine (``docker`` or ``podman``) exported again.

    By its id, since a tag may have moved meanwhile; ``layers`` are its diff_ids,
    ``size`` what the engine says of its bytes.  Nobody is asked before it is used.
    """

    @contextmanager
    def opened(progress: Progress) -> Iterator[Iterator[bytes]]:
        # Late: whoever reads an engine's files may never need its API.
        from layerlens.sources.engine.connect import connect_docker, connect_podman, diff_ids
        from layerlens.sources.engine.export import Export

        environment: Mapping[str, str] = options.registry.environment
        engine = connect_podman(environment) if scheme == "podman" else connect_docker()
        with closing(engine):
            found = engine.inspect(image_id)
            if diff_ids(found, engine.title) != layers:
                raise SourceError(
                    f"{engine.title} has another image of this name now",
                    hint="look at the image again",
                )
            with Export(engine, image_id, found, options, progress).stream() as pieces:
                yield pieces

    return Again(opened, engine="podman" if scheme == "podman" else "Docker", size=size)
