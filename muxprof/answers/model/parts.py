"""What ``muxprof model`` shows: the tree, the totals by kind, and what was published."""

from __future__ import annotations

from dataclasses import replace

from muxprof.answers.report import Report
from muxprof.document.metrics import cells, in_unit, madds_in, metric_columns
from muxprof.document.parts import Emphasis, Part, Row, Table, Text, columns
from muxprof.document.published import comparable, deviation
from muxprof.document.tree import LAYER_LEVEL, Node, by_kind, rows, short_name, tree
from muxprof.document.types import Subject, TracedFacts
from muxprof.records import UNKNOWN, Shape
from muxprof.spec.networks import Network
from muxprof.units import bytes_text, grouped


def title(report: Report) -> str:
    """What the report is about."""
    timed = ", time" * (report.subjects[0].timing is not None)
    return f"{report.subjects[0].name}: params, MAdds, activations, traffic{timed}"


def parts(report: Report) -> list[Part]:
    """The tree of every network, its totals by kind, and what was published."""
    made: list[Part] = []
    for subject in report.subjects:
        made += [
            Text(_heading(subject), "network"),
            _tree_table(report, subject),
            _kind_table(report, subject),
            _totals(report, subject),
            *_published(subject),
        ]
    return made


def _heading(subject: Subject) -> str:
    if subject.traced is not None:
        return f"{subject.name} on {_inputs(subject.traced)}, {subject.provenance}."
    shape = " x ".join(map(str, subject.input_shape))
    return f"{subject.name} on {shape}, from: {subject.provenance}."


def _inputs(facts: TracedFacts) -> str:
    texts = []
    for given in facts.inputs:
        name = "" if given.name is None else f"{given.name} = "
        texts.append(name + " x ".join(map(str, given.shape)) + ("" if given.dtype is None else f" {given.dtype}"))
    return ", ".join(texts) or "no input"


def _tree_table(report: Report, subject: Subject) -> Table:
    root = tree(subject)
    depth: str = report.arguments.get("depth", "block")
    metrics = in_unit(report.convention.unit)
    leading = columns("<module", "<?what", "output")
    place = _place if subject.traced is None else _module_place

    def row(node: Node) -> Row:
        name, shape, indent, emphasis = place(node)
        numbers = cells(metrics, node.cost, root.cost, node.complete)
        return Row((name, node.label, "x".join(map(str, shape)), *numbers), indent, emphasis)

    whole = row(replace(root, path="total", label=""))
    body = (*map(row, rows(root, depth)), replace(whole, indent=0, emphasis="total"))
    by = f"{depth} modules deep" if depth.isdigit() else f"by {depth}"
    return Table(f"{subject.name} {by}", (*leading, *metric_columns(metrics)), body)


def _module_place(node: Node) -> tuple[str, Shape, int, Emphasis]:
    """Name, shape, indentation and emphasis of a module or an op of a traced model, below the module that has it."""
    emphasis: Emphasis = "group" if node.children and node.level == 1 else "plain"
    return node.path.rpartition(".")[2], node.out_shape, node.level - 1, emphasis


def _place(node: Node) -> tuple[str, Shape, int, Emphasis]:
    """The same of a stage, block or layer of a network; its shape is that of one image."""
    emphasis: Emphasis = "group" if node.children and node.level == 1 else "plain"
    return short_name(node), node.out_shape[1:], min(node.level, LAYER_LEVEL) - 1, emphasis


def _kind_table(report: Report, subject: Subject) -> Table:
    metrics, total = in_unit(report.convention.unit), subject.totals
    body = (
        Row((kind, str(count), *cells(metrics, cost, total, kind != UNKNOWN)))
        for kind, (count, cost) in by_kind(subject).items()
    )
    return Table("By kind", (*columns("<kind", "layers"), *metric_columns(metrics)), tuple(body))


def _totals(report: Report, subject: Subject) -> Text:
    total, kinds = subject.totals, subject.totals.params
    madds = madds_in(report.convention.unit)
    per_image, per_batch = ("", "") if subject.traced is not None else (" per image", " per batch")
    other = f", other {grouped(kinds.other)}" if kinds.other else ""
    return Text(
        f"{grouped(kinds.total)} params (conv {grouped(kinds.conv)}, linear {grouped(kinds.linear)}, "
        f"bias {grouped(kinds.bias)}, norm {grouped(kinds.norm)}{other}); "
        f"{'' if subject.complete else 'at least '}{grouped(madds.read(total))} {madds.heading}{per_image}; "
        f"{grouped(total.activations)} activations{per_image}; {bytes_text(total.traffic_bytes)} traffic{per_batch}.",
        "total",
    )


def _published(subject: Subject) -> list[Part]:
    spec = subject.spec
    if not isinstance(spec, Network) or spec.published is None:
        return []
    published, cost = spec.published, subject.totals
    if not comparable(subject):
        height, width = spec.resolution
        return [
            Text(
                f"{published.params} params, {published.madds} MAdds at {height}x{width} and 1000 classes "
                f"({published.source}); not comparable with this input or head.",
                "published",
            )
        ]
    return [
        Text(
            f"{published.params} params, {published.madds} MAdds ({published.source}). "
            f"Ours: {_against(cost.params.total, published.params, 'params')}; "
            f"{_against(cost.madds, published.madds, 'MAdds')}.",
            "published",
        )
    ]


def _against(count: int, printed: str, what: str) -> str:
    off = deviation(count, printed)
    if off == 0:
        return f"{grouped(count)} {what} rounds to {printed}"
    return f"{grouped(count)} {what} is {100 * float(off):+.2f} % from {printed}"
