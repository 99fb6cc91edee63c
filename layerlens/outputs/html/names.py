"""What an image is called in headings: what people know it by, not where it happened to lie."""

from __future__ import annotations

from layerlens.analysis.model import ImageFacts

_FILES = ("docker archive", "OCI layout", "image directory")
"""Sources whose reference is a path."""


def name_of(image: ImageFacts) -> str:
    """The tag of an image that was read from a file, else the reference; untrusted text.

    Of several tags it is the one that the reference asks for, else the first.
    """
    if not image.tags or image.source not in _FILES:
        return image.reference
    asked = (tag for tag in image.tags if image.reference.endswith(tag))
    return next(asked, image.tags[0])


def names_of(old: ImageFacts, new: ImageFacts) -> tuple[str, str]:
    """Names of two images; where both have one, as two builds of a tag do, their references."""
    names = name_of(old), name_of(new)
    return names if names[0] != names[1] else (old.reference, new.reference)
