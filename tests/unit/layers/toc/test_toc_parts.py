"""The parts of reading tables of contents: header sizes, times, the tar-split's layout."""

from __future__ import annotations

import tarfile
from typing import Literal

import pytest

from layerlens.layers.table import Kind
from layerlens.layers.toc.document import decode
from layerlens.layers.toc.layout import SplitTar, header_bytes
from layerlens.layers.toc.times import seconds
from tests.archives import dumps


def _header(form: Literal[0, 1, 2] = tarfile.USTAR_FORMAT, **fields: object) -> int:
    """What tarfile writes before a content."""
    info = tarfile.TarInfo()
    for key, value in fields.items():
        setattr(info, key, value)
    return len(info.tobuf(form))


def _reckoned(**entry: object) -> int:
    table = {"version": 1, "entries": [{"name": "n", "type": "dir"} | entry]}
    (listed,) = decode(dumps(table)).files(0)
    return header_bytes(listed)


@pytest.mark.parametrize(
    "name",
    ["n" * 100, "p" * 155 + "/" + "n" * 100, "p" * 54 + "/" + "n" * 100, "a/" * 60 + "n"],
    ids=len,
)
def test_names_that_fit_a_plain_header(name: str) -> None:
    assert _reckoned(name=name) == _header(name=name) == 512


@pytest.mark.parametrize(
    "name",
    ["n" * 101, "p" * 156 + "/n", "p/" + "n" * 101, "caf\u00e9", "p" * 155 + "/" + "n" * 101],
)
def test_names_that_need_a_record(name: str) -> None:
    assert _reckoned(name=name) == _header(tarfile.PAX_FORMAT, name=name) == 1536


@pytest.mark.parametrize(
    ("entry", "pax"),
    [
        ({"uid": 0o7777777, "gid": 0o7777777}, {}),
        ({"uid": 0o10000000}, {"uid": "2097152"}),
        ({"type": "symlink", "linkName": "t" * 100}, {}),
        ({"type": "symlink", "linkName": "t" * 101}, {"linkpath": "t" * 101}),
        ({"modtime": "2024-05-01T12:00:00Z"}, {}),
        ({"modtime": "2024-05-01T12:00:00.5Z"}, {"mtime": "1714564800.5"}),
        ({"modtime": "1969-12-31T23:59:59Z"}, {"mtime": "-1"}),
        ({"accesstime": "2024-05-01T12:00:00Z"}, {"atime": "1714564800"}),
        ({"accesstime": "0001-01-01T00:00:00Z", "changetime": None}, {}),
        ({"xattrs": {"user.a": "QQ=="}}, {"SCHILY.xattr.user.a": "A"}),
        ({"xattrs": {"user.a": "QUFB" * 200}}, {"SCHILY.xattr.user.a": "A" * 600}),
    ],
)
def test_numbers_and_attributes(entry: dict[str, object], pax: dict[str, str]) -> None:
    assert _reckoned(**entry) == _header(tarfile.PAX_FORMAT, name="n", pax_headers=pax)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00Z", 0),
        ("2024-05-01T14:00:00+02:00", 1_714_564_800),
        ("1969-12-31T23:59:59Z", -1),
        ("1969-12-31T23:59:58.5Z", -1.5),
        ("2024-05-01T12:00:00.000Z", 1_714_564_800),
        ("2024-05-01T12:00:00.123456789Z", 1714564800.123456789),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ],
)
def test_times(text: str, expected: float) -> None:
    assert seconds(text) == expected
    assert type(seconds(text)) is type(expected)


@pytest.mark.parametrize(
    "text",
    ["", "2024", "2024-05-01T12:00:00", "2024-05-01T12:00:61Z", "2024-05-01T12:00:00+99:99",
     "2024-05-01 12:00:00Z", "\u0662024-05-01T12:00:00Z", "2024-05-01T12:00:00." + "9" * 40 + "Z"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - some are those of datetime
        seconds(text)


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_the_layout_of_a_tar_split(step: int) -> None:
    lines = [
        {"type": 2, "payload": "QUFB", "position": 0},  # three bytes
        {"type": 1, "name": "a", "size": 10, "payload": "AAAAAAAAAAA=", "position": 1},
        {"type": 2, "payload": "QQ==", "position": 2},  # one byte
        {"type": 2, "payload": None, "position": 3},
        {"type": 1, "name": "b", "position": 4},
        {"type": 2, "payload": "QUE=", "position": 5},  # two bytes
    ]
    data = b"\n".join(map(dumps, lines))
    table = {
        "version": 1,
        "entries": [
            {"name": "a", "type": "reg", "size": 10, "offset": 1, "digest": "sha256:" + "0" * 64},
            {"name": "b", "type": "dir"},
        ],
    }
    a, b = decode(dumps(table)).files(100)
    assert (a.kind, b.kind) == (Kind.FILE, Kind.DIR)
    tar = SplitTar(data[k : k + step] for k in range(0, len(data), step))
    assert (tar.content(a), tar.content(b), tar.end()) == (3, 14, 16)
