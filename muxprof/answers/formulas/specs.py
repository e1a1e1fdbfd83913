"""Closed forms of blocks and networks as text and LaTeX, by sympy."""

from __future__ import annotations

import sympy

from muxprof.answers.formulas.types import Formula
from muxprof.cost import ops, symbolic
from muxprof.cost.forms import network_form
from muxprof.cost.networks import lowered
from muxprof.dims import whole
from muxprof.spec.networks import Network


def block_formulas(kernel: int) -> tuple[Formula, ...]:
    """Terms, totals, ratio and break-even of the two blocks for any K, and the ratio and break-even at ``kernel``."""
    anyk, at = symbolic.formulas(), symbolic.formulas(kernel)
    rows = []
    for name, block in (("MUXConv", anyk.mux), ("MobileNet", anyk.mobilenet)):
        rows += [(f"{name} params, {term}", params) for term, params in zip(symbolic.TERMS, block.terms, strict=True)]
        rows += [(f"{name} params", block.params), (f"{name} MAdds", block.madds)]
    rows += [
        ("ratio of params and of MAdds", anyk.ratio),
        (f"ratio at K = {kernel}", at.ratio),
        ("break-even: cheaper for L above", anyk.leave_out),
        (f"break-even at K = {kernel}: cheaper for L above", at.leave_out),
        ("break-even: cheaper for G below", anyk.group),
        (f"break-even at K = {kernel}: cheaper for G below", at.group),
    ]
    return tuple(Formula(name, str(expression), sympy.latex(expression)) for name, expression in rows)


def network_formulas(network: Network) -> tuple[Formula, ...]:
    """MAdds, activations and params of a network on N images of H x W, for all sizes that its blocks can work on."""
    made = [
        Formula(f"{name} of N images of H x W", form.text, form.latex)
        for name, form in (
            ("MAdds", network_form(network, ops.madds)),
            ("activations", network_form(network, ops.activations)),
        )
    ]
    params = sum(whole(ops.params(op)) for op in lowered(network, 1, 1))
    return (*made, Formula("params", str(params), str(params)))
