"""The paper's block formulas as polynomial identities, proven for the closed form and for the real modules.

Why a finite grid proves it for all values. A polynomial in one variable of degree at most d with d + 1 zeros is the
zero polynomial. By induction over the variables, a polynomial of degree at most d_i in the variable v_i that vanishes
on a product grid of d_i + 1 values per variable is zero: fix all variables but the last, conclude that every
coefficient of the last variable's powers vanishes on the grid of the others, and repeat. So two polynomials within
these degrees that agree on such a grid are the same polynomial, and agree everywhere. The grids here have one point
more than the degree in each of C, E, G, x = 1 - L, K, H and W; every count on them is taken from a block that exists
and was traced. The same argument makes the interpolation through a grid unique, so each test recovers the
*coefficients* from the counts and compares them with the paper's formula, term by term:

    params   expand C_hat * E C_hat = C^2 E x^2    conv G * E C_hat * K^2 = C E G x K^2    project E C_hat * C_hat
    MAdds    each of them times H * W

What it presupposes: that the counted quantity *is* a polynomial within these degrees. A convolution's weight tensor has
the size out * in / groups * K * K, where out and in are C_hat = x C or E C_hat and in / groups is G, E C_hat or C_hat,
so its size has at most the degrees C: 2, E: 1, G: 1, x: 2, K: 2; each weight is used at H * W positions, which adds one
degree in H and in W. The closed form is written with + - * alone. Integer rounding, a cap or a special case somewhere
beyond the grid would break this presupposition; ``test_off_the_grid`` therefore traces blocks far outside the grid, the
paper's search space among them, and compares them with what the grid's polynomial predicts.

Source of the expected formulas: MUXConv supplement, section 2 (its 3 x 3 is K x K here).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache

import pytest
from torch import nn

from muxprof.cost.blocks import block_ops, mobilenet_terms, mux_terms
from muxprof.cost.ops import Op, cost, madds, params
from muxprof.nets import build
from muxprof.spec import Block, IrBlock, MuxBlock
from muxprof.tracing.counters.parameters import count_parameters
from muxprof.tracing.counters.run import count_on_meta

Value = int | Fraction
Point = tuple[Value, ...]
Exponents = tuple[int, ...]
Polynomial = dict[Exponents, Fraction]

TERMS = ("expand", "conv", "project")

# Per variable: the degree of the params and of the MAdds, and the values of the grid. x C is whole at every point, and
# G divides E x C, because x C is even.
MUX_VARIABLES = ("C", "E", "G", "x", "K", "H", "W")
MUX_DEGREES = {"params": (2, 1, 1, 2, 2, 0, 0), "madds": (2, 1, 1, 2, 2, 1, 1)}
MUX_GRID: tuple[tuple[Value, ...], ...] = (
    (8, 16, 24),
    (1, 2),
    (1, 2),
    (Fraction(1, 4), Fraction(1, 2), Fraction(1)),
    (1, 3, 5),
    (2, 5),
    (3, 4),
)
MOBILE_VARIABLES = ("C", "E", "K", "H", "W")
MOBILE_DEGREES = {"params": (2, 1, 2, 0, 0), "madds": (2, 1, 2, 1, 1)}
MOBILE_GRID: tuple[tuple[Value, ...], ...] = ((3, 4, 8), (1, 2), (1, 3, 5), (2, 5), (3, 4))


def mux(point: Point) -> MuxBlock:
    C, E, G, x, K, _H, _W = point
    return MuxBlock(int(C), Fraction(E), int(G), 1 - Fraction(x), int(K), norm=False)


def mobile(point: Point) -> IrBlock:
    C, E, K, _H, _W = point
    return IrBlock(int(C), int(C), Fraction(E), (int(K),), norm=False)


@cache
def module_of(spec: Block) -> nn.Module:
    return build(spec, "meta")


@cache
def params_of_module(spec: Block) -> dict[str, int]:
    found = count_parameters(module_of(spec)).params
    assert found is not None
    # Without norm and SE a block has convolution weights only.
    assert all(kinds.total == kinds.conv for kinds in found.values())
    return {path: kinds.total for path, kinds in found.items()}


@cache
def traced(spec: Block, height: int, width: int) -> dict[str, dict[str, int]]:
    """Params and MAdds of the real module, by path."""
    channels = spec.channels if isinstance(spec, MuxBlock) else spec.in_channels
    found = count_on_meta(module_of(spec), (1, channels, height, width))[0]
    assert found.failed is None
    assert found.madds is not None
    return {"params": params_of_module(spec), "madds": dict(found.madds)}


@cache
def computed(spec: Block, height: int, width: int) -> dict[str, dict[str, int]]:
    """Params and MAdds of the closed form, by path; ops that cost neither are left out."""
    costs = {op.path: cost(op) for op in block_ops(spec, height, width)}
    return {
        "params": {path: c.params.total for path, c in costs.items() if c.params.total},
        "madds": {path: c.madds for path, c in costs.items() if c.madds},
    }


def term(counts: Mapping[str, int], name: str) -> int:
    """One of the three terms, or the total over all paths, expected or not."""
    return sum(counts.values()) if name == "total" else counts[name]


def coefficients_of_basis(nodes: Sequence[Value]) -> list[list[Fraction]]:
    """Row i: the coefficients, lowest power first, of the polynomial that is 1 at node i and 0 at the others."""
    rows = []
    for chosen in nodes:
        row = [Fraction(1)]
        for other in nodes:
            if other != chosen:
                scale = Fraction(1) / (Fraction(chosen) - Fraction(other))
                shifted = [Fraction(0), *row]
                row = [scale * (high - other * low) for high, low in zip(shifted, [*row, Fraction(0)], strict=True)]
        rows.append(row)
    return rows


def interpolate(grid: Sequence[Sequence[Value]], value_at: Callable[[Point], Value]) -> Polynomial:
    """The one polynomial with a degree below the number of values in each variable that takes these values."""
    table = {index: Fraction(value_at(point)) for index, point in points_of(grid)}
    for axis, nodes in enumerate(grid):
        basis = coefficients_of_basis(nodes)
        lines: Polynomial = {}
        for index, value in table.items():
            for power, coefficient in enumerate(basis[index[axis]]):
                key = (*index[:axis], power, *index[axis + 1 :])
                lines[key] = lines.get(key, Fraction(0)) + value * coefficient
        table = lines
    return {exponents: value for exponents, value in table.items() if value}


def points_of(grid: Sequence[Sequence[Value]]) -> list[tuple[Exponents, Point]]:
    indices = itertools.product(*(range(len(nodes)) for nodes in grid))
    return list(zip(indices, itertools.product(*grid), strict=True))


def evaluate(polynomial: Polynomial, point: Point) -> Fraction:
    return sum(
        (
            coefficient * math.prod(Fraction(v) ** n for v, n in zip(point, exponents, strict=True))
            for exponents, coefficient in polynomial.items()
        ),
        Fraction(0),
    )


def monomials(variables: Sequence[str], *words: str) -> Polynomial:
    """``"C2 E x2"`` -> C^2 E x^2 with the coefficient 1; a word given twice has the coefficient 2."""
    result: Polynomial = {}
    for word in words:
        powers = {factor[0]: int(factor[1:] or 1) for factor in word.split()}
        assert powers.keys() <= set(variables)
        key = tuple(powers.get(variable, 0) for variable in variables)
        result[key] = result.get(key, Fraction(0)) + 1
    return result


def degrees(polynomial: Polynomial) -> Exponents:
    return tuple(max(exponents[axis] for exponents in polynomial) for axis in range(len(next(iter(polynomial)))))


# The supplement's formulas with C_hat = x C; "1x1 conv" twice, and the group or depthwise conv between them.
MUX_PAPER = {
    "expand": ("C2 E x2",),
    "conv": ("C E G x K2",),
    "project": ("C2 E x2",),
    "total": ("C2 E x2", "C E G x K2", "C2 E x2"),
}
MOBILE_PAPER = {
    "expand": ("C2 E",),
    "conv": ("C E K2",),
    "project": ("C2 E",),
    "total": ("C2 E", "C E K2", "C2 E"),
}


def paper(formulas: Mapping[str, Sequence[str]], variables: Sequence[str], what: str, name: str) -> Polynomial:
    positions = " H W" if what == "madds" else ""
    return monomials(variables, *(word + positions for word in formulas[name]))


BOTH = pytest.mark.parametrize("what", ["params", "madds"])
EACH_TERM = pytest.mark.parametrize("name", [*TERMS, "total"])


@BOTH
@EACH_TERM
def test_mux_is_the_papers_polynomial(what: str, name: str) -> None:
    expected = paper(MUX_PAPER, MUX_VARIABLES, what, name)

    def by_module(point: Point) -> int:
        return term(traced(mux(point), int(point[5]), int(point[6]))[what], name)

    def by_formula(point: Point) -> int:
        return term(computed(mux(point), int(point[5]), int(point[6]))[what], name)

    assert interpolate(MUX_GRID, by_module) == expected
    assert interpolate(MUX_GRID, by_formula) == expected
    assert [by_module(point) for _, point in points_of(MUX_GRID)] == [
        by_formula(point) for _, point in points_of(MUX_GRID)
    ]


@BOTH
@EACH_TERM
def test_mobilenet_is_the_papers_polynomial(what: str, name: str) -> None:
    expected = paper(MOBILE_PAPER, MOBILE_VARIABLES, what, name)

    def by_module(point: Point) -> int:
        return term(traced(mobile(point), int(point[3]), int(point[4]))[what], name)

    def by_formula(point: Point) -> int:
        return term(computed(mobile(point), int(point[3]), int(point[4]))[what], name)

    assert interpolate(MOBILE_GRID, by_module) == expected
    assert interpolate(MOBILE_GRID, by_formula) == expected
    assert [by_module(point) for _, point in points_of(MOBILE_GRID)] == [
        by_formula(point) for _, point in points_of(MOBILE_GRID)
    ]


@BOTH
def test_stated_degrees_are_those_of_the_totals(what: str) -> None:
    # Neither too low, which would void the proof, nor higher than what is needed.
    assert [len(set(nodes)) for nodes in MUX_GRID] == [degree + 1 for degree in MUX_DEGREES["madds"]]
    assert [len(set(nodes)) for nodes in MOBILE_GRID] == [degree + 1 for degree in MOBILE_DEGREES["madds"]]
    assert degrees(paper(MUX_PAPER, MUX_VARIABLES, what, "total")) == MUX_DEGREES[what]
    assert degrees(paper(MOBILE_PAPER, MOBILE_VARIABLES, what, "total")) == MOBILE_DEGREES[what]


def test_only_the_three_terms_cost_anything() -> None:
    for _, point in points_of(MUX_GRID):
        height, width = int(point[5]), int(point[6])
        for counts in (traced(mux(point), height, width), computed(mux(point), height, width)):
            assert set(counts["params"]) == set(counts["madds"]) == set(TERMS)
    for _, point in points_of(MOBILE_GRID):
        height, width = int(point[3]), int(point[4])
        for counts in (traced(mobile(point), height, width), computed(mobile(point), height, width)):
            assert set(counts["params"]) == set(counts["madds"]) == set(TERMS)


SEARCH_SPACE: list[Point] = [
    # Table 1: E, G, L and K of the normal blocks, here at C = 64 and 14 x 14.
    (64, E, G, 1 - L, K, 14, 14)
    for E, G, L, K in itertools.product((4, 6), (1, 2, 4), (Fraction(0), Fraction(1, 4), Fraction(1, 2)), (3, 5))
]
ELSEWHERE: list[Point] = [
    (2, 1, 1, 1, 3, 1, 1),
    (6, Fraction(1, 2), 1, Fraction(1, 3), 7, 3, 1),  # one middle channel
    (24, Fraction(7, 3), 7, Fraction(1, 4), 11, 9, 13),  # 14 middle channels in 2 groups
    (10, Fraction(3, 2), 15, 1, 3, 5, 7),  # 15 middle channels in one group: a dense convolution
    (30, 6, 3, Fraction(1, 30), 9, 2, 31),  # a single processed channel
    (1024, 6, 73, Fraction(511, 512), 3, 112, 96),  # 84 groups of 73
    (4096, 16, 1, Fraction(3, 4), 5, 224, 223),
]


@BOTH
@EACH_TERM
def test_off_the_grid(what: str, name: str) -> None:
    predicted = interpolate(MUX_GRID, lambda p: term(traced(mux(p), int(p[5]), int(p[6]))[what], name))
    for point in [*SEARCH_SPACE, *ELSEWHERE]:
        spec, height, width = mux(point), int(point[5]), int(point[6])
        expected = evaluate(predicted, point)
        assert term(traced(spec, height, width)[what], name) == expected, point
        assert term(computed(spec, height, width)[what], name) == expected, point


@BOTH
@EACH_TERM
def test_mobilenet_off_the_grid(what: str, name: str) -> None:
    predicted = interpolate(MOBILE_GRID, lambda p: term(traced(mobile(p), int(p[3]), int(p[4]))[what], name))
    elsewhere: list[Point] = [(1, 1, 3, 1, 1), (64, 6, 3, 56, 56), (9, Fraction(7, 3), 11, 1, 8), (960, 4, 7, 13, 224)]
    for point in elsewhere:
        spec, height, width = mobile(point), int(point[3]), int(point[4])
        expected = evaluate(predicted, point)
        assert term(traced(spec, height, width)[what], name) == expected, point
        assert term(computed(spec, height, width)[what], name) == expected, point


@BOTH
@EACH_TERM
def test_terms_hold_where_no_block_exists(what: str, name: str) -> None:
    """The formulas alone, in fractions: also on a grid between the blocks, such as 7/3 channels."""
    formula: Callable[[Op], Value] = params if what == "params" else madds

    def by_mux(point: Point) -> Value:
        C, E, G, x, K, H, W = map(Fraction, point)
        ops = {op.path: op for op in mux_terms(x * C, E * x * C, G, K, H, W)}
        return sum((formula(ops[path]) for path in (TERMS if name == "total" else (name,))), Fraction(0))

    def by_mobile(point: Point) -> Value:
        C, E, K, H, W = map(Fraction, point)
        ops = {op.path: op for op in mobilenet_terms(C, E * C, K, H, W)}
        return sum((formula(ops[path]) for path in (TERMS if name == "total" else (name,))), Fraction(0))

    third = [Fraction(n, 3) for n in (7, 10, 11, 14)]
    mux_grid = [third[: degree + 1] for degree in MUX_DEGREES["madds"]]
    # One value more than is needed: a degree higher than stated would show as a coefficient.
    mobile_grid = [third[: degree + 2] for degree in MOBILE_DEGREES["madds"]]
    assert interpolate(mux_grid, by_mux) == paper(MUX_PAPER, MUX_VARIABLES, what, name)
    assert interpolate(mobile_grid, by_mobile) == paper(MOBILE_PAPER, MOBILE_VARIABLES, what, name)


def test_norm_adds_a_scale_and_a_shift_per_normalised_channel() -> None:
    """Norm follows each of the three convolutions: 2 (E x C + E x C + x C) = 4 E x C + 2 x C params, no MAdds."""
    variables = ("C", "E", "x")
    grid: list[list[Value]] = [[8, 16], [1, 2], [Fraction(1, 2), Fraction(1)]]

    def by_module(point: Point) -> int:
        C, E, x = point
        spec = MuxBlock(int(C), Fraction(E), 1, 1 - Fraction(x))
        bare = MuxBlock(int(C), Fraction(E), 1, 1 - Fraction(x), norm=False)
        assert count_on_meta(build(spec, "meta"), (1, int(C), 2, 3))[0].madds == traced(bare, 2, 3)["madds"]
        found = count_parameters(build(spec, "meta")).params
        assert found is not None
        return sum(kinds.norm for kinds in found.values())

    def by_formula(point: Point) -> int:
        C, E, x = point
        spec = MuxBlock(int(C), Fraction(E), 1, 1 - Fraction(x))
        return sum(cost(op).params.norm for op in block_ops(spec, 2, 3))

    expected = monomials(variables, *["C E x"] * 4, *["C x"] * 2)
    assert interpolate(grid, by_module) == expected
    assert interpolate(grid, by_formula) == expected


def test_interpolation_finds_known_polynomials() -> None:
    """The tool of this proof, on 3 a^2 b - 1/2 b + 5: found exactly, and a higher degree is not hidden."""
    grid: list[list[Value]] = [[1, 2, 4], [Fraction(1, 3), 5]]
    assert interpolate(grid, lambda p: 3 * p[0] ** 2 * p[1] - Fraction(1, 2) * p[1] + 5) == {
        (2, 1): 3,
        (0, 1): Fraction(-1, 2),
        (0, 0): 5,
    }
    assert interpolate([[0, 1, 2, 3]], lambda p: p[0] ** 3) == {(3,): 1}
    assert interpolate([[1, 2, 3]], lambda p: p[0] // 2) != {(1,): Fraction(1, 2)}
    assert evaluate({(2, 1): Fraction(3), (0, 0): Fraction(5)}, (2, Fraction(1, 3))) == 9
