"""Bars in a terminal: two shares on one line, the first in the upper half of the characters, the second in the lower.

Where there is no colour, the halves alone tell them apart.
"""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from muxprof.document.parts import Bars
from muxprof.frozen import dataclass

_UPPER, _LOWER, _BOTH = "▀", "▄", "█"
_COLOURS = ("rgb(222,125,44)", "rgb(70,130,190)")
_LONGEST, _SHORTEST = 24, 8


@dataclass(frozen=True)
class Drawn:
    """A column of bars: its heading, and a cell for every row."""

    heading: Text
    cells: tuple[Text, ...]


def of(bars: Bars | None, console: Console, taken: int) -> Drawn | None:
    """The bars, in what is left beside columns that take ``taken`` characters.

    None where there are none, where too little is left, and where the terminal has no such characters.
    """
    if bars is None or console.options.ascii_only:
        return None
    room = min(_LONGEST, console.width - taken)
    if room < _SHORTEST:
        return None
    first, second = bars.names
    coloured = console.color_system is not None and not console.no_color
    heading = Text.assemble(
        (_UPPER, _COLOURS[0] if coloured else ""),
        f" {first}\n",
        (_LOWER, _COLOURS[1] if coloured else ""),
        f" {second}",
    )
    cells = []
    for pair in bars.shares:
        upper, lower = (0, 0) if pair is None else (round(share / bars.longest * room) for share in pair)
        cells.append(_bar(upper, lower, coloured))
    return Drawn(heading, tuple(cells))


def _bar(upper: int, lower: int, coloured: bool) -> Text:
    both, rest = min(upper, lower), abs(upper - lower)
    longer = _UPPER if upper > lower else _LOWER
    if not coloured:
        return Text(_BOTH * both + longer * rest)
    own = _COLOURS[0] if upper > lower else _COLOURS[1]
    return Text.assemble((_UPPER * both, f"{_COLOURS[0]} on {_COLOURS[1]}"), (longer * rest, own))
