"""Figure 4 of the supplement as a plotly figure: cells, the search space in a black box, and the line of ratio 1.

Rows and columns are positions 0, 1, 2, ... with the values of G and L as tick labels. The break-even line stands in the
same coordinates: between columns it is placed linearly in L, between rows in the logarithm of G, and half a cell beyond
the outermost columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import plotly.graph_objects as go

from muxprof.answers.heatmap.types import Heatmap
from muxprof.dims import shown
from muxprof.document.metrics import METRICS
from muxprof.errors import BadInput
from muxprof.formats.plot import LAYOUT
from muxprof.formats.theme import FONT
from muxprof.spec import table1
from muxprof.units import decimal_text, three_decimals

#: Ratios from which on the colour stays the same; halfway between them, at exactly 1, red turns into blue.
LOW, HIGH = 0.0, 2.0
#: The step comes right above 1, so that exactly 1 is still red, as in the paper.
_STEP = 0.5 + 1e-12
COLOURS = (
    (0.0, "rgb(143,10,29)"),
    (0.25, "rgb(214,77,67)"),
    (0.5, "rgb(250,199,180)"),
    (_STEP, "rgb(200,224,240)"),
    (0.75, "rgb(79,148,200)"),
    (1.0, "rgb(10,62,122)"),
)

#: Numbers are white on the dark ends of the scale and dark between them; the contrast changes sides at these ratios.
WHITE_UP_TO, WHITE_FROM = 0.49, 1.62
DARK = "#10151c"

#: With more of them, numbers would be too small to read and are left to the hover text.
_MAX_ROWS_WITH_NUMBERS, _MAX_COLUMNS_WITH_NUMBERS = 32, 20
_MARGIN = {"l": 84, "r": 24, "t": 88, "b": 116}

HOVER = (
    "<b>ratio %{z:.6f}</b><br>C = %{customdata[0]}, G = %{customdata[1]}, L = %{customdata[2]}<br>"
    "C_hat = %{customdata[3]} of %{customdata[0]} channels%{customdata[4]}<extra></extra>"
)
#: Stands in cells at which no block exists where they are too small for numbers.
MARK = "×"


def figure(heat: Heatmap, C: int | None = None, metric: str | None = None) -> go.Figure:
    """The heatmap for one ``C`` and ``metric``, by default those of ``heat``; :class:`BadInput` for one it lacks.

    Traces carry ``meta``: ``cells``, ``halo`` and ``line`` (break-even), ``box``, ``numbers``, ``note``. The ``z`` of
    the cells are the ratios, unrounded; the ``text`` of the numbers is what is read in the cells, row by row.
    """
    C = heat.C if C is None else C
    metric = heat.metric if metric is None else metric
    if C not in heat.C_values:
        raise BadInput(f"C = {shown(C)} is not in this heatmap; it has {', '.join(map(str, heat.C_values))}.")
    if metric not in heat.ratios:
        raise BadInput(f"metric = {shown(metric)} is not in this heatmap; it has {', '.join(heat.ratios)}.")
    c = heat.C_values.index(C)
    reasons = notes(heat, c)
    line = line_points(heat, c, metric)
    return go.Figure(
        [
            _cells(heat, c, metric, reasons),
            _line(line, "halo"),
            _line(line, "line"),
            _box(boxes(heat.G_values, heat.L_values)),
            _numbers(heat, heat.ratios[metric][c], reasons),
            _note(heat, any(map(any, reasons))),
        ],
        {
            **LAYOUT,
            "title": title_at_the_top(heading(heat, C, metric), 20, 32),
            "xaxis": _axis("<b>L</b>, leave-out ratio", list(map(decimal_text, heat.L_values))),
            "yaxis": _axis("<b>G</b>, channels per group", list(map(str, heat.G_values)), downwards=True),
            "legend": {
                **_at("x", 0, "paper", "left"),
                **_at("y", 0, "container", "bottom"),
                "orientation": "h",
                "font": {"size": 14},
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "margin": _MARGIN,
            "height": height(heat, _MARGIN, rows_between=(20, 62), least=180, usual=620),
            "dragmode": False,
        },
    )


def names(heat: Heatmap) -> dict[str, str]:
    """What the metrics of a heatmap are called."""
    return {metric: METRICS[metric].title for metric in heat.ratios}


def numbered(heat: Heatmap) -> bool:
    """Whether the cells are large enough for numbers."""
    return len(heat.G_values) <= _MAX_ROWS_WITH_NUMBERS and len(heat.L_values) <= _MAX_COLUMNS_WITH_NUMBERS


def notes(heat: Heatmap, c: int) -> list[list[str]]:
    """Why no block exists, for every cell at one C, as plotly's markup; empty where one does."""
    C = heat.C_values[c]
    columns = [(lost_channels(C, L, heat.E), heat.E * (1 - L) * C) for L in heat.L_values]
    return [
        [
            "" if there else f"<br><i>No such block: {lost or undivided(G, middle)}.</i>"
            for (lost, middle), there in zip(columns, row, strict=True)
        ]
        for G, row in zip(heat.G_values, heat.valid[c], strict=True)
    ]


