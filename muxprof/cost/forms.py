"""Closed forms in N, H and W: sums of whole numbers times products of feature map sizes, grouped by resolution.

Sizes go through floors and ceilings of quotients, one in another; they are brought into one form, so that equal sizes
look equal: ``floor((floor((H - 1)/2))/2) + 1`` is ``ceil(H/4)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from muxprof.cost.networks import lowered
from muxprof.cost.ops import Op
from muxprof.errors import BadInput
from muxprof.spec.networks import Network

N, T, D, H, W = sympy.symbols("N T D H W", integer=True, positive=True)
#: Images (or sequences), the length of sequences, depth, height and width. Names may have a number behind: H2.
SYMBOLS: Mapping[str, Any] = {"N": N, "T": T, "D": D, "H": H, "W": W}

#: Sizes that occur in a network are few, and occur in many of its ops.
_KEPT = 1 << 14


def size(name: str) -> Any:
    """The symbol of a size with this name."""
    return SYMBOLS.get(name) or sympy.Symbol(name, integer=True, positive=True)


@dataclass(frozen=True)
class ClosedForm:
    """A sum of ``coefficient * factor``; the factors are sympy expressions in :data:`SYMBOLS`, each once."""

    terms: tuple[tuple[int, Any], ...]

    def at(self, **sizes: int) -> int:
        """The value at sizes such as ``N=8, H=192, W=320``, exactly.

        Raises :class:`ValueError` where a size that occurs is not given.
        """
        values = {size(name): value for name, value in sizes.items()}
        total = sum(coefficient * factor.subs(values) for coefficient, factor in self.terms)
        if not getattr(total, "is_Integer", isinstance(total, int)):
            raise ValueError(f"{total} is left; give the sizes of {', '.join(sorted(map(str, total.free_symbols)))}")
        return int(total)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The sizes that occur, by name."""
        found = {str(symbol) for _, factor in self.terms for symbol in factor.free_symbols}
        return tuple(sorted(found, key=lambda name: ([*SYMBOLS, name].index(name[0]), len(name), name)))

    @property
    def text(self) -> str:
        """As in ``N*(3200*ceil(H/2)*ceil(W/2) + 1280000)``."""
        return self._printed(_Printer(), "({})", "*")

    @property
    def latex(self) -> str:
        """The same as LaTeX."""
        return self._printed(_Latex(), r"\left({}\right)", " ")

    def _printed(self, printer: Any, brackets: str, times: str) -> str:
        """The sum, with N in front of all terms where it is a factor of several."""
        shared = len(self.terms) > 1 and all(N in sympy.Mul.make_args(factor) for _, factor in self.terms)
        inner = []
        for coefficient, factor in self.terms:
            rest = factor / N if shared else factor
            text = printer.doprint(rest)
            if isinstance(rest, sympy.Add):
                text = brackets.format(text)
            multiples = {1: text, -1: f"-{text}"}
            inner.append(str(coefficient) if rest == 1 else multiples.get(coefficient, f"{coefficient}{times}{text}"))
        joined = " + ".join(inner).replace("+ -", "- ") or "0"
        return f"N{times}{brackets.format(joined)}" if shared else joined


def closed_form(values: Iterable[Any]) -> ClosedForm:
    """The sum of integers and integer-valued expressions in :data:`SYMBOLS`; larger maps first, constants last."""
    found: dict[Any, int] = {}
    for value in values:
        for part in sympy.Add.make_args(canonical(sympy.sympify(value))):
            if part == 0:
                continue
            coefficient, factor = _apart(part)
            found[factor] = found.get(factor, 0) + coefficient
    kept = [(coefficient, factor) for factor, coefficient in found.items() if coefficient]
    return ClosedForm(tuple(sorted(kept, key=lambda term: (-_size(term[1]), str(term[1])))))


def _apart(product: Any) -> tuple[int, Any]:
    """The whole number in a product, that inside of its sums included, and what it multiplies."""
    coefficient, factors = 1, []
    for factor in sympy.Mul.make_args(product):
        content, primitive = factor.as_content_primitive()
        if primitive.as_coeff_Mul()[0] == -1:
            content, primitive = -content, -primitive
        coefficient *= int(content.p)
        factors.append(primitive / content.q)
    return coefficient, sympy.Mul(*factors)


def _size(factor: Any) -> float:
    """How large a factor is for large images: what terms are ordered by."""
    return float(factor.subs({each: 2 if str(each)[0] == "N" else 1 << 20 for each in factor.free_symbols}))


@lru_cache(_KEPT)
def canonical(expression: Any) -> Any:
    """The same whole-valued expression, with every quotient as ``floor(x/k)`` or ``ceil(x/k)`` plus a whole number."""
    if not expression.args:
        return expression
    parts = [canonical(part) for part in expression.args]
    if isinstance(expression, sympy.floor):
        return _floor(parts[0])
    if isinstance(expression, sympy.ceiling):
        return _floor(_as_floor(parts[0]))
    return expression.func(*parts)


