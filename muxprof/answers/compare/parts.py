"""What ``muxprof compare`` shows: a row per network, with ratios to the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from muxprof.answers.report import Report
from muxprof.document.metrics import Metric, in_unit
from muxprof.document.parts import Part, Row, Table, Text, columns
from muxprof.document.types import Subject
from muxprof.records import Cost
from muxprof.units import ratio_text


def title(report: Report) -> str:
    """What the report is about."""
    return f"{', '.join(subject.name for subject in report.subjects)}: side by side"


def parts(report: Report) -> list[Part]:
    """Networks side by side; ratios are to the first."""
    metrics, first = in_unit(report.convention.unit), report.subjects[0]
    ratios = (f"{'?' * (metric.group == 'data')}ratio\n{metric.short}" for metric in metrics)
    headings = columns("<network", "?input", *(metric.short for metric in metrics), *ratios)
    rows = tuple(Row(tuple(_cells(metrics, subject, first.totals))) for subject in report.subjects)
    return [Table("Networks", headings, rows), Text(f"to {first.name}.", "ratios")]


def _cells(metrics: Sequence[Metric], subject: Subject, first: Cost) -> Iterator[str]:
    yield subject.name
    yield "x".join(map(str, subject.input_shape[1:]))
    yield from (metric.text(metric.read(subject.totals)) for metric in metrics)
    for metric in metrics:
        yield ratio_text(Fraction(metric.read(subject.totals), metric.read(first)))
