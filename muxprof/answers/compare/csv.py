"""CSV of several networks: one row each."""

from __future__ import annotations

import csv
import io

from muxprof.document.published import comparable
from muxprof.document.types import Report, Subject
from muxprof.spec.networks import Network

_COLUMNS = (
    "network",
    "input_shape",
    "params",
    "madds",
    "activations",
    "traffic_bytes",
    "published_params",
    "published_madds",
    "source",
    "provenance",
)


def text(report: Report) -> str:
    """All networks; published figures only where they are for this input and these classes."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(map(_row, report.subjects))
    return sink.getvalue()


def _row(subject: Subject) -> list[object]:
    total, spec = subject.totals, subject.spec
    published = spec.published if isinstance(spec, Network) and comparable(subject) else None
    return [
        subject.name,
        "x".join(map(str, subject.input_shape)),
        total.params.total,
        total.madds,
        total.activations,
        total.traffic_bytes,
        published.params if published else "",
        published.madds if published else "",
        published.source if published else "",
        subject.provenance,
    ]
