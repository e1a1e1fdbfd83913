"""The heatmap in a terminal: a coloured cell per G and L, the search space in brackets."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from muxprof.report.types import Heatmap, Report
from muxprof.spec import space
from muxprof.units import decimal_text, three_decimals

_CHEAPER, _DEARER = "black on rgb(244,165,150)", "black on rgb(170,205,230)"


def print_heatmap(report: Report, heat: Heatmap, console: Console) -> None:
    """The ratios at the report's C and metric."""
    console.print(
        Text(f"MUXConv / MobileNet: ratio of {heat.metric} at C = {heat.C}, K = {heat.K}{_where(heat)}", style="bold")
    )
    for band in _bands(heat, console.width):
        console.print()
        console.print(_table(heat, band), crop=False)
    console.print()
    for line in _legend(heat):
        console.print(Text(line))
    console.print(Text(f"counted: {report.convention.text}", style="dim"))


def _bands(heat: Heatmap, width: int) -> list[range]:
    """The columns, in as many bands as the terminal needs to show every number whole."""
    each = max(_width(heat, column) for column in range(len(heat.L_values))) + 2
    first = max(len("G \\ L"), *(len(str(group)) for group in heat.G_values)) + 2
    count = max(1, (width - first) // each)
    return [range(start, min(start + count, len(heat.L_values))) for start in range(0, len(heat.L_values), count)]


def _width(heat: Heatmap, column: int) -> int:
    """Characters of a column: its heading, and its longest number in brackets or parentheses."""
    at = heat.C_values.index(heat.C)
    numbers = (three_decimals(row[column]) for row in heat.ratios[heat.metric][at])
    return max(len(decimal_text(heat.L_values[column])), *(len(number) + 2 for number in numbers))


def _table(heat: Heatmap, columns: range) -> Table:
    at = heat.C_values.index(heat.C)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("G \\ L", justify="right", no_wrap=True, min_width=max(len(str(g)) for g in heat.G_values))
    for column in columns:
        heading = decimal_text(heat.L_values[column])
        table.add_column(heading, justify="right", no_wrap=True, min_width=_width(heat, column))
    for row, group in enumerate(heat.G_values):
        cells = [
            _cell(
                heat.ratios[heat.metric][at][row][column],
                heat.valid[at][row][column],
                _searched(group, heat.L_values[column]),
            )
            for column in columns
        ]
        table.add_row(str(group), *cells)
    return table


def _cell(value: float, valid: bool, searched: bool) -> Text:
    number = three_decimals(value) if valid else f"({three_decimals(value)})"
    text = f"[{number}]" if searched else f" {number} "
    return Text(text, style=_CHEAPER if value <= 1 else _DEARER)


def _searched(group: int, share: object) -> bool:
    return group in space.GROUPS and share in space.LEAVE_OUTS


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
