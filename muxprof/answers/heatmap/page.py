"""What the pages of heatmaps are filled with: Figure 4 with a slider over C, and both ratios where it was timed.

The page with the slider holds all ratios; its script puts those of one C and metric into the figure that Python made.
Sentences are made here, not there.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from muxprof.answers.heatmap import answer as defaults
from muxprof.answers.heatmap import figure as drawn
from muxprof.answers.heatmap import measured_figure as both
from muxprof.answers.heatmap import words
from muxprof.answers.heatmap.measured import Compared, Measured, measured
from muxprof.answers.heatmap.types import Heatmap
from muxprof.document.parts import Column, Row, Table
from muxprof.document.types import Document
from muxprof.document.view import View
from muxprof.formats import plot
from muxprof.formats.html import rendered
from muxprof.measurements import Setting
from muxprof.spec import table1
from muxprof.units import decimal_text, duration, three_decimals

#: So many cells stand in the table, those that disagree most first.
_ROWS = 12


def page(shown: View) -> str:
    """The whole report as one file."""
    report = shown.report
    heat = _heatmap(report)
    view = measured(heat)
    values = {"report": report, "heat": heat, "command": command_text(report)}
    if view is None:
        return rendered("answers/heatmap/page.html", **values, E=decimal_text(heat.E), **live(heat))
    return rendered("answers/heatmap/measured.html", **values, **_measured(view))


def fragment(shown: View) -> str:
    """The figure at the report's C and metric as a piece of HTML that brings plotly.js with it."""
    heat = _heatmap(shown.report)
    view = measured(heat)
    return plot.fragment(drawn.figure(heat) if view is None else both.figure(view))


def live(heat: Heatmap) -> dict[str, Any]:
    """What ``live.html`` is filled with: the names of the metrics, and the data of its script."""
    return {"metrics": drawn.names(heat), "data": _data(heat)}


def command_text(report: Document) -> str:
    """The command that makes this report again; lists that are the usual ones are left out."""
    heat = _heatmap(report)
    metric = heat.metric if heat.measured is None else "latency"
    words = ["muxprof", report.command, "--metric", metric, "--C", str(heat.C)]
    for option, values, usual in (
        ("--C-values", heat.C_values, {*defaults.C_VALUES, heat.C}),
        ("--G", heat.G_values, defaults.G_VALUES),
        ("--L", heat.L_values, defaults.L_VALUES),
    ):
        if set(values) != set(usual):
            words += [option, ",".join(decimal_text(Fraction(value)) for value in values)]
    words += ["--E", decimal_text(heat.E), "--K", str(heat.K), "--H", str(heat.H), "--W", str(heat.W)]
    if heat.measured is not None:
        words += _clock_words(heat.measured.setting)
    return shlex.join(words)


def break_even_text(heat: Heatmap, c: int, metric: str) -> str:
    """From which L on MUXConv is the cheaper block, row by row, in words."""
    found = dict(heat.break_even[metric][c])
    bounds = [_bound_text(found.get(float(G))) for G in heat.G_values]
    start = f"{drawn.names(heat)[metric]} at C\u00a0=\u00a0{heat.C_values[c]}: MUXConv is cheaper"
    if len(set(bounds)) == 1:
        return f"{start} {bounds[0]}, at every G."
    rows = (f"at G\u00a0=\u00a0{G} {bound}" for G, bound in zip(heat.G_values, bounds, strict=True))
    return f"{start} {'; '.join(rows)}."


def box_text(heat: Heatmap, c: int, metric: str) -> str:
    """How many choices of the search space cost no more than the MobileNet block."""
    ratios = [
        ratio
        for G, row in zip(heat.G_values, heat.ratios[metric][c], strict=True)
        for L, ratio in zip(heat.L_values, row, strict=True)
        if G in table1.GROUPS and L in table1.LEAVE_OUTS
    ]
    if not ratios:
        return "No cell shown is in the paper's search space."
    cheaper = sum(ratio <= 1 for ratio in ratios)
    cells = "1 cell" if len(ratios) == 1 else f"{len(ratios)} cells"
    return f"In the paper's search space (the box), the ratio is at most 1 in {cheaper} of {cells}."


def _heatmap(report: Document) -> Heatmap:
    found: Heatmap = report.sections["heatmap"]
    return found


def _bound_text(bound: float | None) -> str:
    """The L from which on; without any, even the smallest block costs more than the MobileNet block."""
    if bound is None:
        return "for no L"
    return f"for L\u00a0>\u00a0{three_decimals(bound) if bound >= 0.01 else format(bound, '.2g')}"


