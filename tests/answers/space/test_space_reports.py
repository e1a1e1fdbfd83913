"""Answers about a search space as reports: in every format, saved and shown again, refused where they contradict."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import toys.metric
from asked import QUESTIONS, SMALL, asked
from documents import changed
from printed import printed, written
from typer.testing import CliRunner

import muxprof
from muxprof import space
from muxprof.answers import saved
from muxprof.cli.main import app
from muxprof.document.metrics import METRICS
from muxprof.spec.budgets import Bounds
from muxprof.spec.space_files import read

#: What is in every format of an answer, as Markdown escapes nothing of it. The small space has 2*2*3*1*1*2*3*1 = 72,
#: 2*2*2*2*1*1*2*3 = 96 and 1*2*4*1*2*3*1*1 = 48 encodings by stage: 331,776.
FACTS = {
    "info": ("stage4", "331,776"),
    "count": ("MAdds at most 12,000,000", "331,776"),
    "options": ("MAdds at most 12,000,000", "rK [3,5]", "no effect"),
    "hist": ("MAdds at most 12,000,000", "muxnet-m", "216,808,112"),
    "sample": ("3 of ", "seed 7", "activations"),
    "find": ("params 300,000, traffic bytes 7,000,000", "off by"),
    "contains": ("216,808,112 MAdds", "224x224"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_comes_back(question: str, tmp_path: Path) -> None:
    report = asked(question)
    path = report.save(tmp_path / "saved.json")
    assert muxprof.load(path) == report
    assert json.loads(path.read_text(encoding="utf-8")) == report.to_dict()
    assert path.read_text(encoding="utf-8") == report.to_json()
    shown = CliRunner().invoke(app, ["show", str(path)], env={"COLUMNS": "120"})
    assert (shown.exit_code, shown.stdout) == (0, printed(report))
    for extension in (".html", ".md", ".csv", ".svg", ".json"):
        out = tmp_path / f"again{extension}"
        assert CliRunner().invoke(app, ["show", str(path), "--out", str(out), "-q"]).exit_code == 0
        assert out.read_text(encoding="utf-8") == written(report, extension)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_format_has_the_facts(question: str) -> None:
    report = asked(question)
    texts = [printed(report), written(report, ".md"), muxprof.Report._repr_html_(report)]
    for text in texts:
        assert [fact for fact in FACTS[question] if fact not in text] == []
        assert report.convention.text[:20] in text


@pytest.mark.parametrize(
    ("question", "names", "rows"),
    [
        ("info", ["stage", "in", "out", "rK", "rE", "N", "K", "E", "G", "L", "S", "encodings", "valid", "distinct",
                  "costs"], 3),
        ("count", ["counted", "within", "all"], 2),
        ("options", ["stage", "letter", "name", "value", "count", "everywhere"], None),
        ("hist", ["madds_from", "madds_below", "params_from", "params_below", "count"], None),
        ("sample", ["encoding", "params", "madds", "activations"], 3),
        ("find", ["encoding", "params", "madds", "traffic", "distance"], 4),
        ("contains", ["where", "found", "space"], None),
    ],
)  # fmt: skip
def test_the_table(question: str, names: list[str], rows: int | None) -> None:
    document = asked(question).to_dict()
    found = list(csv.DictReader(io.StringIO(written(asked(question), ".csv"))))
    assert list(found[0]) == names
    if rows is None:
        rows = len(document.get("options", document.get("differences", ()))) or sum(map(len, document["counts"]))
    assert len(found) == rows


@pytest.mark.parametrize(
    ("question", "path", "value", "why"),
    [
        ("info", "space.encodings", 331_777, "the stages have 331776 encodings, not 331777"),
        ("contains", "space.valid", 331_777, "more networks than valid encodings"),
        ("info", "space.extent", None, "an extent"),
        ("info", "space.extent.params.high", 1, "an extent ends before it starts"),
        ("contains", "space.extent.latency", {"low": 1, "high": 2}, "has more costs than params"),
        ("info", "stages.0.options.K", ["3", "5"], "the options of stage2 make 144 encodings"),
        ("info", "stages.0.distinct", 53, "the counts of the stages make"),
        ("info", "stages.0.costs", 53, "more costs than networks"),
        ("info", "stages.0.out", 25, "the stages are not those of the space"),
        ("info", "fixed.params", 10**9, "the fixed parts cost more"),
        ("count", "count.valid", 331_777, "more than the whole space"),
        ("count", "count.distinct", 0, "valid encodings and networks contradict"),
        ("count", "budget", {}, "without bounds"),
        ("options", "options.0.count", 1, "do not add up"),
        ("options", "options.0.everywhere", 1, "do not add up"),
        ("options", "within", 1, "do not add up"),
        ("options", "all", 1, "all networks are those of the space"),
        ("options", "over", "valid", "all networks are those of the space"),
        ("hist", "counts.0.0", 7, "the bins hold"),
        ("hist", "total", 7, "the bins hold"),
        ("hist", "within", 10**6, "more than the whole space"),
        ("hist", "x.bins", 400, "not a count for every bin"),
        ("hist", "x.start", 8_000_000, "the bins do not cover the madds"),
        ("sample", "within", 10**6, "more than the whole space"),
        ("sample", "networks.0.madds", 12_000_001, "is not within the budget"),
        ("sample", "networks.0.params", 1, "costs what no network"),
        ("sample", "networks.0.encoding", "rK3-E3 0x", "is an encoding of 1 stages"),
        ("find", "networks.0.distance", 0.125, "away"),
        ("find", "wish.params", "-3", "a wish is not above 0"),
        ("find", "as_near", 3, "fewer networks are as near"),
        ("contains", "contains", True, "any other has differences"),
        ("contains", "differences", [], "any other has differences"),
        ("contains", "command", "counts", "the command 'counts' is unknown"),
        ("contains", "muxprof", None, "Expected `str`, got `null`"),
    ],
)
def test_what_contradicts_itself_is_refused(question: str, path: str, value: object, why: str) -> None:
    with pytest.raises(muxprof.BadInput, match=r"not a valid muxprof\.space/1 document: ") as refused:
        saved.from_dict(changed(asked(question).to_dict(), path, value))
    assert why in str(refused.value)


def test_the_nearest_come_first() -> None:
    document = asked("find").to_dict()
    document["networks"].reverse()
    with pytest.raises(muxprof.BadInput, match="the nearest network does not come first"):
        saved.from_dict(document)


def test_bounds_may_be_given_in_many_ways() -> None:
    wanted = space.count(SMALL, madds="8M:12M")
    assert (
        wanted
        == space.count(read(SMALL), madds=[">=8M", "<=12M"])
        == space.count(SMALL, madds=Bounds(8 * 10**6, 12 * 10**6))
    )
    assert space.count(SMALL, params=300_000) == space.count(str(SMALL), params="<=300K")
    assert space.count(SMALL, params=None) == space.count(SMALL)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: space.count(SMALL, latency="<=3"), "cost = 'latency' is unknown; it is one of params, madds, "),
        (lambda: space.find(SMALL, latency="3"), "cost = 'latency' is unknown"),
        (lambda: space.count(SMALL, madds=-1), "madds = '-1' is no budget"),
        (lambda: space.options(SMALL, over="all"), "over = 'all' is unknown"),  # type: ignore[arg-type]  # on purpose
        (lambda: space.hist(SMALL, params_bin="0.5"), "params_bin = 0.5 is out of range"),
        (lambda: space.contains("muxnet-xl", SMALL), "there is no network 'muxnet-xl'"),
        (lambda: list(space.specs(asked("info"), SMALL)), "a space info report has no networks"),
        (lambda: list(space.specs(asked("sample"))), "is no encoding of paper"),
    ],
)  # fmt: skip
def test_bad_input(make: object, why: str) -> None:
    assert callable(make)
    with pytest.raises(muxprof.BadInput) as refused:
        make()
    assert why in str(refused.value)


@pytest.mark.parametrize("over", ["distinct", "valid"])
def test_specs_are_the_networks(over: str) -> None:
    report = space.sample(20, SMALL, seed=3, over=over)  # type: ignore[arg-type]  # a parameter of the test
    listed = report.to_dict()["networks"]
    networks = list(space.specs(report, SMALL))
    assert [network.name for network in networks] == [f"small-{number}" for number in range(1, 21)]
    for network, each in zip(networks, listed, strict=True):
        found = space.contains(network, SMALL).to_dict()
        assert (found["encoding"], found["costs"]) == (
            each["encoding"], {"params": each["params"], "madds": each["madds"]}
        )  # fmt: skip


def test_a_metric_of_ones_own_is_counted() -> None:
    METRICS.add(toys.metric.ROW)
    try:
        report = space.sample(5, SMALL, half="<=600K")  # two bytes for each param
        assert report.to_dict()["within"] == space.count(SMALL, params="<=300K").to_dict()["count"]["distinct"]
        assert all(each["half"] == 2 * each["params"] for each in report.to_dict()["networks"])
        assert saved.from_dict(report.to_dict()) == report
        assert "half bytes at most 600,000" in printed(report)
    finally:
        METRICS.remove(toys.metric.ROW.key)
    with pytest.raises(muxprof.BadInput, match="'half' is unknown"):
        space.count(SMALL, half="<=600K")


def test_ten_thousand_networks_are_printed_line_by_line() -> None:
    text = printed(space.sample(10_000, SMALL), width=40)
    lines = [line for line in text.splitlines() if "rK" in line]
    assert len(lines) == 10_000
    assert all(line.count(" | ") == 2 for line in lines)
