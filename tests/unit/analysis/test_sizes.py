"""The four meters: what each counts, what it does with repeats, and when it cannot tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layerlens.analysis.model import LayerFacts, SizeRow, Tally
from layerlens.analysis.sizes import METERS, size_rows
from layerlens.image.digest import Digest
from layerlens.image.model import Instruction, LayerHistory
from tests.builders import Image, file, hardlink, layer, sparse, symlink, whiteout
from tests.unit.outputs import samples
from tests.unit.sources import looking

LAYERS = [
    layer(file("a", b"a" * 3000), hardlink("b", "a"), file("c", b"c" * 500)),
    layer(whiteout("c")),
    layer(file("a", b"A" * 2000)),
]


def facts(
    index: int,
    *,
    size: int = 700,
    tar: int = 2048,
    blob: int | None = None,
    name: str = "",
    origin: str = "tar",
) -> LayerFacts:
    """A layer of which only the sizes count; layers of one ``name`` are the same one."""
    digest = Digest.of((name or str(index)).encode())
    return LayerFacts(
        index=index, diff_id=digest, digest=digest if blob else None, media_type=None,
        compression="gzip" if blob else "none", size=size, compressed_size=blob, tar_size=tar,
        history=LayerHistory(Instruction("RUN x")), is_base=False, added=Tally(), modified=Tally(),
        removed=Tally(), dead_bytes=0, kills_bytes=0, origin=origin,
    )  # fmt: skip


def by_meter(rows: tuple[SizeRow, ...]) -> dict[str, SizeRow]:
    assert tuple(row.meter for row in rows) == METERS == ("transfer", "tar", "docker", "unpacked")
    return {row.meter: row for row in rows}


def test_each_meter_counts_its_own() -> None:
    rows = by_meter(size_rows([facts(0, blob=300), facts(1, blob=200)], 900))
    assert {meter: row.bytes for meter, row in rows.items()} == {
        "transfer": 500,
        "tar": 4096,
        "docker": 1400,
        "unpacked": 900,
    }
    assert not any(row.approximate or row.repeated_bytes for row in rows.values())
    assert len({row.why for row in rows.values()}) == 4


def test_a_repeated_layer_moves_once_and_counts_twice() -> None:
    layers = [facts(0, blob=300, name="x"), facts(1, blob=300, name="x"), facts(2, blob=20)]
    rows = by_meter(size_rows(layers, 700))
    assert (rows["transfer"].bytes, rows["transfer"].repeated_bytes) == (320, 300)
    assert (rows["tar"].bytes, rows["tar"].repeated_bytes) == (4096, 2048)
    assert (rows["docker"].bytes, rows["docker"].repeated_bytes) == (2100, 0)


def test_one_content_in_two_blobs_moves_twice_and_is_saved_once() -> None:
    one, other = facts(0, blob=300), facts(1, blob=310)
    same = Digest.of(b"tar")
    layers = [replace(one, diff_id=same), replace(other, diff_id=same)]
    rows = by_meter(size_rows(layers, 700))
    assert (rows["transfer"].bytes, rows["tar"].bytes) == (610, 2048)


@pytest.mark.parametrize(
    ("blobs", "why"),
    [
        ([None], "layer 0 lies uncompressed here"),
        ([None, None], "all layers lie uncompressed here"),
        ([9, None, 9], "layer 1 lies uncompressed here"),
        ([9, None, None], "layers 1, 2 lie uncompressed here"),
        ([9] + [None] * 5, "layers 1, 2, 3 and 2 more lie uncompressed here"),
    ],
)
def test_a_plain_archive_does_not_tell_the_transfer(blobs: list[int | None], why: str) -> None:
    row = by_meter(size_rows([facts(k, blob=blob) for k, blob in enumerate(blobs)], 0))["transfer"]
    assert row.bytes is None
    assert row.why == f"{why}: read it from a registry"


def test_a_registry_sends_plain_layers_as_they_are() -> None:
    rows = by_meter(size_rows([facts(0, blob=300), facts(1)], 0, as_pulled=True))
    assert rows["transfer"].bytes == 300 + 2048


def test_a_foreign_layer_leaves_every_sum_unknown() -> None:
    rows = size_rows([facts(0, blob=300), facts(1, size=0, tar=0)], 0, absent=[1])
    assert [row.bytes for row in rows] == [None] * 4
    assert {row.why for row in rows} == {"the contents of layer 1 are not here"}


@pytest.mark.parametrize("origin", ["estargz-toc", "zstd-chunked-toc"])
def test_a_table_of_contents_tells_the_tar_nearly_or_not(origin: str) -> None:
    near = by_meter(size_rows([facts(0, blob=300, origin=origin)], 0))["tar"]
    assert (near.bytes, near.approximate) == (2048, True)
    mute = by_meter(size_rows([facts(0, blob=300, tar=0, origin=origin)], 0))["tar"]
    assert mute.bytes is None
    assert "layer 0" in mute.why


def test_an_image_without_layers() -> None:
    assert [row.bytes for row in samples.empty().sizes] == [0, 0, 0, 0]


def test_the_meters_of_an_archive(tmp_path: Path) -> None:
    analysis = looking.analysis(Image([*LAYERS, LAYERS[1]]).save_25(tmp_path / "i.tar"))
    rows = by_meter(analysis.sizes)
    assert rows["docker"].bytes == 5500 == analysis.image.size
    assert rows["unpacked"].bytes == analysis.scores.live_bytes
    assert rows["tar"].bytes == sum(map(len, LAYERS))
    assert rows["tar"].repeated_bytes == len(LAYERS[1])


def test_docker_counts_the_targets_of_links(tmp_path: Path) -> None:
    path = Image([layer(file("a", b"x" * 9), symlink("b", "a/target"), hardlink("c", "a"))])
    analysis = looking.analysis(path.save_25(tmp_path / "x.tar"))
    rows = {row.meter: row for row in analysis.sizes}
    assert rows["docker"].bytes == 9 + len("a/target")
    assert rows["unpacked"].bytes == 9


def test_docker_counts_a_sparse_file_expanded() -> None:
    made = samples.build([[sparse("s", ((0, b"x" * 600),), 9000, "gnu")]])
    rows = by_meter(made.sizes)
    assert rows["docker"].bytes == 9000
    assert (rows["tar"].bytes or 0) < 9000


@pytest.mark.parametrize(
    ("unread", "why"),
    [
        ([1], "layer 1 has not been read"),
        ([1, 0], "layers 0, 1 have not been read"),
        ([], "it is not known whether these are all layers"),
    ],
)
def test_before_all_layers_were_read(unread: list[int], why: str) -> None:
    rows = size_rows([facts(0, blob=300), facts(1)], 900, absent=[0], unread=unread)
    assert {row.bytes for row in by_meter(rows).values()} == {None}
    assert {row.why for row in rows} == {why}