def _clock_words(setting: Setting) -> list[str]:
    """The timing options that ask for this again."""
    words = ["--device", setting.device, "--batch", str(setting.batches[0]), "--modes", setting.modes[0]]
    words += ["--dtype", setting.dtype, "--budget", f"{setting.budget:g}"]
    if setting.threads is not None:
        words += ["--threads", str(setting.threads)]
    switches = ("channels_last", "compile", "cudnn_benchmark")
    return words + [f"--{name.replace('_', '-')}" for name in switches if getattr(setting, name)]


def _data(heat: Heatmap) -> dict[str, Any]:
    """What the script of the slider works with, indexed [c] and [metric][c]."""
    at = range(len(heat.C_values))
    reasons: dict[str, int] = {}  # each once, by its number
    notes = [[[reasons.setdefault(reason, len(reasons)) for reason in row] for row in drawn.notes(heat, c)] for c in at]

    def each(made: Callable[[Heatmap, int, str], Any]) -> dict[str, list[Any]]:
        return {metric: [made(heat, c, metric) for c in at] for metric in heat.ratios}

    return {
        "metric": heat.metric,
        "c": heat.C_values.index(heat.C),
        "C": heat.C_values,
        "G": heat.G_values,
        "L": list(map(decimal_text, heat.L_values)),
        "C_hat": [[decimal_text((1 - L) * C) for L in heat.L_values] for C in heat.C_values],
        "ratios": dict(heat.ratios),
        "reasons": list(reasons),
        "notes": notes,
        "numbered": drawn.numbered(heat),
        "mark": drawn.MARK,
        "lines": each(lambda heat, c, metric: list(map(_rounded, drawn.line_points(heat, c, metric)))),
        "titles": each(lambda heat, c, metric: drawn.heading(heat, heat.C_values[c], metric)),
        "break_even": each(break_even_text),
        "in_the_box": each(box_text),
        "white": [drawn.WHITE_UP_TO, drawn.WHITE_FROM],
        "dark": drawn.DARK,
        "figure": plot.data(drawn.figure(heat)),
        "config": plot.CONFIG,
    }


def _rounded(positions: Iterable[float]) -> list[float]:
    """Positions to a millionth of a cell, for a smaller file."""
    return [round(position, 6) for position in positions]


def _measured(view: Measured) -> dict[str, Any]:
    """What ``measured.html`` is filled with."""
    panels = (("promised", both.PROMISED_TITLE, "MAdds"), ("measured", both.MEASURED_TITLE, "time"))
    figures = zip(panels, both.panels(view), strict=True)
    return {
        "where": both.where(view),
        "most": words.most_text(view) if view.cells else "",
        "panels": panels,
        "line": both.LINE_NAME,
        "frame": both.FRAME,
        "gradient": ", ".join(f"{colour} {100 * at:.6g}%" for at, colour in drawn.COLOURS),
        "caveats": list(words.caveats(view)),
        "findings": [text for text in words.findings(view) if text.emphasis != "highlight"],
        "table": _table(view),
        "noise": words.noise_text(),
        "conditions": list(words.conditions(view)),
        "data": {
            "panels": [{"id": name, **plot.data(figure)} for (name, _, _), figure in figures],
            "columns": len(view.heat.L_values),
            "characters": both.CHARACTERS,
            "config": plot.CONFIG,
        },
    }


def _table(view: Measured) -> Table:
    """The cells that disagree most."""
    headings = ("G", "L", "ratio of\nMAdds", "ratio of\ntime", "p10", "p90", "n", "MUXConv", "MobileNet")
    columns = (*map(Column, headings), Column("time ÷\npromise"), Column("", numeric=False))
    rows = (Row(tuple(_row(cell))) for cell in view.ranked[:_ROWS])
    return Table("Where they disagree most", columns, tuple(rows))


def _row(cell: Compared) -> Iterable[str]:
    yield from (str(cell.G), decimal_text(cell.L), three_decimals(cell.promised))
    yield "~" * cell.noisy + three_decimals(cell.median)
    yield from (three_decimals(cell.p10), three_decimals(cell.p90), str(cell.n))
    yield from (duration(each.median, each.p90 - each.p10) for each in (cell.muxconv, cell.mobilenet))
    yield from (words.factor(cell.disagreement), words.flip_text(cell))
