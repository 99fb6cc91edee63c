"""How patient the client of a registry is, and where it looks for certificates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manner:
    """Times are in seconds.

    ``attempts`` bounds the tries of one request; between two of them the wait
    starts at ``first_wait`` and doubles up to ``longest_wait``.  A registry
    that asks for a longer wait than ``longest_wait`` is not waited for.
    ``idle_resumes`` bounds the resumes of one blob that bring nothing new.
    ``cert_roots`` replaces the folders of ``certs.d`` that engines read.
    """

    connect_seconds: float = 15.0
    read_seconds: float = 60.0
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60.0
    idle_resumes: int = 5
    helper_seconds: float = 20.0
    cert_roots: tuple[str, ...] | None = None


DEFAULT = Manner()
