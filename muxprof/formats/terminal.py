"""The terminal: parts printed by rich, at any width, with and without colour."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from muxprof.document.parts import Emphasis, Grid, GridCell, Listing, Part, Picture, Row, Table, Text
from muxprof.document.sections import PHASES, Phase
from muxprof.document.table import resolved
from muxprof.document.view import View
from muxprof.formats import bars as terminal_bars

_STYLES: dict[Emphasis, str] = {
    "plain": "",
    "group": "bold",
    "total": "bold",
    "good": "green",
    "bad": "bold red",
    "highlight": "bold yellow",
}

_TONES = {"": "", "low": "black on rgb(244,165,150)", "high": "black on rgb(170,205,230)"}

#: What draws a picture on a console, by the name of its type.
_PICTURES = {"Density": "muxprof.formats.density:draw"}
#: Below this many columns, optional columns are left out.
_WIDE = 110
_SVG_WIDTH = 120
#: The characters of units that are not ASCII.
_ASCII = str.maketrans({"µ": "u", "°": "", "█": "#", "·": "."})
#: Columns between two columns of a table.
_GAP = 2


def print_phase(view: View, phase: Phase, console: Console) -> None:
    """The parts of a phase: the title above the answer, an empty line above what follows."""
    parts = view.parts(phase)
    if phase == "answer":
        console.print(RichText(view.title, style="bold"))
    elif parts:
        console.print()
    print_parts(parts, console)


def svg(view: View) -> str:
    """The whole report as a picture of a terminal, 120 columns wide; fonts are those of the viewer."""
    console = Console(record=True, width=_SVG_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for phase in PHASES:
        print_phase(view, phase, console)
    picture = console.export_svg(title=f"muxprof {view.report.command}")
    # rich names web fonts in its pictures; a picture of ours asks nothing of any server.
    return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", picture)


def print_parts(parts: Sequence[Part], console: Console) -> None:
    """The parts, with an empty line between all but paragraphs; some other parts end as paragraphs do."""
    before: Part | None = None
    for part in map(_in_ascii, parts) if console.options.ascii_only else parts:
        if before is not None and not (isinstance(part, Text) and _ends_in_text(before)):
            console.print()
        if isinstance(part, Table) and part.long:
            _long_table(part, console)
        elif isinstance(part, Table):
            console.print(_table(part, console), crop=False)
        elif isinstance(part, Grid):
            _grid(part, console)
        elif isinstance(part, Picture):
            resolved(_PICTURES[type(part).__name__])(part, console)
        elif isinstance(part, Listing):
            _listing(part, console)
        else:
            _paragraph(part, console)
        before = part


def _ends_in_text(part: Part) -> bool:
    return isinstance(part, Text | Grid | Picture) or (isinstance(part, Table) and part.long)


def _in_ascii(part: Part) -> Part:
    """The part with units that a terminal without Unicode can print."""
    if isinstance(part, Table):
        rows = tuple(replace(row, cells=tuple(cell.translate(_ASCII) for cell in row.cells)) for row in part.rows)
        return replace(part, rows=rows)
    return replace(part, text=part.text.translate(_ASCII)) if isinstance(part, Text) else part


def _listing(part: Listing, console: Console) -> None:
    console.print(RichText(part.title, style="bold"))
    for label, line in part.lines:
        console.print(RichText(label, style="cyan"))
        console.print(RichText(f"    {line}"), soft_wrap=True)


def _paragraph(part: Text, console: Console) -> None:
    label = RichText(f"{part.label}: " if part.label else "", style="bold cyan" if part.label else "")
    dim = part.label in ("counted", "note")
    label.append(part.text, style="not bold " + ("dim default" if dim else _STYLES[part.emphasis] or "default"))
    console.print(label)


def _table(table: Table, console: Console) -> RichTable:
    kept = [index for index, column in enumerate(table.columns) if console.width >= _WIDE or not column.optional]
    made = _bare_table(table.title)
    for index in kept:
        column = table.columns[index]
        # The first column and numbers are never cut or wrapped, however narrow the terminal.
        fixed = column.numeric or index == 0
        made.add_column(
            RichText(column.heading),
            justify="right" if column.numeric else "left",
            no_wrap=fixed,
            min_width=max(len(cell) for cell in _lines(table, index)) if fixed else None,
            overflow="fold",
        )
    taken = sum(max(map(len, _lines(table, index))) + _GAP for index in kept)
    bars = terminal_bars.of(table.bars, console, taken)
    if bars is not None:
        made.add_column(bars.heading, no_wrap=True)
    for number, row in enumerate(table.rows):
        if row.emphasis == "total":
            made.add_section()
        if row.apart:
            made.add_row()
        cells = [RichText(_cell(row, index), _STYLES[row.tones[index]] if row.tones else "") for index in kept]
        made.add_row(*cells, *([] if bars is None else [bars.cells[number]]), style=_STYLES[row.emphasis])
    return made


def _grid(grid: Grid, console: Console) -> None:
    """The cells, in as many bands of columns as are needed to show every text whole, and the legend."""
    if grid.title:
        console.print(RichText(grid.title, style="bold"))
    first = max(map(len, (grid.corner, *grid.rows)))
    widths = [max(map(len, (name, *(_framed(row[at]) for row in grid.cells)))) for at, name in enumerate(grid.columns)]
    room = max(1, (console.width - first - _GAP) // (max(widths) + _GAP))
    for start in range(0, len(widths), room):
        band = range(start, min(start + room, len(widths)))
        made = _bare_table()
        made.add_column(grid.corner, justify="right", no_wrap=True, min_width=first)
        for at in band:
            made.add_column(RichText(grid.columns[at]), justify="right", no_wrap=True, min_width=widths[at])
        for label, row in zip(grid.rows, grid.cells, strict=True):
            made.add_row(label, *(RichText(_framed(row[at]), style=_TONES[row[at].tone]) for at in band))
        console.print()
        console.print(made, crop=False)
    console.print()
    for line in grid.legend_for("Red", "[ ]"):
        console.print(RichText(line))


def _framed(cell: GridCell) -> str:
    return f"[{cell.text}]" if cell.framed else f" {cell.text} "


def _bare_table(title: str | None = None) -> RichTable:
    return RichTable(
        title=None if title is None else RichText(title, style="bold"),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def _long_table(table: Table, console: Console) -> None:
    """A line for each row, printed at once: rich's own tables take minutes for many thousands of rows."""
    widths = [max(map(len, _lines(table, index))) for index in range(len(table.columns))]

    def line(cells: Iterable[str]) -> str:
        each = zip(cells, widths, table.columns, strict=True)
        return "  ".join(cell.rjust(width) if column.numeric else cell.ljust(width) for cell, width, column in each)

    headings = (column.heading for column in table.columns)
    console.print(RichText(f"{table.title}\n{line(headings).rstrip()}", style="bold"), soft_wrap=True)
    console.print(RichText("\n".join(line(row.cells).rstrip() for row in table.rows)), soft_wrap=True)


def _lines(table: Table, index: int) -> list[str]:
    return [*table.columns[index].heading.split("\n"), *(_cell(row, index) for row in table.rows)]


def _cell(row: Row, index: int) -> str:
    return "  " * row.indent + row.cells[0] if index == 0 else row.cells[index]
