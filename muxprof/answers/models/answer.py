"""Reports about several networks: those of the zoo, and any side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from muxprof.answers.model.answer import check_networks
from muxprof.answers.model.answer import report as of_one
from muxprof.answers.report import Report
from muxprof.document.types import Unit
from muxprof.errors import BadInput

#: The most networks that a report may hold.
_MOST = 10_000


def zoo(unit: Unit) -> Report:
    """Every network of the zoo at the size of its published figures."""
    from muxprof.spec import zoo

    return replace(_together("models", zoo.names(), {}, res=None, unit=unit), notes=())


def compared(names: tuple[str, ...], **options: Any) -> Report:
    """Networks side by side; arguments and errors are those of :func:`muxprof.compare`."""
    if not names:
        raise BadInput("there is nothing to compare; name at least one network.")
    made = _together("compare", names, {"res": options["res"], "batch": options["batch"]}, **options)
    found: dict[str, str] = {}
    for given, subject in zip(names, made.subjects, strict=True):
        if subject.name in found:
            raise BadInput(
                f"two of these networks are called {subject.name}, {found[subject.name]} and {given}; each may be "
                "compared once, and a file gives its network a name of its own."
            )
        found[subject.name] = given
    return made


def check(report: Report) -> None:
    """Raise :class:`ValueError` for a report that is not of networks."""
    check_networks(report, _MOST)


def _together(command: str, names: Iterable[str], arguments: dict[str, Any], **options: Any) -> Report:
    reports = [of_one(name, **options) for name in names]
    return replace(
        reports[0],
        command=command,
        arguments={"names": [report.subjects[0].name for report in reports], **arguments},
        subjects=tuple(report.subjects[0] for report in reports),
        notes=_shared_notes(reports),
    )


def _shared_notes(reports: list[Report]) -> tuple[str, ...]:
    """The notes of several networks, each behind the names of those that it is about."""
    about: dict[str, list[str]] = {}
    for report in reports:
        for note in report.notes:
            about.setdefault(note, []).append(report.subjects[0].name)
    return tuple(f"{', '.join(dict.fromkeys(names))}: {note}" for note, names in about.items())
