from __future__ import annotations

from fractions import Fraction

import pytest

from muxprof.errors import BadInput
from muxprof.spec.budgets import Bounds, all_of, amount, bounds


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("218M", None, 218_000_000),
        ("<=218M", None, 218_000_000),
        (" <= 3.4 m ", None, 3_400_000),
        ("<218M", None, 217_999_999),
        ("<2.5", None, 2),
        (">=60M", 60_000_000, None),
        (">=2.5", 3, None),
        (">60M", 60_000_001, None),
        ("60M:70M", 60_000_000, 70_000_000),
        ("60M:", 60_000_000, None),
        (":1.8B", None, 1_800_000_000),
        ("=216,808,112", 216_808_112, 216_808_112),
        ("0.29G", None, 290_000_000),
        ("~1.8M", 1_750_000, 1_849_999),
        ("~66M", 65_500_000, 66_499_999),
        ("~3", 3, 3),
    ],
)
def test_bounds_are_exact(text: str, low: int | None, high: int | None) -> None:
    assert bounds(text, "x") == Bounds(low, high)


def test_bounds_hold_counts() -> None:
    assert 5 in Bounds(5, 5)
    assert 6 not in Bounds(5, 5)
    assert 10**12 in Bounds(5)
    assert (Bounds(3) & Bounds(None, 2)).empty
    assert all_of([">=3", "<9", "<=7"], "x") == Bounds(3, 7)


def test_an_amount_is_no_float() -> None:
    assert amount("0.1K", "x") == 100
    assert amount("1.0000000001G", "x") == Fraction(10_000_000_001, 10)


@pytest.mark.parametrize(
    "text", ["", "M", "1e6", "-1", "nan", "inf", "1M:2M:3M", "2M:1M", "٣M", "1.2.3", "<>3", "=0.5"]
)
def test_what_is_no_budget(text: str) -> None:
    with pytest.raises(BadInput, match=r"^x = .*"):
        bounds(text, "x")
