"""A toy section: what a subject weighs, in grams, one for every thousand params."""

from dataclasses import dataclass

from muxprof.answers.report import Report
from muxprof.document.parts import Part, Text
from muxprof.document.sections import Section
from muxprof.document.types import Subject
from muxprof.document.view import LayerColumns


@dataclass(frozen=True)
class Weight:
    """Whole grams."""

    grams: int


def weighed(report: Report) -> Report:
    (subject,) = report.subjects
    return report.with_subjects((subject.having(weight=of(subject)),), report.environment)


def of(subject: Subject) -> Weight:
    return Weight(subject.totals.params.total // 1000)


def parts(report: Report) -> list[Part]:
    return [Text(f"{subject.sections['weight'].grams:,} g", "weight") for subject in report.subjects]


def layers(_report: Report) -> LayerColumns:
    return LayerColumns(["grams"], lambda _, layer: [layer.cost.params.total // 1000])


def check(report: Report) -> None:
    for subject in report.subjects:
        if subject.sections["weight"] != of(subject):
            raise ValueError(f"{subject.name} weighs something else")


ROW = Section("weight", "subject", Weight, always=False, parts=parts, layers=layers, check=check)
