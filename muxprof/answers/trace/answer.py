"""The report about any PyTorch model, from one traced forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from muxprof import __version__
from muxprof.answers.check.answer import with_checks
from muxprof.answers.report import Report, environment
from muxprof.document.tree import module_level
from muxprof.document.types import Convention, Subject, Unit
from muxprof.errors import BadInput, Unavailable
from muxprof.records import UNKNOWN, ModelInput

if TYPE_CHECKING:
    from torch import Tensor, nn

    from muxprof.answers.tools.types import ToolCount
    from muxprof.records import ModelTrace

CONVENTION = "conv+linear+matmul"
CONVENTION_TEXT = (
    "MAdds: convolutions and matrix products (linear and recurrent layers, both products of attention), one for every "
    "term of every scalar product, zero padding included, bias excluded, masks not taken off, for one forward pass "
    "over the inputs given, in eval mode; 1 MAdd = 2 FLOPs. Params: every registered learnable element, a shared one "
    "once. Activations: output elements of every op that was executed. Traffic: bytes that these ops read and write "
    "one by one, in the types they have; look-ups read what they give out, and views move nothing."
)


def traced(
    model: str | nn.Module | Callable[..., Any],
    *inputs: ModelInput | str | Iterable[int] | Tensor,
    named: Mapping[str, ModelInput | str | Iterable[int] | Tensor] | None = None,
    arguments: Mapping[str, Any] | None = None,
    name: str | None = None,
    depth: str = "block",
    conventions: bool = False,
    unit: Unit = "madds",
) -> tuple[Report, Callable[[Report], Report]]:
    """What :func:`trace` gives, and what adds the check to it, which may come later."""
    from muxprof.answers.trace.inputs import text_of
    from muxprof.answers.trace.subject import notes_on, traced_subject

    module_level(depth)
    given = (
        *map(_model_input, inputs),
        *(replace(_model_input(each), name=key) for key, each in (named or {}).items()),
    )
    made = dict(arguments or {})
    try:
        from muxprof.tracing import target
        from muxprof.tracing.tracer import trace_model
    except ImportError as error:
        raise Unavailable(f"a model is traced by torch, which cannot be imported ({error}); install it.") from None
    source = target.load(model) if isinstance(model, str) else model
    made_by = model if isinstance(model, str) else f"the {target.kind_of(source)} {target.label_of(source)}"
    found, twin = trace_model(source, made, given)
    label = name or (target.name_of(model) if isinstance(model, str) else target.label_of(source))
    subject = traced_subject(label, f"traced from {made_by}", found)
    report = Report(
        command="trace",
        version=__version__,
        arguments={
            "model": made_by,
            "inputs": [text_of(each) for each in given],
            "arguments": {key: repr(value) for key, value in made.items()},
            "depth": depth,
        },
        convention=Convention(CONVENTION, unit, text=CONVENTION_TEXT),
        environment=environment("torch"),
        subjects=(subject,),
        notes=notes_on(subject, found),
    )
    if conventions:
        report = report.having(tools=_tools_of(source, made, found, subject))

    def prove(report: Report) -> Report:
        from muxprof.answers.check.traced import checked_trace
        from muxprof.tracing.counters.traced import count_model

        subjects = tuple(checked_trace(each, count_model(source, made, found, twin)) for each in report.subjects)
        return with_checks(report, subjects)

    return report, prove


def with_traced_forms(
    report: Report,
    model: str | nn.Module | Callable[..., Any],
    *inputs: ModelInput | str | Iterable[int] | Tensor,
    arguments: Mapping[str, Any] | None = None,
    at: Mapping[str, int] = MappingProxyType({}),
) -> Report:
    """The report of :func:`trace` with MAdds, activations and params as closed forms in its inputs' sizes.

    N is the first dimension of every input; H and W are the last two of one with four or five, D what is before them in
    one with five, T the length of sequences; H2 is that of another input where it has another size. ``at`` gives other
    sizes to evaluate them at. A model that has no closed form gets a note that says why. The model is counted at other
    sizes, too, to see whether the forms hold there.
    """
    from muxprof.answers.formulas.traced import Sizes, traced_forms
    from muxprof.answers.trace.subject import traced_subject
    from muxprof.tracing import target
    from muxprof.tracing.quiet import all_quiet
    from muxprof.tracing.symbolic import forms
    from muxprof.tracing.tracer import trace_model

    source = target.load(model) if isinstance(model, str) else model
    values, given = dict(arguments or {}), tuple(map(_model_input, inputs))

    counts: dict[tuple[ModelInput, ...], tuple[int, int] | str] = {}

    def count(sizes: Sizes, at: Mapping[str, int]) -> tuple[int, int] | str:
        wanted = forms.resized(given, sizes.names, at)
        if wanted not in counts:
            try:
                with all_quiet():
                    totals = traced_subject("", "", trace_model(source, values, wanted)[0]).totals
                counts[wanted] = totals.madds, totals.activations
            except BadInput as error:
                counts[wanted] = str(error)
        return counts[wanted]

    formulas, notes = traced_forms(report.subjects[0], forms.ways(source, values, given), at, count)
    return replace(report, notes=(*report.notes, *notes)).having(formulas=formulas or None)


def check(report: Report) -> None:
    """Raise :class:`ValueError` for a report that is not of one traced model, or whose layers are not of a trace."""
    if len(report.subjects) != 1 or report.subjects[0].traced is None or report.subjects[0].spec is not None:
        raise ValueError("a trace report has one traced model, which has no spec")
    [subject] = report.subjects
    module_level(str(report.arguments.get("depth")))
    unknown = {(each.path, each.calls) for each in subject.traced.unknown} if subject.traced else set()
    if unknown != {(layer.path, layer.calls) for layer in subject.layers if layer.op == UNKNOWN}:
        raise ValueError(f"the unknown ops of {subject.name} are not those of its layers")
    if any(layer.module is None for layer in subject.layers):
        raise ValueError(f"a layer of {subject.name} does not say in which module it was executed")
    if any(layer.op == UNKNOWN and layer.cost.madds for layer in subject.layers):
        raise ValueError(f"an unknown op of {subject.name} has multiply-adds")
    if len({layer.path for layer in subject.layers}) != len(subject.layers):
        raise ValueError(f"two layers of {subject.name} have one path")


def module_of(model: str, arguments: Mapping[str, Any] | None = None) -> nn.Module:
    """The module that a target of :func:`trace` makes, with its weights; raises :class:`BadInput` where it fails."""
    from muxprof.tracing import target
    from muxprof.tracing.stand_ins import module_from

    return module_from(target.load(model), dict(arguments or {}))


def _tools_of(
    source: Callable[..., Any], arguments: Mapping[str, Any], trace: ModelTrace, subject: Subject
) -> tuple[ToolCount, ...]:
    """What other tools print for a traced model."""
    from muxprof.answers.tools.traced import traced_tool_counts
    from muxprof.tracing.views import tools_view

    madds = subject.totals.madds
    return traced_tool_counts(madds, trace, tools_view(source, arguments, trace, madds))


def _model_input(given: ModelInput | str | Iterable[int] | Tensor) -> ModelInput:
    from muxprof.answers.trace.inputs import model_input, read_input

    if isinstance(given, ModelInput):
        return given
    if isinstance(given, str):
        return read_input(given)
    dtype = getattr(given, "dtype", None)
    type_name = None if dtype is None else str(dtype).removeprefix("torch.")
    return model_input(getattr(given, "shape", given), None, type_name)
