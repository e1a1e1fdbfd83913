"""What ``muxprof block`` shows: the terms, the price of moving data, the break-even, the formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from muxprof.answers.block.answer import MOBILENET, MUXCONV, terms
from muxprof.answers.report import Report
from muxprof.document.metrics import Metric, in_unit
from muxprof.document.parts import Part, Row, Table, Text, columns
from muxprof.records import Cost
from muxprof.spec import MuxBlock
from muxprof.units import decimal_text, ratio_text

_COSTLESS = Cost()


def title(_report: Report) -> str:
    """What the report is about."""
    return "MUXConv block beside the MobileNet block"


def parts(report: Report) -> list[Part]:
    """The terms of both blocks, the price of moving data, the break-even."""
    metrics = in_unit(report.convention.unit)
    return [
        Text(_symbols(report), "block"),
        _table(report, "Compute", [metric for metric in metrics if metric.group == "compute"]),
        _table(report, "Data", [metric for metric in metrics if metric.group == "data"]),
        *_break_even(report),
    ]


def _symbols(report: Report) -> str:
    a = report.arguments
    spatial = ",".join(map(str, a["S"])) or "none"
    settings = f"S = {spatial}, norm {'on' if a['norm'] else 'off'}, SE {_ratio(a['se']) if a['se'] else 'off'}"
    mux = report.subject(MUXCONV).spec
    assert isinstance(mux, MuxBlock)
    return (
        f"C = {a['C']}, E = {_ratio(a['E'])}, G = {a['G']}, L = {_ratio(a['L'])}, K = {a['K']}, "
        f"H x W = {a['H']} x {a['W']}, {settings}, batch {a['batch']}. "
        f"MUXConv processes {mux.processed} of {mux.channels} channels, {mux.middle} in the middle."
    )


def _ratio(text: str) -> str:
    return decimal_text(Fraction(text))


def _term_names(arguments: Any) -> dict[str, str]:
    size = f"{arguments['K']}x{arguments['K']}"
    return {
        "expand": "expand 1x1",
        "conv": f"conv {size}",
        "project": "project 1x1",
        "se": "squeeze-excite",
        "norm": "norm",
        "act": "activation",
        "moves": "data moves",
    }


def _table(report: Report, name: str, metrics: Sequence[Metric]) -> Table:
    """A row per term that has any of some metrics, for both blocks, and their ratio."""
    blocks = {"MUXConv": report.subject(MUXCONV), "MobileNet": report.subject(MOBILENET)}
    by_term = [terms(subject) for subject in blocks.values()]
    rows = []
    for term, label in _term_names(report.arguments).items():
        costs = [found.get(term, _COSTLESS) for found in by_term]
        if any(metric.read(cost) for metric in metrics for cost in costs):
            rows.append(Row((label, *_cells(metrics, costs))))
    rows.append(Row(("total", *_cells(metrics, [subject.totals for subject in blocks.values()])), emphasis="total"))
    headings = [f"{block}\n{metric.heading}" for block in blocks for metric in metrics]
    headings += [f"ratio\n{metric.short}" for metric in metrics]
    return Table(name, columns("<term", *headings), tuple(rows))


def _cells(metrics: Sequence[Metric], costs: Sequence[Cost]) -> Iterator[str]:
    for cost in costs:
        yield from (metric.full(metric.read(cost)) for metric in metrics)
    for metric in metrics:
        ours, theirs = map(metric.read, costs)
        yield ratio_text(Fraction(ours, theirs) if theirs else None)


def _break_even(report: Report) -> list[Part]:
    even, a = report.break_even, report.arguments
    if even is None:
        return []
    beside = " (the three convolutions alone)" if a["norm"] or a["se"] else ""
    smallest = (
        "no valid L is cheaper"
        if even.valid_leave_out is None
        else f"the smallest such L that is valid: {decimal_text(even.valid_leave_out)}"
    )
    over_L = f"at C = {a['C']}, G = {a['G']}, K = {a['K']} MUXConv is cheaper for L > {even.leave_out:.4f}; {smallest}."
    largest = (
        "no valid G is cheaper" if even.valid_group is None else f"the largest such G that is valid: {even.valid_group}"
    )
    over_G = (
        f"at C = {a['C']}, L = {_ratio(a['L'])}, K = {a['K']} MUXConv is cheaper for G < {float(even.group):.4f}; "
        f"{largest}."
    )
    return [Text(over_L, f"break-even in L{beside}"), Text(over_G, f"break-even in G{beside}")]
