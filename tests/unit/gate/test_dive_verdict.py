"""dive's rules: the cases of dive's own tests, its comparisons, and real images."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from layerlens.analysis.model import DiveFigures
from layerlens.gate.dive import DiveLimit, DiveSettings, dive_verdict, misconfigured
from layerlens.gate.model import DiveVerdict
from layerlens.pipeline import analyse_image, open_image
from tests.shared_fixtures import shared_fixture

DOCKER = DiveFigures(0.9844212134184309, 32_025, 0.4834911001404049, ())
"""What dive's own tests state of test-docker-image.tar."""
NAMES = ("lowestEfficiency", "highestWastedBytes", "highestUserWastedPercent")


def settings(efficiency: str, size: str, share: str) -> DiveSettings:
    return DiveSettings(
        DiveLimit(efficiency, "test"), DiveLimit(size, "test"), DiveLimit(share, "test")
    )


def statuses(verdict: DiveVerdict) -> tuple[str, ...]:
    assert tuple(each.rule for each in verdict.rulings) == NAMES
    return tuple(each.status for each in verdict.rulings)


FAIL, PASS, SKIP, WRONG = "fail", "pass", "skip", "misconfigured"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (("0.99", "1B", "0.01"), (FAIL, FAIL, FAIL)),
        (("0.9", "50kB", "0.5"), (PASS, PASS, PASS)),
        (("disabled", "disabled", "disabled"), (SKIP, SKIP, SKIP)),
        (("0.9", "1B", "0.5"), (PASS, FAIL, PASS)),
        (("1.1", "1MB", "0.5"), (WRONG, SKIP, SKIP)),
        (("-0.1", "1MB", "0.5"), (WRONG, SKIP, SKIP)),
        (("not_a_number", "1MB", "0.5"), (WRONG, SKIP, SKIP)),
        (("0.9", "not_a_size", "0.5"), (SKIP, WRONG, SKIP)),
        (("0.9", "disabled", "1.1"), (SKIP, SKIP, WRONG)),
        (("x", "y", "z"), (WRONG, WRONG, WRONG)),
    ],
)
def test_rules_of_dives_own_tests(limits: tuple[str, str, str], expected: tuple[str, ...]) -> None:
    verdict = dive_verdict(DOCKER, settings(*limits))
    assert statuses(verdict) == expected
    assert verdict.passed == (not {FAIL, WRONG} & set(expected))
    assert all(each.message and each.origin == "test" for each in verdict.rulings)


def test_a_limit_that_cannot_be_read_ends_the_judging() -> None:
    """Not even what would fail is judged, and what is switched off is not told as such."""
    verdict = dive_verdict(DOCKER, settings("0.99", "1B", "?"))
    assert statuses(verdict) == (SKIP, SKIP, WRONG)
    assert "another rule" in verdict.rulings[0].message


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        # Equality passes, whatever dive's documentation says; one step further fails.
        (("0.9844212134184309", "32025", "0.4834911001404049"), (PASS, PASS, PASS)),
        (("0.984421213418431", "32024", "0.48349110014040484"), (FAIL, FAIL, FAIL)),
        (("nan", "32.025kB", "NaN"), (PASS, PASS, PASS)),
        (("0x1p0", "31KiB", ".5"), (FAIL, FAIL, PASS)),
        (("0", "18446744073709549568", "1e-400"), (PASS, PASS, FAIL)),
    ],
)
def test_comparisons(limits: tuple[str, str, str], expected: tuple[str, ...]) -> None:
    assert statuses(dive_verdict(DOCKER, settings(*limits))) == expected


def test_a_figure_that_is_none_passes_and_an_infinite_one_fails() -> None:
    default = settings("0.9", "disabled", "0.1")
    single = dive_verdict(replace(DOCKER, user_wasted_percent=math.nan), default)
    assert statuses(single) == (PASS, SKIP, PASS)
    assert "no bytes above the first layer" in single.rulings[2].message
    endless = dive_verdict(replace(DOCKER, user_wasted_percent=math.inf), default)
    assert statuses(endless) == (PASS, SKIP, FAIL)
    assert statuses(
        dive_verdict(replace(DOCKER, user_wasted_percent=math.inf), settings("0", "0", "1"))
    ) == (PASS, FAIL, FAIL)


