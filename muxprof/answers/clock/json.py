"""The JSON of times: raw samples as they were read, and beside them what follows from them, for other programs.

What follows is worked out again when a document is read, and has to be what stands there.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct, field

from muxprof.answers.clock.views import TimeRatio, sum_of_parts
from muxprof.document.json import Count, Positive
from muxprof.measurements import Conditions, Kernel, Mode, Setting, TimeGrid, Timing

RatiosJson: TypeAlias = tuple[TimeRatio, ...]

#: No clock counts further.
Nanoseconds: TypeAlias = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class SamplesJson(Struct):
    """Raw times, each for ``runs`` runs, and statistics in seconds per run."""

    n: Count
    median: float = field(name="median_s")
    p10: float = field(name="p10_s")
    p90: float = field(name="p90_s")
    spread: float
    drift: float
    outliers: Count
    warnings: tuple[str, ...]
    runs: Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]
    dropped: Count
    ns: tuple[Nanoseconds, ...]


class MeasurementJson(Struct):
    """The whole at one batch size in one mode."""

    batch: Positive
    mode: Mode
    failed: str | None
    samples: SamplesJson | None


class PartJson(Struct):
    """One module."""

    path: str
    failed: str | None
    samples: SamplesJson | None
    kernels: tuple[Kernel, ...]


class PartsJson(Struct):
    """Every leaf module; ``of_whole`` is the share of their sum in the whole."""

    batch: Positive
    mode: Mode
    method: Literal["in place", "alone"]
    sum_s: float | None
    of_whole: float | None
    whole: SamplesJson | None
    parts: tuple[PartJson, ...]


class TimingJson(Struct):
    """All that was measured of a subject."""

    setting: Setting
    conditions: Conditions
    wholes: tuple[MeasurementJson, ...]
    parts: PartsJson | None
    partial: bool
    notes: tuple[str, ...]


class MeasuredRatioJson(Struct):
    """MUXConv over MobileNet, pair by pair."""

    median: float
    p10: float
    p90: float


class CellJson(Struct):
    """Both blocks of a cell."""

    failed: str | None
    ratio: MeasuredRatioJson | None
    muxconv: SamplesJson | None
    mobilenet: SamplesJson | None


class GridJson(Struct):
    """The measured cells of a heatmap by G and L; null where none was timed."""

    setting: Setting
    conditions: Conditions
    C: Positive
    mode: Mode
    partial: bool
    cells: tuple[tuple[CellJson | None, ...], ...]


def encode(timing: Timing) -> TimingJson:
    """The times as they are written."""
    values = dict(vars(timing))
    if timing.parts is not None:
        total, beside = sum_of_parts(timing.parts), timing.beside_parts
        whole = None if beside is None or beside.samples is None else beside.samples.median
        share = None if total is None or whole is None else total / whole
        values["parts"] = {**vars(timing.parts), "sum_s": total, "of_whole": share}
    return msgspec.convert(values, TimingJson, from_attributes=True)


def decode(found: TimingJson) -> Timing:
    """The times that were read; raises :class:`ValueError` for values that no measurement has."""
    _refuse(found.setting)
    return msgspec.convert(found, Timing, from_attributes=True)


def encode_grid(grid: TimeGrid) -> GridJson:
    """The measured cells of a heatmap as they are written."""
    cells = [
        [cell and {**vars(cell), "ratio": cell.ratio and MeasuredRatioJson(*cell.ratio)} for cell in row]
        for row in grid.cells
    ]
    return msgspec.convert({**vars(grid), "mode": grid.mode, "cells": cells}, GridJson, from_attributes=True)


def decode_grid(found: GridJson) -> TimeGrid:
    """The measured cells that were read; raises :class:`ValueError` for values that no measurement has."""
    _refuse(found.setting)
    return msgspec.convert(found, TimeGrid, from_attributes=True)


def _refuse(setting: Setting) -> None:
    """Raise :class:`ValueError` for a setting that :mod:`muxprof.timing.request` refuses."""
    if not setting.batches or not setting.modes or min(setting.batches) < 1:
        raise ValueError("times are for at least one batch size from 1 on, in at least one mode")
    if setting.budget <= 0 or (setting.threads is not None and setting.threads < 1):
        raise ValueError(f"a budget of {setting.budget} seconds on {setting.threads} threads is none")
