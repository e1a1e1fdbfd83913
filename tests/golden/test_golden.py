"""What every answer and section looks like in every format, beside what it looked like before.

``pytest tests/golden --overwrite`` writes the expected outputs anew: look at the difference before you commit it. They
hold the layout and the words; that the numbers in them are right is proven elsewhere, and what has to hold of any of
them is tested below.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import gridded
import jsonschema
import pytest
import timed
from asked import QUESTIONS, asked
from documents import SCHEMA
from printed import printed, written
from shown_text import shown_text

import muxprof
from muxprof.answers import outputs, saved
from muxprof.answers.report import Report
from muxprof.answers.space import json as spaces
from muxprof.answers.table import ANSWERS, SECTIONS
from muxprof.document.sections import values
from muxprof.document.tree import Node, tree
from muxprof.document.types import Subject
from muxprof.records import Cost, Environment, summed

SPACE_SCHEMA = spaces.schema()
OUTPUTS = Path(__file__).with_name("outputs")
NETWORKS = Path(__file__).parents[2] / "examples" / "networks"
TINY, SMALL = str(NETWORKS / "tiny-residual.toml"), str(NETWORKS / "small-mobile.toml")
#: A real one differs from machine to machine.
ELSEWHERE = Environment("3.12.0", "linux x86_64", {})


def _traced() -> Report:
    from torch import nn

    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
    return muxprof.trace(net, (1, 3, 8, 8), name="net", conventions=True, check=True)


def _against() -> Report:
    from muxprof import api
    from muxprof.nets import build

    spec = api.spec_of(TINY)
    return api.against(muxprof.trace(build(spec), (1, 3, 32, 32), name="built", depth="layer"), SMALL)


REPORTS: dict[str, Callable[[], Report]] = {
    "block": lambda: muxprof.block(symbolic=True, check=True),
    "block-S": lambda: muxprof.block(32, 6, 3, 0, S=(-1, 0, 1), H=4, W=4, norm=True, se="1/4", unit="flops", batch=2),
    "block-timed": timed.block,
    "model": lambda: muxprof.model(TINY, check=True),
    "model-layers": lambda: muxprof.model(SMALL, 32, depth="layer", unit="flops"),
    "model-tools": lambda: _with_everything("resnet18"),
    "model-timed": lambda: timed.network("resnet18", kernels=True, reached=0.5),
    "models": muxprof.models,
    "compare": lambda: muxprof.compare(TINY, SMALL, res=32),
    "heatmap": lambda: muxprof.heatmap("madds", 24, C_values=[24], G_values=[1, 2, 5], L_values=["0", "0.25", "1/3"]),
    "heatmap-measured": gridded.report,
    "heatmap-interrupted": gridded.interrupted,
    "paper": muxprof.paper,
    "trace": _traced,
    "trace-against": _against,
    **{f"space-{question}": partial(asked, question) for question in QUESTIONS},
}

#: Documents that are too long to look at; they are read again below like all others.
LONG = ("models", "compare", "paper", "model-layers", "trace-against")

#: What is written besides what formats give: terminals of two widths.
WIDTHS = {".80.txt": 80, ".120.txt": 120}


def _with_everything(name: str) -> Report:
    from muxprof import api

    return api.with_formulas(api.with_conventions(muxprof.model(name, 64, depth="stage")))


@cache
def report_of(name: str) -> Report:
    return _anywhere(REPORTS[name]())


def _anywhere(report: Report) -> Report:
    """The report as it would be made on another machine: no versions, no platform."""
    place = ELSEWHERE if report.environment.python else report.environment
    return replace(report, version="0", environment=place, subjects=tuple(map(_unversioned, report.subjects)))


def _unversioned(subject: Subject) -> Subject:
    if subject.check is None:
        return subject
    counters = tuple(replace(counter, version="0") for counter in subject.check.counters)
    return subject.having(check=replace(subject.check, counters=counters))


def _outputs(name: str) -> Iterator[tuple[str, str]]:
    report = report_of(name)
    for ending, width in WIDTHS.items():
        yield ending, printed(report, width=width)
    for extension in outputs.formats(report.command):
        if extension not in (".svg", ".png", ".pdf") and not (extension == ".json" and name in LONG):
            made = written(report, extension)
            yield extension, shown_text(made) if extension == ".html" else made


@pytest.mark.parametrize("name", REPORTS)
def test_every_format_is_as_it_was(name: str, overwrite: bool) -> None:
    changed = []
    for extension, found in _outputs(name):
        path = OUTPUTS / f"{name}{extension}{'.txt' * (extension == '.html')}"
        if overwrite:
            path.write_text(found, encoding="utf-8")
        if not path.exists() or path.read_text(encoding="utf-8") != found:
            changed.append(path.name)
    assert changed == []


def test_every_answer_and_section_has_an_example() -> None:
    made = [report_of(name) for name in REPORTS]
    assert {answer.key for answer in ANSWERS} == {report.command for report in made}
    seen = {section.key for report in made for section, _ in values(SECTIONS, report)}
    assert {section.key for section in SECTIONS if not section.derived} == seen


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_read_again(name: str) -> None:
    document = json.loads(report_of(name).to_json())
    assert saved.from_dict(document) == report_of(name)
    jsonschema.validate(document, SPACE_SCHEMA if document["schema"] == "muxprof.space/1" else SCHEMA)


@pytest.mark.parametrize("name", REPORTS)
def test_children_sum_to_their_parent(name: str) -> None:
    def below(node: Node) -> Iterator[Node]:
        yield node
        for child in node.children:
            yield from below(child)

    for subject in report_of(name).subjects:
        assert tree(subject).cost == subject.totals
        assert all(
            node.cost == summed(child.cost for child in node.children) for node in below(tree(subject)) if node.children
        )


@pytest.mark.parametrize("name", REPORTS)
def test_csv_has_a_cell_for_every_column_and_sums_to_the_totals(name: str) -> None:
    report = report_of(name)
    rows = list(csv.DictReader(io.StringIO(written(report, ".csv"))))
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)
    for subject in report.subjects:
        own = [row for row in rows if row.get("subject") == subject.name]
        if own:
            total = sum(int(row["madds"] or 0) for row in own), sum(int(row["traffic_bytes"]) for row in own)
            assert total == (subject.totals.madds, subject.totals.traffic_bytes)


@pytest.mark.parametrize("name", REPORTS)
def test_tables_of_markdown_have_a_cell_for_every_column(name: str) -> None:
    for block in written(report_of(name), ".md").split("\n\n"):
        lines = [line.replace("\\|", "") for line in block.split("\n") if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1, block


def test_a_cost_is_what_it_says() -> None:
    """A stub of :func:`summed` would let the trees above pass."""
    assert summed([Cost(madds=2, activations=3), Cost(madds=5)]) == Cost(madds=7, activations=3)


def values_of(document: Any) -> Iterator[Any]:
    if isinstance(document, dict):
        for value in document.values():
            yield from values_of(value)
    elif isinstance(document, list):
        for value in document:
            yield from values_of(value)
    else:
        yield document


@pytest.mark.parametrize("name", REPORTS)
def test_counts_are_integers(name: str) -> None:
    for subject in json.loads(report_of(name).to_json()).get("subjects", ()):
        assert all(type(value) is int for value in values_of(subject["totals"]))
