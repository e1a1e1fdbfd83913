"""Heatmaps with times: both blocks of every cell, sampled in turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from muxprof.answers.block.answer import BlockArguments, subjects
from muxprof.answers.clock.answer import least_bytes, refuse_missing
from muxprof.answers.report import Report, environment
from muxprof.errors import BadInput, Interrupted
from muxprof.measurements import Setting

if TYPE_CHECKING:
    from torch import nn


def timed(
    report: Report, wanted: Setting, _modules: Mapping[str, nn.Module], progress: Callable[[str, float], None]
) -> Report:
    """The report of a heatmap with every cell of its C timed; each block is that of ``muxprof block``."""
    heat = report.heatmap
    assert heat is not None
    if len(wanted.batches) > 1 or wanted.kernels:
        raise BadInput("a heatmap is timed at one batch size, and without kernels.")
    refuse_missing(wanted)
    from muxprof.nets import build
    from muxprof.timing.grid import Pair, grid
    from muxprof.timing.profile import Target

    def pair(G: int, L: Fraction) -> Pair:
        arguments = BlockArguments(heat.C, heat.E, G, L, heat.K, (), heat.H, heat.W, False, None, 1)
        made = subjects(arguments)

        def targets() -> tuple[Target, Target]:
            mux, mobilenet = (
                Target(subject.name, build(subject.spec), subject.input_shape[1:], least_bytes(subject))
                for subject in made
            )
            return mux, mobilenet

        return targets

    valid = heat.valid[heat.C_values.index(heat.C)]
    rows = [
        [pair(G, L) if exists else None for L, exists in zip(heat.L_values, row, strict=True)]
        for G, row in zip(heat.G_values, valid, strict=True)
    ]
    if not any(any(row) for row in valid):
        raise BadInput(f"no block of this heatmap exists at C = {heat.C}; there is nothing to time.")
    measured = grid(heat.C, rows, replace(wanted, modes=wanted.modes[-1:]), progress)
    packages = environment(*report.environment.packages, "torch")
    made = replace(report, environment=packages).having(heatmap=replace(heat, measured=measured))
    if measured.partial:
        raise Interrupted(made)
    return made
