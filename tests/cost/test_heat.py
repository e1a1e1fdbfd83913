"""The grids of ratios against the paper's formula, counted out by hand in fractions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from muxprof.cost import breakeven, ops
from muxprof.cost.heat import Grids, ratio_grids

CHANNELS = (6, 16, 40, 64, 512)
GROUPS = (1, 2, 3, 4, 8, 32)
LEAVE_OUTS = (Fraction(0), Fraction(1, 4), Fraction(3, 10), Fraction(1, 2), Fraction(2, 3))
ROUNDING = 1e-14


def expected(metric: str, C: int, G: int, L: Fraction, E: Fraction, K: int, H: int, W: int) -> Fraction:
    """The ratio from the supplement's terms; for data, from what each op of Figure 3 reads and writes, written out.

    MUXConv with x = 1 - L, per position: split C -> C; expand xC -> M, act M -> M, group conv M -> M, act M -> M,
    project M -> xC, add 2xC -> xC, concat C -> C, shuffle C -> C. MobileNet: the same five on C and EC, and the add.
    """
    x = 1 - L
    mux_weights = x * C * E * x * C + G * E * x * C * K * K + E * x * C * x * C
    mobilenet_weights = C * E * C + E * C * K * K + E * C * C
    moves = 2 if L else 0
    if metric == "params":
        return mux_weights / mobilenet_weights
    if metric == "madds":
        return (H * W * mux_weights) / (H * W * mobilenet_weights)
    if metric == "activations":
        mux = 4 * E * x * C + 2 * x * C + (moves + 1) * C
        return mux / (4 * E * C + 2 * C)
    mux = H * W * (8 * E * x * C + 5 * x * C + (2 * moves + 2) * C) + mux_weights
    return mux / (H * W * (8 * E * C + 5 * C) + mobilenet_weights)


COUNTS = {
    "params": ops.params,
    "madds": ops.madds,
    "activations": ops.activations,
    "traffic": ops.traffic_bytes,
}


def grids(
    C: Sequence[int] = CHANNELS,
    G: Sequence[int] = GROUPS,
    L: Sequence[Fraction] = LEAVE_OUTS,
    E: Fraction = Fraction(6),
    K: int = 3,
    H: int = 7,
    W: int = 5,
) -> Grids:
    return ratio_grids(COUNTS, C, G, L, E, K, H, W)


@pytest.mark.parametrize("metric", COUNTS)
@pytest.mark.parametrize(("E", "K", "H", "W"), [(6, 3, 56, 56), (4, 5, 7, 14), (Fraction(5, 2), 1, 1, 1)])
def test_every_cell_is_the_formula(metric: str, E: Fraction, K: int, H: int, W: int) -> None:
    found = grids(E=Fraction(E), K=K, H=H, W=W).ratios[metric]
    assert found.shape == (len(CHANNELS), len(GROUPS), len(LEAVE_OUTS))
    for (c, C), (g, G), (column, L) in itertools.product(enumerate(CHANNELS), enumerate(GROUPS), enumerate(LEAVE_OUTS)):
        exact = expected(metric, C, G, L, Fraction(E), K, H, W)
        assert found[c, g, column] == pytest.approx(float(exact), rel=ROUNDING, abs=0)


@pytest.mark.parametrize("metric", ["params", "madds"])
def test_whole_counts_give_the_exact_quotient(metric: str) -> None:
    found = grids(L=LEAVE_OUTS[:2], C=(16, 64)).ratios[metric]
    for (c, C), (g, G), (column, L) in itertools.product(
        enumerate((16, 64)), enumerate(GROUPS), enumerate(LEAVE_OUTS[:2])
    ):
        assert found[c, g, column] == float(expected(metric, C, G, L, Fraction(6), 3, 7, 5))


def test_the_closed_form_of_the_ratio() -> None:
    found = grids(C=(64,), G=(1, 2, 4), L=(Fraction(0), Fraction(1, 4), Fraction(1, 2))).ratios["params"][0]
    by_hand = [[Fraction(1), Fraction(63, 137) * Fraction(5, 4), Fraction(73, 274)]]
    assert found[0].tolist() == [float(value) for value in by_hand[0]]
    for g, G in enumerate((1, 2, 4)):
        for column, x in enumerate((Fraction(1), Fraction(3, 4), Fraction(1, 2))):
            assert found[g, column] == float(x * (128 * x + 9 * G) / 137)


@pytest.mark.parametrize("metric", ["params", "madds"])
@pytest.mark.parametrize("E", [Fraction(6), Fraction(1, 3), Fraction(23, 10), Fraction(1024)])
def test_the_depthwise_block_that_leaves_nothing_out_is_the_mobilenet_block(metric: str, E: Fraction) -> None:
    C = (2, 6, 48, 65534)
    found = ratio_grids(COUNTS, C, (1,), (Fraction(0),), E, 7, 16384, 16384).ratios[metric]
    assert (found == 1.0).all()


def test_a_ratio_above_one_by_little_is_above_one() -> None:
    C, G, K = 65536, 2, 3
    found = ratio_grids(COUNTS, (C,), (G,), (Fraction(0),), Fraction(6), K, 1, 1).ratios["params"][0, 0, 0]
    assert found == float(Fraction(2 * C + K * K * G, 2 * C + K * K))
    assert found > 1


def test_validity_is_exact() -> None:
    C_values, G_values = (6, 7, 40, 64), (1, 2, 3, 5, 8, 32, 64)
    L_values = tuple(Fraction(n, 20) for n in range(20))
    for E in (Fraction(6), Fraction(5, 2), Fraction(1, 3)):
        found = grids(C_values, G_values, L_values, E).valid
        for (c, C), (g, G), (column, L) in itertools.product(
            enumerate(C_values), enumerate(G_values), enumerate(L_values)
        ):
            kept = C - L * C
            whole = kept.denominator == 1 and (E * kept).denominator == 1 and (E * C).denominator == 1
            assert found[c, g, column] == (C % 2 == 0 and whole and (E * kept) % G == 0)


def test_validity_does_not_fall_for_a_float_of_a_ratio() -> None:
    found = ratio_grids(COUNTS, (100,), (1,), (Fraction("0.29"), Fraction("0.291")), Fraction(6), 3, 1, 1).valid
    assert found.tolist() == [[[True, False]]]


@pytest.mark.parametrize("metric", ["params", "madds"])
@pytest.mark.parametrize("K", [1, 3, 7])
def test_break_even_is_the_root_of_the_quadratic(metric: str, K: int) -> None:
    lines = grids(K=K).break_even[metric]
    for C, line in zip(CHANNELS, lines, strict=True):
        assert len(line) > 40
        for G, L in line:
            a, b, c = 2 * C, K * K * G, -(2 * C + K * K)
            root = -2 * c / (b + math.sqrt(b * b - 4 * a * c))
            assert pytest.approx(1 - root, abs=1e-14) == L
        for G, L in line:
            if G.is_integer():
                assert pytest.approx(breakeven.leave_out(C, int(G), K), abs=1e-14) == L


def test_break_even_passes_through_every_row_and_grows() -> None:
    for lines in grids().break_even.values():
        for line in lines:
            along, leave_outs = (np.array(values) for values in zip(*line, strict=True))
            assert set(GROUPS) <= set(along.tolist())
            assert (along[0], along[-1]) == (GROUPS[0], GROUPS[-1])
            assert (np.diff(along) > 0).all()
            assert (np.diff(leave_outs) >= 0).all()
            assert ((leave_outs >= 0) & (leave_outs < 1)).all()


def test_break_even_starts_at_exactly_zero_for_the_mobilenet_block() -> None:
    for metric in ("params", "madds"):
        assert all(line[0] == (1.0, 0.0) for line in grids().break_even[metric])


@pytest.mark.parametrize("metric", COUNTS)
def test_the_ratio_on_the_line_is_one(metric: str) -> None:
    for C, line in zip(CHANNELS, grids().break_even[metric], strict=True):
        for G, L in line:
            if G.is_integer() and L > 0:
                exact = expected(metric, C, int(G), Fraction(L), Fraction(6), 3, 7, 5)
                assert float(exact) == pytest.approx(1, abs=1e-13)


def test_break_even_of_activations_by_hand() -> None:
    # x * (4E + 2) + 3 = 4E + 2, whatever C and G are.
    for line in grids().break_even["activations"]:
        assert [L for _, L in line] == pytest.approx([3 / 26] * len(line), abs=1e-15)


def test_there_is_no_line_where_the_ratio_is_never_one() -> None:
    # With E = 1/16 the three maps that are moved whole outweigh all that can be saved: 3 > 4E + 2.
    made = grids(C=(16,), E=Fraction(1, 16))
    assert made.break_even["activations"] == ((),)
    assert (made.ratios["activations"][0, :, 1:] > 1).all()


def test_one_row_has_its_one_point() -> None:
    (line,) = grids(C=(64,), G=(4,)).break_even["params"]
    ((G, L),) = line
    assert G == 4.0
    assert pytest.approx(breakeven.leave_out(64, 4, 3), abs=1e-14) == L


@pytest.mark.parametrize("E", [Fraction(1, 3), Fraction(23, 10), Fraction(7)])
def test_the_line_starts_at_zero_whatever_E_is(E: Fraction) -> None:
    for metric in ("params", "madds"):
        for line in ratio_grids(COUNTS, range(2, 130, 2), (1, 2), LEAVE_OUTS, E, 3, 56, 56).break_even[metric]:
            assert line[0] == (1.0, 0.0)
