"""Reports as text: printed on a terminal, or written in a format."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from muxprof.answers import outputs
from muxprof.answers.report import Report
from muxprof.answers.view import view
from muxprof.document.sections import PHASES, Phase
from muxprof.document.table import resolved
from muxprof.formats.terminal import print_phase


def on(console: Console, report: Report, *phases: Phase) -> None:
    """Print the phases, by default all, on a console."""
    for phase in phases or PHASES:
        print_phase(view(report), phase, console)


def printed(report: Report, *phases: Phase, width: int = 120, **options: Any) -> str:
    """What the phases, by default all, look like in a terminal."""
    sink = io.StringIO()
    on(Console(file=sink, width=width, highlight=False, **options), report, *phases)
    return sink.getvalue()


def written(report: Report, extension: str) -> Any:
    """The text or the bytes of the file with this extension."""
    return resolved(outputs.formats(report.command)[extension])(view(report))


def fragment(report: Report) -> str:
    """What a notebook shows."""
    return outputs.fragment(report)
