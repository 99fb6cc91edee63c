"""The platforms of an image in an archive, a directory or an engine."""

from __future__ import annotations

from dataclasses import replace

from layerlens.errors import ImageError, Where
from layerlens.image.platforms import PlatformLayer, PlatformRow
from layerlens.image.reference import Scheme
from layerlens.layers.compression import Compression
from layerlens.progress import Progress, silent
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.path import open_store, records_in
from layerlens.sources.record import Record, build, choose_group
from layerlens.sources.store import Store


def path_platforms(
    path: str,
    options: ReadOptions,
    *,
    scheme: Scheme = Scheme.PATH,
    selector: str | None = None,
    progress: Progress = silent,
) -> list[PlatformRow]:
    """Every platform of the image at a path, read for its content.

    Raises :class:`ImageError`, and :class:`UsageError` where an image must be
    chosen first.
    """
    store = open_store(path, options, progress)
    try:
        inner, records = records_in(store, options, scheme)
        group = choose_group(records, inner, options, selector)
        return [_row(record, inner, options, progress) for record in group]
    except ImageError as error:
        raise error.at(Where(file=path)) from error
    finally:
        store.close()


def _row(record: Record, store: Store, options: ReadOptions, progress: Progress) -> PlatformRow:
    if record.absent:
        return PlatformRow(record.platform, record.digest, absent=True)
    every = replace(options, platform=None)
    return image_row(build(record, store, "", every), every, progress)


def image_row(image: Image, options: ReadOptions, progress: Progress = silent) -> PlatformRow:
    """One opened image as a row; its layers are read."""
    reads = image.read(options, progress)
    return PlatformRow(
        platform=image.config.platform,
        digest=image.digest or image.id,
        layers=tuple(
            PlatformLayer(
                blob.diff_id,
                blob.digest,
                None if read.compression is Compression.NONE else read.compressed_size,
            )
            for blob, read in zip(image.layers, reads, strict=True)
        ),
        attestation_bytes=image.attestation_bytes,
        total_bytes=sum(read.table.content_bytes for read in reads),
    )
