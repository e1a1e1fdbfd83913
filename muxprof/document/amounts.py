"""How costs are written in tables."""

from __future__ import annotations

from muxprof.document.types import Report
from muxprof.units import grouped


def unit_name(report: Report) -> str:
    """The heading for multiply-adds: MAdds, or FLOPs where the report asks for them."""
    return "FLOPs" if report.convention.unit == "flops" else "MAdds"


def work(report: Report, madds: int) -> int:
    """Multiply-adds in the report's unit: 1 MAdd is 2 FLOPs."""
    return 2 * madds if report.convention.unit == "flops" else madds


def work_text(report: Report, madds: int) -> str:
    """Multiply-adds in the report's unit, as text."""
    return grouped(work(report, madds))
