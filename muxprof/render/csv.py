"""CSV: one row per layer of every subject."""

from __future__ import annotations

import csv
import io

from muxprof.report.types import Layer, Report, Subject

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


def text(report: Report) -> str:
    """All layers; shapes are N x C x H x W, several of them separated by spaces."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for subject in report.subjects:
        writer.writerows(_row(subject, layer) for layer in subject.layers)
    return sink.getvalue()


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
        layer.cost.madds,
        layer.cost.activations,
        layer.cost.traffic_bytes,
    ]
