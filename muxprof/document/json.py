"""The document ``muxprof.report/1``: a report as JSON and back, exactly, and its JSON Schema.

Types end in ``Json`` where a document has another shape than the value that it is made of: with totals, with what
follows from the value, with other names. Everything else is read and written as it is, by msgspec.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from muxprof.dims import shown
from muxprof.document.metrics import METRICS
from muxprof.document.sections import Section, attached
from muxprof.document.table import Table, resolved
from muxprof.document.types import Convention, Document, Layer, Subject, TracedFacts, Unknown, Unused
from muxprof.errors import BadInput, MuxprofError
from muxprof.frozen import FrozenDict
from muxprof.records import UNKNOWN, Cost, Environment, ModelInput, ParamsByKind, Shape
from muxprof.spec import codec as specs
from muxprof.spec.networks import Published

SCHEMA: Literal["muxprof.report/1"] = "muxprof.report/1"

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]

D = TypeVar("D", bound=Document)

#: A list of raw times, which stands in one line. No text has a name in quotes: quotes are escaped there.
_TIMES = re.compile(r'"ns": \[[\s\d,]*\]')


class ParamsByKindJson(Struct):
    """Learnable elements by kind; only traced models have ``other``."""

    conv: Count
    linear: Count
    bias: Count
    norm: Count
    other: Count | UnsetType = UNSET


class CostJson(Struct):
    """A cost; the MAdds of an op without a formula are null."""

    params: Count
    params_by_kind: ParamsByKindJson
    madds: Count | None
    activations: Count
    traffic_bytes: Count


class LayerJson(CostJson):
    """A layer; only traced ones have ``module``, ``calls`` and, where it is not 1, ``dilation``."""

    path: str
    op: str
    in_shape: tuple[Count, ...]
    out_shape: tuple[Count, ...]
    in_shapes: tuple[tuple[Count, ...], ...]
    out_shapes: tuple[tuple[Count, ...], ...]
    kernel: tuple[Count, ...] | None
    stride: tuple[Count, ...] | None
    groups: Count | None
    module: str | UnsetType = UNSET
    calls: Positive | UnsetType = UNSET
    dilation: tuple[Positive, ...] | UnsetType = UNSET


class SubjectJson(Struct, kw_only=True):
    """A subject without its sections; only traced models have ``inputs``, ``unknown`` and ``unused``."""

    name: str
    provenance: str
    published: Published | None = None
    spec: dict[str, Any] | None
    input_shape: tuple[Count, ...]
    totals: CostJson
    labels: dict[str, str]
    layers: tuple[LayerJson, ...]
    inputs: tuple[ModelInput, ...] | UnsetType = UNSET
    unknown: tuple[Unknown, ...] | UnsetType = UNSET
    unused: tuple[Unused, ...] | UnsetType = UNSET


class ReportJson(Struct, kw_only=True):
    """A report without its subjects and sections."""

    schema: Literal["muxprof.report/1"]
    muxprof: str
    command: str
    arguments: dict[str, Any]
    convention: Convention
    notes: tuple[str, ...]
    environment: Environment


def written(value: Any) -> Any:
    """A value as plain dicts, lists, texts and numbers."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_plain))


def converted(document: Any, kind: Any) -> Any:
    """The value of type ``kind`` that a document is of; raises :class:`msgspec.ValidationError`, with the place."""
    return msgspec.convert(document, kind, dec_hook=_special)


def text(document: Mapping[str, Any]) -> str:
    """A document as text, indented, ending in a newline; every list of raw times stands in one line."""
    made = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return _TIMES.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), made) + "\n"


def parsed(given: str) -> Any:
    """The values of a JSON text; raises :class:`BadInput` for what is none."""
    try:
        return msgspec.json.decode(given)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"it is not JSON: {error}.") from None


def to_dict(report: Document, sections: Table[Section]) -> dict[str, Any]:
    """The document as plain values."""
    head = ReportJson(
        schema=SCHEMA,
        muxprof=report.version,
        command=report.command,
        arguments=dict(report.arguments),
        convention=report.convention,
        notes=report.notes,
        environment=report.environment,
    )
    made = written(head)
    # Readers meet the subjects first.
    notes, environment = made.pop("notes"), made.pop("environment")
    made["subjects"] = [_subject(subject, sections) for subject in report.subjects]
    return {**made, **_sections(report, "report", sections), "notes": notes, "environment": environment}


