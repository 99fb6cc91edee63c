"""Contents out of an archive that passes once more: which of its members is which layer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerlens.errors import SourceError
from layerlens.image.digest import Digest
from layerlens.layers.compression import Compression, sniff
from layerlens.layers.table import Kind
from layerlens.layers.tape import StreamTape
from layerlens.layers.tarwalk import members
from layerlens.retrieval.picking import Wanted, layer_tar, pick

_HEX = re.compile(rb"[0-9a-f]{64}")

_MAX_HELD = 64 << 20
"""Bytes of a member that are kept in memory to find out by its digest which layer it is."""


@dataclass(frozen=True, slots=True)
class PassedLayer:
    """What is known of a layer to find it again.

    ``key`` is what the caller calls it, ``tar_size`` the length of its tar,
    ``position`` where it began in the archive, if that is the same byte for byte.
    """

    key: str
    digests: frozenset[Digest]
    tar_size: int
    position: int | None = None


def pick_from_archive(
    tar: Iterator[bytes],
    layers: Sequence[PassedLayer],
    wants: Mapping[str, Sequence[Wanted]],
    limit: int,
) -> Iterator[tuple[Wanted, Iterator[bytes]]]:
    """The contents that are wanted of some layers, while the archive of all passes.

    Layers are known by their positions, else by digests in the members' names
    (all engines of today write such names), else by their sizes; where two
    have the same size, by the digest of the whole.  Nothing is taken after
    the last content.  Raises :class:`SourceError` where a layer does not come.
    """
    tape = StreamTape(tar)
    left = {key: list(found) for key, found in wants.items() if found}
    finder = _Finder(layers)
    for name, kind, at, size in members(tape.fetch, tape.read):
        if not left:
            return
        if kind is not Kind.FILE or not size:
            continue
        found = finder.by_name(name, at)
        stored: Iterator[bytes] = (bytes(part) for part in tape.pieces(at, size))
        if found is None:
            candidates = [] if _names_another(name) else finder.by_size(size)
            if not any(layer.key in left for layer in candidates):
                continue
            if sniff(tape.read(at, 16)) is not Compression.NONE:
                continue
            if len(candidates) == 1:
                found = candidates[0]
            else:
                held = _held(stored, size)
                found = next(
                    (layer for layer in candidates if _digest(held) in layer.digests), None
                )
                stored = iter([held])
        if found is not None and found.key in left:
            yield from pick(layer_tar(stored, limit), left.pop(found.key))
    if left:
        raise SourceError(
            f"{len(left)} of {len(wants)} layers that are asked for did not come",
            hint="look at the image again",
        )


def _names_another(name: bytes) -> bool:
    """Whether a name has a digest of its own; in Docker's old archives it is none."""
    return _HEX.search(name) is not None and not name.endswith(b"/layer.tar")


class _Finder:
    def __init__(self, layers: Sequence[PassedLayer]) -> None:
        self._by_position = {
            layer.position: layer for layer in layers if layer.position is not None
        }
        self._by_hex = {digest.hex.encode(): layer for layer in layers for digest in layer.digests}
        self._by_size: dict[int, list[PassedLayer]] = {}
        for layer in layers:
            self._by_size.setdefault(layer.tar_size, []).append(layer)

    def by_name(self, name: bytes, at: int) -> PassedLayer | None:
        if self._by_position:
            return self._by_position.get(at)
        return next(filter(None, (self._by_hex.get(word) for word in _HEX.findall(name))), None)

    def by_size(self, size: int) -> list[PassedLayer]:
        return [] if self._by_position else self._by_size.get(size, [])


def _held(stored: Iterator[bytes], size: int) -> bytes:
    if size > _MAX_HELD:
        raise SourceError(
            f"the archive has several layers of {size} bytes and does not tell which is which",
            hint="save the image to a file and look at that",
        )
    return b"".join(stored)


def _digest(data: bytes) -> Digest:
    return Digest("sha256", hashlib.sha256(data).hexdigest())
