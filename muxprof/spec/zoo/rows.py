"""Stages from tables of rows, as papers print them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from muxprof.spec.classic import AnyBlock, again, widths
from muxprof.spec.networks import Stage

#: By stage: rows of repetitions and the arguments of the first block.
Rows: TypeAlias = Mapping[str, Iterable[tuple[Any, ...]]]


def stages(width: int, table: Rows, make: Callable[..., AnyBlock]) -> tuple[Stage, ...]:
    """The stages of a table; ``width`` are the input channels of the first block.

    ``make(width, *row)`` returns the first block of a row for its input channels and the row without its repetitions;
    the others have stride 1 and keep the channels.
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