def from_dict(document: Any, kind: type[D], sections: Table[Section]) -> D:
    """The report that a document is of; raises :class:`msgspec.ValidationError`, with the place, for what is none.

    Values that no report has raise other errors: :class:`ValueError`, :class:`TypeError` and their like.
    """
    found = converted(document, _types(tuple(sections)))
    return kind(
        command=found.command,
        version=found.muxprof,
        arguments=found.arguments,
        convention=found.convention,
        environment=found.environment,
        subjects=tuple(_read_subject(subject, sections) for subject in found.subjects),
        notes=found.notes,
        sections=_read_sections(found, "report", sections),
    )


def refused(document: Any, schema: str) -> BadInput:
    """The error for a document of another kind than ``schema``."""
    found = document.get("schema") if isinstance(document, Mapping) else None
    return BadInput(f"not a muxprof report: expected schema {schema!r}, found {shown(found)!r}.")


def invalid(schema: str, error: Exception) -> BadInput:
    """The error for a document that is broken."""
    if isinstance(error, MuxprofError):
        return BadInput(str(error))
    what = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
    return BadInput(f"not a valid {schema} document: {what}.")


def same(ours: Any, theirs: Any, where: str = "") -> None:
    """Raise :class:`ValueError`, saying where, unless all of a document that we would write stands in another.

    What is null or empty may be left out, as older versions did.
    """
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key, value in ours.items():
            if key not in theirs:
                if value not in (None, [], {}):
                    raise ValueError(f"{where}{key} is missing")
            elif key == "warnings":
                _warned(value, theirs[key], where)
            else:
                same(value, theirs[key], f"{where}{key}.")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            same(mine, other, f"{where}{index}.")
    elif type(ours) is not type(theirs) or ours != theirs:
        raise ValueError(f"{where.rstrip('.')} contradicts the rest of the document")


def schema(sections: Table[Section]) -> dict[str, Any]:
    """The JSON Schema of the documents, generated from the types that they are read as."""
    return described(_types(tuple(sections)), SCHEMA)


