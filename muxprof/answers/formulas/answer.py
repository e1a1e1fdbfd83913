"""Adds closed forms to a report."""

from __future__ import annotations

from muxprof.answers.formulas.specs import network_formulas
from muxprof.answers.report import Report
from muxprof.errors import BadInput
from muxprof.spec.networks import Network


def with_formulas(report: Report) -> Report:
    """The report about one network with its closed forms in N, H and W; :class:`BadInput` for any other report."""
    if len(report.subjects) != 1 or not isinstance(report.subjects[0].spec, Network):
        raise BadInput(f"a {report.command} report is not about one network; that of a model command is.")
    return report.having(formulas=network_formulas(report.subjects[0].spec))
