"""A toy answer: the longest path of a network's layers."""

from muxprof import model
from muxprof.answers.report import Report
from muxprof.answers.table import Answer
from muxprof.document.parts import Part, Text


def report(name: str) -> Report:
    made = model(name)
    return Report("longest", made.version, {"name": name}, made.convention, made.environment, made.subjects)


def title(report: Report) -> str:
    return f"The longest path in {report.subjects[0].name}"


def parts(report: Report) -> list[Part]:
    return [Text(max((layer.path for layer in report.subjects[0].layers), key=len), "longest")]


ROW = Answer("longest", title, parts)