def _floor(value: Any) -> Any:
    """``floor(value)``: nested floors joined, whole numbers taken out, a ceiling where that is shorter."""
    value = sympy.expand(value)
    k = _denominator(value)
    if k == 1:
        return value if value.is_integer else sympy.floor(value)
    numerator = sympy.expand(value * k)
    inner = [part for part in sympy.Add.make_args(numerator) if isinstance(part, (sympy.floor, sympy.ceiling))]
    if len(inner) == 1:
        # floor((floor(y) + c)/k) is floor((y + c)/k) for whole c and k; a ceiling is first turned into a floor.
        rest = numerator - inner[0]
        argument = inner[0].args[0]
        if rest.is_integer and isinstance(inner[0], sympy.floor):
            return _floor((argument + rest) / k)
        if rest.is_integer:
            return _floor((_as_floor(argument) + rest) / k)
    constant, variable = numerator.as_coeff_Add()
    if not (constant.is_Integer and variable.is_integer):
        return sympy.floor(value)
    whole, left = divmod(int(constant), int(k))
    if left == 0:
        return _kept(sympy.floor, variable / k) + whole
    if left == k - 1:
        return _kept(sympy.ceiling, variable / k) + whole
    return _kept(sympy.floor, (variable + left) / k) + whole


def _denominator(value: Any) -> Any:
    """The smallest whole number that makes every coefficient of a sum whole."""
    coefficients = (part.as_coeff_Mul()[0] for part in sympy.Add.make_args(value))
    return sympy.ilcm(1, *(coefficient.q for coefficient in coefficients if coefficient.is_Rational))


def _as_floor(value: Any) -> Any:
    """What to take the floor of for the ceiling of ``value``, a whole expression over a whole number."""
    value = sympy.expand(value)
    k = _denominator(value)
    return value + sympy.Rational(k - 1, k)


def _kept(function: Any, argument: Any) -> Any:
    """The floor or ceiling as it is: sympy would take terms out of it again."""
    return function(argument, evaluate=False)


class _Printer(StrPrinter):  # type: ignore[misc]  # sympy has no types
    """``ceil((H + 1)/4)`` rather than ``ceiling(H/4 + 1/4)``."""

    def _print_floor(self, expression: Any) -> str:
        return f"floor({self._quotient(expression.args[0])})"

    def _print_ceiling(self, expression: Any) -> str:
        return f"ceil({self._quotient(expression.args[0])})"

    def _print_Mod(self, expression: Any) -> str:
        return f"({self._print(expression.args[0])} mod {self._print(expression.args[1])})"

    def _print_Max(self, expression: Any) -> str:
        return f"max({', '.join(sorted(map(self._print, expression.args)))})"

    def _print_Min(self, expression: Any) -> str:
        return f"min({', '.join(sorted(map(self._print, expression.args)))})"

    def _quotient(self, value: Any) -> str:
        k = _denominator(value)
        inner = self._print(sympy.expand(value * k))
        return str(inner) if k == 1 else f"({inner})/{k}" if " " in inner else f"{inner}/{k}"


class _Latex(LatexPrinter):  # type: ignore[misc]  # sympy has no types
    """The same with one fraction."""

    def _print_floor(self, expression: Any, exp: Any = None) -> str:  # noqa: ARG002 - floors have no powers here
        return rf"\left\lfloor {self._quotient(expression.args[0])} \right\rfloor"

    def _print_ceiling(self, expression: Any, exp: Any = None) -> str:  # noqa: ARG002 - nor have ceilings
        return rf"\left\lceil {self._quotient(expression.args[0])} \right\rceil"

    def _quotient(self, value: Any) -> str:
        k = _denominator(value)
        inner = self._print(sympy.expand(value * k))
        return str(inner) if k == 1 else rf"\frac{{{inner}}}{{{k}}}"


def condition_text(condition: Any) -> str:
    """A relation between sizes, such as ``ceil(H/32) = 7``."""
    if isinstance(condition, sympy.And):
        return " and ".join(sorted(map(condition_text, condition.args)))
    sign = getattr(condition, "rel_op", "").replace("==", "=")
    if not sign:
        return str(_Printer().doprint(condition))
    if sign == "=" and isinstance(condition.lhs, sympy.Mod) and condition.rhs == 0:
        size, multiple = map(_Printer().doprint, map(canonical, condition.lhs.args))
        return f"{size} is a multiple of {multiple}"
    constant, rest = canonical(sympy.expand(condition.lhs - condition.rhs)).as_coeff_Add()
    content, rest = rest.as_content_primitive()
    if rest.could_extract_minus_sign() and sign in ("=", "!="):
        content, rest = -content, -rest
    return f"{_Printer().doprint(rest)} {sign} {_Printer().doprint(-constant / content)}"


def network_form(network: Network, measure: Callable[[Op], Any]) -> ClosedForm:
    """``measure``, such as :func:`ops.madds`, summed over the ops of a network on N images of H x W.

    Raises :class:`BadInput` for a network whose ops depend on the size in another way than by their shapes.
    """
    try:
        return closed_form(N * sympy.sympify(measure(op)) for op in lowered(network, H, W))
    except TypeError as error:
        raise BadInput(f"{network.name} has no closed form in H and W here: {error}.") from None
