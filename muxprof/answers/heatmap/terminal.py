"""The heatmap in a terminal: a coloured cell per G and L, the search space in brackets; where it was timed, twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from muxprof.answers.heatmap import words
from muxprof.answers.heatmap.measured import Compared, Measured, Untimed, measured
from muxprof.answers.heatmap.types import Heatmap
from muxprof.answers.report import Report
from muxprof.document.sections import Phase
from muxprof.document.view import View
from muxprof.formats.terminal import print_parts
from muxprof.spec import table1
from muxprof.units import decimal_text, three_decimals

_CHEAPER, _DEARER = "black on rgb(244,165,150)", "black on rgb(170,205,230)"


@dataclass(frozen=True)
class _Cell:
    """What stands in a cell, and its ratio, if it has one."""

    text: str
    ratio: float | None


_Cells: TypeAlias = Sequence[Sequence[_Cell]]


def title(report: Report) -> str:
    """What the ratios are of."""
    heat = report.heatmap
    assert heat is not None
    return f"MUXConv / MobileNet: ratio of {heat.metric} at C = {heat.C}, K = {heat.K}{_where(heat)}"


def print_phase(view: View, phase: Phase, console: Console) -> None:
    """The ratios at the report's C and metric, and where they were measured, those of time, with what they say."""
    heat: Heatmap = view.report.sections["heatmap"]
    if phase == "answer":
        console.print(Text(view.title, style="bold"))
        _print_heatmap(view, heat, console)
    found = measured(heat)
    if phase == "times" and found is not None:
        console.print()
        _print_measured(found, console)
        told = (words.caveats(found), words.conditions(found), words.findings(found))
        print_parts([part for parts in told for part in parts], console)


def _print_heatmap(view: View, heat: Heatmap, console: Console) -> None:
    at = heat.C_values.index(heat.C)
    _print_cells(
        heat,
        [
            [_counted(ratio, there) for ratio, there in zip(ratios, valid, strict=True)]
            for ratios, valid in zip(heat.ratios[heat.metric][at], heat.valid[at], strict=True)
        ],
        console,
    )
    for line in _legend(heat):
        console.print(Text(line))
    console.print(Text(f"counted: {view.report.convention.text}", style="dim"))


def _print_measured(view: Measured, console: Console) -> None:
    """The measured ratios in the same cells."""
    interrupted = " (interrupted)" if view.grid.partial else ""
    console.print(
        Text(f"MUXConv / MobileNet, measured: ratio of time at {words.measured_title(view)}{interrupted}", style="bold")
    )
    _print_cells(view.heat, [list(map(_timed, row)) for row in view.rows], console)
    for line in _measured_legend(view):
        console.print(Text(line))


def _print_cells(heat: Heatmap, cells: _Cells, console: Console) -> None:
    for band in _bands(heat, cells, console.width):
        console.print()
        console.print(_table(heat, cells, band), crop=False)
    console.print()


def _bands(heat: Heatmap, cells: _Cells, width: int) -> list[range]:
    """The columns, in as many bands as the terminal needs to show every number whole."""
    each = max(_width(heat, cells, column) for column in range(len(heat.L_values))) + 2
    first = max(len("G \\ L"), *(len(str(group)) for group in heat.G_values)) + 2
    count = max(1, (width - first) // each)
    return [range(start, min(start + count, len(heat.L_values))) for start in range(0, len(heat.L_values), count)]


def _width(heat: Heatmap, cells: _Cells, column: int) -> int:
    """Characters of a column: its heading, and its longest text in brackets."""
    return max(len(decimal_text(heat.L_values[column])), *(len(row[column].text) + 2 for row in cells))


def _table(heat: Heatmap, cells: _Cells, columns: range) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("G \\ L", justify="right", no_wrap=True, min_width=max(len(str(g)) for g in heat.G_values))
    for column in columns:
        heading = decimal_text(heat.L_values[column])
        table.add_column(heading, justify="right", no_wrap=True, min_width=_width(heat, cells, column))
    for group, row in zip(heat.G_values, cells, strict=True):
        shown = [_drawn(row[column], _searched(group, heat.L_values[column])) for column in columns]
        table.add_row(str(group), *shown)
    return table


def _counted(ratio: float, valid: bool) -> _Cell:
    number = three_decimals(ratio)
    return _Cell(number if valid else f"({number})", ratio)


def _timed(cell: Compared | Untimed | None) -> _Cell:
    if isinstance(cell, Compared):
        return _Cell("~" * cell.noisy + three_decimals(cell.median), cell.median)
    return _Cell("-" if cell is None else "?" if cell.failed is None else "failed", None)


def _drawn(cell: _Cell, searched: bool) -> Text:
    text = f"[{cell.text}]" if searched else f" {cell.text} "
    return Text(text, style="" if cell.ratio is None else _CHEAPER if cell.ratio <= 1 else _DEARER)


def _searched(group: int, share: object) -> bool:
    return group in table1.GROUPS and share in table1.LEAVE_OUTS


def _where(heat: Heatmap) -> str:
    if heat.metric in ("params", "madds"):
        return ""
    return f", E = {decimal_text(heat.E)}, H x W = {heat.H} x {heat.W}"


def _legend(heat: Heatmap) -> list[str]:
    at = heat.C_values.index(heat.C)
    lines = ["Red: ratio <= 1, MUXConv costs no more. [ ]: the search space of the supplement's Table 1."]
    if not all(all(row) for row in heat.valid[at]):
        lines.append("( ): no such block exists; a fraction of a channel would be left, or G does not divide.")
    if heat.metric in ("params", "madds"):
        lines.append("E, H and W cancel from this ratio.")
    return lines


def _measured_legend(view: Measured) -> list[str]:
    lines = ["Red: ratio <= 1, MUXConv takes no longer. [ ]: the search space. Medians of ratios taken in turns."]
    if any(cell is None for row in view.rows for cell in row):
        lines.append("-: no such block exists.")
    if view.missing:
        lines.append("?: not timed, the clock was interrupted before.")
    return lines
