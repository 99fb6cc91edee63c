"""Digests as validated values (OCI image-spec, descriptor.md, "Digests")."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_HEX_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}
_FORM = re.compile(r"([a-z0-9]+):([a-f0-9]+)")


@dataclass(frozen=True, slots=True)
class Digest:
    """A checked digest such as ``sha256:…``; ``str()`` gives the usual form."""

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: object) -> Digest:
        """Raises ``ValueError`` where ``text`` is not a digest we can compute."""
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f"not a digest: {text!r:.100}")
        algorithm, hexa = match.groups()
        if _HEX_LENGTH.get(algorithm) != len(hexa):
            raise ValueError(f"not a sha256, sha384 or sha512 digest: {text!r:.160}")
        return cls(algorithm, hexa)

    @classmethod
    def of(cls, content: bytes) -> Digest:
        """The sha256 digest of some bytes."""
        return cls("sha256", hashlib.sha256(content).hexdigest())

    @property
    def short(self) -> str:
        """The first 12 hexadecimal digits, as engines show ids."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
