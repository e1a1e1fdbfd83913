"""Steps of sizes: where a map, and not the image itself, has to be a multiple of something.

Three halvings round up to even maps for many more heights than multiples of 8; a form for these alone would leave out
sizes that the model works on. What is whole or equal on such maps is found by values: expressions of quotients repeat
themselves, so that two which agree over some periods agree.
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

#: Sizes are looked at from so many multiples to the next each: strides further down show themselves in some.
_LOOKED_AT = (*range(1, 9), 16, 33, 64, 127, 256, 1021, 4097)
#: Multiples above this are left as they are.
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
        """Whether it allows a size."""
        return _rounded(self.rounded, size, self.by) % self.multiple == 0

    def condition(self, size: Any) -> Any:
        """The same as a relation."""
        return sympy.Eq(sympy.Mod(self.rounded(size / self.by), self.multiple), 0)


def steps(equations: Sequence[Any], values: Mapping[Any, int], multiples: Mapping[Any, int]) -> dict[Any, Step]:
    """Steps of those of the ``multiples`` that ask more than the equations do; ``values`` are the example's sizes."""
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
    """The op with a quotient of a size, or a number, for each part of its shapes that has its values on all steps."""

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
    """Whether no size in its shapes is a quotient by another."""
    powers = [power for size in sizes_in(op) for power in size.atoms(sympy.Pow)]
    return not any(power.exp.is_negative and power.free_symbols for power in powers)


def _rounded(rounded: Any, size: int, by: int) -> int:
    return -(-size // by) if rounded is sympy.ceiling else size // by


@lru_cache(4096)
def _quotient(expression: Any, size: Any, step: Step) -> Any:
    """``c * rounded(size / k) + d`` or a number, if the expression is that on all steps; or None."""
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
