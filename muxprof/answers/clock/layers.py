"""Where the time goes inside a subject: its modules, its kinds of layers, the ops without MAdds, the kernels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from muxprof.answers.clock.views import PartTimes, Work, part_times
from muxprof.answers.report import Report
from muxprof.document.metrics import madds_in
from muxprof.document.parts import Bars, Emphasis, Part, Row, Table, Text, columns
from muxprof.document.records import or_empty
from muxprof.document.tree import LAYER_LEVEL, Depth, Node, module_level, rows, short_name, tree
from muxprof.document.types import Layer
from muxprof.document.view import LayerColumns
from muxprof.measurements import ITEM_BYTES, Kernel
from muxprof.records import Cost
from muxprof.spec.blocks import MuxBlock
from muxprof.units import and_more, duration, percent, share_text, three_digits

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
    return [*parts, *_not_timed(times, name), *_kernel_parts(times, name, _depth(report) == "layer")]


def _depth(report: Report) -> Depth:
    """A block has no stages and blocks in it."""
    depth: Depth = report.arguments.get("depth", "layer" if _is_block(report) else "block")
    return depth


def _is_block(report: Report) -> bool:
    return isinstance(report.subjects[0].spec, MuxBlock)


def _table(
    report: Report, title: str, headings: tuple[str, str], body: list[Row], shares: list[tuple[float, float] | None]
) -> Table:
    """A table with times, shares and rates behind two columns of its own, and a bar for each of ``shares``."""
    unit = madds_in(report.convention.unit).heading
    heads = columns(*headings, "time", "%\ntime", f"%\n{unit}", f"G{unit}/s", "GB/s")
    return Table(title, heads, tuple(body), Bars(("time", unit), tuple(shares)))


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


def _module_table(report: Report, times: PartTimes) -> Table:
    parts, depth = times.parts, _depth(report)
    body: list[Row] = []
    shares: list[tuple[float, float] | None] = []
    for node in rows(tree(times.subject), depth):
        found = times.below(node)
        name, indent = _name(report, node)
        emphasis: Emphasis = "group" if node.children and node.level == 1 else "plain"
        body.append(Row((name, node.label, *_work_cells(report, times, found)), indent, emphasis))
        # A bar for a stage would dwarf those of the blocks below it.
        has_rows_below = any(child.level <= module_level(depth) for child in node.children)
        shares.append(None if has_rows_below else _shares(times, found))
    body.append(Row(("total", "", *_work_cells(report, times, times.total)), emphasis="total"))
    title = (
        f"{times.subject.name}: parts by {depth} ({parts.mode}, batch {parts.batch}, "
        f"{'timed in place' if parts.method == 'in place' else 'each timed alone'})"
    )
    return _table(report, title, ("<module", "<?what"), body, [*shares, None])


def _name(report: Report, node: Node) -> tuple[str, int]:
    """What a module is called below its parents, and how deep it stands."""
    if _is_block(report):
        return node.path.rsplit(".", 1)[-1], node.path.count(".")
    return short_name(node), min(node.level, LAYER_LEVEL) - 1


def _kind_table(report: Report, times: PartTimes) -> Table:
    body = [Row((kind, str(found.layers), *_work_cells(report, times, found))) for kind, found in times.kinds.items()]
    shares = [_shares(times, found) for found in times.kinds.values()]
    return _table(report, f"{times.subject.name}: where the time goes, by kind", ("<kind", "layers"), body, shares)


def _without_madds(times: PartTimes, name: str) -> Iterator[Text]:
    """The price of everything that a count of multiply-adds leaves out."""
    kinds = {kind: found for kind, found in times.without_madds.items() if found.timed}
    if not kinds:
        return
    layers = sum(found.timed for found in kinds.values())
    share = sum(times.share_of_time(found) for found in kinds.values())
    ranked = [f"{kind} {share_text(times.share_of_time(found))}" for kind, found in kinds.items()]
    listed = and_more(ranked, _NAMED, ", ")
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
        body = [Row((part.path, part.failed or ""), emphasis="bad") for part in times.failed[:_FAILURES]]
        if len(times.failed) > _FAILURES:
            body.append(Row((f"... and {len(times.failed) - _FAILURES} more", "")))
        yield Table(f"{name}: parts that could not be timed", columns("<part", "<why"), tuple(body))
    if times.missing:
        yield Text(f"{and_more(times.missing, _NAMED)}.", f"{name}: not timed", "bad")


def _kernel_parts(times: PartTimes, name: str, by_layer: bool) -> Iterator[Part]:
    """The kernels of every layer where layers are shown, else the longest of all; and what they sum up to."""
    found = times.kernels
    if not found:
        return
    yield _by_layer(times) if by_layer else _longest(times)
    text = f"{duration(_seconds(chain(*found.values())))} in kernels"
    beside = sum(times.works[path].seconds for path in found)
    if beside:
        share = share_text(_seconds(chain(*found.values())) / beside)
        text += f", {share} of the {duration(beside)} that these {len(found)} parts take"
    yield Text(f"{text}.", f"{name}: sum of the kernels")


def _seconds(kernels: Iterable[Kernel]) -> float:
    return sum(kernel.ns for kernel in kernels) / 1e9


def _by_layer(times: PartTimes) -> Table:
    body = []
    for path, kernels in times.kernels.items():
        own, calls = times.works[path], sum(kernel.calls for kernel in kernels)
        taken = duration(own.seconds, own.scatter) if own.timed else "-"
        only = kernel_name(kernels[0].name) if len(kernels) == 1 else ""
        cells = (path, str(calls), duration(_seconds(kernels)), taken, only)
        body.append(Row(cells, emphasis="plain" if only else "group"))
        if not only:
            body += [
                Row(("", str(each.calls), duration(_seconds([each])), "", kernel_name(each.name)), 1)
                for each in kernels
            ]
    heads = columns("<layer", "calls", "kernels", "part", "<kernel")
    return Table(f"{times.subject.name}: kernels of one forward pass", heads, tuple(body))


def _longest(times: PartTimes) -> Table:
    by_name: dict[str, Kernel] = {}
    for kernel in chain(*times.kernels.values()):
        before = by_name.get(kernel.name, Kernel(kernel.name, 0, 0))
        by_name[kernel.name] = Kernel(kernel.name, before.calls + kernel.calls, before.ns + kernel.ns)
    ranked = sorted(by_name.values(), key=lambda kernel: -kernel.ns)
    total = sum(kernel.ns for kernel in ranked)
    shown = [(kernel.ns, str(kernel.calls), kernel_name(kernel.name)) for kernel in ranked[:_KERNELS]]
    left = ranked[_KERNELS:]
    if left:
        shown.append((sum(kernel.ns for kernel in left), "", f"{len(left)} more"))
    body = tuple(Row((duration(ns / 1e9), percent(ns, total), calls, name)) for ns, calls, name in shown)
    heads = columns("time", "%", "calls", "<kernel")
    return Table(f"{times.subject.name}: kernels of one forward pass, the longest first", heads, body)


def kernel_name(name: str) -> str:
    """A kernel's name without what a compiler put around it: its return type, template and call arguments."""
    before, name = "", name.replace("(anonymous namespace)::", "")
    while before != name:
        before, name = name, _TEMPLATES.sub("", name)
    short = name.removeprefix("void ").strip() or before
    return short if len(short) <= _KERNEL_NAME else f"{short[:_KERNEL_NAME]}..."


#: What a time is of, and the time of a forward pass of a batch; shares are of all layers that were timed.
_WHERE = ("time_batch", "time_mode", "time_method")
_TIMES = ("time_s", "time_p10_s", "time_p90_s", "time_n", "time_share", "madds_per_s", "bytes_per_s")
_TIME_COLUMNS = (*_WHERE, *_TIMES, "time_failed")


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
        return [*where, *[""] * len(_TIMES), part.failed]
    found, samples = times.works[layer.path], part.samples
    rates = or_empty(found.madds_per_second), or_empty(found.bytes_per_second)
    return [*where, samples.median, samples.p10, samples.p90, samples.n, times.share_of_time(found), *rates, ""]
