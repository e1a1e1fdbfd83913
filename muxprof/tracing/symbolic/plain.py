"""Conversion of torch's size expressions to sympy's own functions, and their values at given sizes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

_COMPILED = 4096
#: Strides multiply to less in any network.
_PERIODS = 2048

_DOWN, _REST = sympy.symbols("down rest", cls=sympy.Function)


def holds(condition: Any, sizes: Mapping[Any, int]) -> bool | None:
    """Return whether a condition holds at these sizes, or None if it cannot be evaluated."""
    symbols, test = _compiled(condition)
    try:
        value = test(*(sizes[each] for each in symbols))
    except (ArithmeticError, ValueError, TypeError, NameError, KeyError):
        return None
    return bool(value)


def values_of(expression: Any, sizes: Sequence[int]) -> list[int] | None:
    """Return the values of an expression in one size at several sizes, or None unless all are integers."""
    _, function = _compiled(expression)
    try:
        values = [function(at) for at in sizes]
    except (ArithmeticError, ValueError, TypeError, NameError):
        return None
    return [int(value) for value in values] if all(value == int(value) for value in values) else None


@lru_cache(_COMPILED)
def _compiled(condition: Any) -> tuple[tuple[Any, ...], Callable[..., Any]]:
    """Return the symbols of a condition and a function that evaluates it on Python integers."""
    symbols = tuple(sorted(condition.free_symbols, key=str))
    whole = condition.replace(sympy.floor, lambda x: _DOWN(*sympy.together(x).as_numer_denom()))
    whole = whole.replace(sympy.ceiling, lambda x: -_DOWN(*sympy.together(-x).as_numer_denom()))
    whole = whole.replace(sympy.Mod, _REST)  # sympy would print it without the brackets that a product needs
    return symbols, sympy.lambdify(
        symbols, whole, modules=[{"Max": max, "Min": min, "down": operator.floordiv, "rest": operator.mod}, "math"]
    )


def plain(value: Any, known: Mapping[Any, Any], rules: Mapping[str, Any]) -> Any:
    """Rewrite an expression of torch in sympy's own functions and in named symbols.

    ``known`` maps torch's symbols to the named ones; ``rules`` are :data:`RULES` or a variant of them.
    """
    if isinstance(value, sympy.Symbol):
        return known.get(value, value)
    if not getattr(value, "args", ()):
        return sympy.Rational(str(value)) if isinstance(value, sympy.Float) else value
    parts = [plain(part, known, rules) for part in value.args]
    return rules.get(type(value).__name__, value.func)(*parts)


def in_quotients(size: Any, multiples: Mapping[Any, int]) -> Any:
    """Substitute ``m * q`` for every x that is a multiple of m, simplify, and substitute ``floor(x/m)`` for q."""
    if not size.free_symbols & set(multiples):
        return size
    quotients = {each: sympy.Dummy(str(each), integer=True, positive=True) for each in multiples}
    inner = size.subs({each: multiples[each] * quotients[each] for each in multiples})
    inner = sympy.expand(inner.replace(sympy.floor, lambda x: sympy.floor(sympy.cancel(x))))
    back = {quotient: each for each, quotient in quotients.items()}
    made = sympy.Integer(0)
    for term in sympy.Add.make_args(inner):
        coefficient, factors = term.as_coeff_mul()
        ours = [factor for factor in factors if factor.as_base_exp()[0] in back and factor.as_base_exp()[1].is_Integer]
        count = sum(int(factor.as_base_exp()[1]) for factor in ours)
        # 49 q r is shared out as 7 q times 7 r; what cannot be is left in front.
        root, whole = sympy.integer_nthroot(int(coefficient), count) if coefficient > 0 and count else (1, False)
        each_of = root if whole else 1
        made_term = sympy.Integer(1) if whole else coefficient
        for factor in factors:
            base, exponent = factor.as_base_exp()
            made_term *= _share(back[base], each_of, multiples[back[base]]) ** exponent if factor in ours else factor
        made += made_term
    return made.subs({quotient: sympy.floor(each / multiples[each]) for quotient, each in back.items()})


def _share(size: Any, times: int, multiple: int) -> Any:
    """Return ``times * size / multiple`` of a multiple, as an integer times the floor of a quotient."""
    part = Fraction(times, multiple)
    return part.numerator * (size if part.denominator == 1 else sympy.floor(size / part.denominator))


def _extreme(function: Any, values: Sequence[Any], sign: int) -> Any:
    """Return the largest size (the smallest if ``sign`` is -1), without candidates that never are it."""
    kept: list[Any] = []
    for value in values:
        if not any(_never_less(sign * (other - value)) for other in kept):
            kept = [*(other for other in kept if not _never_less(sign * (value - other))), value]
    return kept[0] if len(kept) == 1 else function(*kept, evaluate=False)


@lru_cache(_COMPILED)
def _never_less(difference: Any) -> bool:
    """Return whether a difference of sizes is never negative, by its values over one period of its quotients."""
    if difference.is_Integer:
        return bool(difference >= 0)
    if len(difference.free_symbols) != 1:
        return False
    (name,) = difference.free_symbols
    condition = sympy.Ge(difference, 0, evaluate=False)
    return all(holds(condition, {name: size}) for size in range(1, _PERIODS + 1))


RULES: Mapping[str, Any] = {
    "FloorDiv": lambda a, b: sympy.floor(a / b),
    "CleanDiv": lambda a, b: sympy.floor(a / b),
    "CeilDiv": lambda a, b: sympy.ceiling(a / b),
    "IntTrueDiv": lambda a, b: a / b,
    "FloatTrueDiv": lambda a, b: a / b,
    "CeilToInt": sympy.ceiling,
    "FloorToInt": sympy.floor,
    "TruncToInt": sympy.floor,  # sizes are positive
    "ToFloat": lambda a: a,
    "Identity": lambda a: a,
    "PythonMod": lambda a, b: a - b * sympy.floor(a / b),
    "Mod": lambda a, b: a - b * sympy.floor(a / b),
    "ModularIndexing": lambda a, b, c: sympy.floor(a / b) - c * sympy.floor(sympy.floor(a / b) / c),
    "Max": lambda *values: _extreme(sympy.Max, values, 1),
    "Min": lambda *values: _extreme(sympy.Min, values, -1),
}
