"""dive's JSON export: byte for byte what dive 0.13.1 itself wrote of the same archive."""

from __future__ import annotations

import io
import json
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from layerlens.analysis.model import Analysis
from layerlens.cli.main import main
from layerlens.layers.table import LayerTable
from layerlens.outputs.dive_json import write_dive_json
from layerlens.pipeline import analyse_image, open_image
from tests.builders import (
    Image,
    char,
    directory,
    fifo,
    file,
    hardlink,
    layer,
    opaque,
    symlink,
    whiteout,
)
from tests.effort import at_most
from tests.shared_fixtures import shared_fixture
from tests.unit.outputs import samples

GOLDEN = Path(__file__).parent / "dive-0.13.1.json"
"""What ``dive --source docker-archive`` of release 0.13.1 wrote of :func:`odd` with ``--json``."""

EXPECTED = GOLDEN.read_bytes().replace(b"\x7f", b"\\u007f")
"""The same: one character of it nobody sees, and is escaped here."""


def odd() -> Image:
    """Every kind of entry, names that sort and escape oddly, and a history with gaps."""
    when = {"created": "2024-05-01T12:00:00Z"}
    return Image(
        [
            layer(
                directory("etc"),
                file("a/b/c", b"x" * 5),
                file("a-b", b"y"),
                file("a\x01", b"z"),
                directory("a", 0o1777, uid=7),
                file("su", b"s", mode=0o4755),
                file("sg", b"s", mode=0o2755),
                char("dev/null", 1, 3),
                fifo("dev/f"),
                symlink("l", "../x<&>"),
                hardlink("h", "a-b"),
                file(b"bad\xff\xe4\xbd\xed\xa0\x80"),
                file('u\u2028\u2029"\\\x1b\n\x7f<b>&amp;', b"q"),
                file("dup", b"1"),
                file("dup", b"22"),
                file("x" * 300 + "/" + "y" * 200, b"long"),
                file("mode", b"m", mode=0o100644),
                file("big", uid=3_000_000, gid=2_500_000),
            ),
            layer(
                whiteout("a-b"),
                whiteout("a/b"),
                opaque("opq"),
                file(".wh..wh.plnk/1", b"p"),
                file("deep/.wh..wh.aux/sub/f", b"p"),
                file("deep/.wh.gone/kid", b"k"),
                directory("emptydir/"),
            ),
            layer(),
            layer(file("a-b", b"yyyy"), symlink("l2", "n\u00e9w")),
        ],
        history=[
            when | {"created_by": "/bin/sh -c #(nop) ADD <x> & y"},
            when | {"created_by": "CMD", "empty_layer": True},
            when | {"created_by": "RUN /bin/sh -c x\n\ty"},
            when,
        ],
    )


def export(analysis: Analysis) -> bytes:
    stream = io.BytesIO()
    write_dive_json(analysis, stream)
    return stream.getvalue()


def analysed(path: Path) -> Analysis:
    image = open_image(str(path))
    try:
        return analyse_image(image)
    finally:
        image.close()


def test_what_dive_writes(tmp_path: Path) -> None:
    assert export(analysed(odd().save_25(tmp_path / "odd.tar"))) == EXPECTED


def test_from_a_saved_analysis(tmp_path: Path) -> None:
    path = str(odd().save_25(tmp_path / "odd.tar"))
    saved, out = str(tmp_path / "odd.lls"), tmp_path / "out.json"
    assert main([path, "--quiet", "--no-findings", "--save", saved]) == 0
    assert main(["open", saved, "--quiet", "--dive-json", str(out)]) == 0
    assert out.read_bytes() == EXPECTED


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path, out = str(odd().save_25(tmp_path / "odd.tar")), tmp_path / "out.json"
    out.write_bytes(b"{" * 50_000)
    assert main([path, "--quiet", "--no-findings", "--dive-json", str(out)]) == 0
    assert out.read_bytes() == EXPECTED


_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}


