"""What ``muxprof models`` shows: a row per network of the zoo, computed beside published."""

from __future__ import annotations

from muxprof.answers.report import Report
from muxprof.document.metrics import in_unit
from muxprof.document.parts import Part, Row, Table, Text, columns
from muxprof.document.published import comparable, deviation
from muxprof.document.types import Subject
from muxprof.spec.networks import Network


def title(_report: Report) -> str:
    """What the report is about."""
    return "The zoo: computed beside published"


def parts(report: Report) -> list[Part]:
    """The zoo: computed beside published, and where each network comes from."""
    metrics = [metric.heading for metric in in_unit(report.convention.unit) if metric.group == "compute"]
    printed = ("printed\nparams", "printed\nMAdds", "% off\nparams", "% off\nMAdds")
    rows = tuple(Row(_model_cells(report, subject)) for subject in report.subjects)
    sources = sorted({spec.published.source for spec in map(_spec, report.subjects) if spec.published is not None})
    return [
        Table("Networks", columns("<network", *metrics, *printed, "<?from"), rows),
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


def _model_cells(report: Report, subject: Subject) -> tuple[str, ...]:
    published, total = _spec(subject).published, subject.totals
    shown = published is not None and comparable(subject)
    return (
        subject.name,
        *(metric.full(metric.read(total)) for metric in in_unit(report.convention.unit) if metric.group == "compute"),
        published.params if published and shown else "",
        published.madds if published and shown else "",
        _off(total.params.total, published.params) if published and shown else "",
        _off(total.madds, published.madds) if published and shown else "",
        subject.provenance,
    )


def _off(count: int, printed: str) -> str:
    found = deviation(count, printed)
    return "-" if found == 0 else f"{100 * float(found):+.2f}"


def _spec(subject: Subject) -> Network:
    assert isinstance(subject.spec, Network)
    return subject.spec
