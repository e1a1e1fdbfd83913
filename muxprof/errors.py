"""The error family: what a user is told, and the exit code that goes with it.

Every error that muxprof raises on purpose is a :class:`MuxprofError`. Its text says what is wrong, with
the value, and what would be right; the command line prints it without a traceback.
"""

from typing import Any


class MuxprofError(Exception):
    """Base of all errors that muxprof raises on purpose; ``exit_code`` is what the command line exits with."""

    exit_code = 1


class BadInput(MuxprofError, ValueError):  # noqa: N818 - the family name says Error already
    """What was asked for cannot be: a value out of range, an impossible block, an unreadable file. Exit 2."""

    exit_code = 2


class Unavailable(MuxprofError):  # noqa: N818 - the family name says Error already
    """This machine lacks something: a package, a device, a browser. Exit 3."""

    exit_code = 3


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a measurement; ``report`` holds what was measured before it, marked partial."""

    def __init__(self, report: Any) -> None:
        """``report`` is a :class:`muxprof.Report`."""
        super().__init__("interrupted; what was measured before is in .report")
        self.report = report
