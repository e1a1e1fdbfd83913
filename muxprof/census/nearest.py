"""The networks with the costs nearest to a target, exactly.

The distance is the largest relative deviation: max over the target's costs of |cost - target| / target. All networks
within a distance are therefore those within a budget, and a search over distances finds one with just enough of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from muxprof.census.census import Census, Member, Near
from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.spec.budgets import Bounds
from muxprof.spec.checks import one_of

MAX_NEAREST = 10_000

#: The most networks that are compared one by one.
_LOOKED_AT = 20_000
_FIRST = Fraction(1, 10**6)


@dataclass(frozen=True)
class Nearest:
    """The nearest networks, nearest first, and how many are at most as far as the last of them (these included)."""

    found: tuple[Near, ...]
    as_near: int


def nearest(census: Census, wish: Mapping[str, Fraction], count: int) -> Nearest:
    """The ``count`` different networks nearest to ``wish``, or all if there are fewer; equally near ones by number.

    Raises :class:`BadInput` for a target that is not positive, and for a count that is not from 1 to 10,000.
    """
    if not 1 <= count <= MAX_NEAREST:
        raise BadInput(f"k = {shown(count)} is out of range; it must be from 1 to {MAX_NEAREST:,}.")
    if not wish:
        raise BadInput(f"nothing is asked for; give one of {', '.join(census.costs)} or more.")
    for name, amount in wish.items():
        one_of(name, "cost", census.costs)
        if amount <= 0:
            raise BadInput(f"{name} = {amount} is out of range; a wish is above 0.")
    wanted = min(count, census.totals.distinct)
    if not wanted:
        return Nearest((), 0)
    too_near, enough = _bracket(census, wish, wanted)
    inside = census.numbering(_budget(wish, enough)).size
    while inside > _LOOKED_AT and (closer := _between(wish, too_near, enough)) is not None:
        within = census.numbering(_budget(wish, closer)).size
        if within >= wanted:
            enough, inside = closer, within
        else:
            too_near = closer
    numbering = census.numbering(_budget(wish, enough))
    if inside <= _LOOKED_AT:
        looked_at: tuple[Member, ...] = numbering.networks(range(inside))
    else:  # too many to list: all but those that are nearer are exactly this far
        nearer = census.numbering(_budget(wish, too_near))
        first = nearer.networks(range(nearer.size))
        known = {found.choices for found in first}
        rest = numbering.networks(range(wanted))  # of these, no more than the nearer ones are known
        looked_at = (*first, *(found for found in rest if found.choices not in known))
    every = (Near(found, distance(found.costs, wish)) for found in looked_at)
    near = sorted(every, key=lambda each: each.distance)[:wanted]
    return Nearest(tuple(near), census.distinct_within(_budget(wish, near[-1].distance)))


def distance(costs: Mapping[str, int], wish: Mapping[str, Fraction]) -> Fraction:
    """The largest relative deviation of a cost from its target."""
    return max(abs(costs[name] - amount) / amount for name, amount in wish.items())


def _budget(wish: Mapping[str, Fraction], radius: Fraction) -> dict[str, Bounds]:
    """The budget of all networks within the distance ``radius``."""
    return {
        name: Bounds((amount - radius * amount).__ceil__(), (amount + radius * amount).__floor__())
        for name, amount in wish.items()
    }


def _bracket(census: Census, wish: Mapping[str, Fraction], wanted: int) -> tuple[Fraction, Fraction]:
    """A distance with too few networks (negative if there is none), and one with enough."""
    extent = census.extent
    assert extent is not None
    ends = [(*extent[name], amount) for name, amount in wish.items()]
    # No network is nearer than the space's extent, and none is farther than its farthest corner.
    near = max(max(low - amount, amount - high, Fraction(0)) / amount for low, high, amount in ends)
    far = max(max(abs(low - amount), abs(high - amount)) / amount for low, high, amount in ends)
    too_near, radius = Fraction(-1), near
    step = _FIRST
    while radius < far:
        if census.distinct_within(_budget(wish, radius)) >= wanted:
            return too_near, radius
        too_near, radius, step = radius, near + step, step * 4
    return too_near, far


def _between(wish: Mapping[str, Fraction], low: Fraction, high: Fraction) -> Fraction | None:
    """A distance that some integer cost has, strictly between two distances and near their middle; None if none is."""
    middle = (max(low, Fraction(0)) + high) / 2
    candidates = {
        abs(count - amount) / amount
        for amount in wish.values()
        for around in (amount + middle * amount, amount - middle * amount)
        for count in range(around.__floor__() - 1, around.__ceil__() + 2)
    }
    inside = (candidate for candidate in candidates if low < candidate < high)
    return min(inside, key=lambda candidate: abs(candidate - middle), default=None)
