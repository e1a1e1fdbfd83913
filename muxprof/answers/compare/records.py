"""The rows of CSV of several networks: one each."""

from __future__ import annotations

from collections.abc import Iterator

from muxprof.answers.report import Report
from muxprof.document.metrics import METRICS
from muxprof.document.published import comparable
from muxprof.spec.networks import Network


def records(report: Report) -> Iterator[list[object]]:
    """The names of the columns, then the networks; published figures only where they are for this input and classes."""
    names = (metric.json for metric in METRICS)
    yield ["network", "input_shape", *names, "published_params", "published_madds", "source", "provenance"]
    for subject in report.subjects:
        spec, total = subject.spec, subject.totals
        published = spec.published if isinstance(spec, Network) and comparable(subject) else None
        yield [
            subject.name,
            "x".join(map(str, subject.input_shape)),
            *(metric.read(total) for metric in METRICS),
            *((published.params, published.madds, published.source) if published else ("", "", "")),
            subject.provenance,
        ]
