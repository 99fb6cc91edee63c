"""Text as bytes, whatever is in it.

Names that an image or a command line brings may hold bytes that are no UTF-8,
as lone surrogates; no encoding but this one takes them all and gives them back.
"""

from __future__ import annotations


def to_raw(text: str) -> bytes:
    """The bytes of a text."""
    return text.encode("utf-8", "surrogatepass")


def from_raw(data: bytes) -> str:
    """The text of :func:`to_raw`.  Raises ``ValueError`` for other bytes."""
    return data.decode("utf-8", "surrogatepass")
