"""How a report leaves a command: the answer at once, the proof behind it, then files."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from muxprof.answers.report import Report
from muxprof.cli.options import Output
from muxprof.errors import Interrupted, Unavailable

if TYPE_CHECKING:
    from rich.console import Console

    from muxprof.cli.timing import TimingRequest
    from muxprof.document.sections import Phase

_PIPED_WIDTH = 120
INTERRUPTED = 130

_T = TypeVar("_T")


def deliver(
    report: Report,
    output: Output,
    *,
    check: bool,
    clock: TimingRequest | None = None,
    prove: Callable[[Report], Report] | None = None,
) -> None:
    """Print ``report`` and write it to a file; with ``check`` the proof follows the answer, with ``clock`` the times.

    ``prove`` adds the check to a report; by default what its specs describe is built and counted.
    Exits 1 where the check fails, and 130 where the timing is interrupted: what was measured before is kept.
    """
    json, out, quiet, _ = output
    work = _FollowUp(check, clock, quiet, prove)
    if not work.anything:
        _save(report, out, quiet)  # before anything is printed: a reader that leaves early does not cost the file
    if json:
        report = work.timed(work.proven(report))
        sys.stdout.write(report.to_json())
    else:
        report = _shown(report, work)
    if work.anything:
        _save(report, out, quiet)
    if work.lacking is not None:
        raise work.lacking
    if clock is not None and report.partial:
        note("interrupted; what was measured before is kept.", quiet)
        raise SystemExit(INTERRUPTED)
    if not report.agrees:
        raise SystemExit(1)


def refuse_output(out: Path | None, command: str) -> None:
    """Refuse an ``--out`` that cannot be written before any work is done."""
    if out is not None:
        from muxprof.answers import outputs

        outputs.check_path(out, command)


def print_latex(report: Report) -> None:
    """Print the closed forms of ``report`` as LaTeX, and nothing else."""
    from muxprof.answers.formulas import latex

    sys.stdout.write(latex.text(report))


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


def _shown(report: Report, work: _FollowUp) -> Report:
    """The answer, the proof and the times, each printed as soon as it is there."""
    from muxprof.answers.view import view
    from muxprof.formats.terminal import print_phase

    terminal_console = console()
    steps: dict[Phase, Callable[[Report], Report]] = {"answer": lambda r: r, "proof": work.proven, "times": work.timed}
    for phase, step in steps.items():
        report = step(report)
        print_phase(view(report), phase, terminal_console)
        sys.stdout.flush()
    return report


class _FollowUp:
    """What follows the answer; ``lacking`` is what the machine turned out to lack for it."""

    def __init__(
        self, check: bool, clock: TimingRequest | None, quiet: bool, prove: Callable[[Report], Report] | None = None
    ) -> None:
        self._check, self._clock, self._quiet, self._prove = check, clock, quiet, prove
        self.anything = check or clock is not None
        self.lacking: Unavailable | None = None
        self._spent = 0.0  # seconds that the proof took

    def proven(self, report: Report) -> Report:
        """The report with its check, if there is to be one; where torch is missing, with one that says so.

        Where the device to time on is missing, the answer is all there is: nobody waits for a proof then.
        """
        missing = None if self._clock is None else self._clock.lacking()
        if missing is not None:
            self.lacking, self._check, self._clock = Unavailable(missing), False, None
        if not self._check:
            return report
        from muxprof import api

        started = time.monotonic()
        try:
            prove = self._prove or api.check
            return while_saying("checking against the built modules ...", self._quiet, lambda: prove(report))
        except Unavailable as error:
            self.lacking = error
            return api.unchecked(report, str(error))
        finally:
            self._spent = time.monotonic() - started

    def timed(self, report: Report) -> Report:
        """The report with its times, if there are to be any; those so far where Ctrl-C ends the work."""
        if self._clock is None:
            return report
        try:
            return self._clock.run(report, self._quiet, self._spent)
        except Interrupted as stop:
            return stop.report  # type: ignore[no-any-return]  # errors.py stands below reports
        except Unavailable as error:
            self.lacking = error
            return report


def while_saying(text: str, quiet: bool, work: Callable[[], _T]) -> _T:
    """Do ``work``; where stderr is a terminal, ``text`` stands there meanwhile."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return work()
    print(text, end="", file=sys.stderr, flush=True)
    try:
        return work()
    finally:
        print(f"\r{' ' * len(text)}\r", end="", file=sys.stderr, flush=True)
