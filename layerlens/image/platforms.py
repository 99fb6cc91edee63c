"""The platforms of one image, side by side by size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from layerlens.image.digest import Digest
from layerlens.image.model import Platform


@dataclass(frozen=True, slots=True)
class PlatformLayer:
    """One layer of one platform; what is not known without reading it is ``None``.

    ``compressed_size`` is in bytes of the stored blob.
    """

    diff_id: Digest | None = None
    digest: Digest | None = None
    compressed_size: int | None = None

    @property
    def key(self) -> Digest | None:
        """What is equal for equal layers of one index."""
        return self.digest or self.diff_id


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One platform: its manifest's ``digest``, its layers, lowest first.

    ``absent`` platforms are listed, but their content is not there.
    ``total_bytes`` is the content of all layers where they were read,
    ``attestation_bytes`` what provenance and SBOMs beside the image take.
    """

    platform: Platform | None
    digest: Digest | None = None
    layers: tuple[PlatformLayer, ...] = ()
    absent: bool = False
    attestation_bytes: int = 0
    total_bytes: int | None = None

    @property
    def transfer_bytes(self) -> int | None:
        """Bytes of a pull: each blob once; ``None`` where a size is not known."""
        if self.absent:
            return None
        sizes = {layer.key: layer.compressed_size for layer in self.layers}
        known = [size for size in sizes.values() if size is not None]
        return sum(known) if len(known) == len(sizes) else None


def shared_bytes(rows: Sequence[PlatformRow]) -> list[int | None]:
    """For each platform, the transfer bytes of those of its layers that another one has too."""
    users = Counter(
        key for row in rows for key in {layer.key for layer in row.layers if layer.key is not None}
    )
    found: list[int | None] = []
    for row in rows:
        sizes = {
            layer.key: layer.compressed_size
            for layer in row.layers
            if layer.key is not None and users[layer.key] > 1
        }
        known = [size for size in sizes.values() if size is not None]
        found.append(sum(known) if len(known) == len(sizes) and not row.absent else None)
    return found
