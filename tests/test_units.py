from fractions import Fraction

import pytest

from muxprof import BadInput
from muxprof.units import (
    bytes_text,
    decimal_text,
    duration,
    figure,
    percent,
    rounds_to,
    scaled,
    share_text,
    three_digits,
)


def test_counts_and_bytes() -> None:
    assert scaled(316_454_832) == "316 M"
    assert scaled(1_500) == "1.50 K"
    assert scaled(999) == "999"
    assert [scaled(n) for n in (9_994, 9_999, 99_950, 999_499, 999_950)] == [
        "9.99 K",
        "10.0 K",
        "100 K",
        "999 K",
        "1.00 M",
    ]
    assert [bytes_text(n) for n in (1024, 10_239, 1_048_570, 1000 * 1024)] == [
        "1.00 KiB",
        "10.0 KiB",
        "1.00 MiB",
        "1000 KiB",
    ]
    assert bytes_text(1023) == "1023 B"
    assert bytes_text(3 * 1024 * 1024 + 1024 * 512) == "3.50 MiB"
    assert bytes_text(1 << 40) == "1.00 TiB"
    assert percent(1, 8) == "12.5"
    assert percent(0, 0) == "-"


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(1, 4), "0.25"), (Fraction(6), "6"), (Fraction(7, 24), "7/24"), (Fraction(3, 64), "0.046875")],
)
def test_decimal_text_is_exact(value: Fraction, text: str) -> None:
    assert decimal_text(value) == text
    assert Fraction(text) == value


def test_printed_figures() -> None:
    assert figure("3.4 M") == (3_400_000, 100_000)
    assert figure("218 M") == (218_000_000, 1_000_000)
    assert figure("0.3 B") == (300_000_000, 100_000_000)
    assert rounds_to(3_354_276, "3.4 M")
    assert not rounds_to(216_808_112, "218 M")
    assert rounds_to(300_774_272, "0.3 B")
    assert rounds_to(3_350_000, "3.4 M")  # half up
    assert not rounds_to(3_349_999, "3.4 M")
    for wrong in ("M", "3.4 Q", "", "1.23"):
        with pytest.raises(BadInput):
            figure(wrong)


@pytest.mark.parametrize(
    ("seconds", "scatter", "text"),
    [
        (0.0298, None, "29.8 ms"),
        (0.0298, 0.0, "29.8 ms"),
        (0.0298, 0.0009, "29.8 ms"),  # a tenth of 0.9 ms is in the first decimal
        (0.0298, 0.0036, "30 ms"),  # 12 %: whole milliseconds
        (0.02981, 0.00005, "29.81 ms"),
        (0.0298123, 1e-9, "29.81 ms"),  # never more than four digits
        (0.1234, 0.0369, "120 ms"),  # 30 %: tens
        (0.1234, 10.0, "120 ms"),  # never fewer than two
        (999.6e-6, None, "1.00 ms"),
        (999.4e-6, None, "999 µs"),
        (1e-6, None, "1.00 µs"),
        (250e-9, None, "250 ns"),
        (3e-10, None, "0.300 ns"),
        (1.0, None, "1.00 s"),
        (1234.5, None, "1,230 s"),
        (0, None, "0 s"),
    ],
)
def test_durations_have_as_many_digits_as_they_deserve(seconds: float, scatter: float | None, text: str) -> None:
    assert duration(seconds, scatter) == text


def test_rates_and_shares() -> None:
    assert [three_digits(value) for value in (0.05123, 12.34, 999.6, 1849.6, 0.00099, None)] == [
        "0.0512",
        "12.3",
        "1,000",
        "1,850",
        "<0.001",
        "-",
    ]
    assert [share_text(value) for value in (0, 0.004, 0.0994, 0.0995, 0.41, 1.3)] == [
        "0 %",
        "0.4 %",
        "9.9 %",
        "10 %",
        "41 %",
        "130 %",
    ]
