"""The JSON of a heatmap: its symbols apart, and its grids, which follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

from muxprof.answers.clock.json import GridJson, decode_grid, encode_grid
from muxprof.answers.heatmap.types import Heatmap
from muxprof.dims import shown
from muxprof.document.json import Positive

Ratio: TypeAlias = Annotated[float, Meta(gt=0)]
Cells: TypeAlias = tuple[tuple[tuple[Ratio, ...], ...], ...]
Lines: TypeAlias = tuple[tuple[tuple[float, float], ...], ...]

#: What stands in a document as it is.
_SAME = ("metric", "C", "C_values", "G_values", "L_values", "ratios", "valid", "break_even")


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
    symbols = SymbolsJson(heat.E, heat.K, heat.H, heat.W)
    measured = None if heat.measured is None else encode_grid(heat.measured)
    return HeatmapJson(symbols=symbols, measured=measured, **{name: getattr(heat, name) for name in _SAME})


def decode(found: HeatmapJson) -> Heatmap:
    """The heatmap that was read; raises :class:`ValueError` where its grids are not those of its symbols."""
    symbols = {name: getattr(found.symbols, name) for name in SymbolsJson.__struct_fields__}
    measured = None if found.measured is None else decode_grid(found.measured)
    heat = Heatmap(**{name: getattr(found, name) for name in _SAME}, **symbols, measured=measured)
    _check(heat)
    return heat


def _check(heat: Heatmap) -> None:
    """Refuse cells, and ratios of params and MAdds, that are not those of the symbols: times are compared with them."""
    from muxprof.answers.heatmap.answer import heatmap  # brings numpy, which no other report needs

    if heat.C not in heat.C_values:
        raise ValueError(f"a heatmap shows one of its values of C, not {shown(heat.C)}")
    made = heatmap(heat.metric, heat.C, heat.C_values, heat.G_values, heat.L_values, heat.E, heat.K, heat.H, heat.W)
    same = [(each.C_values, each.G_values, each.L_values, each.valid) for each in (made, heat)]
    if same[0] != same[1]:
        raise ValueError("a heatmap's blocks exist where its symbols do not say so")
    if set(heat.ratios) != set(made.ratios) or set(heat.break_even) != set(made.ratios):
        raise ValueError(f"a heatmap has ratios and break-evens for {', '.join(made.ratios)}")
    for metric, grid in made.ratios.items():
        if _shape(heat.ratios[metric]) != _shape(grid) or len(heat.break_even[metric]) != len(heat.C_values):
            raise ValueError("a heatmap has a ratio for every C, G and L, and a break-even line for every C")
        for ours, theirs in zip(_flat(grid), _flat(heat.ratios[metric]), strict=True):
            if metric in ("params", "madds") and not math.isclose(ours, theirs, rel_tol=1e-9):
                raise ValueError(f"a heatmap's ratio of {metric} is {theirs} where its symbols give {ours}")


def _shape(grid: Any) -> Any:
    """The lengths of everything in it."""
    return [_shape(each) for each in grid] if isinstance(grid, Sequence) else ()


def _flat(grid: Cells) -> Iterator[float]:
    return (cell for rows in grid for row in rows for cell in row)
