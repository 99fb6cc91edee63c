"""Compressed blobs: whole, in pieces, broken, and as bombs."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import pytest
from backports import zstd

from layerlens.errors import FormatError, LayerLensError, LimitError
from layerlens.layers.compression import (
    PIECE_IN,
    PIECE_OUT,
    Compression,
    decompress,
    sniff,
)
from layerlens.layers.reader import read_stream
from layerlens.layers.transfer import TransferMap
from tests.builders import directory, file, gzipped, layer, skippable, zstandard
from tests.unit.layers.reading import columns, in_place, pieces, streamed

DATA = b"".join(hashlib.sha256(b"%d" % k).digest() * 3 for k in range(5000))
COMPRESS: dict[Compression, Callable[[bytes], bytes]] = {
    Compression.GZIP: gzipped,
    Compression.ZSTD: zstandard,
    Compression.XZ: lzma.compress,
    Compression.BZIP2: bz2.compress,
}
ALL = list(COMPRESS)


def undone(
    blob: bytes, compression: Compression, step: int = 1 << 20, limit: int = 1 << 40
) -> bytes:
    return b"".join(decompress(pieces(blob, step), compression, limit=limit))


class TestSniff:
    @pytest.mark.parametrize("compression", ALL)
    def test_what_compressors_write(self, compression: Compression) -> None:
        assert sniff(COMPRESS[compression](DATA)) is compression
        assert sniff(COMPRESS[compression](b"")) is compression

    @pytest.mark.parametrize("kind", range(16))
    def test_skippable_frames_first(self, kind: int) -> None:
        assert sniff(skippable(b"x", kind)) is Compression.ZSTD

    @pytest.mark.parametrize(
        "head", [b"", b"\x1f", b"BZh", b"BZh9 is a name", bytes(512), layer(file("BZh91AYfile"))]
    )
    def test_what_is_not_compressed(self, head: bytes) -> None:
        expected = Compression.BZIP2 if head == b"BZh" else Compression.NONE
        assert sniff(head) is expected

    def test_a_tar_whose_first_name_looks_like_bzip2(self) -> None:
        assert streamed(layer(file("BZh-file", b"1"))).compression is Compression.NONE


@pytest.mark.parametrize("compression", ALL)
class TestAll:
    @pytest.mark.parametrize("step", [1, 13, 4096, 1 << 22])
    def test_pieces_of_any_size(self, compression: Compression, step: int) -> None:
        data = DATA if step > 1 else DATA[:5000]
        assert undone(COMPRESS[compression](data), compression, step) == data

    def test_members_of_any_number(self, compression: Compression) -> None:
        compress = COMPRESS[compression]
        blob = b"".join(compress(DATA[k : k + 3000]) for k in range(0, len(DATA), 3000))
        for step in (100, 1 << 22):
            assert undone(blob, compression, step) == DATA

    def test_empty_members(self, compression: Compression) -> None:
        compress = COMPRESS[compression]
        assert undone(compress(b""), compression) == b""
        blob = compress(b"") * 3 + compress(b"x") + compress(b"") * 3
        for step in (1, 1 << 22):
            assert undone(blob, compression, step) == b"x"

    def test_output_comes_in_bounded_pieces(self, compression: Compression) -> None:
        blob = COMPRESS[compression](bytes(20 << 20))
        sizes = [len(p) for p in decompress([blob], compression)]
        assert sum(sizes) == 20 << 20
        assert max(sizes) <= PIECE_OUT

    @pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
    def test_cut(self, compression: Compression, part: float) -> None:
        blob = COMPRESS[compression](DATA)
        for step in (1 << 10, 1 << 22):
            with pytest.raises(FormatError, match=r"truncated|corrupt"):
                undone(blob[: int(len(blob) * part)], compression, step)

    def test_trailer_missing(self, compression: Compression) -> None:
        # An empty frame of zstd has no trailer of its own: use the last byte there is.
        with pytest.raises(FormatError, match="truncated"):
            undone(COMPRESS[compression](DATA)[:-1], compression)

    def test_nothing_at_all(self, compression: Compression) -> None:
        with pytest.raises(FormatError, match="truncated"):
            undone(b"", compression)

    def test_junk_after_the_end(self, compression: Compression) -> None:
        for step in (7, 1 << 22):
            with pytest.raises(FormatError):
                undone(COMPRESS[compression](DATA[:1000]) + b"junk" * 20, compression, step)

    def test_padding_with_zeros(self, compression: Compression) -> None:
        for data in (DATA[:1000], b""):
            for step in (7, 1 << 22):
                blob = COMPRESS[compression](data) + bytes(1000)
                assert undone(blob, compression, step) == data

    def test_limit(self, compression: Compression) -> None:
        blob = COMPRESS[compression](DATA)
        assert undone(blob, compression, limit=len(DATA)) == DATA
        with pytest.raises(LimitError, match=str(len(DATA) - 1)):
            undone(blob, compression, limit=len(DATA) - 1)

    def test_every_flipped_byte_is_refused_or_harmless(self, compression: Compression) -> None:
        blob = COMPRESS[compression](DATA[:300])
        if compression is Compression.ZSTD:
            blob = zstd.compress(DATA[:300], options={zstd.CompressionParameter.checksum_flag: 1})
        for k in range(len(blob)):
            broken = blob[:k] + bytes([blob[k] ^ 0x55]) + blob[k + 1 :]
            try:
                assert undone(broken, compression) == DATA[:300]
            except LayerLensError:
                continue

    def test_a_whole_layer(self, compression: Compression) -> None:
        tar = layer(directory("d"), file("d/f", DATA), file("n" * 300, b"1"))
        blob = COMPRESS[compression](tar)
        for step in (333, 1 << 16, 1 << 22):
            read = streamed(blob, step)
            assert read.compression is compression
            assert read.compressed_size == len(blob)
            assert read.digest is not None
            assert read.digest.hex == hashlib.sha256(blob).hexdigest()
            assert read.diff_id is not None
            assert read.diff_id.hex == hashlib.sha256(tar).hexdigest()
            assert columns(read.table) == columns(in_place(tar))
            assert bytes(read.table.hashes) == bytes(streamed(tar).table.hashes)

    def test_a_layer_by_single_bytes(self, compression: Compression) -> None:
        tar = layer(file("f", b"abc"))
        assert streamed(COMPRESS[compression](tar), 1).table.names == [b"f"]


class TestGzip:
    def test_wrong_checksum(self) -> None:
        blob = bytearray(gzipped(DATA))
        blob[-8] ^= 1
        with pytest.raises(FormatError, match="corrupt"):
            undone(bytes(blob), Compression.GZIP)

    def test_wrong_length(self) -> None:
        blob = bytearray(gzipped(DATA))
        blob[-1] ^= 1
        with pytest.raises(FormatError, match="corrupt"):
            undone(bytes(blob), Compression.GZIP)

    def test_all_optional_header_fields(self) -> None:
        head = b"\x1f\x8b\x08\x1e" + bytes(4) + b"\0\xff"
        head += struct.pack("<H", 4) + b"SG\0\0" + b"name\0" + b"comment\0"
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
        raw = zlib.compressobj(wbits=-15)
        body = raw.compress(DATA) + raw.flush()
        blob = head + body + struct.pack("<II", zlib.crc32(DATA), len(DATA))
        for step in (1, 1 << 20):
            assert undone(blob, Compression.GZIP, step) == DATA

    def test_estargz_footer(self) -> None:
        # An empty member whose extra field holds the offset of the table of contents.
        extra = b"SG" + struct.pack("<H", 22) + b"%016x" % 0 + b"STARGZ"
        head = b"\x1f\x8b\x08\x04" + bytes(4) + b"\0\xff" + struct.pack("<H", len(extra)) + extra
        footer = head + b"\x01\0\0\xff\xff" + bytes(8)
        assert gzip.decompress(footer) == b""
        blob = gzipped(layer(file("a", b"1"), file("b", b"2")), members=5) + footer
        read = streamed(blob)
        assert read.table.names == [b"a", b"b"]

    def test_many_tiny_members_in_one_piece(self) -> None:
        # 60,000 members in one piece: each must not copy the rest of it.
        blob = gzipped(b"") * 60_000
        assert undone(blob, Compression.GZIP, len(blob)) == b""
        assert len(blob) > 10 * PIECE_IN


class TestZstd:
    @pytest.mark.parametrize("where", ["first", "middle", "last", "all"])
    def test_skippable_frames(self, where: str) -> None:
        skip = skippable(b"note" * 100, 7) + skippable(b"")
        one, two = zstandard(DATA[:5000]), zstandard(DATA[5000:])
        blob = b"".join(
            (
                skip if where in ("first", "all") else b"",
                one,
                skip if where in ("middle", "all") else b"",
                two,
                skip if where in ("last", "all") else b"",
            )
        )
        for step in (1, 1000, 1 << 22):
            assert undone(blob[:], Compression.ZSTD, step) == DATA

    def test_skippable_frames_alone(self) -> None:
        assert undone(skippable(b"x" * 100), Compression.ZSTD) == b""

    def test_cut_skippable_frame(self) -> None:
        with pytest.raises(FormatError, match="truncated"):
            undone(zstandard(DATA) + skippable(b"x" * 100)[:-1], Compression.ZSTD)

    def test_wrong_checksum(self) -> None:
        blob = bytearray(zstd.compress(DATA, options={zstd.CompressionParameter.checksum_flag: 1}))
        blob[-1] ^= 1
        with pytest.raises(FormatError, match="corrupt"):
            undone(bytes(blob), Compression.ZSTD)

    def test_window_beyond_all_bounds(self) -> None:
        # Frame header: no checksum, no size; window descriptor for 1 TiB and more.
        blob = b"\x28\xb5\x2f\xfd" + b"\0" + b"\xf8" + b"\x01\0\0"
        with pytest.raises(FormatError, match="corrupt"):
            undone(blob, Compression.ZSTD)


class TestTransfer:
    @pytest.mark.parametrize("compression", ALL)
    def test_parts_add_up_to_the_blob(self, compression: Compression) -> None:
        members = [file(f"f{k}", DATA[k * 100 : k * 1000]) for k in range(40)]
        tar = layer(*members)
        blob = COMPRESS[compression](tar)
        read = read_stream(pieces(blob, 5000))
        transfer = read.table.transfer
        assert transfer is not None
        assert transfer.compressed_size == len(blob)
        cuts = [0, *read.table.offsets, len(tar)]
        parts = [transfer.span(a, b - a) for a, b in pairwise(cuts)]
        assert sum(parts) == len(blob)
        assert all(part >= 0 for part in parts)

    def test_none_without_compression(self) -> None:
        assert streamed(layer(file("a"))).table.transfer is None

    def test_a_map_is_filled_member_by_member(self) -> None:
        transfer = TransferMap()
        blobs = [gzipped(b"a" * 1000), gzipped(DATA[:1000])]
        blob = b"".join(blobs)
        assert b"".join(decompress([blob], Compression.GZIP, transfer=transfer))
        assert transfer.position(1000) == len(blobs[0])
        assert transfer.span(1000, 1000) == len(blobs[1])

    @pytest.mark.parametrize("compression", ALL)
    def test_a_trailer_belongs_to_its_member_wherever_input_is_cut(
        self, compression: Compression
    ) -> None:
        first, second = (COMPRESS[compression](DATA[k : k + 9000]) for k in (0, 9000))
        blob = first + second
        for cut in range(len(first) - 40, len(first) + 40):
            transfer = TransferMap()
            found = b"".join(decompress([blob[:cut], blob[cut:]], compression, transfer=transfer))
            assert found == DATA[:18_000]
            spans = (transfer.span(0, 9000), transfer.span(9000, 9000))
            assert spans == (len(first), len(second)), cut


_BOMB = """
import resource, sys
from layerlens.errors import LimitError
from layerlens.layers.reader import read_stream
{make}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_stream(iter([blob[k : k + 65536] for k in range(0, len(blob), 65536)]), limit=256 << 20)
except LimitError as error:
    print(error)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 100 << 10, f"{{grown}} KiB more"
