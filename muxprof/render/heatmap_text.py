"""The heatmap as CSV (all of it) and as Markdown (what is shown first)."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

from muxprof.errors import BadInput
from muxprof.records import METRICS
from muxprof.render import heatmap_figure as drawn
from muxprof.report.types import Heatmap, Report
from muxprof.units import decimal_text


def csv_text(report: Report) -> str:
    """A row per cell: C, G, L, whether the block exists, and every metric's ratio, unrounded."""
    heat = _heatmap(report)
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["C", "G", "L", "valid", *METRICS])
    for c, C in enumerate(heat.C_values):
        for g, G in enumerate(heat.G_values):
            for column, L in enumerate(heat.L_values):
                valid = "true" if heat.valid[c][g][column] else "false"
                writer.writerow([C, G, _plain(L), valid, *(heat.ratios[name][c][g][column] for name in METRICS)])
    return sink.getvalue()


def markdown_text(report: Report) -> str:
    """The table at the report's C and metric: bold where MUXConv costs no more, in parentheses if no block exists."""
    heat = _heatmap(report)
    c = heat.C_values.index(heat.C)
    reasons = drawn.notes(heat, c)
    lines = [
        f"**{drawn.title(heat.C, heat.metric)}** ({drawn.subtitle(heat, heat.metric)})",
        "",
        "| " + " | ".join(["G \\ L", *map(decimal_text, heat.L_values)]) + " |",
        "|" + " ---: |" * (len(heat.L_values) + 1),
    ]
    for G, ratios, why in zip(heat.G_values, heat.ratios[heat.metric][c], reasons, strict=True):
        lines.append("| " + " | ".join([str(G), *map(_cell, ratios, why)]) + " |")
    lines += ["", "Bold: at most 1, MUXConv costs no more."]
    if any(map(any, reasons)):
        lines[-1] += (
            " In parentheses: no such block exists; a fraction of a channel would be left, or G does not divide."
        )
    lines += ["", report.convention.text]
    return "\n".join(lines) + "\n"


def _cell(ratio: float, reason: str) -> str:
    text = drawn.cell_text(ratio, reason)
    return f"**{text}**" if ratio <= 1 else text


def _plain(L: Fraction) -> str:
    """A number that any program reads: the exact decimal where there is a short one, else the nearest float."""
    text = decimal_text(L)
    return repr(float(L)) if "/" in text else text


def _heatmap(report: Report) -> Heatmap:
    if report.heatmap is None:
        raise BadInput(f"a {report.command} report holds no heatmap.")
    return report.heatmap
