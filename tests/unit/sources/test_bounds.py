"""What a header cannot hold is bounded for all layers of an image together."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.cache.layers import LayerCache
from layerlens.errors import LimitError
from layerlens.layers import limits
from layerlens.layers.asked import Asked
from layerlens.pipeline import open_image
from layerlens.sources.image import ReadOptions
from tests.builders import gnu_long, header, pax_header
from tests.hostile import padded

END = bytes(1024)

LAYERS = 5


def long_names(k: int) -> bytes:
    name = b"%d" % k + b"n" * 2999
    return gnu_long(b"L", name) + header("x") + END


def long_targets(k: int) -> bytes:
    return gnu_long(b"K", b"%d" % k + b"t" * 2999) + header("x", b"2") + END


def attributes(k: int) -> bytes:
    return pax_header([(b"SCHILY.xattr.user.%d" % k, b"v" * 2865)]) + header("x") + END


def many_attributes(k: int) -> bytes:
    """Small ones, of which each takes memory of its own."""
    records = [(b"SCHILY.xattr.%02d" % (k + n), b"") for n in range(23)]
    return pax_header(records) + header("x") + END


def entries(k: int) -> bytes:
    return header(f"x{k}") * 3000 + END


def segments(k: int) -> bytes:
    records = [(b"GNU.sparse.major", b"0"), (b"GNU.sparse.minor", b"1")]
    pieces = b",".join(b"%d,1" % (2 * n) for n in range(3000))
    records += [(b"GNU.sparse.map", pieces), (b"GNU.sparse.size", b"6000")]
    return pax_header(records) + header(f"x{k}", size=3000) + padded(b"d" * 3000) + END


CASES = [
    (long_names, "MAX_LONG_NAMES", "long names"),
    (long_targets, "MAX_LONG_NAMES", "long names"),
    (attributes, "MAX_XATTR_BYTES", "extended attributes"),
    (many_attributes, "MAX_XATTR_BYTES", "extended attributes"),
    (entries, "MAX_ENTRIES", "entries"),
    (segments, "MAX_SEGMENTS", "segments"),
]


def archive(path: Path, layers: list[bytes], *, packed: bool = False) -> str:
    """A docker archive of some layer tars."""
    names, ids = [f"{k}/layer.tar" for k in range(len(layers))], []
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:

        def add(name: str, data: bytes) -> None:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))

        for name, layer in zip(names, layers, strict=True):
            ids.append("sha256:" + hashlib.sha256(layer).hexdigest())
            add(name, gzip.compress(layer, 1) if packed else layer)
        config = {"rootfs": {"type": "layers", "diff_ids": ids}}
        add("config.json", json.dumps(config).encode())
        add("manifest.json", json.dumps([{"Config": "config.json", "Layers": names}]).encode())
    return str(path)


def read(path: str, **options: object) -> int:
    image = open_image(path, ReadOptions(**options))  # type: ignore[arg-type]
    try:
        return len(image.read(ReadOptions(**options)))  # type: ignore[arg-type]
    finally:
        image.close()


def stdin(path: str) -> int:
    return read("-", stdin=io.BytesIO(Path(path).read_bytes()))


@pytest.mark.parametrize(("make", "bound", "what"), CASES)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("reading", [read, stdin])
def test_layers_add_up(
    make: Callable[[int], bytes],
    bound: str,
    what: str,
    packed: bool,
    reading: Callable[[str], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = [make(k) for k in range(LAYERS)]
    good = archive(tmp_path / "good.tar", made[:3], packed=packed)
    bad = archive(tmp_path / "bad.tar", made, packed=packed)
    monkeypatch.setattr(limits, bound, 10_000)
    assert reading(good) == 3
    with pytest.raises(LimitError, match=what) as caught:
        reading(bad)
    assert caught.value.where.layer is not None


@pytest.mark.parametrize(("make", "bound", "what"), CASES)
def test_layers_that_are_remembered_count_too(
    make: Callable[[int], bytes],
    bound: str,
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = LayerCache(str(tmp_path / "cache"))
    made = [make(k) for k in range(LAYERS)]
    for k, layer in enumerate(made):
        read(archive(tmp_path / f"{k}.tar", [layer], packed=True), cache=cache)
    monkeypatch.setattr(limits, bound, 10_000)
    with pytest.raises(LimitError, match=what) as caught:
        read(archive(tmp_path / "bad.tar", made, packed=True), cache=cache)
    assert caught.value.where.layer is not None


def test_one_layer_in_several_places_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "x.tar", [long_names(0)])
    image = open_image(path)
    image.layers = image.layers * LAYERS
    monkeypatch.setattr(limits, "MAX_LONG_NAMES", 10_000)
    assert len(image.read(ReadOptions())) == LAYERS
    image.close()


def test_what_cannot_be_read_takes_nothing() -> None:
    asked = Asked()
    part = asked.part()
    part.entries(7)
    part.names(b"n" * 300, b"t" * 101)
    part.xattrs([(b"a", b"b")])
    part.segments(2)
    assert asked == Asked(entries=7, long_names=401, xattrs=130, segments=2)
    part.release()
    assert asked == Asked()
