"""Numbers as Go reads them: each answer was had from Go 1.24 and go-humanize 1.0.1."""

from __future__ import annotations

import math

import pytest

from layerlens.gate.go_numbers import format_float, parse_bytes, parse_float


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.9", 0.9), (".5", 0.5), ("5.", 5.0), ("1e-2", 0.01), ("+1E+2", 100.0), ("-0.1", -0.1),
        ("0x1p-2", 0.25), ("0X.8P0", 0.5), ("-0x1.8p+1", -3.0), ("1e-400", 0.0),
        ("1_0.5", 10.5), ("0x_1_0p-4", 1.0), ("1e1_0", 1e10), ("007", 7.0),
        ("inf", math.inf), ("+Infinity", math.inf), ("-INF", -math.inf),
    ],
)  # fmt: skip
def test_numbers(text: str, number: float) -> None:
    assert parse_float(text) == number


def test_what_is_no_number_by_name() -> None:
    assert math.isnan(parse_float("NaN"))
    assert math.isnan(parse_float("nan"))


@pytest.mark.parametrize(
    "text",
    [
        "", " 0.9", "0.9 ", "0,9", "90%", "1e", ".", "e5", "0x1", "0x", "0xp1", "1__0", "_1", "1_",
        "1_.5", "0b1", "0o7", "1e400", "-1e400", "0x1p2000", "+nan", "infin", "\u0661", "1d5", "--1",
        "9" * 2000,
    ],
)  # fmt: skip
def test_no_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="is"):
        parse_float(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("32025", 32025), ("20MB", 20_000_000), ("20mb", 20_000_000),
        ("19Mb", 19_000_000), ("20MiB", 20_971_520), ("20Mi", 20_971_520), ("20m", 20_000_000),
        ("1.5 kB", 1500), ("1,000.5kB", 1_000_500), (",1", 1), ("0.9", 0), ("2\u00a0K", 2000),
        ("1EiB", 2**60), ("15EB", 15 * 10**18), ("18446744073709549568", 18446744073709549568),
        ("7 t\n", 7 * 10**12), ("3pib", 3 * 2**50),
    ],
)  # fmt: skip
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "", "MB", "-1MB", "+1MB", "1e6", "0x10", "1.2.3MB", " 20MB", "20 M B", "20mbit", "20%",
        "16EiB", "18446744073709551615", "not_a_size", "\u0663MB", "1_000", "inf", "nan", "disabled",
    ],
)  # fmt: skip
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="is"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.9, "0.9"), (1.0, "1"), (2e7, "20000000"), (1e-7, "0.0000001"), (1e22, "1" + "0" * 22),
        (0.4834911001404049, "0.4834911001404049"), (-0.5, "-0.5"),
        (math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN"),
    ],
)  # fmt: skip
def test_shortest_digits(number: float, text: str) -> None:
    assert format_float(number) == text
