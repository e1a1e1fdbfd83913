"""What ``muxprof paper`` shows: how many claims have which verdict, then a small table per claim; and its CSV."""

from __future__ import annotations

import csv
import dataclasses
import io

from muxprof.document.parts import Column, Emphasis, Part, Row, Table, Text
from muxprof.document.types import VERDICTS, Claim, Report, Verdict

TITLE = "The claims of the MUXConv supplement about complexity, checked"

_EMPHASES: dict[Verdict, Emphasis] = {
    "reproduced": "good",
    "rounds to it": "good",
    "differs": "bad",
    "holds only under a condition": "group",
    "needs training: not checked": "plain",
}


def paper_parts(report: Report) -> list[Part]:
    """All claims: a table each, because their texts are long."""
    claims = enumerate(report.claims, start=1)
    return [Text(summary(report), "claims"), *(_table(number, claim) for number, claim in claims)]


def counts(report: Report) -> list[tuple[Verdict, int]]:
    """The verdicts that there are, and of how many claims."""
    found = [(verdict, sum(claim.verdict == verdict for claim in report.claims)) for verdict in VERDICTS]
    return [(verdict, count) for verdict, count in found if count]


def summary(report: Report) -> str:
    """How many claims have which verdict."""
    return f"{len(report.claims)}; " + ", ".join(f"{count} {verdict}" for verdict, count in counts(report)) + "."


def csv_text(report: Report) -> str:
    """A row per claim."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(field.name for field in dataclasses.fields(Claim))
    writer.writerows(dataclasses.astuple(claim) for claim in report.claims)
    return sink.getvalue()


def _table(number: int, claim: Claim) -> Table:
    rows = [
        Row(("says", claim.says)),
        Row(("muxprof", claim.computed), emphasis=_EMPHASES[claim.verdict]),
        Row(("why", claim.why)),
    ]
    if claim.command:
        rows.append(Row(("repeat", claim.command)))
    # The heading never takes two lines, as a verdict is short.
    columns = (Column("verdict", numeric=False), Column(claim.verdict, numeric=False))
    return Table(f"{number}. {claim.place}", columns, tuple(rows))
