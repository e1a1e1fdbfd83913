"""Statistics, derived by hand from raw samples."""

from __future__ import annotations

import pytest

from muxprof.measurements import Measurement, Samples, paired_ratio


def test_quantiles_lie_between_neighbours() -> None:
    # Sorted: 10 20 30 40; the median lies halfway between the second and the third, p10 at 0.3 and p90 at 2.7 of them.
    samples = Samples((40, 10, 30, 20), runs=10)
    assert samples.n == 4
    assert samples.median == pytest.approx(2.5e-9)
    assert samples.p10 == pytest.approx(1.3e-9)
    assert samples.p90 == pytest.approx(3.7e-9)
    assert samples.spread == pytest.approx(2.4 / 2.5)


def test_one_sample_is_all_of_its_quantiles() -> None:
    samples = Samples((7,))
    assert samples.p10 == samples.median == samples.p90 == 7e-9
    assert samples.warnings == ("only 1 sample",)


def test_quiet_samples_have_no_warnings() -> None:
    assert Samples((100, 101, 99, 100, 102, 98, 100, 100, 100)).warnings == ()


def test_spread_drift_and_outliers_are_said() -> None:
    # First third 100, last third 106: drifted by 6 %, within the limit of spread.
    assert Samples((100, 100, 100, 103, 103, 103, 106, 106, 106)).warnings == ("drifted by +6 %",)
    assert Samples((106, 106, 106, 103, 103, 103, 100, 100, 100)).warnings == ("drifted by -6 %",)
    assert Samples((80, 100, 120) * 3).warnings == ("spread 40 %",)
    assert Samples((100,) * 19 + (201,)).warnings == ("1 of 20 above twice the median",)
    assert Samples((100,) * 19 + (200,)).warnings == ()
    assert Samples((100,) * 5, dropped=2).warnings == ("2 dropped: the clock stood still or went backwards",)


def test_drift_takes_nine_samples() -> None:
    # A third of eight are two, whose median one disturbed sample moves; a third of nine are three.
    assert Samples((100, 100, 103, 103, 103, 103, 106, 106)).drift == 0
    assert Samples((100, 100, 100, 103, 103, 103, 106, 106, 106)).drift == pytest.approx(0.06)


def test_just_within_the_limits_there_are_no_warnings() -> None:
    # Of eleven sorted samples, p10 is the second and p90 the tenth; the median of every third is 100.
    assert Samples((95, 104, *[100] * 7, 104, 95)).warnings == ()
    assert Samples((95, 106, *[100] * 7, 106, 95)).warnings == ("spread 11 %",)
    assert Samples((100,) * 3 + (104,) * 6).warnings == ()
    assert Samples((100,) * 4).warnings == ("only 4 samples",)
    assert Samples((100,) * 5).warnings == ()


@pytest.mark.parametrize("arguments", [((),), ((0,),), ((5, -1),), ((5,), 0), ((5,), 1, -1)])
def test_what_is_no_set_of_times_is_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="samples are at least one time above zero"):
        Samples(*arguments)  # type: ignore[arg-type]  # wrong on purpose


def test_a_measurement_has_samples_or_a_reason() -> None:
    for keywords in ({}, {"samples": Samples((1,)), "failed": "why"}):
        with pytest.raises(ValueError, match="or a reason why"):
            Measurement(1, "eager", **keywords)  # type: ignore[arg-type]  # wrong on purpose


def test_ratios_are_taken_pair_by_pair() -> None:
    # Both slow down tenfold; every pair is 3 to 2, while the ratio of sums or of any one sample to another is not.
    slow, fast = Samples((30, 60, 300), runs=1), Samples((40, 80, 400), runs=2)
    assert paired_ratio(slow, fast) == (1.5, 1.5, 1.5)
    assert paired_ratio(Samples((10, 20, 30)), Samples((10, 10, 10)))[0] == 2.0
