"""Exact answers about all networks of a space: counts, samples, and option shares within a budget.

The stages' cost vectors are folded into two halves, left and right. The networks within a budget are the pairs of a
left and a right cost vector whose sum is within it: for each left vector, the right vectors in a box. These networks
are numbered without gaps by (left vector, right vector, way to build them), so a random number is a uniformly random
network, without rejection sampling.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain, islice
from typing import Any

import numpy as np

from muxprof.census import folds
from muxprof.census.boxes import Boxes
from muxprof.census.stage_costs import (
    DEFAULT_COSTS,
    IDLE,
    OVER,
    ChoiceCost,
    Integers,
    OpCost,
    StageCosts,
    Variant,
    space_costs,
)
from muxprof.errors import BadInput
from muxprof.spec.budgets import Bounds, Budget
from muxprof.spec.checks import one_of
from muxprof.spec.spaces import OPTIONS, Choice, Space, text

_FAR = 1 << 62  # beyond every cost, with room to subtract one
_LONG = 1 << 63


@dataclass(frozen=True)
class Totals:
    """The numbers of all encodings, of those for which a module exists, and of different networks among these."""

    encodings: int
    valid: int
    distinct: int


@dataclass(frozen=True)
class Count:
    """The numbers of valid encodings and of different networks within a budget."""

    valid: int
    distinct: int


@dataclass(frozen=True)
class Member:
    """A network of a space: its encoding, a choice per searched stage, and its costs by name."""

    choices: tuple[Choice, ...]
    costs: Mapping[str, int]

    @property
    def text(self) -> str:
        """The encoding in one line."""
        return text(self.choices)


@dataclass(frozen=True)
class Near:
    """A network and its distance from the requested costs: the largest relative deviation of any of them."""

    member: Member
    distance: Fraction


@dataclass(frozen=True)
class Marginal:
    """How many networks use an option: ``count`` of the ``within`` networks of a budget, ``everywhere`` of ``all``.

    ``value`` is :data:`~muxprof.census.stage_costs.IDLE` for networks on which this letter has no effect in this stage.
    """

    stage: str
    letter: str
    value: Any
    count: int
    within: int
    everywhere: int
    all: int

    @property
    def share(self) -> Fraction:
        """The share of the networks within the budget that use the option; 0 if there are none."""
        return Fraction(self.count, self.within) if self.within else Fraction(0)

    @property
    def share_everywhere(self) -> Fraction:
        """The share of the networks of the whole space that use the option."""
        return Fraction(self.everywhere, self.all) if self.all else Fraction(0)


class Census:
    """The census of a space over additive costs.

    ``costs`` are functions from an op to an integer, by name; a network's cost is the sum over its ops. ``further`` are
    additional costs by name: functions from a stage and its choice to an integer, such as a look-up in a latency table.
    With half a million cost vectors per half, a count within bounds on one or two costs takes a second or two; on
    three, a minute.

    Raises :class:`BadInput` for a space that has impossible fixed parts, or is too large.
    """

    def __init__(
        self,
        space: Space,
        costs: Mapping[str, OpCost] = DEFAULT_COSTS,
        further: Mapping[str, ChoiceCost] | None = None,
    ) -> None:
        """Compute the costs of every encoding of every stage; they are folded when first needed."""
        self.space = space
        own = further or {}
        self.costs = (*costs, *own)
        self.fixed, self.stages = space_costs(space, tuple(costs.values()), tuple(own.values()))
        self._boxes: dict[tuple[int, tuple[int, ...]], Boxes] = {}
        self._answers: dict[tuple[int, tuple[tuple[str, Bounds], ...]], Integers] = {}

    @cached_property
    def halves(self) -> tuple[folds.Fold, folds.Fold]:
        """All searched stages in two folds: a network costs a vector of each, plus the fixed costs."""
        return folds.halves(self.stages)

    @property
    def totals(self) -> Totals:
        """The counts of the whole space."""
        valid = distinct = 1
        for stage in self.stages:
            valid *= int(stage.valid.sum())
            distinct *= int(stage.distinct.sum())
        return Totals(self.space.encodings, valid, distinct)

    @property
    def extent(self) -> dict[str, tuple[int, int]] | None:
        """The smallest and the largest total of each cost over all networks; None for a space without valid ones."""
        if not all(len(stage.costs) for stage in self.stages):
            return None
        low = np.sum([stage.costs.min(axis=0) for stage in self.stages], axis=0)
        high = np.sum([stage.costs.max(axis=0) for stage in self.stages], axis=0)
        return {
            name: (self.fixed[index] + int(low[index]), self.fixed[index] + int(high[index]))
            for index, name in enumerate(self.costs)
        }

    def count(self, budget: Budget) -> Count:
        """The numbers of valid encodings and of networks within the budget."""
        return Count(valid=self._total(budget, "valid"), distinct=self._total(budget, "distinct"))

    def distinct_within(self, budget: Budget) -> int:
        """The number of different networks within the budget."""
        return self._total(budget, "distinct")

    def sample(self, budget: Budget, size: int, seed: int, over: str = "distinct") -> tuple[Member, ...]:
        """``size`` independent uniform draws from the networks within the budget, reproducible by ``seed``.

        ``over`` "valid" draws encodings instead, so that networks with more encodings are more likely. Raises
        :class:`BadInput` if no network is within the budget.
        """
        one_of(over, "over", OVER)
        numbering = self.numbering(budget, over)
        if not numbering.size:
            raise BadInput(f"no network of {self.space.name} lies within the budget, so none can be drawn.")
        draw = random.Random(seed)
        return numbering.networks([draw.randrange(numbering.size) for _ in range(size)])

    def numbering(self, budget: Budget, over: str = "distinct") -> Numbering:
        """All networks within the budget, by number."""
        return Numbering(self, budget, over, self._partners(budget, over, 0))

    def marginals(self, budget: Budget, over: str = "distinct") -> tuple[Marginal, ...]:
        """How many networks use each option of each stage, within the budget and in the whole space.

        If a network has several encodings, options in which they differ count as idle.
        """
        one_of(over, "over", OVER)
        within, everywhere = self._option_counts(budget, over), self._option_counts({}, over)
        total, everything = self._total(budget, over), self._total({}, over)
        options = [
            (stage.name, letter, value, (index, letter, value))
            for index, stage in enumerate(self.space.searched)
            for letter, _, _ in OPTIONS
            for value in (*stage.options[letter], IDLE)
        ]
        return tuple(
            Marginal(stage, letter, value, within[key], total, everywhere[key], everything)
            for stage, letter, value, key in options
            if value != IDLE or everywhere[key]
        )

    def cost_of(self, vectors: Sequence[Integers]) -> Integers:
        """The costs (n, costs) of n networks, fixed parts included; ``vectors`` has n indices for each stage."""
        parts = [stage.costs[index] for stage, index in zip(self.stages, vectors, strict=True)]
        total: Integers = np.sum(parts, axis=0) + np.array(self.fixed, dtype=np.int64)
        return total

    def boxes(self, side: int, columns: tuple[int, ...]) -> Boxes:
        """The cost vectors of a half as points in ``columns``, cached; their weights are ordered as :data:`OVER`."""
        key = (side, columns)
        if key not in self._boxes:
            half = self.halves[side]
            weights = np.stack([half.weights[over] for over in OVER], axis=1)
            self._boxes[key] = Boxes(half.costs[:, list(columns)], weights)
        return self._boxes[key]

    def limits(self, budget: Budget, side: int) -> tuple[tuple[int, ...], Integers, Integers]:
        """The bounded columns, and for each cost vector of a half the lower and upper ends for its partners' costs."""
        for name in budget:
            one_of(name, "cost", self.costs)
        columns = tuple(
            index
            for index, name in enumerate(self.costs)
            if name in budget and (budget[name].low is not None or budget[name].high is not None)
        )
        low, high = [], []
        for index in columns:
            bound = budget[self.costs[index]]
            low.append(-_FAR if bound.low is None else bound.low - self.fixed[index])
            high.append(_FAR if bound.high is None else bound.high - self.fixed[index])
        own = self.halves[side].costs[:, list(columns)]
        return columns, np.array(low, dtype=np.int64) - own, np.array(high, dtype=np.int64) - own

    def _partners(self, budget: Budget, over: str, side: int) -> Integers:
        """For each cost vector of a half, the weight of the other half's vectors that keep the sum in the budget."""
        key = (side, tuple(sorted(budget.items(), key=lambda item: item[0])))
        if key not in self._answers:
            columns, low, high = self.limits(budget, side)
            # Kept for the next question about the same budget only.
            self._answers = {key: self.boxes(1 - side, columns).weights(low, high)}
        return self._answers[key][:, OVER.index(over)]

    def _total(self, budget: Budget, over: str) -> int:
        if not budget or all(bounds == Bounds() for bounds in budget.values()):
            return getattr(self.totals, over)  # type: ignore[no-any-return]  # an integer
        return _dot(self.halves[0].weights[over], self._partners(budget, over, 0))

    def _option_counts(self, budget: Budget, over: str) -> Counter[tuple[int, str, Any]]:
        """For each option (stage index, letter, value), how many networks within the budget use it."""
        shares: dict[int, list[int]] = {}
        for side in (0, 1):
            shares |= self.halves[side].shares(self._partners(budget, over, side), over)
        counts: Counter[tuple[int, str, Any]] = Counter()
        for index, stage in enumerate(self.stages):
            for share, variants in zip(shares[index], stage.variants, strict=True):
                for variant in variants if share else ():
                    times = 1 if over == "distinct" else len(variant.encodings)
                    for letter, _, _ in OPTIONS:
                        counts[index, letter, variant.option(letter)] += share * times
        return counts

    def within(self, choices: Sequence[Choice]) -> dict[str, int]:
        """The costs of an encoding, by name; raises :class:`BadInput` for one that is not valid."""
        total = list(self.fixed)
        for stage, choice in zip(self.stages, choices, strict=True):
            vector = _vector_of(stage, choice)
            total = [before + int(more) for before, more in zip(total, stage.costs[vector], strict=True)]
        return dict(zip(self.costs, total, strict=True))


