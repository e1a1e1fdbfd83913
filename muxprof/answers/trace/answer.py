"""The report about any PyTorch model, from one traced forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from muxprof import __version__
from muxprof.answers.check.answer import with_checks
from muxprof.answers.report import Report, environment
from muxprof.document.tree import module_level
from muxprof.document.types import Convention, Unit
from muxprof.errors import Unavailable
from muxprof.records import UNKNOWN, ModelInput

if TYPE_CHECKING:
    from torch import Tensor, nn

    from muxprof.tracing.session import Session

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
) -> tuple[Report, Session]:
    """What :func:`muxprof.trace` gives without a check, and the session that answers further questions."""
    from muxprof.answers.trace.inputs import text_of
    from muxprof.answers.trace.subject import notes_on, traced_subject

    module_level(depth)
    given = (
        *map(_model_input, inputs),
        *(replace(_model_input(each), name=key) for key, each in (named or {}).items()),
    )
    try:
        from muxprof.tracing.session import Session
    except ImportError as error:
        raise Unavailable(f"a model is traced by torch, which cannot be imported ({error}); install it.") from None
    session = Session(model, given, arguments)
    subject = traced_subject(name or session.name, f"traced from {session.origin}", session.trace)
    report = Report(
        command="trace",
        version=__version__,
        arguments={
            "model": session.origin,
            "inputs": [text_of(each) for each in given],
            "arguments": {key: repr(value) for key, value in (arguments or {}).items()},
            "depth": depth,
        },
        convention=Convention(CONVENTION, unit, text=CONVENTION_TEXT),
        environment=environment("torch"),
        subjects=(subject,),
        notes=notes_on(subject, session.trace),
    )
    if conventions:
        from muxprof.answers.tools.traced import traced_tool_counts

        madds = subject.totals.madds
        report = report.having(tools=traced_tool_counts(madds, session.trace, session.tools_view(madds)))
    return report, session


def proven(report: Report, session: Session) -> Report:
    """The report of a session with what its independent counters find."""
    from muxprof.answers.check.traced import checked_trace

    return with_checks(report, (checked_trace(report.subjects[0], session.counts()),))


def with_traced_forms(report: Report, session: Session, at: Mapping[str, int]) -> Report:
    """The report of a session with the closed forms of MAdds, activations and params in its inputs' sizes.

    ``at`` are other sizes to evaluate them at. A model that has no closed form gets a note that says why. The model is
    counted at other sizes, too, to see whether the forms hold there.
    """
    from muxprof.answers.formulas.traced import traced_forms

    formulas, notes = traced_forms(report.subjects[0], session, at)
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


def _model_input(given: ModelInput | str | Iterable[int] | Tensor) -> ModelInput:
    from muxprof.answers.trace.inputs import model_input, read_input

    if isinstance(given, ModelInput):
        return given
    if isinstance(given, str):
        return read_input(given)
    dtype = getattr(given, "dtype", None)
    type_name = None if dtype is None else str(dtype).removeprefix("torch.")
    return model_input(getattr(given, "shape", given), None, type_name)
