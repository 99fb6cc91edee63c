"""What holds of every analysis that was made, and so must of one that is read from a file.

Records are checked for their shape where they are decoded; here it is what a
shape alone cannot tell.  All raise ``ValueError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress

from layerlens.analysis.rules.engine import Judgement
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind, LayerTable
from layerlens.saved.document import Document

_BOUNDARIES = ("exact", "declared", "guessed", "none")
_LAST_SECOND = 253_402_300_799  # of the year 9999
_NOT_FILE = bytes(kind != Kind.FILE for kind in range(256))


def check_table(table: LayerTable) -> None:
    """Names are normalised, so that none leads out of the root; only files have bytes."""
    if not _normal(table.names):
        raise ValueError("a path that is not normalised")
    kinds = table.kinds
    if not _normal(path for i, path in table.links.items() if kinds[i] == Kind.HARDLINK):
        raise ValueError("a hard link to a path that is not normalised")
    if any(compress(table.sizes, kinds.translate(_NOT_FILE))):
        raise ValueError("bytes of what is no file")


def _normal(paths: Iterable[bytes]) -> bool:
    """Whether :func:`~layerlens.layers.names.normalise` would leave all as they are."""
    text = b"/%b/" % b"/".join(filter(None, paths))  # the root itself has no name
    return text == b"//" or not (b"//" in text or b"/./" in text or b"/../" in text)


def check_document(document: Document, layers: int) -> None:
    """It speaks of this many layers."""
    base = document.base
    if len(document.media_types) != layers:
        raise ValueError("another count of layers")
    if base.boundary not in _BOUNDARIES or not 0 <= base.layers <= layers:
        raise ValueError("a base that cannot be")
    if not all(note.layer is None or 0 <= note.layer < layers for note in document.diagnostics):
        raise ValueError("a diagnostic of a layer that is none")
    if document.attestation_bytes < 0:
        raise ValueError("a negative size")
    if not 0 <= document.saved_at <= _LAST_SECOND:
        raise ValueError("a time that no calendar has")


def check_judgement(found: Judgement, fs: Filesystem) -> None:
    """Findings and claims speak of what is there, and no byte is claimed that is not."""
    layers, versions = len(fs.tables), len(fs.paths)
    for each in found.judged.findings:
        if each.layer is not None and not 0 <= each.layer < layers:
            raise ValueError("a finding in a layer that is none")
        if min(each.bytes, each.claimed, each.transfer_bytes or 0, each.path_count) < 0:
            raise ValueError("a negative size")
        for version, named in each.parts.items():
            if not 0 <= version < versions or min(named.values(), default=0) < 0:
                raise ValueError("parts of a file that is none")
    claims = found.judged.claimed.inodes
    if claims:
        dead, kinds, sizes = set(fs.deaths.inode), fs.kinds, fs.sizes()
        for inode, (_, size) in claims.items():
            if kinds[inode] != Kind.FILE or size > sizes[inode] or inode in dead:
                raise ValueError("a claim of bytes that are not there")
