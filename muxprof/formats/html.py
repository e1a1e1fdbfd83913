"""HTML: a self-contained page of parts, or a piece of one for notebooks. It asks nothing of any server."""

from __future__ import annotations

from html import escape

from muxprof.document.parts import Bars, Listing, Part, Row, Table
from muxprof.document.view import View

_STYLE = """
.muxprof { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: #1c2430; }
.muxprof h1 { font-size: 1.5rem; margin: 0 0 1rem; }
.muxprof h2 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
.muxprof .scroll { overflow-x: auto; }
.muxprof table { border-collapse: collapse; font-size: .87rem; }
.muxprof th, .muxprof td { padding: .2rem .8rem; text-align: left; border: 0; white-space: nowrap; background: none; }
.muxprof thead th { border-bottom: 2px solid #1c2430; vertical-align: bottom; font-weight: 600; }
.muxprof .n { text-align: right; font-variant-numeric: tabular-nums; }
.muxprof tbody tr:nth-child(even) { background: #f5f7fa; }
.muxprof tr.group td { font-weight: 600; }
.muxprof tr.total td { font-weight: 700; border-top: 1px solid #1c2430; }
.muxprof dd { margin: 0 0 .4rem 1.5rem; }
.muxprof .good { color: #116329; }
.muxprof .bad { color: #a40e26; font-weight: 600; }
.muxprof p { margin: .5rem 0; max-width: 75rem; }
.muxprof .label { font-weight: 600; color: #1f5f99; }
.muxprof p.highlight { background: #fff4e6; border-left: 4px solid #de7d2c; padding: .6rem 1rem; font-size: 1.05rem; }
.muxprof td.bars { min-width: 13rem; }
.muxprof .bar { display: block; height: .42rem; margin: .08rem 0; border-radius: 1px; }
.muxprof .first { background: #de7d2c; }
.muxprof .second { background: #4682be; }
.muxprof .key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>body {{ margin: 2rem auto; max-width: 80rem; padding: 0 1.5rem; }}{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(view: View) -> str:
    """The whole report as one file."""
    return _PAGE.format(title=escape(f"muxprof: {view.title}"), style=_STYLE, body=_body(view))


def fragment(view: View) -> str:
    """The whole report as a piece of HTML that brings its own style."""
    return f"<style>{_STYLE}</style>\n{_body(view)}"


def _body(view: View) -> str:
    content = "\n".join(map(_part, view.all_parts))
    return f'<div class="muxprof">\n<h1>{escape(view.title)}</h1>\n{"".join(view.figures())}{content}\n</div>'


def _part(part: Part) -> str:
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Listing):
        lines = "\n".join(f"<dt>{escape(label)}</dt><dd><code>{escape(line)}</code></dd>" for label, line in part.lines)
        return f"<h2>{escape(part.title)}</h2>\n<dl>\n{lines}\n</dl>"
    label = f'<span class="label">{escape(part.label)}:</span> ' if part.label else ""
    return f'<p class="{part.emphasis}">{label}{escape(part.text)}</p>'


def _table(table: Table) -> str:
    numeric = [column.numeric for column in table.columns]
    headings = "".join(_cell("th", column.heading, column.numeric) for column in table.columns)
    drawn = [""] * len(table.rows) if table.bars is None else _bars(table.bars)
    if table.bars is not None:
        headings += _bars_heading(table.bars)
    rows = "\n".join(_row(row, numeric, bars) for row, bars in zip(table.rows, drawn, strict=True))
    return (
        f"<h2>{escape(table.title)}</h2>\n"
        f'<div class="scroll"><table>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>'
    )


def _bars_heading(bars: Bars) -> str:
    first, second = map(escape, bars.names)
    return f'<th><i class="key first"></i>{first}<br><i class="key second"></i>{second}</th>'


def _bars(bars: Bars) -> list[str]:
    """A cell for every row; the longest bar fills it."""
    return [
        "<td></td>"
        if pair is None
        else '<td class="bars">'
        + "".join(
            f'<i class="bar {name}" style="width:{100 * share / bars.longest:.1f}%"></i>'
            for name, share in zip(("first", "second"), pair, strict=True)
        )
        + "</td>"
        for pair in bars.shares
    ]


def _row(row: Row, numeric: list[bool], bars: str) -> str:
    first = f'<td style="padding-left:{0.8 + 1.2 * row.indent:g}rem">{escape(row.cells[0])}</td>'
    rest = "".join(_cell("td", cell, right) for cell, right in zip(row.cells[1:], numeric[1:], strict=True))
    return f'<tr class="{row.emphasis}">{first}{rest}{bars}</tr>'


def _cell(tag: str, text: str, numeric: bool) -> str:
    kind = ' class="n"' if numeric else ""
    lines = "<br>".join(map(escape, text.split("\n")))
    return f"<{tag}{kind}>{lines}</{tag}>"
