"""The report of all claims of the supplement."""

from __future__ import annotations

from muxprof import __version__
from muxprof.answers.heatmap.answer import heatmap
from muxprof.answers.paper.claims import claims
from muxprof.answers.report import Report, environment
from muxprof.document.types import Convention


def report() -> Report:
    """Every claim with its verdict, and Figure 4."""
    return Report("paper", __version__, {}, Convention(), environment("numpy", "sympy")).having(
        claims=claims(), heatmap=heatmap()
    )


def check(report: Report) -> None:
    """Raise :class:`ValueError` for a report without claims."""
    if not report.claims or report.subjects:
        raise ValueError("a paper report has claims, and no subjects")
