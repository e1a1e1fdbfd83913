"""What ``muxprof paper`` shows: how many claims have which verdict, then a small table per claim; and its CSV."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from muxprof.answers.paper.types import VERDICTS, Claim, Verdict
from muxprof.answers.report import Report
from muxprof.document.parts import Column, Emphasis, Part, Row, Table, Text
from muxprof.document.types import Document

_EMPHASES: dict[Verdict, Emphasis] = {
    "reproduced": "good",
    "rounds to it": "good",
    "differs": "bad",
    "holds only under a condition": "group",
    "needs training: not checked": "plain",
}


def title(_report: Report) -> str:
    """What the report is about."""
    return "The claims of the MUXConv supplement about complexity, checked"


def parts(report: Report) -> list[Part]:
    """All claims: a table each, because their texts are long."""
    claims = enumerate(report.claims, start=1)
    return [Text(summary(report), "claims"), *(_table(number, claim) for number, claim in claims)]


def counts(report: Document) -> list[tuple[Verdict, int]]:
    """The verdicts that there are, and of how many claims."""
    found = [(verdict, sum(claim.verdict == verdict for claim in report.sections["claims"])) for verdict in VERDICTS]
    return [(verdict, count) for verdict, count in found if count]


def summary(report: Report) -> str:
    """How many claims have which verdict."""
    return f"{len(report.claims)}; " + ", ".join(f"{count} {verdict}" for verdict, count in counts(report)) + "."


def records(report: Report) -> Iterator[list[object]]:
    """The names of the columns, then the claims."""
    yield [field.name for field in dataclasses.fields(Claim)]
    yield from (list(dataclasses.astuple(claim)) for claim in report.claims)


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
