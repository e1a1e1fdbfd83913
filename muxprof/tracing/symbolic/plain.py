"""Torch's expressions of sizes in sympy's own functions, and what they come to."""

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
    """Whether a condition is true at these sizes; None where that cannot be told."""
    symbols, test = _compiled(condition)
    try:
        value = test(*(sizes[each] for each in symbols))
    except (ArithmeticError, ValueError, TypeError, NameError, KeyError):
        return None
    return bool(value)


def values_of(expression: Any, sizes: Sequence[int]) -> list[int] | None:
    """What an expression of one size is at these sizes; None where it is no whole number."""
    _, function = _compiled(expression)
    try:
        values = [function(at) for at in sizes]
    except (ArithmeticError, ValueError, TypeError, NameError):
        return None
    return [int(value) for value in values] if all(value == int(value) for value in values) else None


@lru_cache(_COMPILED)
def _compiled(condition: Any) -> tuple[tuple[Any, ...], Callable[..., Any]]:
    """The symbols of a condition and a function of their values, on Python's integers."""
    symbols = tuple(sorted(condition.free_symbols, key=str))
    whole = condition.replace(sympy.floor, lambda x: _DOWN(*sympy.together(x).as_numer_denom()))
    whole = whole.replace(sympy.ceiling, lambda x: -_DOWN(*sympy.together(-x).as_numer_denom()))
    whole = whole.replace(sympy.Mod, _REST)  # sympy would print it without the brackets that a product needs
    return symbols, sympy.lambdify(
        symbols, whole, modules=[{"Max": max, "Min": min, "down": operator.floordiv, "rest": operator.mod}, "math"]
    )


def plain(value: Any, known: Mapping[Any, Any], rules: Mapping[str, Any]) -> Any:
    """An expression of torch's in sympy's own functions, by :data:`RULES` or others, and in symbols with names.

    ``known`` are the symbols with names, by torch's.
    """
    if isinstance(value, sympy.Symbol):
        return known.get(value, value)
    if not getattr(value, "args", ()):
        return sympy.Rational(str(value)) if isinstance(value, sympy.Float) else value
    parts = [plain(part, known, rules) for part in value.args]
    return rules.get(type(value).__name__, value.func)(*parts)


def in_quotients(size: Any, multiples: Mapping[Any, int]) -> Any:
    """The size with ``m * q`` for every multiple of m, made simple, and then with ``floor(x/m)`` for q again."""
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
    """``times * size / multiple`` for a multiple: a whole number times the floor of a quotient."""
    part = Fraction(times, multiple)
    return part.numerator * (size if part.denominator == 1 else sympy.floor(size / part.denominator))


def _extreme(function: Any, values: Sequence[Any], sign: int) -> Any:
    """The largest (or with -1 the smallest) of sizes, without those that never are it."""
    kept: list[Any] = []
    for value in values:
        if not any(_never_less(sign * (other - value)) for other in kept):
            kept = [*(other for other in kept if not _never_less(sign * (value - other))), value]
    return kept[0] if len(kept) == 1 else function(*kept, evaluate=False)


@lru_cache(_COMPILED)
def _never_less(difference: Any) -> bool:
    """Whether a difference of sizes is 0 or more; one of floors of quotients is told by its values over a period."""
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
