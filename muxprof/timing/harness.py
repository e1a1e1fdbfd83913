"""The harness: from a budget of seconds to raw samples, with whatever clock it is given.

Practice after ``triton.testing.do_bench`` and ``torch.utils.benchmark``: one untimed run, an estimate, warm-up and
repeats as budgets that the estimate turns into counts, every raw sample kept. Several calls are sampled in turns, so
that a drift of the clock affects all of them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from muxprof.measurements import Samples
from muxprof.timing.clocks import Clock, ClockError

#: What is timed: a forward pass, a replayed graph, or anything else that takes no arguments.
Call: TypeAlias = Callable[[], object]
_Round: TypeAlias = list[tuple[Any, Any]]

#: The most runs of a sample; a clock that has not moved after so many stands still.
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

    ``sample_ns`` is the least length of a sample: a shorter call runs several times in it, which keeps the cost of
    reading the clock out; 0 is a single run in every sample. ``now`` is the timer, in nanoseconds, of the budget.
    """

    seconds: float
    sample_ns: int = 0
    most: int = MOST_SAMPLES
    now: Callable[[], int] = time.perf_counter_ns


def measure(
    calls: Sequence[Call],
    clock: Clock,
    plan: Plan,
    prepare: Call | None = None,
    each: Call = lambda: None,
) -> tuple[Samples, ...]:
    """Samples of every call, taken in turns: the i-th of all were taken together.

    ``prepare`` runs before every sample, outside of its interval; ``each`` is called now and then in between. Raises
    :class:`ClockError` for a clock that stands still or keeps going backwards, and whatever the calls raise.
    """
    begun = plan.now()
    for call in calls:
        call()
    runs = [_runs(call, clock, plan) for call in calls]
    sample = partial(_round, calls, runs, clock, prepare)
    started = plan.now()
    first = sample()
    clock.settle()
    per_round = max(1, plan.now() - started)
    budget = plan.seconds * 1e9
    warm_ups = _count(budget * WARM_UP_SHARE, per_round, 0, plan.most)
    for _ in range(warm_ups):
        sample()
    clock.settle()
    each()
    wanted = _count(begun + budget - plan.now(), per_round, LEAST_SAMPLES, plan.most)
    # Where there is no time to warm up, the round that was estimated with is one of the few that are kept.
    marks = [] if warm_ups else [first]
    kept: list[list[int]] = []
    dropped = 0
    while len(kept) < wanted:
        wanted = _more_marks(marks, sample, wanted, len(kept), plan, begun + budget)
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
    return tuple(Samples(ns, count, dropped) for ns, count in zip(zip(*kept, strict=True), runs, strict=True))


def _more_marks(
    marks: list[_Round], sample: Callable[[], _Round], wanted: int, kept: int, plan: Plan, deadline: float
) -> int:
    """Add rounds to ``marks``, as many as are read at once; the number wanted, lower once the budget is over."""
    begun = plan.now()
    while kept + len(marks) < wanted and len(marks) < _MARKS_AT_ONCE:
        marks.append(sample())
        now = plan.now()
        if now > deadline and kept + len(marks) >= LEAST_SAMPLES:
            wanted = kept + len(marks)
        if now - begun > _NS_AT_ONCE:
            break
    return wanted


def _round(calls: Sequence[Call], runs: list[int], clock: Clock, prepare: Call | None) -> _Round:
    """Marks around one sample of every call."""
    marks = []
    for call, times in zip(calls, runs, strict=True):
        if prepare is not None:
            prepare()
        start = clock.mark()
        for _ in range(times):
            call()
        marks.append((start, clock.mark()))
    return marks


def _runs(call: Call, clock: Clock, plan: Plan) -> int:
    """How many runs make a sample that is long enough."""
    runs, begun = 1, plan.now()
    while plan.sample_ns:
        [(start, end)] = _round([call], [runs], clock, None)
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
