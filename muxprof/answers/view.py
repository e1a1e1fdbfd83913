"""From a report to what formats show of it: its answer's row and the rows of its sections, put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from muxprof.answers import written
from muxprof.answers.table import ANSWERS, SECTIONS
from muxprof.document.parts import Part, Text
from muxprof.document.sections import Phase, values
from muxprof.document.table import resolved
from muxprof.document.types import Document
from muxprof.document.view import LayerColumns, View


def view(report: Document) -> View:
    """``report`` as formats see it."""
    answer = ANSWERS[report.command]
    return View(
        report,
        resolved(answer.title)(report),
        parts=lambda phase: _parts(report, phase),
        figures=lambda: list(_figures(report)),
        records=lambda: _records(report),
        json=lambda: written.text(report),
    )


def _parts(report: Document, phase: Phase) -> Sequence[Part]:
    shown = dict.fromkeys(section for section, _ in values(SECTIONS, report) if section.phase == phase)
    parts = [part for section in shown if section.parts for part in resolved(section.parts)(report)]
    if phase != "answer":
        return parts
    own = resolved(ANSWERS[report.command].parts)(report)
    notes = (Text(note, "note") for note in report.notes)
    return [*own, *parts, *notes, Text(report.convention.text, "counted")]


def _figures(report: Document) -> Iterator[str]:
    own = ANSWERS[report.command].figure
    shown = dict.fromkeys(section for section, _ in values(SECTIONS, report))
    for figure in (own, *(section.figure for section in shown)):
        if figure is not None:
            yield resolved(figure)(report)


def _records(report: Document) -> Iterable[Sequence[object]]:
    own = ANSWERS[report.command].records
    if own is not None:
        return resolved(own)(report)  # type: ignore[no-any-return]  # a name says no type
    from muxprof.document.records import layer_records

    return layer_records(report, list(_layer_columns(report)))


def _layer_columns(report: Document) -> Iterator[LayerColumns]:
    for section in dict.fromkeys(section for section, _ in values(SECTIONS, report)):
        made = resolved(section.layers)(report) if section.layers else None
        if made is not None:
            yield made
