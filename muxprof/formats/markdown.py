"""Markdown: parts as pipe tables and paragraphs."""

from __future__ import annotations

from muxprof.document.parts import Listing, Part, Row, Table
from muxprof.document.view import View


def text(view: View) -> str:
    """The whole report as Markdown, ending in a newline."""
    return "\n\n".join([f"# {escaped(view.title)}", *map(_part, view.all_parts)]) + "\n"


def _part(part: Part) -> str:
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Listing):
        lines = "\n".join(f"- {escaped(label)}: `{line}`" for label, line in part.lines)
        return f"## {escaped(part.title)}\n\n{lines}"
    label = f"**{escaped(part.label)}:** " if part.label else ""
    return label + escaped(part.text)


def _table(table: Table) -> str:
    headings = " | ".join(escaped(column.heading) for column in table.columns)
    rules = " | ".join("---:" if column.numeric else "---" for column in table.columns)
    lines = [f"## {escaped(table.title)}", "", f"| {headings} |", f"| {rules} |", *map(_row, table.rows)]
    return "\n".join(lines)


def _row(row: Row) -> str:
    bold = "**" if row.emphasis in ("total", "group") else ""
    cells = [f"{bold}{escaped(cell)}{bold}" if cell else "" for cell in row.cells]
    cells[0] = "&nbsp;&nbsp;" * row.indent + cells[0]
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """``text`` as Markdown that shows it as it is."""
    text = text.replace("\n", " ")
    for character in "\\|*_<>":
        text = text.replace(character, f"\\{character}")
    return text