def lost_channels(C: int, L: Fraction, E: Fraction) -> str:
    """Why there are no two blocks to compare, whatever G is; empty where there are."""
    if C % 2:
        return f"the channel shuffle in 2 groups needs an even C, not {C}"
    C_hat = (1 - L) * C
    for name, channels in (("C_hat", C_hat), ("E · C", E * C), ("E · C_hat", E * C_hat)):
        if channels.denominator != 1:
            return f"{name} = {decimal_text(channels)} is no whole number"
    return ""


def undivided(G: int, middle: Fraction) -> str:
    """Why there is no group convolution; empty where there is one."""
    return f"G = {G} does not divide E · C_hat = {middle}" if middle % G else ""


def line_points(heat: Heatmap, c: int, metric: str) -> tuple[list[float], list[float]]:
    """The break-even line as (columns, rows); empty where there are no two rows or columns to place it between."""
    xs: list[float] = []
    ys: list[float] = []
    if len(heat.G_values) < 2 or len(heat.L_values) < 2:
        return xs, ys
    columns = [float(L) for L in heat.L_values]
    rows = [math.log(G) for G in heat.G_values]
    placed = [(_position(L, columns), _position(math.log(G), rows)) for G, L in heat.break_even[metric][c]]
    left, right = -0.5, len(columns) - 0.5
    for index, (x, y) in enumerate(placed):
        if left <= x <= right:
            xs.append(x)
            ys.append(y)
        # Where the line leaves the figure between two points, it ends on the edge.
        if index + 1 < len(placed):
            x2, y2 = placed[index + 1]
            for edge in (left, right):
                if min(x, x2) < edge < max(x, x2):
                    xs.append(edge)
                    ys.append(y + (edge - x) / (x2 - x) * (y2 - y))
    return xs, ys


def _position(value: float, ticks: Sequence[float]) -> float:
    """Where ``value`` stands among ascending ``ticks`` at 0, 1, 2, ..., on the outermost steps' lines beyond them."""
    step = sum(tick <= value for tick in ticks[1:-1])
    return step + (value - ticks[step]) / (ticks[step + 1] - ticks[step])


def boxes(G_values: Sequence[int], L_values: Sequence[Fraction]) -> list[tuple[int, int, int, int]]:
    """The search space's cells as rectangles (first row, last row, first column, last column).

    One where they lie side by side; cells in between that the search space does not have are never inside.
    """
    rows = _runs(index for index, G in enumerate(G_values) if G in table1.GROUPS)
    columns = _runs(index for index, L in enumerate(L_values) if L in table1.LEAVE_OUTS)
    return [(*row, *column) for row in rows for column in columns]


def _runs(indices: Iterable[int]) -> list[tuple[int, int]]:
    """Consecutive indices as (first, last)."""
    runs: list[tuple[int, int]] = []
    for index in indices:
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs


def overlay(role: str, x: Sequence[float | None], y: Sequence[float | None], **more: Any) -> go.Scatter:
    """Something drawn above the cells, whose ``meta`` says what it is."""
    return go.Scatter({"meta": role, "x": x, "y": y, "hoverinfo": "skip", "mode": "lines", **more})


def number_colour(ratio: float) -> str:
    """What is read well on the colour of a cell."""
    return "white" if ratio <= WHITE_UP_TO or ratio >= WHITE_FROM else DARK


def heading(heat: Heatmap, C: int, metric: str) -> str:
    """Title and subtitle as plotly's markup."""
    title = f"{names(heat)[metric]}: MUXConv ÷ MobileNet block, C = {C}"
    return f'{title}<br><span style="font-size:14px">red: at most 1. {_symbols(heat, metric)}.</span>'


def title_at_the_top(text: str, size: int, above: int) -> dict[str, Any]:
    """The title of a figure, flush left, ``above`` pixels from its upper edge."""
    return {
        **_at("x", 0, "container"),
        **_at("y", 1, "container", "top"),
        "text": text,
        "font": {"size": size},
        "pad": {"t": above, "l": 28},
    }


