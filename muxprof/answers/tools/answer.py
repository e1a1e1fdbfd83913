"""Adds what other tools print to a report."""

from __future__ import annotations

from muxprof.answers.report import Report
from muxprof.answers.tools.networks import MUXPROF, tool_counts
from muxprof.errors import BadInput
from muxprof.spec.networks import Network


def with_tools(report: Report) -> Report:
    """The report about one network with a row per tool; raises :class:`BadInput` for any other report."""
    if len(report.subjects) != 1 or not isinstance(report.subjects[0].spec, Network):
        raise BadInput(
            f"a {report.command} report has no conventions; that of a model command has, and that of a trace command "
            "where they are asked for with the trace."
        )
    return report.having(tools=tool_counts(report.subjects[0]))


def check(report: Report) -> None:
    """Raise :class:`ValueError` for rows that do not follow from the layers, or have a number and a reason for none.

    Another version may know other tools.
    """
    subject = report.subjects[0]
    expected = {MUXPROF: subject.totals.madds}
    if subject.traced is None:
        expected = {count.tool: count.madds or 0 for count in tool_counts(subject)}
    for count in report.tools:
        if (count.madds is None) != (count.reason is not None):
            raise ValueError(f"{count.tool} prints a number, or there is a reason why it is not known")
        if count.madds != expected.get(count.tool, count.madds):
            raise ValueError(f"{count.tool} does not print {count.madds} for these layers")
