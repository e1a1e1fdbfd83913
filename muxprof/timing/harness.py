"""The harness: from a budget of seconds to raw samples, with whatever clock it is given.

Practice after ``triton.testing.do_bench`` and ``torch.utils.benchmark``: one untimed run, an estimate, warm-up and
repeats as budgets that the estimate turns into counts, every raw sample kept. Several works are sampled in turns, so
that a clock that drifts, drifts for all of them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from muxprof.measurements import Samples
from muxprof.timing.clocks import Clock, ClockError

Work: TypeAlias = Callable[[], object]
_Round: TypeAlias = list[tuple[Any, Any]]

#: No sample is of more runs; a clock that has not moved after so many stands still.
MOST_RUNS = 10_000
#: Samples beyond these tell nothing new, and fewer tell nothing.
MOST_SAMPLES = 1000
LEAST_SAMPLES = 3
WARM_UP_SHARE = 0.2
#: So many marks, or so much time, before they are read: reading waits for the device.
_MARKS_AT_ONCE = 100
_NS_AT_ONCE = 250_000_000


@dataclass(frozen=True)
class Plan:
    """How much time a measurement has, warm-up included, and what a sample is.

    ``sample_ns`` is how long a sample should at least be: shorter works run several times in it, which keeps the cost
    of reading the clock out; 0 is a single run in every sample. ``now`` is the timer, in nanoseconds, that budgets are
    kept by.
    """

    seconds: float
    sample_ns: int = 0
    most: int = MOST_SAMPLES
    now: Callable[[], int] = time.perf_counter_ns


def measure(
    works: Sequence[Work],
    clock: Clock,
    plan: Plan,
    prepare: Work | None = None,
    each: Callable[[], object] = lambda: None,
) -> tuple[Samples, ...]:
    """Samples of every work, taken in turns: the i-th of all were taken together.

    ``prepare`` runs before every sample, outside of its interval; ``each`` is called now and then in between. Raises
    :class:`ClockError` for a clock that stands still or keeps going backwards, and whatever the works raise.
    """
    begun = plan.now()
    for work in works:
        work()
    runs = [_runs(work, clock, plan) for work in works]
    started = plan.now()
    first = _round(works, runs, clock, prepare)
    clock.settle()
    per_round = max(1, plan.now() - started)
    budget = plan.seconds * 1e9
    warm_ups = _count(budget * WARM_UP_SHARE, per_round, 0, plan.most)
    for _ in range(warm_ups):
        _round(works, runs, clock, prepare)
    clock.settle()
    each()
    wanted = _count(begun + budget - plan.now(), per_round, LEAST_SAMPLES, plan.most)
    # Where there is no time to warm up, the round that was estimated with is one of the few that are kept.
    early = [] if warm_ups else [first]
    return _collected(works, runs, clock, plan, prepare, early, wanted, begun + budget, each)


def _collected(
    works: Sequence[Work],
    runs: list[int],
    clock: Clock,
    plan: Plan,
    prepare: Work | None,
    marks: list[_Round],
    wanted: int,
    deadline: float,
    each: Callable[[], object],
) -> tuple[Samples, ...]:
    """So many good rounds, ``marks`` the first of them; fewer, once they are enough, where the budget is over."""
    kept: list[list[int]] = []
    dropped = 0
    while len(kept) < wanted:
        begun = plan.now()
        while len(kept) + len(marks) < wanted and len(marks) < _MARKS_AT_ONCE:
            marks.append(_round(works, runs, clock, prepare))
            now = plan.now()
            if now > deadline and len(kept) + len(marks) >= LEAST_SAMPLES:
                wanted = len(kept) + len(marks)
            if now - begun > _NS_AT_ONCE:
                break
        clock.settle()
        for pairs in marks:
            times = [clock.elapsed_ns(*pair) for pair in pairs]
            if min(times) > 0:
                kept.append(times)
            else:
                dropped += 1
        if dropped > max(wanted, LEAST_SAMPLES):
            raise ClockError(f"the clock stood still or went backwards in {dropped} of {dropped + len(kept)} intervals")
        marks = []
        each()
    return tuple(Samples(tuple(times[index] for times in kept), runs[index], dropped) for index in range(len(works)))


def _round(works: Sequence[Work], runs: list[int], clock: Clock, prepare: Work | None) -> _Round:
    """Marks around one sample of every work."""
    marks = []
    for work, times in zip(works, runs, strict=True):
        if prepare is not None:
            prepare()
        start = clock.mark()
        for _ in range(times):
            work()
        marks.append((start, clock.mark()))
    return marks


def _runs(work: Work, clock: Clock, plan: Plan) -> int:
    """How often a work has to run for a sample to be long enough."""
    runs, begun = 1, plan.now()
    while plan.sample_ns:
        [(start, end)] = _round([work], [runs], clock, None)
        clock.settle()
        took = clock.elapsed_ns(start, end)
        if took >= plan.sample_ns or runs == MOST_RUNS:
            break
        if plan.now() - begun > plan.seconds * 1e9:
            raise ClockError(f"the clock moved by {took} ns in {runs:,} runs")
        needed = -(-runs * plan.sample_ns // took) if took > 0 else MOST_RUNS
        runs = min(MOST_RUNS, needed, runs * 10)
    return runs


def _count(budget: float, each: float, least: int, most: int) -> int:
    return max(least, min(most, int(budget / each)))
