"""Files that are no saved analyses, damaged ones, and ones that lie: each is one error."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import xxhash

from layerlens.analysis.packages.model import Inventory, Package, PackageChange
from layerlens.analysis.packages.record import decode_inventory, encode_inventory
from layerlens.analysis.rules.engine import Claimed, Judgement
from layerlens.analysis.rules.model import LedgerClass
from layerlens.analysis.rules.record import encode_judgement
from layerlens.cache import record
from layerlens.cache.packing import pack_sized
from layerlens.errors import FormatError, ImageError, LimitError, NotAnImageError, SourceError
from layerlens.image.model import BaseBoundary
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.table import Kind
from layerlens.saved import form
from layerlens.saved.load import load
from layerlens.saved.save import save
from layerlens.saved.sniff import MAGIC, is_saved
from tests.builders import Image, file, layer
from tests.unit.outputs import samples
from tests.unit.outputs.samples import APT, packaged
from tests.unit.saved.again import loaded, saved
from tests.unit.saved.opening import apart, together, with_document, with_layer

JUDGED = samples.judged()
GOOD = saved(JUDGED)
SHOP = saved(samples.shop())
HEAD = len(MAGIC) + 2 + 8 + 16


def refused(data: bytes, kind: type[ImageError] = FormatError) -> ImageError:
    """The error of a file."""
    with pytest.raises(kind) as caught:
        loaded(data)
    assert caught.value.where.file == "saved.lls"
    assert caught.value.hint or isinstance(caught.value, LimitError)
    return caught.value


class TestOtherFiles:
    @pytest.mark.parametrize(
        "data", [b"", b"{}", b"\x89LLsave", b"\x89PNG\r\n\x1a\n" * 9, bytes(99)]
    )
    def test_what_is_something_else(self, data: bytes, tmp_path: Path) -> None:
        refused(data, NotAnImageError)
        path = tmp_path / "x"
        path.write_bytes(data)
        assert not is_saved(str(path))

    def test_an_image(self, tmp_path: Path) -> None:
        path = Image([layer(file("a"))]).save_25(tmp_path / "image.tar")
        assert not is_saved(str(path))
        with pytest.raises(NotAnImageError):
            load(str(path))

    def test_what_cannot_be_read(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for name in ("none", "", "pipe", "nul\0"):
            assert not is_saved(str(tmp_path / name))
        for name in ("none", "."):
            with pytest.raises(SourceError, match="cannot read") as caught:
                load(str(tmp_path / name))
            assert caught.value.where.file == str(tmp_path / name)

    def test_a_good_one(self, tmp_path: Path) -> None:
        path = tmp_path / "x"
        path.write_bytes(GOOD)
        assert is_saved(str(path))


class TestDamage:
    def test_every_byte_counts(self) -> None:
        for at in range(len(MAGIC), len(GOOD), 7):
            bad = bytearray(GOOD)
            bad[at] ^= 1
            with pytest.raises(ImageError):
                loaded(bytes(bad))

    def test_every_end_is_missed(self) -> None:
        for end in range(len(MAGIC), len(GOOD)):
            assert "incomplete" in refused(GOOD[:end]).what

    def test_something_behind(self) -> None:
        assert "damaged" in refused(GOOD + b"\n").what

    def test_transferred_as_text(self) -> None:
        refused(GOOD.replace(b"\n", b"\r\n"), NotAnImageError)

    @pytest.mark.parametrize(
        "parts", [b"", b"\1", bytes(7), (9).to_bytes(8, "little"), (1 << 63).to_bytes(8, "little")]
    )
    def test_parts_that_are_none(self, parts: bytes) -> None:
        stream = io.BytesIO()
        form.write_parts(stream, [parts])
        whole = stream.getvalue()
        refused(whole, ImageError)
        bare = xxhash.xxh3_128(parts).digest()
        refused(whole[: len(MAGIC) + 2] + len(parts).to_bytes(8, "little") + bare + parts)

    def test_a_newer_version(self) -> None:
        at = len(MAGIC)
        for rest in (GOOD[at + 2 :], b"", b"anything else"):
            error = refused(GOOD[:at] + (form.VERSION + 1).to_bytes(2, "little") + rest)
            assert "newer" in error.what
            assert "as new" in str(error.hint)


class TestBombs:
    def test_a_length_that_is_not_there(self) -> None:
        data = bytearray(GOOD)
        data[len(MAGIC) + 2 : len(MAGIC) + 10] = (1 << 30).to_bytes(8, "little")
        assert "incomplete" in refused(bytes(data)).what
        data[len(MAGIC) + 2 : len(MAGIC) + 10] = (1 << 60).to_bytes(8, "little")
        refused(bytes(data), LimitError)

    def test_a_document_that_expands_beyond_what_it_says(self) -> None:
        _, *records = map(bytes, form.read_parts(io.BytesIO(GOOD)))
        bomb = bytearray(pack_sized(bytes(200 << 20)))
        for says, kind in ((200 << 20, LimitError), (1000, FormatError), (1 << 62, LimitError)):
            bomb[:8] = says.to_bytes(8, "little")
            stream = io.BytesIO()
            form.write_parts(stream, [bytes(bomb), *records])
            refused(stream.getvalue(), kind)

    @pytest.mark.parametrize("bound", ["MAX_EXPANDED", "MAX_DOCUMENT"])
    def test_parts_that_expand_too_much(self, bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(form, bound, 1500)
        assert "expands to" in refused(GOOD, LimitError).what
        stream = io.BytesIO()
        with pytest.raises(LimitError):
            save(JUDGED, stream)
        assert stream.getvalue() == b""

    def test_larger_than_a_file_may_be(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(form, "MAX_STORED", 100)
        stream = io.BytesIO()
        with pytest.raises(LimitError):
            save(JUDGED, stream)
        assert stream.getvalue() == b""

    def test_a_layer_of_zeros(self) -> None:
        """Real columns are never that much alike: twenty million entries in three kilobytes."""
        parts = apart(GOOD)
        length = int.from_bytes(parts[1][:4], "little")
        facts = msgspec.msgpack.decode(parts[1][4 : 4 + length])
        names = [each.name for each in msgspec.structs.fields(record._Facts)]
        facts[names.index("count")] = 20_000_000
        head = msgspec.msgpack.encode(facts)
        parts[1] = len(head).to_bytes(4, "little") + head + parts[1][4 + length :]
        assert "no analysis does that" in refused(together(parts), LimitError).what


class TestLies:
    """The checksum is right, and somebody who knows the form wrote what no analysis says."""

    def test_the_truth_passes(self) -> None:
        loaded(with_document(GOOD))
        loaded(with_layer(GOOD, lambda _: None))

    @pytest.mark.parametrize(
        "changes",
        [
            {"media_types": []}, {"media_types": [None] * 5}, {"saved_at": -1},
            {"saved_at": 1 << 50}, {"attestation_bytes": -1}, {"answers": b"x"},
            {"answers": bytes(8)}, {"judgement": b""}, {"judgement": b"\x90"}, {"inventory": None},
            {"inventory": b"\x90"}, {"base": BaseBoundary("sure", 1, "")},
            {"base": BaseBoundary("exact", 5, "")}, {"base": BaseBoundary("exact", -1, "")},
            {"diagnostics": (Diagnostic("a", "b", 4),)},
            {"diagnostics": (Diagnostic("a", "b", -1),)},
        ],
        ids=str,
    )  # fmt: skip
    def test_documents(self, changes: dict[str, Any]) -> None:
        error = refused(with_document(GOOD, **changes))
        assert "cannot be understood" in error.what

    @pytest.mark.parametrize("data", [b"", b"\xc0", b"\x91\xc4\x01\xff", b"\x91\xc4\x0512\xff45"])
    def test_what_is_no_document(self, data: bytes) -> None:
        assert "cannot be understood" in refused(together([data, *apart(GOOD)[1:]])).what

    def test_who_wrote_it_is_told(self) -> None:
        first, *records = apart(with_document(GOOD, by="9.9"))
        cut = bytearray(first)
        cut[-1:] = b""
        assert "layerlens of an unknown version" in refused(together([bytes(cut), *records])).what
        error = refused(with_document(GOOD, by="9.9" + "x" * 99, judgement=b""))
        assert error.what == f"cannot be understood: layerlens 9.9{'x' * 37} saved it"

    @pytest.mark.parametrize(
        "config", [b"", b"[]", b'{"rootfs": 1}', b'{"rootfs": {"diff_ids": ["x"]}}', b"\xff"]
    )
    def test_configurations(self, config: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("layerlens.saved.document.write_config", lambda _: config)
        refused(with_document(GOOD), ImageError)

    @pytest.mark.parametrize(
        "name",
        [b"/etc", b"etc/", b"../up", b"a/../b", b"a/..", b"..", b".", b"./a", b"a/.", b"a/./b",
         b"a//b", b"/"],
    )  # fmt: skip
    def test_names_that_lead_elsewhere(self, name: bytes) -> None:
        def rename(table: Any) -> None:
            table.names[3] = name

        def link(table: Any) -> None:
            first = next(i for i in table.links if table.kinds[i] == Kind.HARDLINK)
            table.links[first] = name

        refused(with_layer(SHOP, rename))
        refused(with_layer(SHOP, link))

    def test_names_that_only_look_so(self) -> None:
        loaded(with_layer(SHOP, lambda table: table.names.__setitem__(3, b"..a/b.. /.c./...")))

    @pytest.mark.parametrize(
        "change",
        [
            lambda t: t.sizes.__setitem__(0, 5),
            lambda t: t.sizes.__setitem__(0, -5),
            lambda t: t.kinds.__setitem__(1, Kind.DIR),
            lambda t: t.kinds.__setitem__(1, 0x39),
            lambda t: t.links.clear(),
        ],
    )
    def test_columns(self, change: Callable[[Any], object]) -> None:
        refused(with_layer(SHOP, change))

    @pytest.mark.parametrize(
        ("suspects", "parents"), [([], frozenset()), (None, frozenset({b"nowhere"}))]
    )
    def test_what_a_table_can_find_for_itself_is_not_believed(
        self, suspects: list[int] | None, parents: frozenset[bytes]
    ) -> None:
        def change(table: Any) -> None:
            table.suspects, table.known_parents = suspects, parents

        found = loaded(with_layer(SHOP, change, layer=3))
        assert found.ledger == samples.shop().ledger

    def finding(self, **changes: Any) -> bytes:
        found = JUDGED
        assert found.judged is not None
        first, *others = found.findings
        judged = replace(found.judged, findings=(replace(first, **changes), *others))
        return with_document(GOOD, judgement=encode_judgement(Judgement(judged)))

    @pytest.mark.parametrize(
        "changes",
        [
            {"layer": 4}, {"layer": -1}, {"bytes": -1}, {"claimed": -1}, {"transfer_bytes": -1},
            {"path_count": -1}, {"parts": {99: {"a": 1}}}, {"parts": {-1: {"a": 1}}},
            {"parts": {0: {"a": -1}}}, {"versions": [99]}, {"versions": [-1]},
        ],
        ids=str,
    )  # fmt: skip
    def test_findings(self, changes: dict[str, Any]) -> None:
        loaded(self.finding())
        refused(self.finding(**changes))

    @pytest.mark.parametrize("inode", ["too large", "dead", "directory", "none", "negative"])
    def test_claims(self, inode: str) -> None:
        found = JUDGED
        fs = found.filesystem
        assert found.judged is not None
        version, size = {
            "too large": (fs.live[b"bin/sh"], 5_000_001),
            "dead": (fs.deaths.inode[0], 1),
            "directory": (fs.live[b"tmp"], 0),
            "none": (len(fs.paths), 1),
            "negative": (fs.live[b"bin/sh"], -1),
        }[inode]  # fmt: skip
        claimed = Claimed({version: (LedgerClass.OTHER, size)})
        judged = replace(found.judged, claimed=claimed)
        refused(with_document(GOOD, judgement=encode_judgement(Judgement(judged))))

    @pytest.mark.parametrize(
        "inventory",
        [
            Inventory((Package(APT, b"", 4, [], 0),)),
            Inventory((Package(APT, b"", -1, [], 0),)),
            Inventory((Package(APT, b"", 0, [99], 0),)),
            Inventory((Package(APT, b"", 0, [-1], 0),)),
            Inventory(changes=(PackageChange(4, b""),)),
        ],
    )
    def test_packages(self, inventory: Inventory) -> None:
        refused(with_document(GOOD, inventory=encode_inventory(inventory)))

    def test_packages_that_are_not_listed(self) -> None:
        found = packaged()
        good = encode_inventory(found.inventory)
        assert decode_inventory(good, 99, 9) is not None
        for place, lie in ((1, [[9, b"", 0, b"", 0]]), (2, [[0, b"", [9], [], []]]),
                           (1, [[0, b"", 0, b"1234567", 0]])):  # fmt: skip
            fields = msgspec.msgpack.decode(good)
            fields[place] = lie
            assert decode_inventory(msgspec.msgpack.encode(fields), 99, 9) is None
