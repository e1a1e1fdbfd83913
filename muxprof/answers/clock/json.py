"""The JSON of times: raw samples as they were read, and beside them what follows from them, for other programs.

What follows is worked out again when a document is read, and has to be what stands there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from muxprof.answers.clock.views import Ratio, sum_of_parts
from muxprof.document.json import Count, Positive
from muxprof.measurements import (
    Conditions,
    Kernel,
    Measurement,
    Mode,
    PairTimes,
    Part,
    Parts,
    Samples,
    Setting,
    TimeGrid,
    Timing,
)

RatiosJson: TypeAlias = tuple[Ratio, ...]

#: No clock counts further.
Nanoseconds: TypeAlias = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class SamplesJson(Struct):
    """Raw times, each for ``runs`` runs, and statistics in seconds per run."""

    n: Count
    median_s: float
    p10_s: float
    p90_s: float
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
    """Times as they are written."""
    return TimingJson(
        _seconds(timing.setting),
        timing.conditions,
        tuple(MeasurementJson(each.batch, each.mode, each.failed, _samples(each.samples)) for each in timing.wholes),
        None if timing.parts is None else _parts(timing, timing.parts),
        timing.partial,
        timing.notes,
    )


def decode(found: TimingJson) -> Timing:
    """The times that were read; raises :class:`ValueError` for what no clock finds."""
    return Timing(
        _checked(found.setting),
        found.conditions,
        tuple(Measurement(each.batch, each.mode, _read(each.samples), each.failed) for each in found.wholes),
        None if found.parts is None else _read_parts(found.parts),
        found.partial,
        found.notes,
    )


def encode_grid(grid: TimeGrid) -> GridJson:
    """The measured cells of a heatmap as they are written."""
    rows = tuple(tuple(None if cell is None else _cell(cell) for cell in row) for row in grid.cells)
    return GridJson(_seconds(grid.setting), grid.conditions, grid.C, grid.mode, grid.partial, rows)


def decode_grid(found: GridJson) -> TimeGrid:
    """The measured cells that were read; raises :class:`ValueError` for what no clock finds."""
    rows = tuple(
        tuple(
            None if cell is None else PairTimes(_read(cell.muxconv), _read(cell.mobilenet), cell.failed) for cell in row
        )
        for row in found.cells
    )
    return TimeGrid(_checked(found.setting), found.conditions, found.C, rows, found.partial)


def _seconds(setting: Setting) -> Setting:
    """The setting with its budget as a number that is written with a point."""
    return replace(setting, budget=float(setting.budget))


def _checked(setting: Setting) -> Setting:
    if not setting.batches or not setting.modes or min(setting.batches) < 1:
        raise ValueError("times are for at least one batch size from 1 on, in at least one mode")
    if setting.budget <= 0 or (setting.threads is not None and setting.threads < 1):
        raise ValueError(f"a budget of {setting.budget} seconds on {setting.threads} threads is none")
    return setting


def _cell(cell: PairTimes) -> CellJson:
    ratio = None if cell.ratio is None else MeasuredRatioJson(*cell.ratio)
    return CellJson(cell.failed, ratio, _samples(cell.muxconv), _samples(cell.mobilenet))


def _samples(samples: Samples | None) -> SamplesJson | None:
    if samples is None:
        return None
    return SamplesJson(
        n=samples.n,
        median_s=samples.median,
        p10_s=samples.p10,
        p90_s=samples.p90,
        spread=samples.spread,
        drift=samples.drift,
        outliers=samples.outliers,
        warnings=samples.warnings,
        runs=samples.runs,
        dropped=samples.dropped,
        ns=samples.ns,
    )


def _read(found: SamplesJson | None) -> Samples | None:
    return None if found is None else Samples(found.ns, found.runs, found.dropped)


def _parts(timing: Timing, parts: Parts) -> PartsJson:
    total = sum_of_parts(parts)
    beside = timing.beside_parts
    whole = None if beside is None or beside.samples is None else beside.samples.median
    return PartsJson(
        parts.batch,
        parts.mode,
        parts.method,
        total,
        None if total is None or whole is None else total / whole,
        _samples(parts.whole),
        tuple(PartJson(part.path, part.failed, _samples(part.samples), part.kernels) for part in parts.parts),
    )


def _read_parts(found: PartsJson) -> Parts:
    parts = tuple(Part(part.path, _read(part.samples), part.failed, part.kernels) for part in found.parts)
    return Parts(found.batch, found.mode, found.method, parts, _read(found.whole))
