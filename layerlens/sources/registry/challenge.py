"""The ``WWW-Authenticate`` header (RFC 9110 §11, distribution-spec "token").  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_LONGEST = 16_384
_SCHEME = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+|\s*,|\s*$)")
_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in: ``scheme`` and the names of ``parameters`` are lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_challenges(header: str) -> list[Challenge]:
    """All challenges of a header; what cannot be read ends the list."""
    header = header[:_LONGEST]
    found: list[Challenge] = []
    at = 0
    while scheme := _SCHEME.match(header, at):
        at = scheme.end()
        parameters: dict[str, str] = {}
        while pair := _PARAMETER.match(header, at):
            quoted = pair[2]
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else pair[3]
            parameters[pair[1].lower()] = value
            at = pair.end()
        found.append(Challenge(scheme[1].lower(), parameters))
    return found
