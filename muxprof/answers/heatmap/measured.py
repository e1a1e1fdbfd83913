"""What follows from a measured heatmap: every cell beside its ratio of MAdds, and where the two part."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal, TypeAlias

from muxprof.answers.heatmap.types import Heatmap
from muxprof.measurements import FEW, SPREAD_LIMIT, PairTimes, Samples, TimeGrid

#: Which block the clock finds dearer, against what the MAdds say.
Flip: TypeAlias = Literal["dearer", "cheaper"]


@dataclass(frozen=True)
class Compared:
    """A cell that was timed: MUXConv over MobileNet by MAdds (``promised``), and by the clock, pair by pair."""

    G: int
    L: Fraction
    promised: float
    median: float
    p10: float
    p90: float
    muxconv: Samples
    mobilenet: Samples

    @property
    def disagreement(self) -> float:
        """How many times as long MUXConv takes as its MAdds promise."""
        return self.median / self.promised

    @property
    def distance(self) -> float:
        """How far that is from 1: twice and half as long are equally far."""
        return abs(math.log(self.disagreement))

    @property
    def n(self) -> int:
        """Number of pairs."""
        return min(self.muxconv.n, self.mobilenet.n)

    @property
    def spread(self) -> float:
        """(p90 - p10) / median of the ratios."""
        return (self.p90 - self.p10) / self.median

    @property
    def noisy(self) -> bool:
        """Whether the ratios spread too far, or are too few, to trust the last digits of their median."""
        return self.spread > SPREAD_LIMIT or self.n < FEW

    @property
    def even(self) -> bool:
        """Whether the clock cannot tell which block is dearer: 1 lies between p10 and p90."""
        return self.p10 <= 1 <= self.p90

    @property
    def flip(self) -> Flip | None:
        """``dearer`` where fewer MAdds take more time, ``cheaper`` where more take less; None where 1 is in doubt."""
        if self.promised < 1 < self.p10:
            return "dearer"
        return "cheaper" if self.p90 < 1 < self.promised else None


@dataclass(frozen=True)
class Untimed:
    """A cell at which both blocks exist, and why it has no times; None where the clock did not come to it."""

    G: int
    L: Fraction
    failed: str | None


@dataclass(frozen=True)
class Measured:
    """A heatmap with the times of its cells."""

    heat: Heatmap
    grid: TimeGrid

    @cached_property
    def rows(self) -> tuple[tuple[Compared | Untimed | None, ...], ...]:
        """By G and L; None where no block exists."""
        c = self.heat.C_values.index(self.heat.C)
        return tuple(
            tuple(
                _joined(G, L, self.heat.ratios["madds"][c][g][column], self.grid.cells[g][column])
                if self.heat.valid[c][g][column]
                else None
                for column, L in enumerate(self.heat.L_values)
            )
            for g, G in enumerate(self.heat.G_values)
        )

    @cached_property
    def cells(self) -> tuple[Compared, ...]:
        """All that were timed, row by row."""
        return tuple(cell for cell in self._there() if isinstance(cell, Compared))

    @property
    def failed(self) -> tuple[Untimed, ...]:
        """All that could not be timed."""
        return tuple(cell for cell in self._there() if isinstance(cell, Untimed) and cell.failed is not None)

    @property
    def missing(self) -> tuple[Untimed, ...]:
        """All that the clock did not come to."""
        return tuple(cell for cell in self._there() if isinstance(cell, Untimed) and cell.failed is None)

    @cached_property
    def ranked(self) -> tuple[Compared, ...]:
        """The cells, those where the clock and the MAdds disagree most first."""
        return tuple(sorted(self.cells, key=lambda cell: -cell.distance))

    @property
    def flips(self) -> tuple[Compared, ...]:
        """The cells where the clock finds the other block dearer, those that disagree most first."""
        return tuple(cell for cell in self.ranked if cell.flip is not None)

    @property
    def typical(self) -> float | None:
        """The median of the disagreements; None without any."""
        return statistics.median(cell.disagreement for cell in self.cells) if self.cells else None

    @property
    def promised(self) -> tuple[Compared, ...]:
        """The cells in which MUXConv has no more MAdds."""
        return tuple(cell for cell in self.cells if cell.promised <= 1)

    @property
    def broken(self) -> tuple[Compared, ...]:
        """Those of them in which it takes longer all the same: the median is above 1."""
        return tuple(cell for cell in self.promised if cell.median > 1)

    @property
    def baseline(self) -> tuple[float, float] | None:
        """Seconds that MobileNet, the same block in every cell, took in the fastest and slowest one, if these differ.

        They do where the device's speed changed between cells, by more than :data:`SPREAD_LIMIT`.
        """
        times = [cell.mobilenet.median for cell in self.cells]
        return (min(times), max(times)) if times and max(times) / min(times) - 1 > SPREAD_LIMIT else None

    def _there(self) -> Iterator[Compared | Untimed]:
        return (cell for row in self.rows for cell in row if cell is not None)


def measured(heat: Heatmap | None) -> Measured | None:
    """The heatmap with its times, where it has some."""
    return None if heat is None or heat.measured is None else Measured(heat, heat.measured)


def _joined(G: int, L: Fraction, promised: float, cell: PairTimes | None) -> Compared | Untimed:
    if cell is None:
        return Untimed(G, L, None)
    if cell.ratio is None or cell.muxconv is None or cell.mobilenet is None:
        return Untimed(G, L, cell.failed)
    return Compared(G, L, promised, *cell.ratio, cell.muxconv, cell.mobilenet)
