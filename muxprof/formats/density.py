"""Density maps in a terminal: a cell of shades per bin, in as many columns as there is room for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from string import ascii_uppercase

from rich.console import Console
from rich.text import Text

from muxprof.document.density import Axis, Density
from muxprof.units import grouped, scaled

_SHADES = " ·░▒▓█"
#: From few to many; with the shades, so that nothing depends on colour.
_COLOURS = ("", "rgb(94,79,162)", "rgb(50,136,189)", "rgb(90,180,150)", "rgb(230,180,60)", "rgb(213,62,79)")
#: Cells that are not wholly within the bounds.
_OUTSIDE = "rgb(165,172,182)"
#: Rows between two labels of the vertical axis, and columns between two of the horizontal one.
_ROWS, _COLUMNS = 4, 10


def draw(density: Density, console: Console) -> None:
    """The map, what its shades mean, and a line for each mark."""
    for line in _map(density, console.width):
        console.print(line, soft_wrap=True)
    console.print()
    console.print(_key(density))
    for letter, mark in zip(ascii_uppercase, density.marks, strict=False):
        console.print(Text(f"{letter} ", style="bold").append(f"{mark.name}: {mark.text}", style="not bold"))


def _map(density: Density, width: int) -> Iterator[Text]:
    """x to the right and y upwards; where there are more bins than columns, several bins share one."""
    x, y = density.x, density.y
    label = max(len(_edge(y, row)) for row in range(y.bins)) + 1
    room = width - label - 2
    wide = max(1, min(3, room // x.bins))
    join = -(-x.bins // max(1, room))
    columns = range(0, x.bins, join)
    table = [[sum(counts[row] for counts in density.counts[at : at + join]) for at in columns] for row in range(y.bins)]
    most = max(map(max, table))
    marks = {
        (x.bin(mark.x) // join, y.bin(mark.y)): letter
        for letter, mark in zip(ascii_uppercase, density.marks, strict=False)
        if x.has(mark.x) and y.has(mark.y)
    }
    yield Text(y.heading, style="bold")
    for row in reversed(range(y.bins)):
        line = Text((_edge(y, row) if row % _ROWS == 0 else "").rjust(label - 1) + (" ┤" if row % _ROWS == 0 else " │"))
        for index, count in enumerate(table[row]):
            level = _level(count, most)
            inside = x.inside(columns[index], columns[index] + join) and y.inside(row, row + 1)
            mark, shade = marks.get((index, row)), _SHADES[level] * wide
            style = "bold" if mark else _COLOURS[level] if inside or not level else _OUTSIDE
            line.append(f"{mark}{shade[1:]}" if mark else shade, style=style)
        yield line
    yield Text(" " * label + "└" + "─" * (wide * len(columns)))
    axis = " " * (label + 1)
    for index in range(0, len(columns), max(1, _COLUMNS // wide)):
        axis = axis.ljust(label + 1 + index * wide) + _edge(x, columns[index])
    yield Text(axis[: max(width, label + _COLUMNS)])
    yield Text(" " * (label + 1) + x.heading, style="bold")


def _level(count: int, most: int) -> int:
    """0 for none; 1 to 5 by powers of ten below the fullest cell."""
    return 0 if not count else max(1, 5 - int(math.log10(most / count)))


def _edge(axis: Axis, index: int) -> str:
    return scaled(axis.edge(index))


def _key(density: Density) -> Text:
    x, y = density.x, density.y
    cell = f"{grouped(x.width)} {x.heading} x {grouped(y.width)} {y.heading}"
    line = Text(f"each cell {cell}; from the fullest down, a shade per power of ten: ")
    for level in (5, 4, 3, 2, 1):
        line.append(_SHADES[level] * 2, style=_COLOURS[level])
    if x.bounded or y.bounded:
        line.append("; grey: not wholly within the budget")
    return line
