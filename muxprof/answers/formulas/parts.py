"""What closed forms show: a listing."""

from __future__ import annotations

from muxprof.answers.report import Report
from muxprof.document.parts import Listing, Part
from muxprof.spec.blocks import MuxBlock


def parts(report: Report) -> list[Part]:
    """All formulas of a report."""
    lines = tuple((formula.name, formula.text) for formula in report.formulas)
    return [Listing(_title(report.subjects[0].spec), lines)]


def _title(spec: object) -> str:
    if not isinstance(spec, MuxBlock):
        return "Closed forms, for all sizes that the network can work on"
    plain = not (spec.spatial or spec.se or spec.norm)
    return "Formulas" if plain else "Formulas of the three convolutions, without S, SE and norm"
