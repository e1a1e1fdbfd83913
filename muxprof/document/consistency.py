"""Whether a report that was read says one thing: its parts agree with one another and with the document they stand in.

A report is what settles an argument, so a document whose layers do not sum up to its totals, whose check says "agree"
beside numbers that differ, or whose arguments are not those of its blocks is no report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from muxprof.answers.block.answer import MOBILENET, MUXCONV, arguments_of
from muxprof.answers.tools.networks import MUXPROF, tool_counts
from muxprof.dims import shown
from muxprof.document.tree import DEPTHS, module_level
from muxprof.document.types import CheckResult, Heatmap, Report, Subject
from muxprof.frozen import frozen
from muxprof.measurements import Grid, Parts, Timing
from muxprof.records import UNKNOWN
from muxprof.spec import IrBlock, MuxBlock
from muxprof.spec.networks import Network

#: Commands whose reports are about networks, and the most of them that one may hold.
_NETWORKS = {"model": 1, "models": 10_000, "compare": 10_000}


def check(report: Report, written: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Raise :class:`ValueError`, saying where, if ``report`` contradicts itself or is not all of ``document``.

    ``written`` is the report as a document; whatever stands in it must stand in ``document`` too.
    """
    _same(written, document, "")
    _command(report)
    if report.heatmap is not None and report.heatmap.measured is not None:
        _grid(report.heatmap, report.heatmap.measured)
    for subject in report.subjects:
        if subject.check is not None:
            _check_result(subject, subject.check)
        if subject.timing is not None:
            _times(subject, subject.timing)
            if subject.timing.parts is not None:
                _parts(report, subject, subject.timing.parts)


def _same(ours: Any, theirs: Any, where: str) -> None:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key, value in ours.items():
            if key not in theirs:
                raise ValueError(f"{where}{key} is missing")
            if key == "warnings":
                _warned(value, theirs[key], where)
            else:
                _same(value, theirs[key], f"{where}{key}.")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            _same(mine, other, f"{where}{index}.")
    elif type(ours) is not type(theirs) or ours != theirs:
        raise ValueError(f"{where.rstrip('.')} does not go with the rest of the document")


def _warned(ours: list[str], theirs: Any, where: str) -> None:
    """Another version may warn in other words, but of the same samples."""
    if not isinstance(theirs, list) or not all(isinstance(text, str) for text in theirs) or bool(ours) != bool(theirs):
        raise ValueError(f"{where}warnings are not those of the samples")


def _tools(report: Report) -> None:
    """What tools print follows from the layers; another version may know other tools."""
    expected = {count.tool: count.madds for count in tool_counts(report)}
    for count in report.tools:
        if count.madds != expected.get(count.tool, count.madds):
            raise ValueError(f"{count.tool} does not print {count.madds} for these layers")


def _command(report: Report) -> None:
    specs = [subject.spec for subject in report.subjects]
    if report.command == "block":
        _block(report)
    elif report.command in _NETWORKS:
        if not 1 <= len(specs) <= _NETWORKS[report.command] or not all(isinstance(spec, Network) for spec in specs):
            raise ValueError(f"the subjects of a {report.command} report are networks")
        if report.tools:
            _tools(report)
        if report.command == "model" and report.arguments.get("depth") not in DEPTHS:
            raise ValueError(f"arguments.depth is one of {', '.join(DEPTHS)}")
    elif report.command == "heatmap":
        if report.heatmap is None or specs:
            raise ValueError("a heatmap report has a heatmap, and no subjects")
    elif report.command == "trace":
        _traced(report)
    elif report.command == "paper":
        if not report.claims:
            raise ValueError("a paper report has claims")
    else:
        raise ValueError(f"the command {report.command!r} is unknown")
    names = [subject.name for subject in report.subjects]
    if len(set(names)) != len(names):
        raise ValueError("two subjects have one name")
    if report.command != "trace" and any(subject.spec is None or subject.traced for subject in report.subjects):
        raise ValueError(f"a subject of a {report.command} report has a spec and was not traced")


def _traced(report: Report) -> None:
    if len(report.subjects) != 1 or report.subjects[0].traced is None or report.subjects[0].spec is not None:
        raise ValueError("a trace report has one traced model, which has no spec")
    subject = report.subjects[0]
    if any(count.tool == MUXPROF and count.madds != subject.totals.madds for count in report.tools):
        raise ValueError("muxprof prints the MAdds of the layers")
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


def _block(report: Report) -> None:
    if [subject.name for subject in report.subjects] != [MUXCONV, MOBILENET] or report.ratios is None:
        raise ValueError(f"a block report has the subjects {MUXCONV} and {MOBILENET}, and their ratios")
    mux, mobilenet = report.subjects
    if not isinstance(mux.spec, MuxBlock) or not isinstance(mobilenet.spec, IrBlock):
        raise ValueError("a block report has a MUXConv block and a MobileNet block")
    if report.arguments != frozen(arguments_of(mux).as_json()):
        raise ValueError("the arguments are not those of the MUXConv block")


def _check_result(subject: Subject, check: CheckResult) -> None:
    statuses = {counter.status for counter in check.counters}
    totals = {"params": subject.totals.params.total, "madds": subject.totals.madds}
    if not statuses <= {"agree", "differ", "skipped"}:
        raise ValueError(f"a counter of {subject.name} has an unknown status")
    for counter in check.counters:
        seen = None if counter.madds is None else counter.madds + counter.unseen
        found = {"params": counter.params, "madds": seen}
        if counter.status == "agree" and any(count not in (None, totals[what]) for what, count in found.items()):
            raise ValueError(f"the {counter.name} count of {subject.name} says that it agrees, but its total differs")
    differs = "differ" in statuses or bool(check.mismatches)
    expected = "differ" if differs else "agree" if "agree" in statuses else "skipped"
    if check.status != expected:
        raise ValueError(f"the check of {subject.name} says {check.status!r} where its counters say {expected!r}")


def _times(subject: Subject, timing: Timing) -> None:
    measured = [(whole.batch, whole.mode) for whole in timing.wholes]
    if len(set(measured)) != len(measured):
        raise ValueError(f"the whole of {subject.name} was timed twice at one batch size in one mode")
    for batch, mode in measured:
        if batch not in timing.setting.batches or mode not in timing.setting.modes:
            raise ValueError(f"a time of {subject.name} is for batch {batch} in {mode} mode, which was not asked for")


def _grid(heat: Heatmap, grid: Grid) -> None:
    if len(grid.setting.batches) != 1 or len(grid.setting.modes) != 1:
        raise ValueError("a heatmap is timed at one batch size, in one mode")
    if grid.C != heat.C:
        raise ValueError(f"the heatmap of C = {heat.C} was timed at C = {grid.C}")
    if [len(row) for row in grid.cells] != [len(heat.L_values)] * len(heat.G_values):
        raise ValueError("a measured heatmap has a cell, or null, for every G and L")
    valid = heat.valid[heat.C_values.index(heat.C)]
    for cells, exists in zip(grid.cells, valid, strict=True):
        for cell, there in zip(cells, exists, strict=True):
            if cell is not None and not there:
                raise ValueError("a cell was timed at which no block exists")
            if cell is None and there and not grid.partial:
                raise ValueError("a cell is missing from a measured heatmap that was not interrupted")


def _parts(report: Report, subject: Subject, parts: Parts) -> None:
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
