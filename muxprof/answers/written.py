"""Reports as JSON documents, by the rows of their answers and sections."""

from __future__ import annotations

from typing import Any

from muxprof.answers.table import ANSWERS, SECTIONS
from muxprof.document.table import resolved
from muxprof.document.types import Document


def to_dict(report: Document) -> dict[str, Any]:
    """The document as plain values."""
    from muxprof.document import json

    own = ANSWERS[report.command].to_dict
    made: dict[str, Any] = resolved(own)(report) if own else json.to_dict(report, SECTIONS)
    return made


def text(report: Document) -> str:
    """The document as text, ending in a newline."""
    from muxprof.document import json

    return json.text(to_dict(report))
