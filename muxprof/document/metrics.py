"""Metrics: what is counted of every op, one row each, and how tables, documents and heatmaps show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

from muxprof.cost import ops
from muxprof.document.parts import Column
from muxprof.document.table import Table
from muxprof.document.types import Unit
from muxprof.frozen import dataclass
from muxprof.records import UNKNOWN, Cost
from muxprof.units import bytes_text, grouped, percent, scaled


@dataclass(frozen=True)
class Metric:
    """Something that is counted of every op and adds up over layers.

    ``read`` takes it off a cost; ``count`` gives it for one op of the cost model, whose dimensions may be integers,
    arrays or symbols; a metric without it is in no heatmap. ``heading`` and ``short`` head columns,
    ``title`` pictures; ``text`` writes a value into tables, ``full`` where there is room; ``unit`` follows the heading
    where exact values are named, as in "traffic bytes". ``json`` is the key in documents and CSV. ``group`` is the
    table of a block that it stands in. ``share`` says whether tables also give the percentage of the total: always, or
    where they are wide. ``bounded`` says that the total is a lower bound where ops are unknown.
    """

    key: str
    heading: str
    read: Callable[[Cost], int]
    count: Callable[[ops.Op], Any] | None = None
    short: str = ""
    title: str = ""
    json: str = ""
    unit: str = ""
    text: Callable[[int], str] = grouped
    full: Callable[[int], str] = grouped
    group: Literal["compute", "data"] = "data"
    share: Literal["", "always", "wide"] = ""
    bounded: bool = False

    def __post_init__(self) -> None:
        """Take ``heading`` and ``key`` for what was left out."""
        object.__setattr__(self, "short", self.short or self.heading)
        object.__setattr__(self, "title", self.title or self.heading)
        object.__setattr__(self, "json", self.json or self.key)

    @property
    def counted(self) -> str:
        """What an exact value is a number of: "traffic bytes"."""
        return f"{self.heading} {self.unit}".rstrip()

    def known(self, cost: Cost, op: str) -> int | None:
        """The value of a layer whose kind is ``op``; None where that is not known."""
        return None if self.bounded and op == UNKNOWN else self.read(cost)


METRICS: Table[Metric] = Table(
    Metric("params", "params", lambda cost: cost.params.total, ops.params, title="Params", group="compute"),
    Metric("madds", "MAdds", lambda cost: cost.madds, ops.madds, group="compute", share="always", bounded=True),
    Metric(
        "activations",
        "activations",
        lambda cost: cost.activations,
        ops.activations,
        "activ.",
        "Activations",
        text=scaled,
    ),
    Metric(
        "traffic",
        "traffic",
        lambda cost: cost.traffic_bytes,
        ops.traffic_bytes,
        title="Memory traffic",
        json="traffic_bytes",
        unit="bytes",
        text=bytes_text,
        full=bytes_text,
        share="wide",
    ),
)


def in_unit(unit: Unit) -> tuple[Metric, ...]:
    """All metrics as they are shown: with the unit "flops", MAdds as FLOPs, 2 for each."""
    return tuple(shown(metric, unit) for metric in METRICS)


def shown(metric: Metric, unit: Unit) -> Metric:
    """One metric as it is shown in a unit."""
    if unit == "madds" or metric.key != "madds":
        return metric
    read = metric.read
    return replace(metric, heading="FLOPs", short="FLOPs", read=lambda cost: 2 * read(cost))


def madds_in(unit: Unit) -> Metric:
    """Multiply-adds as they are shown in a unit."""
    return shown(METRICS["madds"], unit)


def metric_columns(metrics: tuple[Metric, ...]) -> Iterator[Column]:
    """The columns of a table with a row per layer or module."""
    for metric in metrics:
        yield Column(metric.short)
        if metric.share:
            yield Column(f"%\n{metric.short}", optional=metric.share == "wide")


def cells(metrics: tuple[Metric, ...], cost: Cost, total: Cost, complete: bool = True) -> Iterator[str]:
    """The cells of a row below :func:`metric_columns`; ``complete`` says whether every op in it is known."""
    for metric in metrics:
        value, unsure = metric.read(cost), metric.bounded and not complete
        yield f">={metric.text(value)}" if unsure and value else "?" if unsure else metric.text(value)
        if metric.share:
            yield "?" if unsure else percent(value, metric.read(total))
