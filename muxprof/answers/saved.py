"""Saved reports: from JSON documents back to reports, by the rows of answers and sections, if they are coherent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from muxprof.answers.report import Report
from muxprof.answers.table import ANSWERS, SECTIONS, Answer
from muxprof.answers.written import to_dict
from muxprof.dims import shown
from muxprof.document.sections import values
from muxprof.document.table import resolved
from muxprof.errors import BadInput

#: What a document that no report has written may make the types of reports raise.
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError)


def from_dict(document: Any) -> Report:
    """The report of a document; raises :class:`BadInput` for anything else, naming what is wrong."""
    from muxprof.document import json

    schemas = [answer.schema for answer in ANSWERS]
    if not isinstance(document, Mapping) or document.get("schema") not in schemas:
        raise json.refused(document, json.SCHEMA)
    schema = document["schema"]
    try:
        answer = _answer(document, schema)
        made = resolved(answer.from_dict)(document) if answer.from_dict else json.from_dict(document, Report, SECTIONS)
        report: Report = made
        json.same(to_dict(report), document)
        _check(report)
        return report
    except _BROKEN as error:  # msgspec's are ValueErrors
        raise json.invalid(schema, error) from None


def from_json(text: str) -> Report:
    """The report of a document as text; raises :class:`BadInput` for any other text."""
    from muxprof.document import json

    return from_dict(json.parsed(text))


def load(path: str | Path) -> Report:
    """A saved report; raises :class:`BadInput`, naming the file, where it is none."""
    try:
        return from_json(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise BadInput(f"{path}: it is not UTF-8 text.") from None
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}.") from None
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def _answer(document: Mapping[str, Any], schema: str) -> Answer:
    command = document["command"]
    found = [answer for answer in ANSWERS if answer.schema == schema and answer.name == command]
    if not found:
        raise ValueError(f"the command {shown(command)!r} is unknown")
    return found[0]


def _check(report: Report) -> None:
    """Raise :class:`ValueError` where a report contradicts itself."""
    names = [subject.name for subject in report.subjects]
    if len(set(names)) != len(names):
        raise ValueError("two subjects have one name")
    own = ANSWERS[report.command].check
    for check in dict.fromkeys((own, *(section.check for section, _ in values(SECTIONS, report)))):
        if check is not None:
            resolved(check)(report)
