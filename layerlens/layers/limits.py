"""Bounds on what a hostile layer or image can make us do.  All sizes are bytes.

Each bound is far above what real images hold; meeting one raises
:class:`layerlens.errors.LimitError` with the bound's value in the message.
"""

from __future__ import annotations

MAX_EXTENDED_HEADER = 1 << 20
"""A PAX, GNU long name or sparse map record; Go's archive/tar has the same bound."""

MAX_EXTENDED_CHAIN = 64
"""Extended headers in a row before the entry that they describe."""

MAX_ENTRIES = 20_000_000
"""Entries of all layers of an image."""

MAX_FILE = (1 << 63) - 1
"""Size of one entry: what a 64-bit file system can hold."""

MAX_SPARSE = 1 << 44
"""Expanded size of one sparse entry (16 TiB); a few stored bytes can claim any size."""

MAX_SPARSE_SEGMENTS = 65_536
"""Segments in the map of one sparse entry."""

MAX_SEGMENTS = 1_000_000
"""Segments of all sparse entries of an image."""

MAX_LONG_NAMES = 512 << 20
"""Names and link targets of an image that are longer than a header holds, together."""

MAX_XATTR_BYTES = 256 << 20
"""Extended attributes kept for an image: names, values, and 128 bytes more for each."""

MAX_LAYER = 64 << 30
"""Decompressed size of one compressed layer; ``--max-layer-size`` changes it."""

MAX_ARCHIVE = 1 << 40
"""Decompressed size of a compressed outer archive."""

MAX_TAIL = 1 << 30
"""Bytes after the end of an outer archive that passes; ``/dev/zero`` has no end."""

MAX_EMPTY_TAIL = 16 << 20
"""The same where nothing stands before: more than any writer's padding."""

MAX_IMPLIED_PATHS = 512 << 20
"""Paths that the layers of an image place without listing them, 128 bytes more for each.

They are directories that only names below them tell of, and what links and overlay
redirects lead to: a name of 400 kB can stand for 25 GB of them.
"""

MAX_CLIMBED = 8 << 30
"""Paths longer than ``NAME_MAX`` that are looked up to follow the links of an image."""

PATH_MAX = 4096
"""Linux's limit on a path: longer ones cannot be loaded by any engine."""

NAME_MAX = 255
"""Linux's limit on one part of a path."""
