"""What a comparison with a published network shows."""

from __future__ import annotations

from muxprof.answers.against.types import Difference
from muxprof.answers.report import Report
from muxprof.document.parts import Column, Part, Row, Table, Text
from muxprof.units import listed

#: Differences that a table shows; JSON has them all.
_MOST = 40


def parts(report: Report) -> list[Part]:
    """The verdict, a row per difference, what was compared, and what was not."""
    found = report.against
    assert found is not None
    others = [_number(count, kind) for kind, count in found.counts.items()]
    compared = listed([f"{found.layers:,} convolutions, linear layers and norms", *others])
    unseen = [Text(" ".join(found.unseen), "not compared")] if found.unseen else []
    if found.same:
        given = ", and in what each of them is given" if others else ""
        return [Text(f"the same, at all {compared}{given}.", found.name, "good"), *unseen]
    headings = (f"layer of {found.name}", "here", "what", "published", "found")
    columns = tuple(Column(heading, numeric=False) for heading in headings)
    rows = tuple(map(_row, found.differences[:_MOST]))
    more = len(found.differences) - len(rows)
    return [
        Text(f"{_sentence(found.differences[0])}.", f"not {found.name}; the first difference", "bad"),
        Table(f"Differences from {found.name}", columns, rows),
        *([Text(f"and {more} more; JSON has them all.")] if more else []),
        Text(f"{compared}.", "compared"),
        *unseen,
    ]


def _number(count: int, kind: str) -> str:
    """A count of a kind, which is a plural: ``1 pooling``, ``3 movements of channels``."""
    first = kind.split(" of ")[0]
    return f"{count:,} {kind if count != 1 else first.removesuffix('s') + kind.removeprefix(first)}"


def _sentence(difference: Difference) -> str:
    """A difference as ``stage2.1.conv: kernel 3 instead of 5``."""
    place = difference.path or difference.published_path or "?"
    text = f"{difference.what} {difference.found} instead of {difference.expected}"
    if difference.what == "layer":
        missing = difference.path is None
        text = f"{difference.expected} is missing" if missing else f"{difference.found} is not in the published network"
    return f"{place}: {text}" + (f" ({difference.why})" if difference.why else "")


def _row(difference: Difference) -> Row:
    here = difference.path or "-"
    published = difference.published_path or "-"
    cells = (published, "the same path" if here == published else here)
    return Row((*cells, difference.what, difference.expected, difference.found))
