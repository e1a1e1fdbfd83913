"""What ``muxprof heatmap`` shows: the ratios that were counted, the ratios that were timed, and the rows of its CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from muxprof.answers.heatmap import words
from muxprof.answers.heatmap.measured import Compared, Measured, Untimed, measured
from muxprof.answers.heatmap.types import Heatmap
from muxprof.answers.report import Report
from muxprof.document.parts import Grid, GridCell, Part
from muxprof.spec import table1
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


def title(report: Report) -> str:
    """What the ratios are of."""
    heat = report.heatmap
    assert heat is not None
    metric = _metric(heat)
    where = "" if _cancels(metric) else f", E = {decimal_text(heat.E)}, H x W = {heat.H} x {heat.W}"
    return f"MUXConv / MobileNet: ratio of {metric} at C = {heat.C}, K = {heat.K}{where}"


def parts(report: Report) -> list[Part]:
    """The ratios at the report's C and metric; those of MAdds where the heatmap was timed."""
    heat = report.heatmap
    assert heat is not None
    at, metric = heat.C_values.index(heat.C), _metric(heat)
    cells = [
        [(three_decimals(ratio) if there else f"({three_decimals(ratio)})", ratio) for ratio, there in both]
        for both in map(zip, heat.ratios[metric][at], heat.valid[at])
    ]
    legend = ["{low}: ratio <= 1, MUXConv costs no more. {frame}: the search space of the supplement's Table 1."]
    if not all(map(all, heat.valid[at])):
        legend.append("( ): no such block exists; a fraction of a channel would be left, or G does not divide.")
    if _cancels(metric):
        legend.append("E, H and W cancel from this ratio.")
    return [_grid("", heat, cells, legend)]


def times(report: Report) -> list[Part]:
    """The ratios of time in the same cells, and what they say; nothing where none were measured."""
    view = measured(report.heatmap)
    if view is None:
        return []
    interrupted = " (interrupted)" if view.grid.partial else ""
    title = f"MUXConv / MobileNet, measured: ratio of time at {words.measured_title(view)}{interrupted}"
    legend = [
        "{low}: ratio <= 1, MUXConv takes no longer. {frame}: the search space. Medians of ratios taken in turns."
    ]
    if any(cell is None for row in view.rows for cell in row):
        legend.append("-: no such block exists.")
    if view.missing:
        legend.append("?: not timed, the clock was interrupted before.")
    grid = _grid(title, view.heat, [list(map(_timed, row)) for row in view.rows], legend)
    return [grid, *words.caveats(view), *words.conditions(view), *words.findings(view)]


def records(report: Report) -> Iterator[list[object]]:
    """A row per cell: C, G, L, whether the block exists, and every metric's ratio, unrounded; then what was timed."""
    heat, view = report.heatmap, measured(report.heatmap)
    assert heat is not None
    yield ["C", "G", "L", "valid", *heat.ratios, *_TIME_COLUMNS * (view is not None)]
    for c, C in enumerate(heat.C_values):
        for g, G in enumerate(heat.G_values):
            for column, L in enumerate(heat.L_values):
                valid = "true" if heat.valid[c][g][column] else "false"
                ratios = [grid[c][g][column] for grid in heat.ratios.values()]
                times = [] if view is None else _times(view, view.rows[g][column] if C == heat.C else None)
                yield [C, G, _plain(L), valid, *ratios, *times]


def _metric(heat: Heatmap) -> str:
    """What is shown first: the chosen metric, but MAdds beside times."""
    return heat.metric if heat.measured is None else "madds"


def _cancels(metric: str) -> bool:
    return metric in ("params", "madds")


def _grid(
    title: str, heat: Heatmap, cells: Sequence[Sequence[tuple[str, float | None]]], legend: Sequence[str]
) -> Grid:
    """Texts, and the ratios that they stand for, by G and L; the search space is framed."""
    return Grid(
        title=title,
        corner="G \\ L",
        columns=tuple(map(decimal_text, heat.L_values)),
        rows=tuple(map(str, heat.G_values)),
        cells=tuple(
            tuple(
                GridCell(
                    text,
                    "" if ratio is None else "low" if ratio <= 1 else "high",
                    framed=G in table1.GROUPS and L in table1.LEAVE_OUTS,
                )
                for L, (text, ratio) in zip(heat.L_values, row, strict=True)
            )
            for G, row in zip(heat.G_values, cells, strict=True)
        ),
        legend=tuple(legend),
    )


def _timed(cell: Compared | Untimed | None) -> tuple[str, float | None]:
    if isinstance(cell, Compared):
        return "~" * cell.noisy + three_decimals(cell.median), cell.median
    return ("-" if cell is None else "?" if cell.failed is None else "failed"), None


def _times(view: Measured, cell: Compared | Untimed | None) -> list[object]:
    if cell is None or (isinstance(cell, Untimed) and cell.failed is None):
        return [""] * len(_TIME_COLUMNS)
    where = [view.grid.setting.batches[0], view.grid.mode]
    if isinstance(cell, Untimed):
        return [*where, *[""] * (len(_TIME_COLUMNS) - len(where) - 1), cell.failed]
    times = (cell.muxconv.median, cell.mobilenet.median)
    return [*where, cell.median, cell.p10, cell.p90, cell.n, *times, ""]


def _plain(L: Fraction) -> str:
    """A number that any program reads: the exact decimal where there is a short one, else the nearest float."""
    text = decimal_text(L)
    return repr(float(L)) if "/" in text else text
