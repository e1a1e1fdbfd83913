"""The exact joint distribution of two costs over all networks.

The bin of a total is the sum of its halves' bins, plus a carry if their remainders add up to at least a bin's width. So
the cost vectors of each half are grouped by bin, and each pair of groups needs four numbers: the pairs of vectors with
a carry in neither cost, in x, in y, and in both. A left vector has a carry with all right vectors above some rank, so
these are weights of the right vectors of a group above a rank in x, in y and in both: look-ups in tables of the group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from muxprof.census.census import Census
from muxprof.census.folds import Fold
from muxprof.census.stage_costs import OVER, Integers
from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.spec.checks import one_of

#: The approximate number of bins on an axis if no width is given, and the maximum if one is.
BINS, MAX_BINS = 48, 512

#: Sums must stay 64-bit integers.
_MOST = 1 << 63


@dataclass(frozen=True)
class Axis:
    """Bins of one cost: bin i holds costs from ``start + i * width`` up to but without ``start + (i + 1) * width``."""

    cost: str
    start: int
    width: int
    bins: int

    @property
    def edges(self) -> tuple[int, ...]:
        """The starts of all bins, and the end of the last one."""
        return tuple(self.start + index * self.width for index in range(self.bins + 1))


@dataclass(frozen=True)
class Histogram:
    """The number of networks (or of valid encodings, by ``over``) in each bin: ``counts[x][y]``."""

    x: Axis
    y: Axis
    over: str
    counts: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        """The sum of all bins."""
        return sum(map(sum, self.counts))


def nice_width(low: int, high: int, bins: int = BINS) -> int:
    """The smallest width of 1, 2, 5, 10, 20, ... that covers ``low`` to ``high`` with at most ``bins`` bins."""
    width = power = 1
    while high // width - low // width + 1 > bins:
        power = power * 10 if width == 5 * power else power
        width = {1: 2 * power, 2: 5 * power}.get(width // power, power)
    return width


def axis(cost: str, extent: tuple[int, int], width: int | None = None) -> Axis:
    """The bins that cover an extent, at multiples of ``width``; without one, of a round width."""
    low, high = extent
    if width is None:
        width = nice_width(low, high)
    if width < 1:
        raise BadInput(f"bin = {shown(width)} for {cost} is out of range; a bin is at least 1 wide.")
    bins = high // width - low // width + 1
    if bins > MAX_BINS:
        raise BadInput(
            f"bin = {width:,} for {cost} makes {bins:,} bins from {low:,} to {high:,}; at most {MAX_BINS} are counted, "
            f"so take at least {nice_width(low, high, MAX_BINS):,}."
        )
    return Axis(cost, low // width * width, width, bins)


def histogram(
    census: Census,
    x: str = "madds",
    y: str = "params",
    x_width: int | None = None,
    y_width: int | None = None,
    over: str = "distinct",
) -> Histogram:
    """The joint distribution of two costs over the whole space.

    Raises :class:`BadInput` for a space without valid networks, and for one with 2^63 networks or more.
    """
    one_of(over, "over", OVER)
    for cost in (x, y):
        one_of(cost, "cost", census.costs)
    extent = census.extent
    if extent is None:
        raise BadInput(f"{census.space.name} has no valid network, so there is nothing to show.")
    if getattr(census.totals, over) >= _MOST:
        raise BadInput(f"{census.space.name} has 2^63 networks or more; histograms count fewer.")
    axes = axis(x, extent[x], x_width), axis(y, extent[y], y_width)
    halves = census.halves
    left, right = (
        _Side.of(half, tuple(_residues(census, half, made, first) for made in axes), over)
        for half, first in zip(halves, (True, False), strict=True)
    )
    counts = np.zeros((axes[0].bins + 1, axes[1].bins + 1), dtype=np.int64)
    if len(left.groups) * len(right.group) < len(right.groups) * len(left.group):
        left, right = right, left  # symmetric, and every left vector is looked up once per right group
    for (right_x, right_y), table in _carries(left, right, axes).items():
        rows, columns = np.nonzero(table)
        at_x = left.groups[rows, 0] + right.groups[columns, 0] + right_x
        at_y = left.groups[rows, 1] + right.groups[columns, 1] + right_y
        np.add.at(counts, (at_x, at_y), table[rows, columns])
    return Histogram(*axes, over, tuple(tuple(map(int, row)) for row in counts[:-1, :-1]))


@dataclass(frozen=True)
class _Side:
    """The cost vectors of a half, grouped by bin: ``groups`` (groups, 2) are the bins, ``group`` a vector's group.

    ``rest`` (vectors, 2) are the costs less the start of the bin.
    """

    groups: Integers
    group: Integers
    rest: Integers
    weights: Integers

    @classmethod
    def of(cls, half: Fold, residues: tuple[tuple[Integers, Integers], ...], over: str) -> _Side:
        """Group a half by the bins of its cost vectors; ``residues`` are bins and remainders by cost."""
        bins = np.stack([bins for bins, _ in residues], axis=1)
        key = bins[:, 0] * (int(bins[:, 1].max()) + 1) + bins[:, 1]
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        rest = np.stack([rest for _, rest in residues], axis=1)
        return cls(bins[first], group.reshape(-1), rest, half.weights[over])


def _residues(census: Census, half: Fold, made: Axis, first: bool) -> tuple[Integers, Integers]:
    """Bins and remainders of a half's cost vectors; the left half includes fixed costs and the axis's start."""
    index = census.costs.index(made.cost)
    own = half.costs[:, index]
    lowest = int(own.min())
    other = census.halves[1 if first else 0].costs[:, index]
    # Each half starts from its own smallest cost, so that no bin is negative.
    offset = census.fixed[index] + lowest + int(other.min()) - made.start if first else 0
    bins, rest = np.divmod(own - lowest + offset, made.width)
    return bins, rest


def _carries(left: _Side, right: _Side, axes: tuple[Axis, Axis]) -> dict[tuple[int, int], Integers]:
    """By carry in x and y: for each pair of groups, the weight of the pairs of cost vectors with these carries."""
    ranks, limits = [], []
    for at, made in enumerate(axes):
        order = np.argsort(right.rest[:, at], kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        ranks.append(rank)
        # There is a carry if the right vector's rank is at least this.
        limits.append(np.searchsorted(right.rest[order, at], made.width - left.rest[:, at], side="left"))
    # Left vectors by group, so that sums over groups are sums over ranges; and by rank, so that look-ups stay near.
    order = np.lexsort((limits[0], left.group))
    starts = np.searchsorted(left.group[order], np.arange(len(left.groups)))
    weights, limit_x, limit_y = left.weights[order], limits[0][order], limits[1][order]
    shape = len(left.groups), len(right.groups)
    tables = {carry: np.zeros(shape, dtype=np.int64) for carry in ((0, 0), (1, 0), (0, 1), (1, 1))}
    members = np.argsort(right.group, kind="stable")
    bounds = np.searchsorted(right.group[members], np.arange(shape[1] + 1))
    for group in range(shape[1]):
        inside = members[bounds[group] : bounds[group + 1]]
        points = _Points(ranks[0][inside], ranks[1][inside], right.weights[inside])
        from_x = _before(ranks[0][inside], len(right.group))[limit_x]
        from_y = _before(ranks[1][inside], len(right.group))[limit_y]
        both, x, y = points.above(from_x, from_y), points.above_x[from_x], points.above_y[from_y]
        neither = int(points.above_x[0]) - x - y + both
        for table, found in zip(tables.values(), (neither, x - both, y - both, both), strict=True):
            table[:, group] = np.add.reduceat(found * weights, starts)
    return tables


def _before(ranks: Integers, size: int) -> npt.NDArray[np.int32]:
    """For each rank from 0 to ``size``, how many of ``ranks`` are below it."""
    member = np.zeros(size + 1, dtype=np.int32)
    member[ranks + 1] = 1
    return np.cumsum(member, dtype=np.int32)


class _Points:
    """Weighted points in a plane, with look-up tables of the weight at or above a rank in x, in y, and in both.

    Ranks are among the points. For both coordinates, the points are cut into strips by x: one table has the weight of
    whole strips for every rank in y, and one table per strip the weight within it. For n points these are about n^1.5
    numbers.
    """

    def __init__(self, x: Integers, y: Integers, weights: Integers) -> None:
        """Build the tables."""
        size = len(x)
        narrow = np.int32 if int(weights.sum()) < 1 << 31 else np.int64
        # Ranks are counted from the top, so that cumulative sums run forwards.
        order = np.argsort(x)[::-1]
        from_top = np.empty(size, dtype=np.int64)
        from_top[np.argsort(y[order])[::-1]] = np.arange(size)
        weights = weights[order].astype(narrow)
        self.above_x = _summed(weights)[::-1]
        by_y = np.zeros(size, dtype=np.int64)
        by_y[from_top] = weights
        self.above_y = _summed(by_y)[::-1]
        self._size, self._width = size, max(1, int((2 * size) ** 0.5))
        strips = size // self._width + 1
        strip, inside = np.divmod(np.arange(size), self._width)
        # whole[s, k]: the weight in strips before s of the k highest in y; ranked[s, k]: how many of those are in s.
        self._whole = np.zeros((strips + 1, size + 1), dtype=narrow)
        self._whole[strip + 1, from_top + 1] = weights
        self._ranked = np.zeros((strips, size + 1), dtype=np.int32)
        self._ranked[strip, from_top + 1] = 1
        for row in (*self._whole, *self._ranked):
            np.cumsum(row, out=row)
        for number in range(1, strips + 1):
            self._whole[number] += self._whole[number - 1]
        # within[s, j, k]: in strip s, the weight of the j highest in x among its k highest in y.
        self._within = np.zeros((strips, self._width + 1, self._width + 1), dtype=narrow)
        self._within[strip, inside + 1, self._ranked[strip, from_top] + 1] = weights
        for number in range(1, self._width + 1):
            self._within[:, number] += self._within[:, number - 1]
        for number in range(1, self._width + 1):
            self._within[:, :, number] += self._within[:, :, number - 1]

    def above(self, x: npt.NDArray[np.int32], y: npt.NDArray[np.int32]) -> Integers:
        """The weight of the points at or above the ranks ``x`` and ``y``."""
        high_x, high_y = self._size - x, self._size - y
        strip = high_x // self._width
        inside = high_x - strip * self._width
        found: Integers = self._whole[strip, high_y] + self._within[strip, inside, self._ranked[strip, high_y]]
        return found.astype(np.int64)


def _summed(values: Integers) -> Integers:
    """The cumulative sums, with a 0 in front."""
    return np.append(0, values.cumsum(dtype=np.int64))
