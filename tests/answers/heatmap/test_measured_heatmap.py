"""The measured heatmap: what follows from its times, worked out by hand, and that it survives JSON or is refused."""

from __future__ import annotations

import copy
import importlib.resources
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gridded
import jsonschema
import pytest
from documents import closed, mutated
from gridded import cell, heat_of
from timed import MS

import muxprof
from muxprof.answers import saved
from muxprof.answers.heatmap.measured import Compared, Measured, measured
from muxprof.answers.report import Report
from muxprof.measurements import Conditions, PairTimes, Samples

REPORTS: dict[str, Callable[[], Report]] = {
    "measured": gridded.report,
    "interrupted": gridded.interrupted,
    "nothing yet": lambda: gridded.with_grid(
        replace(gridded.grid({}, partial=True), conditions=Conditions("not read: nothing was timed"))
    ),
    "all failed": lambda: gridded.with_grid(gridded.grid(dict.fromkeys(gridded.cells(), gridded.FAILED))),
}


@pytest.fixture(scope="module", params=list(REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]()


def view_of(report: Report) -> Measured:
    found = measured(report.heatmap)
    assert found is not None
    return found


def places(cells: tuple[Any, ...]) -> list[tuple[int, str]]:
    return [(found.G, str(found.L)) for found in cells]


# What follows


def test_every_cell_stands_beside_its_ratio_of_madds() -> None:
    view = view_of(gridded.report())
    for g, row in enumerate(view.rows):
        for column, found in enumerate(row):
            ms, promised = gridded.MUXCONV[g][column], gridded.PROMISED[g][column]
            if promised is None:
                assert found is None
            elif ms is None:
                assert not isinstance(found, Compared)
            else:
                assert isinstance(found, Compared)
                assert (view.heat.G_values[g], view.heat.L_values[column]) == (found.G, found.L)
                assert found.promised == pytest.approx(promised)
                assert found.median == pytest.approx(ms / 10)
                assert found.disagreement == pytest.approx(ms / 10 / promised)
                assert found.n == 5


def test_spread_and_noise() -> None:
    view = view_of(gridded.report())
    quiet, noisy = view.cells[0], view.cells[1]
    assert [quiet.p10, quiet.p90] == pytest.approx([0.984, 1.016])
    assert quiet.spread == pytest.approx(0.032)
    # 0.7 times 0.84 to 1.16
    assert [noisy.p10, noisy.p90] == pytest.approx([0.588, 0.812])
    assert noisy.spread == pytest.approx(0.32)
    assert [found.noisy for found in view.cells] == [False, True, False, False, False, False, False]


def test_few_pairs_are_noise() -> None:
    few = PairTimes(Samples((MS,) * 4), Samples((MS,) * 9))
    view = view_of(gridded.with_grid(gridded.grid({**gridded.cells(), (0, 0): few})))
    assert (view.cells[0].n, view.cells[0].spread, view.cells[0].noisy) == (4, 0, True)


def test_the_ranking() -> None:
    view = view_of(gridded.report())
    # 2.7, 1.8, 0.6 (as far from 1 as 1.667), 1.65, 1.2, 0.9, 1
    assert [round(found.disagreement, 6) for found in view.ranked] == [2.7, 1.8, 0.6, 1.65, 1.2, 0.9, 1.0]
    assert places(view.ranked) == [
        (2, "1/2"), (1, "1/2"), (4, "0"), (2, "1/4"), (1, "1/4"), (2, "0"), (1, "0")
    ]  # fmt: skip
    assert view.typical == pytest.approx(1.2)


def test_where_the_verdict_flips() -> None:
    view = view_of(gridded.report())
    assert [(found.G, str(found.L), found.flip) for found in view.flips] == [
        (4, "0", "cheaper"),
        (2, "1/4", "dearer"),
    ]


@pytest.mark.parametrize(
    ("ms", "column", "flip"),
    [
        (10.1, 1, None),  # p10 is 0.994: the clock cannot tell
        (10.2, 1, "dearer"),  # p10 is 1.004
        (9.9, 1, None),
        (12.0, 0, None),  # at G = 1 and L = 0 both have as many MAdds: there is nothing to reverse
        (8.0, 0, None),
    ],
)
def test_a_flip_is_beyond_doubt(ms: float, column: int, flip: str | None) -> None:
    view = view_of(gridded.with_grid(gridded.grid({**gridded.cells(), (0, column): cell(ms)})))
    assert view.cells[column].flip == flip


def test_promises_and_those_that_are_broken() -> None:
    view = view_of(gridded.report())
    assert places(view.promised) == [(1, "0"), (1, "1/4"), (1, "1/2"), (2, "1/4"), (2, "1/2")]
    assert places(view.broken) == [(2, "1/4")]
    assert [found.even for found in view.cells] == [True, False, False, True, False, False, False]


def test_the_same_block_takes_the_same_time_everywhere() -> None:
    assert view_of(gridded.report()).baseline is None
    slower = PairTimes(Samples((10 * MS,) * 5), Samples((round(11.01 * MS),) * 5))
    view = view_of(gridded.with_grid(gridded.grid({**gridded.cells(), (0, 0): slower})))
    assert view.baseline == pytest.approx((0.010, 0.01101))


def test_what_failed_and_what_is_missing() -> None:
    view = view_of(gridded.report())
    assert [(found.G, str(found.L), found.failed) for found in view.failed] == [(4, "1/2", gridded.FAILED.failed)]
    assert view.missing == ()
    stopped = view_of(gridded.interrupted())
    assert stopped.failed == ()
    assert places(stopped.missing) == [(2, "0"), (2, "1/4"), (2, "1/2"), (4, "0"), (4, "1/2")]


def test_without_times_nothing_follows() -> None:
    assert measured(None) is None
    assert measured(gridded.analytic().heatmap) is None
    view = view_of(REPORTS["nothing yet"]())
    assert (view.cells, view.ranked, view.flips, view.typical) == ((), (), (), None)


def test_partial() -> None:
    assert not gridded.analytic().partial
    assert not gridded.report().partial
    assert gridded.interrupted().partial


# JSON


def test_round_trip(report: Report) -> None:
    again = saved.from_json(report.to_json())
    assert again == report
    assert again.partial == report.partial
    assert again.to_json() == report.to_json()
    for copied in (copy.deepcopy(report), pickle.loads(pickle.dumps(report))):
        assert copied == report
        assert hash(copied) == hash(report)


def test_the_schema_describes_every_key(report: Report) -> None:
    schema = json.loads((importlib.resources.files("muxprof.document") / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(report.to_json()), closed(schema))


def document() -> Any:
    return json.loads(gridded.report().to_json())


def test_what_other_programs_find() -> None:
    made = document()["heatmap"]["measured"]
    assert (made["C"], made["mode"], made["partial"]) == (36, "graph", False)
    assert made["setting"]["device"] == "cuda:1"
    assert made["conditions"]["device"] == "Testing Device 9000"
    assert [[found is not None for found in row] for row in made["cells"]] == [
        [True] * 3,
        [True] * 3,
        [True, False, True],
    ]
    found = made["cells"][1][2]
    assert found["failed"] is None
    assert found["ratio"] == {"median": 0.9, "p10": pytest.approx(0.8856), "p90": pytest.approx(0.9144)}
    assert found["muxconv"]["ns"] == [8_820_000, 9_180_000, 9_000_000, 8_910_000, 9_090_000]
    assert (found["muxconv"]["median_s"], found["mobilenet"]["median_s"]) == (0.009, 0.01)
    failed = made["cells"][2][2]
    assert failed == {"failed": gridded.FAILED.failed, "ratio": None, "muxconv": None, "mobilenet": None}


def test_a_heatmap_that_was_not_timed_says_so() -> None:
    assert json.loads(gridded.analytic().to_json())["heatmap"]["measured"] is None


def test_documents_from_before_there_were_times_are_read() -> None:
    made = json.loads(gridded.analytic().to_json())
    del made["heatmap"]["measured"]
    assert saved.from_dict(made) == gridded.analytic()
    del made["timing_ratios"]
    assert saved.from_dict(made) == gridded.analytic()


def test_raw_times_stand_in_one_line() -> None:
    lines = [line.strip() for line in gridded.report().to_json().splitlines() if '"ns": [' in line]
    assert len(lines) == 14
    assert lines[0] == '"ns": [9800000, 10200000, 10000000, 9900000, 10100000]'


def damage(path: str, value: object) -> Any:
    made = document()
    place = made["heatmap"]
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    for part in parents:
        place = place[part]
    assert last in place or isinstance(last, int)
    place[last] = value
    return made


CELL = "measured.cells.1.2"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        # derived figures that do not follow from the samples
        (f"{CELL}.ratio.median", 0.3),
        (f"{CELL}.ratio.p10", 0.3),
        (f"{CELL}.ratio.p90", 3.0),
        (f"{CELL}.ratio", None),
        (f"{CELL}.muxconv.median_s", 0.001),
        (f"{CELL}.muxconv.ns.2", 1),
        (f"{CELL}.muxconv.ns", []),
        (f"{CELL}.mobilenet.runs", 2),
        ("measured.mode", "cold"),
        # both blocks, or a reason
        (f"{CELL}.muxconv", None),
        (f"{CELL}.failed", "and yet it has samples"),
        ("measured.cells.2.2.failed", None),
        ("measured.cells.2.2.failed", 7),
        # the grid
        (CELL, None),
        (CELL, "nothing"),
        ("measured.cells.1", []),
        ("measured.cells", []),
        ("measured.cells", "no list"),
        ("measured.cells.2.1", document()["heatmap"]["measured"]["cells"][1][1]),
        ("measured.C", 16),
        ("measured.C", 0),
        ("measured.C", 36.0),
        ("C", 16),
        ("measured.partial", 0),
        # one batch, one mode
        ("measured.setting.batches", [1, 2]),
        ("measured.setting.batches", []),
        ("measured.setting.modes", ["graph", "cold"]),
        ("measured.setting.modes", []),
        ("measured.setting.modes", ["eager"]),
        ("measured.setting.dtype", "fp8"),
        ("measured.conditions.device", None),
        ("measured.conditions.before", {"power_w": "121"}),
        ("measured", []),
        ("measured", "nothing"),
        # what the times are compared with
        ("ratios.madds.1.1.2", 0.9),
        ("ratios.madds.1.1.2", 0.0),
        ("ratios.madds.1.1.2", -1.0),
        ("ratios.traffic.1.1.2", float("inf")),
        ("valid.1.2.1", True),
        ("valid.1.2.2", False),
        ("symbols.K", 5),
        ("G_values", [2, 1, 4]),
    ],
)
def test_a_damaged_grid_is_refused(path: str, value: object) -> None:
    with pytest.raises(muxprof.BadInput):
        saved.from_dict(damage(path, value))


def test_what_is_missing_may_be_missing_where_the_clock_was_interrupted() -> None:
    made = damage(CELL, None)
    with pytest.raises(muxprof.BadInput, match="a cell is missing"):
        saved.from_dict(made)
    made["heatmap"]["measured"]["partial"] = True
    assert saved.from_dict(made).partial


def test_any_single_damage_is_bad_input_or_harmless() -> None:
    # Every key of the first cell, which mutated() goes down to, and of what stands around it.
    base = document()
    tried = accepted = 0
    for damaged in mutated(base["heatmap"]["measured"]):
        tried += 1
        try:
            found = saved.from_dict({**base, "heatmap": {**base["heatmap"], "measured": damaged}})
        except muxprof.BadInput:
            continue
        accepted += 1
        assert saved.from_json(found.to_json()) == found
        view = view_of(found)
        assert len(view.ranked) == len(view.cells)
    assert tried > 100
    assert accepted < tried / 4


def test_save_and_load(tmp_path: Any) -> None:
    path = gridded.report().save(tmp_path / "measured.json")
    assert muxprof.load(path) == gridded.report()
    assert heat_of(muxprof.load(path)).measured == gridded.grid(gridded.cells())
