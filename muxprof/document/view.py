"""A report as formats see it: a title, parts by phase, rows for CSV, a document as JSON. No format knows a command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from muxprof.document.parts import Part, PlainPart, without_pictures
from muxprof.document.sections import PHASES, Phase
from muxprof.document.types import Document, Layer, Subject
from muxprof.frozen import dataclass


@dataclass(frozen=True)
class View:
    """What formats show of a ``report``, worked out when a format asks for it.

    ``parts`` gives those of a phase; ``figures`` pieces of HTML for the head of a page; ``records`` the rows of CSV,
    the names of the columns first; ``json`` the document as text.
    """

    report: Document
    title: str
    parts: Callable[[Phase], Sequence[Part]]
    figures: Callable[[], Sequence[str]]
    records: Callable[[], Iterable[Sequence[object]]]
    json: Callable[[], str]

    @property
    def all_parts(self) -> list[PlainPart]:
        """The parts of all phases, for a format that draws no pictures."""
        return list(without_pictures(part for phase in PHASES for part in self.parts(phase)))


@dataclass(frozen=True)
class LayerColumns:
    """Columns that a section adds to the CSV of layers: their names, and the cells of a layer of a subject."""

    names: Sequence[str]
    cells: Callable[[Subject, Layer], Sequence[Any]]
