"""A heatmap as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from muxprof.frozen import frozen

if TYPE_CHECKING:
    from muxprof.measurements import TimeGrid


@dataclass(frozen=True)
class Heatmap:
    """Ratios of MUXConv to MobileNet over C, G and L; ``ratios[metric][c][g][l]``, and the same for ``valid``.

    A cell is valid where a block with these channels exists. ``break_even[metric][c]`` are the (G, L) at which the
    ratio is 1, along G. ``metric`` and ``C`` are what is shown first. ``measured`` holds the times of both blocks in
    every valid cell of that C, where they were taken.
    """

    metric: str
    C: int
    C_values: tuple[int, ...]
    G_values: tuple[int, ...]
    L_values: tuple[Fraction, ...]
    E: Fraction
    K: int
    H: int
    W: int
    ratios: Mapping[str, tuple[tuple[tuple[float, ...], ...], ...]]
    valid: tuple[tuple[tuple[bool, ...], ...], ...]
    break_even: Mapping[str, tuple[tuple[tuple[float, float], ...], ...]]
    measured: TimeGrid | None = None

    def __post_init__(self) -> None:
        """Freeze the grids and the lines."""
        object.__setattr__(self, "ratios", frozen(self.ratios))
        object.__setattr__(self, "break_even", frozen(self.break_even))


def partial(heat: Heatmap) -> bool:
    """Whether the clock was interrupted, so that cells are missing."""
    return heat.measured is not None and heat.measured.partial
