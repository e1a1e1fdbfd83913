"""Budgets: exact bounds on costs, as people type them.

``<=218M``, ``<218M``, ``>=60M``, ``>60M``, ``60M:70M`` (inclusive), ``60M:``, ``:70M``, ``=216808112``, and ``~1.8M``
for counts that round to that figure. A bare ``218M`` is an upper bound. Suffixes are K, M, G (or B) and T, in either
case; decimals are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.units import figure, grouped

_SCALES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12}
_AMOUNT = re.compile(r"(\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})\s*([KMBGT]?)", re.IGNORECASE | re.ASCII)
#: The largest allowed count: sums of two still fit into 64 bits.
MAX_COUNT = 1 << 61

EXAMPLES = "218M, <=218M, >=60M, 60M:70M, =216808112 or ~1.8M"


@dataclass(frozen=True)
class Bounds:
    """The smallest and the largest count that a budget allows; None if there is no such bound."""

    low: int | None = None
    high: int | None = None

    def __contains__(self, count: int) -> bool:
        """Whether a count is within the bounds."""
        return (self.low is None or count >= self.low) and (self.high is None or count <= self.high)

    def __and__(self, other: Bounds) -> Bounds:
        """The intersection, which may be empty."""
        lows = [bound for bound in (self.low, other.low) if bound is not None]
        highs = [bound for bound in (self.high, other.high) if bound is not None]
        return Bounds(max(lows, default=None), min(highs, default=None))

    @property
    def empty(self) -> bool:
        """Whether no count is within the bounds."""
        return self.low is not None and self.high is not None and self.low > self.high

    @property
    def text(self) -> str:
        """The bounds in words: ``60,000,000 to 70,000,000``, ``at most 218,000,000``."""
        if self.low is None:
            return "any" if self.high is None else f"at most {grouped(self.high)}"
        if self.high is None:
            return f"at least {grouped(self.low)}"
        return (
            f"{grouped(self.low)} to {grouped(self.high)}" if self.low != self.high else f"exactly {grouped(self.low)}"
        )


#: Bounds by the name of a cost.
Budget = Mapping[str, Bounds]


def amount(text: str, name: str) -> Fraction:
    """The exact count that was typed: ``"1.8M"`` is 1800000. Raises :class:`BadInput` for anything else."""
    match = _AMOUNT.fullmatch(text.strip().replace("_", "").replace(",", ""))
    if match is None:
        raise BadInput(f"{name} = {shown(text)!r} is no amount; write it like 3.4M or 3354276.")
    value = Fraction(match[1]) * _SCALES[match[2].upper()]
    if value > MAX_COUNT:
        raise BadInput(f"{name} = {shown(text)!r} is out of range; it must be below 2^61.")
    return value


def bounds(text: str, name: str) -> Bounds:
    """The bounds that were typed; ``name`` is the cost's, for messages. Raises :class:`BadInput` for anything else."""
    written = text.strip()
    for sign in ("<=", ">=", "≤", "≥", "<", ">", "=", "~"):
        if written.startswith(sign):
            return _signed(sign, written.removeprefix(sign), name)
    if ":" in written:
        low, _, high = written.partition(":")
        if not (low.strip() or high.strip()):
            raise BadInput(f"{name} = {shown(text)!r} has no bound; write it like {EXAMPLES}.")
        made = Bounds(_ceiling(amount(low, name)) if low.strip() else None) & Bounds(
            None, amount(high, name).__floor__() if high.strip() else None
        )
        if made.empty:
            raise BadInput(f"{name} = {shown(text)!r} holds no count: its lower end lies above its upper one.")
        return made
    if not _AMOUNT.fullmatch(written.replace("_", "").replace(",", "")):
        raise BadInput(f"{name} = {shown(text)!r} is no budget; write it like {EXAMPLES}.")
    return Bounds(None, amount(written, name).__floor__())


def all_of(texts: Iterable[str], name: str) -> Bounds:
    """The intersection of all typed bounds; raises :class:`BadInput` if it is empty."""
    made = Bounds()
    for text in texts:
        both = made & bounds(text, name)
        if both.empty:
            raise BadInput(f"{name} = {shown(text)!r} contradicts the bound before it, {made.text}.")
        made = both
    return made


def _signed(sign: str, text: str, name: str) -> Bounds:
    if sign == "~":
        return _rounding(text, name)
    value = amount(text, name)
    if sign in ("<=", "≤"):
        return Bounds(None, value.__floor__())
    if sign in (">=", "≥"):
        return Bounds(_ceiling(value))
    if sign == ">":
        return Bounds(value.__floor__() + 1)
    if sign == "<":
        return Bounds(None, _ceiling(value) - 1)
    if value.denominator != 1:
        raise BadInput(f"{name} = {shown(text)!r} is no whole number; counts are.")
    return Bounds(int(value), int(value))


def _rounding(text: str, name: str) -> Bounds:
    """The counts that a figure stands for, if counts are rounded half up to its precision."""
    amount(text, name)
    try:
        value, unit = figure(text.strip().upper())
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from None
    return Bounds(_ceiling(Fraction(2 * value - unit, 2)), _ceiling(Fraction(2 * value + unit, 2)) - 1)


def _ceiling(value: Fraction) -> int:
    return value.__ceil__()
