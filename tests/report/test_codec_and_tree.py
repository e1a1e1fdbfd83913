"""Reports survive JSON exactly, obey the shipped schema, and their trees add up."""

from __future__ import annotations

import dataclasses
import importlib.resources
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

import muxprof
from muxprof.records import summed
from muxprof.render import heatmap_terminal
from muxprof.report import codec
from muxprof.report.tree import DEPTHS, LAYER_LEVEL, Node, by_kind, rows, tree
from muxprof.report.types import Report


def closed(schema: Any) -> Any:
    """The schema with every object closed: a key that it does not describe is an error."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema and "required" in schema and schema["required"] != ["type"]:
        made["additionalProperties"] = False
    return made


SCHEMA = closed(json.loads((importlib.resources.files("muxprof.report") / "schema.json").read_text(encoding="utf-8")))

REPORTS: dict[str, Any] = {
    "block": lambda: muxprof.block(symbolic=True),
    "block with everything": lambda: muxprof.block(
        24, "1.5", 1, "1/4", 5, H=6, W=4, norm=True, se="1/4", batch=3, check=True, unit="flops"
    ),
    "block with S": lambda: muxprof.block(32, 6, 3, 0, S=(-1, 0, 1), H=4, W=4),
    "model": lambda: muxprof.model("muxnet-m", "64x96", batch=2, classes=7, depth="layer"),
    "heatmap": lambda: muxprof.heatmap("traffic", 24, L_values=["0", "1/3"], G_values=[1, 5]),
}


@pytest.fixture(scope="module", params=list(REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    made: Report = REPORTS[request.param]()
    return made


def test_json_round_trip(report: Report) -> None:
    assert codec.from_json(report.to_json()) == report


def test_the_schema_describes_every_key(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(report.to_json()), SCHEMA)


def test_a_report_is_frozen(report: Report) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.command = "other"  # type: ignore[misc]


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
    ("null", "no muxprof report"),
    ("{}", "no muxprof report"),
    ('{"schema": "muxprof.report/2"}', "'muxprof.report/2' where 'muxprof.report/1'"),
    ('{"schema": "muxprof.report/1"}', "key 'environment' is missing"),
]


@pytest.mark.parametrize(("text", "words"), BROKEN)
def test_broken_documents(text: str, words: str) -> None:
    with pytest.raises(muxprof.BadInput, match=words):
        codec.from_json(text)


def mutated(document: Any) -> Iterator[Any]:
    """Every document with one value replaced by nonsense or removed."""
    if isinstance(document, dict):
        for key, value in document.items():
            for other in mutated(value):
                yield {**document, key: other}
            yield {k: v for k, v in document.items() if k != key}
            yield {**document, key: {"nonsense": 1}}
    elif isinstance(document, list) and document:
        for other in mutated(document[0]):
            yield [other, *document[1:]]
        yield "nonsense"
        yield document[1:]


def test_any_single_damage_is_bad_input_or_harmless() -> None:
    block = muxprof.block(24, 6, 2, 0, H=2, W=2)
    heat = muxprof.heatmap(C_values=[16, 64], G_values=[1, 2], L_values=[0])
    tried = 0
    for damaged in (*mutated(json.loads(block.to_json())), *mutated(json.loads(heat.to_json()))):
        tried += 1
        try:
            found = codec.from_dict(damaged)
        except muxprof.BadInput:
            continue
        assert isinstance(found, Report)
        if found.heatmap is not None:
            heatmap_terminal.print_heatmap(found, found.heatmap, Console(file=io.StringIO()))
    assert tried > 150


def test_integers_stay_integers() -> None:
    document = json.loads(muxprof.block().to_json())
    layer = document["subjects"][0]["layers"][1]
    assert (layer["path"], layer["params"], type(layer["params"])) == ("expand", 13_824, int)
    document["subjects"][0]["layers"][1]["madds"] = 1.5
    with pytest.raises(muxprof.BadInput, match=r"1\.5"):
        codec.from_dict(document)
