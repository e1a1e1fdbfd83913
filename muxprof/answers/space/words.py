"""Costs, budgets, shares and counts of a search space in words."""

from __future__ import annotations

from collections.abc import Mapping

from muxprof.answers.space.types import Extent, Over, SpaceTotals
from muxprof.document.metrics import METRICS
from muxprof.document.parts import Emphasis
from muxprof.spec.budgets import Bounds
from muxprof.units import grouped

#: What the three counts mean.
MEANINGS = {
    "encodings": "every choice of one option of each kind in each stage: the options, multiplied.",
    "valid": "encodings that a real module exists for. Each superpixel branch needs channels that 4 divides, subpixel "
    "an even size, G has to divide the middle channels; an option that no built block uses makes nothing invalid.",
    "distinct": "different networks: two encodings are one network when no built layer differs. N = 0 makes K, E, G, L "
    "and S idle, and G does nothing where S is set.",
}

#: By more than so many points an option has to be more, or less, frequent within a budget to stand out.
_NOTABLE = 5
#: What is counted or drawn.
OVER: Mapping[Over, str] = {"distinct": "different networks", "valid": "valid encodings"}


def budget(bounded: Mapping[str, Bounds]) -> str:
    """A budget; "the whole space" without bounds."""
    texts = (f"{METRICS[name].counted} {bounds.text}" for name, bounds in bounded.items() if bounds != Bounds())
    return ", ".join(texts) or "the whole space"


def extent(space: SpaceTotals, between: str) -> str:
    """From where to where the costs of a space with valid networks go; ``between`` separates the costs."""
    assert space.extent is not None
    return between.join(f"{METRICS[name].counted} {reach(ends)}" for name, ends in space.extent.items())


def reach(ends: Extent) -> str:
    """From the smallest total to the largest."""
    return f"{grouped(ends.low)} to {grouped(ends.high)}"


def share(count: int, of: int) -> str:
    """A share in percent, with digits enough to tell it from none and from all: ``0.000012 %``."""
    if not of or not count or count == of:
        return "100 %" if of and count == of else "0 %"
    share = 100 * count / of
    if share >= 99.95:
        return f"{100 - 100 * (of - count) / of:.10g} %"
    return f"{share:.3g} %" if share >= 1e-4 else f"{share:.1e} %"


def percent(count: int, of: int) -> float:
    """A share in percent; 0 of nothing."""
    return 100 * count / of if of else 0.0


def tone(within: float, everywhere: float) -> Emphasis:
    """How an option stands out by its shares, in percent: "good" where it is frequent within the budget, else "bad"."""
    change = within - everywhere
    return "good" if change > _NOTABLE else "bad" if change < -_NOTABLE else "plain"
