"""``layerlens cache``: what it says, and what it deletes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from layerlens.cache.layers import LayerCache
from layerlens.cache.location import default_directory
from layerlens.cli.cache import cache_parser, run
from layerlens.cli.diagnostics import Narrator
from layerlens.errors import UsageError
from tests.unit.cache.records import EVERYTHING
from tests.unit.layers.reading import streamed


@pytest.fixture
def cache(tmp_path: Path) -> LayerCache:
    cache = LayerCache(str(tmp_path / "a\x1bcache"))
    cache.keep(streamed(EVERYTHING))
    cache.keep_document(b"{}")
    return cache


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    narrator = Narrator(quiet=False, verbose=False, debug=False)
    assert run(argv, narrator) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_info(cache: LayerCache, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "info", "--cache-dir", cache.directory)
    assert "\x1b" not in out
    assert "a\\x1bcache" in out
    assert "2.1 GB at most" in out
    assert "1  layers\n" in out
    assert "1  manifests and configurations\n" in out
    assert "other versions" not in out
    (Path(cache.directory) / "v0-big" / "x").mkdir(parents=True)
    (Path(cache.directory) / "v0-big" / "x" / ("0" * 64)).write_bytes(bytes(2000))
    out = said(capsys, "info", "--cache-dir", cache.directory, "--cache-size", "1MB")
    assert "1 records of other versions of layerlens, 2.0 kB" in out
    assert "1.0 MB at most" in out


def test_info_as_json(cache: LayerCache, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "info", "--json", "--cache-dir", cache.directory))
    assert found["directory"] == cache.directory
    assert found["records"]["layers"] == 1
    assert found["bytes"] == cache.info().size
    assert found["limit"] == 2 << 30
    assert found["newest_use"].startswith(time.strftime("%Y-", time.gmtime()))
    assert found["other_versions"] == {"records": 0, "bytes": 0}


def test_info_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "info", "--cache-dir", str(tmp_path / "none"))
    assert "records  none" in out
    found = json.loads(said(capsys, "info", "--json", "--cache-dir", str(tmp_path / "none")))
    assert found["oldest_use"] is None
    assert not (tmp_path / "none").exists()


def test_clear(cache: LayerCache, capsys: pytest.CaptureFixture[str]) -> None:
    size = cache.info().size
    out = said(capsys, "clear", "--cache-dir", cache.directory)
    assert out.startswith("Deleted 2 records, ")
    assert cache.info().size == 0
    cache.keep_document(b"[]")
    found = json.loads(said(capsys, "clear", "--json", "--cache-dir", cache.directory))
    assert found == {"directory": cache.directory, "records": 1, "bytes": 2}
    assert size > 2


def test_clear_where_nothing_can_be_deleted(
    cache: LayerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlink(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "unlink", unlink)
    with pytest.raises(UsageError, match="cannot delete"):
        run(
            ["clear", "--cache-dir", cache.directory],
            Narrator(quiet=False, verbose=False, debug=False),
        )


def test_the_environment_chooses(
    cache: LayerCache, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAYERLENS_CACHE_DIR", cache.directory)
    assert json.loads(said(capsys, "info", "--json"))["directory"] == cache.directory


@pytest.mark.parametrize("argv", [[], ["prune"], ["info", "--cache-dir", " "], ["clear", "x"]])
def test_wrong_usage(argv: list[str]) -> None:
    with pytest.raises(UsageError):
        cache_parser().parse_args(argv)


def test_default_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for environment, expected in (
        ({"LAYERLENS_CACHE_DIR": "/x"}, "/x"),
        ({"LAYERLENS_CACHE_DIR": "~/y", "XDG_CACHE_HOME": "/c"}, "/home/me/y"),
        ({"LAYERLENS_CACHE_DIR": " ", "XDG_CACHE_HOME": "/c"}, "/c/layerlens"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/layerlens"),
        ({}, "/home/me/.cache/layerlens"),
    ):
        assert default_directory(environment) == expected
