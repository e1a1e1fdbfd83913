"""The JSON of what a block report has beside costs: ratios and break-evens, as floats and exactly."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from muxprof.answers.block.types import BreakEven, Ratios
from muxprof.document.json import Count


class RatiosJson(Struct):
    """MUXConv over MobileNet."""

    params: float
    madds: float
    activations: float
    traffic_bytes: float
    exact: Ratios


class BreakEvenJson(Struct):
    """Where MUXConv becomes the cheaper block, in L and in G."""

    L: float
    L_valid: Fraction | None
    G: float
    G_exact: Fraction
    G_valid: Count | None


def encode_ratios(ratios: Ratios) -> RatiosJson:
    """Ratios as they are written."""
    return RatiosJson(
        params=float(ratios.params),
        madds=float(ratios.madds),
        activations=float(ratios.activations),
        traffic_bytes=float(ratios.traffic_bytes),
        exact=ratios,
    )


def decode_ratios(found: RatiosJson) -> Ratios:
    """The ratios that were read."""
    return found.exact


def encode_break_even(even: BreakEven) -> BreakEvenJson:
    """A break-even as it is written."""
    return BreakEvenJson(even.leave_out, even.valid_leave_out, float(even.group), even.group, even.valid_group)


def decode_break_even(found: BreakEvenJson) -> BreakEven:
    """The break-even that was read."""
    return BreakEven(found.L, found.L_valid, found.G_exact, found.G_valid)
