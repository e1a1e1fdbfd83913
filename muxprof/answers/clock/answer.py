"""Reports with times: every subject built, timed, and joined with its layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from muxprof.answers.check.answer import refuse_unknown
from muxprof.answers.report import Report, environment
from muxprof.dims import shown
from muxprof.document.types import Subject
from muxprof.errors import BadInput, Interrupted, Unavailable
from muxprof.measurements import Parts, Setting, Timing

if TYPE_CHECKING:
    from torch import nn


def timed(
    report: Report, wanted: Setting, modules: Mapping[str, nn.Module], progress: Callable[[str, float], None]
) -> Report:
    """The report with the times of every subject; :func:`muxprof.profile` says what it takes and raises."""
    refuse_unknown(report, modules)
    if wanted.batches[0] != report.convention.batch:
        raise BadInput(
            f"batch = {wanted.batches[0]} comes first, but the report is about a batch of {report.convention.batch}."
        )
    for subject in report.subjects:
        _refuse_other_inputs(subject)
    refuse_missing(wanted)
    from muxprof.nets import build
    from muxprof.timing import memory
    from muxprof.timing.profile import Stopped, Target, profile

    built: dict[str, nn.Module] = {}
    for subject in report.subjects:
        if subject.name not in modules:
            lacking = memory.too_large(4 * subject.totals.params.total)
            if lacking is not None:
                raise Unavailable(f"{subject.name} cannot be built: {lacking}.")
            built[subject.name] = build(subject.spec)
    every = {**built, **modules}
    targets = [
        Target(subject.name, every[subject.name], subject.input_shape[1:], least_bytes(subject))
        for subject in report.subjects
    ]
    try:
        timings, stopped = profile(targets, wanted, progress), False
    except Stopped as stop:
        timings, stopped = stop.timings, True
    subjects = tuple(subject.having(timing=_of_layers(subject, timings[subject.name])) for subject in report.subjects)
    made = report.with_subjects(subjects, environment(*report.environment.packages, "torch"))
    if stopped:
        raise Interrupted(made)
    return made


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


def refuse_missing(wanted: Setting) -> None:
    """Raise :class:`Unavailable` where the device is missing."""
    if missing := device_lacking(wanted.device):
        raise Unavailable(missing)


def least_bytes(subject: Subject) -> int:
    """What an image takes in fp32 while its largest op runs: that op's inputs and outputs."""
    return 4 * max(sum(math.prod(shape[1:]) for shape in (*op.inputs, *op.outputs)) for op in subject.layers)


def check(report: Report) -> None:
    """Raise :class:`ValueError` for times of what is not in the report, or that were not asked for."""
    for subject in report.subjects:
        if subject.timing is not None:
            _check_wholes(subject, subject.timing)
            if subject.timing.parts is not None:
                _check_parts(report, subject, subject.timing.parts)


def _check_wholes(subject: Subject, timing: Timing) -> None:
    measured = [(whole.batch, whole.mode) for whole in timing.wholes]
    if len(set(measured)) != len(measured):
        raise ValueError(f"the whole of {subject.name} was timed twice at one batch size in one mode")
    for batch, mode in measured:
        if batch not in timing.setting.batches or mode not in timing.setting.modes:
            raise ValueError(f"a time of {subject.name} is for batch {batch} in {mode} mode, which was not asked for")


def _check_parts(report: Report, subject: Subject, parts: Parts) -> None:
    if not parts.batch == report.convention.batch == subject.input_shape[0]:
        raise ValueError(f"the parts of {subject.name} were timed at another batch size than its traffic is for")
    if parts.method == "alone" and parts.whole is not None:
        raise ValueError(f"parts of {subject.name} that ran alone were in no whole pass")
    paths, layers = [part.path for part in parts.parts], {layer.path for layer in subject.layers}
    if len(set(paths)) != len(paths):
        raise ValueError(f"a part of {subject.name} has two times")
    stranger = next((path for path in paths if path not in layers), None)
    if stranger is not None:
        raise ValueError(f"the part {shown(stranger)!r} is no layer of {subject.name}")
    if any((part.samples is None) == (part.failed is None) for part in parts.parts):
        raise ValueError(f"a part of {subject.name} has samples, or a reason why it has none")


def _of_layers(subject: Subject, timing: Timing) -> Timing:
    """The timing without parts that the closed form has no layer for, such as dropout; a note names them."""
    if timing.parts is None:
        return timing
    known = {layer.path for layer in subject.layers}
    kept = tuple(part for part in timing.parts.parts if part.path in known)
    others = [part.path for part in timing.parts.parts if part.path not in known]
    if not others:
        return timing
    note = f"Timed in the whole, but no layer of the closed form: {', '.join(others)}."
    return replace(timing, parts=replace(timing.parts, parts=kept), notes=(*timing.notes, note))


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
