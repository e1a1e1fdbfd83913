"""The JSON Schema of documents about a search space: generated from the types that they are read as, and closed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from asked import QUESTIONS, asked
from documents import changed

from muxprof.answers.space import json as documents

SHIPPED = Path(documents.__file__).with_name("schema.json")


def accepts(document: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(documents.schema()).is_valid(document))


def test_the_schema_is_the_one_of_the_types(overwrite: bool) -> None:
    generated = json.dumps(documents.schema(), indent=2) + "\n"
    if overwrite:
        SHIPPED.write_text(generated, encoding="utf-8")
    assert SHIPPED.read_text(encoding="utf-8") == generated
    jsonschema.Draft202012Validator.check_schema(json.loads(generated))


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_accepts_what_is_written(question: str) -> None:
    document = asked(question).to_dict()
    assert accepts(document)
    for key in document:
        assert not accepts({name: value for name, value in document.items() if name != key})
        assert not accepts({**document, key: {"nonsense": {}}})
    assert not accepts({**document, "nonsense": 1})


@pytest.mark.parametrize(
    ("question", "path", "value"),
    [
        ("info", "space.resolution", [64]),
        ("info", "space.extent.params.low", -1),
        ("info", "space.extent.params.other", 1),
        ("info", "stages.0.options.K", "3"),
        ("info", "stages.0.given", 16),
        ("info", "fixed.params", 0.5),
        ("count", "budget.latency", {"low": None, "high": 1}),
        ("count", "budget.madds", {"high": 1}),
        ("count", "count.valid", "1"),
        ("options", "over", "all"),
        ("options", "options.0.letter", "Q"),
        ("hist", "x.bins", 513),
        ("hist", "y.width", 0),
        ("hist", "counts.0.0", -1),
        ("hist", "marks.0.contained", 1),
        ("sample", "networks", []),
        ("sample", "networks.0.latency", 1),
        ("sample", "networks.0.distance", 0.5),
        ("sample", "within", 0),
        ("find", "wish.params", "3.4M"),
        ("find", "wish", {}),
        ("find", "networks.0.distance", -0.5),
        ("contains", "costs", {"params": 1}),
        ("contains", "differences.0.space", None),
    ],
)
def test_it_refuses_what_is_never_written(question: str, path: str, value: object) -> None:
    assert not accepts(changed(asked(question).to_dict(), path, value))
