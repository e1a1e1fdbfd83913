"""What a command is, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from muxprof.cli.declared import Parameter, filled, parameters
from muxprof.errors import BadInput, MuxprofError

INTERRUPTED = 130


class Command:
    """A command: called with the values of its parameters, it ends in what it says or in :class:`SystemExit`.

    An error is one line on stderr and an exit code; where ``debug`` is among the values and set, it is let through.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        """``function`` is called with keywords, groups of options filled; its docstring is the help."""
        self.function = function

    @property
    def name(self) -> str:
        """The word that stands for it on the command line."""
        return self.function.__name__

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the command takes, in the order of its help."""
        return tuple(parameters(self.function, self.function.__kwdefaults__ or {}))

    def __call__(self, **values: Any) -> None:
        """Run the command."""
        debug = values.get("debug", False)
        try:
            if sys.stdout is None:  # closed by whoever started us
                raise BadInput("there is no standard output to write to.")
            self.function(**filled(self.function, values))
            sys.stdout.flush()
        except KeyboardInterrupt:
            _say("interrupted.")
            raise SystemExit(INTERRUPTED) from None
        except BrokenPipeError:
            _leave_stdout()  # the reader has what it wanted
            raise SystemExit(0) from None
        except OSError as error:
            if debug:
                raise
            _leave_stdout()
            _say(f"error: the output cannot be written: {error.strerror or error}.")
            raise SystemExit(BadInput.exit_code) from None
        except MuxprofError as error:
            if debug:
                raise
            _say(f"error: {error}")
            raise SystemExit(error.exit_code) from None
        except Exception as error:
            if debug:
                raise
            _say(f"internal error: {type(error).__name__}: {error}; --debug shows where. Please report it.")
            raise SystemExit(MuxprofError.exit_code) from None


#: Decorates the function of a command.
command = Command


class Group(NamedTuple):
    """Commands behind one word, such as ``muxprof space count``, and the text around them in help."""

    help: str
    epilog: str
    commands: Mapping[str, Command]


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(text, file=sys.stderr)


def _leave_stdout() -> None:
    """Point stdout elsewhere, or the interpreter complains as it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