"""
_MAKE = {
    "gzip": "import gzip\nblob = gzip.compress(bytes(32 << 20)) * 32",
    "zstd": "from backports import zstd\nblob = zstd.compress(bytes(32 << 20)) * 32",
    "xz": "import lzma\nblob = lzma.compress(bytes(32 << 20), preset=0) * 32",
    "bzip2": "import bz2\nblob = bz2.compress(bytes(32 << 20)) * 32",
}


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
@pytest.mark.parametrize("compression", list(_MAKE))
def test_a_bomb_of_1_gib_stops_at_the_limit_in_little_memory(compression: str) -> None:
    script = _BOMB.format(make=_MAKE[compression])
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "more than 268435456 bytes" in result.stdout


def test_an_empty_layer() -> None:
    read = read_stream([])
    assert (len(read.table), read.table.tar_size, read.compressed_size) == (0, 0, 0)
    assert read.diff_id is not None
    assert read.diff_id.hex == hashlib.sha256().hexdigest()


def test_stored_bytes_are_counted() -> None:
    counted: list[int] = []
    blob = gzipped(layer(file("a", DATA)))
    read_stream(pieces(blob, 10_000), count=counted.append)
    assert counted == sorted(counted)
    assert counted[-1] == len(blob)


def test_decompression_may_run_ahead() -> None:
    moved: list[str] = []

    def ahead(parts: Iterable[bytes]) -> Iterator[bytes]:
        moved.append("yes")
        yield from parts

    tar = layer(file("a", DATA))
    read = read_stream(pieces(gzipped(tar), 1000), ahead=ahead)
    assert moved
    assert columns(read.table) == columns(in_place(tar))
