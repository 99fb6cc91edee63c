"""The builders of images that all tests use, in one place.

- members and layer tars: :mod:`tests.members`
- images and the archives that hold them: :mod:`tests.archives`
- single tar blocks, odd and broken ones too: :mod:`tests.hostile`
"""

from __future__ import annotations

from tests.archives import Image, config, gzipped, multi, sha256, skippable, zstandard
from tests.hostile import base256, gnu_long, header, padded, pax_header, pax_record
from tests.members import (
    Member,
    block,
    char,
    directory,
    fifo,
    file,
    hardlink,
    layer,
    opaque,
    raw,
    sparse,
    symlink,
    table,
    whiteout,
)

__all__ = [
    "Image",
    "Member",
    "base256",
    "block",
    "char",
    "config",
    "directory",
    "fifo",
    "file",
    "gnu_long",
    "gzipped",
    "hardlink",
    "header",
    "layer",
    "multi",
    "opaque",
    "padded",
    "pax_header",
    "pax_record",
    "raw",
    "sha256",
    "skippable",
    "sparse",
    "symlink",
    "table",
    "whiteout",
    "zstandard",
]
