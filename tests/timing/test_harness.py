"""The harness against clocks whose every tick is known."""

from __future__ import annotations

import pytest
from fake import FakeClock, FrozenClock

from muxprof.timing.clocks import ClockError
from muxprof.timing.harness import LEAST_SAMPLES, MOST_RUNS, MOST_SAMPLES, Plan, measure

MS = 1_000_000


def plan(clock: FakeClock, seconds: float = 1.0, sample_ns: int = 0, most: int = MOST_SAMPLES) -> Plan:
    return Plan(seconds, sample_ns, most, clock.now)


def test_a_known_duration_comes_back_exactly() -> None:
    clock = FakeClock()
    [samples] = measure([clock.taking(7 * MS)], clock, plan(clock))
    assert set(samples.ns) == {7 * MS}
    assert (samples.runs, samples.dropped) == (1, 0)
    assert samples.median == samples.p10 == samples.p90 == 0.007
    assert samples.warnings == ()


def test_the_budget_becomes_counts() -> None:
    # 1 s of 10 ms: one run untimed, one to estimate, 20 (a fifth of the budget) to warm up; (1000 - 220) / 10 are left.
    clock = FakeClock()
    [samples] = measure([clock.taking(10 * MS)], clock, plan(clock))
    assert samples.n == 78
    assert clock.time == 1000 * MS


def test_samples_are_never_more_than_the_plan_wants() -> None:
    clock = FakeClock()
    [samples] = measure([clock.taking(1)], clock, plan(clock, most=40))
    assert samples.n == 40


def test_a_work_longer_than_the_budget_still_has_samples_and_says_that_they_are_few() -> None:
    # One run untimed, and the estimate is the first of three samples.
    clock = FakeClock()
    [samples] = measure([clock.taking(5000 * MS)], clock, plan(clock))
    assert samples.ns == (5000 * MS,) * LEAST_SAMPLES
    assert clock.time == (LEAST_SAMPLES + 1) * 5000 * MS
    assert samples.warnings == ("only 3 samples",)


def test_measuring_stops_at_the_end_of_the_budget_when_the_work_slows_down() -> None:
    # Estimated at 1 ms; warm-up takes 200 runs, and from then on a run takes 100 ms: the rest is 8 of them, not 798.
    clock = FakeClock()
    [samples] = measure([clock.taking(*[MS] * 202, 100 * MS)], clock, plan(clock))
    assert samples.n == 8


def test_short_works_run_several_times_in_a_sample() -> None:
    clock = FakeClock()
    [samples] = measure([clock.taking(300)], clock, plan(clock, seconds=0.01, sample_ns=50_000))
    assert samples.runs == 167  # 50,000 / 300, rounded up
    assert set(samples.ns) == {167 * 300}
    assert samples.median == pytest.approx(300e-9, rel=1e-12)


def test_a_clock_of_coarse_resolution_is_given_runs_until_it_moves() -> None:
    class Coarse(FakeClock):
        def mark(self) -> int:
            return self.time // 1000 * 1000

    clock = Coarse()
    [samples] = measure([clock.taking(10)], clock, plan(clock, seconds=0.001, sample_ns=2000))
    assert samples.runs * 10 >= 2000
    assert samples.median == pytest.approx(10e-9, rel=0.5)


