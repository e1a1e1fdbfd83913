"""A wavelet matrix with weights: sums and selections over ranges of positions and values, many at once.

Points have positions 0 to n - 1 and values 0 to n - 1, each value once. Level by level, from the highest bit of the
values down, the points with bit 0 are moved before those with bit 1, otherwise in the same order; a range of positions
moves with them. Each level stores, for each position, the number and the weight of the points before it with bit 0, so
a query takes two look-ups per level and no search.

Source: F. Claude, G. Navarro, A. Ordóñez, "The wavelet matrix: an efficient wavelet tree for large alphabets",
Information Systems 47, 2015. The sums of weights are an addition.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[np.int64]

#: The number of queries answered at a time: their intermediate arrays stay in the processor's cache.
CHUNK = 1 << 16


class Wavelet:
    """Points with weights of one or more sorts: ``values`` (n,) is a permutation, ``weights`` (n, sorts) are >= 0."""

    def __init__(self, values: Integers, weights: Integers) -> None:
        """Build all levels: 4 bytes per point and level, and 4 or 8 for each sort of weight."""
        self.size, self._sorts = weights.shape
        self._levels = self.size.bit_length()
        total = int(weights.sum(axis=0).max(initial=0))
        narrow = np.int32 if total < 1 << 31 else np.int64
        current, weight = values.astype(np.int32), weights.astype(narrow)
        self._zeros: list[int] = []
        self._before: list[npt.NDArray[np.int32]] = []
        self._weight: list[npt.NDArray[np.int32] | Integers] = []
        for level in reversed(range(self._levels)):
            zero = (current >> level) & 1 == 0
            before = np.zeros(self.size + 1, dtype=np.int32)
            np.cumsum(zero, out=before[1:])
            summed = np.zeros((self.size + 1, weight.shape[1]), dtype=narrow)
            np.cumsum(weight * zero[:, None], axis=0, out=summed[1:], dtype=narrow)
            order = np.concatenate((np.flatnonzero(zero), np.flatnonzero(~zero)))
            current, weight = current[order], weight[order]
            self._zeros.append(int(before[-1]))
            self._before.append(before)
            self._weight.append(summed)

    def below(self, start: Integers, stop: Integers, value: Integers) -> Integers:
        """The weights of the points with positions in [start, stop) and values below ``value``.

        The arguments are (queries,), the result is (queries, sorts).
        """
        found = np.empty((len(start), self._sorts), dtype=np.int64)
        for at in range(0, len(start), CHUNK):
            part = slice(at, at + CHUNK)
            found[part] = self._below(start[part], stop[part], value[part])
        return found

    def _below(self, start: Integers, stop: Integers, value: Integers) -> Integers:
        found = np.zeros((len(start), self._sorts), dtype=np.int64)
        low, high, top = start.astype(np.int32), stop.astype(np.int32), value.astype(np.int32)
        for level, zeros, before, weight in self._down():
            one = (top >> level) & 1 == 1
            found += (weight[high] - weight[low]) * one[:, None]
            left, right = before[low], before[high]
            low = np.where(one, zeros + low - left, left)
            high = np.where(one, zeros + high - right, right)
        return found

    def select(self, start: Integers, stop: Integers, rank: Integers, sort: int = 0) -> tuple[Integers, Integers]:
        """For each query, the value of the point that contains the unit of weight number ``rank``, and its rank there.

        Units are counted from 0 in order of value, over the points with positions in [start, stop); a point of weight w
        has w of them. Every rank must be below the weight of its range.
        """
        low, high, rest = start.astype(np.int64), stop.astype(np.int64), rank.astype(np.int64)
        value = np.zeros(len(low), dtype=np.int64)
        for level, zeros, before, weight in self._down():
            here = weight[high, sort].astype(np.int64) - weight[low, sort]
            one = rest >= here
            rest = np.where(one, rest - here, rest)
            value |= one.astype(np.int64) << level
            left, right = before[low], before[high]
            low = np.where(one, zeros + low - left, left)
            high = np.where(one, zeros + high - right, right)
        return value, rest

    def _down(self) -> zip[tuple[int, int, npt.NDArray[np.int32], npt.NDArray[np.int32] | Integers]]:
        return zip(reversed(range(self._levels)), self._zeros, self._before, self._weight, strict=True)
