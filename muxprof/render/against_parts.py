"""Is it the published network: yes, or every difference side by side, the first one first."""

from __future__ import annotations

from muxprof.render.tables import Column, Part, Row, Table, Text
from muxprof.report.types import Against, Difference

#: Differences that a table shows; JSON has them all.
_MOST = 40


def against_parts(found: Against) -> list[Part]:
    """The verdict, and below it a row per difference."""
    if not found.differences:
        return [Text(f"the same, at all {found.layers} convolutions, linear layers and norms.", found.name, "good")]
    columns = (
        Column(f"layer of {found.name}", numeric=False),
        Column("here", numeric=False),
        Column("what", numeric=False),
        Column("published", numeric=False),
        Column("found", numeric=False),
    )
    shown = found.differences[:_MOST]
    more = len(found.differences) - len(shown)
    parts: list[Part] = [
        Text(f"{first_words(found.differences[0])}.", f"not {found.name}; the first difference", "bad"),
        Table(f"Differences from {found.name}", columns, tuple(map(_row, shown))),
    ]
    return [*parts, *([Text(f"and {more} more; JSON has them all.")] if more else [])]


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
