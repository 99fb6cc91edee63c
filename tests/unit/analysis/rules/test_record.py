"""A judgement as bytes and back."""

from __future__ import annotations

import random

import pytest

from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules.engine import Judgement
from layerlens.analysis.rules.record import decode_judgement, encode_judgement
from layerlens.layers.diagnostics import Diagnostic
from layerlens.outputs.findings import finding_fields
from tests.unit.outputs import samples


def judgement() -> tuple[Judgement, int]:
    analysis = samples.judged()
    assert analysis.judged is not None
    notes = (Diagnostic("odd", "message", 1, b"\xff"), Diagnostic("even", "other"))
    distro = Distribution("debian", "12", "Debian 12")
    return Judgement(analysis.judged, distro, notes), len(analysis.filesystem.paths)


def test_what_was_said_comes_back() -> None:
    found, versions = judgement()
    again = decode_judgement(encode_judgement(found), versions)
    assert again is not None
    assert (again.distribution, again.notes) == (found.distribution, found.notes)
    assert dict(again.judged.claimed.inodes) == dict(found.judged.claimed.inodes)
    for one, other in zip(found.judged.findings, again.judged.findings, strict=True):
        assert finding_fields(one) == finding_fields(other)
        assert list(one.versions) == list(other.versions)
        assert one.parts == other.parts
        assert one.claims == other.claims


def test_of_another_filesystem_it_says_nothing() -> None:
    found, _ = judgement()
    assert decode_judgement(encode_judgement(found), 2) is None


def test_damage_is_nothing_or_a_judgement() -> None:
    found, versions = judgement()
    record = encode_judgement(found)
    chance = random.Random(1)  # noqa: S311 - repeatable
    for _ in range(2000):
        damaged = bytearray(record)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        decode_judgement(bytes(damaged[: chance.randrange(len(damaged) + 1)]), versions)
        decode_judgement(bytes(damaged), versions)


@pytest.mark.parametrize(
    "data", [b"", b"\x90", b"\x97\x90\x90\xc4\x00\xc4\x01\x01\xc4\x00\x93\xa0\xa0\xa0\x90"]
)
def test_what_is_no_record(data: bytes) -> None:
    assert decode_judgement(data, 10) is None
