"""The measured heatmap as plotly figures: ratios of MAdds and of time in the same cells, colours and box.

The measured panel is the analytic one with other values in its cells and without the line of ratio 1, so that nothing
else can differ between them. In both, a bright frame marks the cell in which they disagree most.
"""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go

from muxprof.answers.heatmap import figure as drawn
from muxprof.answers.heatmap import words
from muxprof.answers.heatmap.measured import Compared, Measured, Untimed
from muxprof.formats.theme import QUIET
from muxprof.measurements import Samples
from muxprof.units import decimal_text, duration, three_decimals

#: Of the figure with both panels.
WIDTH = 1280

PROMISED_TITLE = "What the MAdds promise"
MEASURED_TITLE = "What the clock says"
LINE_NAME = "equally many MAdds (fewer to the right)"
METRIC = "madds"

#: The frame around the cell that disagrees most, and how far inside the cell it stands.
FRAME, _INSET = "#ffd21f", 0.06
_HOVER = "%{customdata[0]}<extra></extra>"

#: Up to so many columns there is room for how far the clock is from the MAdds.
_MAX_COLUMNS_WITH_FACTORS, _MAX_ROWS_WITH_FACTORS = 6, 12

#: Widths of a letter that a cell's text takes.
CHARACTERS = 4.6

_PANEL_MARGIN = {"l": 72, "r": 8, "t": 8, "b": 64}
_MARGIN = {"l": 84, "r": 24, "t": 156, "b": 112}
#: Where the panels and the scale of colours stand in the figure with both.
_LEFT, _RIGHT, _SCALE = (0.0, 0.43), (0.52, 0.95), 0.965


def panels(view: Measured) -> tuple[go.Figure, go.Figure]:
    """Both panels, without titles, legend and scale: the ratios of MAdds, and those of time.

    Traces carry the ``meta`` of :func:`muxprof.answers.heatmap.figure.figure`, and ``most`` is the frame.
    """
    promised = drawn.figure(view.heat, metric=METRIC)
    promised.add_trace(_frame(view))
    promised.update_layout(title=None, showlegend=False, margin=_PANEL_MARGIN, height=_height(view, _PANEL_MARGIN))
    promised.update_traces(showscale=False, selector={"meta": "cells"})
    timed = go.Figure(promised)
    timed.update_traces(
        z=[[cell.median if isinstance(cell, Compared) else None for cell in row] for row in view.rows],
        customdata=[[[_hover(view, g, column)] for column in range(len(row))] for g, row in enumerate(view.rows)],
        hovertemplate=_HOVER,
        hoverongaps=True,
        selector={"meta": "cells"},
    )
    for role in ("halo", "line"):
        timed.update_traces(x=[], y=[], selector={"meta": role})
    cells = [cell for row in view.rows for cell in row]
    numbered = drawn.numbered(view.heat)
    timed.update_traces(
        text=[_text(view, cell) if numbered else _mark(cell) for cell in cells],
        textfont_color=[drawn.number_colour(cell.median) if isinstance(cell, Compared) else QUIET for cell in cells],
        selector={"meta": "numbers"},
    )
    return promised, timed


def figure(view: Measured) -> go.Figure:
    """Both panels side by side with titles, scale and legend."""
    promised, timed = panels(view)
    made = go.Figure(promised.data, promised.layout)
    for trace in timed.data:
        made.add_trace(trace.update(xaxis="x2", yaxis="y2", showlegend=False))
    made.update_traces(legendgroup=None)
    made.update_traces(
        showscale=True, colorbar_x=_SCALE, colorbar_xanchor="left", selector={"meta": "cells", "xaxis": "x2"}
    )
    made.update_traces(name=LINE_NAME, selector={"meta": "line"})
    axes = {
        "xaxis": {"domain": _LEFT},
        "xaxis2": {**promised.layout.xaxis.to_plotly_json(), "domain": _RIGHT, "anchor": "y2"},
        "yaxis2": {**promised.layout.yaxis.to_plotly_json(), "anchor": "x2", "title": None},
    }
    made.update_layout(
        **axes,
        showlegend=True,
        margin=_MARGIN,
        height=_height(view, _MARGIN),
        title=_title(view),
        annotations=[
            _heading(_LEFT, PROMISED_TITLE, "ratio of MAdds"),
            _heading(_RIGHT, MEASURED_TITLE, f"ratio of time, {view.grid.mode}"),
        ],
    )
    return made


