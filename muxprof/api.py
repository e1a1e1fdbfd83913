"""The Python entry points: each takes plain values and returns a frozen report."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from muxprof import __version__
from muxprof.dims import integer, ratio
from muxprof.document.types import TRACED_CONVENTION, TRACED_TEXT, Convention, Formula, Heatmap, Report, Subject
from muxprof.errors import BadInput, Interrupted, Unavailable
from muxprof.records import Environment, ModelInput
from muxprof.spec import notation
from muxprof.spec.checks import one_of

if TYPE_CHECKING:
    from torch import Tensor, nn

    from muxprof.answers.against.graph import Graph
    from muxprof.document.types import ToolCount
    from muxprof.measurements import Setting, Timing
    from muxprof.records import ModelTrace
    from muxprof.spec.networks import Network

Ratio: TypeAlias = int | float | str | Fraction
Unit: TypeAlias = Literal["madds", "flops"]
UNITS = ("madds", "flops")


def block(
    C: int = 64,
    E: Ratio = 6,
    G: int = 2,
    L: Ratio = "0.25",
    K: int = 3,
    S: int | str | Iterable[int] = 0,
    H: int = 56,
    W: int = 56,
    *,
    norm: bool = False,
    se: Ratio | None = None,
    batch: int = 1,
    symbolic: bool = False,
    unit: Unit = "madds",
    check: bool = False,
) -> Report:
    """The MUXConv block beside the MobileNet block: costs of every term, ratios, break-even.

    Letters are the paper's: C channels, E expansion, G input channels per output channel of the KxK convolution, L the
    share of channels left out (exact: 0.29 is 29/100, "7/24" is 7/24), K kernel, S spatial multiplexing (a list of -1
    subpixel, 0 plain, 1 superpixel; 0 for none), H x W the size of input and output. ``norm`` adds BatchNorm after
    every convolution, ``se`` squeeze and excite at that ratio. The subjects are ``muxconv`` and ``mobilenet``, on
    [batch, C, H, W]; params are exact, MAdds and activations per image. ``symbolic`` adds the derived formulas,
    ``check`` the cross-check.

    Raises :class:`BadInput` for a block that cannot be. Source: MUXConv supplement, section 2.
    """
    from muxprof.answers.block import answer as blocks

    one_of(unit, "unit", UNITS)
    arguments = blocks.BlockArguments(
        C=integer(C, "C"),
        E=ratio(E, "E"),
        G=integer(G, "G"),
        L=ratio(L, "L"),
        K=integer(K, "K"),
        S=notation.spatial(S),
        H=integer(H, "H"),
        W=integer(W, "W"),
        norm=norm,
        se=(ratio(se, "SE") or None) if se is not None else None,
        batch=integer(batch, "batch"),
    )
    mux, mobilenet = blocks.subjects(arguments)
    notes = ["G has no effect where S is set: every branch is depthwise."] if arguments.S and arguments.G != 1 else []
    formulas: tuple[Formula, ...] = ()
    if symbolic:
        from muxprof.answers.formulas.specs import block_formulas

        formulas = block_formulas(arguments.K)
    report = Report(
        command="block",
        version=__version__,
        arguments=arguments.as_json(),
        convention=Convention(unit=unit, batch=arguments.batch),
        environment=environment(),
        subjects=(mux, mobilenet),
        ratios=blocks.ratios(mux.totals, mobilenet.totals),
        break_even=blocks.break_even(arguments),
        formulas=formulas,
        notes=tuple(notes),
    )
    return _run_check(report) if check else report


def model(
    name: str | Path,
    res: int | str | tuple[int, int] | None = None,
    *,
    head: str | None = None,
    batch: int = 1,
    classes: int | None = None,
    depth: str = "block",
    unit: Unit = "madds",
    check: bool = False,
) -> Report:
    """A network of the zoo or of a file: the cost of every layer on [batch, in, H, W], beside what was published.

    ``name`` is one of the zoo's, or a path: it ends in ``.toml`` or has a separator. ``res`` is H and W ("224x192" is
    height x width), by default the network's own resolution; ``classes`` replaces its number of classes; ``depth``
    (stage, block, layer) is what renderers show. ``head`` (c1, ppm) makes the network the dilated backbone of a
    segmentation head, with scores for 150 classes at an eighth of the image; the notes say what that assumes.

    Raises :class:`BadInput` for an unknown name, with a suggestion, for a file that describes no network, naming file,
    line and key, for a size that a block cannot work on, and for a head that the network cannot have.
    """
    from muxprof.document.networks import network_subject
    from muxprof.document.tree import depth_level

    network = spec_of(name, head)
    depth_level(depth)
    if classes is not None:
        network = network.with_classes(integer(classes, "classes"))
    height, width = network.resolution if res is None else notation.resolution(res)
    try:
        subject = network_subject(network, height, width, integer(batch, "batch"))
    except BadInput as error:
        raise BadInput(f"{name}: {error}" if _is_path(name) else str(error)) from None
    report = Report(
        command="model",
        version=__version__,
        arguments={
            "name": network.name,
            "res": f"{height}x{width}",
            "batch": batch,
            "classes": network.head.classes,
            "depth": depth,
        },
        convention=Convention(unit=unit, batch=batch),
        environment=environment(),
        subjects=(subject,),
        notes=network.notes,
    )
    return _run_check(report) if check else report


def with_conventions(report: Report) -> Report:
    """The report about a network with what other tools print for it; :class:`BadInput` for any other report."""
    from muxprof.answers.tools.networks import tool_counts

    return replace(report, tools=tool_counts(report))


def with_formulas(report: Report) -> Report:
    """The report about a network with its closed forms in N, H and W; :class:`BadInput` for any other report."""
    from muxprof.answers.formulas.specs import network_formulas
    from muxprof.spec.networks import Network

    if len(report.subjects) != 1 or not isinstance(report.subjects[0].spec, Network):
        raise BadInput(f"a {report.command} report is not about one network; that of a model command is.")
    return replace(report, formulas=network_formulas(report.subjects[0].spec))


def spec_of(name: str | Path, head: str | None = None) -> Network:
    """The network that ``name`` and ``head`` stand for in :func:`model`: one of the zoo, or what a file describes."""
    if _is_path(name):
        from muxprof.spec import files

        network = files.read(name)
    else:
        from muxprof.spec import zoo

        network = zoo.network(str(name))
    if head is None:
        return network
    from muxprof.spec.dilate import segmented

    try:
        return segmented(network, head)
    except BadInput as error:
        raise BadInput(f"{name}: {error}" if _is_path(name) else str(error)) from None


def heatmap(
    metric: str = "params",
    C: int = 64,
    *,
    C_values: Iterable[int] | None = None,
    G_values: Iterable[int] | None = None,
    L_values: Iterable[Ratio] | None = None,
    E: Ratio = 6,
    K: int = 3,
    H: int = 56,
    W: int = 56,
) -> Report:
    """Figure 4 of the supplement: the ratio of the MUXConv to the MobileNet block over G (rows) and L (columns).

    ``metric`` is params, madds, activations or traffic; all are in the report, for every C of ``C_values``. E, H and W
    cancel from the ratio of params and of MAdds, and matter for the others. Raises :class:`BadInput` for values that no
    block has.
    """
    from muxprof.answers.heatmap import answer as heat

    made = heat.heatmap(
        metric=metric,
        C=integer(C, "C"),
        C_values=heat.C_VALUES if C_values is None else [integer(value, "C") for value in C_values],
        G_values=heat.G_VALUES if G_values is None else [integer(value, "G") for value in G_values],
        L_values=heat.L_VALUES if L_values is None else tuple(ratio(value, "L") for value in L_values),
        E=ratio(E, "E"),
        K=integer(K, "K"),
        H=integer(H, "H"),
        W=integer(W, "W"),
    )
    return Report(
        command="heatmap",
        version=__version__,
        arguments={
            "metric": metric,
            "C": made.C,
            "C_values": list(made.C_values),
            "G_values": list(made.G_values),
            "L_values": [str(value) for value in made.L_values],
            "E": str(made.E),
            "K": made.K,
            "H": made.H,
            "W": made.W,
        },
        convention=Convention(),
        environment=environment("numpy"),
        heatmap=made,
    )


def models(*, unit: Unit = "madds") -> Report:
    """Every network of the zoo at the size of its published figures, a subject each."""
    from muxprof.spec import zoo

    return replace(_together("models", zoo.names(), unit=unit), notes=())


def compare(
    *names: str,
    res: int | str | tuple[int, int] | None = None,
    head: str | None = None,
    batch: int = 1,
    unit: Unit = "madds",
) -> Report:
    """Networks side by side, a subject each; names of the zoo and files may be mixed.

    ``res`` is H and W of all, by default each network's own; ``head`` is the segmentation head of all. Raises
    :class:`BadInput` for what :func:`model` refuses, for no network at all, and for two of one name.
    """
    if not names:
        raise BadInput("there is nothing to compare; name at least one network.")
    made = _together("compare", names, res=res, head=head, batch=batch, unit=unit)
    found: dict[str, str] = {}
    for given, subject in zip(names, made.subjects, strict=True):
        if subject.name in found:
            raise BadInput(
                f"two of these networks are called {subject.name}, {found[subject.name]} and {given}; each may be "
                "compared once, and a file gives its network a name of its own."
            )
        found[subject.name] = given
    return made


def _together(command: str, names: Iterable[str], **options: Any) -> Report:
    """One report of several networks."""
    reports = [model(name, **options) for name in names]
    arguments = {"names": [report.subjects[0].name for report in reports]}
    if command == "compare":
        arguments |= {"res": options["res"], "batch": options["batch"]}
    return replace(
        reports[0],
        command=command,
        arguments=arguments,
        subjects=tuple(report.subjects[0] for report in reports),
        notes=_shared_notes(reports),
    )


def _shared_notes(reports: list[Report]) -> tuple[str, ...]:
    """The notes of several networks, each behind the names of those that it is about."""
    about: dict[str, list[str]] = {}
    for report in reports:
        for note in report.notes:
            about.setdefault(note, []).append(report.subjects[0].name)
    return tuple(f"{', '.join(dict.fromkeys(names))}: {note}" for note, names in about.items())


def trace(
    model: str | nn.Module | Callable[..., Any],
    *inputs: ModelInput | str | Iterable[int] | Tensor,
    named: Mapping[str, ModelInput | str | Iterable[int] | Tensor] | None = None,
    arguments: Mapping[str, Any] | None = None,
    name: str | None = None,
    depth: int | str = "block",
    conventions: bool = False,
    unit: Unit = "madds",
    check: bool = False,
) -> Report:
    """Any PyTorch model, from one traced forward pass in eval mode: the cost of everything that it executes.

    ``model`` is a module, a class or factory that makes one when it is called with ``arguments``, or a target such as
    "package.module:callable" or "file.py:callable". Each of ``inputs``, and of ``named`` by argument of ``forward``, is
    a shape, [N, C, H, W] or any other, as integers or as text with an element type where it matters ("1x128:int64"),
    or a tensor, of which shape and type are taken. The pass runs on tensors without data where the model lets it, so
    that it may be larger than memory, and on zeros where not. A module is copied first and left as it was. ``depth``
    is how many modules deep renderers show it: a number, or "layer" for all. ``conventions`` adds what other tools
    print for the model; that takes further passes, one of them on zeros.

    Params count every registered parameter once; MAdds, activations (elements) and traffic (bytes) are for the whole
    inputs. What no formula is known for is in ``subjects[0].traced.unknown`` and not in the totals; parameters that
    nothing read are in ``traced.unused`` and in the totals. Raises :class:`BadInput`, with the model's own error as its
    cause, where it cannot be imported, made or run, and :class:`Unavailable` where torch is missing.
    """
    report, prove = traced(
        model,
        *inputs,
        named=named,
        arguments=arguments,
        name=name,
        depth=str(depth),
        conventions=conventions,
        unit=unit,
    )
    return prove(report) if check else report


def against(report: Report, name: str | Path) -> Report:
    """The report about a traced model with every difference from a network of the zoo or of a file.

    Compared are convolutions, linear layers and norms, in order and by shape, activations, what joins, pools and moves
    maps, and what each of these is given; ``against.unseen`` says what is not. A report that was read from a file is
    compared by its convolutions, linear layers and norms. Raises :class:`BadInput` for a model that was not traced on
    one image-like input, [N, C, H, W], and for what :func:`model` refuses.
    """
    from muxprof.answers.against.answer import against as compared
    from muxprof.document.networks import network_subject

    facts = report.subjects[0].traced if len(report.subjects) == 1 else None
    if facts is None:
        raise BadInput(f"a {report.command} report is about no traced model; that of a trace command is.")
    if len(facts.inputs) != 1 or len(facts.inputs[0].shape) != 4:
        raise BadInput(
            f"a network takes one input, N x C x H x W; this model was traced on {len(facts.inputs)} others."
        )
    batch, _, height, width = facts.inputs[0].shape
    published = network_subject(spec_of(name), height, width, batch)
    built = _graph_of(published.spec, published.input_shape)
    return replace(report, against=compared(report.subjects[0], published, built))


@lru_cache(maxsize=8)
def _graph_of(network: Network, shape: tuple[int, ...]) -> Graph:
    """A network as a forward pass of it runs as it is built here."""
    from muxprof.answers.against.graph import graph

    try:
        from muxprof.nets import build
        from muxprof.tracing.tracer import trace_model
    except ImportError as error:
        raise Unavailable(f"a network is built by torch, which cannot be imported ({error}); install it.") from None
    return graph(trace_model(build(network, "meta"), {}, (ModelInput(shape),))[0])


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
    return replace(report, formulas=formulas, notes=(*report.notes, *notes))


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
    from muxprof.document.tree import module_level

    one_of(unit, "unit", UNITS)
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
        convention=Convention(TRACED_CONVENTION, unit, text=TRACED_TEXT),
        environment=environment("torch"),
        subjects=(subject,),
        notes=notes_on(subject, found),
        tools=_tools_of(source, made, found, subject) if conventions else (),
    )

    def prove(report: Report) -> Report:
        from muxprof.answers.check.traced import checked_trace
        from muxprof.tracing.counters.traced import count_model

        subjects = tuple(checked_trace(each, count_model(source, made, found, twin)) for each in report.subjects)
        return report.with_subjects(subjects, environment(*report.environment.packages, "torch", "fvcore"))

    return report, prove


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


def check(report: Report, modules: Mapping[str, nn.Module] | None = None) -> Report:
    """The report with every subject checked: its real module is built and counted by independent counters.

    ``modules`` gives, by subject name, modules of one's own to check instead; they are left as they are. A traced model
    is checked against the module that is given for it. Raises :class:`BadInput` for a traced model without one, and
    :class:`Unavailable` where torch is missing.
    """
    return _run_check(report, modules or {})


def profile(
    report: Report,
    device: str = "cpu",
    *,
    batches: Iterable[int] | None = None,
    modes: Iterable[str] | None = None,
    dtype: str = "fp32",
    channels_last: bool = False,
    compile: bool = False,
    threads: int | None = None,
    budget: float = 20.0,
    parts: bool = True,
    kernels: bool = False,
    cudnn_benchmark: bool = False,
    modules: Mapping[str, nn.Module] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Report:
    """The report with every subject, or every cell of a heatmap, timed on ``device``: cpu, cuda, or such as cuda:1.

    ``modes`` are of eager (synchronised host time), cold (device time, cache cleared before) and graph (device time of
    a CUDA graph's replay); by default all that the device has. ``batches`` starts with the report's own batch, at which
    every leaf module is timed too (``parts``), with its GPU kernels where ``kernels`` is set. ``dtype`` is fp32, tf32,
    fp16 or bf16; ``budget`` is in seconds, for all of it. ``modules`` gives, by subject name, modules of one's own to
    time instead; copies are timed, in eval mode. Subjects are sampled in turns. ``progress`` is called with what is
    done and the share of the budget that is used up. A heatmap is timed at its C, at one batch size and in one mode,
    the last of ``modes``: eager on the CPU, graph on a GPU.

    Raises :class:`BadInput` for what cannot be measured, :class:`Unavailable` where the device or the memory is
    missing, and :class:`Interrupted`, which holds the report so far, on Ctrl-C.
    """
    wanted = timing_setting(
        device,
        batches=(report.convention.batch,) if batches is None else tuple(batches),
        modes=modes,
        dtype=dtype,
        channels_last=channels_last,
        compile=compile,
        threads=threads,
        budget=budget,
        parts=parts,
        kernels=kernels,
        cudnn_benchmark=cudnn_benchmark,
    )
    return _run_clock(report, wanted, modules or {}, progress or (lambda _what, _share: None))


def timing_setting(device: str, **keywords: Any) -> Setting:
    """What :func:`profile` would be asked for, as a record; raises :class:`BadInput` for what cannot be measured."""
    from muxprof.timing.request import setting

    return setting(device, **keywords)


def device_lacking(device: str) -> str | None:
    """What this machine lacks to time on ``device``, and what would help, in words; None if it is there."""
    from muxprof.timing.available import lacking

    found = lacking(device)
    if found is None or device == "cpu":
        return found
    return (
        f"timing on {device} needs a CUDA device, and {found}. --profile-cpu times on this machine's CPU; a report "
        "that was saved on a machine with a GPU (--out report.json) is shown here by muxprof show."
    )


def _run_clock(
    report: Report, wanted: Setting, modules: Mapping[str, nn.Module], progress: Callable[[str, float], None]
) -> Report:
    if report.command == "heatmap" and report.heatmap is not None:
        return _run_grid(report, report.heatmap, wanted, progress)
    _refuse_unknown(report, modules)
    if wanted.batches[0] != report.convention.batch:
        raise BadInput(
            f"batch = {wanted.batches[0]} comes first, but the report is about a batch of {report.convention.batch}."
        )
    for subject in report.subjects:
        _refuse_other_inputs(subject)
    missing = device_lacking(wanted.device)
    if missing is not None:
        raise Unavailable(missing)
    from muxprof.nets import build
    from muxprof.timing import memory
    from muxprof.timing.profile import Stopped, Target, profile

    for subject in report.subjects:
        lacking = memory.too_large_for_host(4 * subject.totals.params.total)
        if lacking is not None and subject.name not in modules:
            raise Unavailable(f"{subject.name} cannot be built: {lacking}.")
    targets = [
        Target(
            subject.name,
            modules[subject.name] if subject.name in modules else build(subject.spec),
            subject.input_shape[1:],
            _least_bytes(subject),
        )
        for subject in report.subjects
    ]
    try:
        timings, stopped = profile(targets, wanted, progress), False
    except Stopped as stop:
        timings, stopped = stop.timings, True
    subjects = tuple(replace(subject, timing=_of_layers(subject, timings[subject.name])) for subject in report.subjects)
    made = report.with_subjects(subjects, environment(*report.environment.packages, "torch"))
    if stopped:
        raise Interrupted(made)
    return made


def _of_layers(subject: Subject, timing: Timing) -> Timing:
    """The timing without parts that the closed form has no layer for, such as dropout; a note names them."""
    if timing.parts is None:
        return timing
    known = {layer.path for layer in subject.layers}
    others = [part.path for part in timing.parts.parts if part.path not in known]
    if not others:
        return timing
    kept = tuple(part for part in timing.parts.parts if part.path in known)
    note = f"Timed in the whole, but no layer of the closed form: {', '.join(others)}."
    return replace(timing, parts=replace(timing.parts, parts=kept), notes=(*timing.notes, note))


def _run_grid(report: Report, heat: Heatmap, wanted: Setting, progress: Callable[[str, float], None]) -> Report:
    """The report of a heatmap with every cell of its C timed; each block is that of ``muxprof block``."""
    if len(wanted.batches) > 1 or wanted.kernels:
        raise BadInput("a heatmap is timed at one batch size, and without kernels.")
    missing = device_lacking(wanted.device)
    if missing is not None:
        raise Unavailable(missing)
    from muxprof.answers.block import answer as blocks
    from muxprof.nets import build
    from muxprof.timing.grid import Pair, grid
    from muxprof.timing.profile import Target

    def pair(G: int, L: Fraction) -> Pair:
        arguments = blocks.BlockArguments(heat.C, heat.E, G, L, heat.K, (), heat.H, heat.W, False, None, 1)
        made = blocks.subjects(arguments)

        def targets() -> tuple[Target, Target]:
            mux, mobilenet = (
                Target(subject.name, build(subject.spec), subject.input_shape[1:], _least_bytes(subject))
                for subject in made
            )
            return mux, mobilenet

        return targets

    valid = heat.valid[heat.C_values.index(heat.C)]
    rows = [
        [pair(G, L) if exists else None for L, exists in zip(heat.L_values, row, strict=True)]
        for G, row in zip(heat.G_values, valid, strict=True)
    ]
    if not any(any(row) for row in valid):
        raise BadInput(f"no block of this heatmap exists at C = {heat.C}; there is nothing to time.")
    measured = grid(heat.C, rows, replace(wanted, modes=wanted.modes[-1:]), progress)
    made = replace(
        report,
        heatmap=replace(heat, measured=measured),
        environment=environment(*report.environment.packages, "torch"),
    )
    if measured.partial:
        raise Interrupted(made)
    return made


def _least_bytes(subject: Subject) -> int:
    """What an image takes in fp32 while its largest op runs: that op's inputs and outputs."""
    return 4 * max(sum(math.prod(shape[1:]) for shape in (*op.inputs, *op.outputs)) for op in subject.layers)


def _refuse_other_inputs(subject: Subject) -> None:
    """Refuse to time a traced model on anything but one input of numbers with a point, for one image."""
    facts = subject.traced
    if facts is None:
        return
    texts = ", ".join("x".join(map(str, each.shape)) for each in facts.inputs)
    floats = all(each.dtype is None or "float" in each.dtype for each in facts.inputs)
    if len(facts.inputs) != 1 or facts.inputs[0].name is not None or not floats or facts.inputs[0].shape[:1] != (1,):
        raise BadInput(
            f"{subject.name} takes {texts}; timed are models of one unnamed input of floats whose first size is 1, and "
            "--batch makes larger ones of it."
        )


def module_of(model: str, arguments: Mapping[str, Any] | None = None) -> nn.Module:
    """The module that a target of :func:`trace` makes, with its weights; raises :class:`BadInput` where it fails."""
    from muxprof.tracing import target
    from muxprof.tracing.stand_ins import module_from

    return module_from(target.load(model), dict(arguments or {}))


def _refuse_unknown(report: Report, modules: Mapping[str, nn.Module]) -> None:
    if not report.subjects:
        raise BadInput(f"a {report.command} report has nothing that could be built.")
    unknown = modules.keys() - {subject.name for subject in report.subjects}
    if unknown:
        names = ", ".join(subject.name for subject in report.subjects)
        raise BadInput(f"there is no subject {sorted(unknown)[0]!r} in the report; it has {names}.")
    lacking = next((each.name for each in report.subjects if each.spec is None and each.name not in modules), None)
    if lacking is not None:
        raise BadInput(f"{lacking} was traced, and a report does not hold it; give it as modules={{{lacking!r}: ...}}.")


def load(path: str | Path) -> Report:
    """A saved report; raises :class:`BadInput`, naming the file, where it is none."""
    from muxprof.document import codec

    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{path}: it is not UTF-8 text.") from None
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}.") from None
    try:
        return codec.from_json(text)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def at_depth(report: Report, depth: str) -> Report:
    """A report about a network as renderers show it at another depth; :class:`BadInput` for any other report."""
    from muxprof.document.tree import depth_level, module_level

    (module_level if report.command == "trace" else depth_level)(depth)
    if report.command not in ("model", "trace"):
        raise BadInput(f"a {report.command} report has no depth; that of a model or trace command has.")
    return replace(report, arguments={**report.arguments, "depth": depth})