def test_messages_name_both_sides() -> None:
    messages = [
        each.message for each in dive_verdict(DOCKER, settings("0.99", "1kB", "0.25")).rulings
    ]
    assert messages == [
        "efficiency 0.9844212134184309 is below 0.99",
        "32,025 bytes wasted, 31,025 more than the limit of 1,000",
        "user-wasted ratio 0.4834911001404049 is above 0.25",
    ]


class TestMisconfigured:
    @pytest.mark.parametrize("text", ["", "off", "false", "Off", "FALSE", "Disabled", " disabled"])
    @pytest.mark.parametrize("rule", NAMES)
    def test_only_one_word_switches_off(self, rule: str, text: str) -> None:
        problem = misconfigured(rule, DiveLimit(text, ""))
        assert problem is not None
        assert "by the word disabled only" in problem

    @pytest.mark.parametrize("text", ["1.1", "-0.1", "inf", "-1e-9", "90%", "0,9", "true", "20MB"])
    @pytest.mark.parametrize("rule", [NAMES[0], NAMES[2]])
    def test_ratios(self, rule: str, text: str) -> None:
        problem = misconfigured(rule, DiveLimit(text, ""))
        assert problem is not None
        assert repr(text) in problem
        assert "a ratio from 0 to 1" in problem

    @pytest.mark.parametrize("text", ["-1", "20e6", "lots", "20 MBit", "16EiB", "[…]"])
    def test_sizes(self, text: str) -> None:
        problem = misconfigured(NAMES[1], DiveLimit(text, ""))
        assert problem is not None
        assert "a size (20MB)" in problem

    def test_what_is_right(self) -> None:
        assert misconfigured(NAMES[0], DiveLimit("nan", "")) is None
        assert misconfigured(NAMES[1], DiveLimit("20 mib", "")) is None
        assert misconfigured(NAMES[2], DiveLimit("disabled", "")) is None


_DEFAULT = ("0.9", "disabled", "0.1")
_OF_DIVE = ("0.95", "20Mb", "0.5")
"""What dive's repository asks of its own test images."""
_SINGLE = [(_DEFAULT, (PASS, SKIP, PASS)), (_OF_DIVE, (PASS, PASS, PASS)),
           (("1", "0", "0"), (PASS, PASS, PASS))]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        (
            "test-docker-image.tar",
            [
                (_DEFAULT, (PASS, SKIP, FAIL)),
                (_OF_DIVE, (PASS, PASS, PASS)),
                (("0.985", "32025", "0.484"), (FAIL, PASS, PASS)),
                (("0.984", "32024", "0.483"), (PASS, FAIL, FAIL)),
            ],
        ),
        (
            "test-kaniko-image.tar",
            [
                (_DEFAULT, (PASS, SKIP, FAIL)),
                (_OF_DIVE, (PASS, PASS, PASS)),
                (("0.98", "46245", "0.489"), (FAIL, PASS, PASS)),
                (("0.979", "46244", "0.488"), (PASS, FAIL, FAIL)),
            ],
        ),
        ("test-oci-uncompressed-image.tar", _SINGLE),
        ("test-oci-gzip-image.tar", _SINGLE),
        ("test-oci-zstd-image.tar", _SINGLE),
        ("test-oci-estargz-image.tar", _SINGLE),
    ],
)
def test_verdicts_on_dives_images(
    name: str, cases: list[tuple[tuple[str, str, str], tuple[str, ...]]]
) -> None:
    """Expected by dive's published figures, and seen from dive 0.13.1 itself."""
    image = open_image(str(shared_fixture(f"dive/{name}")))
    try:
        figures = analyse_image(image).dive
    finally:
        image.close()
    for limits, expected in cases:
        assert statuses(dive_verdict(figures, settings(*limits))) == expected, limits
