"""What other tools print for the network: a row per tool, with its rule."""

from __future__ import annotations

from muxprof.answers.report import Report
from muxprof.answers.tools.types import ToolCount
from muxprof.document.parts import Column, Part, Row, Table, Text
from muxprof.units import grouped


def parts(report: Report) -> list[Part]:
    """A table of what each tool prints and adds to conv + linear, and the rules, or why a number is not known."""
    own = report.subjects[0].totals.madds
    columns = (Column("tool", numeric=False), Column("MAdds it prints"), Column("added"), Column("%"))
    rows = tuple(Row((count.tool, *_numbers(count, own))) for count in report.tools)
    reasons = ["" if count.reason is None else f" Unknown here: {count.reason}." for count in report.tools]
    rules = [Text(f"{count.rule}.{why}", count.tool) for count, why in zip(report.tools, reasons, strict=True)]
    return [Table("What other tools print for this network", columns, rows), *rules]


def _numbers(count: ToolCount, own: int) -> tuple[str, str, str]:
    if count.madds is None:
        return "unknown", "", ""
    share = f"{100 * (count.madds / own - 1):.2f}" if own else ""
    return grouped(count.madds), grouped(count.madds - own), share
