"""From torch's symbols to named sizes: which are fixed, which are equal, and which have to be multiples.

Sizes that have to be multiples are written as quotients, so that integers look like integers: if H is a multiple of 28,
``floor(H/4)/floor(H/28)`` is 7.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import sympy

from muxprof.records import TracedOp
from muxprof.tracing.symbolic.ops import NoFormError, SymbolicPass, sizes_in, with_sizes
from muxprof.tracing.symbolic.plain import RULES, holds, in_quotients, plain
from muxprof.tracing.symbolic.steps import are_whole, on_steps, steps

#: A divisor is tried at the example's size and so many multiples above it.
_TRIED = (0, 1, 2, 3, 5, 8)
#: Conditions are compared at sizes so many multiples away from the example's, for at most _SAMPLED combinations.
_AROUND = (0, -1, 1, -2, 2, -7, 9, -32, 32, -100, 100)
_SAMPLED = 1500
#: At most so many conditions are reported.
_MOST = 4


@dataclass(frozen=True)
class Sizes:
    """The conditions on the sizes of a model's inputs under which its closed form holds.

    ``names`` holds, for every input, the names of the dimensions that vary, by index. ``fixed`` are sizes that the
    model fixes, ``equal`` maps a name to another of the same size, ``multiples`` are divisors of sizes, and
    ``conditions`` are further sympy relations.
    """

    names: tuple[Mapping[int, str], ...]
    fixed: Mapping[str, int]
    equal: Mapping[str, str]
    multiples: Mapping[str, int]
    conditions: tuple[Any, ...]

    def allow(self, sizes: Mapping[str, int]) -> bool:
        """Return whether sizes by name meet all conditions."""
        return (
            all(sizes.get(name, value) == value for name, value in self.fixed.items())
            and all(sizes.get(name, sizes.get(other)) == sizes.get(other) for name, other in self.equal.items())
            and all(sizes[name] % multiple == 0 for name, multiple in self.multiples.items() if name in sizes)
            and all(holds(condition, {symbol(name): size for name, size in sizes.items()}) is not False
                    for condition in self.conditions)
        )  # fmt: skip


@dataclass(frozen=True)
class SizedPass:
    """The ops of a pass, their shapes as sympy expressions in named sizes; ``sizes`` says where they hold."""

    ops: tuple[TracedOp, ...]
    sizes: Sizes


def symbol(name: str) -> Any:
    """Return the symbol of a size."""
    return sympy.Symbol(name, integer=True, positive=True)


def sized(
    found: SymbolicPass, names: Sequence[Mapping[int, str]], examples: Sequence[Sequence[int]], silent: Iterable[str]
) -> SizedPass:
    """Rewrite a pass in named sizes; ``examples`` are the shapes of the inputs.

    ``silent`` are names of dimensions that may be channels: they are left out of ``fixed``. Raises
    :class:`NoFormError` for sizes that no input's size determines.
    """
    known: dict[Any, Any] = {}
    values: dict[Any, int] = {}
    fixed: dict[str, int] = {}
    equal: dict[str, str] = {}
    kept: list[dict[int, str]] = []
    for shape, dims, example in zip(found.shapes, names, examples, strict=True):
        kept.append({})
        for index, name in dims.items():
            size = shape[index]
            if size.is_Integer:
                fixed[name] = int(size)
            elif not isinstance(size, sympy.Symbol):
                raise NoFormError(f"it works only where {name} is {size}")
            else:
                made = known.setdefault(size, symbol(name))
                values[made] = example[index]
                kept[-1][index] = str(made)
                if str(made) != name:
                    equal[name] = str(made)
    # Conditions keep their remainders, which read better.
    guards = [plain(guard, known, {**RULES, "Mod": sympy.Mod, "PythonMod": sympy.Mod}) for guard in found.guards]
    equations = [guard for guard in guards if isinstance(guard, sympy.Eq) and guard.free_symbols <= set(values)]
    multiples, left = _multiples(equations, values)
    for wider in (steps(equations, values, multiples), {}):
        strict = {each: multiple for each, multiple in multiples.items() if each not in wider}
        named = cache(partial(_named, known, strict))
        ops = tuple(on_steps(with_sizes(op, named), wider) for op in found.ops)
        if all(map(are_whole, ops)):
            break
    used = {each for op in ops for size in sizes_in(op) for each in size.free_symbols}
    if used - set(values):
        raise NoFormError("its sizes depend on values in its tensors")
    asked = [step.condition(each) for each, step in wider.items()]
    others = _telling([*asked, *left, *_branches(guards, values, multiples)], values, strict)
    conditions = [*asked, *(each for each in others if each not in asked)]
    return SizedPass(
        ops,
        Sizes(
            names=tuple(kept),
            fixed={name: size for name, size in fixed.items() if name not in silent and name not in equal},
            equal=equal,
            multiples={str(each): strict[each] for each in sorted(strict, key=str)},
            conditions=tuple(conditions[:_MOST]),
        ),
    )


def _named(known: Mapping[Any, Any], multiples: Mapping[Any, int], size: Any) -> Any:
    return in_quotients(plain(size, known, RULES), multiples)


def _multiples(equations: Iterable[Any], values: Mapping[Any, int]) -> tuple[dict[Any, int], list[Any]]:
    """Return the divisors of sizes that make the equations hold, and the equations that no divisor makes hold."""
    found: dict[Any, int] = {}
    left = []
    for equation in equations:
        needed = {each: _multiple(equation, each, values) for each in equation.free_symbols}
        if any(multiple is None for multiple in needed.values()):
            left.append(equation)
            continue
        for each, multiple in needed.items():
            if multiple is not None and multiple > 1:
                found[each] = math.lcm(found.get(each, 1), multiple)
    return found, left


def _multiple(equation: Any, size: Any, values: Mapping[Any, int]) -> int | None:
    """Return the smallest divisor of the example's size whose multiples solve the equation, or None."""
    start = values[size]
    for step in (each for each in range(1, start // 2 + 1) if start % each == 0):
        if all(holds(equation, {**values, size: start + step * times}) for times in _TRIED):
            return step
    return None


def _branches(guards: Iterable[Any], values: Mapping[Any, int], multiples: Mapping[Any, int]) -> list[Any]:
    """Return the conditions, other than equations, that fail at some common sizes near the example's."""
    found = []
    for guard in guards:
        if isinstance(guard, sympy.Eq) or not guard.free_symbols <= set(values) or not guard.free_symbols:
            continue
        for each in guard.free_symbols:
            step = multiples.get(each, 1)
            others = {max(1, half // step) * step for half in (values[each] // 2, values[each] * 2, values[each] * 4)}
            others |= {values[each] + step * times for times in range(1, 9)}
            if any(holds(guard, {**values, each: other}) is False for other in others if other > 1):
                found.append(guard)
                break
    return found


def _telling(conditions: Sequence[Any], values: Mapping[Any, int], multiples: Mapping[Any, int]) -> list[Any]:
    """Return the conditions, short ones first, that exclude a nearby size which the ones before them allow."""
    kept: list[Any] = []
    sizes = sorted({each for condition in conditions for each in condition.free_symbols}, key=str)
    around = [
        [size for times in _AROUND if (size := values[each] + multiples.get(each, 1) * times) > 0] for each in sizes
    ]
    left = [dict(zip(sizes, found, strict=True)) for found in itertools.islice(itertools.product(*around), _SAMPLED)]
    for condition in sorted(conditions, key=lambda each: (each.count_ops(), str(each))):
        held = [sample for sample in left if holds(condition, sample)]
        if len(held) < len(left):
            kept.append(condition)
            left = held
    return kept
