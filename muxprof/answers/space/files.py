"""Documents about a search space as files, in a format chosen by the extension."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from muxprof.answers.space.answer import Document, to_json
from muxprof.errors import BadInput
from muxprof.formats.files import written_whole

#: The extensions that suit the document of each command.
FORMATS = {
    "info": (".json",),
    "count": (".json",),
    "hist": (".html", ".json", ".csv"),
    "options": (".html", ".json", ".csv"),
    "sample": (".json", ".csv"),
    "find": (".json", ".csv"),
    "contains": (".json",),
}


def check_path(path: Path, command: str) -> None:
    """Refuse an output that cannot be written, before any work is done; raises :class:`BadInput`."""
    suits = FORMATS[command]
    if path.suffix.lower() not in suits:
        raise BadInput(
            f"{path}: what `space {command}` says cannot be written as {path.suffix or 'a file without an extension'}; "
            f"extensions that can: {', '.join(suits)}."
        )
    if path.is_dir():
        raise BadInput(f"{path} is a directory; name a file.")
    if not path.absolute().parent.is_dir():
        raise BadInput(f"{path}: the directory {path.parent} does not exist.")


def save(document: Document, path: Path) -> Path:
    """Write a document to ``path``, whole or not at all; raises :class:`BadInput` where that cannot be."""
    check_path(path, document["command"])
    text = _text(document, path.suffix.lower())
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _text(document: Document, suffix: str) -> str:
    if suffix == ".json":
        return to_json(document)
    if suffix == ".html":
        from muxprof.answers.space import page as space_page

        made: str = space_page.page(document)
        return made
    return csv_text(document)


def csv_text(document: Document) -> str:
    """Rows of a histogram (every bin, empty ones too), of options, or of networks."""
    rows: list[list[Any]]
    if document["command"] == "hist":
        x, y = document["x"], document["y"]
        rows = [[f"{x['cost']}_from", f"{x['cost']}_below", f"{y['cost']}_from", f"{y['cost']}_below", "count"]]
        for column, counts in enumerate(document["counts"]):
            left = x["start"] + column * x["width"]
            for row, count in enumerate(counts):
                bottom = y["start"] + row * y["width"]
                rows.append([left, left + x["width"], bottom, bottom + y["width"], count])
    else:
        records = document["options" if document["command"] == "options" else "networks"]
        names = list(records[0]) if records else []
        rows = [names, *([record[name] for name in names] for record in records)]
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue()
