"""Sums of the cost vectors of several stages, equal sums merged, with the way back from a sum to the stages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from muxprof.census.stage_costs import OVER, Integers, StageCosts
from muxprof.errors import BadInput

#: The most sums of cost vectors in half of a space; more would not fit in memory.
MAX_SUMS = 1 << 24

_MAX_WEIGHT = (1 << 63) - 1


@dataclass(frozen=True)
class Fold:
    """The cost vectors of one stage (``stage`` is its index), or the merged sums of two folds (``parts``).

    ``costs`` is (vectors, costs), sorted by the first cost, then the second and so on; ``weights`` says how many
    networks or encodings have each vector, ``totals`` how many there are in all. For a sum of two folds, ``order``
    lists the pairs (left * size of right + right) by their sum; those of vector i begin at ``starts[i]``.
    """

    costs: Integers
    weights: Mapping[str, Integers]
    totals: Mapping[str, int]
    stage: int = -1
    parts: tuple[Fold, Fold] | None = None
    order: Integers | None = None
    starts: Integers | None = None

    @property
    def size(self) -> int:
        """The number of cost vectors."""
        return len(self.costs)

    @property
    def stages(self) -> tuple[int, ...]:
        """The indices of its stages."""
        return (self.stage,) if self.parts is None else (*self.parts[0].stages, *self.parts[1].stages)

    def choose(self, vectors: Integers, ranks: Integers, over: str) -> dict[int, tuple[Integers, Integers]]:
        """Split units of weight among the stages: by stage, the index of a cost vector and a rank within it, per unit.

        A unit is given by the index of its cost vector in this fold (``vectors``) and its rank there, from 0 to the
        vector's weight less one (``ranks``).
        """
        if self.parts is None:
            return {self.stage: (vectors, ranks)}
        assert self.order is not None
        assert self.starts is not None
        left, right = self.parts
        first, second = np.divmod(self.order, right.size)
        pair_weights = left.weights[over][first] * right.weights[over][second]
        summed = np.concatenate(([0], np.cumsum(pair_weights)))
        unit = summed[self.starts[vectors]] + ranks
        pair = np.searchsorted(summed, unit, side="right") - 1
        inside = unit - summed[pair]
        weight = right.weights[over][second[pair]]
        return left.choose(first[pair], inside // weight, over) | right.choose(second[pair], inside % weight, over)

    def shares(self, counts: Integers, over: str) -> dict[int, list[int]]:
        """For every stage and each of its cost vectors, the exact sum of the counts of all units of weight that use it.

        ``counts`` has the count of a unit for every cost vector of this fold. The stage's own weight is not included.
        """
        if self.parts is None:
            return {self.stage: [int(count) for count in counts]}
        assert self.order is not None
        assert self.starts is not None
        left, right = self.parts
        sizes = np.diff(np.append(self.starts, len(self.order)))
        by_pair = np.empty(len(self.order), dtype=counts.dtype)
        by_pair[self.order] = np.repeat(counts, sizes)
        table = by_pair.reshape(left.size, right.size)
        # Python integers are used if the largest possible sum does not fit into 64 bits.
        if max(left.totals[over], right.totals[over]) * int(counts.max(initial=0)) > _MAX_WEIGHT:
            table = table.astype(object)
        return left.shares(table @ right.weights[over].astype(table.dtype), over) | right.shares(
            left.weights[over].astype(table.dtype) @ table, over
        )


def leaf(index: int, vectors: StageCosts) -> Fold:
    """The cost vectors of one stage as a fold."""
    weights = {"distinct": vectors.distinct, "valid": vectors.valid}
    totals = {name: int(values.sum()) for name, values in weights.items()}
    return Fold(vectors.costs, weights, totals, stage=index)


def halves(stages: Sequence[StageCosts]) -> tuple[Fold, Fold]:
    """All stages in two folds, the larger one as small as possible; for a single stage the second one is empty.

    Raises :class:`BadInput` for a space with too many sums.
    """
    leaves = [leaf(index, vectors) for index, vectors in enumerate(stages)]
    sizes = [each.size for each in leaves]
    chosen = _halved(sizes)
    sums = max(_product(sizes, half) for half in chosen)
    if sums > MAX_SUMS:
        raise BadInput(
            f"half of the space has {sums:,} sums of its stages' costs; at most {MAX_SUMS:,} are held in memory. "
            "Take fewer options or stages."
        )
    made = tuple(folded([leaves[index] for index in half], stages[0].costs.shape[1]) for half in chosen)
    return made[0], made[1]


def folded(parts: Sequence[Fold], costs: int) -> Fold:
    """All parts in one fold; no parts make a single vector of zeros."""
    if parts:
        return reduce(_both, parts)
    one = np.ones(1, dtype=np.int64)
    return Fold(np.zeros((1, costs), dtype=np.int64), dict.fromkeys(OVER, one), dict.fromkeys(OVER, 1))


def _both(left: Fold, right: Fold) -> Fold:
    sums = (left.costs[:, None, :] + right.costs[None, :, :]).reshape(-1, left.costs.shape[1])
    order = _order(sums)
    sums = sums[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (sums[1:] != sums[:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    totals = {name: left.totals[name] * right.totals[name] for name in left.totals}
    if max(totals.values()) > _MAX_WEIGHT:
        raise BadInput("half of the space has more than 2^63 encodings; take fewer options or stages.")
    weights = {
        name: _summed((left.weights[name][:, None] * right.weights[name]).reshape(-1)[order], starts) for name in totals
    }
    return Fold(sums[starts], weights, totals, parts=(left, right), order=order, starts=starts)


def _order(costs: Integers) -> Integers:
    """The permutation that sorts rows by the first column, then the second and so on."""
    if not len(costs):
        return np.zeros(0, dtype=np.int64)
    low = costs.min(axis=0)
    spans = [int(span) + 1 for span in costs.max(axis=0) - low]
    if math.prod(spans) < 1 << 62:  # a row fits into one 64-bit key
        key = np.zeros(len(costs), dtype=np.int64)
        for column, span in enumerate(spans):
            key = key * span + (costs[:, column] - low[column])
        return np.argsort(key, kind="stable")
    return np.lexsort(costs.T[::-1])


def _summed(values: Integers, starts: Integers) -> Integers:
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0, dtype=np.int64)


def _halved(sizes: Sequence[int]) -> tuple[list[int], list[int]]:
    """Indices in two groups with a small larger product: the optimum for up to 16 sizes, else greedily."""
    indices = range(len(sizes))
    if len(sizes) <= 16:
        masks = range(1 << max(len(sizes) - 1, 0))
        splits = (([i for i in indices if not mask >> i & 1], [i for i in indices if mask >> i & 1]) for mask in masks)
        return min(splits, key=lambda halves: max(_product(sizes, half) for half in halves))
    halves: tuple[list[int], list[int]] = [], []
    products = [1, 1]
    for index in sorted(indices, key=lambda index: -sizes[index]):
        smaller = int(products[1] < products[0])
        products[smaller] *= max(sizes[index], 1)
        halves[smaller].append(index)
    return sorted(halves[0]), halves[1]


def _product(sizes: Sequence[int], indices: Sequence[int]) -> int:
    return math.prod(sizes[index] for index in indices)
