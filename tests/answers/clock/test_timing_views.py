"""What follows from times, against what a person works out with a pencil."""

from __future__ import annotations

from dataclasses import replace

import pytest
import timed
from timed import MS, around

import muxprof
from muxprof.answers.clock.views import PartTimes, TimeRatio, part_times, timing_ratios
from muxprof.answers.report import Report
from muxprof.document.tree import tree
from muxprof.measurements import Measurement, Part, Samples, Timing

#: MAdds per image of expand, conv and project at C = 64, E = 6, G = 2, L = 1/4, K = 3, 56 x 56.
EXPAND, CONV = 48 * 288 * 3136, 288 * 2 * 9 * 3136
TOTAL = 2 * EXPAND + CONV


def times_of(report: Report, index: int = 0) -> PartTimes:
    found = part_times(report.subjects[index])
    assert found is not None
    return found


def test_a_layer() -> None:
    times = times_of(timed.block())
    expand = times.works["expand"]
    assert (expand.layers, expand.timed, expand.seconds) == (1, 1, 0.002)
    assert expand.madds == 2 * EXPAND  # two images
    assert expand.madds_per_second == pytest.approx(2 * EXPAND / 0.002)
    # Two maps of 48, two of 288 and the weights, four bytes each.
    assert expand.traffic_bytes == 4 * (2 * 336 * 3136 + 48 * 288)
    assert expand.bytes_per_second == pytest.approx(8_484_864 / 0.002)
    assert times.share_of_time(expand) == pytest.approx(0.2)
    assert times.share_of_madds(expand) == pytest.approx(EXPAND / TOTAL)
    assert expand.scatter == pytest.approx(0.002 * 0.032)
    shuffle = times.works["shuffle"]
    assert shuffle.madds_per_second is None
    assert shuffle.bytes_per_second == pytest.approx(3_211_264 / 0.0004)


@pytest.mark.parametrize(("dtype", "of_fp32"), [("fp32", 1), ("tf32", 1), ("fp16", 0.5), ("bf16", 0.5)])
def test_traffic_follows_the_dtype(dtype: str, of_fp32: float) -> None:
    report = timed.block()
    before = report.subjects[0].timing
    assert before is not None
    setting = replace(before.setting, dtype=dtype)  # type: ignore[arg-type]  # one of them
    times = times_of(timed.with_timing(report, 0, replace(before, setting=setting)))
    assert times.works["add"].traffic_bytes == 3_612_672 * of_fp32
    assert times.works["add"].seconds == 0.0008


def test_kinds_and_what_has_no_madds() -> None:
    times = times_of(timed.block())
    assert {kind: round(1000 * work.seconds, 9) for kind, work in times.kinds.items()} == {
        "conv 1x1": 4, "group conv 3x3": 2, "act": 2, "add": 0.8, "concat": 0.6, "shuffle": 0.4, "split": 0.2
    }  # fmt: skip
    assert next(iter(times.kinds)) == "conv 1x1"
    assert list(times.without_madds) == ["act", "add", "concat", "shuffle", "split"]
    assert sum(times.share_of_time(work) for work in times.without_madds.values()) == pytest.approx(0.4)
    assert times.kinds["act"].layers == 2
    assert times.share_of_madds(times.kinds["conv 1x1"]) == pytest.approx(2 * EXPAND / TOTAL)


def test_sums_follow_the_tree() -> None:
    times = times_of(timed.network())
    root = tree(times.subject)
    for stage in root.children:
        layers = [layer for layer in times.subject.layers if f"{layer.path}.".startswith(f"{stage.path}.")]
        work = times.below(stage)
        assert work.layers == work.timed == len(layers)
        assert work.seconds == pytest.approx(len(layers) / 1000)
        assert work.madds == stage.cost.madds
        assert work.traffic_bytes == stage.cost.traffic_bytes / 2  # fp16
    assert times.below(root) == times.total


