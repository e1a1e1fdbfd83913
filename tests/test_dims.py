from fractions import Fraction

import pytest

from muxprof import BadInput
from muxprof.dims import divisors, ratio, shown, total, whole


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("0.25", Fraction(1, 4)),
        (0.29, Fraction(29, 100)),
        (".5", Fraction(1, 2)),
        ("7/24", Fraction(7, 24)),
        (6, Fraction(6)),
        ("1e-2", Fraction(1, 100)),
        (" 0.1 ", Fraction(1, 10)),
        (Fraction(1, 3), Fraction(1, 3)),
    ],
)
def test_ratio_is_what_was_written(written: int | float | str | Fraction, exact: Fraction) -> None:
    assert ratio(written, "L") == exact


@pytest.mark.parametrize(
    "text", ["nan", "inf", "", "abc", "1/0", "1e999999999", "0x10", "1,5", "9" * 5000, "--1", True]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="L = "):
        ratio(text, "L")


def test_divisors_by_trial_division() -> None:
    for n in (1, 2, 36, 97, 288, 960):
        assert divisors(n) == [d for d in range(1, n + 1) if n % d == 0]


def test_whole_refuses_a_fraction() -> None:
    assert whole(Fraction(6, 2)) == 3
    with pytest.raises(ArithmeticError, match="3/2"):
        whole(Fraction(3, 2))


def test_total_and_shown() -> None:
    assert total([]) == 0
    assert total([1, 2, 3]) == 6
    assert shown("x" * 100) == "x" * 40 + "... (100 characters)"
