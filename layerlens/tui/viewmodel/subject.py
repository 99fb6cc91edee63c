"""What a user points at, whichever view it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from layerlens.analysis.rules.findings import Finding


@dataclass(frozen=True, slots=True)
class Subject:
    """A path, a layer or a finding under the cursor; keys of all views act on it.

    ``path``    without a leading slash; ``None`` where none is meant
    ``version`` the version of the path that is shown, if one is
    ``layer``   the layer in whose view it stands, or that it speaks of
    ``removed`` whether the view shows the path as removed by ``layer``
    ``old``     whether all this is of the image that is compared with
    ``before``  where both images have it: that one's path and version
    """

    path: bytes | None = None
    version: int | None = None
    layer: int | None = None
    removed: bool = False
    finding: Finding | None = None
    old: bool = False
    before: tuple[bytes, int] | None = None
