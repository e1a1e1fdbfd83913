"""CSV: one row per layer of every subject; where parts were timed, with their times.

Times of the whole are no layer's: JSON has them, with every raw sample.
"""

from __future__ import annotations

import csv
import io

from muxprof.answers.clock.views import PartTimes, part_times
from muxprof.document.types import Layer, Report, Subject
from muxprof.records import UNKNOWN

_COLUMNS = (
    "subject",
    "path",
    "op",
    "in_shapes",
    "out_shapes",
    "kernel",
    "stride",
    "groups",
    "params",
    "params_conv",
    "params_linear",
    "params_bias",
    "params_norm",
    "madds",
    "activations",
    "traffic_bytes",
)

#: Of a forward pass of a batch; shares are of all layers that were timed.
_TIME_COLUMNS = (
    "time_batch",
    "time_mode",
    "time_method",
    "time_s",
    "time_p10_s",
    "time_p90_s",
    "time_n",
    "time_share",
    "madds_per_s",
    "bytes_per_s",
    "time_failed",
)


def text(report: Report) -> str:
    """All layers; shapes are N x C x H x W, several of them separated by spaces."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    times = {subject.name: part_times(subject) for subject in report.subjects}
    timed = any(found is not None for found in times.values())
    dilated = any(layer.dilation is not None for subject in report.subjects for layer in subject.layers)
    writer.writerow(_COLUMNS + ("dilation",) * dilated + _TIME_COLUMNS * timed)
    for subject in report.subjects:
        for layer in subject.layers:
            row = _row(subject, layer) + ([_dilation(layer)] if dilated else [])
            writer.writerow(row + (_time_cells(times[subject.name], layer) if timed else []))
    return sink.getvalue()


def _time_cells(times: PartTimes | None, layer: Layer) -> list[object]:
    part = None if times is None else times.by_path.get(layer.path)
    if times is None or part is None:
        return [""] * len(_TIME_COLUMNS)
    where = [times.parts.batch, times.parts.mode, times.parts.method]
    if part.samples is None:
        return [*where, *[""] * (len(_TIME_COLUMNS) - len(where) - 1), part.failed]
    found, samples = times.works[layer.path], part.samples
    return [
        *where,
        samples.median,
        samples.p10,
        samples.p90,
        samples.n,
        times.share_of_time(found),
        _or_empty(found.madds_per_second),
        _or_empty(found.bytes_per_second),
        "",
    ]


def _dilation(layer: Layer) -> str:
    return "" if layer.kernel is None else "x".join(map(str, layer.dilation or (1,) * len(layer.kernel)))


def _or_empty(value: float | None) -> float | str:
    return "" if value is None else value


def _row(subject: Subject, layer: Layer) -> list[object]:
    params = layer.cost.params
    return [
        subject.name,
        layer.path,
        layer.op,
        " ".join("x".join(map(str, shape)) for shape in layer.inputs),
        " ".join("x".join(map(str, shape)) for shape in layer.outputs),
        "" if layer.kernel is None else "x".join(map(str, layer.kernel)),
        "" if layer.stride is None else "x".join(map(str, layer.stride)),
        "" if layer.groups is None else layer.groups,
        params.total,
        params.conv,
        params.linear,
        params.bias,
        params.norm,
        "" if layer.op == UNKNOWN else layer.cost.madds,
        layer.cost.activations,
        layer.cost.traffic_bytes,
    ]
