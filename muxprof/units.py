"""How numbers are written for people, and how printed figures are read back."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from muxprof.errors import BadInput

_SCALES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12}
_FIGURE = re.compile(r"(\d+)(?:\.(\d+))?\s*([KMBGT]?)")


def grouped(count: int) -> str:
    """``102961152`` as ``102,961,152``."""
    return f"{count:,}"


def scaled(count: int) -> str:
    """A count to three significant digits with a decimal prefix (K, M, G, T): ``316454832`` as ``316 M``."""
    return _prefixed(count, 1000, ("", " K", " M", " G", " T"))


def bytes_text(count: int) -> str:
    """Bytes to three significant digits with a binary prefix: ``3211264`` as ``3.06 MiB``."""
    return _prefixed(count, 1024, (" B", " KiB", " MiB", " GiB", " TiB"))


def _prefixed(count: int, step: int, prefixes: tuple[str, ...]) -> str:
    """``count`` under the smallest prefix whose rounded number stays below ``step``."""
    if count < step:
        return f"{count}{prefixes[0]}"
    value, at = float(count), 0
    while float(_three_digits(value)) >= step and at < len(prefixes) - 1:
        value, at = value / step, at + 1
    return _three_digits(value) + prefixes[at]


def _three_digits(value: float) -> str:
    """Three significant digits; all digits before the point where there are more."""
    rounded = float(f"{value:.3g}") if value < 1000 else value
    return f"{rounded:.{max(0, 3 - len(str(int(rounded))))}f}"


def percent(part: int, of: int) -> str:
    """Share of a total in percent, ``12.3``; ``-`` where the total is zero."""
    return f"{100 * part / of:.1f}" if of else "-"


def share_text(share: float) -> str:
    """A share in prose: ``41 %``, and ``0.4 %`` below ten."""
    hundredths = 100 * share
    return f"{hundredths:.{0 if hundredths >= 9.95 or not hundredths else 1}f} %"


def duration(seconds: float, scatter: float | None = None) -> str:
    """Seconds in the unit that suits: ``29.8 ms``.

    The last digit is about a tenth of ``scatter``, the p90 - p10 of what was measured, within two to four digits:
    ``30 ms`` where that is 4 ms. Three digits where it is unknown or zero.
    """
    if not seconds:
        return "0 s"
    digits = 3
    if scatter:
        digits = math.floor(math.log10(abs(seconds))) - round(math.log10(scatter / 10)) + 1
    value = Decimal(f"{seconds:.{max(2, min(4, digits)) - 1}e}")
    for unit, power in (("s", 0), ("ms", 3), ("µs", 6)):
        if value.adjusted() >= -power:
            return f"{value.scaleb(power):,f} {unit}"
    return f"{value.scaleb(9):f} ns"


def three_digits(value: float | None) -> str:
    """Three significant digits in a column of one unit: ``0.0512``, ``12.3``, ``1,850``; ``-`` where there is none."""
    if value is None:
        return "-"
    return f"{Decimal(f'{value:.2e}'):,f}" if value >= 0.001 else "<0.001"


def and_more(texts: Sequence[str], most: int, and_: str = " and ") -> str:
    """At most ``most`` texts as a list, and how many more there are: ``a, b and 3 more``."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f"{and_}{more} more" if more > 0 else "")


def ratio_text(value: Fraction | float | None) -> str:
    """A ratio to four decimals; ``-`` where there is none."""
    return "-" if value is None else f"{float(value):.4f}"


def three_decimals(value: float) -> str:
    """A ratio to three decimals, halves rounded up, as a browser rounds it."""
    if not math.isfinite(value):
        return str(value)
    return str(Decimal(value).quantize(Decimal("0.001"), ROUND_HALF_UP))


def decimal_text(value: Fraction) -> str:
    """An exact ratio as people write it: ``0.25``, ``2.3``, or ``7/24`` where no decimal of six digits is exact."""
    millionths = value * 10**6
    if millionths.denominator != 1:
        return str(value)
    sign = "-" if millionths < 0 else ""
    whole, decimals = divmod(abs(millionths.numerator), 10**6)
    return f"{sign}{whole}.{decimals:06}".rstrip("0").rstrip(".")


def listed(words: Sequence[str]) -> str:
    """Words as in a sentence: ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def figure(text: str) -> tuple[int, int]:
    """A printed figure as (value, unit of its last digit): ``"3.4 M"`` is (3400000, 100000).

    Raises :class:`BadInput` for anything that is no such figure.
    """
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise BadInput(f"{text!r} is no figure like '3.4 M' or '218 M'.")
    whole, decimals, prefix = match[1], match[2] or "", match[3]
    unit = Fraction(_SCALES[prefix], 10 ** len(decimals))
    if unit.denominator != 1:
        raise BadInput(f"{text!r} has more decimals than its unit allows.")
    return int(whole + decimals) * unit.numerator, unit.numerator


def rounds_to(count: int, text: str) -> bool:
    """Whether ``count``, rounded half up to the precision of the printed figure, is that figure."""
    value, unit = figure(text)
    return (2 * count + unit) // (2 * unit) * unit == value
