"""How a report leaves a command: the answer at once, the proof behind it, then files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from muxprof import render
from muxprof.errors import Unavailable
from muxprof.report.types import Report

if TYPE_CHECKING:
    from rich.console import Console

_PIPED_WIDTH = 120


def deliver(report: Report, *, check: bool, json: bool, out: Path | None, quiet: bool) -> None:
    """Print ``report`` and write it to ``out``; with ``check`` the proof follows the answer. Exits 1 where it fails."""
    if not check:
        _save(report, out, quiet)  # before anything is printed: a reader that leaves early does not cost the file
    if json:
        report, lacking = _proven(report, quiet) if check else (report, None)
        sys.stdout.write(report.to_json())
    else:
        report, lacking = _shown(report, check, quiet)
    if check:
        _save(report, out, quiet)
    if lacking is not None:
        raise lacking
    if not report.agrees:
        raise typer.Exit(1)


def refuse_output(out: Path | None, command: str) -> None:
    """Refuse an ``--out`` that cannot be written before any work is done."""
    if out is not None:
        render.check_path(out, command)


def note(text: str, quiet: bool) -> None:
    """A line on stderr, unless notes are unwanted."""
    if not quiet and sys.stderr is not None:
        print(text, file=sys.stderr)


def console() -> Console:
    """The terminal; 120 columns where stdout is none and COLUMNS does not say otherwise."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # for the error boundary; rich would exit with 1

    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Terminal(highlight=False, width=_PIPED_WIDTH if piped else None)


def _save(report: Report, out: Path | None, quiet: bool) -> None:
    if out is not None:
        report.save(out)
        note(f"wrote {out}", quiet)


def _shown(report: Report, check: bool, quiet: bool) -> tuple[Report, Unavailable | None]:
    from muxprof.render import terminal

    terminal_console = console()
    terminal.print_answer(report, terminal_console)
    sys.stdout.flush()
    if not check:
        terminal.print_proof(report, terminal_console)
        return report, None
    report, lacking = _proven(report, quiet)
    terminal.print_proof(report, terminal_console)
    return report, lacking


def _proven(report: Report, quiet: bool) -> tuple[Report, Unavailable | None]:
    """The report with its check; where torch is missing, one that says so, and the error to end with."""
    from muxprof import api

    try:
        return _while_saying("checking against the built modules ...", quiet, lambda: api.check(report)), None
    except Unavailable as error:
        return api.unchecked(report, str(error)), error


def _while_saying(text: str, quiet: bool, work: Callable[[], Report]) -> Report:
    """Do ``work``; where stderr is a terminal, ``text`` stands there meanwhile."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return work()
    print(text, end="", file=sys.stderr, flush=True)
    try:
        return work()
    finally:
        print(f"\r{' ' * len(text)}\r", end="", file=sys.stderr, flush=True)
