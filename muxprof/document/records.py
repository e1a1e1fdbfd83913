"""The rows of CSV of a report about blocks, networks or models: one for every layer of every subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muxprof.document.metrics import METRICS
from muxprof.document.types import Document, Layer, Subject
from muxprof.document.view import LayerColumns
from muxprof.records import Shape

_KINDS = ("conv", "linear", "bias", "norm")


def layer_records(report: Document, more: Sequence[LayerColumns]) -> Iterator[list[object]]:
    """The names of the columns, then the layers; shapes are N x C x H x W, several of them separated by spaces.

    ``more`` are the columns of sections, which come last.
    """
    dilated = any(layer.dilation is not None for subject in report.subjects for layer in subject.layers)
    yield [
        *("subject", "path", "op", "in_shapes", "out_shapes", "kernel", "stride", "groups"),
        *_metric_names(),
        *["dilation"] * dilated,
        *(name for columns in more for name in columns.names),
    ]
    for subject in report.subjects:
        for layer in subject.layers:
            yield [
                *_layer(subject, layer),
                *([_dilation(layer)] if dilated else []),
                *(cell for columns in more for cell in columns.cells(subject, layer)),
            ]


def _metric_names() -> Iterator[str]:
    for metric in METRICS:
        yield metric.json
        if metric.key == "params":
            yield from (f"params_{kind}" for kind in _KINDS)


def _layer(subject: Subject, layer: Layer) -> Iterator[object]:
    yield from (subject.name, layer.path, layer.op, _shapes(layer.inputs), _shapes(layer.outputs))
    yield from (_window(layer.kernel), _window(layer.stride), or_empty(layer.groups))
    for metric in METRICS:
        yield or_empty(metric.known(layer.cost, layer.op))
        if metric.key == "params":
            yield from (getattr(layer.cost.params, kind) for kind in _KINDS)


def or_empty(value: object) -> object:
    """The value, or an empty text for None."""
    return "" if value is None else value


def _dilation(layer: Layer) -> str:
    return "" if layer.kernel is None else _window(layer.dilation or (1,) * len(layer.kernel))


def _window(sizes: Shape | None) -> str:
    return "" if sizes is None else "x".join(map(str, sizes))


def _shapes(shapes: tuple[Shape, ...]) -> str:
    return " ".join(map(_window, shapes))
