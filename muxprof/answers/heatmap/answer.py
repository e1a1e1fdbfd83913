"""The heatmap of Figure 4 as a value: what was asked for is checked, then computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, TypeVar

from muxprof import __version__
from muxprof.answers.heatmap.types import Heatmap
from muxprof.answers.report import Report, environment
from muxprof.cost.heat import ratio_grids
from muxprof.cost.ops import Op
from muxprof.dims import ratio, shown
from muxprof.document.metrics import METRICS
from muxprof.document.types import Convention
from muxprof.errors import BadInput
from muxprof.frozen import frozen
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
_V = TypeVar("_V", int, Fraction)


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
    all_C = _values("C", channels if C in channels else (*channels, C), _check_channels)
    all_G = _values("G", tuple(G_values), _check_group)
    all_L = _values("L", tuple(ratio(value, "L") for value in L_values), checks.leave_out)
    expansion = ratio(E, "E")
    checks.expansion(expansion)
    checks.kernel(K)
    checks.positive(H, "H", checks.MAX_SIZE)
    checks.positive(W, "W", checks.MAX_SIZE)
    grids = ratio_grids(known, all_C, all_G, all_L, expansion, K, H, W)
    ratios = {name: frozen(grid.tolist()) for name, grid in grids.ratios.items()}
    valid = frozen(grids.valid.tolist())
    return Heatmap(metric, C, all_C, all_G, all_L, expansion, K, H, W, ratios, valid, grids.break_even)


def counts() -> dict[str, Callable[[Op], Any]]:
    """What counts an op, by metric, for all metrics that have such a formula."""
    return {metric.key: metric.count for metric in METRICS if metric.count is not None}


def _check_channels(value: int) -> None:
    checks.positive(value, "C", checks.MAX_CHANNELS)
    if value % 2:
        near = f"{value - 1} or {value + 1}" if value > 1 else "2"
        raise BadInput(f"C = {value} is odd; the channel shuffle in 2 groups needs an even C, such as {near}.")


def _check_group(value: int) -> None:
    checks.positive(value, "G", checks.MAX_CHANNELS * checks.MAX_EXPANSION)


def _values(name: str, given: tuple[_V, ...], check: Callable[[_V], None]) -> tuple[_V, ...]:
    """Values of a symbol, ascending. Refuses none, more than fit into a figure, what no block has, and repetitions."""
    if not 1 <= len(given) <= MAX_VALUES:
        raise BadInput(f"{len(given)} values of {name} were given; there must be 1 to {MAX_VALUES}.")
    for index, value in enumerate(given):
        check(value)
        if value in given[:index]:
            raise BadInput(f"{name} = {decimal_text(Fraction(value))} is given twice; each value may stand once.")
    return tuple(sorted(given))


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
    heat = report.heatmap
    if heat is None or heat.measured is None:
        return
    grid = heat.measured
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
