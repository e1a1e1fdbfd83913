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
    console.print()
    console.print(_table(heat))
    console.print()
    for line in _legend(heat):
        console.print(Text(line))
    console.print(Text(f"counted: {report.convention.text}", style="dim"))


def _table(heat: Heatmap) -> Table:
    at = heat.C_values.index(heat.C)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column("G \\ L", justify="right")
    for share in heat.L_values:
        table.add_column(decimal_text(share), justify="right", no_wrap=True)
    for row, group in enumerate(heat.G_values):
        cells = [
            _cell(heat.ratios[heat.metric][at][row][column], heat.valid[at][row][column], _searched(group, share))
            for column, share in enumerate(heat.L_values)
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
