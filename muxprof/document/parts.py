"""Tables, paragraphs and pictures: what a report shows, before it is known in which format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from muxprof.frozen import dataclass

Emphasis: TypeAlias = Literal["plain", "group", "total", "good", "bad", "highlight"]


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether it holds numbers, and whether it may be left out where space is narrow."""

    heading: str
    numeric: bool = True
    optional: bool = False


def columns(*headings: str) -> tuple[Column, ...]:
    """Columns by their headings: "<" in front of one says that it holds text, "?" that it may be left out."""
    names = [heading.lstrip("<?") for heading in headings]
    marks = [heading.removesuffix(name) for heading, name in zip(headings, names, strict=True)]
    return tuple(Column(name, "<" not in mark, "?" in mark) for name, mark in zip(names, marks, strict=True))


@dataclass(frozen=True)
class Row:
    """Cells, how many steps the first is indented by, and how the row stands out.

    ``apart`` says that the row starts a group; ``tones`` is how each cell stands out by itself, if any does.
    """

    cells: tuple[str, ...]
    indent: int = 0
    emphasis: Emphasis = "plain"
    apart: bool = False
    tones: tuple[Emphasis, ...] = ()


@dataclass(frozen=True)
class Bars:
    """Two shares for every row (None for a row without), drawn one above the other where a format can draw."""

    names: tuple[str, str]
    shares: tuple[tuple[float, float] | None, ...]

    @property
    def longest(self) -> float:
        """The largest share, which the longest bar stands for; 1 where all are zero."""
        return max((share for pair in self.shares if pair for share in pair), default=0.0) or 1.0


@dataclass(frozen=True)
class Table:
    """A titled table; every row has a cell for every column.

    ``long`` says that there may be many thousands of rows, whose cells can be copied: none is wrapped.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    bars: Bars | None = None
    long: bool = False


@dataclass(frozen=True)
class Text:
    """A paragraph; ``label`` stands before it."""

    text: str
    label: str = ""
    emphasis: Emphasis = "plain"


@dataclass(frozen=True)
class Listing:
    """Labelled lines that are never wrapped, so that they can be copied: formulas."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class GridCell:
    """A text, the side of a limit that its value is on (empty without a value), and whether a frame marks it."""

    text: str
    tone: Literal["", "low", "high"] = ""
    framed: bool = False


@dataclass(frozen=True)
class Grid:
    """Values by row and column in cells of two tones; ``corner`` heads the labels of the rows.

    In the lines of the ``legend``, ``{low}`` stands for what marks low cells in a format, ``{frame}`` for framed ones.
    """

    title: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[tuple[GridCell, ...], ...]
    legend: tuple[str, ...] = ()

    def legend_for(self, low: str, frame: str) -> list[str]:
        """The legend of a format."""
        return [line.replace("{low}", low).replace("{frame}", frame) for line in self.legend]


class Picture:
    """A part that only some formats can draw."""

    @property
    def plain(self) -> Iterator[Part]:
        """The parts that say the same without a picture."""
        raise NotImplementedError


#: What every format can write.
PlainPart: TypeAlias = Table | Text | Listing | Grid
#: What a document is made of.
Part: TypeAlias = PlainPart | Picture


def without_pictures(parts: Iterable[Part]) -> Iterator[PlainPart]:
    """The parts for a format that cannot draw."""
    for part in parts:
        if isinstance(part, Picture):
            yield from without_pictures(part.plain)
        else:
            yield part
