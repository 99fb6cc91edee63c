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
from layerlens.errors import LayerLensError, Where

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis
    from layerlens.cli.analysing import Depth
    from layerlens.cli.diagnostics import Narrator
    from layerlens.retrieval import Retrieval


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
