"""Saved documents in tests: the schema that describes them, and ways to damage one."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator
from typing import Any


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


SCHEMA = closed(json.loads((importlib.resources.files("muxprof.document") / "schema.json").read_text(encoding="utf-8")))


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


def changed(document: Any, path: str, value: object) -> Any:
    """A copy with the value at ``a.0.b`` replaced."""
    made = json.loads(json.dumps(document))
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    place = made
    for part in parents:
        place = place[part]
    place[last] = value
    return made
