"""The measured heatmap's cells, by a clock whose every tick is known."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from fake import FakeBench, FakeClock
from torch import nn

from muxprof.measurements import PairTimes, Samples, Setting, TimeGrid
from muxprof.timing.grid import Pair, grid
from muxprof.timing.profile import Target

MS = 1_000_000


class Taking(nn.Module):
    def __init__(self, clock: FakeClock, ns: int) -> None:
        super().__init__()
        self.clock, self.ns = clock, ns

    def __deepcopy__(self, memo: Any) -> Taking:
        return Taking(self.clock, self.ns)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.clock.time += self.ns
        return x


def pair(clock: FakeClock, mux: int, mobilenet: int) -> Pair:
    return lambda: (
        Target("muxconv", Taking(clock, mux * MS), (3, 2, 2)),
        Target("mobilenet", Taking(clock, mobilenet * MS), (3, 2, 2)),
    )


def run(clock: FakeClock, rows: list[list[Pair | None]], budget: float = 1.0) -> TimeGrid:
    return grid(64, rows, Setting(budget=budget), bench=lambda _: FakeBench(clock), now=clock.now)


def test_every_cell_has_the_ratio_of_its_pair() -> None:
    clock = FakeClock()
    made = run(clock, [[pair(clock, 3, 4), None], [pair(clock, 10, 4), pair(clock, 4, 4)]])
    ratios = [[cell and cell.ratio for cell in row] for row in made.cells]
    assert ratios == [[(0.75,) * 3, None], [(2.5,) * 3, (1.0,) * 3]]
    assert (made.C, made.mode, made.partial) == (64, "eager", False)
    assert 0.9e9 < clock.time < 1.2e9  # the budget is that of all cells together


def test_an_interruption_keeps_the_cells_that_are_done() -> None:
    class Impatient(FakeClock):
        def mark(self) -> int:
            if self.time > 600 * MS:
                raise KeyboardInterrupt
            return super().mark()

    clock = Impatient()
    made = run(clock, [[pair(clock, 1, 2), pair(clock, 2, 2)], [pair(clock, 3, 2), pair(clock, 4, 2)]])
    assert made.partial
    assert [[cell is not None for cell in row] for row in made.cells] == [[True, True], [False, False]]
    assert made.conditions.device != ""


def test_a_cell_that_fails_says_why_and_the_rest_goes_on() -> None:
    class Broken(nn.Module):
        def forward(self, _: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("broken")

    clock = FakeClock()

    def broken() -> tuple[Target, Target]:
        return Target("muxconv", Broken(), (3, 2, 2)), Target("mobilenet", Taking(clock, MS), (3, 2, 2))

    [[bad, good]] = run(clock, [[broken, pair(clock, 2, 1)]]).cells
    assert bad == PairTimes(failed="it raises RuntimeError: broken")
    assert good is not None
    assert good.ratio == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("keywords", [{}, {"muxconv": Samples((1,))}, {"muxconv": Samples((1,)), "failed": "x"}])
def test_a_cell_has_both_samples_or_a_reason(keywords: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a cell has samples of both"):
        PairTimes(**keywords)
