from fractions import Fraction

import pytest

from muxprof import BadInput
from muxprof.units import bytes_text, decimal_text, figure, percent, rounds_to, scaled


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
