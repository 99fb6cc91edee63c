"""Laws of saved analyses: what is loaded is what was saved, whatever the layers do."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerlens.filesystem.stack import Semantics
from layerlens.image.config import parse_config, write_config
from layerlens.image.model import HistoryEntry, ImageConfig, Platform
from layerlens.layers.names import normalise
from layerlens.layers.table import LayerTable
from layerlens.saved.checks import check_table
from tests.members import Member, file, layer
from tests.property.test_stacking import ANY_LAYERS
from tests.unit.layers.reading import streamed
from tests.unit.saved.again import again
from tests.unit.saved.test_round_trip import stacked


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_LAYERS, st.sampled_from(Semantics))
def test_any_stack_comes_back_the_same(layers: list[list[Member]], semantics: Semantics) -> None:
    again(stacked(*(streamed(layer(*members)) for members in layers), semantics=semantics))


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)
_MAYBE = st.none() | _TEXT
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False) | _TEXT | st.just(""),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=12,
)  # fmt: skip
_CONFIGS = st.builds(
    ImageConfig,
    st.none() | st.builds(Platform, _TEXT, _TEXT, _MAYBE),
    st.just(()),
    st.lists(st.builds(HistoryEntry, _MAYBE, _MAYBE, _MAYBE, _MAYBE, st.booleans())).map(tuple),
    _MAYBE,
    _MAYBE,
    st.dictionaries(_TEXT, _JSON, max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(_CONFIGS)
def test_any_configuration_is_read_as_it_was_written(config: ImageConfig) -> None:
    assert parse_config(write_config(config)) == config


_NAMES = st.lists(
    st.sampled_from([b"a", b".", b"..", b"", b"b.", b".c", b"...", b"..d", b"\xff\n"]), max_size=5
).map(b"/".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(_NAMES, max_size=4))
def test_only_normal_names_pass(names: list[bytes]) -> None:
    table: LayerTable = streamed(layer(*(file("x") for _ in names))).table
    table.names = list(names)
    try:
        check_table(table)
    except ValueError:
        assert any(normalise(name) != name for name in names)
    else:
        assert all(normalise(name) == name for name in names)
