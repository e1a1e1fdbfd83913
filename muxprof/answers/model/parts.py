"""What ``muxprof model`` shows: the tree, the totals by kind, and what was published."""

from __future__ import annotations

from dataclasses import replace

from muxprof.document.amounts import unit_name, work_text
from muxprof.document.parts import Column, Part, Row, Table, Text
from muxprof.document.published import comparable, deviation
from muxprof.document.tree import LAYER_LEVEL, Node, by_kind, rows, tree
from muxprof.document.types import Report, Subject, TracedFacts
from muxprof.records import UNKNOWN, Cost
from muxprof.spec.networks import Network
from muxprof.units import bytes_text, grouped, percent, scaled


def model_parts(report: Report) -> list[Part]:
    """Everything about the networks but the check."""
    parts: list[Part] = []
    for subject in report.subjects:
        parts += [
            Text(_heading(subject), "network"),
            _tree_table(report, subject),
            _kind_table(report, subject),
            _totals(report, subject),
            *_published(subject),
        ]
    return parts


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
    unit = unit_name(report)
    columns = (
        Column("module", numeric=False),
        Column("what", numeric=False, optional=True),
        Column("output"),
        Column("params"),
        Column(unit),
        Column(f"%\n{unit}"),
        Column("activ."),
        Column("traffic"),
        Column("%\ntraffic", optional=True),
    )
    total = root.cost
    make_row = _tree_row if subject.traced is None else _module_row
    body = [make_row(report, node, total) for node in rows(root, depth)]
    body.append(replace(make_row(report, replace(root, path="total", label=""), total), indent=0, emphasis="total"))
    by = f"{depth} modules deep" if depth.isdigit() else f"by {depth}"
    return Table(f"{subject.name} {by}", columns, tuple(body))


def _module_row(report: Report, node: Node, total: Cost) -> Row:
    """A module or an op of a traced model, below the module that has it."""
    name = node.path.rpartition(".")[2]
    cells = _tree_cells(report, name, node.label, node, total)
    shape = "x".join(map(str, node.out_shape))
    # The MAdds of an unknown op are not zero: nobody knows them.
    madds = cells[4:6] if node.complete else (f">={cells[4]}" if node.cost.madds else "?", "?")
    whole = (*cells[:2], shape, cells[3], *madds, *cells[6:])
    return Row(whole, node.level - 1, "group" if node.children and node.level == 1 else "plain")


def _tree_row(report: Report, node: Node, total: Cost) -> Row:
    is_layer = not node.children
    name = node.path if node.level < LAYER_LEVEL else node.path.split(".", 2 if "." in node.path else 0)[-1]
    indent = min(node.level, LAYER_LEVEL) - 1
    cells = _tree_cells(report, name, node.label, node, total)
    return Row(cells, indent, "plain" if is_layer or node.level > 1 else "group")


def _tree_cells(report: Report, name: str, label: str, node: Node, total: Cost) -> tuple[str, ...]:
    cost = node.cost
    return (
        name,
        label,
        "x".join(map(str, node.out_shape[1:])),
        grouped(cost.params.total),
        work_text(report, cost.madds),
        percent(cost.madds, total.madds),
        scaled(cost.activations),
        bytes_text(cost.traffic_bytes),
        percent(cost.traffic_bytes, total.traffic_bytes),
    )


def _kind_table(report: Report, subject: Subject) -> Table:
    unit, total = unit_name(report), subject.totals
    columns = (
        Column("kind", numeric=False),
        Column("layers"),
        Column("params"),
        Column(unit),
        Column(f"%\n{unit}"),
        Column("activ."),
        Column("traffic"),
        Column("%\ntraffic", optional=True),
    )
    body = [
        Row(
            (
                kind,
                str(count),
                grouped(cost.params.total),
                "?" if kind == UNKNOWN else work_text(report, cost.madds),
                "?" if kind == UNKNOWN else percent(cost.madds, total.madds),
                scaled(cost.activations),
                bytes_text(cost.traffic_bytes),
                percent(cost.traffic_bytes, total.traffic_bytes),
            )
        )
        for kind, (count, cost) in by_kind(subject).items()
    ]
    return Table("By kind", columns, tuple(body))


def _totals(report: Report, subject: Subject) -> Text:
    total, kinds = subject.totals, subject.totals.params
    per_image, per_batch = ("", "") if subject.traced is not None else (" per image", " per batch")
    other = f", other {grouped(kinds.other)}" if kinds.other else ""
    return Text(
        f"{grouped(kinds.total)} params (conv {grouped(kinds.conv)}, linear {grouped(kinds.linear)}, "
        f"bias {grouped(kinds.bias)}, norm {grouped(kinds.norm)}{other}); "
        f"{'' if subject.complete else 'at least '}{work_text(report, total.madds)} {unit_name(report)}{per_image}; "
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
