"""What ``muxprof block`` shows: the terms, the price of moving data, the break-even, the formulas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from muxprof.answers.block.answer import MOBILENET, MUXCONV, terms
from muxprof.document.amounts import unit_name, work_text
from muxprof.document.parts import Column, Listing, Part, Row, Table, Text
from muxprof.document.types import Report
from muxprof.records import Cost
from muxprof.spec import MuxBlock
from muxprof.units import bytes_text, decimal_text, grouped, ratio_text

_COSTLESS = Cost()


def block_parts(report: Report) -> list[Part]:
    """Everything about the two blocks but the check."""
    return [
        Text(_symbols(report), "block"),
        _compute_table(report),
        _data_table(report),
        *_break_even(report),
        *_formulas(report),
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


def _compute_table(report: Report) -> Table:
    unit = unit_name(report)
    mux, mobilenet = (terms(report.subject(name)) for name in (MUXCONV, MOBILENET))
    rows = []
    for term, name in _term_names(report.arguments).items():
        ours, theirs = mux.get(term, _COSTLESS), mobilenet.get(term, _COSTLESS)
        if ours.params.total or theirs.params.total:
            rows.append(Row(_compute_cells(report, name, ours, theirs)))
    totals = (report.subject(name).totals for name in (MUXCONV, MOBILENET))
    rows.append(Row(_compute_cells(report, "total", *totals), emphasis="total"))
    headings = (
        "MUXConv\nparams",
        f"MUXConv\n{unit}",
        "MobileNet\nparams",
        f"MobileNet\n{unit}",
        "ratio\nparams",
        f"ratio\n{unit}",
    )
    return Table("Compute", (Column("term", numeric=False), *map(Column, headings)), tuple(rows))


def _compute_cells(report: Report, name: str, ours: Cost, theirs: Cost) -> tuple[str, ...]:
    return (
        name,
        grouped(ours.params.total),
        work_text(report, ours.madds),
        grouped(theirs.params.total),
        work_text(report, theirs.madds),
        _quotient(ours.params.total, theirs.params.total),
        _quotient(ours.madds, theirs.madds),
    )


def _data_table(report: Report) -> Table:
    mux, mobilenet = (terms(report.subject(name)) for name in (MUXCONV, MOBILENET))
    rows = [
        Row(_data_cells(name, mux.get(term, _COSTLESS), mobilenet.get(term, _COSTLESS)))
        for term, name in _term_names(report.arguments).items()
        if term in mux or term in mobilenet
    ]
    totals = (report.subject(name).totals for name in (MUXCONV, MOBILENET))
    rows.append(Row(_data_cells("total", *totals), emphasis="total"))
    headings = (
        "MUXConv\nactivations",
        "MUXConv\ntraffic",
        "MobileNet\nactivations",
        "MobileNet\ntraffic",
        "ratio\nactiv.",
        "ratio\ntraffic",
    )
    return Table("Data", (Column("term", numeric=False), *map(Column, headings)), tuple(rows))


def _data_cells(name: str, ours: Cost, theirs: Cost) -> tuple[str, ...]:
    return (
        name,
        grouped(ours.activations),
        bytes_text(ours.traffic_bytes),
        grouped(theirs.activations),
        bytes_text(theirs.traffic_bytes),
        _quotient(ours.activations, theirs.activations),
        _quotient(ours.traffic_bytes, theirs.traffic_bytes),
    )


def _quotient(ours: int, theirs: int) -> str:
    return ratio_text(Fraction(ours, theirs) if theirs else None)


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


def _formulas(report: Report) -> list[Part]:
    if not report.formulas:
        return []
    a = report.arguments
    plain = not (a["S"] or a["se"] or a["norm"])
    title = "Formulas" if plain else "Formulas of the three convolutions, without S, SE and norm"
    return [Listing(title, tuple((formula.name, formula.text) for formula in report.formulas))]
