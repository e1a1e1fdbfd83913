"""Arithmetic for dimensions: one notation for ints, exact fractions, numpy arrays and sympy symbols.

A formula is written once, with ``+``, ``-``, ``*`` and ``//``, and works for whichever of these it is given.
Nothing here imports numpy or sympy; values are told apart by what they can do.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Protocol

from muxprof.errors import BadInput

_RATIO_TEXT = re.compile(
    r"[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})(e[+-]?\d{1,2})?|[+-]?\d{1,18}/\d{1,18}", re.IGNORECASE
)


class Dim(Protocol):
    """A dimension: ``int``, ``Fraction``, an integer numpy array, or a sympy expression."""

    def __add__(self, other: Any, /) -> Any:
        """Sum."""

    def __sub__(self, other: Any, /) -> Any:
        """Difference."""

    def __mul__(self, other: Any, /) -> Any:
        """Product."""

    def __floordiv__(self, other: Any, /) -> Any:
        """Floor of the quotient."""


def ratio(value: int | float | str | Fraction, name: str) -> Fraction:
    """The exact ratio that was written: ``"0.29"`` and ``0.29`` are 29/100, ``"7/24"`` is 7/24.

    A float stands for its shortest decimal text, because that is what a user typed. ``name`` is used in the
    message of the :class:`BadInput` that anything but a finite number raises.
    """
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return Fraction(value)
    text = repr(float(value)) if isinstance(value, float) else str(value).strip()
    if not _RATIO_TEXT.fullmatch(text):
        raise BadInput(f"{name} = {quoted(value)} is not a number; write it like 0.25 or 7/24.")
    if "/" in text and int(text.split("/")[1]) == 0:
        raise BadInput(f"{name} = {text} divides by zero; write it like 0.25 or 7/24.")
    return Fraction(text)


def integer(value: object, name: str) -> int:
    """``value`` as an int where it is one, also one of numpy's; :class:`BadInput` for anything else."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        raise BadInput(f"{name} = {quoted(value)} is not an integer.") from None


def whole(value: Fraction | int) -> int:
    """The integer that an integral fraction is; raises :class:`ArithmeticError` for any other."""
    if isinstance(value, Fraction):
        if value.denominator != 1:
            raise ArithmeticError(f"{value} is not an integer")
        return value.numerator
    return value


def total(values: Iterable[Any]) -> Any:
    """Sum without a leading ``0 +``, so that no array is copied and no expression is wrapped; 0 if empty."""
    iterator = iter(values)
    result: Any = next(iterator, 0)
    for value in iterator:
        result = result + value
    return result


def divisors(n: int) -> list[int]:
    """All positive divisors of ``n`` >= 1, ascending."""
    low = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return low + [n // d for d in reversed(low) if d * d != n]


def quoted(value: object) -> str:
    """``value`` for an error message, in quotes where it is text that is empty or more than a word."""
    return shown(value) if isinstance(value, (int, float)) or str(value).isalnum() else repr(shown(value))


def shown(value: object, limit: int = 40) -> str:
    """``value`` as text for an error message, cut where it is absurdly long."""
    text = str(value)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
