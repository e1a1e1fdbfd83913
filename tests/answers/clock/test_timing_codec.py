"""Times survive JSON exactly; derived figures stand beside the raw samples and have to follow from them."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
import timed

import muxprof
from muxprof.answers import saved
from muxprof.answers.report import Report
from muxprof.measurements import Samples, Timing

REPORTS: dict[str, Callable[[], Report]] = {
    "block": timed.block,
    "network with kernels": lambda: timed.network("alexnet", kernels=True),
    "interrupted": lambda: timed.network("resnet18", reached=0.5),
    "nothing yet": lambda: timed.with_timing(
        timed.block(), 1, Timing(timed.SETTING, timed.CONDITIONS, partial=True, notes=("only begun",))
    ),
}


@pytest.fixture(scope="module", params=list(REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]()


def document() -> Any:
    return json.loads(timed.block().to_json())


def test_round_trip(report: Report) -> None:
    again = saved.from_json(report.to_json())
    assert again == report
    assert again.partial == report.partial
    assert again.to_json() == report.to_json()


def test_the_schema(report: Report) -> None:
    schema = json.loads((importlib.resources.files("muxprof.document") / "schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(report.to_json()), schema)


def test_an_untimed_report_says_so() -> None:
    made = json.loads(muxprof.block().to_json())
    assert made["timing_ratios"] == []
    assert [subject["timing"] for subject in made["subjects"]] == [None, None]


def test_documents_from_before_there_were_times_are_read() -> None:
    made = json.loads(muxprof.block().to_json())
    del made["timing_ratios"]
    assert saved.from_dict(made) == muxprof.block()
    made = document()
    del made["timing_ratios"]
    with pytest.raises(muxprof.BadInput, match="timing_ratios is missing"):
        saved.from_dict(made)


def test_what_other_programs_find() -> None:
    made = document()
    timing = made["subjects"][0]["timing"]
    samples = timing["wholes"][0]["samples"]
    assert samples["ns"] == [12_250_000, 12_750_000, 12_500_000, 12_375_000, 12_625_000]
    assert (samples["n"], samples["median_s"], samples["runs"], samples["dropped"]) == (5, 0.0125, 1, 0)
    assert samples["p10_s"] == pytest.approx(0.0125 * 0.984)
    assert samples["p90_s"] == pytest.approx(0.0125 * 1.016)
    assert samples["spread"] == pytest.approx(0.032)
    assert samples["warnings"] == []
    assert timing["wholes"][1]["samples"] is None
    assert timing["wholes"][1]["failed"] == "an op cannot be captured"
    assert timing["wholes"][2]["samples"]["outliers"] == 1
    assert timing["wholes"][2]["samples"]["warnings"] == ["1 of 11 above twice the median"]
    assert timing["parts"]["sum_s"] == pytest.approx(0.010)
    assert timing["parts"]["of_whole"] == pytest.approx(0.8)
    assert timing["conditions"]["after"] == {"sm_clock_mhz": 1755.0, "power_w": 640.25, "temperature_c": 58}
    assert [(r["batch"], r["mode"], r["median"]) for r in made["timing_ratios"]] == [
        (2, "eager", 0.625),
        (16, "eager", 1.3),
    ]


def test_raw_times_stand_in_one_line() -> None:
    lines = timed.block().to_json().splitlines()
    assert sum('"ns": [' in line for line in lines) == sum('"ns": [' in line and line.endswith("]") for line in lines)
    assert '              "ns": [12250000, 12750000, 12500000, 12375000, 12625000]' in lines


def test_text_that_looks_like_raw_times_stays_as_it_is() -> None:
    noted = replace(timed.block(), notes=('"ns": [\n  1,\n  2\n]',))
    assert saved.from_json(noted.to_json()) == noted


def damage(path: str, value: object) -> Any:
    made = document()
    place = made
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    for part in parents:
        place = place[part]
    assert last in place or isinstance(last, int)
    place[last] = value
    return made


TIMING = "subjects.0.timing"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        # derived figures that do not follow from the samples
        (f"{TIMING}.wholes.0.samples.median_s", 0.001),
        (f"{TIMING}.wholes.0.samples.p90_s", 0.1),
        (f"{TIMING}.wholes.0.samples.spread", 0.0),
        (f"{TIMING}.wholes.0.samples.n", 6),
        (f"{TIMING}.wholes.2.samples.outliers", 0),
        (f"{TIMING}.wholes.2.samples.warnings", []),
        (f"{TIMING}.wholes.0.samples.warnings", ["spread 99 %"]),
        (f"{TIMING}.parts.sum_s", 0.02),
        (f"{TIMING}.parts.of_whole", 1.0),
        ("timing_ratios.0.median", 0.5),
        ("timing_ratios", []),
        # samples that the rest does not follow from, or that are none
        (f"{TIMING}.wholes.0.samples.ns.0", 1),
        (f"{TIMING}.wholes.0.samples.ns.0", 0),
        (f"{TIMING}.wholes.0.samples.ns.0", 12_250_000.0),
        (f"{TIMING}.wholes.0.samples.ns.0", 1 << 63),
        (f"{TIMING}.wholes.0.samples.ns", []),
        (f"{TIMING}.wholes.0.samples.ns", "123"),
        (f"{TIMING}.wholes.0.samples.runs", 0),
        (f"{TIMING}.wholes.0.samples.runs", True),
        (f"{TIMING}.wholes.0.samples.dropped", -1),
        (f"{TIMING}.wholes.0.samples", None),
        (f"{TIMING}.wholes.0.failed", "and yet it has samples"),
        (f"{TIMING}.wholes.1.failed", None),
        # what was not asked for, or asked for what cannot be
        (f"{TIMING}.wholes.0.batch", 3),
        (f"{TIMING}.wholes.0.batch", 0),
        (f"{TIMING}.wholes.0.mode", "cold"),
        (f"{TIMING}.wholes.0.mode", "lukewarm"),
        (f"{TIMING}.wholes.1.mode", "eager"),
        (f"{TIMING}.setting.batches", []),
        (f"{TIMING}.setting.modes", []),
        (f"{TIMING}.setting.modes", "eager"),
        (f"{TIMING}.setting.dtype", "fp8"),
        (f"{TIMING}.setting.budget", 0.0),
        (f"{TIMING}.setting.budget", 20),
        (f"{TIMING}.setting.threads", 0),
        (f"{TIMING}.setting.compile", 1),
        # conditions
        (f"{TIMING}.conditions.device", 7),
        (f"{TIMING}.conditions.versions", {"torch": 2}),
        (f"{TIMING}.conditions.switches", {"tf32": 1.5}),
        (f"{TIMING}.conditions.before", {"power_w": "121"}),
        (f"{TIMING}.conditions.before", {"power_w": True}),
        # parts
        (f"{TIMING}.parts.batch", 16),
        (f"{TIMING}.parts.batch", 1),
        (f"{TIMING}.parts.method", "alone"),
        (f"{TIMING}.parts.method", "in passing"),
        (f"{TIMING}.parts.mode", "graph"),
        (f"{TIMING}.parts.parts.0.path", "stranger"),
        (f"{TIMING}.parts.parts.0.path", "expand"),
        (f"{TIMING}.parts.parts.0.samples", None),
        (f"{TIMING}.parts.parts.0.failed", "and yet it has samples"),
        (f"{TIMING}.parts.parts.0.kernels", [{"name": "gemm", "calls": -1, "ns": 5}]),
        (f"{TIMING}.partial", 0),
        (f"{TIMING}.notes", "made by hand"),
        (f"{TIMING}.notes", [1]),
    ],
)
def test_a_damaged_timing_is_refused(path: str, value: object) -> None:
    assert saved.from_dict(document())
    with pytest.raises(muxprof.BadInput, match=r"not a valid muxprof\.report/1"):
        saved.from_dict(damage(path, value))


def test_another_version_may_warn_in_other_words() -> None:
    made = damage(f"{TIMING}.wholes.2.samples.warnings", ["ein Ausreißer"])
    assert saved.from_dict(made) == timed.block()


def test_a_part_may_be_missing_or_have_failed() -> None:
    report = timed.block()
    made = report.subjects[0].timing
    assert made is not None
    assert made.parts is not None
    first, second, *rest = made.parts.parts
    failed = replace(second, samples=None, failed="out of memory")
    changed = timed.with_timing(report, 0, replace(made, parts=replace(made.parts, parts=(failed, *rest))))
    assert first.path not in changed.to_dict()["subjects"][0]["timing"]["parts"]["parts"][0].values()
    assert saved.from_json(changed.to_json()) == changed


def test_parts_that_all_failed_sum_up_to_nothing() -> None:
    report = timed.block()
    made = report.subjects[0].timing
    assert made is not None
    assert made.parts is not None
    none = tuple(replace(part, samples=None, failed="no") for part in made.parts.parts)
    changed = timed.with_timing(report, 0, replace(made, parts=replace(made.parts, parts=none)))
    parts = changed.to_dict()["subjects"][0]["timing"]["parts"]
    assert (parts["sum_s"], parts["of_whole"]) == (None, None)
    assert saved.from_json(changed.to_json()) == changed


def test_long_samples_stay_exact() -> None:
    report = timed.block()
    made = report.subjects[0].timing
    assert made is not None
    samples = Samples(tuple(10**6 + 7919 * i % 1009 for i in range(1000)), runs=3, dropped=2)
    wholes = (replace(made.wholes[0], samples=samples), *made.wholes[1:])
    changed = timed.with_timing(report, 0, replace(made, wholes=wholes))
    assert saved.from_json(changed.to_json()) == changed
