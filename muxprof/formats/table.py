"""The formats that a report can be written in, one row each."""

from __future__ import annotations

from dataclasses import dataclass

from muxprof.document.table import Name, Table


@dataclass(frozen=True)
class Format:
    """A format: the extension of its files, such as ".csv", and what takes a view and gives their text or bytes.

    ``render`` is None for a format that only some answers have, which bring what writes it.
    """

    key: str
    render: Name | None = None


FORMATS: Table[Format] = Table(
    Format(".html", "muxprof.formats.html:page"),
    Format(".json", "muxprof.formats.json:text"),
    Format(".csv", "muxprof.formats.csv:text"),
    Format(".md", "muxprof.formats.markdown:text"),
    Format(".svg", "muxprof.formats.terminal:svg"),
    Format(".png"),
    Format(".pdf"),
)
