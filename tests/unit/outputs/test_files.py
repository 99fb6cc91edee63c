"""Lists of files: what a row says, and that three formats say the same."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.errors import UsageError
from layerlens.outputs.csv_cells import name_cells
from layerlens.outputs.display import escape_path
from layerlens.outputs.files import CSV_COLUMNS, permissions, seconds, write_files
from layerlens.outputs.rows import Row, rows
from layerlens.units import human_size
from tests.builders import char, directory, file, hardlink, symlink, whiteout
from tests.unit.outputs import samples

Make = Callable[[], Analysis]
ALL = [samples.shop, samples.clean, samples.empty, samples.hostile]


def written(analysis: Analysis, fmt: str, layer: int | None = None) -> bytes:
    stream = io.BytesIO()
    write_files(analysis, stream, fmt, layer)
    return stream.getvalue()


def objects(analysis: Analysis, layer: int | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(analysis, "ndjson", layer).splitlines()]


def table_rows(analysis: Analysis, layer: int | None = None) -> list[str]:
    return written(analysis, "table", layer).decode().split("\n")[1:-1]


def csv_rows(analysis: Analysis, layer: int | None = None) -> list[dict[str, str]]:
    text = written(analysis, "csv", layer).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def every_list() -> list[Any]:
    return [
        pytest.param(make, layer, id=f"{make.__name__}-{layer}")
        for make in ALL
        for layer in (None, *range(len(make().layers)))
    ]


@pytest.mark.parametrize("make", [*ALL, samples.many])
def test_rows_are_the_entries_of_the_filesystem(make: Make) -> None:
    fs = make().filesystem
    assert [tuple(row[:10]) for row in rows(fs, None)] == list(fs.final_entries())
    for layer in range(len(fs.tables)):
        events = list(fs.events(layer))
        found = list(rows(fs, layer))
        assert [(r.path, r.change, r.modified_kind) for r in found] == [
            (e.path, e.change, e.modified_kind) for e in events
        ]
        for row, event in zip(found, events, strict=True):
            entry = fs.entry(event.entry)
            assert (row.mode, row.uid, row.gid, row.mtime, row.layer) == (
                entry.mode, entry.uid, entry.gid, entry.mtime, entry.layer,
            )  # fmt: skip


@pytest.mark.parametrize(("make", "layer"), every_list())
def test_three_formats_agree_row_for_row(make: Make, layer: int | None) -> None:
    analysis = make()
    plain = list(rows(analysis.filesystem, layer))
    lines, dicts, cells = (
        table_rows(analysis, layer),
        objects(analysis, layer),
        csv_rows(analysis, layer),
    )
    assert len(lines) == len(dicts) == len(cells) == len(plain)
    for line, found, cell, row in zip(lines, dicts, cells, plain, strict=True):
        for key, name in (("path", row.path), ("target", row.target)):
            if name is None:
                assert found[key] is None
                assert cell[key] == cell[f"{key}_base64"] == ""
                continue
            exact = found.get(f"{key}_base64")
            assert (base64.b64decode(exact) if exact else found[key].encode()) == name
            coded = cell[f"{key}_base64"]
            assert (base64.b64decode(coded) if coded else cell[key].encode()) == name
            assert escape_path(name) in line
        assert cell["type"] == found["type"] == row.kind
        assert int(cell["size"]) == found["size"] == row.size
        assert cell["mode"] == found["mode"] == f"{row.mode:04o}"
        assert permissions(row.kind, row.mode) in line
        assert (int(cell["uid"]), int(cell["gid"])) == (found["uid"], found["gid"])
        assert f"{row.uid}:{row.gid}" in line
        assert float(cell["mtime"]) == found["mtime"] == row.mtime
        assert int(cell["layer"]) == found["layer"] == row.layer
        assert found["transfer"] == row.transfer
        assert cell["transfer"] == ("" if row.transfer is None else str(row.transfer))
        if row.kind == "file":
            assert human_size(row.size) in line
            if analysis.layers[0].compressed_size is not None:
                assert f"≈ {human_size(row.transfer or 0)} " in line
        if row.device:
            assert cell["device"] == ":".join(map(str, found["device"]))
        else:
            assert cell["device"] == ""
            assert "device" not in found
        if layer is None:
            assert cell["change"] == cell["modified_kind"] == ""
            assert "change" not in found
            assert "modified_kind" not in found
        else:
            assert cell["change"] == found["change"] == row.change
            assert cell["modified_kind"] == (found["modified_kind"] or "")
            assert line.startswith(f"{row.change} {row.modified_kind or ''}".strip())


def test_contents_on_the_wire() -> None:
    """Contents, headers and padding of a layer make its blob, to the byte."""
    shop = samples.shop()
    for layer, tables in enumerate(shop.filesystem.tables):
        wire = tables.transfer
        assert wire is not None
        listed = {
            r["path"]: r["transfer"] for r in objects(shop, layer) if r["change"] != "removed"
        }
        at = files = rest = 0
        for i, name in enumerate(tables.names):
            rest += wire.span(at, tables.offsets[i] - at)
            at = tables.offsets[i] + tables.stored(i)
            found = wire.span(tables.offsets[i], tables.stored(i))
            files += found
            if tables.names.count(name) == 1 and name.decode() in listed:
                assert listed[name.decode()] == found
        rest += wire.span(at, tables.tar_size - at)
        assert files + rest == wire.compressed_size == shop.layers[layer].compressed_size


def test_a_hard_link_takes_nothing_on_the_wire() -> None:
    found = {row["path"]: row["transfer"] for row in objects(samples.shop())}
    assert found["bin/dash"] == 30_000
    assert found["bin/sh"] == found["etc"] == found["etc/mtab"] == 0


def test_what_is_not_compressed_has_no_transfer_size() -> None:
    assert [row["transfer"] for row in objects(samples.clean())] == [None, 0, None]
    assert [row["transfer"] for row in csv_rows(samples.clean())] == ["", "0", ""]
    assert "TRANSFER" not in written(samples.clean(), "table").decode()
    assert "TRANSFER" in written(samples.shop(), "table").decode()


def test_an_image_of_plain_and_compressed_layers() -> None:
    mixed = samples.shop.__wrapped__()  # one of its own, to be changed
    mixed.filesystem.tables[0].transfer = None
    lines = {line.split()[-1]: line for line in table_rows(mixed)}
    assert " ? " in lines["bin/su"]
    assert " ≈ 43.3 kB " in lines["app/model.bin"]


def test_the_final_filesystem() -> None:
    found = {row["path"]: row for row in objects(samples.shop())}
    assert found["bin/dash"]["type"] == "file"
    assert found["bin/dash"]["size"] == 90_000
    assert (found["bin/sh"]["type"], found["bin/sh"]["size"]) == ("hardlink", 0)
    assert found["bin/sh"]["target"] == "bin/dash"
    assert found["bin/su"]["mode"] == "4755"
    assert found["etc/mtab"]["target"] == "/proc/mounts"
    assert found["dev/null"]["device"] == [1, 3]
    assert found["app/main.py"]["layer"] == 4
    assert "var/lib/lists" not in found
    live = samples.shop().scores.live_bytes
    assert sum(row["size"] for row in found.values()) == live


def test_a_removed_row_is_the_version_that_went() -> None:
    found = {row["path"]: row for row in objects(samples.shop(), 3)}
    assert found["usr/git"] == {
        "path": "usr/git", "type": "file", "size": 60_000, "mode": "0755", "uid": 0, "gid": 0,
        "mtime": samples.DAY, "target": None, "layer": 1, "transfer": 20_000,
        "change": "removed", "modified_kind": None,
    }  # fmt: skip


def test_kinds_of_modification() -> None:
    shop = samples.shop()
    assert {r["path"]: r["modified_kind"] for r in objects(shop, 4)} == {
        "app": "metadata",  # not listed in the layer, so Docker makes it root's
        "app/main.py": "metadata",
        "app/model.bin": "metadata",
    }
    assert {r["path"]: r["modified_kind"] for r in objects(shop, 5)}["app/settings"] == "type"


def test_a_layers_links_ship_no_bytes() -> None:
    analysis = samples.build(
        [[file("a", b"a" * 10), hardlink("b", "a")], [hardlink("c", "a")], [whiteout("b")]]
    )
    first, second, third = (objects(analysis, k) for k in range(3))
    assert [(r["path"], r["type"], r["size"], r["target"]) for r in first] == [
        ("a", "file", 10, None),
        ("b", "hardlink", 0, "a"),
    ]
    assert [(r["path"], r["type"], r["size"], r["target"]) for r in second] == [
        ("c", "hardlink", 0, "a")
    ]
    assert [(r["path"], r["type"], r["change"]) for r in third] == [("b", "hardlink", "removed")]


@pytest.mark.parametrize("layer", [-1, 6, 1000])
@pytest.mark.parametrize("fmt", ["table", "ndjson", "csv"])
def test_a_layer_that_is_not_there(fmt: str, layer: int) -> None:
    stream = io.BytesIO()
    with pytest.raises(UsageError, match=f"no layer {layer}") as caught:
        write_files(samples.shop(), stream, fmt, layer)
    assert caught.value.hint == "this image has layers 0 to 5"
    assert stream.getvalue() == b""


def test_an_image_without_layers_has_none_to_choose() -> None:
    with pytest.raises(UsageError) as caught:
        written(samples.empty(), "csv", 0)
    assert caught.value.hint == "this image has no layers"


def test_a_format_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="'yaml'") as caught:
        written(samples.clean(), "yaml")
    assert caught.value.hint == "choose table, ndjson, csv"


def test_ndjson_is_ascii_with_one_object_a_line() -> None:
    text = written(samples.hostile(), "ndjson")
    assert text.isascii()
    assert text.endswith(b"}\n")
    assert text.count(b"\n") == len(list(samples.hostile().filesystem.final_entries()))


def test_csv_follows_its_standard() -> None:
    text = written(samples.hostile(), "csv")
    assert text.startswith(",".join(CSV_COLUMNS).encode() + b"\r\n")
    assert text.endswith(b"\r\n")
    lines = text.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    entries = len(list(samples.hostile().filesystem.final_entries()))
    assert len(lines) == 1 + entries + 1


def test_no_cell_of_a_csv_is_a_formula() -> None:
    text = written(samples.hostile(), "csv").decode()
    for record in csv.reader(io.StringIO(text, newline="")):
        for cell in record:
            assert cell[:1] not in tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


@pytest.mark.parametrize(
    ("name", "cell", "exact"),
    [
        (b"plain", "plain", True),
        (b"=1", "'=1", False),
        (b"'=1", "'=1", True),
        (b"a=1", "a=1", True),
        (b"\t=1", r"\t=1", False),
        (b"\r=1", r"\r=1", False),
        (b"\xff", r"\xff", False),
        (rb"\xff", r"\xff", True),
        (b"", "", True),
    ],
)
def test_names_in_csv(name: bytes, cell: str, exact: bool) -> None:
    shown, coded = name_cells(name)
    assert shown == cell
    assert (coded == "") == exact
    assert exact or base64.b64decode(coded) == name


@pytest.mark.parametrize("layer", [None, 0, 1])
def test_nothing_in_a_table_reaches_the_terminal_raw(layer: int | None) -> None:
    text = written(samples.hostile(), "table", layer).decode()
    assert all(char == "\n" or char.isprintable() for char in text)
    assert len(text.splitlines()) == text.count("\n")


@pytest.mark.parametrize(
    ("kind", "mode", "shown"),
    [
        ("file", 0o644, "-rw-r--r--"),
        ("file", 0o4755, "-rwsr-xr-x"),
        ("file", 0o2644, "-rw-r-Sr--"),
        ("dir", 0o1777, "drwxrwxrwt"),
        ("symlink", 0o777, "lrwxrwxrwx"),
        ("hardlink", 0o755, "hrwxr-xr-x"),
        ("char", 0o666, "crw-rw-rw-"),
        ("block", 0o660, "brw-rw----"),
        ("fifo", 0o600, "prw-------"),
    ],
)
def test_permissions(kind: str, mode: int, shown: str) -> None:
    assert permissions(kind, mode) == shown


@pytest.mark.parametrize(
    ("mtime", "shown"),
    [
        (0, "0"),
        (-5, "-5"),
        (1.5, "1.5"),
        (float("nan"), ""),
        (float("inf"), ""),
        (10**30, "1" + "0" * 30),
    ],
)
def test_times(mtime: float, shown: str) -> None:
    assert seconds(mtime) == shown


def test_a_time_that_is_no_number_is_null() -> None:
    odd = samples.build([[file("a", b"a", pax=[("mtime", "1.5")])]])
    override = odd.filesystem.tables[0].overrides[0]
    odd.filesystem.tables[0].overrides[0] = type(override)(None, None, float("nan"))
    assert objects(odd)[0]["mtime"] is None
    assert csv_rows(odd)[0]["mtime"] == ""


def test_odd_owners_and_devices() -> None:
    analysis = samples.build(
        [
            [
                file("big", b"", uid=2**31, gid=2**32),
                directory("d", 0o7777),
                char("c", 10, 200),
                symlink("s", "d"),
            ]
        ]
    )
    found = {row["path"]: row for row in objects(analysis)}
    assert (found["big"]["uid"], found["big"]["gid"]) == (2**31, 2**32)
    assert found["d"]["mode"] == "7777"
    line = next(line for line in table_rows(analysis) if line.endswith("  c"))
    assert "10, 200" in line


def test_rows_come_one_by_one() -> None:
    class Counted(io.BytesIO):
        writes = 0

        def write(self, data: Any) -> int:
            self.writes += 1
            return super().write(data)

    analysis = samples.build([[file(f"f{k}") for k in range(5000)]])
    for fmt in ("table", "ndjson", "csv"):
        stream = Counted()
        write_files(analysis, stream, fmt)
        assert stream.writes >= 3
        assert stream.getvalue().count(b"\n") == 5000 + (fmt != "ndjson")


def test_a_row_without_a_change_is_of_the_final_filesystem() -> None:
    row = next(rows(samples.clean().filesystem, None))
    assert isinstance(row, Row)
    assert (row.change, row.modified_kind) == (None, None)
