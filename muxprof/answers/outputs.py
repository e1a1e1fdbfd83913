"""Reports as files and in notebooks: which formats suit an answer, and what writes it in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from muxprof.answers.table import ANSWERS
from muxprof.answers.view import view
from muxprof.document.table import Name, resolved
from muxprof.document.types import Document, Unit
from muxprof.errors import BadInput

D = TypeVar("D", bound=Document)


def formats(command: str) -> Mapping[str, Name]:
    """What writes the reports of a command, by the extensions that suit them."""
    from muxprof.formats.table import FORMATS

    answer = ANSWERS[command]
    found = {each.key: answer.formats.get(each.key, each.render) for each in FORMATS}
    return {key: render for key, render in found.items() if render is not None and key not in answer.without}


def check_path(path: Path, command: str) -> None:
    """Refuse an output that cannot be written, before any work is done; raises :class:`BadInput`."""
    suits = formats(command)
    if path.suffix.lower() not in suits:
        raise BadInput(
            f"{path}: a {command} report cannot be written as {path.suffix or 'a file without an'!s}"
            f"{'' if path.suffix else ' extension'}; extensions that can: {', '.join(suits)}."
        )
    if path.is_dir():
        raise BadInput(f"{path} is a directory; name a file.")
    if not path.absolute().parent.is_dir():
        raise BadInput(f"{path}: the directory {path.parent} does not exist.")


def save(report: Document, path: Path) -> Path:
    """Write ``report`` to ``path``, whole or not at all, in the format of the extension; returns the path."""
    from muxprof.formats.files import written_whole

    check_path(path, report.command)
    content = resolved(formats(report.command)[path.suffix.lower()])(view(report))
    with written_whole(path) as temporary:
        if isinstance(content, bytes):
            temporary.write_bytes(content)
        else:
            temporary.write_text(content, encoding="utf-8")
    return path


def fragment(report: Document) -> str:
    """``report`` as a piece of HTML, for notebooks."""
    made: str = resolved(ANSWERS[report.command].fragment or "muxprof.formats.html:fragment")(view(report))
    return made


def at_depth(report: D, depth: str) -> D:
    """A report as its tree is shown at another depth; :class:`BadInput` for a report without a tree."""
    checked = ANSWERS[report.command].depth
    if checked is None:
        raise BadInput(f"a {report.command} report has no depth; that of a model or trace command has.")
    resolved(checked)(depth)
    return replace(report, arguments={**report.arguments, "depth": depth})


def in_unit(report: D, unit: Unit) -> D:
    """The report with multiply-adds shown in another unit."""
    return replace(report, convention=replace(report.convention, unit=unit))
