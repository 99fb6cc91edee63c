"""Tables of contents that lie, or that are not covered: never a wrong layer."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from layerlens.errors import DigestError, FormatError, ImageError, LimitError, SourceError
from layerlens.layers.toc import document
from layerlens.layers.toc.document import decode
from layerlens.layers.toc.hint import TocHint, TocRefusedError, find_toc
from layerlens.layers.toc.layout import SplitTar
from layerlens.layers.toc.read import read_toc
from tests.members import Member, directory, file
from tests.toc_writers import Blob, chunked, estargz
from tests.unit.layers.toc.listing import Ranges, agree, by_toc, content, hint_of, in_full

Json = dict[str, Any]
NOISE = bytes((k * k * 31 + k // 7) % 251 for k in range(9000))
MEMBERS = (directory("d"), file("d/a", NOISE), file("d/b", b"b"), directory("e"))


@pytest.fixture(params=[estargz, chunked], ids=["estargz", "chunked"])
def write(request: pytest.FixtureRequest) -> Callable[..., Blob]:
    writer: Callable[..., Blob] = request.param
    return writer


def _refused(blob: Blob, match: str) -> None:
    with pytest.raises(TocRefusedError, match=match) as caught:
        by_toc(blob)
    assert caught.value.hint == "the layer has to be read in full"


def _entry(k: int, **changes: object) -> Callable[[Json], None]:
    def edit(table: Json) -> None:
        table["entries"][k] |= changes

    return edit


# ------------------------------------------------------------------- another table


def test_a_table_that_the_manifest_does_not_vouch_for(write: Callable[..., Blob]) -> None:
    right, wrong = write(*MEMBERS), write(*MEMBERS, edit=_entry(0, mode=0o4777))
    hint = find_toc(right.annotations, len(right.data), right.media_type, least=0)
    other = find_toc(wrong.annotations, len(wrong.data), wrong.media_type, least=0)
    assert hint is not None
    assert other is not None
    mixed = replace(other, digest=hint.digest)
    with pytest.raises(TocRefusedError, match="is promised"):
        read_toc(mixed, len(wrong.data), Ranges(wrong.data).fetch)


@pytest.mark.parametrize("data", [b"", b"\1\1\1", bytes(5000), NOISE])
def test_a_blob_without_a_footer(data: bytes) -> None:
    with pytest.raises(TocRefusedError, match="no eStargz footer"):
        read_toc(hint_of(estargz(*MEMBERS)), len(data), Ranges(data).fetch)


def test_a_footer_that_points_behind_itself() -> None:
    blob = estargz(*MEMBERS)
    at = blob.data.rindex(b"STARGZ") - 16
    data = blob.data[:at] + b"%016x" % len(blob.data) + blob.data[at + 16 :]
    with pytest.raises(FormatError, match="at byte"):
        read_toc(hint_of(blob), len(data), Ranges(data).fetch)


def test_a_footer_that_points_at_something_else() -> None:
    blob = estargz(*MEMBERS)
    at = blob.data.rindex(b"STARGZ") - 16
    data = blob.data[:at] + b"%016x" % 0 + blob.data[at + 16 :]
    with pytest.raises(TocRefusedError, match="no table of contents where"):
        read_toc(hint_of(blob), len(data), Ranges(data).fetch)


def test_short_answers(write: Callable[..., Blob]) -> None:
    blob = write(*MEMBERS)
    with pytest.raises(TocRefusedError, match="asked for"):
        read_toc(hint_of(blob), len(blob.data), lambda *range_: blob.data[: len(range_)])


def test_what_the_fetch_raises_passes(write: Callable[..., Blob]) -> None:
    def fetch(*_: int) -> bytes:
        raise SourceError("gone")

    blob = write(*MEMBERS)
    with pytest.raises(SourceError, match="gone"):
        read_toc(hint_of(blob), len(blob.data), fetch)


def test_garbage_instead_of_a_blob(write: Callable[..., Blob]) -> None:
    blob = write(*MEMBERS)
    for data in (bytes(len(blob.data)), NOISE[: len(blob.data)].ljust(len(blob.data), b"x")):
        with pytest.raises(ImageError):
            read_toc(hint_of(blob), len(data), Ranges(data).fetch)


# ------------------------------------------------------------------- not covered


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (lambda table: table.update(version=2), "version 2"),
        (_entry(0, type="sparse"), "type 'sparse'"),
        (_entry(1, digest="sha512:" + "0" * 128), "without a sha256"),
        (_entry(1, digest=""), "without a sha256"),
        (_entry(1, innerOffset=512), "several files in one"),
        (_entry(1, name="d/caf\ufffd"), "not UTF-8"),
        (_entry(0, linkName="\ufffd"), "not UTF-8"),
        (lambda table: table["entries"].reverse(), "another order"),
        (lambda table: table["entries"].pop(), "does not list the end"),
        (lambda table: table["entries"].append({"name": "x", "type": "dir"}), "does not list"),
        (_entry(3, name="f"), "does not list the end"),
        (_entry(3, type="symlink"), "does not list the end"),
    ],
)
def test_what_is_not_covered(
    write: Callable[..., Blob], edit: Callable[[Json], None], match: str
) -> None:
    blob = write(*MEMBERS, edit=edit)
    _refused(blob, match)
    in_full(blob)


def test_names_that_json_cannot_hold() -> None:
    """A name that is not UTF-8 is lost in the table, so the layer is read in full."""
    _refused(estargz(file(b"caf\xe9", b"latin-1")), "not UTF-8")
    _refused(chunked(Member(b"d\xff/", b"5")), "not UTF-8")


# ------------------------------------------------------------------- broken


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (_entry(1, size=-1), "size"),
        (_entry(1, size=1 << 70), "size"),
        (_entry(1, size=1 << 50), "cannot unpack|more than|chunks"),
        (_entry(1, chunkOffset=1), "chunks"),
        (_entry(1, chunkSize=10), "chunks"),
        (_entry(1, chunkSize=1 << 40), "chunks"),
        (_entry(1, offset=1 << 40), "where contents end"),
        (_entry(1, offset=-1), "offset"),
        (_entry(1, offset="12"), "offset"),
        (_entry(1, modtime="yesterday"), "not a time"),
        (_entry(1, modtime="2024-13-01T00:00:00Z"), "not a time"),
        (_entry(1, modtime="2024-01-01T00:00:00"), "not a time"),
        (_entry(1, xattrs={"a": "*"}), "base64"),
        (_entry(1, xattrs=["a"]), "xattrs"),
        (_entry(1, name="a\0b"), "NUL"),
        (_entry(1, name=None), "name"),
        (_entry(1, uid=1.5), "uid"),
        (_entry(1, uid=1 << 64), "uid"),
        (lambda table: table["entries"].insert(0, {"name": "a", "type": "chunk"}), "without its"),
        (lambda table: table["entries"].insert(1, {"name": "d"}), "type"),
        (lambda table: table["entries"].append(7), "entries"),
        (lambda table: table.update(entries={}), "entries"),
        (lambda table: table.pop("entries"), "entries"),
        (lambda table: table.pop("version"), "version"),
    ],
)
def test_vouched_for_and_broken(
    write: Callable[..., Blob], edit: Callable[[Json], None], match: str
) -> None:
    blob = write(*MEMBERS, edit=edit)
    with pytest.raises(ImageError, match=match) as caught:
        by_toc(blob)
    assert isinstance(caught.value, FormatError | LimitError | TocRefusedError)
    in_full(blob)


@pytest.mark.parametrize("end", [1, 1 << 40])
def test_an_end_that_is_none(end: int) -> None:
    with pytest.raises(FormatError, match="ends before it begins"):
        by_toc(chunked(*MEMBERS, edit=_entry(1, endOffset=end)))


def test_a_size_that_the_stored_bytes_cannot_hold(write: Callable[..., Blob]) -> None:
    with pytest.raises(FormatError, match="cannot unpack"):
        by_toc(write(*MEMBERS, edit=_entry(1, size=1 << 34)))


def test_a_size_that_the_stored_bytes_can_hold_shows_where_the_content_is_read(
    write: Callable[..., Blob],
) -> None:
    """Whoever signs the table can lie within reason: only the content tells."""
    blob = write(*MEMBERS, edit=_entry(1, size=8999))
    listed = by_toc(blob).table
    assert listed.sizes[1] == 8999
    with pytest.raises(DigestError, match="not the one"):
        content(blob, listed, 1)


def test_more_content_than_is_allowed(write: Callable[..., Blob]) -> None:
    blob = write(*MEMBERS)
    with pytest.raises(LimitError, match="more than 9000"):
        read_toc(hint_of(blob), len(blob.data), Ranges(blob.data).fetch, limit=9000)
    read_toc(hint_of(blob), len(blob.data), Ranges(blob.data).fetch, limit=9001)


@pytest.mark.parametrize(
    "text",
    [b"", b"[", b"[]", b"null", b"{}", b'{"version":1,"entries":' + b"[" * 100_000,
     b'{"version":1,"entries":[],"x":' + b'{"x":' * 100_000, b'{"version":1,"entries":[]} more',
     b"\xff", b'{"version":1,"entries":[{"type":"dir","name":"\xff"}]}',
     b'{"version":1,"entries":[{"type":"dir","name":"\\ud800"}]}',
     b'{"version":' + b"9" * 10_000 + b"}"],
)  # fmt: skip
def test_what_is_no_table(text: bytes) -> None:
    with pytest.raises(FormatError, match="table of contents"):
        decode(text)


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"version": 1, "entries": [{"name": "a", "type": "dir"}] * 100}
    text = json.dumps(table).encode()
    monkeypatch.setattr(document, "MAX_TOC_ENTRIES", 99)
    with pytest.raises(LimitError, match="more than 99 entries"):
        decode(text)
    monkeypatch.setattr(document, "MAX_TOC", len(text) - 1)
    with pytest.raises(LimitError, match="the limit is"):
        decode(text)


def test_a_bomb_instead_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerlens.layers.toc.read.MAX_TOC", 1 << 20)
    blob = estargz(*MEMBERS)
    bomb = gzip.compress(bytes(2 << 20), mtime=0)
    footer = blob.data[-51:]
    data = bomb + footer[:16] + b"%016x" % 0 + footer[32:]
    with pytest.raises(LimitError, match="decompresses to more"):
        read_toc(hint_of(blob), len(data), Ranges(data).fetch)


def test_a_table_of_another_length_than_is_told() -> None:
    blob = chunked(*MEMBERS)
    hint = hint_of(blob)
    assert hint.table is not None
    for more, error in ((1, FormatError), (-1, LimitError)):
        lying = replace(hint, table=replace(hint.table, unpacked=hint.table.unpacked + more))
        with pytest.raises(error):
            read_toc(lying, len(blob.data), Ranges(blob.data).fetch)


def test_a_table_at_the_beginning_of_a_large_blob_asks_for_no_more() -> None:
    blob = chunked(*MEMBERS)
    ranges = Ranges(blob.data + bytes(1 << 20))
    with pytest.raises(ImageError):
        read_toc(replace(hint_of(blob), digest=_other(blob)), len(ranges.data), ranges.fetch)
    assert ranges.bytes < len(blob.data)


def _other(blob: Blob) -> Any:
    return replace(hint_of(blob).digest, hex=hashlib.sha256(b"other").hexdigest())


# ------------------------------------------------------------------- names


def test_hostile_names_are_read_as_a_walk_reads_them(write: Callable[..., Blob]) -> None:
    members = (
        file("../../etc/passwd", b"1"),
        file("/abs//./x/../y", b"2"),
        file("d/..", b"3"),
        file("same", b"4"),
        file("same", b"5"),
        directory("same"),
        file(".wh..wh.plnk/1.2", b"6"),
        file("n" * 300, b"7"),
        file("\x1b[31m\u202e", b"8"),
    )
    blob = write(*members)
    agree(by_toc(blob).table, in_full(blob).table)


def test_names_of_a_table_alone_are_normalised() -> None:
    """Names that only the table has: the digest vouches for it, not for its sense."""
    blob = chunked(*MEMBERS, edit=_entry(1, name="../../d//./a/"))
    listed = by_toc(blob).table
    assert listed.names[1] == b"d/a"
    assert [note.code for note in listed.notes.all()][:1] == ["path-above-root"]


# ------------------------------------------------------------------- tar-split


@pytest.mark.parametrize(
    "edit",
    [
        lambda lines: lines[3].update(name="other"),
        lambda lines: lines[3].update(size=8999),
        lambda lines: lines.pop(3),
        lambda lines: lines.insert(3, {"type": 1, "name": "more"}),
        lambda lines: lines.append({"type": 1, "name": "more"}),
    ],
)
def test_a_tar_split_of_another_layer(edit: Callable[[list[Json]], object]) -> None:
    _refused(chunked(*MEMBERS, split=True, edit_split=edit), "differ")


def test_a_tar_split_that_the_table_does_not_vouch_for() -> None:
    digest = "sha256:" + "0" * 64
    blob = chunked(*MEMBERS, split=True, edit=lambda table: table.update(tarSplitDigest=digest))
    _refused(blob, "is promised")
    unvouched = chunked(*MEMBERS, split=True, edit=lambda table: table.pop("tarSplitDigest"))
    codes = [note.code for note in by_toc(unvouched).table.notes.all()]
    assert codes == ["tar-size-reckoned"]


@pytest.mark.parametrize(
    "line",
    [b"[]\n", b"{\n", b'{"type":3}\n', b'{"type":2,"payload":"*"}\n', b'{"type":1,"size":-1}\n',
     b'{"type":2,"payload":7}\n', b"\xff\n", b"{" * 100_000],
)  # fmt: skip
def test_what_is_no_tar_split(line: bytes) -> None:
    with pytest.raises(FormatError, match="tar-split"):
        SplitTar([line[:1], line[1:]]).end()


def test_an_endless_line_of_a_tar_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerlens.layers.toc.layout.MAX_LINE", 1000)
    with pytest.raises(FormatError, match="more than 1000"):
        SplitTar(b"x" * 100 for _ in range(11)).end()


def test_hints_are_values() -> None:
    blob = estargz(*MEMBERS)
    assert hint_of(blob) == hint_of(blob)
    assert isinstance(hint_of(blob), TocHint)
