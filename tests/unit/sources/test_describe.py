"""A configuration put together from what an engine says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from layerlens.image.digest import Digest
from layerlens.image.model import HistoryEntry, Platform
from layerlens.sources.engine.describe import (
    counted_rows,
    described,
    described_by_libpod,
    expected,
    layer_rows,
    platform_of,
    stated_sizes,
)


def rows(*steps: tuple[str, int]) -> tuple[list[HistoryEntry], list[int]]:
    return [HistoryEntry(created_by=text) for text, _ in steps], [size for _, size in steps]


class TestLayerRows:
    def test_sizes_alone(self) -> None:
        entries, weights = rows(("ADD x /", 5), ("CMD x", 0), ("RUN a", 7), ("ENV a=b", 0))
        assert layer_rows(entries, weights, [5, 7]) == {0, 2}

    def test_an_empty_layer_of_a_run(self) -> None:
        entries, weights = rows(("ADD x /", 5), ("ENV a=b", 0), ("RUN rm x", 0), ("COPY a b", 7))
        assert layer_rows(entries, weights, [5, 0, 7]) == {0, 2, 3}

    def test_an_empty_layer_at_the_end(self) -> None:
        entries, weights = rows(("ADD x /", 5), ("RUN rm x", 0), ("USER a", 0))
        assert layer_rows(entries, weights, [5, 0]) == {0, 1}

    def test_a_working_directory(self) -> None:
        entries, weights = rows(("ADD x /", 5), ("WORKDIR /w", 0), ("RUN rm x", 0), ("CMD x", 0))
        assert layer_rows(entries, weights, [5, 0, 0]) == {0, 1, 2}

    def test_a_run_without_a_layer(self) -> None:
        entries, weights = rows(("ADD x /", 5), ("RUN true", 0), ("COPY a b", 7))
        assert layer_rows(entries, weights, [5, 7]) == {0, 2}

    def test_every_row_a_layer(self) -> None:
        entries, weights = rows(("LABEL x", 0), ("FOO", 0), ("BAR", 2))
        assert layer_rows(entries, weights, [0, 0, 2]) == {0, 1, 2}

    @pytest.mark.parametrize(
        ("steps", "sizes"),
        [
            ([("RUN a", 5)], [6]),
            ([("RUN a", 5)], []),
            ([("RUN a", 5)], [5, 6]),
            ([("RUN a", 0), ("RUN b", 0), ("RUN c", 5)], [0, 5]),
            ([("ENV a", 0), ("USER b", 0), ("RUN c", 5)], [0, 5]),
            ([], [1]),
        ],
    )
    def test_what_cannot_be_told(self, steps: list[tuple[str, int]], sizes: list[int]) -> None:
        assert layer_rows(*rows(*steps), sizes) is None


class TestCountedRows:
    """Without the layers' sizes."""

    @pytest.mark.parametrize(
        ("steps", "count", "wanted"),
        [
            ([("ADD x /", 5), ("CMD x", 0), ("RUN a", 7), ("ENV a=b", 0)], 2, {0, 2}),
            ([("ADD x /", 5), ("ENV a=b", 0), ("RUN rm x", 0), ("COPY a b", 7)], 3, {0, 2, 3}),
            ([("ADD x /", 5), ("WORKDIR /w", 0), ("RUN rm x", 0), ("CMD x", 0)], 3, {0, 1, 2}),
            ([("LABEL x", 0), ("FOO", 0), ("BAR", 2)], 3, {0, 1, 2}),
            ([("RUN a", 5), ("RUN b", 0), ("RUN c", 0)], 2, None),
            ([("RUN a", 5), ("RUN b", 6)], 1, None),
            ([("RUN a", 5)], 2, None),
            ([], 1, None),
            ([], 0, set()),
        ],
    )
    def test_all(self, steps: list[tuple[str, int]], count: int, wanted: set[int] | None) -> None:
        assert counted_rows(*rows(*steps), count) == wanted


D = (Digest("sha256", "a" * 64), Digest("sha256", "b" * 64))
FOUND = {
    "Architecture": "arm64", "Os": "linux", "Variant": "v8", "Created": "2024-01-01T00:00:00Z",
    "Author": "", "Config": {"User": "me", "Labels": {"a": "b"}},
}  # fmt: skip


def test_docker() -> None:
    history: list[Any] = [
        {"Created": 1_700_000_000, "CreatedBy": "CMD x", "Size": 0, "Comment": ""},
        {"Created": 1_600_000_000, "CreatedBy": "RUN b", "Size": 2, "Comment": "buildkit"},
        {"Created": "odd", "CreatedBy": 5, "Size": 1},
    ]
    config = described(FOUND, history, D, [1, 2])
    assert config is not None
    assert config.diff_ids == D
    assert config.platform == Platform("linux", "arm64", "v8")
    assert config.labels == {"a": "b"}
    assert [entry.empty_layer for entry in config.history] == [False, False, True]
    assert config.history[1].created == "2020-09-13T12:26:40Z"
    assert config.history[0] == HistoryEntry()
    assert described(FOUND, [5], D, [1, 2]) is None
    assert described(FOUND, history, D, [1, 3]) is None


def test_before_layers_are_read() -> None:
    history: list[Any] = [
        {"CreatedBy": "CMD x", "Size": 0},
        {"CreatedBy": "RUN b", "Size": 2},
        {"CreatedBy": "ADD a", "Size": 1},
    ]
    config = expected(FOUND, history, D)
    assert [entry.empty_layer for entry in config.history] == [False, False, True]
    assert stated_sizes(config, history) == (1, 2)
    assert stated_sizes(config, history[1:]) == (None, None)
    assert stated_sizes(config, [5]) == (None, None)
    for odd in ([5], [], history[1:2]):
        config = expected(FOUND, odd, D)
        assert (config.history, config.diff_ids, config.labels) == ((), D, {"a": "b"})
        assert stated_sizes(config, odd) == (None, None)


def test_podman() -> None:
    history = [{"created_by": "a", "empty_layer": True}, 5, {"created": "t", "comment": "c"}]
    config = described_by_libpod(FOUND | {"History": history}, D)
    assert config is not None
    assert [entry.empty_layer for entry in config.history] == [True, False, False]
    assert config.history[2] == HistoryEntry(created="t", comment="c")
    assert described_by_libpod(FOUND, D) is None


def test_platform() -> None:
    assert platform_of(json.loads('{"Architecture": "amd64"}')) == Platform("linux", "amd64")
    assert platform_of({"Os": "linux"}) is None