def _object(**fields: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_FILE = _object(
    path=_TEXT,
    typeFlag={"enum": [0, *range(48, 55)]},
    linkName=_TEXT,
    size=_COUNT,
    fileMode={"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    uid={"type": "integer"},
    gid={"type": "integer"},
    isDir={"type": "boolean"},
)
_LAYER = _object(
    index=_COUNT, id=_TEXT, digestId=_TEXT, sizeBytes=_COUNT, command=_TEXT, fileList=_list(_FILE)
)
_IMAGE = _object(
    sizeBytes=_COUNT,
    inefficientBytes=_COUNT,
    efficiencyScore={"type": "number"},
    fileReference=_list(
        _object(count={"type": "integer", "minimum": 2}, sizeBytes=_COUNT, file=_TEXT)
    ),
)
SCHEMA = Draft202012Validator(_object(layer=_list(_LAYER), image=_IMAGE))


@pytest.mark.parametrize(
    "make", [samples.shop, samples.clean, samples.empty, samples.hostile, samples.many]
)
def test_structure(make: Callable[[], Analysis]) -> None:
    analysis = make()
    data = export(analysis)
    document = json.loads(data)
    SCHEMA.validate(document)
    # What HTML would read is escaped, as Go does it.
    assert not any(byte < 32 and byte != 10 for byte in data)
    assert not set(b"<>&") & set(data)
    assert list(document) == ["layer", "image"]
    for facts, written in zip(analysis.layers, document["layer"], strict=True):
        assert list(written) == list(_LAYER["properties"])
        assert all(list(each) == list(_FILE["properties"]) for each in written["fileList"])
        assert written["index"] == facts.index
        assert written["digestId"] == (str(facts.diff_id) if analysis.history else "")
        names = [each["path"] for each in written["fileList"] if each["path"]]
        assert len(names) == len(set(names)) or make is samples.hostile
    figures = document["image"]
    assert figures["sizeBytes"] == sum(each["sizeBytes"] for each in document["layer"])
    assert figures["efficiencyScore"] == analysis.dive.efficiency
    assert figures["inefficientBytes"] == analysis.dive.wasted_bytes
    assert len(figures["fileReference"]) == len(analysis.dive.inefficient_files)


def test_the_escapes_mean_what_dive_wrote() -> None:
    assert json.loads(EXPECTED) == json.loads(GOLDEN.read_bytes())


def test_no_layers() -> None:
    assert export(samples.empty()) == (
        b'{\n  "layer": [],\n  "image": {\n    "sizeBytes": 0,\n    "inefficientBytes": 0,\n'
        b'    "efficiencyScore": 1,\n    "fileReference": []\n  }\n}'
    )


def test_secrets_are_hidden(tmp_path: Path) -> None:
    image = Image([layer(file("a"))], ["|1 NPM_TOKEN=abc123secret /bin/sh -c npm ci"])
    data = export(analysed(image.save_25(tmp_path / "x.tar")))
    assert b"abc123secret" not in data
    assert b"|1 NPM_TOKEN=" in data


def of_names(names: Sequence[bytes]) -> Analysis:
    """An analysis of one layer of empty files, made without a tar."""
    header = b"0000644\0" + b"0000001\0" * 2 + b"0" * 11 + b"\0" + b"0" * 11 + b"\0"
    table = LayerTable(
        names=list(names),
        kinds=bytearray(b"0" * len(names)),
        sizes=array("q", bytes(8 * len(names))),
        raw=bytearray(header * len(names)),
    )
    clean = samples.clean()
    return replace(
        clean, layers=clean.layers[:1], filesystem=replace(clean.filesystem, tables=[table])
    )


def test_long_chains_of_parents_cost_no_more_than_they_are_long() -> None:
    with at_most(5):
        document = json.loads(export(of_names([b"d/" * 40_000 + b"f", b"a/" * 2_000 + b"f"])))
    names = [each["path"] for each in document["layer"][0]["fileList"]]
    assert names.count("") == 2_000 + 2_048  # parents longer than PATH_MAX are passed over
    assert len(names) == 2_000 + 2_048 + 2


def test_a_hundred_thousand_files_take_no_more_than_each_its_share() -> None:
    """Half a second, measured; each with each of them would take an hour."""
    names = [f"usr/lib/pkg{k % 900}/dir{k % 37}/file-{k}.js".encode() for k in range(100_000)]
    analysis = of_names(names)
    with at_most(10):
        data = export(analysis)
    assert data.count(b'"typeFlag": 48') == 100_000
    assert data.count(b'"fileMode": 420') == 100_000


@pytest.mark.parametrize(
    ("name", "nodes", "sizes"),
    [
        (
            "test-docker-image.tar",
            [415, 1, 4, 3, 3, 3, 3, 4, 2, 2, 4, 2, 3, 2],
            [1_154_361, 6405, 0, *[6405] * 6, 0, 2187, *[6405] * 3],
        ),
        ("test-kaniko-image.tar", 457, 1_326_410),
        ("test-oci-gzip-image.tar", 1, 11_189),
        ("test-oci-estargz-image.tar", 1, 11_189),
    ],
)
def test_dives_own_images(name: str, nodes: Any, sizes: Any) -> None:
    """Counts and sizes that dive's tests and snapshots state."""
    document = json.loads(export(analysed(shared_fixture(f"dive/{name}"))))
    SCHEMA.validate(document)
    counts = [len(each["fileList"]) for each in document["layer"]]
    bytes_ = [each["sizeBytes"] for each in document["layer"]]
    assert (counts if isinstance(nodes, list) else sum(counts)) == nodes
    assert (bytes_ if isinstance(sizes, list) else sum(bytes_)) == sizes
