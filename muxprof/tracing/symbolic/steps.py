"""Steps of sizes: a feature map, not the image itself, has to be a multiple of a number.

Three halvings that round up give even maps for many more heights than the multiples of 8. A form for these multiples
alone would exclude sizes that the model accepts. Expressions are compared by their values: quotients are periodic, so
that two expressions which agree over some periods are equal.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

from muxprof.records import TracedOp
from muxprof.tracing.symbolic.ops import sizes_in, with_sizes
from muxprof.tracing.symbolic.plain import holds, values_of

#: Expressions are compared at all sizes from each of these multiples to the next: large ones show deep strides.
_LOOKED_AT = (*range(1, 9), 16, 33, 64, 127, 256, 1021, 4097)
#: Larger multiples are not replaced by steps.
_LARGEST = 256
#: Quotients of a size are tried with denominators up to this.
_DEEPEST = 4096


@dataclass(frozen=True)
class Step:
    """``rounded(size / by)`` has to be a multiple of ``multiple``; ``rounded`` is sympy's ceiling or floor."""

    rounded: Any
    by: int
    multiple: int
    sizes: tuple[int, ...]

    def fits(self, size: int) -> bool:
        """Return whether a size is on a step."""
        return _rounded(self.rounded, size, self.by) % self.multiple == 0

    def condition(self, size: Any) -> Any:
        """Return the step as a relation in ``size``."""
        return sympy.Eq(sympy.Mod(self.rounded(size / self.by), self.multiple), 0)


def steps(equations: Sequence[Any], values: Mapping[Any, int], multiples: Mapping[Any, int]) -> dict[Any, Step]:
    """Return a step for each multiple that is stricter than the equations; ``values`` are the example's sizes."""
    found = {}
    for size, multiple in sorted(multiples.items(), key=str):
        if not 1 < multiple <= _LARGEST:
            continue
        asked = [equation for equation in equations if size in equation.free_symbols]
        looked = [start * multiple + rest for start in _LOOKED_AT for rest in range(multiple)]
        allowed = [at for at in looked if all(holds(each, {**values, size: at}) for each in asked)]
        if allowed == [at for at in looked if at % multiple == 0]:
            continue
        for by, rounded in itertools.product(range(2, multiple), (sympy.ceiling, sympy.floor)):
            step = Step(rounded, by, multiple // by, tuple(allowed))
            if multiple % by == 0 and [at for at in looked if step.fits(at)] == allowed:
                found[size] = step
                break
    return found


def on_steps(op: TracedOp, found: Mapping[Any, Step]) -> TracedOp:
    """Replace each part of an op's shapes by a number or a quotient of a size that has the same values on all steps."""

    def rewritten(expression: Any) -> Any:
        sizes = expression.free_symbols & set(found)
        if not sizes or expression.is_Symbol:
            return expression
        if len(expression.free_symbols) == 1:
            (size,) = sizes
            simple = _quotient(expression, size, found[size])
            if simple is not None:
                return simple
        return expression.func(*map(rewritten, expression.args))

    return with_sizes(op, rewritten)


def are_whole(op: TracedOp) -> bool:
    """Return whether no size in the op's shapes is divided by another."""
    powers = [power for size in sizes_in(op) for power in size.atoms(sympy.Pow)]
    return not any(power.exp.is_negative and power.free_symbols for power in powers)


def _rounded(rounded: Any, size: int, by: int) -> int:
    return -(-size // by) if rounded is sympy.ceiling else size // by


@lru_cache(4096)
def _quotient(expression: Any, size: Any, step: Step) -> Any:
    """Return a number or ``c * rounded(size / k) + d`` that equals the expression on all steps, or None."""
    values = values_of(expression, step.sizes)
    if values is None:
        return None
    first = step.sizes[0]
    far = first + (_LOOKED_AT[-1] - 1) * step.by * step.multiple
    slope = Fraction(values[step.sizes.index(far)] - values[0], far - first)
    if slope == 0:
        return sympy.Integer(values[0]) if len(set(values)) == 1 else None
    for times in range(1, _DEEPEST // slope.denominator + 1):
        by, factor = slope.denominator * times, slope.numerator * times
        for rounded in (step.rounded, sympy.ceiling, sympy.floor):
            rest = values[0] - factor * _rounded(rounded, first, by)
            if all(
                value == factor * _rounded(rounded, at, by) + rest for at, value in zip(step.sizes, values, strict=True)
            ):
                return factor * rounded(size / by) + rest
    return None
