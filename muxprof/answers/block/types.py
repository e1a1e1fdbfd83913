"""What a report about the two blocks has beside their costs."""

from __future__ import annotations

from fractions import Fraction

from muxprof.frozen import dataclass


@dataclass(frozen=True)
class BreakEven:
    """Where the MUXConv block becomes cheaper than the MobileNet block, in params and MAdds alike.

    ``leave_out``: at these C, G, K it is cheaper for every L above this; ``valid_leave_out`` is the smallest such L
    that leaves whole channels. ``group``: at these C, L, K it is cheaper for every G below this;
    ``valid_group`` is the largest such G that divides the middle channels, or None.
    """

    leave_out: float
    valid_leave_out: Fraction | None
    group: Fraction
    valid_group: int | None


@dataclass(frozen=True)
class Ratios:
    """MUXConv over MobileNet, exactly."""

    params: Fraction
    madds: Fraction
    activations: Fraction
    traffic_bytes: Fraction
