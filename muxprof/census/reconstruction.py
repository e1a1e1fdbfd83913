"""The rule by which MUXNet-xs and MUXNet-s are reconstructed from their published totals.

Neither was released, and their layouts exist only as a drawing. What is known: the totals (xs 1.8 M params and 66 M
MAdds, s 2.4 M and 117 M), that both use spatial multiplexing, and Table 1. The rule, in this order:

1. *Widths*: those of MUXNet-m where Table 1's four stages have them (24; 24, 40, 80, 160; 200), times one multiplier
   below 1 in steps of 0.05, each to the nearest multiple of 8 as MobileNets' are. The head keeps m's 1280 features, as
   MobileNets' heads do. Everything else is the default skeleton's.
2. *Options*: Table 1's. Every stage has normal blocks (N is not 0), and stages 2 and 3, where Table 1 allows it, use
   spatial multiplexing.
3. *Fit*: params and conv + linear MAdds round to the published figures. (The paper's own figures are of another
   convention, which adds half a percent; :mod:`muxprof.answers.paper.rules`.) The multiplier is the largest that allows
   a network that fits: as little narrower than m as can be.
4. *Choice*: of those that fit, the one that differs from MUXNet-m in the fewest options, S aside; of equally similar
   ones the nearest to the printed figures, by the larger relative deviation; then the first in the order of options.

The rule makes the choice repeatable, not likely: how many others fit is part of the result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from muxprof.census.boxes import Boxes
from muxprof.census.census import Census, Member
from muxprof.census.nearest import distance
from muxprof.census.stage_costs import Integers
from muxprof.errors import BadInput
from muxprof.spec.blocks import rounded
from muxprof.spec.budgets import Bounds, Budget, bounds
from muxprof.spec.networks import Stage
from muxprof.spec.spaces import Choice, SearchedStage, Space, paper
from muxprof.units import figure

WIDTHS = (24, 24, 40, 80, 160, 200)
MULTIPLIERS = tuple(Fraction(twentieths, 20) for twentieths in range(19, 4, -1))

_HALF = Fraction(1, 2)

#: MUXNet-m's options as far as Table 1 has them: its last reduction has a kernel of 11 besides.
REFERENCE = {
    "stage1": Choice((3,), Fraction(4), 2, 3, Fraction(4), 2, _HALF, ()),
    "stage2": Choice((3, 5, 7), Fraction(4), 2, 3, Fraction(6), 2, _HALF, ()),
    "stage3": Choice((3, 5, 7, 9), Fraction(4), 2, 5, Fraction(6), 2, _HALF, ()),
    "stage4": Choice((3, 5, 7, 9), Fraction(4), 3, 5, Fraction(6), 2, _HALF, ()),
}
_COMPARED = ("reduction_kernels", "reduction_expansion", "repetitions", "kernel", "expansion", "group", "leave_out")


@dataclass(frozen=True)
class Reconstruction:
    """The network that the rule picks.

    ``fitting`` networks of ``space`` round to both figures; ``similar`` of these differ from MUXNet-m in only
    ``differences`` options, which is the minimum.
    """

    multiplier: Fraction
    space: Space
    member: Member
    differences: int
    fitting: int
    similar: int


def narrowed(multiplier: Fraction) -> Space:
    """The rule's search space at a width multiplier."""
    first, *stages, last = (rounded(width * multiplier, 8) for width in WIDTHS)
    one, two, three, four = stages
    space = paper((one, two, three, four), last, first=first)
    return replace(space, name=f"paper x {float(multiplier):g}", stages=tuple(map(_multiplexed, space.stages)))


def reconstruct(params: str, madds: str) -> Reconstruction:
    """The network that the rule picks for printed totals such as "1.8 M" and "66 M".

    Raises :class:`BadInput` where no multiplier allows one.
    """
    budget = {"params": bounds(f"~{params}", "params"), "madds": bounds(f"~{madds}", "madds")}
    for multiplier in MULTIPLIERS:
        space = narrowed(multiplier)
        census = Census(space, further={"differences": differences})
        fitting = census.distinct_within(budget)
        if fitting:
            least, similar = _most_similar(census, budget)
            wish = {"params": Fraction(figure(params)[0]), "madds": Fraction(figure(madds)[0])}
            found = min(similar, key=lambda each: (distance(each.costs, wish), _order(space, each)))
            return Reconstruction(multiplier, space, found, least, fitting, len(similar))
    raise BadInput(f"no multiplier allows a network of {params} params and {madds} MAdds.")


def differences(stage: SearchedStage, choice: Choice) -> int:
    """The number of options, without S, in which a choice differs from MUXNet-m's; G has no effect if S is set."""
    own = REFERENCE[stage.name]
    compared = [name for name in _COMPARED if name != "group" or not choice.spatial]
    return sum(getattr(choice, name) != getattr(own, name) for name in compared)


def _multiplexed(stage: SearchedStage | Stage) -> SearchedStage | Stage:
    """The stage without N = 0, and with spatial multiplexing alone if it is an option."""
    if isinstance(stage, Stage):
        return stage
    normal = stage.normal
    spatials = tuple(spatial for spatial in normal.spatials if spatial) or normal.spatials
    repetitions = tuple(count for count in normal.repetitions if count)
    return replace(stage, normal=replace(normal, repetitions=repetitions, spatials=spatials))


def _most_similar(census: Census, budget: Budget) -> tuple[int, list[Member]]:
    """The smallest number of differences of a network within the budget, and all networks that have it.

    The differences of two halves add up, so pairs of subsets of the halves are tried in order of their sum.
    """
    left, right = (half.costs for half in census.halves)
    column = census.costs.index("differences")
    most = int(left[:, column].max() + right[:, column].max())
    for least in range(most + 1):
        for own in range(least + 1):
            some, others = left[left[:, column] == own], right[right[:, column] == least - own]
            if len(some) and len(others) and _any(census, budget, some, others):
                exactly = {**budget, "differences": Bounds(least, least)}
                numbering = census.numbering(exactly)
                return least, list(numbering.networks(range(numbering.size)))
    raise AssertionError(budget)


def _any(census: Census, budget: Budget, some: Integers, others: Integers) -> bool:
    """Whether the sum of some cost vector of one half and some of the other is within the budget."""
    columns = [census.costs.index(name) for name in budget]
    fixed = np.array([census.fixed[index] for index in columns], dtype=np.int64)
    low = np.array([bound.low for bound in budget.values()], dtype=np.int64) - fixed
    high = np.array([bound.high for bound in budget.values()], dtype=np.int64) - fixed
    boxes = Boxes(others[:, columns], np.ones((len(others), 1), dtype=np.int64))
    return bool(boxes.weights(low - some[:, columns], high - some[:, columns]).any())


def _order(space: Space, found: Member) -> tuple[int, ...]:
    """The choices' positions in the order of the options."""
    return tuple(
        list(stage.choices()).index(choice) for stage, choice in zip(space.searched, found.choices, strict=True)
    )
