"""Reports of traced models as documents: they describe themselves, and refuse to contradict themselves."""

from __future__ import annotations

import copy
import importlib.resources
import json
from typing import Any

import jsonschema
import pytest
import torch
from torch import nn

import muxprof
from muxprof.answers import saved
from muxprof.answers.report import Report
from muxprof.document.tree import module_level, rows, tree


class Net(nn.Module):
    """All that a document has to hold: nested modules, an unknown op, an unused layer, a functional op."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(2, 4, 3), nn.Sequential(nn.ReLU(), nn.Conv1d(4, 4, 1)))
        self.spare = nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.stem(x)
        return torch.fft.fft(x).real + x


@pytest.fixture(scope="module")
def report() -> Report:
    return muxprof.trace(Net(), (1, 2, 8), check=True)


@pytest.fixture
def document(report: Report) -> Any:
    return copy.deepcopy(json.loads(report.to_json()))


def test_it_obeys_the_schema_and_comes_back(report: Report, document: Any) -> None:
    schema = json.loads((importlib.resources.files("muxprof.document") / "schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert saved.from_dict(document) == report
    subject = document["subjects"][0]
    assert subject["inputs"] == [{"shape": [1, 2, 8], "name": None, "dtype": None}]
    assert subject["unused"] == [{"name": "spare.weight", "size": 9}, {"name": "spare.bias", "size": 3}]
    assert subject["totals"]["params_by_kind"] == {"conv": 24 + 16, "linear": 0, "bias": 8, "norm": 0, "other": 12}
    assert [(each["path"], each["module"], each["kernel"]) for each in subject["layers"]] == [
        ("stem.0", "stem.0", [3]), ("stem.1.0", "stem.1.0", None), ("stem.1.1", "stem.1.1", [1]), ("unknown", "", None),
        ("add", "", None),
    ]  # fmt: skip


def test_the_tree_is_that_of_the_modules(report: Report) -> None:
    root = tree(report.subjects[0])

    def paths(depth: str) -> list[str]:
        return [node.path for node in rows(root, depth)]

    assert paths("1") == paths("stage") == ["stem", "unknown", "add", "spare"]
    assert paths("2") == paths("block") == [
        "stem", "stem.0", "stem.1", "unknown", "add", "spare", "spare.weight", "spare.bias"
    ]  # fmt: skip
    assert paths("layer") == paths("9") == paths("3")
    assert root.cost == report.subjects[0].totals
    assert [node.complete for node in rows(root, "1")] == [True, False, True, True]
    assert not root.complete
    with pytest.raises(muxprof.BadInput, match="a number from 1 on"):
        module_level("0")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s["layers"][0].update(madds=1), "contradicts the rest"),
        (lambda s: s["layers"][3].update(madds=0), "contradicts the rest"),
        (lambda s: s["layers"][3].update(op="act", madds=0), "the unknown ops of Net are not those of its layers"),
        (lambda s: s["unknown"].clear(), "the unknown ops of Net are not those of its layers"),
        (lambda s: s["layers"][1].update(path="stem.0"), "two layers of Net have one path"),
        (lambda s: s["unused"].pop(), "contradicts the rest"),
        (lambda s: s["layers"][1].update(calls=0), r"Expected `int` >= 1 - at `\$\.subjects\[0\]\.layers\[1\]\.calls`"),
        (lambda s: s["check"]["counters"][1].update(madds=7), "says that it agrees, but its total differs"),
        (lambda s: s["check"]["counters"][1].update(unseen=7), "says that it agrees, but its total differs"),
        (lambda s: [s.pop(key) for key in ("inputs", "unknown", "unused")], "contradicts the rest"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(document: Any, change: Any, says: str) -> None:
    change(document["subjects"][0])
    with pytest.raises(muxprof.BadInput, match=says):
        saved.from_dict(document)


def test_a_traced_subject_is_no_network(document: Any) -> None:
    for command in ("model", "compare", "block"):
        with pytest.raises(muxprof.BadInput):
            saved.from_dict({**document, "command": command})


def test_a_counter_that_finds_more_differs(report: Report) -> None:
    from muxprof.answers.check.traced import checked_trace
    from muxprof.records import TracedCount

    subject = report.subjects[0]
    madds = {each.module: each.cost.madds for each in subject.layers if each.cost.madds and each.module is not None}
    assert madds == {"stem.0": 6 * 4 * 2 * 3, "stem.1.1": 6 * 4 * 4}
    more = checked_trace(subject, [TracedCount("other", "1", madds={**madds, "stem.0": 145})]).check
    assert more is not None
    assert [(each.path, each.expected, each.found) for each in more.mismatches] == [("stem.0", "144", "145")]
    less = checked_trace(subject, [TracedCount("other", "1", madds={"stem.0": 144})]).check
    assert less is not None
    assert (less.status, [each.path for each in less.mismatches]) == ("differ", ["stem.1.1"])
    # What it says it cannot see is not held against it, and neither is what another counter confirms.
    blind = TracedCount("blind", "1", madds={"stem.0": 144}, unseen={"stem.1.1": ("conv1d",)})
    for counts in ([blind], [TracedCount("full", "1", madds=madds), TracedCount("other", "1", madds={"stem.0": 144})]):
        found = checked_trace(subject, counts).check
        assert found is not None
        assert found.status == "agree"
        assert (found.counters[-1].madds, found.counters[-1].unseen) == (144, 96)
    none = checked_trace(subject, [TracedCount("other", "1", failed="it raises")]).check
    assert none is not None
    assert none.status == "skipped"
