"""Tables of rows, as papers print them, made into stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from muxprof.spec.classic import AnyBlock, again, widths
from muxprof.spec.networks import Stage

#: By stage: rows of repetitions and what the first block is made of.
Rows: TypeAlias = Mapping[str, Iterable[tuple[Any, ...]]]


def stages(width: int, table: Rows, make: Callable[..., AnyBlock]) -> tuple[Stage, ...]:
    """The stages of a table.

    ``make`` makes the first block of a row, from the channels that it is given and the row without its repetitions;
    further ones have stride 1 and keep the channels. ``width`` channels are given to the first of all.
    """
    made = []
    for name, rows in table.items():
        blocks: list[AnyBlock] = []
        for repetitions, *row in rows:
            first = make(width, *row)
            blocks += [first, *[again(first)] * (repetitions - 1)]
            width = widths(first)[1]
        made.append(Stage(name, tuple(blocks)))
    return tuple(made)
