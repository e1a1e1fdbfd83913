"""Where the time goes inside a subject: its modules, its kinds of layers, the ops without MAdds, the kernels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from muxprof.answers.clock.views import PartTimes, Work, part_times
from muxprof.answers.report import Report
from muxprof.document.metrics import madds_in
from muxprof.document.parts import Bars, Column, Part, Row, Table, Text
from muxprof.document.records import or_empty
from muxprof.document.tree import LAYER_LEVEL, Depth, Node, module_level, rows, short_name, tree
from muxprof.document.types import Layer
from muxprof.document.view import LayerColumns
from muxprof.measurements import ITEM_BYTES
from muxprof.records import Cost
from muxprof.spec.blocks import MuxBlock
from muxprof.units import duration, share_text, three_digits

#: How many kinds, failures or kernels are named before the rest is counted.
_NAMED = 8
_FAILURES = 20
_KERNELS = 20
_KERNEL_NAME = 72

_TEMPLATES = re.compile(r"<[^<>]*>|\([^()]*\)")


def layers_parts(report: Report, times: PartTimes) -> list[Part]:
    """All about the parts of one subject."""
    name = times.subject.name
    parts: list[Part] = []
    if times.total.timed:
        parts += [
            _module_table(report, times),
            _kind_table(report, times),
            *_without_madds(times, name),
            Text(sum_text(times), name, "bad" if times.sum.is_off else "total"),
        ]
    parts += _not_timed(times, name)
    parts += _kernel_parts(report, times)
    return parts


def _depth(report: Report) -> Depth:
    """A block has no stages and blocks in it."""
    depth: Depth = report.arguments.get("depth", "layer" if _is_block(report) else "block")
    return depth


def _is_block(report: Report) -> bool:
    return isinstance(report.subjects[0].spec, MuxBlock)


def _columns(report: Report, *first: Column) -> tuple[Column, ...]:
    unit = madds_in(report.convention.unit).heading
    return (
        *first,
        Column("time"),
        Column("%\ntime"),
        Column(f"%\n{unit}"),
        Column(f"G{unit}/s"),
        Column("GB/s"),
    )


def _work_cells(report: Report, times: PartTimes, found: Work) -> tuple[str, ...]:
    if not found.timed:
        return ("-", "", "", "", "")
    madds, traffic = found.madds_per_second, found.bytes_per_second
    # Where some layers have no time, the sum of the others is less than the time of all.
    return (
        "> " * (found.timed < found.layers) + duration(found.seconds, found.scatter),
        f"{100 * times.share_of_time(found):.1f}",
        f"{100 * times.share_of_madds(found):.1f}",
        three_digits(None if madds is None else madds * madds_in(report.convention.unit).read(Cost(madds=1)) / 1e9),
        three_digits(None if traffic is None else traffic / 1e9),
    )


def _shares(times: PartTimes, found: Work) -> tuple[float, float] | None:
    return (times.share_of_time(found), times.share_of_madds(found)) if found.timed else None


def _bars(report: Report, shares: list[tuple[float, float] | None]) -> Bars:
    return Bars(("time", madds_in(report.convention.unit).heading), tuple(shares))


def _module_table(report: Report, times: PartTimes) -> Table:
    parts, depth = times.parts, _depth(report)
    columns = _columns(report, Column("module", numeric=False), Column("what", numeric=False, optional=True))
    body, shares = [], []
    for node in rows(tree(times.subject), depth):
        found = times.below(node)
        body.append(_module_row(report, times, node, found))
        # A bar for a stage would dwarf those of the blocks below it.
        shares.append(
            None if any(child.level <= module_level(depth) for child in node.children) else _shares(times, found)
        )
    body.append(Row(("total", "", *_work_cells(report, times, times.total)), emphasis="total"))
    title = (
        f"{times.subject.name}: parts by {depth} ({parts.mode}, batch {parts.batch}, "
        f"{'timed in place' if parts.method == 'in place' else 'each timed alone'})"
    )
    return Table(title, columns, tuple(body), _bars(report, [*shares, None]))


def _module_row(report: Report, times: PartTimes, node: Node, found: Work) -> Row:
    is_group = bool(node.children) and node.level == 1
    name, indent = _name(report, node)
    return Row((name, node.label, *_work_cells(report, times, found)), indent, "group" if is_group else "plain")


def _name(report: Report, node: Node) -> tuple[str, int]:
    """What a module is called below its parents, and how deep it stands."""
    if _is_block(report):
        return node.path.rsplit(".", 1)[-1], node.path.count(".")
    return short_name(node), min(node.level, LAYER_LEVEL) - 1


def _kind_table(report: Report, times: PartTimes) -> Table:
    columns = _columns(report, Column("kind", numeric=False), Column("layers"))
    body = [Row((kind, str(found.layers), *_work_cells(report, times, found))) for kind, found in times.kinds.items()]
    shares = [_shares(times, found) for found in times.kinds.values()]
    return Table(f"{times.subject.name}: where the time goes, by kind", columns, tuple(body), _bars(report, shares))


def _without_madds(times: PartTimes, name: str) -> Iterator[Text]:
    """The price of everything that a count of multiply-adds leaves out."""
    kinds = {kind: found for kind, found in times.without_madds.items() if found.timed}
    if not kinds:
        return
    layers = sum(found.timed for found in kinds.values())
    share = sum(times.share_of_time(found) for found in kinds.values())
    ranked = [f"{kind} {share_text(times.share_of_time(found))}" for kind, found in kinds.items()]
    more = len(ranked) - _NAMED
    listed = ", ".join(ranked[:_NAMED]) + (f", {more} more" if more > 0 else "")
    yield Text(
        f"0 % of the MAdds, {share_text(share)} of the time ({layers} of {times.total.timed} layers): {listed}.",
        f"{name}: ops without any MAdds",
        "highlight",
    )


def sum_text(times: PartTimes) -> str:
    """How the sum of the parts compares with the whole and, where they are far apart, why."""
    total, parts = times.sum, times.parts
    said = "the parts sum to" if times.total.timed == times.total.layers else (
        f"the {times.total.timed} of {times.total.layers} parts that have a time sum to"
    )  # fmt: skip
    if total.whole is None or total.of_whole is None:
        return f"{said} {duration(total.parts)}; the whole has no time in {parts.mode} mode at batch {parts.batch}."
    text = f"{said} {duration(total.parts)}, {share_text(total.of_whole)} of the whole ({duration(total.whole)})"
    reasons = "; ".join(_reasons(times)) if total.is_off else ""
    return f"{text}: {reasons}." if reasons else f"{text}."


def _reasons(times: PartTimes) -> Iterator[str]:
    """Why the sum is not the whole, as far as the times tell."""
    total, parts = times.sum, times.parts
    assert total.whole is not None
    if times.timing.setting.compile:
        yield "the whole is compiled, the parts are not"
    if times.total.timed < times.total.layers:
        yield f"{times.total.layers - times.total.timed} parts have no time"
    if parts.method == "alone":
        cached = "out of" if parts.mode == "cold" else "in"
        yield f"each part ran alone with its input {cached} the cache; launch gaps and overlap are not in it"
    elif total.passes is not None:
        outside = total.passes - total.parts
        beside = f", {duration(outside)} of it outside of any part" if outside > 0 else ""
        yield (
            f"a pass with the clocks in it takes {duration(total.passes)}{beside}; without them it takes "
            f"{duration(total.whole)}"
        )


def rates_text(report: Report, dtype: str) -> Text:
    """What the rates in the tables are rates of."""
    return Text(
        f"{madds_in(report.convention.unit).heading} and traffic of the closed form over the time; traffic is what an "
        f"unfused run reads and writes at {ITEM_BYTES[dtype]} bytes per element, some of it from caches.",
        "rates",
    )


def _not_timed(times: PartTimes, name: str) -> Iterator[Part]:
    if times.failed:
        shown = times.failed[:_FAILURES]
        body = [Row((part.path, part.failed or ""), emphasis="bad") for part in shown]
        if len(times.failed) > len(shown):
            body.append(Row((f"... and {len(times.failed) - len(shown)} more", "")))
        columns = (Column("part", numeric=False), Column("why", numeric=False))
        yield Table(f"{name}: parts that could not be timed", columns, tuple(body))
    if times.missing:
        named = ", ".join(times.missing[:_NAMED])
        more = f" and {len(times.missing) - _NAMED} more" if len(times.missing) > _NAMED else ""
        yield Text(f"{named}{more}.", f"{name}: not timed", "bad")


def _kernel_parts(report: Report, times: PartTimes) -> list[Part]:
    """The kernels of every layer where layers are shown, else the longest of all; and what they sum up to."""
    found = times.kernels
    if not found:
        return []
    name = times.subject.name
    table = _by_layer(times) if _depth(report) == "layer" else _longest(times)
    seconds = sum(kernel.ns for kernels in found.values() for kernel in kernels) / 1e9
    beside = sum(times.works[path].seconds for path in found)
    text = f"{duration(seconds)} in kernels"
    if beside:
        text += f", {share_text(seconds / beside)} of the {duration(beside)} that these {len(found)} parts take"
    return [table, Text(f"{text}.", f"{name}: sum of the kernels")]


def _by_layer(times: PartTimes) -> Table:
    columns = (
        Column("layer", numeric=False),
        Column("calls"),
        Column("kernels"),
        Column("part"),
        Column("kernel", numeric=False),
    )
    body = []
    for path, kernels in times.kernels.items():
        own = times.works[path]
        seconds = sum(kernel.ns for kernel in kernels) / 1e9
        taken = duration(own.seconds, own.scatter) if own.timed else "-"
        calls = str(sum(kernel.calls for kernel in kernels))
        if len(kernels) == 1:
            body.append(Row((path, calls, duration(seconds), taken, kernel_name(kernels[0].name))))
            continue
        body.append(Row((path, calls, duration(seconds), taken, ""), emphasis="group"))
        body += [
            Row(("", str(kernel.calls), duration(kernel.ns / 1e9), "", kernel_name(kernel.name)), 1)
            for kernel in kernels
        ]
    return Table(f"{times.subject.name}: kernels of one forward pass", columns, tuple(body))


def _longest(times: PartTimes) -> Table:
    by_name: dict[str, tuple[int, int]] = {}
    for kernels in times.kernels.values():
        for kernel in kernels:
            calls, ns = by_name.get(kernel.name, (0, 0))
            by_name[kernel.name] = calls + kernel.calls, ns + kernel.ns
    total = sum(ns for _, ns in by_name.values())
    ranked = sorted(by_name.items(), key=lambda item: -item[1][1])
    body = [
        Row((duration(ns / 1e9), f"{100 * ns / total:.1f}" if total else "-", str(calls), kernel_name(kernel)))
        for kernel, (calls, ns) in ranked[:_KERNELS]
    ]
    more = len(ranked) - len(body)
    if more:
        left = sum(ns for _, (_, ns) in ranked[_KERNELS:])
        body.append(Row((duration(left / 1e9), f"{100 * left / total:.1f}" if total else "-", "", f"{more} more")))
    columns = (Column("time", numeric=True), Column("%"), Column("calls"), Column("kernel", numeric=False))
    return Table(f"{times.subject.name}: kernels of one forward pass, the longest first", columns, tuple(body))


def kernel_name(name: str) -> str:
    """A kernel's name without what a compiler put around it: its return type, template and call arguments."""
    before, name = "", name.replace("(anonymous namespace)::", "")
    while before != name:
        before, name = name, _TEMPLATES.sub("", name)
    short = name.removeprefix("void ").strip() or before
    return short if len(short) <= _KERNEL_NAME else f"{short[:_KERNEL_NAME]}..."


