"""The error family.

Every failure that LayerLens foresees is a :class:`LayerLensError`; anything
else that escapes is a bug.  Errors carry *what* and *where*; the command line
turns the class into an exit code and the fields into one line.

    LayerLensError
    ├── UsageError          the request makes no sense            exit 2
    └── ImageError          the image could not be read           exit 3
        ├── SourceError     the place cannot be reached (no file, no engine, …)
        │   └── UnfitStoreError   an engine's own files cannot serve: its export can
    │       └── NotStoredError     they can be read, and hold no such image
        ├── NotAnImageError it was read, and it is something else
        ├── FormatError     the bytes break a format
        ├── DigestError     the bytes are not those that were promised
        └── LimitError      a bound on hostile input was met
    Interrupted             the user stopped the work             exit 130
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Where:
    """The place of an error, from the outside in; unknown parts are ``None``.

    ``layer`` is ``"layer 3/7 sha256:ab12…"``-like text made by whoever knows
    the layer; ``entry`` is a raw tar name, and is escaped when it is shown;
    ``offset`` is in bytes from the start of the innermost known part.
    """

    file: str | None = None
    layer: str | None = None
    entry: bytes | None = None
    offset: int | None = None

    def inside(self, outer: Where) -> Where:
        """This place, with what ``outer`` knows filled in where it is unknown."""
        return Where(
            file=self.file if self.file is not None else outer.file,
            layer=self.layer if self.layer is not None else outer.layer,
            entry=self.entry if self.entry is not None else outer.entry,
            offset=self.offset if self.offset is not None else outer.offset,
        )


class LayerLensError(Exception):
    """Base of all foreseen failures.

    ``what`` says what is wrong, ``hint`` what to do next (a phrase, without a
    full stop), ``where`` the place.
    """

    def __init__(self, what: str, *, where: Where | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where or Where()
        self.hint = hint

    def at(self, outer: Where) -> LayerLensError:
        """Add what an outer reader knows of the place; returns ``self`` for ``raise``."""
        self.where = self.where.inside(outer)
        return self


class UsageError(LayerLensError):
    """Wrong arguments, configuration or baseline."""


class ImageError(LayerLensError):
    """The image could not be read."""


class SourceError(ImageError):
    """The place of the image cannot be reached, or holds no such image."""


class UnfitStoreError(SourceError):
    """An engine's own files cannot be used, for the reason given; its export still can."""


class NotStoredError(UnfitStoreError):
    """An engine's own files can be read, and hold no such image."""


class NotAnImageError(ImageError):
    """The bytes were read, but they are not a container image."""


class FormatError(ImageError):
    """The bytes break the format that they claim."""

    def __init__(self, what: str, *, where: Where | None = None, hint: str | None = None) -> None:
        super().__init__(
            what,
            where=where,
            hint=hint or "the image is damaged or incomplete: save, copy or build it again",
        )


class DigestError(ImageError):
    """The bytes do not have the promised digest."""


class LimitError(ImageError):
    """A bound that protects against hostile input was met."""


class Interrupted(Exception):  # noqa: N818 - a request by the user, not an error
    """The user asked to stop; raised by a progress callback."""
