"""What only traced models have in a document: the inputs, the unknown ops, the unused parameters, the calls of a layer.

All of it is left out of documents about anything else, so that these are written as they always were.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from muxprof.document.types import Layer, TracedFacts, Unknown, Unused
from muxprof.document.values import integer, items, optional_word, word
from muxprof.records import UNKNOWN, ModelInput


def encode_facts(facts: TracedFacts | None) -> dict[str, Any]:
    """The keys of a traced subject; none for any other."""
    if facts is None:
        return {}
    return {
        "inputs": [{**dataclasses.asdict(given), "shape": list(given.shape)} for given in facts.inputs],
        "unknown": [dataclasses.asdict(each) for each in facts.unknown],
        "unused": [dataclasses.asdict(each) for each in facts.unused],
    }


def decode_facts(value: Mapping[str, Any]) -> TracedFacts | None:
    """What :func:`encode_facts` wrote into a subject; None for a subject without it."""
    if "inputs" not in value:
        return None
    return TracedFacts(
        inputs=tuple(map(_read_input, items(value["inputs"]))),
        unknown=tuple(
            Unknown(word(each["op"]), word(each["path"]), integer(each["calls"], 1)) for each in items(value["unknown"])
        ),
        unused=tuple(Unused(word(each["name"]), integer(each["size"])) for each in items(value["unused"])),
    )


def encode_layer(layer: Layer) -> dict[str, Any]:
    """The keys of a traced layer, the MAdds of an unknown op being null; none for any other layer."""
    if layer.module is None:
        return {}
    unknown = {"madds": None} if layer.op == UNKNOWN else {}
    dilation = {} if layer.dilation is None else {"dilation": list(layer.dilation)}
    return {**unknown, "module": layer.module, "calls": layer.calls, **dilation}


def decode_layer(value: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The keywords of a traced layer, and ``value`` with the zero that stands for unknown MAdds in Python."""
    if value.get("module") is None:
        return {}, value
    known = {**value, "madds": 0} if value["op"] == UNKNOWN and value["madds"] is None else value
    dilation = tuple(integer(size, 1) for size in items(value["dilation"])) if "dilation" in value else None
    return {"module": word(value["module"]), "calls": integer(value["calls"], 1), "dilation": dilation}, known


def _read_input(value: Mapping[str, Any]) -> ModelInput:
    return ModelInput(
        tuple(map(integer, items(value["shape"]))), optional_word(value["name"]), optional_word(value["dtype"])
    )
