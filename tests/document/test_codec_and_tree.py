"""Reports survive JSON exactly, obey the shipped schema, and their trees add up."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import timed
from documents import SCHEMA, changed, mutated
from printed import printed

import muxprof
from muxprof.answers import saved
from muxprof.answers.report import Report
from muxprof.document.tree import DEPTHS, LAYER_LEVEL, Node, by_kind, rows, tree
from muxprof.records import summed

REPORTS: dict[str, Any] = {
    "block": lambda: muxprof.block(symbolic=True),
    "block with everything": lambda: muxprof.block(
        24, "1.5", 1, "1/4", 5, H=6, W=4, norm=True, se="1/4", batch=3, check=True, unit="flops"
    ),
    "block with S": lambda: muxprof.block(32, 6, 3, 0, S=(-1, 0, 1), H=4, W=4),
    "model": lambda: muxprof.model("muxnet-m", "64x96", batch=2, classes=7, depth="layer"),
    "timed block": timed.block,
    "timed model": lambda: timed.network("resnet18", kernels=True, reached=0.3),
    "segmentation": lambda: muxprof.model("mobilenetv3-small", "33x48", head="ppm", check=True),
    "heatmap": lambda: muxprof.heatmap("traffic", 24, L_values=["0", "1/3"], G_values=[1, 5]),
}


@pytest.fixture(scope="module", params=list(REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    made: Report = REPORTS[request.param]()
    return made


def test_json_round_trip(report: Report) -> None:
    assert saved.from_json(report.to_json()) == report


def test_the_schema_describes_every_key(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(report.to_json()), SCHEMA)


def test_a_report_is_frozen(report: Report) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.command = "other"  # type: ignore[misc]
    before = report.to_json()
    with pytest.raises(TypeError, match="frozen"):
        report.arguments["C"] = 999  # type: ignore[index]
    with pytest.raises(TypeError, match="frozen"):
        report.environment.packages.update(torch="0")  # type: ignore[attr-defined]
    assert report.to_json() == before
    for copied in (copy.deepcopy(report), pickle.loads(pickle.dumps(report))):
        assert copied == report
        assert hash(copied) == hash(report)


def test_save_and_load(report: Report, tmp_path: Path) -> None:
    path = report.save(tmp_path / "report.json")
    assert muxprof.load(path) == report
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in root.children:
        yield from nodes(child)


@pytest.mark.parametrize("name", ["muxnet-m", "muxnet-l", "mobilenetv2"])
def test_children_sum_to_their_parent_at_every_level(name: str) -> None:
    subject = muxprof.model(name).subjects[0]
    root = tree(subject)
    assert root.cost == subject.totals
    for node in nodes(root):
        if node.children:
            assert node.cost == summed(child.cost for child in node.children)
    for depth in DEPTHS:
        shown = list(rows(root, depth))
        leaves = [n for n in shown if n.level == LAYER_LEVEL or not any(m in shown for m in n.children)]
        assert summed(n.cost for n in leaves) == subject.totals
    assert [node.path for node in rows(root, "layer") if not node.children] == [lay.path for lay in subject.layers]


def test_stages_are_by_resolution() -> None:
    subject = muxprof.model("muxnet-l").subjects[0]
    sizes = {node.path: node.out_shape[2:] for node in rows(tree(subject), "stage") if node.path.startswith("stage")}
    assert sizes == {
        "stage0": (112, 112), "stage1": (56, 56), "stage2": (28, 28), "stage3": (14, 14), "stage4": (7, 7)
    }  # fmt: skip


def test_totals_by_kind_are_the_totals() -> None:
    subject = muxprof.model("muxnet-l").subjects[0]
    kinds = by_kind(subject)
    assert summed(cost for _, cost in kinds.values()) == subject.totals
    assert sum(count for count, _ in kinds.values()) == len(subject.layers)
    assert kinds["linear"][1].madds == 1536 * 1000
    assert kinds["conv 3x3"][1].madds == 3 * 24 * 9 * 112 * 112


BROKEN: list[tuple[str, str]] = [
    ("", "not JSON"),
    ("[" * 100_000, "not JSON"),
    ("null", "not a muxprof report"),
    ("{}", "not a muxprof report"),
    ('{"schema": "muxprof.report/2"}', "expected schema 'muxprof.report/1', found 'muxprof.report/2'"),
    ('{"schema": "muxprof.report/1"}', "key 'command' is missing"),
]


@pytest.mark.parametrize(("text", "words"), BROKEN)
def test_broken_documents(text: str, words: str) -> None:
    with pytest.raises(muxprof.BadInput, match=words):
        saved.from_json(text)


DAMAGED: dict[str, Any] = {
    "block": lambda: muxprof.block(24, 6, 2, 0, H=2, W=2, check=True, symbolic=True),
    "model": lambda: muxprof.model("resnet18", 32, check=True),
    "heatmap": lambda: muxprof.heatmap(C_values=[16, 64], G_values=[1, 2], L_values=[0]),
    "compare": lambda: muxprof.compare("resnet18", "alexnet"),
    "timed block": timed.block,
    "timed model": lambda: timed.network("alexnet", depth="layer", kernels=True, reached=0.9),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_any_single_damage_is_bad_input_or_harmless(name: str) -> None:
    document = json.loads(DAMAGED[name]().to_json())
    tried = accepted = 0
    for damaged in mutated(document):
        tried += 1
        try:
            found = saved.from_dict(damaged)
        except muxprof.BadInput:
            continue
        accepted += 1
        # What is accepted is rendered: in the terminal, as text, and as the document that it came from.
        assert saved.from_json(found.to_json()) == found
        assert printed(found)
    assert tried > 60
    assert accepted < tried / 4


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("subjects.0.layers.1.madds", 1),
        ("subjects.0.totals.madds", 1),
        ("subjects.0.layers.1.in_shape", [1, 1, 1, 1]),
        ("subjects.0.check.counters.1.madds", 1),
        ("subjects.0.check.status", "differ"),
        ("subjects.0.check.counters.1.status", "ok"),
        ("subjects.0.check.counters.1.status", "differ"),
        ("ratios.params", 0.5),
        ("ratios.exact.params", "1/2"),
        ("arguments.C", 9999),
        ("command", "model"),
        ("convention.unit", "bananas"),
        ("subjects", []),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(path: str, value: object) -> None:
    document = json.loads(muxprof.block(24, 6, 2, 0, H=2, W=2, check=True).to_json())
    assert saved.from_dict(document)
    with pytest.raises(muxprof.BadInput, match=r"not a valid muxprof\.report/1"):
        saved.from_dict(changed(document, path, value))


def test_numbers_that_json_lacks_are_refused() -> None:
    text = muxprof.block().to_json().replace('"L": 0.0333', '"L": NaN, "x": 0.0333')
    with pytest.raises(muxprof.BadInput, match="not JSON"):
        saved.from_json(text)


def test_integers_stay_integers() -> None:
    document = json.loads(muxprof.block().to_json())
    layer = document["subjects"][0]["layers"][1]
    assert (layer["path"], layer["params"], type(layer["params"])) == ("expand", 13_824, int)
    document["subjects"][0]["layers"][1]["madds"] = 1.5
    with pytest.raises(muxprof.BadInput, match=r"Expected `int.*at `\$\.subjects\[0\]\.layers\[1\]\.madds`"):
        saved.from_dict(document)
