"""All networks of a space by params and MAdds: a heatmap with its two margins, by plotly."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from muxprof.answers.space import types
from muxprof.document.metrics import METRICS
from muxprof.formats import plot
from muxprof.formats.theme import INK, LINE
from muxprof.spec.budgets import Bounds
from muxprof.units import grouped

_SCALE = "Viridis"


def figure(answer: types.Hist) -> go.Figure:
    """The heatmap, coloured by powers of ten; above it the sums by MAdds, beside it those by params."""
    x, y, counts = answer.x, answer.y, answer.counts
    columns, rows = _middles(x), _middles(y)
    by_row = [[counts[column][row] for column in range(x.bins)] for row in range(y.bins)]
    most = max(map(max, by_row))
    made = go.Figure()
    made.add_trace(
        go.Heatmap(
            x=columns,
            y=rows,
            z=[[math.log10(count) if count else None for count in line] for line in by_row],
            customdata=[
                [[_span(x, column), _span(y, row), grouped(count)] for column, count in enumerate(line)]
                for row, line in enumerate(by_row)
            ],
            hovertemplate="<b>%{customdata[2]}</b><br>MAdds %{customdata[0]}<br>params %{customdata[1]}<extra></extra>",
            hoverongaps=False,
            colorscale=_SCALE,
            zmin=0,
            zmax=math.log10(most) if most > 1 else 1,
            xgap=0.5,
            ygap=0.5,
            colorbar=_colours(most),
        )
    )
    made.add_trace(_margin(columns, [sum(column) for column in counts], x, "v"))
    made.add_trace(_margin(rows, [sum(line) for line in by_row], y, "h"))
    made.add_trace(_marks(answer))
    for shape in _budget(answer):
        made.add_shape(shape)
    made.update_layout(
        plot.LAYOUT,
        showlegend=False,
        bargap=0.08,
        margin={"l": 80, "r": 20, "t": 10, "b": 60},
        xaxis={**_axis("MAdds per image", _reach(answer, "x")), "domain": [0, 0.8]},
        yaxis={**_axis("params", _reach(answer, "y")), "domain": [0, 0.78]},
        xaxis2={"domain": [0, 0.8], "matches": "x", "anchor": "y2", "showticklabels": False, "gridcolor": LINE},
        yaxis2={"domain": [0.8, 1], "anchor": "x2", "showgrid": False, "showticklabels": False, "zeroline": False},
        xaxis3={"domain": [0.815, 0.95], "anchor": "y3", "showgrid": False, "showticklabels": False, "zeroline": False},
        yaxis3={"domain": [0, 0.78], "matches": "y", "anchor": "x3", "showticklabels": False, "gridcolor": LINE},
    )
    return made


def _middles(axis: types.Axis) -> list[float]:
    return [axis.start + (index + 0.5) * axis.width for index in range(axis.bins)]


def _span(axis: types.Axis, index: int) -> str:
    start = axis.start + index * axis.width
    return f"{grouped(start)} to {grouped(start + axis.width - 1)}"


def _axis(text: str, reach: list[float]) -> dict[str, Any]:
    return {
        "title": {"text": text},
        "range": reach,
        "gridcolor": LINE,
        "zeroline": False,
        "tickformat": "~s",
        "hoverformat": ",d",
        "fixedrange": True,
    }


def _reach(answer: types.Hist, which: str) -> list[float]:
    """The bins, and room for marks that lie beyond."""
    axis: types.Axis = getattr(answer, which)
    marks = [getattr(mark, axis.cost) for mark in answer.marks]
    low = min(axis.start, *marks) if marks else axis.start
    end = axis.start + axis.bins * axis.width
    high = max(end, *marks) if marks else end
    room = 0.04 * (high - low)
    return [low - room, high + room]


def _colours(most: int) -> dict[str, Any]:
    powers = list(range(int(math.log10(most)) + 1))
    return {
        "title": {"text": "networks<br>per cell"},
        "tickvals": powers,
        "ticktext": [_power(power) for power in powers],
        "len": 0.78,
        "y": 0,
        "yanchor": "bottom",
        "x": 0.96,
        "thickness": 14,
        "outlinewidth": 0,
    }


def _power(power: int) -> str:
    return str(10**power) if power < 2 else f"10<sup>{power}</sup>"


def _margin(at: list[float], sums: list[int], axis: types.Axis, orientation: str) -> go.Bar:
    data = {"customdata": [[_span(axis, index), grouped(total)] for index, total in enumerate(sums)]}
    hover = f"<b>%{{customdata[1]}}</b><br>{METRICS[axis.cost].heading} %{{customdata[0]}}<extra></extra>"
    common = {"marker": {"color": "#8fa9c4"}, "hovertemplate": hover, "orientation": orientation, **data}
    if orientation == "v":
        return go.Bar(x=at, y=sums, xaxis="x2", yaxis="y2", **common)
    return go.Bar(x=sums, y=at, xaxis="x3", yaxis="y3", **common)


def _marks(answer: types.Hist) -> go.Scatter:
    marks = answer.marks
    inside = ["in the space" if mark.contained else "not in the space" for mark in marks]
    return go.Scatter(
        x=[mark.madds for mark in marks],
        y=[mark.params for mark in marks],
        text=[_label(mark) for mark in marks],
        customdata=[
            [grouped(mark.params), grouped(mark.madds), where, mark.provenance]
            for mark, where in zip(marks, inside, strict=True)
        ],
        mode="markers+text",
        textposition="middle right",
        textfont={"size": 14, "color": INK, "shadow": "0 0 3px #fff, 0 0 3px #fff, 0 0 3px #fff, 0 0 2px #fff"},
        marker={
            "size": 13,
            "symbol": ["diamond" if mark.contained else "diamond-open" for mark in marks],
            "color": "#c4161c",
            "line": {"width": 3 if marks else 0, "color": "#c4161c"},
        },
        hovertemplate="%{text}, %{customdata[2]}<br>%{customdata[0]} params<br>%{customdata[1]} MAdds"
        "<br>%{customdata[3]}<extra></extra>",
        cliponaxis=False,
    )


def _label(mark: types.Mark) -> str:
    """Its name, and that it is a reconstruction where it is one."""
    return f"<b>{mark.name}</b>{', a reconstruction' if mark.provenance == 'reconstruction' else ''}"


def _budget(answer: types.Hist) -> list[dict[str, Any]]:
    """The box of the bounds, to the edges of the picture where there is none."""
    if not answer.budget:
        return []
    ends = {}
    for which in ("x", "y"):
        low, high = _reach(answer, which)
        bounds = answer.budget.get(getattr(answer, which).cost, Bounds())
        ends[which] = (low if bounds.low is None else bounds.low, high if bounds.high is None else bounds.high)
    return [
        {
            "type": "rect",
            "x0": ends["x"][0],
            "x1": ends["x"][1],
            "y0": ends["y"][0],
            "y1": ends["y"][1],
            "line": {"color": "#e8590c", "width": 3},
            "fillcolor": "rgba(0,0,0,0)",
        }
    ]
