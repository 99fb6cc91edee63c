"""From two references to a comparison."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerlens.cli.analysing import Depth, analyse_held, warn
from layerlens.errors import UsageError

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator
    from layerlens.comparison.model import Comparison
    from layerlens.contents_of_two import Side
    from layerlens.retrieval import Retrieval

_READING = {
    "select": None, "platform": None, "base": None, "semantics": "docker", "via": "auto",
    "no_toc": False, "max_layer_size": None, "insecure": False, "ca_file": None, "verify": None,
}  # fmt: skip
"""Options about reading an image, and what they are where nobody gave them."""

_OF_NEW = {"dockerfile": None, "context": None, "target": None, "base": None, "select": None}
"""Options that speak of the new image only."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, and the images behind it as long as they are open."""

    comparison: Comparison
    old: Side
    new: Side

    @contextmanager
    def retrievals(self, arguments: argparse.Namespace) -> Iterator[tuple[Retrieval, Retrieval]]:
        """What gives contents of the old and the new image, as long as they are open."""
        from layerlens.cli.reading import read_options
        from layerlens.pipeline import reopen, retrieve

        with ExitStack() as opened:
            found = []
            for side, name in ((self.old, "old"), (self.new, "new")):
                options = read_options(side_arguments(arguments, name))
                if side.image is not None:
                    # It is closed by whoever opened it.
                    found.append(retrieve(side.image, side.analysis, options))
                    continue
                again = reopen(side.analysis.image.reference, options, side.analysis)
                opened.callback(again.close)
                found.append(again)
            yield found[0], found[1]


def side_arguments(arguments: argparse.Namespace, name: str) -> argparse.Namespace:
    """The arguments with which one of the images (``old`` or ``new``) is read.

    A saved analysis takes no options about reading; they are the other image's then.
    Where both are saved they are left, to be refused.
    """
    from layerlens.saved.sniff import is_saved

    found = copy(arguments)
    found.image = getattr(arguments, name)
    own_platform = getattr(arguments, f"{name}_platform")
    if own_platform is not None:
        found.platform = own_platform
    if name == "old":
        vars(found).update(_OF_NEW)
        found.base, found.select = arguments.old_base, arguments.old_image
    other = arguments.new if name == "old" else arguments.old
    if is_saved(found.image):
        if not is_saved(other):
            vars(found).update(_READING | _OF_NEW)
        found.no_findings = False  # it has what it has
    return found


def read_side(arguments: argparse.Namespace, narrator: Narrator, depth: Depth) -> Side:
    """Read one of two images; it stays open."""
    from layerlens.contents_of_two import Side

    analysis, image = analyse_held(arguments, narrator.progress, narrator, depth=depth)
    narrator.clear()
    warn(analysis, narrator)
    return Side(analysis, image)


def compare_sides(old: Side, new: Side, narrator: Narrator) -> Comparison:
    """Compare two images that are open."""
    from layerlens.comparison.compare import compare
    from layerlens.contents_of_two import same_content

    found = compare(old.analysis, new.analysis, same_content(old, new, narrator.progress))
    narrator.clear()
    return found


@contextmanager
def compared(
    arguments: argparse.Namespace, narrator: Narrator, *, depth: Depth
) -> Iterator[Compared]:
    """Read both images and compare them; both stay open inside.

    Raises :class:`LayerLensError`.
    """
    if arguments.old == arguments.new == "-":
        raise UsageError("both images cannot come on stdin", hint="give one of them a file")
    sides: list[Side] = []
    try:
        for name in ("old", "new"):
            side = read_side(side_arguments(arguments, name), narrator, depth)
            sides.append(side)
        old, new = sides
        yield Compared(compare_sides(old, new, narrator), old, new)
    finally:
        for side in sides:
            if side.image is not None:
                side.image.close()
