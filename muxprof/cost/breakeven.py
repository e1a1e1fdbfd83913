"""Where the MUXConv block becomes cheaper than the MobileNet block, in closed form.

With x = 1 - L, the blocks cost E * C (and H * W, for MAdds) times x(2Cx + K^2 G) and 2C + K^2, so MUXConv is cheaper
where ``x * (2*C*x + K**2*G) < 2*C + K**2``: a quadratic in x, linear in G.
"""

from __future__ import annotations

import math
from fractions import Fraction

from muxprof.dims import divisors


def leave_out(C: int, G: int, K: int) -> float:
    """The L above which MUXConv is cheaper at these C, G and K: one minus the positive root of the quadratic."""
    b = K**2 * G
    root = math.sqrt(b**2 + 8 * C * (2 * C + K**2))
    # The same root as (root - b) / 4C, without its cancellation for large G.
    return 1 - 2 * (2 * C + K**2) / (root + b)


def smallest_leave_out(C: int, G: int, K: int, E: Fraction) -> Fraction | None:
    """The smallest L at which MUXConv is cheaper and a block exists (whole channels, G divides); None if none is."""
    budget = C * (2 * C + K**2)
    for processed in range(C, 0, -1):
        middle = E * processed
        cheaper = processed * (2 * processed + K**2 * G) < budget
        if cheaper and middle.denominator == 1 and middle % G == 0:
            return Fraction(C - processed, C)
    return None


def group(C: int, L: Fraction, K: int) -> Fraction:
    """The G below which MUXConv is cheaper at these C, L and K, exactly."""
    x = 1 - L
    return (Fraction(2 * C + K**2) / x - 2 * C * x) / K**2


def largest_group(C: int, L: Fraction, K: int, middle: int) -> int | None:
    """The largest G at which MUXConv is cheaper and which divides the ``middle`` channels; None if none is."""
    bound = group(C, L, K)
    return max((g for g in divisors(middle) if g < bound), default=None)
