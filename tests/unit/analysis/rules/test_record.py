"""A judgement as bytes and back."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules import record
from layerlens.analysis.rules.engine import Judged, Judgement
from layerlens.analysis.rules.findings import Quiet
from layerlens.analysis.rules.model import LedgerClass, Topic
from layerlens.analysis.rules.record import decode_judgement, encode_judgement
from layerlens.layers.diagnostics import Diagnostic
from layerlens.outputs.findings import finding_fields
from tests.unit.outputs import samples


def judgement() -> tuple[Judgement, int]:
    analysis = samples.judged()
    assert analysis.judged is not None
    judged = replace(analysis.judged, quiet=(Quiet("still", "no \udcff", Topic.SECRETS),))
    notes = (Diagnostic("odd", "message", 1, b"\xff"), Diagnostic("even", "other"))
    distro = Distribution("debian", "12", "Debian 12")
    return Judgement(judged, distro, notes), len(analysis.filesystem.paths)


def test_what_was_said_comes_back() -> None:
    found, versions = judgement()
    again = decode_judgement(encode_judgement(found), versions)
    assert again is not None
    assert (again.distribution, again.notes) == (found.distribution, found.notes)
    assert dict(again.judged.claimed.inodes) == dict(found.judged.claimed.inodes)
    assert again.judged.quiet == found.judged.quiet
    for one, other in zip(found.judged.findings, again.judged.findings, strict=True):
        assert finding_fields(one) == finding_fields(other)
        assert list(one.versions) == list(other.versions)
        assert one.parts == other.parts
        assert one.claims == other.claims


def test_an_empty_record_is_a_judgement() -> None:
    data = b"\x98\x90\x90\xc4\0\x90\xc4\0\xc4\0\x93\xc4\0\xc4\0\xc4\0\x90"
    assert decode_judgement(data, 10) == Judgement(Judged())


def test_classes_are_known_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record outlives a class that is put between the others."""
    found, versions = judgement()
    monkeypatch.setattr(record, "_CLASSES", tuple(reversed(LedgerClass)))
    data = encode_judgement(found)
    monkeypatch.undo()
    again = decode_judgement(data, versions)
    assert again is not None
    assert dict(again.judged.claimed.inodes) == dict(found.judged.claimed.inodes)


def test_texts_that_are_no_utf_8() -> None:
    found, versions = judgement()
    first, *others = found.judged.findings
    odd = replace(first, title="\udcff", evidence=("\ud800",), parts={0: {"\udcfe": 1}})
    data = encode_judgement(replace(found, judged=Judged((odd, *others))))
    again = decode_judgement(data, versions)
    assert again is not None
    read = again.judged.findings[0]
    assert (read.title, read.evidence, read.parts) == (odd.title, odd.evidence, odd.parts)


def test_of_another_filesystem_it_says_nothing() -> None:
    found, _ = judgement()
    assert decode_judgement(encode_judgement(found), 2) is None


def test_damage_is_nothing_or_a_judgement() -> None:
    found, versions = judgement()
    good = encode_judgement(found)
    chance = random.Random(1)  # noqa: S311 - repeatable
    for _ in range(2000):
        damaged = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        decode_judgement(bytes(damaged[: chance.randrange(len(damaged) + 1)]), versions)
        decode_judgement(bytes(damaged), versions)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x90",
        # A class for a claim that is not there.
        b"\x98\x90\x90\xc4\0\x90\xc4\1\0\xc4\0\x93\xc4\0\xc4\0\xc4\0\x90",
        # A text that is none.
        b"\x98\x90\x90\xc4\0\x90\xc4\0\xc4\0\x93\xc4\1\xff\xc4\0\xc4\0\x90",
    ],
)
def test_what_is_no_record(data: bytes) -> None:
    assert decode_judgement(data, 10) is None