def in_unit(report: Report, unit: Unit) -> Report:
    """The report with multiply-adds shown in another unit."""
    one_of(unit, "unit", UNITS)
    return replace(report, convention=replace(report.convention, unit=unit))


def environment(*packages: str) -> Environment:
    """Python, platform, and the versions of ``packages`` that are installed."""
    found = {}
    if packages:
        import importlib.metadata

        for name in packages:
            try:
                found[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
    python = ".".join(map(str, sys.version_info[:3]))
    machine = os.uname().machine if hasattr(os, "uname") else ""
    return Environment(python, f"{sys.platform} {machine}".strip(), found)


def _run_check(report: Report, modules: Mapping[str, nn.Module] = MappingProxyType({})) -> Report:
    _refuse_unknown(report, modules)
    if report.command == "trace":
        return _check_traced(report, modules)
    from muxprof.answers.check.compared import checked

    count, build = _tracing()
    subjects = tuple(
        checked(
            subject,
            count(
                modules[subject.name] if subject.name in modules else build(subject.spec, "meta"), subject.input_shape
            ),
        )
        for subject in report.subjects
    )
    return report.with_subjects(subjects, environment(*report.environment.packages, "torch", "fvcore"))


def _check_traced(report: Report, modules: Mapping[str, nn.Module]) -> Report:
    """A traced report, perhaps a saved one, against the module that it is about."""
    from muxprof.answers.check.traced import checked_trace
    from muxprof.tracing.counters.traced import count_model
    from muxprof.tracing.tracer import trace_model

    subject = report.subjects[0]
    assert subject.traced is not None
    found, twin = trace_model(modules[subject.name], {}, subject.traced.inputs)
    made = checked_trace(subject, count_model(modules[subject.name], {}, found, twin))
    return report.with_subjects((made,), environment(*report.environment.packages, "torch", "fvcore"))


def _tracing() -> tuple[Callable[..., Any], Callable[..., Any]]:
    try:
        from muxprof.nets import build
        from muxprof.tracing import count
    except ImportError as error:
        raise Unavailable(
            f"the cross-check needs torch, which cannot be imported ({error}); install it, or use --no-check."
        ) from None
    return count, build


def _is_path(name: str | Path) -> bool:
    """Whether ``name`` is a file's and no network's of the zoo."""
    return isinstance(name, Path) or name.lower().endswith(".toml") or "/" in name or os.sep in name


def unchecked(report: Report, reason: str) -> Report:
    """The report with a check on every subject that says why it was not made."""
    from muxprof.answers.check.compared import skipped

    return replace(report, subjects=tuple(skipped(subject, reason) for subject in report.subjects))


def paper() -> Report:
    """Every claim of the MUXConv supplement about complexity, with what is computed for it, the verdict, and why.

    ``claims`` holds them in the supplement's order; ``heatmap`` is Figure 4.
    """
    from muxprof.answers.heatmap import answer as heat
    from muxprof.answers.paper.claims import claims

    return Report(
        command="paper",
        version=__version__,
        arguments={},
        convention=Convention(),
        environment=environment("numpy", "sympy"),
        heatmap=heat.heatmap(),
        claims=claims(),
    )
