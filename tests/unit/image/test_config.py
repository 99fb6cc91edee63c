"""Configurations of every age, and the broken ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.errors import FormatError, LayerLensError, NotAnImageError
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.model import HistoryEntry, ImageConfig, Platform

ONE = "sha256:" + "1" * 64
TWO = "sha256:" + "2" * 64


def parse(**fields: Any) -> ImageConfig:
    fields.setdefault("rootfs", {"type": "layers", "diff_ids": [ONE]})
    return parse_config(json.dumps(fields).encode())


def test_a_whole_configuration() -> None:
    found = parse(
        os="linux",
        architecture="arm64",
        variant="v8",
        created="2026-01-01T00:00:00Z",
        author="me",
        config={"Env": ["A=b"], "Labels": {"x": "y", "n": 1}},
        rootfs={"type": "layers", "diff_ids": [ONE, TWO]},
        history=[{"created": "t", "created_by": "RUN x", "author": "a", "comment": "c"}],
    )
    assert found.platform == Platform("linux", "arm64", "v8")
    assert found.diff_ids == (Digest.parse(ONE), Digest.parse(TWO))
    assert found.history == (HistoryEntry("t", "RUN x", "a", "c", empty_layer=False),)
    assert (found.created, found.author) == ("2026-01-01T00:00:00Z", "me")
    assert found.settings["Env"] == ["A=b"]
    assert found.labels == {"x": "y"}


def test_everything_but_rootfs_is_optional() -> None:
    found = parse(rootfs={})
    assert found == ImageConfig(platform=None, diff_ids=())


def test_null_lists_mean_empty_ones() -> None:
    found = parse(rootfs={"diff_ids": None}, history=None, config=None)
    assert (found.diff_ids, found.history, found.settings) == ((), (), {})


def test_go_case_insensitive_rootfs() -> None:
    data = json.dumps({"RootFS": {"DIFF_IDS": [TWO]}, "Architecture": "amd64"}).encode()
    found = parse_config(data)
    assert found.diff_ids == (Digest.parse(TWO),)
    assert found.platform == Platform("linux", "amd64"), "a missing system is Linux"


def test_optional_fields_of_a_wrong_type_are_dropped() -> None:
    found = parse(
        os=1, architecture="amd64", variant=[], created=5, author={}, config=[], history={"a": 1}
    )
    assert found.platform == Platform("linux", "amd64")
    assert (found.created, found.author, found.settings, found.history) == (None, None, {}, ())


def test_a_bad_row_keeps_its_place_in_the_history() -> None:
    found = parse(history=[None, 3, {"created_by": 4, "empty_layer": "yes"}, {"empty_layer": True}])
    assert found.history == (HistoryEntry(),) * 3 + (HistoryEntry(empty_layer=True),)


def test_no_rootfs_is_no_image() -> None:
    with pytest.raises(NotAnImageError, match="no rootfs") as caught:
        parse_config(b'{"name": "mychart", "version": "1.0"}')
    assert "Helm chart" in (caught.value.hint or "")


def test_version_one_metadata_gets_its_own_hint() -> None:
    with pytest.raises(NotAnImageError) as caught:
        parse_config(b'{"id": "x", "parent": "y", "container_config": {}, "os": "linux"}')
    assert "save the image again" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("rootfs", "reason"),
    [
        ([], "rootfs is an array"),
        ({"diff_ids": "x"}, "rootfs.diff_ids is a string"),
        ({"diff_ids": [ONE, "sha256:abc"]}, r"diff_ids\[1\]"),
        ({"diff_ids": [ONE.upper()]}, r"diff_ids\[0\]"),
        ({"diff_ids": [7]}, r"diff_ids\[0\]"),
    ],
)
def test_broken_rootfs(rootfs: Any, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        parse(rootfs=rootfs)


_LEAF = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "sha256:\u00e9", ONE, TWO])
_VALUE = st.recursive(
    _LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["diff_ids", "created", "created_by", "empty_layer", "Labels"]), inner
        )
    ),
)
_KEYS = st.sampled_from(["rootfs", "history", "config", "os", "architecture", "created", "RootFS"])


@given(st.dictionaries(_KEYS, _VALUE))
def test_any_shape_parses_or_raises_our_error(fields: dict[str, Any]) -> None:
    try:
        found = parse_config(json.dumps(fields).encode())
    except LayerLensError:
        return
    assert isinstance(found.labels, dict)
    assert all(isinstance(row, HistoryEntry) for row in found.history)


def test_an_exact_key_hides_one_in_another_case() -> None:
    with pytest.raises(NotAnImageError):
        parse(RootFS={"diff_ids": [TWO]}, rootfs=None)