#: Of a forward pass of a batch; shares are of all layers that were timed.
_TIME_COLUMNS = (
    "time_batch",
    "time_mode",
    "time_method",
    "time_s",
    "time_p10_s",
    "time_p90_s",
    "time_n",
    "time_share",
    "madds_per_s",
    "bytes_per_s",
    "time_failed",
)


def layer_columns(report: Report) -> LayerColumns | None:
    """The columns of times in the CSV of layers; None where no parts were timed. JSON has the times of the whole."""
    times = {subject.name: part_times(subject) for subject in report.subjects}
    if not any(times.values()):
        return None
    return LayerColumns(_TIME_COLUMNS, lambda subject, layer: _time_cells(times[subject.name], layer))


def _time_cells(times: PartTimes | None, layer: Layer) -> list[object]:
    part = None if times is None else times.by_path.get(layer.path)
    if times is None or part is None:
        return [""] * len(_TIME_COLUMNS)
    where = [times.parts.batch, times.parts.mode, times.parts.method]
    if part.samples is None:
        return [*where, *[""] * (len(_TIME_COLUMNS) - len(where) - 1), part.failed]
    found, samples = times.works[layer.path], part.samples
    return [
        *where,
        samples.median,
        samples.p10,
        samples.p90,
        samples.n,
        times.share_of_time(found),
        or_empty(found.madds_per_second),
        or_empty(found.bytes_per_second),
        "",
    ]
