"""Images for the tests of the tree's view model, and how to look at them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hypothesis import strategies as st

from layerlens.analysis.model import Analysis
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import Semantics, stack
from layerlens.image.model import Instruction
from layerlens.layers.table import LayerTable
from layerlens.tui.viewmodel.browser import Browser
from tests.builders import (
    Member,
    directory,
    file,
    hardlink,
    opaque,
    symlink,
    table,
    whiteout,
)

NAMES = st.sampled_from(["a", "b", "c", "d.x", "e-1"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
MEMBERS = st.one_of(
    st.builds(file, PATHS, st.binary(max_size=5), mode=st.sampled_from([0o644, 0o600])),
    st.builds(directory, PATHS, mode=st.sampled_from([0o755, 0o700])),
    st.builds(symlink, PATHS, PATHS),
    st.builds(hardlink, PATHS, PATHS),
    st.builds(whiteout, PATHS),
    st.builds(opaque, PATHS),
)
IMAGES = st.lists(st.lists(MEMBERS, max_size=8), min_size=1, max_size=4)


def stacked(*layers: list[Member], semantics: Semantics = Semantics.DOCKER) -> Filesystem:
    """Layers applied, with contents compared by their hashes."""
    tables = [table(*members) for members in layers]

    def same(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return tables[one[0]].hash(one[1]) == tables[other[0]].hash(other[1])

    return stack(tables, same, semantics)


def browse(
    *layers: list[Member], semantics: Semantics = Semantics.DOCKER, base: int = 0
) -> Browser:
    """A browser of these layers, of which the first ``base`` are the base image's."""
    return browse_filesystem(stacked(*layers, semantics=semantics), base=base)


def browse_tables(*tables: LayerTable) -> Browser:
    return browse_filesystem(stack(list(tables), lambda _one, _other: False))


def browse_filesystem(filesystem: Filesystem, *, base: int = 0) -> Browser:
    return Browser(analysis_of(filesystem, base=base))


def analysis_of(filesystem: Filesystem, *, base: int = 0) -> Analysis:
    """As much of an analysis as the tree asks for; layer ``k`` was made by ``RUN k``."""
    layers = [
        SimpleNamespace(index=k, instruction=Instruction(f"RUN {k}", "RUN"), is_base=k < base)
        for k in range(len(filesystem.tables))
    ]
    analysis = SimpleNamespace(
        filesystem=filesystem, layers=layers, base=SimpleNamespace(layers=base)
    )
    return cast("Analysis", analysis)


def shown_paths(browser: Browser) -> list[bytes]:
    """The full paths of the rows, in their order."""
    return [browser.rows.path(k) for k in range(len(browser.rows))]
