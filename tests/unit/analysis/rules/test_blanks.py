"""Dumps, files of one byte, macOS's shadows."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.rules.catalogue import blanks
from layerlens.analysis.rules.model import Confidence, Severity
from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image
from layerlens.sources.image import ReadOptions
from tests.builders import Image, Member, file, layer
from tests.elves import Program
from tests.judging import Looked
from tests.owning import owned_by

MIB = 1 << 20


def looked(*members: Member) -> Looked:
    return Looked(Image([layer(*members)]), 0)


def test_dumps_are_told_by_their_content() -> None:
    dump = Program(kind=4).written()
    image = looked(
        file("srv/core", dump),
        file("app/core", b"a module called core" * 500),
        file("app/heap.hprof", b"JAVA PROFILE 1.0.2\0".ljust(9000, b"h")),
        file("app/hs_err_pid17.log", b"# A fatal error"),
    )
    rows = image.findings([blanks.RULE_SET])["core-dumps"]
    assert {(row.title, row.claimed, row.confidence) for row in rows} == {
        ("1 core dump and 1 Java heap dump", len(dump) + 9000, Confidence.CERTAIN),
        ("1 crash report of Java", 15, Confidence.LIKELY),
    }


@pytest.mark.parametrize("form", ["none", "gzip"])
def test_filled_files_are_proved_by_bytes_or_by_their_hash(tmp_path: Path, form: str) -> None:
    members = [
        file("zeros", bytes(3 * MIB + 5)),
        file("ones", b"\xff" * (MIB + 1)),
        file("nearly", bytes(MIB // 4) + b"x" + bytes(MIB)),
        file("small", bytes(MIB - 1)),
    ]
    path = Image([layer(*members)]).oci_archive(tmp_path / "image.tar", form)
    options = looking_inside(ReadOptions())
    image = open_image(str(path), options)
    try:
        analysis = analyse_image(image, options, rules=Rules([blanks.RULE_SET]))
    finally:
        image.close()
    (found,) = analysis.findings
    assert (found.title, found.bytes) == (
        "2 files of one byte over and over", 4 * MIB + 6,
    )  # fmt: skip
    assert (found.transfer_bytes is None) is (form == "none")
    assert found.transfer_bytes is None or found.transfer_bytes < 20_000


def test_zeros_by_name_and_those_of_packages() -> None:
    image = looked(file("swap", bytes(MIB)))
    (draft,) = image.drafts(blanks.check_filled)
    assert (draft.title, draft.most) == ("1 file of zeros", None)
    owned_by(image, Ecosystem.DEB, b"swap")
    (draft,) = image.drafts(blanks.check_filled)
    assert (draft.most, draft.confidence) == (Severity.INFO, Confidence.HINT)


def test_shadow_files_of_macos() -> None:
    image = looked(file("app/._a.png", b"\0\5\x16\7".ljust(4096)), file("app/._b", b"mine"))
    (found,) = image.findings([blanks.RULE_SET])["appledouble"]
    assert (found.title, found.bytes, found.paths) == (
        "1 shadow file of macOS (._*)", 4096, (b"app/._a.png",),
    )  # fmt: skip
