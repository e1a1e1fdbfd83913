"""Many pairs of blocks, pair by pair: the measured heatmap."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import torch

from muxprof.measurements import Conditions, PairTimes, Setting, TimeGrid, Timing
from muxprof.timing.bench import Bench
from muxprof.timing.profile import Progress, Stopped, Target, profile

#: Makes the MUXConv and the MobileNet block of a cell.
Pair: TypeAlias = Callable[[], tuple[Target, Target]]


def grid(
    C: int,
    rows: Sequence[Sequence[Pair | None]],
    setting: Setting,
    progress: Progress = lambda _what, _share: None,
    bench: Callable[[torch.device], Bench] = Bench,
    now: Callable[[], int] = time.perf_counter_ns,
) -> TimeGrid:
    """The grid, marked partial where Ctrl-C ended it; the budget is shared alike by all cells that are there.

    ``setting`` has one batch size and one mode; the two blocks of a cell are sampled in turns.
    """
    wanted = [
        (row, column, pair) for row, pairs in enumerate(rows) for column, pair in enumerate(pairs) if pair is not None
    ]
    each = replace(setting, budget=setting.budget / max(1, len(wanted)), parts=False)
    found: dict[tuple[int, int], PairTimes] = {}
    timings: list[Timing] = []
    stopped = False
    for done, (row, column, pair) in enumerate(wanted):

        def tell(_what: str, share: float, done: int = done) -> None:
            progress(f"cell {done + 1} of {len(wanted)}", (done + share) / len(wanted))

        try:
            mux, mobilenet = pair()
            made = profile([mux, mobilenet], each, tell, bench, now)
        except KeyboardInterrupt as stop:
            if isinstance(stop, Stopped):
                timings.append(stop.timings[mux.name])
            stopped = True
            break
        timings.append(made[mux.name])
        [ours], [theirs] = made[mux.name].wholes, made[mobilenet.name].wholes
        failed = ours.failed or theirs.failed
        found[row, column] = PairTimes(failed=failed) if failed else PairTimes(ours.samples, theirs.samples)
    cells = tuple(tuple(found.get((row, column)) for column in range(len(pairs))) for row, pairs in enumerate(rows))
    return TimeGrid(setting, _around(timings), C, cells, stopped)


def _around(timings: Sequence[Timing]) -> Conditions:
    """The conditions of the first cell, with the state after the last."""
    if not timings:
        return Conditions("not read: nothing was timed")
    return replace(timings[0].conditions, after=timings[-1].conditions.after)
