"""The derived formulas of a report: text and LaTeX of the closed forms, by way of sympy."""

from __future__ import annotations

from typing import Any

import sympy

from muxprof.cost import symbolic
from muxprof.report.types import Formula


def block_formulas(kernel: int) -> tuple[Formula, ...]:
    """Terms, totals, ratio and break-even of the two blocks for any K, and the ratio and break-even at ``kernel``."""
    anyk, at = symbolic.formulas(), symbolic.formulas(kernel)
    found = []
    for name, block in (("MUXConv", anyk.mux), ("MobileNet", anyk.mobilenet)):
        for term, params in zip(symbolic.TERMS, block.terms, strict=True):
            found.append(_formula(f"{name} params, {term}", params))
        found.append(_formula(f"{name} params", block.params))
        found.append(_formula(f"{name} MAdds", block.madds))
    found += [
        _formula("ratio of params and of MAdds", anyk.ratio),
        _formula(f"ratio at K = {kernel}", at.ratio),
        _formula("break-even: cheaper for L above", anyk.leave_out),
        _formula(f"break-even at K = {kernel}: cheaper for L above", at.leave_out),
        _formula("break-even: cheaper for G below", anyk.group),
        _formula(f"break-even at K = {kernel}: cheaper for G below", at.group),
    ]
    return tuple(found)


def _formula(name: str, expression: Any) -> Formula:
    return Formula(name, str(expression), sympy.latex(expression))
