"""A picture of a joint distribution: how many there are by two quantities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from muxprof.document.parts import Part, Picture, Row, Table, Text, columns
from muxprof.spec.budgets import Bounds
from muxprof.units import grouped

_UNBOUNDED = Bounds()


@dataclass(frozen=True)
class Axis:
    """Bins of what ``heading`` names: bin i starts at ``start + i * width``. ``bounds`` are drawn into them."""

    heading: str
    start: int
    width: int
    bins: int
    bounds: Bounds = _UNBOUNDED

    @property
    def bounded(self) -> bool:
        """Whether there are bounds."""
        return self.bounds != _UNBOUNDED

    def edge(self, index: int) -> int:
        """Where a bin starts."""
        return self.start + index * self.width

    def bin(self, value: int) -> int:
        """The bin of a value; there may be no such bin."""
        return (value - self.start) // self.width

    def has(self, value: int) -> bool:
        """Whether a value lies in one of the bins."""
        return 0 <= self.bin(value) < self.bins

    def inside(self, first: int, last: int) -> bool:
        """Whether the bins from ``first`` to before ``last`` lie within the bounds, whole."""
        return self.edge(first) in self.bounds and self.edge(last) - 1 in self.bounds


@dataclass(frozen=True)
class Mark:
    """A point in a density map, its name, and what there is to say about it."""

    name: str
    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Density(Picture):
    """How many there are by two quantities: ``counts[x][y]`` by bin, with marks."""

    x: Axis
    y: Axis
    counts: tuple[tuple[int, ...], ...]
    marks: tuple[Mark, ...] = ()

    @property
    def plain(self) -> Iterator[Part]:
        """A table of the sums along each axis, and a paragraph for each mark."""
        for axis, sums in ((self.x, map(sum, self.counts)), (self.y, map(sum, zip(*self.counts, strict=True)))):
            rows = (
                Row((grouped(axis.edge(index)), grouped(axis.edge(index + 1) - 1), grouped(count)))
                for index, count in enumerate(sums)
            )
            yield Table(f"By {axis.heading}", columns("from", "to", "count"), tuple(rows))
        yield from (Text(mark.text, mark.name) for mark in self.marks)
