"""The one place where errors become messages and exit codes."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

from muxprof.errors import BadInput, MuxprofError

_P = ParamSpec("_P")

INTERRUPTED = 130


def command(function: Callable[_P, None]) -> Callable[_P, None]:
    """A command whose errors end in one line on stderr and an exit code; ``--debug`` lets them through."""

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            if sys.stdout is None:  # closed by whoever started us
                raise BadInput("there is no standard output to write to.")
            function(*args, **kwargs)
            sys.stdout.flush()
        except typer.Exit:
            raise
        except KeyboardInterrupt:
            _say("interrupted.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _leave_stdout()  # the reader has what it wanted
            raise typer.Exit(0) from None
        except OSError as error:
            if kwargs.get("debug"):
                raise
            _leave_stdout()
            _say(f"error: the output cannot be written: {error.strerror or error}.")
            raise typer.Exit(BadInput.exit_code) from None
        except MuxprofError as error:
            if kwargs.get("debug"):
                raise
            _say(f"error: {error}")
            raise typer.Exit(error.exit_code) from None
        except Exception as error:
            if kwargs.get("debug"):
                raise
            _say(f"internal error: {type(error).__name__}: {error}; --debug shows where. Please report it.")
            raise typer.Exit(MuxprofError.exit_code) from None

    return run


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(text, file=sys.stderr)


def _leave_stdout() -> None:
    """Point stdout elsewhere, or the interpreter complains as it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
