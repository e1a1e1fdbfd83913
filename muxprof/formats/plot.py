"""Pictures by plotly: plotly.js comes along, so that they ask nothing of any server."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from muxprof.formats.theme import FONT, INK

#: What plotly.js is drawn with on every page.
CONFIG = {
    "responsive": True,
    "displaylogo": False,
    "displayModeBar": False,
    "showSendToCloud": False,
    "scrollZoom": False,
    "doubleClick": False,
}

#: The layout that every picture starts from.
LAYOUT: dict[str, Any] = {
    "template": go.layout.Template(),
    "font": {"family": FONT, "size": 14, "color": INK},
    "paper_bgcolor": "white",
    "plot_bgcolor": "white",
    "hoverlabel": {"font": {"size": 14, "family": FONT}, "align": "left"},
}


def fragment(figure: go.Figure) -> Markup:
    """The figure as a piece of HTML that brings plotly.js with it."""
    return Markup(figure.to_html(full_html=False, include_plotlyjs=True, config=CONFIG))  # plotly escapes its texts


def script() -> Markup:
    """plotly.js, to stand in a script element."""
    return Markup(get_plotlyjs())


def data(figure: go.Figure) -> dict[str, Any]:
    """The traces (``data``) and the ``layout`` of a figure as plain values, for a script that draws them."""
    made: dict[str, Any] = json.loads(figure.to_json())
    return {"data": made["data"], "layout": made["layout"]}
