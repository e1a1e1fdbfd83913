"""The JSON of a heatmap: its symbols apart, and its grids, which follow from them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from muxprof.answers.clock.json import GridJson, decode_grid, encode_grid
from muxprof.answers.heatmap.types import Heatmap
from muxprof.dims import shown
from muxprof.document.json import Positive

Ratio: TypeAlias = Annotated[float, Meta(gt=0)]
Cells: TypeAlias = tuple[tuple[tuple[Ratio, ...], ...], ...]
Lines: TypeAlias = tuple[tuple[tuple[float, float], ...], ...]


class SymbolsJson(Struct):
    """The symbols that do not vary."""

    E: Fraction
    K: Positive
    H: Positive
    W: Positive


class HeatmapJson(Struct, kw_only=True):
    """A heatmap; grids are indexed [c][g][l], break-even lines are points (G, L) by c."""

    metric: str
    C: Positive
    symbols: SymbolsJson
    C_values: tuple[Positive, ...]
    G_values: tuple[Positive, ...]
    L_values: tuple[Fraction, ...]
    ratios: dict[str, Cells]
    valid: tuple[tuple[tuple[bool, ...], ...], ...]
    break_even: dict[str, Lines]
    measured: GridJson | None = None


def encode(heat: Heatmap) -> HeatmapJson:
    """A heatmap as it is written."""
    return HeatmapJson(
        metric=heat.metric,
        C=heat.C,
        symbols=SymbolsJson(heat.E, heat.K, heat.H, heat.W),
        C_values=heat.C_values,
        G_values=heat.G_values,
        L_values=heat.L_values,
        ratios=dict(heat.ratios),
        valid=heat.valid,
        break_even=dict(heat.break_even),
        measured=None if heat.measured is None else encode_grid(heat.measured),
    )


def decode(found: HeatmapJson) -> Heatmap:
    """The heatmap that was read; raises :class:`ValueError` where its grids are not those of its symbols."""
    symbols = found.symbols
    heat = Heatmap(
        metric=found.metric,
        C=found.C,
        C_values=found.C_values,
        G_values=found.G_values,
        L_values=found.L_values,
        E=symbols.E,
        K=symbols.K,
        H=symbols.H,
        W=symbols.W,
        ratios=found.ratios,
        valid=found.valid,
        break_even=found.break_even,
        measured=None if found.measured is None else decode_grid(found.measured),
    )
    _check_shapes(heat)
    _recount(heat)
    return heat


def _check_shapes(heat: Heatmap) -> None:
    from muxprof.answers.heatmap.answer import counts

    if not heat.C_values or not heat.G_values or not heat.L_values or heat.C not in heat.C_values:
        raise ValueError(f"a heatmap has values of C, G and L, and shows one of these C, not {shown(heat.C)}")
    known = counts()
    if set(heat.ratios) != set(known) or set(heat.break_even) != set(known) or heat.metric not in known:
        raise ValueError(f"a heatmap has ratios and break-evens for {', '.join(known)}, and shows one of these")
    for grid in (*heat.ratios.values(), heat.valid):
        shape = {(len(grid), len(rows), len(row)) for rows in grid for row in rows}
        if shape != {(len(heat.C_values), len(heat.G_values), len(heat.L_values))}:
            raise ValueError("a heatmap's grids have a value for every C, G and L")
    for lines in heat.break_even.values():
        if len(lines) != len(heat.C_values):
            raise ValueError("a heatmap has a break-even line of (G, L) for every C")


def _recount(heat: Heatmap) -> None:
    """Refuse cells, and ratios of params and MAdds, that are not those of the symbols: times are compared with them."""
    from muxprof.answers.heatmap.answer import heatmap  # brings numpy, which no other report needs

    made = heatmap(heat.metric, heat.C, heat.C_values, heat.G_values, heat.L_values, heat.E, heat.K, heat.H, heat.W)
    same = [(each.C_values, each.G_values, each.L_values, each.valid) for each in (made, heat)]
    if same[0] != same[1]:
        raise ValueError("a heatmap's blocks exist where its symbols do not say so")
    for metric in ("params", "madds"):
        for ours, theirs in zip(_flat(made.ratios[metric]), _flat(heat.ratios[metric]), strict=True):
            if not math.isclose(ours, theirs, rel_tol=1e-9):
                raise ValueError(f"a heatmap's ratio of {metric} is {theirs} where its symbols give {ours}")


def _flat(grid: tuple[tuple[tuple[float, ...], ...], ...]) -> list[float]:
    return [cell for rows in grid for row in rows for cell in row]
