"""What ``muxprof models`` and ``muxprof compare`` show: a row per network."""

from __future__ import annotations

from fractions import Fraction

from muxprof.document.amounts import unit_name, work_text
from muxprof.document.parts import Column, Part, Row, Table, Text
from muxprof.document.published import comparable, deviation
from muxprof.document.types import Report, Subject
from muxprof.records import Cost
from muxprof.spec.networks import Network
from muxprof.units import bytes_text, grouped, ratio_text, scaled


def models_parts(report: Report) -> list[Part]:
    """The zoo: computed beside published, and where each network comes from."""
    unit = unit_name(report)
    columns = (
        Column("network", numeric=False),
        Column("params"),
        Column(unit),
        Column("printed\nparams"),
        Column("printed\nMAdds"),
        Column("% off\nparams"),
        Column("% off\nMAdds"),
        Column("from", numeric=False, optional=True),
    )
    rows = tuple(Row(_model_cells(report, subject)) for subject in report.subjects)
    sources = sorted({spec.published.source for spec in map(_spec, report.subjects) if spec.published is not None})
    return [
        Table("Networks", columns, rows),
        Text("at 224x224 and 1000 classes; - where ours rounds to the printed figure.", "computed"),
        *_reconstructions(report),
        Text("; ".join(sources) + ".", "printed in"),
    ]


def _reconstructions(report: Report) -> list[Text]:
    """What is not the authors' own, also where there is no room for the column that says so."""
    names = [subject.name for subject in report.subjects if subject.provenance == "reconstruction"]
    if not names:
        return []
    return [
        Text(
            f"{' and '.join(names)}: never released; built here to the printed totals, by a rule, and one of many that "
            "fit. `muxprof model` says which rule and how many.",
            "reconstruction",
        )
    ]


def compare_parts(report: Report) -> list[Part]:
    """Networks side by side; ratios are to the first."""
    unit, first = unit_name(report), report.subjects[0].totals
    columns = (
        Column("network", numeric=False),
        Column("input", optional=True),
        Column("params"),
        Column(unit),
        Column("activ."),
        Column("traffic"),
        Column("ratio\nparams"),
        Column(f"ratio\n{unit}"),
        Column("ratio\nactiv.", optional=True),
        Column("ratio\ntraffic", optional=True),
    )
    rows = tuple(Row(_compare_cells(report, subject, first)) for subject in report.subjects)
    return [Table("Networks", columns, rows), Text(f"to {report.subjects[0].name}.", "ratios")]


def _model_cells(report: Report, subject: Subject) -> tuple[str, ...]:
    published, total = _spec(subject).published, subject.totals
    shown = published is not None and comparable(subject)
    return (
        subject.name,
        grouped(total.params.total),
        work_text(report, total.madds),
        published.params if published and shown else "",
        published.madds if published and shown else "",
        _off(total.params.total, published.params) if published and shown else "",
        _off(total.madds, published.madds) if published and shown else "",
        subject.provenance,
    )


def _off(count: int, printed: str) -> str:
    found = deviation(count, printed)
    return "-" if found == 0 else f"{100 * float(found):+.2f}"


def _compare_cells(report: Report, subject: Subject, first: Cost) -> tuple[str, ...]:
    total = subject.totals
    return (
        subject.name,
        "x".join(map(str, subject.input_shape[1:])),
        grouped(total.params.total),
        work_text(report, total.madds),
        scaled(total.activations),
        bytes_text(total.traffic_bytes),
        ratio_text(Fraction(total.params.total, first.params.total)),
        ratio_text(Fraction(total.madds, first.madds)),
        ratio_text(Fraction(total.activations, first.activations)),
        ratio_text(Fraction(total.traffic_bytes, first.traffic_bytes)),
    )


def _spec(subject: Subject) -> Network:
    assert isinstance(subject.spec, Network)
    return subject.spec
