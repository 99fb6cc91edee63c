"""One image gives the same facts of its contents, however it is read, and again from memory."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from layerlens.cache.layers import LayerCache
from layerlens.layers.contents import HEAD, MARK, Contents, Want
from layerlens.pipeline import open_image
from layerlens.sources.image import Image, ReadOptions
from tests import builders
from tests.builders import file, layer, sparse

_NOISE = random.Random(4).randbytes(3 * MARK + 5)  # noqa: S311 - repeatable bytes


class Looking:
    """Keeps ``*.keep``, counts the bytes of ``*.scan``, and takes the ends of ``*.probe``."""

    version = "test"

    def wants(self, name: bytes, size: int) -> Want:
        found = Want.NOTHING
        if b"keep" in name:
            found |= Want.KEEP
        if b"scan" in name:
            found |= Want.SCAN
        if b"probe" in name:
            found |= Want.PROBE
        return found

    def scan(self, name: bytes, data: bytes) -> Mapping[str, Any]:
        return {"count": (len(data), data.count(b"a"))}

    def windows(self, name: bytes, size: int, head: bytes) -> Sequence[tuple[int, int]]:
        return [(size - 10, 100), (1000, 5), (HEAD - 3, 6), (size, 1), (-1, 5)]

    def conclude(
        self, name: bytes, size: int, head: bytes, parts: Mapping[int, bytes]
    ) -> Mapping[str, Any]:
        return {"ends": [size, len(head), head[:3], sorted(parts.items())]}


IMAGE = builders.Image(
    [
        layer(
            file("a.keep", b"kept"),
            file("b.scan", b"banana"),
            file("big.scan", _NOISE),
            file("small.probe", b"0123456789abc"),
            file("middle.probe", _NOISE[:70_000]),
            file("large.probe", _NOISE),
            file("keep.scan.probe", _NOISE[: MARK + 1]),
            file("plain", _NOISE[:MARK]),
            sparse("sparse.keep", [(0, b"x" * 512)], 4096),
            file("empty.keep", b""),
        ),
        layer(file("a.keep", b"again")),
    ]
)


def facts(image: Image, options: ReadOptions) -> list[Contents]:
    try:
        image.read(options)
        return image.examine(options)
    finally:
        image.close()


def written(path: Path, form: str) -> Path:
    if form == "docker.tar":
        return IMAGE.save_legacy(path / form)
    if form == "docker.tar.gz":
        plain = IMAGE.save_legacy(path / "docker.tar")
        (path / form).write_bytes(builders.gzipped(plain.read_bytes()))
        return path / form
    return IMAGE.oci_archive(path / form, form.partition(".")[2])


def same(one: list[Contents], other: list[Contents]) -> bool:
    return [(c.kept, c.facts, c.missing) for c in one] == [
        (c.kept, c.facts, c.missing) for c in other
    ]


def test_what_is_found(tmp_path: Path) -> None:
    options = ReadOptions().examining(Looking())
    low, high = facts(open_image(str(written(tmp_path, "docker.tar")), options), options)
    size = len(_NOISE)
    assert low.kept == {0: b"kept", 6: _NOISE[: MARK + 1]}
    assert high.kept == {0: b"again"}
    assert low.facts["count"][1] == [6, 3]
    assert sorted(low.facts["count"]) == [1, 2, 6]
    assert sorted(low.facts["ends"]) == [3, 4, 5, 6]
    assert low.facts["ends"][3] == [13, 13, b"012", [[3, b"3456789abc"]]]
    assert low.facts["ends"][5] == [
        size, HEAD, _NOISE[:3],
        [[1000, _NOISE[1000:1005]], [HEAD - 3, _NOISE[HEAD - 3 : HEAD + 3]], [size - 10, _NOISE[-10:]]],
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["docker.tar.gz", "oci.none", "oci.gzip", "oci.zstd"])
def test_every_form_gives_the_same(tmp_path: Path, form: str) -> None:
    options = ReadOptions().examining(Looking())
    want = facts(open_image(str(written(tmp_path, "docker.tar")), options), options)
    cached = ReadOptions(cache=LayerCache(str(tmp_path / "cache"))).examining(Looking())
    path = str(written(tmp_path, form))
    for each in (options, cached, cached):
        assert same(facts(open_image(path, each), each), want)


def test_marks_of_large_files_that_pass(tmp_path: Path) -> None:
    options = ReadOptions().examining(Looking())
    low, _ = facts(open_image(str(written(tmp_path, "oci.gzip")), options), options)
    assert {i: len(marks) for i, marks in low.marks.items()} == {2: 24, 5: 24, 6: 8, 7: 8}
    assert low.marks[2] == low.marks[5]
    assert low.marks[2][:8] == low.marks[6] == low.marks[7]


def test_stdin_gives_the_same(tmp_path: Path) -> None:
    plain = written(tmp_path, "docker.tar")
    options = ReadOptions().examining(Looking())
    want = facts(open_image(str(plain), options), options)
    options = ReadOptions(stdin=open(plain, "rb")).examining(Looking())  # noqa: SIM115
    assert options.stdin is not None
    with options.stdin:
        assert same(facts(open_image("-", options), options), want)


def test_a_root_filesystem_alone_too(tmp_path: Path) -> None:
    flat = builders.Image([IMAGE.layers[0]]).flat(tmp_path / "flat.tar")
    options = ReadOptions().examining(Looking())
    want = facts(open_image(str(flat), options), options)
    assert want[0].kept
    (tmp_path / "flat.tar.gz").write_bytes(builders.gzipped(flat.read_bytes()))
    cached = ReadOptions(cache=LayerCache(str(tmp_path / "cache"))).examining(Looking())
    for each in (options, cached, cached):
        assert same(facts(open_image(str(tmp_path / "flat.tar.gz"), each), each), want)


def test_another_examiner_looks_again(tmp_path: Path) -> None:
    cache = LayerCache(str(tmp_path / "cache"))
    path = str(written(tmp_path, "oci.gzip"))
    options = ReadOptions(cache=cache)
    image = open_image(path, options)
    image.read(options)  # known now, but nobody looked into it
    image.close()
    options = ReadOptions(cache=cache).examining(Looking())
    assert facts(open_image(path, options), options)[1].kept == {0: b"again"}

    class Other(Looking):
        version = "other"

        def wants(self, name: bytes, size: int) -> Want:
            return Want.NOTHING

    options = ReadOptions(cache=cache).examining(Other())
    assert facts(open_image(path, options), options)[1].kept == {}


def test_what_was_not_asked_for_has_passed(tmp_path: Path) -> None:
    path = written(tmp_path, "docker.tar.gz")
    image = open_image(str(path), ReadOptions())
    options = ReadOptions().examining(Looking())
    assert [contents.missing for contents in facts(image, options)] == [
        "the contents have passed",
        "the contents have passed",
    ]


def test_a_damaged_record_is_read_again(tmp_path: Path) -> None:
    cache = LayerCache(str(tmp_path / "cache"))
    options = ReadOptions(cache=cache).examining(Looking())
    path = str(written(tmp_path, "oci.gzip"))
    want = facts(open_image(path, options), options)
    records = [each for each in (tmp_path / "cache").rglob("contents/**/*") if each.is_file()]
    assert len(records) == 2
    for record in records:
        record.write_bytes(io.BytesIO(record.read_bytes()).read()[:-3])
    assert same(facts(open_image(path, options), options), want)