def described(kind: Any, name: str, closed: bool = False) -> dict[str, Any]:
    """The JSON Schema of what is read as ``kind``; where it is ``closed``, objects have no other keys."""
    (found,), named = msgspec.json.schema_components([kind], schema_hook=_ratio_schema)
    for title, each in named.items():
        if not title.endswith("Json"):  # a value that is written as it is, with all of its fields
            each["required"] = list(each["properties"])
        if closed:
            each["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **found, "$defs": named}


@lru_cache
def _types(sections: tuple[Section, ...]) -> Any:
    """What a document is read as: a report, its subjects, and all sections."""
    subjects: Any = tuple.__class_getitem__((_with_sections(SubjectJson, "subject", sections), ...))
    return _with_sections(ReportJson, "report", sections, ("subjects", subjects))


def _with_sections(base: type[Struct], to: str, sections: Iterable[Section], *more: tuple[str, Any]) -> Any:
    fields: list[Any] = [*more]
    for section in attached(sections, to):
        assert section.type is not None
        kind = resolved(section.type)
        if section.always and not section.derived:
            fields.append((section.name, kind if section.empty == () else kind | None))
        else:
            fields.append((section.name, kind | None, None))
    return msgspec.defstruct(base.__name__, fields, bases=(base,), kw_only=True)


def _ratio_schema(kind: type[Any]) -> dict[str, Any]:
    if kind is Fraction:
        return {"type": "string", "pattern": r"^-?\d+(/\d+)?$", "description": "an exact ratio, such as 171/274"}
    raise NotImplementedError(f"no JSON is known for {kind}")


def _plain(value: Any) -> Any:
    if isinstance(value, (Fraction, str)):  # torch's version is a kind of text
        return str(value)
    raise NotImplementedError(f"no JSON is known for {type(value)}")


def _special(kind: type[Any], value: Any) -> Any:
    """A ratio as :func:`str` writes a fraction; unlike what users type, its parts may be long."""
    if kind is not Fraction:
        raise NotImplementedError(f"no JSON is known for {kind}")
    if not isinstance(value, str) or len(value) > 400:
        raise ValueError(f"{shown(value)!r} is not a ratio")
    return Fraction(value)


def _warned(ours: list[str], theirs: Any, where: str) -> None:
    """Another version may warn in other words, but of the same samples."""
    if not isinstance(theirs, list) or not all(isinstance(each, str) for each in theirs) or bool(ours) != bool(theirs):
        raise ValueError(f"{where}warnings are not those of the samples")


def _sections(holder: Any, to: str, sections: Table[Section]) -> dict[str, Any]:
    made = {}
    for section in attached(sections, to):
        value = section.written(holder)
        if section.type and section.value and value is not None:
            value = _as(resolved(section.type), value)
        if section.always or value not in (None, section.empty):
            made[section.name] = written(value)
    return made


def _read_sections(found: Any, to: str, sections: Table[Section]) -> FrozenDict:
    made = {}
    for section in attached(sections, to):
        value = section.read(getattr(found, section.name))
        if value is not None:
            made[section.key] = _as(resolved(section.value), value) if section.value else value
    return FrozenDict(made)


def _as(kind: Any, value: Any) -> Any:
    """``value`` as another type with the same attributes."""
    return msgspec.convert(value, kind, from_attributes=True)


def _subject(subject: Subject, sections: Table[Section]) -> dict[str, Any]:
    facts = subject.traced
    made = SubjectJson(
        name=subject.name,
        provenance=subject.provenance,
        published=getattr(subject.spec, "published", None),
        spec=None if subject.spec is None else specs.encode(subject.spec),
        input_shape=subject.input_shape,
        totals=CostJson(*_cost(subject.totals), subject.totals.madds, *_moved(subject.totals)),
        labels=dict(subject.labels),
        layers=tuple(map(_layer, subject.layers)),
        inputs=UNSET if facts is None else facts.inputs,
        unknown=UNSET if facts is None else facts.unknown,
        unused=UNSET if facts is None else facts.unused,
    )
    document = written(made)
    more = [metric for metric in METRICS if metric.json not in CostJson.__struct_fields__]
    for metric in more:
        document["totals"][metric.json] = metric.read(subject.totals)
        for layer, row in zip(subject.layers, document["layers"], strict=True):
            row[metric.json] = metric.known(layer.cost, layer.op)
    return {**document, **_sections(subject, "subject", sections)}


def _cost(cost: Cost) -> tuple[int, ParamsByKindJson]:
    kinds = cost.params
    return kinds.total, ParamsByKindJson(kinds.conv, kinds.linear, kinds.bias, kinds.norm, kinds.other or UNSET)


def _moved(cost: Cost) -> tuple[int, int]:
    return cost.activations, cost.traffic_bytes


def _layer(layer: Layer) -> LayerJson:
    traced = layer.module is not None
    return LayerJson(
        *_cost(layer.cost),
        None if traced and layer.op == UNKNOWN else layer.cost.madds,
        *_moved(layer.cost),
        path=layer.path,
        op=layer.op,
        in_shape=layer.inputs[0],
        out_shape=layer.outputs[0],
        in_shapes=layer.inputs,
        out_shapes=layer.outputs,
        kernel=layer.kernel,
        stride=layer.stride,
        groups=layer.groups,
        module=UNSET if layer.module is None else layer.module,
        calls=layer.calls if traced else UNSET,
        dilation=layer.dilation if traced and layer.dilation else UNSET,
    )


def _read_subject(found: Any, sections: Table[Section]) -> Subject:
    traced = None
    if not isinstance(found.inputs, UnsetType):
        traced = TracedFacts(found.inputs, found.unknown or (), found.unused or ())
    return Subject(
        name=found.name,
        provenance=found.provenance,
        spec=None if found.spec is None else specs.decode(found.spec),
        input_shape=found.input_shape,
        layers=tuple(map(_read_layer, found.layers)),
        labels=found.labels,
        traced=traced,
        sections=_read_sections(found, "subject", sections),
    )


def _read_layer(found: LayerJson) -> Layer:
    if found.madds is None and (found.op != UNKNOWN or found.module is UNSET):
        raise ValueError(f"the MAdds of {shown(found.path)} are null, and it is no op without a formula")
    kinds = found.params_by_kind
    params = ParamsByKind(kinds.conv, kinds.linear, kinds.bias, kinds.norm, kinds.other or 0)
    return Layer(
        path=found.path,
        op=found.op,
        inputs=_not_empty(found.in_shapes),
        outputs=_not_empty(found.out_shapes),
        kernel=found.kernel,
        stride=found.stride,
        groups=found.groups,
        cost=Cost(params, found.madds or 0, found.activations, found.traffic_bytes),
        module=found.module or ("" if found.module == "" else None),
        calls=found.calls or 1,
        dilation=found.dilation or None,
    )


def _not_empty(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    if not shapes:
        raise ValueError("a layer has an input and an output")
    return shapes
