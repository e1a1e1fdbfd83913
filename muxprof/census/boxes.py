"""The exact weight of the points in boxes, for many boxes at once, in any number of dimensions.

In two dimensions a wavelet matrix answers a million boxes in about a second. Every further dimension is removed by
blocks: the points with the first ``k`` ranks in it are a union of blocks of different powers of two, at most one of
each. Blocks of one size are disjoint, so each size is a problem with one dimension less. This takes 2 log2(n) times as
long.
"""

from __future__ import annotations

import numpy as np

from muxprof.census.stage_costs import Integers
from muxprof.census.wavelet import Wavelet


class Boxes:
    """Points (n, d) with weights (n, sorts), sorted once; boxes have inclusive corners ``low`` and ``high`` (q, d)."""

    def __init__(self, points: Integers, weights: Integers) -> None:
        """Sort the points, and in two dimensions build the wavelet matrix."""
        self.dimensions = points.shape[1]
        self._points, self._weights = points, weights
        if self.dimensions == 0:
            self._order = np.arange(len(points))
        else:
            self._order = np.argsort(points[:, 0], kind="stable")
            self._first = points[self._order, 0]
        self._summed = np.zeros((len(points) + 1, weights.shape[1]), dtype=np.int64)
        np.cumsum(weights[self._order], axis=0, out=self._summed[1:])
        if self.dimensions == 2:
            by_second = np.argsort(points[self._order, 1], kind="stable")
            self._second = points[self._order, 1][by_second]
            self._by_second = by_second
            ranks = np.empty(len(points), dtype=np.int64)
            ranks[by_second] = np.arange(len(points))
            self._wavelet = Wavelet(ranks, weights[self._order])

    def weights(self, low: Integers, high: Integers) -> Integers:
        """The weights (boxes, sorts) of the points in each box."""
        if self.dimensions == 0:
            return np.repeat(self._summed[-1:], len(low), axis=0)
        if self.dimensions > 2:
            return _many(self._points, self._weights, low, high)
        start, stop = self._range(low, high)
        if self.dimensions == 1:
            return self._summed[stop] - self._summed[start]
        found = np.zeros((len(low), self._weights.shape[1]), dtype=np.int64)
        some = np.flatnonzero(stop > start)
        if len(some):
            start, stop = start[some], stop[some]
            bottom, top = self._values(low[some], high[some])
            found[some] = self._wavelet.below(start, stop, top)
            if bottom.any():
                found[some] -= self._wavelet.below(start, stop, bottom)
        return found

    def pick(self, low: Integers, high: Integers, ranks: Integers, sort: int = 0) -> tuple[Integers, Integers]:
        """For each box, the point that contains the unit of weight number ``ranks``, and the unit's rank in that point.

        ``sort`` selects the column of the weights. The order of units is fixed. Every rank must be below the weight of
        its box.
        """
        if self.dimensions > 2:
            return self._pick_by_looking(low, high, ranks, sort)
        if self.dimensions == 2:
            start, stop = self._range(low, high)
            bottom, _ = self._values(low, high)
            below = self._wavelet.below(start, stop, bottom)[:, sort]
            value, rest = self._wavelet.select(start, stop, ranks + below, sort)
            return self._order[self._by_second[value]], rest
        start = self._range(low, high)[0] if self.dimensions else np.zeros(len(low), dtype=np.int64)
        summed = self._summed[:, sort]
        unit = summed[start] + ranks
        at = np.searchsorted(summed, unit, side="right") - 1
        return self._order[at], unit - summed[at]

    def _range(self, low: Integers, high: Integers) -> tuple[Integers, Integers]:
        """Ranges of positions by the first coordinate; empty if low is above high."""
        start = np.searchsorted(self._first, low[:, 0], side="left")
        stop = np.searchsorted(self._first, high[:, 0], side="right")
        return start, np.maximum(start, stop)

    def _values(self, low: Integers, high: Integers) -> tuple[Integers, Integers]:
        bottom = np.searchsorted(self._second, low[:, 1], side="left")
        top = np.searchsorted(self._second, high[:, 1], side="right")
        return bottom, np.maximum(bottom, top)

    def _pick_by_looking(self, low: Integers, high: Integers, ranks: Integers, sort: int) -> tuple[Integers, Integers]:
        points, weights = self._points, self._weights[:, sort]
        found, rest = np.empty(len(low), dtype=np.int64), np.empty(len(low), dtype=np.int64)
        for at in range(len(low)):
            inside = np.flatnonzero(((points >= low[at]) & (points <= high[at])).all(axis=1))
            summed = np.cumsum(weights[inside])
            index = int(np.searchsorted(summed, ranks[at], side="right"))
            found[at] = inside[index]
            rest[at] = ranks[at] - (summed[index] - weights[inside[index]])
        return found, rest


def _many(points: Integers, weights: Integers, low: Integers, high: Integers) -> Integers:
    """The weights in three dimensions or more: the last one is removed by blocks of powers of two."""
    order = np.argsort(points[:, -1], kind="stable")
    last = points[order, -1]
    start = np.searchsorted(last, low[:, -1], side="left")
    stop = np.maximum(start, np.searchsorted(last, high[:, -1], side="right"))
    points, weights = points[order, :-1], weights[order]
    first_sorted = np.sort(points[:, 0])
    first = np.searchsorted(first_sorted, points[:, 0], side="left")
    lowest = np.searchsorted(first_sorted, low[:, 0], side="left")
    highest = np.searchsorted(first_sorted, high[:, 0], side="right") - 1
    found = np.zeros((len(low), weights.shape[1]), dtype=np.int64)
    size = len(points)
    positions = np.arange(size)
    for level in range(size.bit_length()):
        # The first coordinate keeps blocks apart: that of block b starts at b * (size + 1).
        blocks = points.copy()
        blocks[:, 0] = (positions >> level) * (size + 1) + first
        boxes = Boxes(blocks, weights)
        for bound, sign in ((stop, 1), (start, -1)):
            some = np.flatnonzero((bound >> level) & 1)
            if len(some):
                block = (bound[some] >> level) - 1  # the block of this size that ends at the bound's bit
                lows, highs = low[some, :-1].copy(), high[some, :-1].copy()
                lows[:, 0] = block * (size + 1) + lowest[some]
                highs[:, 0] = block * (size + 1) + highest[some]
                found[some] += sign * boxes.weights(lows, highs)
    return found
