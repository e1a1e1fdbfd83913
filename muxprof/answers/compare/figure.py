"""Networks as points: params against MAdds, by plotly."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from muxprof.answers.report import Report
from muxprof.formats import plot
from muxprof.formats.theme import ACCENT, LINE
from muxprof.units import grouped


def figure(report: Report) -> go.Figure:
    """A labelled point per network, on logarithmic axes; hovering tells its exact counts."""
    subjects = report.subjects
    made = go.Figure(
        go.Scatter(
            x=[subject.totals.madds for subject in subjects],
            y=[subject.totals.params.total for subject in subjects],
            text=[subject.name for subject in subjects],
            customdata=[
                (
                    grouped(subject.totals.params.total),
                    grouped(subject.totals.madds),
                    "x".join(map(str, subject.input_shape[1:])),
                )
                for subject in subjects
            ],
            mode="markers+text",
            textposition="top center",
            marker={"size": 12, "color": ACCENT, "line": {"color": "white", "width": 1.5}},
            hovertemplate="<b>%{text}</b> on %{customdata[2]}<br>%{customdata[0]} params<br>"
            "%{customdata[1]} MAdds<extra></extra>",
            cliponaxis=False,
        )
    )
    totals = [subject.totals for subject in subjects]
    made.update_layout(
        plot.LAYOUT,
        xaxis=_axis("MAdds per image", [total.madds for total in totals]),
        yaxis=_axis("params", [total.params.total for total in totals]),
        height=520,
        margin={"l": 90, "r": 40, "t": 30, "b": 60},
        showlegend=False,
    )
    return made


def _axis(title: str, values: list[int]) -> dict[str, Any]:
    """A logarithmic axis with room around ``values``, and round numbers on it."""
    low, high = math.log10(min(values)), math.log10(max(values))
    margin = max(0.08, 0.08 * (high - low))
    steps = (1, 1.5, 2, 3, 4, 5, 7) if high - low < 1 else (1, 2, 5)
    ticks = [int(step * 10**power) for power in range(int(low) - 1, int(high) + 2) for step in steps]
    return {
        "type": "log",
        "title": {"text": title},
        "range": [low - margin, high + margin],
        "tickvals": ticks,
        "ticktext": [_tick(tick) for tick in ticks],
        "gridcolor": LINE,
        "zeroline": False,
    }


def _tick(value: int) -> str:
    for prefix, scale in (("G", 10**9), ("M", 10**6), ("K", 10**3)):
        if value >= scale:
            return f"{value / scale:g} {prefix}"
    return str(value)


def fragment(report: Report) -> str:
    """The figure as HTML that brings plotly.js along and asks nothing of any server."""
    return plot.fragment(figure(report))