class Numbering:
    """The networks within a budget, numbered from 0 to ``size`` - 1, always alike for the same space and budget."""

    def __init__(self, census: Census, budget: Budget, over: str, partners: Integers) -> None:
        """``partners`` is, for each left cost vector, the weight of the right ones that keep the sum in the budget."""
        self._census, self._budget, self._over = census, budget, over
        kind = np.int64 if census.totals.valid < _LONG else object
        products = census.halves[0].weights[over].astype(kind) * partners.astype(kind)
        self._summed = np.concatenate(([0], np.cumsum(products)))
        self.size = int(self._summed[-1])

    def networks(self, numbers: Iterable[int]) -> tuple[Member, ...]:
        """The networks with these numbers."""
        listed = list(numbers)
        if not listed:
            return ()
        chosen = self._chosen(listed)
        by_stage = [(stage, *chosen[index]) for index, stage in enumerate(self._census.stages)]
        costs = self._census.cost_of([vectors for _, vectors, _ in by_stage])
        made = []
        for at, cost in enumerate(costs.tolist()):
            choices = tuple(
                _way(stage.variants[vectors[at]], int(ranks[at]), self._over) for stage, vectors, ranks in by_stage
            )
            made.append(Member(choices, dict(zip(self._census.costs, cost, strict=True))))
        return tuple(made)

    def _chosen(self, numbers: Sequence[int]) -> dict[int, tuple[Integers, Integers]]:
        """By stage, the indices of these networks' cost vectors, and the rank of the way among those of each."""
        census, over = self._census, self._over
        left, right = census.halves
        unit = np.array(numbers, dtype=self._summed.dtype)
        first = np.searchsorted(self._summed, unit, side="right") - 1
        inside = unit - self._summed[first]
        weight = left.weights[over][first]
        own, other = (inside % weight).astype(np.int64), (inside // weight).astype(np.int64)
        columns, low, high = census.limits(self._budget, 0)
        second, rest = census.boxes(1, columns).pick(low[first], high[first], other, OVER.index(over))
        return left.choose(first, own, over) | right.choose(second, rest, over)


def _way(variants: Sequence[Variant], rank: int, over: str) -> Choice:
    """The choice number ``rank`` among the variants of a cost vector, or among all their valid encodings."""
    if over == "distinct":
        return variants[rank].choice
    return next(islice(chain.from_iterable(variant.encodings for variant in variants), rank, None))


def _vector_of(stage: StageCosts, choice: Choice) -> int:
    for index, variants in enumerate(stage.variants):
        if any(choice in variant.encodings for variant in variants):
            return index
    raise BadInput(f"{stage.stage.name}: {choice.text} is no valid encoding.")


def _dot(weights: Integers, counts: Integers) -> int:
    """The exact sum of products."""
    if not len(weights):
        return 0
    if int(weights.max()) * int(counts.max()) * len(weights) < _LONG:
        return int(weights @ counts)
    return sum(weight * count for weight, count in zip(weights.tolist(), counts.tolist(), strict=True))