def test_works_are_sampled_in_turns_so_that_drift_cancels_from_their_ratio() -> None:
    """Both slow down by a factor of three while they are measured; their ratio stays exactly 2."""
    from muxprof.measurements import paired_ratio

    clock = FakeClock()
    order = []

    def drifting(name: str, base: int) -> None:
        order.append(name)
        clock.time += base * (1000 + 2 * clock.time // MS) // 1000 // 2 * 2

    a, b = measure([lambda: drifting("a", 2 * MS), lambda: drifting("b", MS)], clock, plan(clock))
    assert order[:2] == ["a", "b"]
    assert all(pair == ("a", "b") for pair in zip(order[4::2], order[5::2], strict=False))
    assert a.n == b.n
    assert a.drift > 0.3
    assert b.drift > 0.3
    assert any("drifted" in warning for warning in a.warnings)
    median, low, high = paired_ratio(a, b)
    assert [median, low, high] == pytest.approx([2, 2, 2], rel=0.01)


def test_preparation_stands_outside_of_every_interval() -> None:
    clock = FakeClock()
    prepared = []

    def prepare() -> None:
        prepared.append(clock.time)
        clock.time += 50 * MS

    [samples] = measure([clock.taking(10 * MS)], clock, plan(clock), prepare)
    assert set(samples.ns) == {10 * MS}
    # Every sample, the estimate and the warm-up are prepared: 60 ms a round in a second's budget.
    assert len(prepared) == samples.n + 1 + 3
    assert clock.time <= 1000 * MS + 60 * MS


def test_outliers_leave_the_median_alone_and_are_reported() -> None:
    clock = FakeClock()
    durations = [10 * MS] * 22 + [10 * MS, 10 * MS, 10 * MS, 10 * MS, 90 * MS] * 10
    [samples] = measure([clock.taking(*durations)], clock, plan(clock))
    assert samples.median == 0.010
    assert samples.outliers == samples.ns.count(90 * MS) > 0
    assert any("above twice the median" in warning for warning in samples.warnings)


def test_a_clock_that_goes_backwards_now_and_then_loses_those_samples_and_says_so() -> None:
    # Marks come in pairs; the end of every tenth interval is read 30 ms too early.
    clock = FakeClock(lambda index: -30 * MS if index % 20 == 19 else 0)
    [samples] = measure([clock.taking(10 * MS)], clock, plan(clock))
    assert set(samples.ns) == {10 * MS}
    assert samples.dropped > 0
    assert any(f"{samples.dropped} dropped" in warning for warning in samples.warnings)


def test_a_round_is_lost_to_all_works_where_the_clock_goes_backwards_in_one_of_them() -> None:
    # Two works have four marks a round; in every fifth round, the end of the second is read 30 ms too early.
    clock = FakeClock(lambda index: -30 * MS if index % 20 == 19 else 0)
    first, second = measure([clock.taking(5 * MS), clock.taking(10 * MS)], clock, plan(clock))
    assert (set(first.ns), set(second.ns)) == ({5 * MS}, {10 * MS})
    assert first.n == second.n
    assert first.dropped == second.dropped > 0


def test_a_clock_that_always_goes_backwards_is_refused() -> None:
    clock = FakeClock(lambda index: -30 * MS if index % 2 else 0)
    # Rounds of 10 ms are read once 250 ms are over, 26 at a time; 52 that are dropped are more than the 40 wanted.
    with pytest.raises(ClockError, match="went backwards in 52 of 52"):
        measure([clock.taking(10 * MS)], clock, plan(clock, seconds=10.0, most=40))


@pytest.mark.parametrize("sample_ns", [0, 50_000])
def test_a_clock_that_stands_still_is_refused(sample_ns: int) -> None:
    clock = FrozenClock()
    ran = 0

    def work() -> None:
        nonlocal ran
        ran += 1
        clock.time += MS

    with pytest.raises(ClockError, match=r"stood still|moved by 0 ns"):
        measure([work], clock, plan(clock, sample_ns=sample_ns))
    assert ran <= 2 * MOST_RUNS


def test_a_timer_and_a_clock_that_both_stand_still_end_too() -> None:
    clock = FrozenClock()
    with pytest.raises(ClockError):
        measure([lambda: None], clock, Plan(1.0, 50_000, 40, lambda: 0))


def test_what_a_work_raises_goes_through() -> None:
    def work() -> None:
        raise MemoryError("no more")

    clock = FakeClock()
    with pytest.raises(MemoryError, match="no more"):
        measure([work], clock, plan(clock))


def test_marks_are_read_only_after_they_are_settled() -> None:
    class Strict(FakeClock):
        def __init__(self) -> None:
            super().__init__()
            self.readable = 0

        def mark(self) -> int:
            super().mark()
            return self.time

        def settle(self) -> None:
            self.readable = self.marks

        def elapsed_ns(self, start: int, end: int) -> int:
            assert self.readable == self.marks, "a mark was read that the device may not have reached"
            return end - start

    clock = Strict()
    [samples] = measure([clock.taking(MS)], clock, plan(clock, sample_ns=2 * MS))
    assert samples.n > 100
    assert set(samples.ns) == {2 * MS}


def test_the_caller_is_told_now_and_then() -> None:
    clock, told = FakeClock(), []
    measure([clock.taking(MS)], clock, plan(clock), each=lambda: told.append(clock.time))
    # Behind the warm-up, of 202 runs; then after every 100 of the 798 that are left, and at the end.
    assert told == [each * MS for each in (202, *range(302, 1000, 100), 1000)]


def test_the_caller_is_told_after_a_quarter_of_a_second() -> None:
    clock, told = FakeClock(), []
    measure([clock.taking(100 * MS)], clock, plan(clock, seconds=10.0), each=lambda: told.append(clock.time))
    # Behind 22 runs, 78 are left of 10 s: three of them are the first to take longer than 250 ms.
    assert told == [each * 100 * MS for each in range(22, 101, 3)]
