"""How a command is found, read and run."""

import os
import sys
from typing import Any

from muxprof.cli.boundary import Command, Group
from muxprof.cli.commands import COMMANDS, named
from muxprof.cli.reading import Unclear, read


def run() -> None:
    """Run the command that ``sys.argv`` asks for; where it is not well formed, typer says what is wrong."""
    wanted = [word for word in sys.argv[1:2] if word in COMMANDS]
    # On Windows typer expands patterns, which the shell has not.
    if wanted and os.name != "nt" and _run_at_once(named(*wanted), sys.argv[2:]):
        return
    from muxprof.cli.application import application

    application(*(wanted or COMMANDS))()


def _run_at_once(found: Command | Group | None, words: list[str]) -> bool:
    """Run a command whose words are well formed; False, and nothing is done, where they are not."""
    if isinstance(found, Group):
        found, words = found.commands.get(words[0]) if words else None, words[1:]
    if found is None:
        return False
    try:
        values = read(found.parameters, words, os.environ)
    except Unclear:
        return False
    found(**values)
    return True


def __getattr__(name: str) -> Any:
    """``app``: the application with all of its commands."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from muxprof.cli.application import application

    return globals().setdefault("app", application(*COMMANDS))
