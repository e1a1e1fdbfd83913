"""The document ``muxprof.report/1``: a report as JSON and back, exactly.

Integers stay integers; ratios are given both as a float and, under ``exact``, as text ("171/274").
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from muxprof.answers.clock import codec as timing_codec
from muxprof.answers.clock.views import timing_ratios
from muxprof.dims import shown
from muxprof.document import consistency, traced_codec
from muxprof.document.types import (
    SCHEMA,
    VERDICTS,
    Against,
    BreakEven,
    CheckResult,
    Claim,
    Convention,
    CounterResult,
    Difference,
    Formula,
    Heatmap,
    Layer,
    Mismatch,
    Ratios,
    Report,
    Subject,
    ToolCount,
)
from muxprof.document.values import integer, number, optional, optional_word, word, words
from muxprof.errors import BadInput, MuxprofError
from muxprof.frozen import thawed
from muxprof.records import METRICS, Cost, Environment, Extra, ParamsByKind, Shape
from muxprof.spec import codec as spec_codec
from muxprof.spec.networks import Network


def to_json(report: Report) -> str:
    """The document as text, ending in a newline."""
    text = json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False)
    return timing_codec.in_one_line(text) + "\n"


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
        "timing_ratios": [timing_codec.encode_ratio(ratio) for ratio in timing_ratios(report)],
        "break_even": None if report.break_even is None else _break_even(report.break_even),
        "heatmap": None if report.heatmap is None else _heatmap(report.heatmap),
        "formulas": [dataclasses.asdict(formula) for formula in report.formulas],
        "notes": list(report.notes),
        "claims": [dataclasses.asdict(claim) for claim in report.claims],
        **({"against": _against(report.against)} if report.against is not None else {}),
        **({"conventions": [_tool(count) for count in report.tools]} if report.tools else {}),
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
        consistency.check(report, to_dict(report), _with_silence_filled(document))
        return report
    except MuxprofError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        what = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadInput(f"it is no valid {SCHEMA} document: {what}.") from None


def _with_silence_filled(document: Mapping[str, Any]) -> dict[str, Any]:
    """Documents from before there were times say nothing of them."""
    heat = document["heatmap"]
    return {
        "timing_ratios": [],
        **document,
        "heatmap": {"measured": None, **heat} if isinstance(heat, Mapping) else heat,
    }


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _report(document: Mapping[str, Any]) -> Report:
    environment = document["environment"]
    return Report(
        command=word(document["command"]),
        version=word(document["muxprof"]),
        arguments=dict(document["arguments"]),
        convention=_read_convention(document["convention"]),
        environment=Environment(
            word(environment["python"]), word(environment["platform"]), words(environment["packages"])
        ),
        subjects=tuple(map(_read_subject, document["subjects"])),
        ratios=None if document["ratios"] is None else _read_ratios(document["ratios"]["exact"]),
        break_even=None if document["break_even"] is None else _read_break_even(document["break_even"]),
        heatmap=None if document["heatmap"] is None else _read_heatmap(document["heatmap"]),
        formulas=tuple(Formula(**words(formula)) for formula in document["formulas"]),
        notes=tuple(map(word, document["notes"])),
        claims=tuple(map(_read_claim, document["claims"])),
        tools=tuple(map(_read_tool, document.get("conventions", []))),
        against=None if document.get("against") is None else _read_against(document["against"]),
    )


def _subject(subject: Subject) -> dict[str, Any]:
    spec = subject.spec
    published = spec.published if isinstance(spec, Network) else None
    return {
        "name": subject.name,
        "provenance": subject.provenance,
        "published": None if published is None else dataclasses.asdict(published),
        "spec": None if spec is None else spec_codec.encode(spec),
        "input_shape": list(subject.input_shape),
        "totals": _cost(subject.totals),
        "labels": dict(subject.labels),
        "layers": [_layer(layer) for layer in subject.layers],
        "check": None if subject.check is None else _check(subject.check),
        "timing": None if subject.timing is None else timing_codec.encode(subject.timing),
        **traced_codec.encode_facts(subject.traced),
    }


def _read_subject(value: Mapping[str, Any]) -> Subject:
    return Subject(
        name=word(value["name"]),
        provenance=word(value["provenance"]),
        spec=None if value["spec"] is None else spec_codec.decode(value["spec"]),
        input_shape=_shapes([value["input_shape"]])[0],
        layers=tuple(map(_read_layer, value["layers"])),
        labels=words(value["labels"]),
        check=None if value["check"] is None else _read_check(value["check"]),
        timing=None if value["timing"] is None else timing_codec.decode(value["timing"]),
        traced=traced_codec.decode_facts(value),
    )


def _cost(cost: Cost) -> dict[str, Any]:
    kinds = dataclasses.asdict(cost.params)
    if not cost.params.other:
        del kinds["other"]  # only traced models have any
    return {
        "params": cost.params.total,
        "params_by_kind": kinds,
        "madds": cost.madds,
        "activations": cost.activations,
        "traffic_bytes": cost.traffic_bytes,
    }


def _read_cost(value: Mapping[str, Any]) -> Cost:
    kinds = {kind: integer(count) for kind, count in value["params_by_kind"].items()}
    counts = (integer(value[key]) for key in ("madds", "activations", "traffic_bytes"))
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
        **traced_codec.encode_layer(layer),
    }


def _read_layer(value: Mapping[str, Any]) -> Layer:
    traced, known = traced_codec.decode_layer(value)
    return Layer(
        path=word(value["path"]),
        op=word(value["op"]),
        inputs=_shapes(value["in_shapes"]),
        outputs=_shapes(value["out_shapes"]),
        kernel=_window(value["kernel"]),
        stride=_window(value["stride"]),
        groups=optional(value["groups"]),
        cost=_read_cost(known),
        **traced,
    )


def _shapes(value: list[list[int]]) -> tuple[Shape, ...]:
    return tuple(tuple(map(integer, shape)) for shape in value)


def _window(value: list[int] | None) -> tuple[int, ...] | None:
    return None if value is None else tuple(map(integer, value))


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "status": check.status,
        "reason": check.reason,
        "counters": [_counter(counter) for counter in check.counters],
        "mismatches": [dataclasses.asdict(mismatch) for mismatch in check.mismatches],
    }


def _counter(counter: CounterResult) -> dict[str, Any]:
    made = {**dataclasses.asdict(counter), "extras": [dataclasses.asdict(extra) for extra in counter.extras]}
    if not counter.unseen:
        del made["unseen"]  # only traced models have any
    return made


def _read_check(value: Mapping[str, Any]) -> CheckResult:
    return CheckResult(
        status=value["status"],
        counters=tuple(map(_read_counter, value["counters"])),
        mismatches=tuple(Mismatch(**words(found)) for found in value["mismatches"]),
        reason=optional_word(value["reason"]),
    )


def _read_counter(value: Mapping[str, Any]) -> CounterResult:
    return CounterResult(
        name=word(value["name"]),
        version=word(value["version"]),
        status=value["status"],
        params=optional(value["params"]),
        madds=optional(value["madds"]),
        layers=integer(value["layers"]),
        extras=tuple(
            Extra(word(extra["op"]), integer(extra["calls"]), optional(extra["madds"])) for extra in value["extras"]
        ),
        reason=optional_word(value["reason"]),
        unseen=integer(value.get("unseen", 0)),
    )


def _read_convention(value: Mapping[str, Any]) -> Convention:
    if value["unit"] not in ("madds", "flops"):
        raise ValueError(f"the unit {shown(value['unit'])!r} is neither madds nor flops")
    return Convention(word(value["name"]), value["unit"], integer(value["batch"]), word(value["text"]))


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
        leave_out=number(value["L"]),
        valid_leave_out=None if valid is None else _fraction(valid),
        group=_fraction(value["G_exact"]),
        valid_group=optional(value["G_valid"]),
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
        "measured": None if heat.measured is None else timing_codec.encode_grid(heat.measured),
    }


def _read_heatmap(value: Mapping[str, Any]) -> Heatmap:
    symbols, measured = value["symbols"], value.get("measured")
    heat = Heatmap(
        metric=word(value["metric"]),
        C=integer(value["C"]),
        C_values=tuple(map(integer, value["C_values"])),
        G_values=tuple(map(integer, value["G_values"])),
        L_values=tuple(map(_fraction, value["L_values"])),
        E=_fraction(symbols["E"]),
        K=integer(symbols["K"]),
        H=integer(symbols["H"]),
        W=integer(symbols["W"]),
        ratios={metric: _tupled(grid) for metric, grid in value["ratios"].items()},
        valid=_tupled(value["valid"]),
        break_even={metric: _tupled(lines) for metric, lines in value["break_even"].items()},
        measured=None if measured is None else timing_codec.decode_grid(measured),
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
    if not all(0 < cell < math.inf for grid in heat.ratios.values() for cell in _flat(grid)):
        raise ValueError("a heatmap's ratios are above zero, and finite")
    for lines in heat.break_even.values():
        if len(lines) != len(heat.C_values) or not all(
            len(point) == 2 and all(type(value) is float for value in point) for line in lines for point in line
        ):
            raise ValueError("a heatmap has a break-even line of (G, L) for every C")
    _recount(heat)


def _recount(heat: Heatmap) -> None:
    """Refuse cells, and ratios of params and MAdds, that are not those of the symbols: times are compared with them."""
    from muxprof.answers.heatmap.answer import heatmap  # brings numpy, which no other report needs

    made = heatmap(heat.metric, heat.C, heat.C_values, heat.G_values, heat.L_values, heat.E, heat.K, heat.H, heat.W)
    same = [(each.C_values, each.G_values, each.L_values, each.valid) for each in (made, heat)]
    if same[0] != same[1]:
        raise ValueError("a heatmap's blocks exist where its symbols do not say so")
    for metric in ("params", "madds"):
        for ours, theirs in zip(_flat(made.ratios[metric]), _flat(heat.ratios[metric]), strict=True):
            if not math.isclose(ours, theirs, rel_tol=1e-9):
                raise ValueError(f"a heatmap's ratio of {metric} is {theirs} where its symbols give {ours}")


def _flat(grid: tuple[tuple[tuple[float, ...], ...], ...]) -> list[float]:
    return [cell for rows in grid for row in rows for cell in row]


def _against(found: Against) -> dict[str, Any]:
    return {
        "name": found.name,
        "layers": found.layers,
        "same": not found.differences,
        "differences": [dataclasses.asdict(each) for each in found.differences],
        **({"counts": dict(found.counts)} if found.counts else {}),
        **({"unseen": list(found.unseen)} if found.unseen else {}),
    }


def _read_against(value: Mapping[str, Any]) -> Against:
    differences = tuple(
        Difference(
            optional_word(each["path"]),
            optional_word(each["published_path"]),
            *(word(each[key]) for key in ("what", "expected", "found", "why")),
        )
        for each in value["differences"]
    )
    counts = {word(kind): integer(count) for kind, count in value.get("counts", {}).items()}
    unseen = tuple(map(word, value.get("unseen", [])))
    return Against(word(value["name"]), integer(value["layers"]), differences, counts, unseen)


def _tool(count: ToolCount) -> dict[str, Any]:
    """A row; those with a number have no reason, as before there were reasons."""
    written = {"tool": count.tool, "rule": count.rule, "madds": count.madds}
    return written if count.reason is None else {**written, "reason": count.reason}


def _read_tool(value: Mapping[str, Any]) -> ToolCount:
    count = ToolCount(
        word(value["tool"]), word(value["rule"]), optional(value["madds"]), optional_word(value.get("reason"))
    )
    if (count.madds is None) != (count.reason is not None):
        raise ValueError(f"{count.tool} prints a number, or there is a reason why it is not known")
    return count


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
