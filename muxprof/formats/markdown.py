"""Markdown: parts as pipe tables and paragraphs."""

from __future__ import annotations

from collections.abc import Iterable

from muxprof.document.parts import Grid, GridCell, Listing, PlainPart, Row, Table
from muxprof.document.view import View


def text(view: View) -> str:
    """The whole report as Markdown, ending in a newline."""
    return "\n\n".join([f"# {escaped(view.title)}", *map(_part, view.all_parts)]) + "\n"


def _part(part: PlainPart) -> str:
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Grid):
        return _grid(part)
    if isinstance(part, Listing):
        lines = "\n".join(f"- {escaped(label)}: `{line}`" for label, line in part.lines)
        return f"## {escaped(part.title)}\n\n{lines}"
    label = f"**{escaped(part.label)}:** " if part.label else ""
    return label + escaped(part.text)


def _table(table: Table) -> str:
    rules = ["---:" if column.numeric else "---" for column in table.columns]
    headings = [escaped(column.heading) for column in table.columns]
    return "\n".join([f"## {escaped(table.title)}", "", *map(_line, (headings, rules, *map(_row, table.rows)))])


def _grid(grid: Grid) -> str:
    """The cells, low ones in bold and framed ones in brackets, and the legend."""
    title = [f"## {escaped(grid.title)}", ""] if grid.title else []
    rows = ([escaped(label), *map(_grid_cell, cells)] for label, cells in zip(grid.rows, grid.cells, strict=True))
    head = list(map(escaped, (grid.corner, *grid.columns)))
    legend = (escaped(line) for line in grid.legend_for("Bold", "[ ]"))
    return "\n".join([*title, *map(_line, (head, ["---:"] * len(head), *rows)), *(f"\n{line}" for line in legend)])


def _grid_cell(cell: GridCell) -> str:
    text = escaped(f"[{cell.text}]" if cell.framed else cell.text)
    return f"**{text}**" if cell.tone == "low" else text


def _row(row: Row) -> list[str]:
    bold = "**" if row.emphasis in ("total", "group") else ""
    cells = [f"{bold}{escaped(cell)}{bold}" if cell else "" for cell in row.cells]
    return ["&nbsp;&nbsp;" * row.indent + cells[0], *cells[1:]]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """``text`` as Markdown that shows it as it is."""
    text = text.replace("\n", " ")
    for character in "\\|*_<>":
        text = text.replace(character, f"\\{character}")
    return text
