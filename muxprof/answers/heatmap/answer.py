"""The heatmap of Figure 4 as a value: what was asked for is checked, then computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from muxprof import __version__
from muxprof.answers.heatmap.types import Heatmap
from muxprof.answers.report import Report, environment
from muxprof.cost.heat import ratio_grids
from muxprof.cost.ops import Op
from muxprof.dims import ratio, shown
from muxprof.document.metrics import METRICS
from muxprof.document.types import Convention
from muxprof.errors import BadInput
from muxprof.measurements import TimeGrid
from muxprof.spec import checks
from muxprof.units import decimal_text

METRIC = "params"
C = 64
C_VALUES = (16, 24, 32, 40, 64, 80, 112, 128, 160, 256, 512)
G_VALUES = (1, 2, 4, 8, 16, 32)
L_VALUES = (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
E = Fraction(6)
K = 3
SIZE = 56

MAX_VALUES = 64

_Ratio = int | float | str | Fraction


def heatmap(
    metric: str = METRIC,
    C: int = C,
    C_values: Iterable[int] = C_VALUES,
    G_values: Iterable[int] = G_VALUES,
    L_values: Iterable[_Ratio] = L_VALUES,
    E: _Ratio = E,
    K: int = K,
    H: int = SIZE,
    W: int = SIZE,
) -> Heatmap:
    """Ratios of the MUXConv to the MobileNet block over C, G and L, with ``metric`` and ``C`` shown first.

    Values may come in any order and are sorted; ``C`` is added to ``C_values`` if it is not among them. Raises
    :class:`BadInput` for what is out of range, given twice, or too much. A cell at which no block exists is no error:
    it is marked.
    """
    if metric not in (known := counts()):
        raise BadInput(f"metric = {shown(metric)} is unknown; it is one of {', '.join(known)}.")
    _check_channels(C)
    channels = tuple(C_values)
    if C not in channels:
        channels = (*channels, C)
    _check_count(channels, "C")
    for value in channels:
        _check_channels(value)
    groups = tuple(G_values)
    _check_count(groups, "G")
    for value in groups:
        checks.positive(value, "G", checks.MAX_CHANNELS * checks.MAX_EXPANSION)
    given = tuple(L_values)
    _check_count(given, "L")
    leave_outs = tuple(ratio(value, "L") for value in given)
    for leave_out in leave_outs:
        checks.leave_out(leave_out)
    _check_once(channels, "C")
    _check_once(groups, "G")
    _check_once(leave_outs, "L")
    expansion = ratio(E, "E")
    checks.expansion(expansion)
    checks.kernel(K)
    checks.positive(H, "H", checks.MAX_SIZE)
    checks.positive(W, "W", checks.MAX_SIZE)
    return _assembled(
        metric, C, tuple(sorted(channels)), tuple(sorted(groups)), tuple(sorted(leave_outs)), expansion, K, H, W
    )


def _assembled(
    metric: str,
    C: int,
    C_values: tuple[int, ...],
    G_values: tuple[int, ...],
    L_values: tuple[Fraction, ...],
    E: Fraction,
    K: int,
    H: int,
    W: int,
) -> Heatmap:
    grids = ratio_grids(counts(), C_values, G_values, L_values, E, K, H, W)
    return Heatmap(
        metric=metric,
        C=C,
        C_values=C_values,
        G_values=G_values,
        L_values=L_values,
        E=E,
        K=K,
        H=H,
        W=W,
        ratios={name: tuple(tuple(map(tuple, rows)) for rows in grid.tolist()) for name, grid in grids.ratios.items()},
        valid=tuple(tuple(map(tuple, rows)) for rows in grids.valid.tolist()),
        break_even=grids.break_even,
    )


def counts() -> dict[str, Callable[[Op], Any]]:
    """What counts an op, by metric, for all metrics that have such a formula."""
    return {metric.key: metric.count for metric in METRICS if metric.count is not None}


def _check_channels(value: int) -> None:
    checks.positive(value, "C", checks.MAX_CHANNELS)
    if value % 2:
        near = f"{value - 1} or {value + 1}" if value > 1 else "2"
        raise BadInput(f"C = {value} is odd; the channel shuffle in 2 groups needs an even C, such as {near}.")


def _check_count(values: tuple[object, ...], name: str) -> None:
    """Refuse no values, and more than fit into one figure."""
    if not 1 <= len(values) <= MAX_VALUES:
        raise BadInput(f"{len(values)} values of {name} were given; there must be 1 to {MAX_VALUES}.")


def _check_once(values: Sequence[int | Fraction], name: str) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise BadInput(f"{name} = {decimal_text(Fraction(value))} is given twice; each value may stand once.")


def report(made: Heatmap) -> Report:
    """The report of a heatmap."""
    return Report(
        command="heatmap",
        version=__version__,
        arguments={
            "metric": made.metric,
            "C": made.C,
            "C_values": list(made.C_values),
            "G_values": list(made.G_values),
            "L_values": [str(value) for value in made.L_values],
            "E": str(made.E),
            "K": made.K,
            "H": made.H,
            "W": made.W,
        },
        convention=Convention(),
        environment=environment("numpy"),
    ).having(heatmap=made)


def check(report: Report) -> None:
    """Raise :class:`ValueError` for a report that is not of a heatmap."""
    if report.heatmap is None or report.subjects:
        raise ValueError("a heatmap report has a heatmap, and no subjects")


def check_grid(report: Report) -> None:
    """Raise :class:`ValueError` for times of cells that the heatmap lacks, or that are missing."""
    if report.heatmap is not None and report.heatmap.measured is not None:
        _check_grid(report.heatmap, report.heatmap.measured)


def _check_grid(heat: Heatmap, grid: TimeGrid) -> None:
    if len(grid.setting.batches) != 1 or len(grid.setting.modes) != 1:
        raise ValueError("a heatmap is timed at one batch size, in one mode")
    if grid.C != heat.C:
        raise ValueError(f"the heatmap of C = {heat.C} was timed at C = {grid.C}")
    if [len(row) for row in grid.cells] != [len(heat.L_values)] * len(heat.G_values):
        raise ValueError("a measured heatmap has a cell, or null, for every G and L")
    valid = heat.valid[heat.C_values.index(heat.C)]
    for cells, exists in zip(grid.cells, valid, strict=True):
        for cell, there in zip(cells, exists, strict=True):
            if cell is not None and not there:
                raise ValueError("a cell was timed at which no block exists")
            if cell is None and there and not grid.partial:
                raise ValueError("a cell is missing from a measured heatmap that was not interrupted")