def height(heat: Heatmap, margin: Mapping[str, int], rows_between: tuple[int, int], least: int, usual: int) -> int:
    """The height of a figure: its rows share the ``usual`` height as far as they are not too low or too high."""
    low, high = rows_between
    rows = len(heat.G_values)
    return margin["t"] + margin["b"] + max(least, min(high, max(low, usual // rows)) * rows)


def _at(axis: str, where: float, of: str, anchor: str | None = None) -> dict[str, Any]:
    """Where a text stands along an axis, in parts of the "paper" or of the "container"."""
    return {axis: where, f"{axis}ref": of, **({} if anchor is None else {f"{axis}anchor": anchor})}


def _symbols(heat: Heatmap, metric: str) -> str:
    """What else the ratios depend on."""
    E, K = f"E = {decimal_text(heat.E)}", f"K = {heat.K}"
    if metric in ("params", "madds"):
        return f"{K}; any E, H and W"
    return f"{E}; any C, G, K, H and W" if metric == "activations" else f"{E}, {K}, H × W = {heat.H} × {heat.W}"


def _cells(heat: Heatmap, c: int, metric: str, reasons: list[list[str]]) -> go.Heatmap:
    return go.Heatmap(
        meta="cells",
        z=[list(row) for row in heat.ratios[metric][c]],
        customdata=[
            [
                [heat.C_values[c], G, decimal_text(L), decimal_text((1 - L) * heat.C_values[c]), reason]
                for L, reason in zip(heat.L_values, why, strict=True)
            ]
            for G, why in zip(heat.G_values, reasons, strict=True)
        ],
        hovertemplate=HOVER,
        zmin=LOW,
        zmid=(LOW + HIGH) / 2,
        zmax=HIGH,
        colorscale=[list(stop) for stop in COLOURS],
        xgap=2,
        ygap=2,
        colorbar={
            "title": {"text": "ratio", "side": "top"},
            "tickvals": [0, 0.5, 1, 1.5, 2],
            "ticktext": ["0", "0.5", "<b>1</b>", "1.5", "≥ 2"],
            "thickness": 18,
            "outlinewidth": 0,
            "len": 1,
            "lenmode": "fraction",
        },
    )


def _numbers(heat: Heatmap, ratios: Sequence[Sequence[float]], reasons: list[list[str]]) -> go.Scatter:
    """The text of the cells, above the line that may pass through them; in small ones only a mark for no block."""
    rows, columns = range(len(ratios)), range(len(ratios[0]))
    large = numbered(heat)

    def text(ratio: float, reason: str) -> str:
        number = three_decimals(ratio) if large else MARK if reason else ""
        return f"({number})" if large and reason else number

    return overlay(
        "numbers",
        [column for _ in rows for column in columns],
        [row for row in rows for _ in columns],
        text=[text(ratios[row][column], reasons[row][column]) for row in rows for column in columns],
        mode="text",
        textfont={
            "size": _number_size(len(columns)),
            "family": FONT,
            "color": [number_colour(ratio) for row in ratios for ratio in row],
        },
        showlegend=False,
    )


def _number_size(columns: int) -> int:
    """A font size at which a number fits its cell, some 60 pixels wide or more for few columns."""
    return 18 if columns <= 6 else 14 if columns <= 9 else 11 if columns <= 13 else 9


def _line(points: tuple[list[float], list[float]], role: str) -> go.Scatter:
    """The break-even line, or its light border, which keeps it visible on dark cells."""
    border = role == "halo"
    return overlay(
        role,
        *points,
        name="ratio = 1 (cheaper to the right)",
        line={"color": "white", "width": 6} if border else {"color": "black", "width": 2.5, "dash": "6px,3px"},
        legendgroup="line",
        showlegend=not border,
    )


def _box(rectangles: list[tuple[int, int, int, int]]) -> go.Scatter:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for top, bottom, left, right in rectangles:
        # Starting and ending in the middle of a side, so that all four corners are joined.
        middle = (left + right) / 2
        xs += [middle, right + 0.5, right + 0.5, left - 0.5, left - 0.5, middle, None]
        ys += [top - 0.5, top - 0.5, bottom + 0.5, bottom + 0.5, top - 0.5, top - 0.5, None]
    return overlay(
        "box",
        xs,
        ys,
        name="the paper's search space",
        line={"color": "black", "width": 5},
        showlegend=bool(rectangles),
    )


def _note(heat: Heatmap, visible: bool) -> go.Scatter:
    """An entry of the legend, for cells at which no block exists."""
    return overlay(
        "note",
        [None],
        [None],
        name=f"{'(0.000)' if numbered(heat) else MARK}: no such block exists",
        mode="markers",
        marker={"color": "rgba(0,0,0,0)"},
        visible=visible,
        showlegend=True,
    )


def _axis(name: str, labels: list[str], downwards: bool = False) -> dict[str, Any]:
    """Positions with labels; a little wider than the cells, so that a box around them is not cut off."""
    padding = 0.5 + 0.006 * len(labels)
    low, high = -padding, len(labels) - 1 + padding
    return {
        "title": {"text": name, "font": {"size": 16}, "standoff": 10},
        "tickmode": "array",
        "tickvals": list(range(len(labels))),
        "ticktext": labels,
        "tickfont": {"size": 16 if len(labels) <= 24 else 10},
        "ticks": "",
        "range": [high, low] if downwards else [low, high],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
