"""The document ``muxprof.report/1``: a report as JSON and back, exactly.

Integers stay integers; ratios are given both as a float and, under ``exact``, as text ("171/274").
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from muxprof.dims import shown
from muxprof.errors import BadInput, MuxprofError
from muxprof.frozen import thawed
from muxprof.records import METRICS, Cost, Environment, Extra, ParamsByKind, Shape
from muxprof.report import consistency
from muxprof.report.types import (
    SCHEMA,
    VERDICTS,
    BreakEven,
    CheckResult,
    Claim,
    Convention,
    CounterResult,
    Formula,
    Heatmap,
    Layer,
    Mismatch,
    Ratios,
    Report,
    Subject,
)
from muxprof.spec import codec as spec_codec
from muxprof.spec.networks import Network


def to_json(report: Report) -> str:
    """The document as text, ending in a newline."""
    return json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_dict(report: Report) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "schema": SCHEMA,
        "muxprof": report.version,
        "command": report.command,
        "arguments": thawed(report.arguments),
        "convention": dataclasses.asdict(report.convention),
        "subjects": [_subject(subject) for subject in report.subjects],
        "ratios": None if report.ratios is None else _ratios(report.ratios),
        "break_even": None if report.break_even is None else _break_even(report.break_even),
        "heatmap": None if report.heatmap is None else _heatmap(report.heatmap),
        "formulas": [dataclasses.asdict(formula) for formula in report.formulas],
        "notes": list(report.notes),
        "claims": [dataclasses.asdict(claim) for claim in report.claims],
        "environment": {
            "python": report.environment.python,
            "platform": report.environment.platform,
            "packages": dict(report.environment.packages),
        },
    }


def from_json(text: str) -> Report:
    """The report that :func:`to_json` wrote; raises :class:`BadInput` for any other text."""
    try:
        document = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"it is not JSON: {error}.") from None
    return from_dict(document)


def from_dict(document: Any) -> Report:
    """The report of a document; raises :class:`BadInput` for anything else, naming what is wrong."""
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        schema = document.get("schema") if isinstance(document, Mapping) else None
        raise BadInput(f"it is no muxprof report: its schema is {shown(schema)!r} where {SCHEMA!r} was expected.")
    try:
        report = _report(document)
        consistency.check(report, to_dict(report), document)
        return report
    except MuxprofError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        what = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadInput(f"it is no valid {SCHEMA} document: {what}.") from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _report(document: Mapping[str, Any]) -> Report:
    environment = document["environment"]
    return Report(
        command=_word(document["command"]),
        version=_word(document["muxprof"]),
        arguments=dict(document["arguments"]),
        convention=_read_convention(document["convention"]),
        environment=Environment(
            _word(environment["python"]), _word(environment["platform"]), _words(environment["packages"])
        ),
        subjects=tuple(map(_read_subject, document["subjects"])),
        ratios=None if document["ratios"] is None else _read_ratios(document["ratios"]["exact"]),
        break_even=None if document["break_even"] is None else _read_break_even(document["break_even"]),
        heatmap=None if document["heatmap"] is None else _read_heatmap(document["heatmap"]),
        formulas=tuple(Formula(**_words(formula)) for formula in document["formulas"]),
        notes=tuple(map(_word, document["notes"])),
        claims=tuple(map(_read_claim, document["claims"])),
    )


def _subject(subject: Subject) -> dict[str, Any]:
    spec = subject.spec
    published = spec.published if isinstance(spec, Network) else None
    return {
        "name": subject.name,
        "provenance": subject.provenance,
        "published": None if published is None else dataclasses.asdict(published),
        "spec": spec_codec.encode(spec),
        "input_shape": list(subject.input_shape),
        "totals": _cost(subject.totals),
        "labels": dict(subject.labels),
        "layers": [_layer(layer) for layer in subject.layers],
        "check": None if subject.check is None else _check(subject.check),
        "timing": None,
    }


def _read_subject(value: Mapping[str, Any]) -> Subject:
    return Subject(
        name=_word(value["name"]),
        provenance=_word(value["provenance"]),
        spec=spec_codec.decode(value["spec"]),
        input_shape=_shapes([value["input_shape"]])[0],
        layers=tuple(map(_read_layer, value["layers"])),
        labels=_words(value["labels"]),
        check=None if value["check"] is None else _read_check(value["check"]),
    )


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "params": cost.params.total,
        "params_by_kind": dataclasses.asdict(cost.params),
        "madds": cost.madds,
        "activations": cost.activations,
        "traffic_bytes": cost.traffic_bytes,
    }


def _read_cost(value: Mapping[str, Any]) -> Cost:
    kinds = {kind: _integer(count) for kind, count in value["params_by_kind"].items()}
    counts = (_integer(value[key]) for key in ("madds", "activations", "traffic_bytes"))
    return Cost(ParamsByKind(**kinds), *counts)


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "path": layer.path,
        "op": layer.op,
        "in_shape": list(layer.inputs[0]),
        "out_shape": list(layer.outputs[0]),
        "in_shapes": [list(shape) for shape in layer.inputs],
        "out_shapes": [list(shape) for shape in layer.outputs],
        "kernel": None if layer.kernel is None else list(layer.kernel),
        "stride": None if layer.stride is None else list(layer.stride),
        "groups": layer.groups,
        **_cost(layer.cost),
    }


def _read_layer(value: Mapping[str, Any]) -> Layer:
    return Layer(
        path=_word(value["path"]),
        op=_word(value["op"]),
        inputs=_shapes(value["in_shapes"]),
        outputs=_shapes(value["out_shapes"]),
        kernel=_pair(value["kernel"]),
        stride=_pair(value["stride"]),
        groups=_optional(value["groups"]),
        cost=_read_cost(value),
    )


def _shapes(value: list[list[int]]) -> tuple[Shape, ...]:
    return tuple(tuple(map(_integer, shape)) for shape in value)


def _pair(value: list[int] | None) -> tuple[int, int] | None:
    return None if value is None else (_integer(value[0]), _integer(value[1]))


def _integer(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{shown(value)!r} is not a count")
    return value


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "status": check.status,
        "reason": check.reason,
        "counters": [_counter(counter) for counter in check.counters],
        "mismatches": [dataclasses.asdict(mismatch) for mismatch in check.mismatches],
    }


def _counter(counter: CounterResult) -> dict[str, Any]:
    return {**dataclasses.asdict(counter), "extras": [dataclasses.asdict(extra) for extra in counter.extras]}


def _read_check(value: Mapping[str, Any]) -> CheckResult:
    return CheckResult(
        status=value["status"],
        counters=tuple(map(_read_counter, value["counters"])),
        mismatches=tuple(Mismatch(**_words(found)) for found in value["mismatches"]),
        reason=None if value["reason"] is None else _word(value["reason"]),
    )


def _read_counter(value: Mapping[str, Any]) -> CounterResult:
    return CounterResult(
        name=_word(value["name"]),
        version=_word(value["version"]),
        status=value["status"],
        params=_optional(value["params"]),
        madds=_optional(value["madds"]),
        layers=_integer(value["layers"]),
        extras=tuple(
            Extra(_word(extra["op"]), _integer(extra["calls"]), _optional(extra["madds"])) for extra in value["extras"]
        ),
        reason=None if value["reason"] is None else _word(value["reason"]),
    )


def _read_convention(value: Mapping[str, Any]) -> Convention:
    if value["unit"] not in ("madds", "flops"):
        raise ValueError(f"the unit {shown(value['unit'])!r} is neither madds nor flops")
    return Convention(_word(value["name"]), value["unit"], _integer(value["batch"]), _word(value["text"]))


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shown(value)!r} is no text")
    return value


def _words(value: Mapping[str, Any]) -> dict[str, str]:
    return {key: _word(text) for key, text in value.items()}


def _number(value: Any) -> float:
    if not isinstance(value, float):
        raise TypeError(f"{shown(value)!r} is no number with a decimal point")
    return value


def _optional(value: Any) -> int | None:
    return None if value is None else _integer(value)


def _ratios(ratios: Ratios) -> dict[str, Any]:
    exact = {field.name: getattr(ratios, field.name) for field in dataclasses.fields(ratios)}
    return {
        **{name: float(value) for name, value in exact.items()},
        "exact": {name: str(value) for name, value in exact.items()},
    }


def _read_ratios(exact: Mapping[str, str]) -> Ratios:
    return Ratios(**{name: _fraction(value) for name, value in exact.items()})


def _break_even(value: BreakEven) -> dict[str, Any]:
    return {
        "L": value.leave_out,
        "L_valid": None if value.valid_leave_out is None else str(value.valid_leave_out),
        "G": float(value.group),
        "G_exact": str(value.group),
        "G_valid": value.valid_group,
    }


def _read_break_even(value: Mapping[str, Any]) -> BreakEven:
    valid = value["L_valid"]
    return BreakEven(
        leave_out=_number(value["L"]),
        valid_leave_out=None if valid is None else _fraction(valid),
        group=_fraction(value["G_exact"]),
        valid_group=_optional(value["G_valid"]),
    )


def _heatmap(heat: Heatmap) -> dict[str, Any]:
    return {
        "metric": heat.metric,
        "C": heat.C,
        "symbols": {"E": str(heat.E), "K": heat.K, "H": heat.H, "W": heat.W},
        "C_values": list(heat.C_values),
        "G_values": list(heat.G_values),
        "L_values": [str(value) for value in heat.L_values],
        "ratios": {metric: _listed(grid) for metric, grid in heat.ratios.items()},
        "valid": _listed(heat.valid),
        "break_even": {metric: _listed(lines) for metric, lines in heat.break_even.items()},
    }


def _read_heatmap(value: Mapping[str, Any]) -> Heatmap:
    symbols = value["symbols"]
    heat = Heatmap(
        metric=_word(value["metric"]),
        C=_integer(value["C"]),
        C_values=tuple(map(_integer, value["C_values"])),
        G_values=tuple(map(_integer, value["G_values"])),
        L_values=tuple(map(_fraction, value["L_values"])),
        E=_fraction(symbols["E"]),
        K=_integer(symbols["K"]),
        H=_integer(symbols["H"]),
        W=_integer(symbols["W"]),
        ratios={metric: _tupled(grid) for metric, grid in value["ratios"].items()},
        valid=_tupled(value["valid"]),
        break_even={metric: _tupled(lines) for metric, lines in value["break_even"].items()},
    )
    _check_heatmap(heat)
    return heat


def _check_heatmap(heat: Heatmap) -> None:
    """Refuse grids that are not those of the symbols beside them; raises :class:`ValueError`."""
    if not heat.C_values or not heat.G_values or not heat.L_values or heat.C not in heat.C_values:
        raise ValueError(f"a heatmap has values of C, G and L, and shows one of these C, not {shown(heat.C)}")
    if set(heat.ratios) != set(METRICS) or set(heat.break_even) != set(METRICS) or heat.metric not in METRICS:
        raise ValueError(f"a heatmap has ratios and break-evens for {', '.join(METRICS)}, and shows one of these")
    for grid, kind in (*((grid, float) for grid in heat.ratios.values()), (heat.valid, bool)):
        shape = {(len(grid), len(rows), len(row)) for rows in grid for row in rows}
        if shape != {(len(heat.C_values), len(heat.G_values), len(heat.L_values))}:
            raise ValueError("a heatmap's grids have a value for every C, G and L")
        if not all(type(cell) is kind for rows in grid for row in rows for cell in row):
            raise ValueError(f"a heatmap's grid holds something that is no {kind.__name__}")
    for lines in heat.break_even.values():
        if len(lines) != len(heat.C_values) or not all(
            len(point) == 2 and all(type(value) is float for value in point) for line in lines for point in line
        ):
            raise ValueError("a heatmap has a break-even line of (G, L) for every C")


def _read_claim(value: Mapping[str, Any]) -> Claim:
    claim = Claim(**value)
    if not all(isinstance(text, str) for text in value.values()) or claim.verdict not in VERDICTS:
        raise ValueError(f"a claim is made of texts, and its verdict is one of: {', '.join(VERDICTS)}")
    return claim


def _fraction(text: str) -> Fraction:
    """A ratio as :func:`str` writes a fraction; unlike what users type, its parts may be long."""
    if not isinstance(text, str) or len(text) > 400:
        raise TypeError(f"{shown(text)!r} is not a ratio")
    return Fraction(text)


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
