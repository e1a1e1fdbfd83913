"""Is it the published network: yes, or every difference side by side, the first one first."""

from __future__ import annotations

from muxprof.answers.against.types import Difference
from muxprof.answers.report import Report
from muxprof.document.parts import Column, Part, Row, Table, Text

#: Differences that a table shows; JSON has them all.
_MOST = 40


def parts(report: Report) -> list[Part]:
    """The verdict, a row per difference, and what was compared and what was not."""
    found = report.against
    assert found is not None
    others = [_number(count, kind) for kind, count in found.counts.items()]
    compared = _listed([f"{found.layers:,} convolutions, linear layers and norms", *others])
    unseen = [Text(" ".join(found.unseen), "not compared")] if found.unseen else []
    if not found.differences:
        given = ", and in what each of them is given" if others else ""
        return [Text(f"the same, at all {compared}{given}.", found.name, "good"), *unseen]
    columns = (
        Column(f"layer of {found.name}", numeric=False),
        Column("here", numeric=False),
        Column("what", numeric=False),
        Column("published", numeric=False),
        Column("found", numeric=False),
    )
    shown = found.differences[:_MOST]
    more = len(found.differences) - len(shown)
    made: list[Part] = [
        Text(f"{first_words(found.differences[0])}.", f"not {found.name}; the first difference", "bad"),
        Table(f"Differences from {found.name}", columns, tuple(map(_row, shown))),
    ]
    if more:
        made.append(Text(f"and {more} more; JSON has them all."))
    return [*made, Text(f"{compared}.", "compared"), *unseen]


def _number(count: int, kind: str) -> str:
    """As in ``1 pooling``, ``3 movements of channels``: kinds are plurals."""
    first = kind.split(" of ")[0]
    return f"{count:,} {kind if count != 1 else first.removesuffix('s') + kind.removeprefix(first)}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def first_words(difference: Difference) -> str:
    """A difference as a sentence: ``stage2.1.conv: kernel 3 instead of 5``."""
    place = difference.path or difference.published_path or "?"
    if difference.what == "layer":
        missing = difference.path is None
        text = f"{difference.expected} is missing" if missing else f"{difference.found} is not in the published network"
    else:
        text = f"{difference.what} {difference.found} instead of {difference.expected}"
    return f"{place}: {text}" + (f" ({difference.why})" if difference.why else "")


def _row(difference: Difference) -> Row:
    here = difference.path or "-"
    return Row(
        (
            difference.published_path or "-",
            "the same path" if here == difference.published_path else here,
            difference.what,
            difference.expected,
            difference.found,
        )
    )
