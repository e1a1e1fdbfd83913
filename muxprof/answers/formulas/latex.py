"""LaTeX: the derived formulas of a report, ready for a paper that loads amsmath."""

from __future__ import annotations

from muxprof.answers.report import Report


def text(report: Report) -> str:
    """One display per formula, with a comment that says what it is."""
    return "".join(f"% {formula.name}\n\\[ {formula.latex} \\]\n" for formula in report.formulas)
