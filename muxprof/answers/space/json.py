"""The document ``muxprof.space/1``: an answer about a search space as JSON and back, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from fractions import Fraction
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal, get_type_hints

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from muxprof.answers.report import Report
from muxprof.answers.space import types
from muxprof.document.json import converted, described, written
from muxprof.document.metrics import METRICS
from muxprof.document.types import Convention, Document
from muxprof.records import Environment
from muxprof.spec.budgets import Bounds

SCHEMA = "muxprof.space/1"

#: The costs that every network of a document has; others are there where they were asked for.
ALWAYS = ("params", "madds")

_KINDS: Mapping[str, type[types.SpaceAnswer]] = {
    kind.__name__.lower(): kind for kind in types.SpaceAnswer.__subclasses__()
}
#: Fields whose names are other keys in documents.
_KEYS = {"channels_in": "in", "channels_out": "out"}


class _Head(Struct, kw_only=True):
    """What every document starts with, the command aside."""

    schema: Literal["muxprof.space/1"]
    muxprof: str
    convention: str


def report_of(answer: types.SpaceAnswer, version: str, convention: str) -> Report:
    """The report of an answer. It names no environment: counts are alike on every machine."""
    command = f"space {type(answer).__name__.lower()}"
    return Report(command, version, {}, Convention(text=convention), Environment("", "")).having(space=answer)


def to_dict(report: Document) -> dict[str, Any]:
    """The document as plain values."""
    answer: types.SpaceAnswer = report.sections["space"]
    head = {
        "schema": SCHEMA,
        "muxprof": report.version,
        "command": type(answer).__name__.lower(),
        "convention": report.convention.text,
    }
    values = dict(vars(answer))
    for name in _WRITTEN.keys() & values.keys():
        values[name] = list(map(_WRITTEN[name], values[name]))
    made: dict[str, Any] = written({**head, **values})
    return made


def from_dict(document: Any) -> Report:
    """The report that a document is of; raises :class:`msgspec.ValidationError`, with the place, for what is none."""
    found = converted(document, _types(METRICS.keys))
    kind = _KINDS[document["command"]]
    values = {field.name: getattr(found, field.name) for field in fields(kind)}
    for name in _READ.keys() & values.keys():
        values[name] = tuple(map(_READ[name], values[name]))
    return report_of(kind(**values), found.muxprof, found.convention)


def schema() -> dict[str, Any]:
    """The JSON Schema of the documents, generated from the types that they are read as."""
    return described(_types(METRICS.keys), SCHEMA, closed=True)


@cache
def _types(metrics: tuple[str, ...]) -> Any:
    """What a document is read as: one type for each command."""
    key = Annotated[str, Meta(pattern=f"^({'|'.join(metrics)})$")]
    costs: list[Any] = [(name, types.Natural) for name in ALWAYS]
    costs += [(name, types.Natural | UnsetType, UNSET) for name in metrics if name not in ALWAYS]
    network = defstruct("NetworkJson", [("encoding", str), *costs], kw_only=True)
    near = defstruct("NearJson", [("distance", Annotated[float, Meta(ge=0)])], bases=(network,), kw_only=True)
    stage = defstruct("StageJson", list(_hints(types.StageOptions).items()), rename=_KEYS)
    other: dict[tuple[type[Any], str], Any] = {
        (types.Info, "stages"): tuple[stage, ...],  # type: ignore[valid-type]  # made right here
        (types.Sample, "networks"): Annotated[tuple[network, ...], Meta(min_length=1)],  # type: ignore[valid-type]  # too
        (types.Find, "networks"): Annotated[tuple[near, ...], Meta(min_length=1)],  # type: ignore[valid-type]  # too
        (types.Find, "wish"): Annotated[dict[key, Fraction], Meta(min_length=1)],
        **{(kind, "budget"): dict[key, Bounds] for kind in (types.Count, types.Options, types.Hist, types.Sample)},
    }
    made = [
        defstruct(
            f"{kind.__name__}Json",
            [(name, other.get((kind, name), hint)) for name, hint in _hints(kind).items()],
            bases=(_Head,),
            tag_field="command",
            tag=command,
            kw_only=True,
        )
        for command, kind in _KINDS.items()
    ]
    return reduce(or_, made)


def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _write_stage(stage: types.StageOptions) -> dict[str, Any]:
    return {_KEYS.get(name, name): value for name, value in vars(stage).items()}


def _write_network(each: types.SpaceNetwork) -> dict[str, Any]:
    far = {} if each.distance is None else {"distance": each.distance}
    return {"encoding": each.encoding, **each.costs, **far}


def _read_stage(found: Any) -> types.StageOptions:
    return types.StageOptions(**{field.name: getattr(found, field.name) for field in fields(types.StageOptions)})


def _read_network(found: Any) -> types.SpaceNetwork:
    costs = {name: value for name in METRICS.keys if (value := getattr(found, name)) is not UNSET}
    return types.SpaceNetwork(found.encoding, costs, getattr(found, "distance", None))


#: What a document has another shape of than the answer: by field, an item as it is written, and as it is read.
_WRITTEN: Mapping[str, Callable[[Any], Any]] = {"stages": _write_stage, "networks": _write_network}
_READ: Mapping[str, Callable[[Any], Any]] = {"stages": _read_stage, "networks": _read_network}
