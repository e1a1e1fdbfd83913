"""Table 1's space once more, by hand: plain sums over the layers of each block, and two other ways to count.

Nothing is imported from muxprof. Widths and sizes are those of the default skeleton at 224 x 224; every convolution is
free of biases but for squeeze and excite, and is followed by BatchNorm, which has two parameters a channel.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

GIVEN, WIDTH, SIZE = (24, 24, 40, 80), (24, 40, 80, 160), (56, 28, 14, 7)  # sizes behind the reduction
RK = ((3,), (3, 5, 7), (3, 5, 7, 9))
E, K, G, N = (4, 6), (3, 5), (1, 2, 4), (0, 1, 2, 3)
L = (Fraction(0), Fraction(1, 4), Fraction(1, 2))
S: tuple[tuple[int, ...], ...] = ((), (-1, 0, 0), (0, 0, 1), (1, 0, 1), (-1, 0, 0, 1))

Cost = tuple[int, int]


def split(width: int, parts: int) -> list[int]:
    return [width // parts + (width % parts if part == 0 else 0) for part in range(parts)]


def squeeze(middle: int, base: int) -> Cost:
    """Squeeze to 3/4 of the base and back, two 1x1 convolutions with biases on one pixel."""
    inner = max(1, base * 3 // 4)
    return 2 * middle * inner + inner + middle, 2 * middle * inner


def inverted(given: int, made: int, kernels: tuple[int, ...], expansion: int, before: int, after: int) -> Cost:
    middle = expansion * given
    depthwise = sum(part * kernel**2 for part, kernel in zip(split(middle, len(kernels)), kernels, strict=True))
    se_params, se_madds = squeeze(middle, given)
    params = given * middle + depthwise + middle * made + 2 * (middle + middle + made) + se_params
    return params, given * middle * before**2 + (depthwise + middle * made) * after**2 + se_madds


def multiplexed(
    width: int, kernel: int, expansion: int, group: int, left: Fraction, spatial: tuple[int, ...], size: int
) -> Cost | None:
    """The block's cost; None where it cannot be. At all four sizes and widths G divides, and 4 may not."""
    processed = int(width * (1 - left))
    middle = expansion * processed
    if not spatial:
        weights, madds = middle * group * kernel**2, middle * group * kernel**2 * size**2
    else:
        weights = madds = 0
        for entry, part in zip(spatial, split(middle, len(spatial)), strict=True):
            if (entry == 1 and part % 4) or (entry == -1 and size % 2):
                return None
            # Subpixel: 4 times the channels on a quarter of the pixels; superpixel: the reverse.
            channels = {0: part, -1: 4 * part, 1: part // 4}[entry]
            weights += channels * kernel**2
            madds += part * kernel**2 * size**2
    se_params, se_madds = squeeze(middle, processed)
    params = 2 * processed * middle + weights + 2 * (middle + middle + processed) + se_params
    return params, 2 * processed * middle * size**2 + madds + se_madds


def fixed() -> Cost:
    """Stem 3x3 to 24 at 112; ds K3 24 with SE to 6; ir K3 E6 160 to 200 at 7; 1x1 to 1280; linear to 1000."""
    stem = 3 * 24 * 9
    se = 24 * 6 * 2
    last = inverted(160, 200, (3,), 6, 7, 7)
    params = stem + 48 + (24 * 9 + 48 + 24 * 24 + 48 + se + 6 + 24) + last[0] + 200 * 1280 + 2560 + 1280 * 1000 + 1000
    madds = stem * 112**2 + (24 * 9 + 24 * 24) * 112**2 + se + last[1] + 200 * 1280 * 49 + 1280 * 1000
    return params, madds


def encodings(stage: int) -> dict[tuple[Any, ...], Cost | None]:
    """Every encoding of a stage (0 to 3), and its cost; None for one that cannot be."""
    found: dict[tuple[Any, ...], Cost | None] = {}
    spatials = S if stage in (1, 2) else ((),)
    for kernels, re, n, k, e, g, left, s in itertools.product(RK, E, N, K, E, G, L, spatials):
        first = inverted(GIVEN[stage], WIDTH[stage], kernels, re, 2 * SIZE[stage], SIZE[stage])
        block = multiplexed(WIDTH[stage], k, e, g, left, s, SIZE[stage]) if n else (0, 0)
        found[kernels, re, n, k, e, g, left, s] = (
            None if block is None else (first[0] + n * block[0], first[1] + n * block[1])
        )
    return found


def networks(stage: int) -> dict[tuple[Any, ...], Cost]:
    """Every different way to build a stage, by its encoding with idle options set to None, and its cost."""
    found = {}
    for (kernels, re, n, k, e, g, left, s), cost in encodings(stage).items():
        if cost is not None:
            name = (kernels, re, n, k, e, None if s else g, left, s) if n else (kernels, re, 0, *[None] * 5)
            found[name] = cost
    return found


def pairs(one: int, other: int) -> npt.NDArray[np.int64]:
    """The costs (n, 2) of two stages together, one row per pair of networks, nothing merged."""
    first, second = (np.array(list(networks(stage).values())) for stage in (one, other))
    made: npt.NDArray[np.int64] = (first[:, None] + second[None]).reshape(-1, 2)
    return made


def within(params: int, madds: int) -> int:
    """How many networks have at most so many of both: a merge sort that counts, level by level."""
    spare_params, spare_madds = params - fixed()[0], madds - fixed()[1]
    left, right = pairs(0, 3), pairs(1, 2)
    x = np.concatenate((right[:, 0], spare_params - left[:, 0]))
    y = np.concatenate((right[:, 1], spare_madds - left[:, 1]))
    asks = np.concatenate((np.zeros(len(right), bool), np.ones(len(left), bool)))
    order = np.lexsort((asks, x))  # of equal ones, points stand before those who ask
    y, asks = y[order], asks[order]
    rank = np.empty(len(y), dtype=np.int64)
    rank[np.lexsort((asks, y))] = np.arange(len(y))
    where = np.arange(len(y))
    current = where.copy()  # positions, sorted by rank within blocks of 2^level
    total = 0
    for level in range(len(y).bit_length()):
        block = current >> (level + 1)
        current = current[np.argsort(block * len(y) + rank[current], kind="stable")]
        block, late = current >> (level + 1), (current >> level) & 1 == 1
        point = ~asks[current] & ~late
        before = np.cumsum(point)
        start = np.searchsorted(block, block, side="left")
        in_block = before - np.where(start > 0, before[start - 1], 0)
        total += int(in_block[asks[current] & late].sum())
    return total
