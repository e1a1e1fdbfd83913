"""Times in the document: raw samples as they were read, and beside them what follows from them, for other programs.

What follows is worked out again when a document is read, and has to be what stands there.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from muxprof.answers.clock.views import Ratio, sum_of_parts
from muxprof.document.values import (
    flag,
    integer,
    items,
    number,
    one_of,
    optional,
    optional_word,
    reading,
    word,
    words,
)
from muxprof.frozen import thawed
from muxprof.measurements import (
    DTYPES,
    MODES,
    Conditions,
    Grid,
    Kernel,
    Measurement,
    PairTimes,
    Part,
    Parts,
    Samples,
    Setting,
    Timing,
)

#: A list of raw times as json.dumps writes it: a name in quotes stands in no text, where quotes are escaped.
_TIMES = re.compile(r'"ns": \[[\s\d,]*\]')

#: No clock counts further.
_MOST = (1 << 63) - 1


def in_one_line(text: str) -> str:
    """An indented document with every list of raw times on a line of its own."""
    return _TIMES.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text)


def encode(timing: Timing) -> dict[str, Any]:
    """``timing`` as plain values."""
    return {
        "setting": _setting(timing.setting),
        "conditions": _conditions(timing.conditions),
        "wholes": [_measurement(whole) for whole in timing.wholes],
        "parts": None if timing.parts is None else _parts(timing, timing.parts),
        "partial": timing.partial,
        "notes": list(timing.notes),
    }


def decode(value: Mapping[str, Any]) -> Timing:
    """The times of a document; raises whatever its values deserve."""
    return Timing(
        setting=_read_setting(value["setting"]),
        conditions=_read_conditions(value["conditions"]),
        wholes=tuple(map(_read_measurement, items(value["wholes"]))),
        parts=None if value["parts"] is None else _read_parts(value["parts"]),
        partial=flag(value["partial"]),
        notes=tuple(map(word, items(value["notes"]))),
    )


def encode_ratio(ratio: Ratio) -> dict[str, Any]:
    """A measured ratio as plain values."""
    return {
        "batch": ratio.batch,
        "mode": ratio.mode,
        "median": ratio.median,
        "p10": ratio.p10,
        "p90": ratio.p90,
    }


def encode_grid(grid: Grid) -> dict[str, Any]:
    """The measured cells of a heatmap as plain values."""
    return {
        "setting": _setting(grid.setting),
        "conditions": _conditions(grid.conditions),
        "C": grid.C,
        "mode": grid.mode,
        "partial": grid.partial,
        "cells": [[None if cell is None else _cell(cell) for cell in row] for row in grid.cells],
    }


def decode_grid(value: Mapping[str, Any]) -> Grid:
    """The measured cells of a document; raises whatever its values deserve."""
    return Grid(
        setting=_read_setting(value["setting"]),
        conditions=_read_conditions(value["conditions"]),
        C=integer(value["C"], 1),
        cells=tuple(tuple(map(_read_cell, items(row))) for row in items(value["cells"])),
        partial=flag(value["partial"]),
    )


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        **dataclasses.asdict(setting),
        "batches": list(setting.batches),
        "modes": list(setting.modes),
        "budget": float(setting.budget),
    }


def _conditions(conditions: Conditions) -> dict[str, Any]:
    states = {name: thawed(getattr(conditions, name)) for name in ("versions", "switches", "before", "after")}
    return {"device": conditions.device, **states}


def _cell(cell: PairTimes) -> dict[str, Any]:
    return {
        "failed": cell.failed,
        "ratio": None if cell.ratio is None else dict(zip(("median", "p10", "p90"), cell.ratio, strict=True)),
        "muxconv": _samples(cell.muxconv),
        "mobilenet": _samples(cell.mobilenet),
    }


def _measurement(whole: Measurement) -> dict[str, Any]:
    return {"batch": whole.batch, "mode": whole.mode, "failed": whole.failed, "samples": _samples(whole.samples)}


def _samples(samples: Samples | None) -> dict[str, Any] | None:
    if samples is None:
        return None
    return {
        "n": samples.n,
        "median_s": samples.median,
        "p10_s": samples.p10,
        "p90_s": samples.p90,
        "spread": samples.spread,
        "drift": samples.drift,
        "outliers": samples.outliers,
        "warnings": list(samples.warnings),
        "runs": samples.runs,
        "dropped": samples.dropped,
        "ns": list(samples.ns),
    }


def _parts(timing: Timing, parts: Parts) -> dict[str, Any]:
    total = sum_of_parts(parts)
    beside = timing.beside_parts
    whole = None if beside is None or beside.samples is None else beside.samples.median
    return {
        "batch": parts.batch,
        "mode": parts.mode,
        "method": parts.method,
        "sum_s": total,
        "of_whole": None if total is None or whole is None else total / whole,
        "whole": _samples(parts.whole),
        "parts": [
            {
                "path": part.path,
                "failed": part.failed,
                "samples": _samples(part.samples),
                "kernels": [dataclasses.asdict(kernel) for kernel in part.kernels],
            }
            for part in parts.parts
        ],
    }


def _read_setting(value: Mapping[str, Any]) -> Setting:
    batches = tuple(integer(batch, 1) for batch in items(value["batches"]))
    modes = tuple(one_of(mode, MODES, "the mode") for mode in items(value["modes"]))
    if not batches or not modes:
        raise ValueError("times are for at least one batch size, in at least one mode")
    budget = number(value["budget"])
    if budget <= 0:
        raise ValueError(f"a budget of {budget} seconds is none")
    return Setting(
        device=word(value["device"]),
        batches=batches,
        modes=modes,
        dtype=one_of(value["dtype"], DTYPES, "the dtype"),
        channels_last=flag(value["channels_last"]),
        compile=flag(value["compile"]),
        threads=optional(value["threads"], 1),
        budget=budget,
        parts=flag(value["parts"]),
        kernels=flag(value["kernels"]),
        cudnn_benchmark=flag(value["cudnn_benchmark"]),
    )


def _read_conditions(value: Mapping[str, Any]) -> Conditions:
    return Conditions(
        device=word(value["device"]),
        versions=words(value["versions"]),
        switches={name: _switch(switch) for name, switch in value["switches"].items()},
        before={name: reading(state) for name, state in value["before"].items()},
        after={name: reading(state) for name, state in value["after"].items()},
    )


def _switch(value: Any) -> str | int | bool | None:
    if not isinstance(value, str | int | None):
        raise TypeError(f"a switch is a text, a count, true, false or null, and not {value!r}")
    return value


def _read_measurement(value: Mapping[str, Any]) -> Measurement:
    return Measurement(
        batch=integer(value["batch"], 1),
        mode=one_of(value["mode"], MODES, "the mode"),
        samples=_read_samples(value["samples"]),
        failed=optional_word(value["failed"]),
    )


def _read_samples(value: Mapping[str, Any] | None) -> Samples | None:
    if value is None:
        return None
    times = tuple(map(integer, items(value["ns"])))
    if max((*times, integer(value["runs"], 1))) > _MOST:
        raise ValueError("a time or a number of runs is beyond any clock")
    return Samples(times, value["runs"], integer(value["dropped"]))


def _read_cell(value: Mapping[str, Any] | None) -> PairTimes | None:
    if value is None:
        return None
    return PairTimes(
        muxconv=_read_samples(value["muxconv"]),
        mobilenet=_read_samples(value["mobilenet"]),
        failed=optional_word(value["failed"]),
    )


def _read_parts(value: Mapping[str, Any]) -> Parts:
    return Parts(
        batch=integer(value["batch"], 1),
        mode=one_of(value["mode"], MODES, "the mode"),
        method=one_of(value["method"], ("in place", "alone"), "the method"),
        parts=tuple(map(_read_part, items(value["parts"]))),
        whole=_read_samples(value["whole"]),
    )


def _read_part(value: Mapping[str, Any]) -> Part:
    return Part(
        path=word(value["path"]),
        samples=_read_samples(value["samples"]),
        failed=optional_word(value["failed"]),
        kernels=tuple(
            Kernel(word(kernel["name"]), integer(kernel["calls"]), integer(kernel["ns"]))
            for kernel in items(value["kernels"])
        ),
    )
