"""A measured heatmap made by hand, with round ratios on either side.

C = 36 and K = 3 make the ratio of MAdds x (8x + G) / 9, where x = 1 - L. Every MobileNet block takes 10 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import timed
from timed import MS, around

import muxprof
from muxprof.answers.heatmap.types import Heatmap
from muxprof.answers.report import Report
from muxprof.measurements import PairTimes, Samples, Setting, TimeGrid

G_VALUES = (1, 2, 4)
L_VALUES = ("0", "0.25", "0.5")
#: By G and L; 162 middle channels, at L = 0.25, are not divided by 4.
PROMISED = ((1, 7 / 12, 5 / 18), (10 / 9, 2 / 3, 1 / 3), (4 / 3, None, 4 / 9))
#: Milliseconds of MUXConv, a tenth of which is the ratio; one cell fails.
MUXCONV = ((10, 7, 5), (10, 11, 9), (8, None, None))

SETTING = Setting("cuda:1", (2,), ("graph",), budget=30.0)
MOBILENET = Samples((10 * MS,) * 5)
NOISY = Samples(tuple(round(7 * MS * step / 100) for step in (80, 90, 100, 110, 120)))
FAILED = PairTimes(failed="it raises OutOfMemoryError: CUDA out of memory")


def cell(ms: float) -> PairTimes:
    """p10 and p90 of the ratio are 1.6 % from its median."""
    return PairTimes(around(ms), MOBILENET)


def cells() -> dict[tuple[int, int], PairTimes]:
    """By row and column; (0, 1) is noisy, and (2, 2) failed."""
    made = {(g, column): cell(ms) for g, row in enumerate(MUXCONV) for column, ms in enumerate(row) if ms is not None}
    return {**made, (0, 1): PairTimes(NOISY, MOBILENET), (2, 2): FAILED}


def grid(found: Mapping[tuple[int, int], PairTimes], partial: bool = False) -> TimeGrid:
    rows = tuple(tuple(found.get((g, column)) for column in range(3)) for g in range(3))
    return TimeGrid(SETTING, timed.CONDITIONS, 36, rows, partial)


def analytic() -> Report:
    return muxprof.heatmap("madds", 36, C_values=(16, 36), G_values=G_VALUES, L_values=L_VALUES)


def heat_of(report: Report) -> Heatmap:
    assert report.heatmap is not None
    return report.heatmap


def with_grid(made: TimeGrid, report: Report | None = None) -> Report:
    report = report or analytic()
    return report.having(heatmap=replace(heat_of(report), measured=made))


def report() -> Report:
    return with_grid(grid(cells()))


def interrupted() -> Report:
    """Only the first row was reached."""
    return with_grid(grid({at: made for at, made in cells().items() if at[0] == 0}, partial=True))


def uniform(factor: float) -> Report:
    """MUXConv takes ``factor`` times what its MAdds promise, everywhere."""
    found = {
        (g, column): cell(10 * factor * promised)
        for g, row in enumerate(PROMISED)
        for column, promised in enumerate(row)
        if promised is not None
    }
    return with_grid(grid(found))
