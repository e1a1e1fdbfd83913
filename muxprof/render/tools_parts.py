"""What other tools print for the network: a row per tool, with its rule."""

from __future__ import annotations

from muxprof.render.tables import Column, Part, Row, Table, Text
from muxprof.report.types import Report
from muxprof.units import grouped


def tools_parts(report: Report) -> list[Part]:
    """A table of tools, what each prints, what that is over conv + linear, and the rules below it."""
    own = report.subjects[0].totals.madds
    columns = (Column("tool", numeric=False), Column("MAdds it prints"), Column("added"), Column("%"))
    rows = tuple(
        Row((count.tool, grouped(count.madds), grouped(count.madds - own), f"{100 * (count.madds / own - 1):.2f}"))
        for count in report.tools
    )
    rules = [Text(f"{count.rule}.", count.tool) for count in report.tools]
    return [Table("What other tools print for this network", columns, rows), *rules]