def test_only_what_was_timed_is_compared() -> None:
    report = timed.block()
    made = report.subjects[0].timing
    assert made is not None
    assert made.parts is not None
    kept = tuple(
        Part("conv", failed="out of memory") if part.path == "conv" else part
        for part in made.parts.parts
        if part.path != "shuffle"
    )
    times = times_of(timed.with_timing(report, 0, replace(made, parts=replace(made.parts, parts=kept))))
    assert [part.path for part in times.failed] == ["conv"]
    assert times.missing == ("shuffle",)
    assert (times.total.layers, times.total.timed) == (9, 7)
    assert times.total.seconds == pytest.approx(0.0076)
    assert times.share_of_madds(times.works["expand"]) == 0.5  # of expand and project
    assert times.works["conv"].madds_per_second is None
    assert times.kinds["group conv 3x3"].timed == 0


def test_the_sum_beside_the_whole() -> None:
    mux, mobilenet = (times_of(timed.block(), index).sum for index in (0, 1))
    assert mux.parts == pytest.approx(0.010)
    assert (mux.whole, mux.passes) == (0.0125, 0.013)
    assert mux.of_whole == pytest.approx(0.8)
    assert mux.is_off
    assert mobilenet.of_whole == pytest.approx(1)
    assert not mobilenet.is_off


def test_no_whole_to_compare_with() -> None:
    report = timed.block()
    made = report.subjects[0].timing
    assert made is not None
    failed = replace(made, wholes=(Measurement(2, "eager", failed="out of memory"),))
    assert times_of(timed.with_timing(report, 0, failed)).sum.of_whole is None
    assert times_of(timed.with_timing(report, 0, replace(made, wholes=()))).sum.of_whole is None


def test_ratios_of_samples_taken_in_turns() -> None:
    agreeing, contradicting = timing_ratios(timed.block())
    assert (agreeing.batch, agreeing.mode, agreeing.median) == (2, "eager", 0.625)
    assert (contradicting.batch, contradicting.median) == (16, 1.3)
    # A device that slows down by half on the way: the medians move, the ratio of pairs does not.
    drifting = Samples((10 * MS, 15 * MS, 20 * MS)), Samples((20 * MS, 30 * MS, 40 * MS))
    report = timed.block()
    for index, samples in enumerate(drifting):
        made = report.subjects[index].timing
        assert made is not None
        report = timed.with_timing(report, index, replace(made, wholes=(Measurement(2, "eager", samples),)))
    assert timing_ratios(report) == (TimeRatio(2, "eager", 0.5, 0.5, 0.5),)


def test_ratios_are_those_of_a_block_report_with_two_times() -> None:
    assert timing_ratios(muxprof.block()) == ()
    assert timing_ratios(timed.network()) == ()
    report = timed.block()
    alone = replace(report, subjects=(report.subjects[0], report.subjects[1].having(timing=None)))
    assert timing_ratios(alone) == ()


@pytest.mark.parametrize(
    ("times", "promised", "verdict"),
    [
        ((0.63, 0.62, 0.64), 0.6241, "agrees"),  # within p10 and p90
        ((0.66, 0.65, 0.67), 0.6241, "agrees"),  # 6 % off
        ((0.80, 0.79, 0.81), 0.6241, "less"),
        ((0.40, 0.39, 0.41), 0.6241, "more"),
        ((1.20, 1.19, 1.21), 0.6241, "contradicts"),
        ((0.80, 0.79, 0.81), 1.3, "contradicts"),
        ((1.01, 0.97, 1.03), 0.6241, "even"),
        ((2.60, 2.50, 2.70), 1.3, "more"),
        ((1.10, 1.05, 1.15), 1.3, "less"),
    ],
)
def test_verdicts(times: tuple[float, float, float], promised: float, verdict: str) -> None:
    assert TimeRatio(1, "eager", *times).verdict(promised) == verdict


def test_a_report_is_partial_when_any_of_its_times_is() -> None:
    report = timed.block()
    assert not report.partial
    assert not muxprof.block().partial
    made = report.subjects[1].timing
    assert made is not None
    assert timed.with_timing(report, 1, replace(made, partial=True)).partial


def test_kernels_stand_by_layer() -> None:
    times = times_of(timed.network(kernels=True))
    assert list(times.kernels) == [layer.path for layer in times.subject.layers]
    assert times_of(timed.network()).kernels == {}


def test_there_may_be_no_parts() -> None:
    report = timed.block()
    made = Timing(timed.SETTING, timed.CONDITIONS, (Measurement(2, "eager", around(1)),))
    assert part_times(timed.with_timing(report, 0, made).subjects[0]) is None
    assert part_times(muxprof.block().subjects[0]) is None
