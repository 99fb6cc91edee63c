"""Which layers an image on this machine promises, where looking costs next to nothing."""

from __future__ import annotations

import os
import stat

from layerlens.image.digest import Digest
from layerlens.image.reference import Reference, Scheme
from layerlens.layers.compression import Compression, sniff
from layerlens.sources.image import ReadOptions
from layerlens.sources.path import open_path

_AT_PATHS = (Scheme.PATH, Scheme.DOCKER_ARCHIVE, Scheme.OCI_ARCHIVE, Scheme.OCI_DIR)


def plain_layers(reference: Reference, options: ReadOptions) -> tuple[Digest, ...]:
    """The diff_ids of an image in a plain archive or a directory; of others none.

    Others are read in one pass, which computes their digests anyway.  Raises
    :class:`LayerLensError` where the image cannot be opened.
    """
    if reference.scheme not in _AT_PATHS or not _is_plain(reference.location):
        return ()
    image = open_path(
        reference.location, options, scheme=reference.scheme, selector=reference.selector
    )
    try:
        return image.config.diff_ids
    finally:
        image.close()


def _is_plain(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            return True
        if not stat.S_ISREG(mode):
            return False  # a pipe gives what it has only once
        with open(path, "rb") as stream:
            return sniff(stream.read(512)) is Compression.NONE
    except OSError:
        return False
