"""The verdict on a claim, from what is claimed and what was computed; no verdict comes from anywhere else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from muxprof.answers.paper.types import Verdict
from muxprof.units import figure, rounds_to

REPRODUCED: Verdict = "reproduced"
ROUNDS: Verdict = "rounds to it"
DIFFERS: Verdict = "differs"
CONDITION: Verdict = "holds only under a condition"
UNCHECKED: Verdict = "needs training: not checked"


def equal(found: Any, said: Any) -> Verdict:
    """Whether both are the same value."""
    return REPRODUCED if found == said else DIFFERS


def printed(count: int, text: str) -> Verdict:
    """Whether ``count`` is the printed figure, or is when rounded to its precision."""
    if figure(text)[0] == count:
        return REPRODUCED
    return ROUNDS if rounds_to(count, text) else DIFFERS


def everywhere(bounds: Sequence[Fraction | None]) -> Verdict:
    """Whether something holds for all C >= 1, given for each case the least C from which on it does; None for no C."""
    if all(bound == 1 for bound in bounds):
        return REPRODUCED
    return DIFFERS if all(bound is None for bound in bounds) else CONDITION


def free_of(found: frozenset[str], allowed: frozenset[str]) -> Verdict:
    """Whether a quantity depends on the ``allowed`` symbols alone; if not, it takes the others to be fixed."""
    return REPRODUCED if found <= allowed else CONDITION


def power(count: int, base: int, exponent: int) -> Verdict:
    """Whether ``count`` is ``base ** exponent``, or its root of that degree rounds to ``base``."""
    if count == base**exponent:
        return REPRODUCED
    lower, upper = ((2 * base + step) ** exponent for step in (-1, 1))
    return ROUNDS if lower <= count * 2**exponent < upper else DIFFERS


def listed(strictly: Sequence[str], leniently: Sequence[str]) -> Verdict:
    """Whether no choice is outside of the options: on both readings of them, on the lenient one alone, or on none."""
    if not strictly:
        return REPRODUCED
    return DIFFERS if leniently else CONDITION


def some(used: int) -> Verdict:
    """Whether something that is said to be used is."""
    return REPRODUCED if used else DIFFERS


def factor(exact: Fraction, of_printed: Fraction, text: str) -> Verdict:
    """Whether a factor printed with decimals follows from the exact counts, or only from the printed ones."""
    said, unit = Fraction(text), Fraction(1, 10 ** len(text.partition(".")[2]))
    if exact == said:
        return REPRODUCED
    if nearest(exact, unit) == said:
        return ROUNDS
    return CONDITION if nearest(of_printed, unit) == said else DIFFERS


def convention(plain: int, other: int, text: str) -> Verdict:
    """Whether the ``plain`` count is the printed figure; or the ``other`` convention's is, rounded or cut."""
    verdict = printed(plain, text)
    if verdict != DIFFERS:
        return verdict
    return CONDITION if rounds_to(other, text) or cut_to(other, text) else DIFFERS


def untrained() -> Verdict:
    """The verdict where nothing is computed: it takes trained weights and a data set."""
    return UNCHECKED


def cut_to(count: int, text: str) -> bool:
    """Whether ``count``, its digits beyond the precision of the printed figure cut off, is that figure."""
    value, unit = figure(text)
    return count // unit * unit == value


def nearest(value: Fraction, unit: Fraction) -> Fraction:
    """The multiple of ``unit`` nearest to ``value``, halves up."""
    return math.floor(value / unit + Fraction(1, 2)) * unit