def where(view: Measured) -> str:
    """Device, mode, batch and symbols, as plain text."""
    heat, grid = view.heat, view.grid
    return (
        f"{grid.conditions.device}, {grid.mode}, {grid.setting.dtype}, batch {grid.setting.batches[0]}; "
        f"E = {decimal_text(heat.E)}, K = {heat.K}, H × W = {heat.H} × {heat.W}"
    )


def _title(view: Measured) -> dict[str, Any]:
    """What the figure shows, where it was timed, and where the two disagree most."""
    interrupted = " (interrupted)" * view.grid.partial
    lines = [
        f"<b>MUXConv ÷ MobileNet block at C = {view.heat.C}{interrupted}</b>",
        _small(f"{escape(where(view), quote=False)}. Red: at most 1."),
    ]
    if view.cells:
        lines.append(_small(escape(words.most_text(view), quote=False)))
    return drawn.title_at_the_top("<br>".join(lines), 22, 30)


def _small(text: str) -> str:
    return f'<span style="font-size:15px">{text}</span>'


def _heading(domain: tuple[float, float], name: str, of: str) -> dict[str, Any]:
    """The title of a panel, above it."""
    return {
        "text": f'<b>{name}</b>  <span style="color:{QUIET}">{of}</span>',
        "font": {"size": 17},
        "x": domain[0],
        "y": 1,
        "yshift": 10,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _height(view: Measured, margin: dict[str, int]) -> int:
    return drawn.height(view.heat, margin, rows_between=(22, 88), least=200, usual=640)


def _frame(view: Measured) -> go.Scatter:
    """Around the cell in which the clock and the MAdds disagree most."""
    xs: list[float] = []
    ys: list[float] = []
    if view.cells:
        first, half = view.ranked[0], 0.5 - _INSET
        column, row = view.heat.L_values.index(first.L), view.heat.G_values.index(first.G)
        xs = [column + half * side for side in (0, 1, 1, -1, -1, 0)]
        ys = [row + half * side for side in (-1, -1, 1, 1, -1, -1)]
    return drawn.overlay(
        "most", xs, ys, name="they disagree most", line={"color": FRAME, "width": 4}, showlegend=bool(xs)
    )


def _text(view: Measured, cell: Compared | Untimed | None) -> str:
    """What stands in a cell."""
    if isinstance(cell, Compared):
        number = "~" * cell.noisy + three_decimals(cell.median)
        if len(view.heat.L_values) > _MAX_COLUMNS_WITH_FACTORS or len(view.heat.G_values) > _MAX_ROWS_WITH_FACTORS:
            return number
        return f'{number}<br><span style="font-size:0.65em">{words.factor(cell.disagreement)}× promised</span>'
    return "–" if cell is None else "?" if cell.failed is None else "failed"


def _mark(cell: Compared | Untimed | None) -> str:
    """The same where there is no room for more than a mark."""
    return "" if isinstance(cell, Compared) else drawn.MARK if cell is None else "?" if cell.failed is None else "!"


def _hover(view: Measured, g: int, column: int) -> str:
    """All about a cell, as plotly's markup."""
    heat = view.heat
    G, L, cell = heat.G_values[g], heat.L_values[column], view.rows[g][column]
    place = f"C = {heat.C}, G = {G}, L = {decimal_text(L)}"
    if cell is None:
        return place + drawn.notes(heat, heat.C_values.index(heat.C))[g][column]
    if isinstance(cell, Untimed):
        why = "The clock was interrupted before." if cell.failed is None else f"Failed: {cell.failed.rstrip('.')}."
        return f"{place}<br><i>{escape(why, quote=False)}</i>"
    return "<br>".join(
        (
            f"<b>ratio of time {cell.median:.4f}</b>{', noisy' * cell.noisy}",
            place,
            f"p10 to p90: {cell.p10:.4f} to {cell.p90:.4f}, spread {100 * cell.spread:.1f} %, n = {cell.n}",
            f"MUXConv: {_samples(cell.muxconv)}",
            f"MobileNet: {_samples(cell.mobilenet)}",
            f"ratio of MAdds {cell.promised:.4f}: {words.promise_text(cell)}",
        )
    )


def _samples(samples: Samples) -> str:
    against = f"; {'; '.join(samples.warnings)}" if samples.warnings else f", spread {100 * samples.spread:.1f} %"
    return f"{duration(samples.median, samples.p90 - samples.p10)}{against}"
