"""The heatmap as CSV (all of it) and as Markdown (what is shown first); where it was timed, with the times."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from muxprof.answers.heatmap import figure as drawn
from muxprof.answers.heatmap import words
from muxprof.answers.heatmap.measured import Compared, Measured, Untimed, measured
from muxprof.answers.heatmap.types import Heatmap
from muxprof.answers.report import Report
from muxprof.document.parts import Part
from muxprof.document.types import Document
from muxprof.document.view import View
from muxprof.formats.markdown import escaped
from muxprof.units import decimal_text, three_decimals

#: At the C that was timed: the ratio of time, and seconds of both blocks, which are medians.
_TIME_COLUMNS = (
    "time_batch",
    "time_mode",
    "time_ratio",
    "time_ratio_p10",
    "time_ratio_p90",
    "time_n",
    "muxconv_s",
    "mobilenet_s",
    "time_failed",
)


def records(report: Report) -> Iterator[list[object]]:
    """A row per cell: C, G, L, whether the block exists, and every metric's ratio, unrounded; then what was timed."""
    heat = _heatmap(report)
    view = measured(heat)
    yield ["C", "G", "L", "valid", *heat.ratios, *_TIME_COLUMNS * (view is not None)]
    for c, C in enumerate(heat.C_values):
        for g, G in enumerate(heat.G_values):
            for column, L in enumerate(heat.L_values):
                valid = "true" if heat.valid[c][g][column] else "false"
                ratios = [grid[c][g][column] for grid in heat.ratios.values()]
                times = [] if view is None else _times(view, view.rows[g][column] if C == heat.C else None)
                yield [C, G, _plain(L), valid, *ratios, *times]


def _times(view: Measured, cell: Compared | Untimed | None) -> list[object]:
    if cell is None or (isinstance(cell, Untimed) and cell.failed is None):
        return [""] * len(_TIME_COLUMNS)
    where = [view.grid.setting.batches[0], view.grid.mode]
    if isinstance(cell, Untimed):
        return [*where, *[""] * (len(_TIME_COLUMNS) - len(where) - 1), cell.failed]
    times = (cell.muxconv.median, cell.mobilenet.median)
    return [*where, cell.median, cell.p10, cell.p90, cell.n, *times, ""]


def markdown_text(shown: View) -> str:
    """The table at the report's C and metric: bold where MUXConv costs no more, in parentheses if no block exists.

    Where the heatmap was timed, the ratios are those of MAdds, and those of time follow, with what they say.
    """
    report = shown.report
    heat = _heatmap(report)
    view = measured(heat)
    metric = heat.metric if view is None else "madds"
    c = heat.C_values.index(heat.C)
    reasons = drawn.notes(heat, c)
    ratios = heat.ratios[metric][c]
    lines = [
        f"**{drawn.title(heat.C, metric)}** ({drawn.subtitle(heat, metric)})",
        "",
        *_table(heat, [list(map(_cell, row, why)) for row, why in zip(ratios, reasons, strict=True)]),
        "",
        "Bold: at most 1, MUXConv costs no more.",
    ]
    if any(map(any, reasons)):
        lines[-1] += (
            " In parentheses: no such block exists; a fraction of a channel would be left, or G does not divide."
        )
    lines += ["", report.convention.text]
    if view is not None:
        lines += ["", *_measured(view)]
    return "\n".join(lines) + "\n"


def _table(heat: Heatmap, rows: list[list[str]]) -> list[str]:
    """A line per G under the values of L."""
    lines = [
        "| " + " | ".join(["G \\ L", *map(decimal_text, heat.L_values)]) + " |",
        "|" + " ---: |" * (len(heat.L_values) + 1),
    ]
    return lines + ["| " + " | ".join([str(G), *cells]) + " |" for G, cells in zip(heat.G_values, rows, strict=True)]


def _measured(view: Measured) -> list[str]:
    """The ratios of time, and what they say."""
    interrupted = ", interrupted" * view.grid.partial
    lines = [
        f"**Time: MUXConv ÷ MobileNet block, measured** ({words.measured_title(view)}{interrupted})",
        "",
        *_table(view.heat, [list(map(_timed, row)) for row in view.rows]),
        "",
        "Bold: at most 1, MUXConv takes no longer. Medians of ratios of samples that were taken in turns.",
    ]
    for text in (*words.findings(view), *words.caveats(view), *words.conditions(view)):
        lines += ["", f"**{escaped(text.label)}:** {escaped(text.text)}"]
    return lines


def _timed(cell: Compared | Untimed | None) -> str:
    if isinstance(cell, Compared):
        text = f"{three_decimals(cell.median)}{' ~' * cell.noisy}"
        return f"**{text}**" if cell.median <= 1 else text
    return "–" if cell is None else "?" if cell.failed is None else "failed"


def _cell(ratio: float, reason: str) -> str:
    text = drawn.cell_text(ratio, reason)
    return f"**{text}**" if ratio <= 1 else text


def _plain(L: Fraction) -> str:
    """A number that any program reads: the exact decimal where there is a short one, else the nearest float."""
    text = decimal_text(L)
    return repr(float(L)) if "/" in text else text


def _heatmap(report: Document) -> Heatmap:
    found: Heatmap = report.sections["heatmap"]
    return found


def parts(_report: Report) -> list[Part]:
    """Nothing but pictures."""
    return []
