"""Read several images one after the other, each layer that they share once."""

from __future__ import annotations

import argparse
import copy
import gc
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from layerlens.cli.diagnostics import exit_code
from layerlens.cli.words import some
from layerlens.errors import LayerLensError, UsageError, Where

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis
    from layerlens.cli.analysing import Depth
    from layerlens.cli.diagnostics import Narrator
    from layerlens.retrieval import Retrieval


FORMS = ("json", "html", "csv", "markdown")
"""What several images together can be written as, besides text; not every command has all."""


def form_options(
    found: argparse.ArgumentParser, where: str, *, row: str
) -> argparse._ArgumentGroup:
    """Their flags; ``where`` says where text goes, ``row`` what a row of CSV stands for."""
    output = found.add_argument_group(f"output ({where})")
    output.add_argument("--text", action="store_true", help="print the table beside outputs")
    output.add_argument(
        "--json", metavar="F", type=some, help="write all of it as JSON; - is stdout"
    )
    output.add_argument(
        "--csv", metavar="F", type=some, help=f"write a row for each {row}; - is stdout"
    )
    output.add_argument("--markdown", metavar="F", type=some, help="write a page; - is stdout")
    output.add_argument(
        "--no-findings", action="store_true", help="leave the rules out: figures only"
    )
    return output


def wanted_forms(arguments: argparse.Namespace, named: Sequence[str]) -> list[tuple[str, str]]:
    """The forms that are asked for, with their paths; ``named`` are the images.

    Raises :class:`UsageError`.
    """
    from layerlens.cli.output import check_apart, check_writable

    found = [
        (form, getattr(arguments, form))
        for form in FORMS
        if getattr(arguments, form, None) is not None
    ]
    if sum(path == "-" for _, path in found) + arguments.text > 1:
        raise UsageError("more than one output wants stdout", hint="give all but one a file")
    for _, path in found:
        check_writable(path)
    read = [getattr(arguments, name, None) for name in ("file", "compose", "config", "ci_config")]
    check_apart(found, named, read)
    return found


@contextmanager
def shared_memory(
    arguments: argparse.Namespace, references: Sequence[str]
) -> Iterator[argparse.Namespace]:
    """Arguments with which layers that several images share are read once.

    The layer cache does that.  Where it is not wanted, one that lasts as long as this does
    stands for it: on disk, since the tables of many images would fill the memory.
    """
    from layerlens.cli.reading import read_options
    from layerlens.pipeline import layers_in_common

    arguments = copy.copy(arguments)
    gc.enable()  # one image after the other makes garbage
    with tempfile.TemporaryDirectory(prefix="layerlens-") as folder:
        if arguments.no_cache:
            arguments.no_cache, arguments.cache_dir, arguments.cache_size = False, folder, None
        arguments.image = ""
        arguments.certain = layers_in_common(references, read_options(arguments))
        yield arguments


class Failures:
    """Images that could not be read; ``code`` is what the run ends with."""

    def __init__(self, narrator: Narrator) -> None:
        self._narrator = narrator
        self.code = 0

    def tell(self, error: LayerLensError, reference: str) -> str:
        """Tell it on stderr; gives the words for a row."""
        from layerlens.cli.diagnostics import one_line

        error.at(Where(file=reference))
        self._narrator.fail(error)
        self.code = max(self.code, int(exit_code(error)))
        return one_line(error).removeprefix("layerlens: ")


def read_one(
    arguments: argparse.Namespace, reference: str, narrator: Narrator, depth: Depth
) -> tuple[Analysis, Retrieval]:
    """Analyse one of the images; the caller closes the retrieval.  Raises :class:`LayerLensError`."""
    from layerlens.cli.analysing import analyse_open, warn
    from layerlens.cli.open import without_image_options
    from layerlens.saved.sniff import is_saved

    arguments = without_image_options(arguments) if is_saved(reference) else copy.copy(arguments)
    arguments.image = reference
    analysis, retrieval = analyse_open(arguments, narrator, depth=depth)
    narrator.clear()
    warn(analysis, narrator, among=reference)
    return analysis, retrieval


def hashes_at_hand(retrieval: Retrieval, versions: Collection[int]) -> Mapping[int, bytes]:
    """The XXH3 hashes of those contents that are at hand."""
    import xxhash

    from layerlens.layers.table import HASH_SIZE
    from layerlens.retrieval import Cost

    wanted = [version for version in versions if retrieval.cost(version) is Cost.NONE]
    found = {}
    for version, pieces in retrieval.fetch(wanted):
        state = xxhash.xxh3_128()
        for piece in pieces:
            state.update(piece)
        found[version] = state.digest()[:HASH_SIZE]
    return found
