"""The ratio of the MUXConv to the MobileNet block over grids of C, G and L, and where it is 1.

Both blocks are counted through the same ops as everywhere else, at stride 1 and without norm, on arrays. Counts are
floats here: below 2^53 they are exact, and a ratio is then the exact quotient, rounded once.

Source: MUXConv supplement, section 2 and Figure 4.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from muxprof.cost import ops
from muxprof.cost.blocks import mobilenet_ops, mux_ops
from muxprof.dims import total, whole

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Line: TypeAlias = tuple[tuple[float, float], ...]

#: By metric, what counts one op.
Counts: TypeAlias = Mapping[str, Callable[[ops.Op], Any]]

#: Points of a break-even line from the first to the last row: about this many, at least two per step.
_LINE_POINTS = 64
#: Halvings of [0, 1] after which neighbouring floats are left.
_HALVINGS = 54


@dataclass(frozen=True)
class Grids:
    """``ratios[metric]`` and ``valid`` are indexed [c][g][l]; ``break_even[metric]`` has a line per C.

    A cell is valid where both blocks exist; its ratio is the formula's value in any case. A line's points are (G, L)
    with the ratio 1, ascending in G, all rows among them; above such an L the MUXConv block is the cheaper one.
    """

    ratios: Mapping[str, Floats]
    valid: Bools
    break_even: Mapping[str, tuple[Line, ...]]


def ratio_grids(
    counts: Counts,
    C_values: Sequence[int],
    G_values: Sequence[int],
    L_values: Sequence[Fraction],
    E: Fraction,
    K: int,
    H: int,
    W: int,
) -> Grids:
    """MUXConv over MobileNet for every C, G and L, for each of ``counts``; G ascending, L in [0, 1)."""
    C = np.array(C_values, dtype=np.float64)[:, None, None]
    G = np.array(G_values, dtype=np.float64)[None, :, None]
    processed = [[(1 - leave_out) * channels for leave_out in L_values] for channels in C_values]
    C_hat = np.array([[float(value) for value in row] for row in processed])[:, None, :]
    middle = np.array([[float(E * value) for value in row] for row in processed])[:, None, :]
    expanded = np.array([float(E * channels) for channels in C_values])  # each rounded once
    baseline = _baseline(counts, C, expanded[:, None, None], K, H, W)
    shape = (len(C_values), len(G_values), len(L_values))
    nothing_left = np.array([leave_out == 0 for leave_out in L_values])
    ratios = {}
    for metric, count in counts.items():
        split, unsplit = (
            total(map(count, mux_ops(C, C_hat, middle, G, K, H, W, leaves_out=leaves_out)))
            for leaves_out in (True, False)
        )
        ratios[metric] = np.broadcast_to(np.where(nothing_left, unsplit, split) / baseline[metric], shape)
    return Grids(
        ratios=ratios,
        valid=_valid(C_values, G_values, processed, E),
        break_even=_break_even(counts, C_values, G_values, expanded, K, H, W),
    )


def _baseline(counts: Counts, C: Floats, expanded: Floats, K: int, H: int, W: int) -> dict[str, Any]:
    """Counts of the MobileNet block, metric by metric."""
    block = tuple(mobilenet_ops(C, expanded, C, (K,), H, W))
    return {metric: total(map(count, block)) for metric, count in counts.items()}


def _valid(
    C_values: Sequence[int], G_values: Sequence[int], processed: Sequence[Sequence[Fraction]], E: Fraction
) -> Bools:
    """Where both blocks exist: C even, C_hat, E * C and E * C_hat whole, and G divides E * C_hat."""
    middle = np.zeros((len(C_values), 1, len(processed[0])), dtype=np.int64)
    for c, (channels, row) in enumerate(zip(C_values, processed, strict=True)):
        if channels % 2 or (E * channels).denominator != 1:
            continue
        for column, value in enumerate(row):
            if value.denominator == 1 and (E * value).denominator == 1:
                middle[c, 0, column] = whole(E * value)
    G = np.array(G_values, dtype=np.int64)[None, :, None]
    valid: Bools = (middle > 0) & (middle % G == 0)
    return valid


def _break_even(
    counts: Counts, C_values: Sequence[int], G_values: Sequence[int], expanded: Floats, K: int, H: int, W: int
) -> dict[str, tuple[Line, ...]]:
    """The lines of ratio 1, by bisection in x = 1 - L over all C and G at once: every count grows with x."""
    C = np.array(C_values, dtype=np.float64)[:, None]
    along = _between(G_values)
    G = along[None, :]
    middle_at_most = expanded[:, None]
    baseline = _baseline(counts, C, middle_at_most, K, H, W)
    lines = {}
    for metric, count in counts.items():

        def ratio(x: Floats, metric: str = metric, count: Callable[[ops.Op], Any] = count) -> Any:
            return total(map(count, mux_ops(C, x * C, x * middle_at_most, G, K, H, W))) / baseline[metric]

        low, high = np.zeros((len(C_values), along.size)), np.ones((len(C_values), along.size))
        most = ratio(high)
        exists = (ratio(low) < 1) & (most >= 1)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            cheaper = ratio(middle) < 1
            low, high = np.where(cheaper, middle, low), np.where(cheaper, high, middle)
        # The MobileNet block itself costs the same, to the last digit, although rounding may say so of L just above 0.
        leave_out = np.where(most == 1, 0.0, 1 - high)
        lines[metric] = tuple(
            tuple(zip(along[there].tolist(), row[there].tolist(), strict=True))
            for there, row in zip(exists, leave_out, strict=True)
        )
    return lines


def _between(G_values: Sequence[int]) -> Floats:
    """From the first to the last row in geometric steps, the same number from each row to the next."""
    steps = max(2, _LINE_POINTS // max(1, len(G_values) - 1))
    parts = [np.geomspace(low, high, steps, endpoint=False) for low, high in itertools.pairwise(G_values)]
    return np.concatenate([*parts, [float(G_values[-1])]])
