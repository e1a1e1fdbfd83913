"""The block formulas as sympy expressions, derived from the same terms that give the numbers.

Symbols are the paper's, all positive; ``x`` stands for 1 - L, the share of the channels that are processed.
Source: MUXConv supplement, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from muxprof.cost.blocks import mobilenet_terms, mux_terms
from muxprof.cost.ops import Op, madds, params
from muxprof.dims import total

C, E, G, K, H, W, L = sympy.symbols("C E G K H W L", positive=True)
_x = sympy.Symbol("x", positive=True)

TERMS = ("expand 1x1", "conv KxK", "project 1x1")


@dataclass(frozen=True)
class BlockFormulas:
    """Params of each term, and the totals of params and MAdds, factored."""

    terms: tuple[Any, ...]
    params: Any
    madds: Any


@dataclass(frozen=True)
class Formulas:
    """Both blocks, their ratio in lowest terms, and the break-even in L and in G (sympy expressions)."""

    mux: BlockFormulas
    mobilenet: BlockFormulas
    ratio: Any
    leave_out: Any
    group: Any


def formulas(kernel: int | None = None) -> Formulas:
    """The formulas for any K, or for one ``kernel``; the same ratio holds for params and MAdds."""
    k = K if kernel is None else sympy.Integer(kernel)
    processed = _x * C
    mux = mux_terms(processed, E * processed, G, k, H, W)
    mobilenet = mobilenet_terms(C, E * C, k, H, W)
    ratio = sympy.factor(sympy.cancel(total(map(params, mux)) / total(map(params, mobilenet))))
    return Formulas(
        mux=_block(mux),
        mobilenet=_block(mobilenet),
        ratio=_in_leave_out(ratio),
        leave_out=sympy.simplify(1 - _positive_root(ratio)),
        group=_in_leave_out(_quotient(sympy.solve(sympy.Eq(ratio, 1), G)[0])),
    )


def totals(processed: Any, middle: Any) -> tuple[Any, Any, Any, Any]:
    """Params and MAdds of MUXConv, then of MobileNet, factored, for symbols of C_hat and of E * C_hat."""
    mux, mobilenet = mux_terms(processed, middle, G, K, H, W), mobilenet_terms(C, E * C, K, H, W)
    sums = (total(map(count, terms)) for terms in (mux, mobilenet) for count in (params, madds))
    mux_params, mux_madds, mobilenet_params, mobilenet_madds = map(sympy.factor, sums)
    return mux_params, mux_madds, mobilenet_params, mobilenet_madds


def _block(terms: tuple[Op, ...]) -> BlockFormulas:
    return BlockFormulas(
        terms=tuple(_in_leave_out(params(term)) for term in terms),
        params=_in_leave_out(sympy.factor(total(map(params, terms)))),
        madds=_in_leave_out(sympy.factor(total(map(madds, terms)))),
    )


def _positive_root(ratio: Any) -> Any:
    """The share x > 0 at which the ratio is 1, of the two roots of the quadratic."""
    roots = sympy.solve(sympy.Eq(ratio, 1), _x)
    at = {C: 64, G: 2, K: 3}
    return next(root for root in roots if root.subs(at) > 0)


def _quotient(expression: Any) -> Any:
    """The same as one numerator, expanded, over one denominator."""
    numerator, denominator = sympy.fraction(sympy.cancel(expression))
    return sympy.expand(numerator) / denominator


def _in_leave_out(expression: Any) -> Any:
    """The same expression in L, its factors (1 - L) kept as they are."""
    return expression.subs(_x, 1 - L)
