"""The JSON Schema that ships: generated from the types that documents are read as."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from documents import SCHEMA

import muxprof
from muxprof.answers.table import SECTIONS
from muxprof.document import json as documents

SHIPPED = Path(documents.__file__).with_name("schema.json")


def test_the_schema_is_the_one_of_the_types(overwrite: bool) -> None:
    generated = json.dumps(documents.schema(SECTIONS), indent=2) + "\n"
    if overwrite:
        SHIPPED.write_text(generated, encoding="utf-8")
    assert SHIPPED.read_text(encoding="utf-8") == generated


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(SHIPPED.read_text(encoding="utf-8")))
    jsonschema.validate(muxprof.block().to_dict(), SCHEMA)
